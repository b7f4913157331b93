package report

import (
	"fmt"
	"math"

	"throng/runtime/report/text"
)

// model says what the load model means for the figures.
func (t *textWriter) model() {
	if t.r.Plan.Model != "closed" {
		t.section("", t.openText())
	}
	if t.r.Plan.Model != "open" || len(t.r.Stalls) > 0 {
		t.section("", t.closedText())
	}
}

// openText sets the two times side by side: what somebody waited who wanted
// the answer when it was due, and what the target took.
func (t *textWriter) openText() string {
	s := t.r.Plan.Model + " model: " + count(t.r.Books.Missed, "missed arrival")
	if t.r.Total.Service == nil {
		return s
	}
	both := func(l *Latency) string {
		p95, _ := l.Figure("p95")
		p99, _ := l.Figure("p99")
		return p95 + " and " + p99
	}
	return s + fmt.Sprintf(" · p95 and p99 of response time %s (from when it was due, as everywhere here), of service time %s (from when it was sent)",
		both(&t.r.Total.Latency), both(t.r.Total.Service))
}

// closedText says that stalls are under-sampled, and by how much.
func (t *textWriter) closedText() string {
	s := "closed model: a user waits for its answer before it goes on, so stalls are under-sampled"
	if t.r.Plan.Model != "closed" {
		s = "users in the closed model wait for their answers before they go on, so stalls are under-sampled"
	}
	var missing, slow int64
	var longer float64
	known := len(t.r.Stalls) > 0
	for i := range t.r.Stalls {
		k := &t.r.Stalls[i]
		slow += k.Slow
		longer += float64(k.Longer)
		if k.NotMade == nil {
			known = known && k.Slow == 0
			continue
		}
		missing += *k.NotMade
	}
	switch {
	case !known:
		return s
	case slow == 0:
		return s + fmt.Sprintf("; no request took more than %d × the median of its like", slowFactor)
	}
	return s + fmt.Sprintf(": about %s not made while users waited longer than usual (%s took more than %d × the median of %s like, %s longer in all)",
		were(missing), count(slow, "request"), slowFactor, their(slow), text.Duration(math.Round(longer)))
}

func their(n int64) string {
	if n == 1 {
		return "its"
	}
	return "their"
}

func were(n int64) string {
	if n == 1 {
		return "1 request was"
	}
	return text.Count(n) + " requests were"
}

// figuresText is how the generator did, signal by signal.
func (g *Generator) figuresText() string {
	s := fmt.Sprintf("CPU %s %% at most · start lag %s median, %s at most · tick lag p99 %s · scheduler p99 %s · GC pauses %s at most, %s in all · memory %s at most",
		text.Percent(float64(g.CPUPeak)), text.Duration(float64(g.StartLagP50)), text.Duration(float64(g.StartLagMax)), text.Duration(float64(g.TickLagP99)),
		text.Duration(float64(g.SchedP99)), text.Duration(float64(g.GCPauseMax)), text.Duration(float64(g.GCPauseTotal)), text.Bytes(g.MemoryPeak))
	if n := g.Network; n != nil {
		s += fmt.Sprintf(" · TCP, of the whole machine: %s sent, %s sent again, %s by listeners, %s for full buffers",
			count(n.SegmentsOut, "segment"), text.Count(n.Retransmitted), count(n.ListenDrops, "drop"), count(n.BufferPressed, "drop"))
	}
	return s
}
