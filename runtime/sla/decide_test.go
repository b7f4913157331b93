package sla

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
)

// good is a run that passes: 1000 requests, every rule met with room.
func good() (*plan.Plan, []Judgement, Conditions) {
	p := planOf(quantileRule(0.95, 500*ms), plan.Rule{Name: "error_rate", Metric: plan.ErrorRate, Limit: 0.01})
	js := []Judgement{
		{State: Pass, Measured: 100 * ms, Valid: true, Samples: 1000, Needed: 59},
		{Rule: 1, State: Pass, Valid: true, Samples: 1000, Needed: 1},
	}
	return p, js, Conditions{Books: Books{Intended: 1000, Succeeded: 1000}, Recorded: 1000, UsersStarted: 100}
}

func TestDecidePass(t *testing.T) {
	v := Decide(good())
	if v.State != Pass || len(v.Reasons) < 4 || !strings.Contains(v.Reasons[0], "2 rules met, each by at least 1,000 samples") {
		t.Fatalf("%+v", v)
	}
	p, js, c := good()
	c.Books = Books{Intended: 1010, Succeeded: 1000, Missed: 8, InFlight: 2}
	c.UsersFailed = 1
	v = Decide(p, js, c)
	if v.State != Pass {
		t.Fatalf("%+v", v)
	}
	for _, want := range []string{"8 arrivals missed", "2 requests cut off", "1 of 100 users failed"} {
		if !strings.Contains(strings.Join(v.Reasons, "\n"), want) {
			t.Errorf("%q is not listed in %q", want, v.Reasons)
		}
	}
	p.SLAs[0].Rules = append(p.SLAs[0].Rules, plan.Rule{Name: "max", Metric: plan.Max, Limit: 1, Warn: true})
	v = Decide(p, append(js, Judgement{Rule: 2, State: Fail, Warn: true, Reason: "5 of 10"}), c)
	if v.State != Pass || !strings.Contains(strings.Join(v.Reasons, "\n"), "warning only") {
		t.Errorf("a warning decides nothing and is listed: %+v", v)
	}
}

