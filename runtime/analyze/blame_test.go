package analyze

import (
	"strings"
	"testing"
	"time"

	"throng/runtime/record"
)

// pair is a run of ten seconds with two requests: each second one answer of
// each, of "slow" beyond 100 ms from second from up to, but not with, second to.
func pair(from, to int) *Input {
	in := &Input{Kind: "run", Requests: []Request{{Label: "GET /quick"}, {Label: "GET /slow"}}}
	step := func(ms int64) Figures {
		return Figures{Count: 1, Steps: []record.Bucket{{From: ms * 1e6, To: ms*1e6 + 1, Count: 1}}}
	}
	for i := range 10 {
		in.Stretches = append(in.Stretches, Stretch{At: time.Duration(i) * time.Second, Length: time.Second, Load: 1})
		took := int64(10)
		if i >= from && i < to {
			took = 300
		}
		for k, f := range []Figures{step(10), step(took)} {
			r := &in.Requests[k]
			r.Cells = append(r.Cells, f)
			r.Total.Count++
			r.Total.Steps = append(r.Total.Steps, f.Steps...)
		}
	}
	in.Limits = []Limit{{SLA: "sla all", Rule: "p95", Measured: 300, Limit: 100, Unit: Milliseconds, Latency: true, Broken: true, Samples: 20}}
	return in
}

// A limit of several requests together names the one that breaks it, and when.
func TestBrokenTogether(t *testing.T) {
	found, _ := budgets(pair(6, 9))
	f := found[0]
	if f.Request != "" || f.Worst != "GET /slow" || !strings.HasSuffix(f.Says, "All 3 answers beyond it are of GET /slow.") {
		t.Errorf("%q, worst %q", f.Says, f.Worst)
	}
	if from, to := time.Duration(f.From), time.Duration(f.To); from != 6*time.Second || to != 9*time.Second {
		t.Errorf("broken from %s to %s", from, to)
	}

	// What is broken most of the time is broken throughout.
	found, _ = budgets(pair(2, 9))
	if found[0].From != 0 || found[0].To != Ms(10*time.Second) {
		t.Errorf("broken throughout, and shown %s", clockSpan(found[0].From, found[0].To))
	}

	// Only the requests that the SLA is about count, and only what it limits.
	in := pair(6, 9)
	in.Limits[0].Judged = []string{"GET /quick"}
	if found, _ = budgets(in); found[0].Worst != "" || strings.Contains(found[0].Says, "slow") {
		t.Errorf("blames another SLA's request: %q", found[0].Says)
	}
	in = pair(6, 9)
	in.Limits[0].Part = true
	if found, _ = budgets(in); found[0].Worst != "" {
		t.Errorf("blames response times for what is none: %q", found[0].Says)
	}
	in = pair(6, 9)
	in.Limits[0] = Limit{SLA: "sla all", Rule: "error_rate", Measured: 0.1, Limit: 0.01, Unit: Ratio, Broken: true}
	in.Requests[0].Total.Failed, in.Requests[0].Cells[4].Failed = 2, 2
	if f := first(budgets(in)); f.Worst != "GET /quick" || f.From != Ms(4*time.Second) || !strings.HasSuffix(f.Says, "All 2 failures are of GET /quick.") {
		t.Errorf("%q from %s", f.Says, time.Duration(f.From))
	}
}

func first(found []Finding, _ string) Finding { return found[0] }

func TestShortest(t *testing.T) {
	for _, c := range []struct {
		list       []int64
		least      int64
		first, end int
	}{
		{[]int64{0, 0, 5, 5, 0}, 10, 2, 4}, {[]int64{1, 0, 9, 0, 0}, 9, 2, 3}, {[]int64{5, 0, 5}, 10, 0, 3},
		{[]int64{3, 3, 3}, 3, 0, 1}, {[]int64{0, 0}, 0, 0, 1}, {nil, 1, 0, 0},
	} {
		if first, end := shortest(c.list, c.least); first != c.first || end != c.end {
			t.Errorf("%v, at least %d: %d to %d, want %d to %d", c.list, c.least, first, end, c.first, c.end)
		}
	}
}
