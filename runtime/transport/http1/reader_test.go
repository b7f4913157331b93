package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/faultserver"
)

// understood is what was made of an answer.
type understood struct {
	Status   int
	Header   http.Header
	Body     string
	Size     int64
	Reusable bool
}

func readOurs(src io.Reader, method string) (understood, error) {
	f := New(Config{MaxBody: 1 << 20, KeepBody: 1 << 20})
	d := reader{clock: f.clock, maxBody: f.maxBody, keepBody: f.keepBody}
	d.begin(src)
	if err := d.head(method); err != nil {
		return understood{}, err
	}
	reusable, err := d.body(true, &f.drains, nil)
	if err != nil {
		return understood{}, err
	}
	a := &d.answer
	tp := textproto.NewReader(bufio.NewReader(strings.NewReader(string(a.header) + "\r\n")))
	header, err := tp.ReadMIMEHeader()
	if err != nil {
		header = nil // what we keep as it is, net/http may refuse
	}
	return understood{a.status, http.Header(header), string(a.body), a.bodySize, reusable}, nil
}

func readTheirs(answer []byte, method string) (understood, error) {
	in := bufio.NewReader(bytes.NewReader(answer))
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return understood{}, err
		}
		if resp.StatusCode >= 100 && resp.StatusCode < 200 && resp.StatusCode != 101 {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return understood{}, err
		}
		return understood{resp.StatusCode, resp.Header, string(body), int64(len(body)), !resp.Close}, nil
	}
}

var answers = []string{
	cannedAnswer,
	"HTTP/1.1 200 OK\r\n\r\nup to the end",
	"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
	"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
	"HTTP/1.1 200\r\nContent-Length:0\r\n\r\n",
	"HTTP/1.1 200 \nContent-Length: 2\n\nok",
	"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
	"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nX: \xe4\xf6\xfc\r\nX: again\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
}

