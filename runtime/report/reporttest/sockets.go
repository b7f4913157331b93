package reporttest

import (
	"math/rand/v2"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// Sockets is a run with a socket that is lost now and then, messages over it,
// a stream, and limits on phases, measures and counters: some broken, some
// kept, and one without a sample.
func Sockets() *Run {
	list := []Route{
		{Method: "WS", Name: "/push", Task: "read", PerSecond: 2, Median: 8 * time.Millisecond, Spread: 4, Status: 0},
		{Method: "SEND", Name: "hello", Task: "read", PerSecond: 40, Median: 5 * time.Millisecond, Spread: 8},
		{Method: "GET", Name: "/events", Task: "read", PerSecond: 1, Median: 900 * time.Millisecond, Spread: 2},
		{Method: "GET", Name: "/items", Task: "write", PerSecond: 10, Median: 12 * time.Millisecond, Spread: 5},
	}
	of := func(m plan.Measure, s plan.SLA) plan.SLA { s.Measure = m; return s }
	tally := func(name string, c plan.Counter, scale plan.Scale, limit float64) plan.Rule {
		return plan.Rule{Name: name, Metric: plan.Tally, Counter: c, Scale: scale, Limit: limit, Site: 3}
	}
	floor := tally("received_per_second", plan.CountIn, plan.PerSecond, 10)
	floor.AtLeast = true
	late := tally("late", plan.CountLate, plan.Absolute, 5)
	late.Warn = true
	return Make(&Script{
		Name: "device", Profile: "websocket", Routes: list, Seconds: 75, Health: Healthy(),
		SLAs: []plan.SLA{
			of(plan.MeasurePing, plan.SLA{Name: "ping", Match: "requests WS /push", Site: 2, Groups: each(0), Rules: []plan.Rule{rule("p95", 0.02*second), rule("max", 5*second)}}),
			of(plan.MeasureRecovery, plan.SLA{Name: "recovery", Match: "requests WS /push", Site: 2, Groups: each(0), Rules: []plan.Rule{rule("p50", 2*second)}}),
			of(plan.MeasureFirstByte, plan.SLA{Name: "answer", Match: "requests GET /items", Site: 2, Groups: each(3), Rules: []plan.Rule{rule("p95", 0.1*second)}}),
			of(plan.MeasureTLS, plan.SLA{Name: "tls", Match: "requests GET /items", Site: 2, Groups: each(3), Rules: []plan.Rule{rule("p95", 0.1*second)}}),
			{Name: "delivery", Match: "requests WS /push", Site: 3, Groups: each(0), Rules: []plan.Rule{
				tally("unanswered", plan.CountUnanswered, plan.Share, 0.001), tally("disconnects", plan.CountDisconnects, plan.Absolute, 3),
				late, tally("lost", plan.CountLost, plan.Share, 0.01), floor,
			}},
			{Name: "all", Site: 6, Groups: joint(0, 1, 2, 3), Rules: []plan.Rule{rule("error_rate", 0.01), tally("duplicated", plan.CountDuplicated, plan.Absolute, 5)}},
		},
		Beside: sockets(rand.New(rand.NewPCG(3, 7))),
	})
}

// sockets books what a socket and a stream have, each second.
func sockets(rng *rand.Rand) func(*record.Writer, int) {
	return func(w *record.Writer, sec int) {
		at := int64(sec) * second
		millis := func(most int) int64 { return 1e6 + rng.Int64N(int64(most)*1e6) }
		for range 4 {
			w.Measure(0, plan.MeasurePing, millis(40), at)
		}
		for c, n := range []int64{plan.CountIn: 50, plan.CountOut: 40, plan.CountBytesIn: 5000, plan.CountBytesOut: 2400, plan.CountAsked: 40} {
			w.Count(0, plan.Counter(c), n, at)
		}
		w.Count(2, plan.CountIn, 120, at)
		w.Measure(2, plan.MeasureFirstEvent, millis(300), at)
		for range 20 {
			w.Measure(2, plan.MeasureGap, millis(60), at)
		}
		w.Measure(3, plan.MeasureConnect, millis(3), at)
		if sec%10 == 9 {
			w.Count(0, plan.CountDisconnects, 1, at)
			w.Count(0, plan.CountReconnects, 1, at)
			code := []int{1006, 1006, 1001}[sec/10%3]
			w.Closed(0, code, at)
			w.Lose(record.Failure{Series: 0, Class: plan.FailReset, Status: code, At: at, Detail: map[int]string{
				1001: "closed by the server (going away): restarting", 1006: "the connection ended without a close frame",
			}[code]})
			w.Measure(0, plan.MeasureRecovery, millis(1500), at)
			for _, c := range []plan.Counter{plan.CountUnanswered, plan.CountLost, plan.CountLate, plan.CountDuplicated, plan.CountOutOfOrder} {
				w.Count(0, c, 1, at)
			}
		}
	}
}
