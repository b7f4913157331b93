package analyze

import (
	"math"
	"slices"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/sla"
)

// band is what a class of endpoint is expected to keep where nothing else is
// promised.
type band struct {
	class    string
	p95, p99 float64 // ns
}

// The bands of the guides. An error rate is a fault from 2 % on, and critical
// from 5 % on.
var (
	healthBand = band{"health endpoint", 500e6, 1000e6}
	readBand   = band{"read endpoint", 500e6, 1000e6}
	writeBand  = band{"write endpoint", 2000e6, 5000e6}
	slowBand   = band{"slow endpoint", 5000e6, 10000e6}
	socketBand = band{"WebSocket", 1000e6, 3000e6}
)

const badErrors, criticalErrors = 0.02, 0.05

// bandOf is the class of a request: by its tags, then by its method and whole
// segments of its path. A part of a word says nothing: /shows is no WebSocket,
// and /posts no POST.
func bandOf(r *Request) band {
	tagged := func(names ...string) bool {
		return slices.ContainsFunc(r.Tags, func(t string) bool { return slices.Contains(names, strings.ToLower(t)) })
	}
	segments := strings.FieldsFunc(strings.ToLower(r.Name), func(c rune) bool { return c == '/' || c == '?' || c == ' ' })
	has := func(names ...string) bool {
		return slices.ContainsFunc(segments, func(s string) bool { return slices.Contains(names, s) })
	}
	method := strings.ToUpper(r.Method)
	switch {
	case tagged("slow"):
		return slowBand
	case tagged("health"):
		return healthBand
	case tagged("write"):
		return writeBand
	case tagged("read"):
		return readBand
	case slices.Contains([]string{"WS", "WSS", "WEBSOCKET", "WEBSOCKETS", "SEND", "RECEIVE"}, method):
		return socketBand
	case has("audit", "audits", "llm"):
		return slowBand
	case has("health", "healthz", "ready", "readyz", "live", "livez", "ping"):
		return healthBand
	case slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, method):
		return writeBand
	}
	return readBand
}

// UseBands holds every request against the built-in bands of its class,
// instead of what the run promised.
func (in *Input) UseBands() {
	in.Limits, in.Promised = nil, false
	for i := range in.Requests {
		r := &in.Requests[i]
		if r.Together {
			continue
		}
		b := bandOf(r)
		n := r.Total.Count - r.Total.Failed + r.Total.TimedOut
		for _, l := range []struct {
			rule            string
			q, limit, value float64
		}{{"p95", 0.95, b.p95, r.Total.P95}, {"p99", 0.99, b.p99, r.Total.P99}} {
			if math.IsNaN(l.value) {
				continue
			}
			needed := sla.Needed(plan.Rule{Metric: plan.Quantile, Quantile: l.q})
			in.Limits = append(in.Limits, Limit{
				SLA: "the band of a " + b.class, Rule: l.rule, Request: r.Label, Measured: l.value / 1e6, Limit: l.limit / 1e6, Unit: Milliseconds,
				Latency: true, Samples: n, Needed: needed, Broken: n >= needed && l.value > l.limit, Unproven: n < needed,
			})
		}
		if r.Total.Count == 0 {
			continue
		}
		errors := float64(r.Total.Failed) / float64(r.Total.Count)
		in.Limits = append(in.Limits, Limit{
			SLA: "the band of error rates", Rule: "error_rate", Request: r.Label, Measured: errors, Limit: badErrors, Unit: Ratio,
			Samples: r.Total.Count, Needed: 1, Broken: errors > badErrors, Severe: criticalErrors / badErrors,
		})
	}
}