// stricter are the answers that net/http accepts and we refuse on purpose:
// each could be understood in two ways, or is no answer to what we ask.
var stricter = []struct{ why, answer string }{
	{"both framings (the classic of smuggling)", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{"equal lengths given twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"},
	{"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{"control bytes in the status line", "HTTP/1.1 200 \x1b[31m\r\nContent-Length: 0\r\n\r\n"},
	{"several spaces before the status", "HTTP/1.1   200 OK\r\nContent-Length: 0\r\n\r\n"},
	{"status below 100", "HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n"},
	{"another version", "HTTP/3.7 200 OK\r\nContent-Length: 0\r\n\r\n"},
	{"101 unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"},
	{"a folded Connection", "HTTP/1.1 200 OK\r\nConnection: keep-alive,\r\n close\r\nContent-Length: 0\r\n\r\n"},
	{"a folded trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n z\r\n\r\n"},
}

func TestStricterThanNetHTTP(t *testing.T) {
	for _, test := range stricter {
		if _, err := readTheirs([]byte(test.answer), "GET"); err != nil {
			t.Errorf("%s: net/http refuses it too: %v", test.why, err)
		}
		_, err := readOurs(strings.NewReader(test.answer), "GET")
		if err == nil || dial.Classify(dial.Reading, err) != plan.FailProtocol {
			t.Errorf("%s: %v", test.why, err)
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, answer := range []string{
		"\r\nHTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1200 OK\r\n\r\n",
		"http/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
		"HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nCon tent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 0\r\n\r\n0123456789",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: long enough for a word\x00b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: a\rContent-Length: 2\r\n\r\nok",
	} {
		_, err := readOurs(strings.NewReader(answer), "GET")
		if err == nil || dial.Classify(dial.Reading, err) != plan.FailProtocol {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

// However the bytes are cut into reads, the answer is the same.
func TestSplitReads(t *testing.T) {
	for _, answer := range answers[:len(answers)-1] {
		whole, err := readOurs(strings.NewReader(answer), "GET")
		if err != nil {
			t.Fatalf("%q: %v", answer, err)
		}
		bytewise, err := readOurs(iotest.OneByteReader(strings.NewReader(answer)), "GET")
		if err != nil || !cmp.Equal(whole, bytewise) {
			t.Errorf("%q: %v\n%s", answer, err, cmp.Diff(whole, bytewise))
		}
	}
}

// FuzzReader holds the reader against net/http: what both accept they must
// understand alike, and what net/http refuses we must not accept, but for
// what lax says.
func FuzzReader(f *testing.F) {
	for _, a := range answers {
		f.Add([]byte(a), false)
		f.Add([]byte(a), true)
	}
	for _, s := range stricter {
		f.Add([]byte(s.answer), false)
	}
	for _, c := range faultserver.Chunks {
		if len(c.Body) < 4<<10 {
			f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+c.Body), false)
		}
	}
	f.Fuzz(func(t *testing.T, answer []byte, head bool) {
		if len(answer) > 64<<10 {
			return
		}
		method := "GET"
		if head {
			method = "HEAD"
		}
		ours, err := readOurs(bytes.NewReader(answer), method)
		split, splitErr := readOurs(iotest.OneByteReader(bytes.NewReader(answer)), method)
		if (err == nil) != (splitErr == nil) {
			t.Fatalf("whole: %v; byte by byte: %v", err, splitErr)
		}
		if err != nil {
			if class := dial.Classify(dial.Reading, err); class != plan.FailProtocol && class != plan.FailTruncated && class != plan.FailTooLarge {
				t.Fatalf("class %v: %v", class, err)
			}
			return
		}
		split.Reusable = ours.Reusable // a surplus shows only once it is read
		if !cmp.Equal(ours, split) {
			t.Fatal(cmp.Diff(ours, split))
		}
		theirs, err := readTheirs(answer, method)
		if err != nil {
			if !lax(answer, err) {
				t.Fatalf("net/http refuses what we accept: %v\n%q", err, answer)
			}
			return
		}
		if theirs.Status != ours.Status || theirs.Body != ours.Body || theirs.Size != ours.Size {
			t.Fatalf("%+v\n%+v", ours, theirs)
		}
		if ours.Reusable && !theirs.Reusable {
			t.Fatal("we keep a connection that net/http closes")
		}
		sameHeader(t, ours.Header, theirs.Header)
	})
}

// sameHeader leaves out the fields that net/http takes out of the header.
func sameHeader(t *testing.T, ours, theirs http.Header) {
	t.Helper()
	for _, taken := range []string{"Transfer-Encoding", "Content-Length", "Trailer", "Connection", "Cache-Control", "Pragma"} {
		ours.Del(taken)
		theirs.Del(taken)
	}
	if ours != nil && len(ours)+len(theirs) > 0 && !cmp.Equal(ours, theirs) {
		t.Fatal(cmp.Diff(ours, theirs))
	}
}

// lax reports whether net/http may refuse what we accept, because RFC 9110
// and 9112 let a recipient do so: space between a chunk's size and its
// extension, and control bytes other than NUL and CR in a field's value.
func lax(answer []byte, err error) bool {
	text := err.Error()
	control := bytes.ContainsFunc(answer, func(r rune) bool { return r < ' ' && r != '\r' && r != '\n' && r != '\t' || r == 0x7f })
	return strings.Contains(text, "invalid byte in chunk length") ||
		strings.Contains(text, "malformed MIME header line") && control
}

// FuzzChunked cuts a body into pieces at will.
func FuzzChunked(f *testing.F) {
	for _, c := range faultserver.Chunks {
		if len(c.Body) < 4<<10 {
			f.Add([]byte(c.Body), byte(3))
		}
	}
	decode := func(body []byte, step int) (string, int, error) {
		var k chunked
		var data []byte
		n := 0
		for n < len(body) && !k.done() {
			piece := body[n:min(n+step, len(body))]
			d, used, err := k.next(piece)
			if used > len(piece) || used == 0 && err == nil {
				panic("no progress, or too much")
			}
			data = append(data, d...)
			n += used
			if err != nil {
				return "", 0, err
			}
		}
		return string(data), n, nil
	}
	f.Fuzz(func(t *testing.T, body []byte, step byte) {
		data, n, err := decode(body, len(body)+1)
		data2, n2, err2 := decode(body, int(step)+1)
		if data != data2 || n != n2 || !errors.Is(err, err2) {
			t.Fatalf("whole: %q %d %v; in steps: %q %d %v", data, n, err, data2, n2, err2)
		}
	})
}