// Every case takes a run that passes and breaks one thing.
func TestNoFalseGreen(t *testing.T) {
	type run struct {
		*plan.Plan
		js []Judgement
		Conditions
	}
	saturated := []string{"process CPU was at 97 %"}
	fail := func(r *run, i int) { r.js[i].State, r.js[i].Reason = Fail, "17 of 210 took longer than 500 ms" }
	cases := []struct {
		name string
		harm func(*run)
		want State
		says string
	}{
		{"latency broken", func(r *run) { fail(r, 0) }, Fail, `sla "read", GET /items, p95 ≤ 500 ms: 17 of 210`},
		{"errors broken", func(r *run) { fail(r, 1) }, Fail, "error_rate ≤ 1 %"},
		{"broken and interrupted", func(r *run) { fail(r, 0); r.Interrupted = true }, Fail, "interrupted"},
		{"broken and books off", func(r *run) { fail(r, 0); r.Books.Intended++ }, Fail, "do not balance"},
		{"broken and aborted", func(r *run) { fail(r, 0); r.Aborted = "read" }, Fail, "aborted"},
		{"broken with a warning beside", func(r *run) { fail(r, 0); fail(r, 1); r.js[1].Warn = true }, Fail, "warning only"},
		{"latency broken, saturated", func(r *run) { fail(r, 0); r.Saturated = saturated }, Inconclusive, "may itself be the cause"},
		{"errors answered, saturated", func(r *run) { fail(r, 1); r.js[1].Over = 50; r.Saturated = saturated }, Fail, "97 %"},
		{"errors by timeouts, saturated", func(r *run) { fail(r, 1); r.js[1].Over, r.js[1].Timeouts = 50, 45; r.Saturated = saturated }, Inconclusive, "saturated"},
		{"only timeouts, saturated", func(r *run) { fail(r, 1); r.js[1].Over, r.js[1].Timeouts = 1000, 1000; r.Saturated = saturated }, Inconclusive, "saturated"},
		{"throughput floor, saturated", func(r *run) {
			fail(r, 1)
			r.SLAs[0].Rules[1] = plan.Rule{Metric: plan.Throughput, Limit: 5, AtLeast: true}
			r.Saturated = saturated
		}, Inconclusive, "saturated"},
		{"throughput ceiling, saturated", func(r *run) {
			fail(r, 1)
			r.SLAs[0].Rules[1] = plan.Rule{Metric: plan.Throughput, Limit: 5}
			r.Saturated = saturated
		}, Fail, "saturated"},
		{"latency floor, saturated", func(r *run) { fail(r, 0); r.SLAs[0].Rules[0].AtLeast = true; r.Saturated = saturated }, Fail, "saturated"},
		{"too few samples", func(r *run) { r.js[0].State, r.js[0].Reason = Inconclusive, "needs 59 samples, has 42" }, Inconclusive, "needs 59"},
		{"no sample", func(r *run) { r.js[1].State, r.js[1].Reason = Inconclusive, "no sample" }, Inconclusive, "no sample"},
		{"saturated", func(r *run) { r.Saturated = saturated }, Inconclusive, "97 %"},
		{"interrupted", func(r *run) { r.Interrupted = true }, Inconclusive, "interrupted"},
		{"aborted, recovered since", func(r *run) { r.Aborted = "read" }, Inconclusive, `aborted by sla "read"`},
		{"incomplete", func(r *run) { r.Incomplete = "the data ran out" }, Inconclusive, "the data ran out"},
		{"nothing declared", func(r *run) { r.SLAs, r.js = nil, nil }, Inconclusive, "no SLA"},
		{"an SLA without rules", func(r *run) { r.SLAs[0].Rules, r.js = nil, nil }, Inconclusive, "nothing to pass"},
		{"an SLA that matches nothing", func(r *run) { r.SLAs[0].Groups, r.js = nil, nil }, Inconclusive, "no request matches"},
		{"one SLA of two matches nothing", func(r *run) { r.SLAs = append(r.SLAs, plan.SLA{Name: "write"}) }, Inconclusive, `"write" judges nothing`},
		{"only warnings", func(r *run) {
			for i := range r.js {
				r.js[i].Warn, r.SLAs[0].Rules[i].Warn = true, true
			}
		}, Inconclusive, "no rule can fail"},
		{"nothing judged", func(r *run) { r.js = nil }, Inconclusive, "was not judged"},
		{"one rule not judged", func(r *run) { r.js = r.js[:1] }, Inconclusive, "error_rate ≤ 1 % was not judged"},
		{"one rule judged twice", func(r *run) { r.js[1] = r.js[0] }, Inconclusive, "was not judged"},
		{"request unaccounted for", func(r *run) { r.Books.Intended++ }, Inconclusive, "do not balance"},
		{"request out of nowhere", func(r *run) { r.Books.Intended-- }, Inconclusive, "do not balance"},
		{"negative entry", func(r *run) { r.Books.InFlight, r.Books.Missed = -3, 3 }, Inconclusive, "do not balance"},
		{"samples lost", func(r *run) { r.Recorded-- }, Inconclusive, "999 samples were recorded"},
		{"samples doubled", func(r *run) { r.Recorded++ }, Inconclusive, "1,001 samples"},
		{"own failure", func(r *run) { r.LocalFailures = 1 }, Inconclusive, "1 request failed on this machine"},
		{"forbidden", func(r *run) { r.LocalFailures, r.Forbidden = 3, 3 }, Inconclusive, "guard forbade the connection of 3 requests"},
		{"stuck", func(r *run) { r.Stuck, r.StuckWhy = 2, "still not done after 30 rounds" }, Inconclusive, "2 tasks could not go on: still not done after 30 rounds"},
		{"users failed", func(r *run) { r.UsersFailed = 2 }, Inconclusive, "2 of 100 users"},
		{"users failed, none counted", func(r *run) { r.UsersFailed, r.UsersStarted = 1, 0 }, Inconclusive, "users"},
		{"arrivals missed", func(r *run) { r.Books.Intended, r.Books.Missed = 1011, 11 }, Inconclusive, "more than 1 %"},
		{"cut off, if slow", func(r *run) { r.Books.Intended, r.Books.InFlight = 1060, 60 }, Inconclusive, "60 cut off or missed were slow"},
		{"missed, at the edge of p99.9", func(r *run) {
			r.SLAs[0].Rules[0] = quantileRule(0.999, 500*ms)
			r.Books.Intended, r.Books.Missed = 1002, 2
		}, Inconclusive, "missed were slow"},
		{"cut off, if failed", func(r *run) { r.js[1].Over = 9; r.Books.Intended, r.Books.InFlight = 1002, 2 }, Inconclusive, "had failed"},
		{"cut off, with a max", func(r *run) {
			r.SLAs[0].Rules[1] = plan.Rule{Name: "max", Metric: plan.Max, Limit: 500 * ms}
			r.Books.Intended, r.Books.InFlight = 1001, 1
		}, Inconclusive, "unknown"},
		{"cut off, with a mean", func(r *run) {
			r.SLAs[0].Rules[1] = plan.Rule{Name: "mean", Metric: plan.Mean, Limit: 500 * ms}
			r.Books.Intended, r.Books.InFlight = 1001, 1
		}, Inconclusive, "unknown"},
		{"nothing happened", func(r *run) { r.Conditions = Conditions{}; r.js = Judge(r.Plan, snapshotOf(r.Plan), 0) }, Inconclusive, "no sample"},
	}
	for _, c := range cases {
		p, js, conditions := good()
		r := &run{p, js, conditions}
		c.harm(r)
		v := Decide(r.Plan, r.js, r.Conditions)
		if v.State == Pass {
			t.Errorf("FALSE GREEN: %s: %q", c.name, v.Reasons)
		}
		if v.State != c.want || !strings.Contains(strings.Join(v.Reasons, "\n"), c.says) {
			t.Errorf("%s: %v %q, want %v that says %q", c.name, v.State, v.Reasons, c.want, c.says)
		}
	}
	t.Logf("%d cases", len(cases))
}

