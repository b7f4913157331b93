package faultserver_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"throng/runtime/transport/faultserver"
)

func start(t *testing.T) *faultserver.Server {
	t.Helper()
	s, err := faultserver.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// The well-formed modes are held against a client that is not ours.
func TestProperAnswers(t *testing.T) {
	s := start(t)
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/ok?id=7":       {200, "id=7"},
		"/status/503":    {503, "id="},
		"/status/204":    {204, ""},
		"/size/3":        {200, "xxx"},
		"/hints":         {200, "ok"},
		"/until-close":   {200, "the whole body"},
		"/http10":        {200, "ok"},
		"/close-header":  {200, "ok"},
		"/nothing-there": {404, "no such mode"},
	} {
		resp, err := http.Get("http://" + s.Addr() + path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != want.status || string(body) != want.body {
			t.Errorf("%s: %d %q %v, want %d %q", path, resp.StatusCode, body, err, want.status, want.body)
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// The table of chunk cases says the truth, as net/http sees it too.
func TestChunkTable(t *testing.T) {
	for _, c := range faultserver.Chunks {
		answer := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + c.Body
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if c.OK && (err != nil || string(body) != c.Data) {
			t.Errorf("%s: %v, %q", c.Name, err, body)
		}
		if !c.OK && err == nil && c.Name != "endless-trailer" {
			t.Errorf("%s: accepted", c.Name)
		}
	}
}

func TestLogAndClose(t *testing.T) {
	s := start(t)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, "POST /echo HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"+"GET /close-before HTTP/1.1\r\n\r\n")
	if b, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(b), "\r\n\r\nhi") {
		t.Fatalf("%q, %v", b, err)
	}
	s.Close()
	want := []faultserver.Entry{
		{Conn: 1, Request: 1, Method: "POST", Path: "/echo", Body: 2, Outcome: "answered"},
		{Conn: 1, Request: 2, Method: "GET", Path: "/close-before", Outcome: "answered"},
	}
	if log := s.Log(); len(log) != 2 || log[0] != want[0] || log[1] != want[1] {
		t.Errorf("log %+v", log)
	}
	if s.Open() != 0 || s.Count() != 2 || s.Accepted() != 1 {
		t.Error("the counts are wrong")
	}
}

// Close does not wait for a client that holds a hung request.
func TestCloseEndsHungRequests(t *testing.T) {
	s := start(t)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /hang-body HTTP/1.1\r\n\r\n")
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	s.Close()
}
