package user

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

// against does requests in order, as one user and over real sockets, against
// a server. other is a second declared target, at the same server by another
// name.
func against(t *testing.T, handler http.HandlerFunc, requests ...*plan.Request) (*User, *record.Snapshot) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	host, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	number, _ := strconv.Atoi(port)
	p := testPlan(requests[0])
	p.Targets = []plan.Target{
		{Name: "api", Scheme: "http", Host: host, Port: number, BasePath: "/v1"},
		{Name: "other", Scheme: "http", Host: "localhost", Port: number},
	}
	p.Classes[0].Tasks[0].Steps = nil
	for _, r := range requests {
		if r.Path == nil {
			r.Path = plan.Literal("/x")
		}
		if r.Method == "" {
			r.Method = "GET"
		}
		r.Timeout = time.Minute
		r.Redirects = 5
		p.Classes[0].Tasks[0].Steps = append(p.Classes[0].Tasks[0].Steps, r)
	}
	clock := transport.NewClock()
	factory := http1.New(http1.Config{Clock: clock})
	env := NewEnv(Config{Plan: p, Clock: clock, Factory: factory})
	rec := record.New(record.Config{Series: 1, Rows: []int{0}, Shards: 1})
	u := New(env, ID{}, rec.Writer(0))
	for _, r := range requests {
		u.request(r)
	}
	u.close()
	factory.Close()
	server.Close() // what its handlers noted is there now
	return u, rec.Snapshot(time.Second, true)
}

// wantErrors holds the failures of a run against their texts.
func wantErrors(t *testing.T, s *record.Snapshot, want ...string) {
	t.Helper()
	var got []string
	for _, e := range s.Errors {
		got = append(got, e.Class.String()+": "+e.Detail)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

func value(v plan.Value) plan.Expr { return plan.Const{Value: v} }

// What a server parses of a multipart body is what the parts say, to the byte.
func TestMultipart(t *testing.T) {
	big := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{1}).Read(big)
	small := []byte("\r\n--x\r\n\x00binary")
	list := plan.ListValue([]plan.Value{plan.StringValue("a"), plan.NullValue(), plan.IntValue(2)})
	body := &plan.Body{Kind: plan.BodyMultipart, ContentType: "multipart/form-data", Parts: []plan.BodyPart{
		{Name: "title", Value: text("Zoë & \"co\"\nline two")},
		{Name: "gone", Value: value(plan.NullValue())},
		{Name: "many", Value: value(list)},
		{Name: "photo", Bytes: big, Filename: plan.Literal("a \"b\".jpg"), ContentType: "image/jpeg"},
		{Name: "weird\"name", Value: text(""), ContentType: "application/json"},
		{Name: "empty", Bytes: []byte{}, Filename: plan.Literal("e.bin"), ContentType: "application/octet-stream"},
		{Name: "small", Bytes: small, Filename: plan.Literal("s.bin"), ContentType: "application/octet-stream"},
	}}
	want := []string{
		`form-data; name="title" ||` + "Zoë & \"co\"\nline two",
		`form-data; name="many" ||a`,
		`form-data; name="many" ||2`,
		`form-data; name="photo"; filename="a %22b%22.jpg" |image/jpeg|` + string(big),
		`form-data; name="weird%22name" |application/json|`,
		`form-data; name="empty"; filename="e.bin" |application/octet-stream|`,
		`form-data; name="small"; filename="s.bin" |application/octet-stream|` + string(small),
	}
	for _, c := range []struct{ own, kind string }{
		{"", "multipart/form-data"},
		{"application/json", "multipart/form-data"},
		{"Multipart/Related; boundary=mine", "multipart/related"},
		{"multipart/x\r\nEvil: 1", "multipart/form-data"},
	} {
		r := &plan.Request{Method: "POST", Body: body}
		if c.own != "" {
			r.Headers = []plan.Pair{{Name: "content-type", Value: text(c.own)}}
		}
		var got []string
		u, s := against(t, func(w http.ResponseWriter, req *http.Request) {
			kind, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
			if kind != c.kind || err != nil || len(req.Header.Values("Content-Type")) != 1 || req.Header.Get("Evil") != "" {
				t.Errorf("%s: headers %v", c.own, req.Header)
			}
			if req.ContentLength <= int64(len(big)) || req.TransferEncoding != nil {
				t.Errorf("Content-Length %d, encoding %v", req.ContentLength, req.TransferEncoding)
			}
			for m := multipart.NewReader(req.Body, params["boundary"]); ; {
				p, err := m.NextRawPart()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Error(err)
					return
				}
				content, _ := io.ReadAll(p)
				got = append(got, fmt.Sprintf("%s |%s|%s", p.Header.Get("Content-Disposition"), p.Header.Get("Content-Type"), content))
			}
			if rest, err := io.ReadAll(req.Body); len(rest) != 0 || err != nil {
				t.Errorf("%d bytes after the end, %v", len(rest), err)
			}
		}, r)
		wantErrors(t, s)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the server read\n%.2000s", c.own, diff)
		}
		if cap(u.env.benches.Get().(*bench).body) > 64<<10 {
			t.Error("a file was copied")
		}
	}
}

