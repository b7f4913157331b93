package truth

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/mccutchen/go-httpbin/v2/httpbin"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/sla"
	"throng/runtime/transport/http1"
)

// own is a value made of the user and its iteration, for bodies.
var own = plan.Func(func(f *plan.Frame) (plan.Value, error) {
	return plan.StringValue(f.User.ID + "-é\"-" + string(rune('a'+f.User.Iteration%26))), nil
})

func isOwn(f *plan.Frame, text string) bool {
	v, _ := own.Eval(f)
	return v.Str() == text
}

// posts is a request whose body go-httpbin echoes, and a capture from it.
func posts(b builder, slot int) *plan.Request {
	r := b.request("POST", "/post")
	body := plan.Literal(`{"name":`)
	body.Add(plan.Part{Expr: own, Enc: plan.EncJSON})
	body.Add(plan.Part{Lit: "}"})
	r.Body = &plan.Body{ContentType: "application/json", Text: body}
	r.ReadsBody = true
	r.Captures = []plan.Capture{{Slot: slot, Name: "name", Value: plan.Func(func(f *plan.Frame) (plan.Value, error) {
		var echo struct {
			JSON struct{ Name string }
			Data string
		}
		if err := json.Unmarshal(f.Response.Body, &echo); err != nil || echo.JSON.Name == "" {
			return plan.Value{}, errors.Join(err, errors.New("no name in the echo"))
		}
		return plan.StringValue(echo.JSON.Name), nil
	})}}
	return expects(r, "the echo is this user's", func(f *plan.Frame) bool {
		return bytes.Contains(f.Response.Body, []byte(f.User.ID))
	})
}

// uses is a request with a captured value in its path and query, echoed.
func uses(b builder, slot int) *plan.Request {
	r := b.request("GET", "/anything")
	value := &plan.Slot{Index: slot, Name: "name"}
	r.Path = plan.Literal("/anything/")
	r.Path.Add(plan.Part{Expr: value, Enc: plan.EncSegment})
	r.Query = []plan.Pair{{Name: "q", Value: value}}
	return expects(r, "the captured value comes back", func(f *plan.Frame) bool {
		var echo struct{ Args map[string][]string }
		return json.Unmarshal(f.Response.Body, &echo) == nil && len(echo.Args["q"]) == 1 && isOwn(f, echo.Args["q"][0])
	})
}

// Against go-httpbin every request is accounted for, succeeds or fails as the
// plan says, and every byte is; with HTTP/2 but for what the connection itself
// needs after its last stream.
func TestHTTPBin(t *testing.T) {
	for _, version := range []plan.HTTPVersion{plan.HTTP1, plan.HTTP2} {
		t.Run("version "+version.String(), func(t *testing.T) { checkHTTPBin(t, version) })
	}
}

func checkHTTPBin(t *testing.T, version plan.HTTPVersion) {
	w := newWitness(t, httpbin.New())
	b := newPlan(t, w.addr())
	b.Targets[0].HTTP.Version = version
	headers := b.get("/headers")
	expects(headers, "the id is echoed", func(f *plan.Frame) bool {
		id, _ := requestID(headers.Series).Eval(f)
		return bytes.Contains(f.Response.Body, []byte(`"`+id.Str()+`"`))
	})
	broken := b.get("/status/500")
	foreign := accepts(follows(b.get("/redirect-to?url=http://other.invalid/"), 5), 302)
	tooFar := follows(b.get("/redirect/4"), 2)
	followed := follows(b.get("/redirect/3"), 5)
	absolute := follows(b.get("/absolute-redirect/2"), 5)
	kept := b.get("/relative-redirect/1")
	b.class(uniform(0, 0.02),
		task(3, b.get("/status/200")),
		task(2, accepts(b.get("/status/404"), 404)),
		task(2, accepts(b.get("/status/418"), 200, 418)),
		task(2, broken), task(1, foreign), task(1, tooFar),
		task(1, followed), task(1, absolute), task(1, kept),
		task(1, b.get("/delay/0.02")),
		task(2, b.get("/bytes/2048?seed=7")),
		task(1, b.get("/bytes/300000?seed=7")),
		task(1, b.get("/stream/20")),
		task(2, b.get("/json")),
		task(2, headers),
		task(1, b.request("HEAD", "/head")),
		task(1, b.request("DELETE", "/delete")),
		task(3, posts(b, 0), uses(b, 0)),
	)
	b.Classes[0].Slots = []string{"name"}
	b.iterations(8, 600)
	b.promise(0.01)
	tr := newTrial(b, http1.Config{}, engine.Options{Health: quiet{}})
	out := tr.completed(t)
	lines := w.stop(t)
	tr.reconcile(t, out, lines)

	failures := map[*plan.Request]plan.ErrorClass{broken: plan.FailStatus, foreign: plan.FailRedirect, tooFar: plan.FailRedirect}
	for series, s := range out.Final.Total {
		r := b.requestOf(series)
		label := b.Rows[b.Series[series].Row].Label()
		switch class, fails := failures[r]; {
		case s == nil:
			t.Errorf("%s was never sent", label)
		case fails && s.ByClass[class] != s.Count(), !fails && s.OK != s.Count():
			t.Errorf("%s: %d of %d succeeded; by class %v", label, s.OK, s.Count(), s.ByClass)
		}
	}
	for _, g := range out.Final.Errors {
		if _, expected := failures[b.requestOf(int(g.Series))]; !expected {
			t.Errorf("%d × %s: %s", g.Count, b.Rows[b.Series[g.Series].Row].Label(), g.Detail)
		}
	}
	hops := map[string]int{}
	for _, l := range lines {
		hops[l.id]++
	}
	for r, want := range map[*plan.Request]int{followed: 4, absolute: 3, tooFar: 3, kept: 1, foreign: 1} {
		for id, n := range hops {
			if _, _, series := parseID(id); series == r.Series && n != want {
				t.Errorf("%s took %d requests, want %d", id, n, want)
			}
		}
	}
	var in, sent int64
	for _, s := range out.Final.Total {
		in, sent = in+s.BytesIn, sent+s.BytesOut
	}
	over := w.written.Load() - in + w.read.Load() - sent
	if over < 0 || version == plan.HTTP1 && over != 0 || over > 8<<10 {
		t.Errorf("throng read %d bytes and wrote %d, the server wrote %d and read %d", in, sent, w.written.Load(), w.read.Load())
	}
	if out.Verdict.State != sla.Fail {
		t.Errorf("verdict %v: %q", out.Verdict.State, out.Verdict.Reasons)
	}
	t.Logf("%+v", out.Conditions.Books)
}
