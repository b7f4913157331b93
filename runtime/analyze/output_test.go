package analyze

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"throng/runtime/report/schematest"
	"throng/runtime/report/text"
)

// busy is a world with many things to find.
func busy() *Input {
	w := plain["ramp"]
	w.load, w.answers = ramp(5, 120), func(_, users float64) float64 { return math.Min(users, 50) / 8 }
	w.errors = func(at float64, _ int) float64 { return 0.1 * at }
	in := w.run(1)
	in.Requests[2].Label = "GET /\x1b[31m\u202eevil/" + strings.Repeat("long/", 30)
	in.Requests[3].Total.TimedOut, in.Requests[3].Total.Censored = 200, true
	in.Generator.Saturated = []string{"Steps began late."}
	in.UseBands()
	return in
}

func TestJSONFitsItsSchema(t *testing.T) {
	schema := schematest.Load(t, Schema)
	schema.Strict(t)
	for _, in := range []*Input{busy(), {Name: "empty", Kind: "run"}} {
		var b bytes.Buffer
		if err := WriteJSON(&b, Analyze(in)); err != nil {
			t.Fatal(err)
		}
		for _, fault := range schema.Check(t, "analysis", b.Bytes()) {
			t.Error(fault)
		}
	}
}

// No line is wider than it may be, and nothing from outside gets through as a
// control.
func TestText(t *testing.T) {
	r := Analyze(busy())
	for _, ascii := range []bool{false, true} {
		for _, width := range []int{60, 80, 200} {
			var b bytes.Buffer
			if err := WriteText(&b, r, Options{Style: text.Style{ASCII: ascii}, Width: width, All: true}); err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(b.String(), "\n") {
				if text.Width(line) > width {
					t.Errorf("%d cells at %d: %s", text.Width(line), width, line)
				}
			}
			if strings.ContainsAny(b.String(), "\x1b\u202e") || strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
				t.Errorf("unclean:\n%s", b.String())
			}
		}
	}
}

// Findings come worst first, each with figures, a test, a meaning and advice.
func TestFindingsAreWhole(t *testing.T) {
	r := Analyze(busy())
	last := 0
	kinds := map[string]bool{}
	for _, f := range r.Findings {
		rank := slices.Index(severities, f.Severity)
		if rank < last {
			t.Errorf("%s comes after something less severe", f.Says)
		}
		last = rank
		kinds[f.Kind] = true
		if f.Says == "" || f.Means == "" || len(f.Next) == 0 || len(f.Evidence) == 0 || f.Test.Name == "" || f.To <= f.From {
			t.Errorf("not whole: %+v", f)
		}
	}
	for _, kind := range []string{"budget", "errors_with_load", "plateau", "timeouts", "bottleneck"} {
		if !kinds[kind] {
			t.Errorf("%s is not found", kind)
		}
	}
	if !r.Worst(Critical) || !r.Worst(High) {
		t.Error("nothing critical")
	}
	for kind := range advices {
		kind, _, _ = strings.Cut(kind, " ")
		if !slices.ContainsFunc(checks, func(c check) bool { return c.kind == kind }) {
			t.Errorf("advice for %s, which nothing finds", kind)
		}
	}
}

// A budget is critical beyond one and a half of its limit, a warning never.
func TestBudgets(t *testing.T) {
	limit := func(measured float64, change func(*Limit)) *Input {
		l := Limit{SLA: "sla x", Rule: "p95", Request: "GET /", Measured: measured, Limit: 100, Unit: Milliseconds, Latency: true, Broken: true, Samples: 500}
		if change != nil {
			change(&l)
		}
		return &Input{Limits: []Limit{l}, Stretches: []Stretch{{Length: 1e9}}}
	}
	for want, in := range map[Severity]*Input{
		High: limit(150, nil), Critical: limit(151, nil), Medium: limit(900, func(l *Limit) { l.Warns = true }),
		"": limit(90, func(l *Limit) { l.Broken = false }),
	} {
		found, _ := budgets(in)
		switch {
		case want == "" && len(found) > 0:
			t.Error("a kept limit is a finding")
		case want != "" && (len(found) != 1 || found[0].Severity != want):
			t.Errorf("want %s, found %+v", want, found)
		}
	}
	found, _ := budgets(limit(60, func(l *Limit) { l.Floor = true }))
	if found[0].Severity != Critical {
		t.Errorf("a floor at 60 %% is %s", found[0].Severity)
	}
	if _, reason := budgets(limit(1, func(l *Limit) { l.Broken, l.Unproven = false, true })); !strings.Contains(reason, "too few samples") {
		t.Errorf("reason %q", reason)
	}
}

// Classes come from whole words: /shows is no WebSocket, /posts no POST.
func TestBands(t *testing.T) {
	for _, c := range []struct {
		r    Request
		want band
	}{
		{Request{Method: "GET", Name: "/api/v1/shows"}, readBand},
		{Request{Method: "GET", Name: "/posts"}, readBand},
		{Request{Method: "GET", Name: "/output"}, readBand},
		{Request{Method: "POST", Name: "/items"}, writeBand},
		{Request{Method: "delete", Name: "/items/:id"}, writeBand},
		{Request{Method: "GET", Name: "/health/ready"}, healthBand},
		{Request{Method: "GET", Name: "/api/v1/config/audit"}, slowBand},
		{Request{Method: "POST", Name: "/ask", Tags: []string{"slow"}}, slowBand},
		{Request{Method: "SEND", Name: "chat"}, socketBand},
		{Request{Method: "WS", Name: "/api/v1/ws"}, socketBand},
	} {
		if got := bandOf(&c.r); got != c.want {
			t.Errorf("%s %s is a %s, want %s", c.r.Method, c.r.Name, got.class, c.want.class)
		}
	}
}