func TestPartsThatCannotBeSent(t *testing.T) {
	r := &plan.Request{Method: "POST", Body: &plan.Body{Kind: plan.BodyMultipart, Parts: []plan.BodyPart{{Name: "o", Value: value(plan.ObjectValue(nil))}}}}
	_, s := against(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }, r)
	wantErrors(t, s, "expression: part o: an object cannot be written into text")

	p := testPlan(r)
	bound := drawBoundaries(p)[r]
	if len(bound) < 32 {
		t.Fatalf("boundary %q", bound)
	}
	r.Body.Parts = []plan.BodyPart{{Name: "o", Value: text("--" + bound + "--")}}
	_, _, _, s = once(r, ok(200))
	wantErrors(t, s, "expression: part o holds the text that keeps this request's parts apart")

	r.Body.Parts = append(r.Body.Parts, plan.BodyPart{Name: "f", Bytes: []byte("x" + bound), Filename: plan.Literal("f")})
	if again := drawBoundaries(p)[r]; again == bound {
		t.Error("the boundary stands in a file")
	}
}

// A body of bytes goes out as it is, whatever its size, and is not copied.
func TestBytesBody(t *testing.T) {
	for _, n := range []int{0, 1, 16 << 10, 16<<10 + 1, 20 << 20} {
		content := make([]byte, n)
		rand.NewChaCha8([32]byte{2}).Read(content)
		u, s := against(t, func(_ http.ResponseWriter, req *http.Request) {
			got, err := io.ReadAll(req.Body)
			if err != nil || !bytes.Equal(got, content) || req.ContentLength != int64(n) || req.Header.Get("Content-Type") != "image/png" {
				t.Errorf("%d bytes: got %d, %v, Content-Length %d, %v", n, len(got), err, req.ContentLength, req.Header)
			}
		}, &plan.Request{Method: "PUT", Body: &plan.Body{Kind: plan.BodyBytes, ContentType: "image/png", Bytes: content, File: "a.png"}})
		wantErrors(t, s)
		if b := u.env.benches.Get().(*bench); cap(b.body) > 1024 {
			t.Errorf("%d bytes: the body was copied", n)
		}
	}
}

// A body that is sent again after a redirect is whole.
func TestPartsAreSentAgain(t *testing.T) {
	n := 0
	r := &plan.Request{Method: "POST", Body: &plan.Body{Kind: plan.BodyMultipart, ContentType: "multipart/form-data",
		Parts: []plan.BodyPart{{Name: "f", Bytes: make([]byte, 100_000), Filename: plan.Literal("f"), ContentType: "a/b"}}}}
	_, s := against(t, func(w http.ResponseWriter, req *http.Request) {
		n++
		f, _, err := req.FormFile("f")
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(f); len(got) != 100_000 {
			t.Errorf("%d: %d bytes", n, len(got))
		}
		if n == 1 {
			http.Redirect(w, req, "/again", http.StatusTemporaryRedirect)
		}
	}, r)
	if wantErrors(t, s); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// What people see of a failed request with parts: names and sizes, no secret.
func TestBodiesInExamples(t *testing.T) {
	for _, c := range []struct {
		name string
		r    plan.Request
		want string
	}{
		{"bytes", plan.Request{Body: &plan.Body{Kind: plan.BodyBytes, Bytes: make([]byte, 5000), File: "a.png"}}, "(5000 bytes of a.png)"},
		{"generated", plan.Request{Body: &plan.Body{Kind: plan.BodyBytes, Bytes: make([]byte, 7)}}, "(7 bytes)"},
		{"parts", plan.Request{Body: &plan.Body{Kind: plan.BodyMultipart, ContentType: "multipart/form-data", Parts: []plan.BodyPart{
			{Name: "title", Value: text("hello hunter22")}, {Name: "pin", Value: text("1234"), Secret: true},
			{Name: "f", Bytes: make([]byte, 9), Filename: plan.Literal("f.bin")},
			{Name: "g", Bytes: make([]byte, 9), Filename: plan.Literal("secret name"), Secret: true}}}},
			"part title: hello (secret)\npart pin: (secret)\npart f: (9 bytes of f.bin)\npart g: (9 bytes of (secret))\n"},
	} {
		c.r.Method = "POST"
		_, _, _, snap := once(&c.r, ok(500))
		if _, body, _ := strings.Cut(snap.Errors[0].Sent, "\n\n"); body != c.want {
			t.Errorf("%s: %q", c.name, body)
		}
	}
}
