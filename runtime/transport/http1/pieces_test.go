package http1

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// listen serves with net/http, over TLS or not, and gives a client and a
// message for it.
func listen(t *testing.T, secure bool, handler http.HandlerFunc) (transport.Client, *transport.Message) {
	t.Helper()
	if !secure {
		s := httptest.NewServer(handler)
		t.Cleanup(s.Close)
		m := message(s.Listener.Addr().String(), "/up")
		m.Method = "POST"
		return newClient(t, Config{}), m
	}
	s := httptest.NewTLSServer(handler)
	t.Cleanup(s.Close)
	m := message(s.Listener.Addr().String(), "/up")
	m.Method, m.Route = "POST", routeTo("https", m.Route.Addr, "example.com")
	return newClient(t, Config{TLS: s.Client().Transport.(*http.Transport).TLSClientConfig}), m
}

// A body of pieces arrives as one, of the length it announces.
func TestPieces(t *testing.T) {
	big := make([]byte, 2<<20)
	rand.NewChaCha8([32]byte{}).Read(big)
	for _, secure := range []bool{false, true} {
		type arrival struct {
			body   []byte
			length int64
		}
		arrived := make(chan arrival, 1)
		c, m := listen(t, secure, func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			arrived <- arrival{body, r.ContentLength}
		})
		for _, pieces := range [][][]byte{
			{[]byte("a"), []byte("b"), []byte("c")},
			{{}, []byte("b"), {}},
			{big[:bodyCopied-1], big[:1]},
			{big[:bodyCopied], big[:1]},
			{[]byte("head"), big, []byte("between"), big[:100], []byte("tail")},
		} {
			m.Body, m.More = pieces[0], pieces[1:]
			var r transport.Result
			c.Do(m, &r)
			want := bytes.Join(pieces, nil)
			if r.Class != plan.OK {
				t.Fatalf("%d bytes: %v", len(want), r.Err)
			}
			if got := <-arrived; !bytes.Equal(got.body, want) || got.length != int64(len(want)) || r.BytesOut <= got.length {
				t.Errorf("%d bytes: arrived %d, announced %d, counted %d", len(want), len(got.body), got.length, r.BytesOut)
			}
		}
	}
}

// A server that refuses an upload and closes is heard: its 413 counts, unless
// its reset overtakes it.
func TestRefusedUpload(t *testing.T) {
	for _, secure := range []bool{false, true} {
		c, m := listen(t, secure, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		})
		m.Body, m.More = []byte("head"), [][]byte{make([]byte, 8<<20), []byte("tail")}
		answered := 0
		for tries := 0; tries < 20 && answered < 2; tries++ {
			var r transport.Result
			c.Do(m, &r)
			sane(t, "refused upload", &r)
			switch {
			case r.Class == plan.OK && r.Status == 413:
				answered++
			case r.Class == plan.FailReset:
			default:
				t.Fatalf("%v %v %d", r.Class, r.Err, r.Status)
			}
		}
		if answered == 0 {
			t.Errorf("TLS %v: the answer was never seen", secure)
		}
	}
}

// A server that does not read does not hold a user beyond its timeout, nor
// beyond a cut.
func TestUploadNobodyReads(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := message(l.Addr().String(), "/up")
	m.Method, m.Body, m.More = "POST", []byte("head"), [][]byte{make([]byte, 64<<20)}
	m.Timeout = 2 * time.Second // of which connecting takes little, on a busy machine, too
	c := newClient(t, Config{})
	var r transport.Result
	c.Do(m, &r)
	if r.Class != plan.FailTimeout || r.BytesOut == 0 || fmt.Sprint(r.Err) != "timeout: no complete answer within 2s (sending the request)" {
		t.Errorf("%v %v, %d bytes out", r.Class, r.Err, r.BytesOut)
	}
}
