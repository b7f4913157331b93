package user

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"throng/dsl/plan"
)

// encode applies a coding as a server would; "raw" is deflate without zlib's
// frame.
func encode(t *testing.T, coding string, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw":
		w, err = flate.NewWriter(&b, 6)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, err = zstd.NewWriter(&b)
	default:
		return plain
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.Write(plain); err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reading is a request that keeps what an expression sees of its answer.
func reading(seen *string, size *int64) *plan.Request {
	return &plan.Request{ReadsBody: true, Captures: []plan.Capture{{Name: "b", Value: plan.Func(func(f *plan.Frame) (plan.Value, error) {
		*seen, *size = string(f.Response.Body), f.Response.Size
		return plan.StringValue("x"), nil
	})}}}
}

func TestDecoding(t *testing.T) {
	plain := []byte(strings.Repeat(`{"name": "é"}, `, 1000))
	for _, codings := range []string{"gzip", "X-GZIP", "deflate", "raw", "br", "zstd", "gzip, br", "br , identity, zstd", "identity", ""} {
		body := plain
		for c := range strings.SplitSeq(strings.ToLower(codings), ",") {
			body = encode(t, strings.TrimSpace(c), body)
		}
		var seen string
		var size int64
		r := reading(&seen, &size)
		handler := func(w http.ResponseWriter, _ *http.Request) {
			if codings != "" {
				w.Header()["content-encoding"] = strings.Split(strings.ReplaceAll(codings, "raw", "deflate"), ";")
			}
			w.Write(body)
		}
		again := *r
		_, snap := against(t, handler, r, &again) // with decoders that were used before
		wantErrors(t, snap)
		wanted := int64(2 * len(plain))
		if codings == "" || codings == "identity" {
			wanted = 0 // nothing was decoded
		}
		if n := snap.Total[0].Counter(plan.CountDecoded); n != wanted {
			t.Errorf("%s: %d bytes after decoding, want %d", codings, n, wanted)
		}
		if seen != string(plain) || size != int64(len(body)) {
			t.Errorf("%s: %d bytes of %d were seen, the size is %d of %d", codings, len(seen), len(plain), size, len(body))
		}
	}
}

func TestCodingsOnSeveralLines(t *testing.T) {
	got := encodings([]byte("Content-Type: a\r\nContent-Encoding: GZip,\r\nX: y\r\ncontent-encoding:br , identity\r\nContent-Encodings: no\r\n"))
	if strings.Join(got, " ") != "gzip br" {
		t.Errorf("%q", got)
	}
}

// Of a body whose beginning alone is kept the beginning is decoded, and a
// small one that stands for a huge one is decoded no further than others are
// kept.
func TestOnlyTheBeginningIsDecoded(t *testing.T) {
	noise := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	for i := range noise {
		noise[i] &= 0x7f
	}
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		for name, plain := range map[string][]byte{"noise": noise, "bomb": make([]byte, 8<<20)} {
			body := encode(t, coding, plain)
			var seen string
			var size int64
			u, snap := against(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", coding)
				w.Write(body)
			}, reading(&seen, &size))
			wantErrors(t, snap)
			if name == "noise" && len(seen) < 100<<10 || name == "bomb" && len(seen) != maxPlain {
				t.Errorf("%s, %s: %d bytes were seen", coding, name, len(seen))
			}
			if len(seen) > maxPlain || !strings.HasPrefix(string(plain), seen) || size != int64(len(body)) {
				t.Errorf("%s, %s: what was seen is not the beginning", coding, name)
			}
			if b := u.env.benches.Get().(*bench); cap(b.plain) > 2*maxPlain {
				t.Errorf("%s, %s: a buffer of %d bytes", coding, name, cap(b.plain))
			}
		}
	}
}

func TestWhatCannotBeDecoded(t *testing.T) {
	whole := encode(t, "gzip", []byte("hello, hello, hello"))
	for _, c := range []struct {
		coding string
		body   []byte
		want   string
	}{
		{"gzip", whole[:len(whole)-3], "truncated: the gzip body ends early"},
		{"gzip", whole[:4], "truncated: the gzip body ends early"},
		{"gzip", []byte("hello, this is no gzip"), "protocol: the body is not valid gzip"},
		{"zstd", []byte("hello, this is no zstd"), "protocol: the body is not valid zstd"},
		{"br", []byte("\xff\xff\xff\xffhello"), "protocol: the body is not valid br"},
		{"deflate", []byte("x"), "truncated: the deflate body ends early"},
		{"compress", []byte("x"), "protocol: the body's Content-Encoding is compress, which throng cannot decode: ask for another one with Accept-Encoding"},
		{"gzip, gzip, gzip, gzip, gzip", []byte("x"), "protocol: the body is encoded more than four times"},
	} {
		var seen string
		var size int64
		handler := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", c.coding)
			w.Write(c.body)
		}
		_, snap := against(t, handler, reading(&seen, &size))
		wantErrors(t, snap, c.want)
		_, snap = against(t, handler, &plan.Request{}) // nobody reads it: it is no business of ours
		wantErrors(t, snap)
	}
}

// What people are shown of a failed request's answer is readable.
func TestEncodedAnswersInExamples(t *testing.T) {
	body := encode(t, "gzip", []byte("no such thing"))
	_, snap := against(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusNotFound)
		w.Write(body)
	}, &plan.Request{})
	if len(snap.Errors) != 1 || !strings.HasSuffix(snap.Errors[0].Answer, "\n\nno such thing") {
		t.Errorf("%+v", snap.Errors)
	}
}

// The form of a page that came encoded is found.
func TestEncodedPages(t *testing.T) {
	page := encode(t, "br", []byte(`<form action="/v1/send" method="post"><input name="csrf" value="7"></form>`))
	var got string
	_, snap := against(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			got = r.FormValue("csrf")
			return
		}
		w.Header().Set("Content-Encoding", "br")
		w.Header().Set("Content-Type", "text/html")
		w.Write(page)
	}, &plan.Request{KeepsPage: true, Path: plan.Literal("/v1/")}, &plan.Request{Method: "POST", Path: plan.Literal("/v1/send"), Submit: &plan.Submit{}})
	wantErrors(t, snap)
	if got != "7" {
		t.Errorf("the server got %q", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("gzip", []byte("\x1f\x8b"))
	f.Add("deflate, br", []byte("x\x9c"))
	f.Add("zstd", []byte("\x28\xb5\x2f\xfd"))
	f.Fuzz(func(t *testing.T, codings string, body []byte) {
		if strings.ContainsAny(codings, "\r\n") {
			t.Skip()
		}
		u := &User{bench: &bench{}}
		u.result.Header = fmt.Appendf(nil, "Content-Encoding: %s\r\n", codings)
		u.result.Body, u.result.BodySize = body, int64(len(body))
		u.decode(&plan.Request{ReadsBody: true})
		if len(u.plain) > maxPlain {
			t.Fatalf("%d bytes", len(u.plain))
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	fmt.Fprint(w, strings.Repeat(`{"name": "value"}, `, 200))
	w.Close()
	u := &User{bench: &bench{}}
	u.result.Header = []byte("Content-Type: application/json\r\nContent-Encoding: gzip\r\n")
	r := &plan.Request{ReadsBody: true}
	b.ReportAllocs()
	for b.Loop() {
		u.result.Body, u.result.BodySize = out.Bytes(), int64(out.Len())
		if v := u.decode(r); v.class != plan.OK {
			b.Fatal(v)
		}
	}
}
