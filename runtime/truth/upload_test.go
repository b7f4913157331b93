//go:build unix

package truth

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/transport/http1"
)

// What is uploaded arrives: nginx and the server behind it count the bytes
// that throng counts, of bodies that no user copies.
func TestUploads(t *testing.T) {
	n := startNginx(t)
	content := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(content)
	b := newPlan(t, n.addr())
	upload := func(size int, parts bool) *plan.Request {
		r := b.request("POST", fmt.Sprintf("/echo/%d/%v", size, parts)) // a row of its own
		r.Path = plan.Literal("/echo")
		if parts {
			r.Body = &plan.Body{Kind: plan.BodyMultipart, ContentType: "multipart/form-data", Parts: []plan.BodyPart{
				{Name: "who", Value: own},
				{Name: "file", Bytes: content[:size], Filename: plan.Literal("f.bin"), ContentType: "application/octet-stream"},
			}}
		} else {
			r.Body = &plan.Body{Kind: plan.BodyBytes, ContentType: "application/octet-stream", Bytes: content[:size]}
		}
		return expects(r, "the echo is what was sent", func(f *plan.Frame) bool {
			echo := f.Response.Body
			if !parts {
				return f.Response.Size == int64(size) && bytes.Equal(echo, content[:min(size, len(echo))])
			}
			v, _ := own.Eval(f)
			kept := min(size, 100_000)
			return f.Response.Size > int64(size) && bytes.Contains(echo, []byte("\r\n\r\n"+v.Str()+"\r\n")) && bytes.Contains(echo, content[:kept])
		})
	}
	b.class(uniform(0, 0.01),
		task(3, upload(10, false)), task(3, upload(10, true)), task(2, upload(100_000, false)), task(2, upload(200_000, true)),
		task(1, upload(1<<20, false)), task(1, upload(1<<20, true)))
	b.iterations(4, 120)
	b.promise(0.05)
	tr := newTrial(b, http1.Config{}, engine.Options{Health: quiet{}})
	out := tr.completed(t)
	lines := n.stop(t)
	tr.reconcile(t, out, lines)
	for series, s := range out.Final.Total {
		var received, sent int64
		for _, l := range lines {
			if _, _, of := parseID(l.id); of == series {
				received, sent = received+l.received, sent+l.sent
			}
		}
		if s == nil || s.Failed > 0 || s.BytesOut != received || s.BytesIn != sent {
			t.Errorf("upload %d: %+v; nginx received %d bytes and sent %d", series, s, received, sent)
		}
	}
}

// An upload that nginx refuses is a 413, or a reset where that overtakes it.
func TestRefusedUploads(t *testing.T) {
	n := startNginx(t)
	b := newPlan(t, n.addr())
	r := b.request("POST", "/echo")
	r.Body = &plan.Body{Kind: plan.BodyBytes, Bytes: make([]byte, 11<<20)}
	b.class(plan.Wait{}, task(1, r))
	b.iterations(2, 20)
	b.promise(0.05)
	tr := newTrial(b, http1.Config{}, engine.Options{Health: quiet{}})
	out := tr.completed(t)
	s := out.Final.Total[0]
	if refused := s.ByClass[plan.FailStatus]; refused == 0 || refused+s.ByClass[plan.FailReset] != s.Count() || statuses(s)[413] != refused {
		t.Errorf("%d uploads: %v, statuses %v", s.Count(), s.ByClass, statuses(s))
	}
}