func TestCutOffRequestsThatCannotMatterDoNot(t *testing.T) {
	p, js, c := good()
	c.Books.Intended, c.Books.InFlight = 1010, 10 // 10 of 1010 slow: within 5 %, and within 1 %
	if v := Decide(p, js, c); v.State != Pass {
		t.Errorf("%+v", v)
	}
}

func TestNumbersInWords(t *testing.T) {
	p95 := plan.Rule{Name: "p95", Metric: plan.Quantile, Quantile: 0.95}
	for ns, want := range map[float64]string{64: "64 ns", 1500: "1.5 µs", 500 * ms: "500 ms", 501_234_567: "501.234567 ms", 60e9: "1 min 00 s", 1.5e9: "1.50 s"} {
		if p95.Limit = ns; limit(p95) != want {
			t.Errorf("a limit of %v is %q, want %q", ns, limit(p95), want)
		}
	}
	if p95.Limit = 500 * ms; figure(p95, 500*ms+1) == limit(p95) {
		t.Errorf("what is beyond %s reads like it", limit(p95))
	}
	if got := limit(plan.Rule{Metric: plan.ErrorRate, Limit: 0.0000001}); got != "0.00001 %" {
		t.Errorf("a small share must not read as zero: %q", got)
	}
}

// Counts have commas and figures their units, in every reason and in the
// verdict's, as everywhere else.
func TestReasonsAreWrittenAsEverythingElse(t *testing.T) {
	bare := regexp.MustCompile(`\d{4}|\d(ns|µs|ms|s|m|h|%)\b`)
	check := func(s string) {
		t.Helper()
		if found := bare.FindString(s); found != "" {
			t.Errorf("%q stands in %q", found, s)
		}
	}
	p := planOf(
		plan.Rule{Name: "p95", Metric: plan.Quantile, Quantile: 0.95, Limit: 1100 * ms},
		plan.Rule{Name: "p95", Metric: plan.Quantile, Quantile: 0.95, Limit: 1100 * ms, Confidence: 0.95},
		plan.Rule{Name: "p95", Metric: plan.Quantile, Quantile: 0.95, Limit: 61e9, AtLeast: true},
		plan.Rule{Name: "max", Metric: plan.Max, Limit: 1100 * ms}, plan.Rule{Name: "mean", Metric: plan.Mean, Limit: 1100 * ms},
		plan.Rule{Name: "throughput", Metric: plan.Throughput, Limit: 5000, AtLeast: true},
		plan.Rule{Name: "p99.99", Metric: plan.Quantile, Quantile: 0.9999, Limit: 5e9},
		plan.Rule{Name: "error_rate", Metric: plan.ErrorRate, Limit: 0.00005, AtLeast: true},
	)
	slow := snapshotOf(p, repeat(12_345, sample(1234*ms))...)
	for _, j := range Judge(p, slow, 1234*time.Second+567*time.Millisecond) {
		name := describe(plan.MeasureResponse, p.SLAs[0].Rules[j.Rule])
		if j.State == Pass || j.Reason == "" {
			t.Errorf("%s: %v %q", name, j.State, j.Reason)
		}
		check(name)
		check(j.Reason)
	}
	p, js, c := good()
	c.Books = Books{Intended: 56_789, Succeeded: 50_000, Failed: 4_000, Missed: 1_500, InFlight: 1_289}
	c.Recorded, c.Backward, c.LocalFailures, c.Stuck, c.UsersFailed, c.UsersStarted = 53_999, 1_111, 2_222, 3_333, 1_000, 2_000
	v := Decide(p, js, c)
	if len(v.Reasons) < 6 {
		t.Errorf("only %q", v.Reasons)
	}
	p, js, c = good()
	c.Books = Books{Intended: 56_789, Succeeded: 56_789}
	c.Recorded, c.Planned, c.Ran = 56_789, time.Hour, time.Hour
	passed := Decide(p, js, c)
	if passed.State != Pass {
		t.Errorf("%v %q", passed.State, passed.Reasons)
	}
	for _, s := range append(v.Reasons, passed.Reasons...) {
		check(s)
	}
}
