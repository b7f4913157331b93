package report

import (
	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// needed is how many samples a percentile needs to be proven.
func needed(q float64) int64 {
	return sla.Needed(plan.Rule{Metric: plan.Quantile, Quantile: q})
}

// figures are what s says; s may be nil.
func (b *builder) figures(s *record.Stats) Figures {
	f := Figures{Samples: s.Count(), Statuses: []StatusCount{}, Failures: []ClassCount{}}
	f.Latency = latency(s, s.Quantile)
	if s == nil {
		return f
	}
	f.OK, f.Failed, f.TimedOut, f.Retried = s.OK, s.Failed, s.Censored, s.Retried
	f.ErrorRate = ratio(s.Failed, s.Count())
	f.BytesIn, f.BytesOut, f.Decoded = s.BytesIn, s.BytesOut, s.Counter(plan.CountDecoded)
	if b.measured > 0 {
		f.Rate = Num(float64(f.Samples) / b.measured.Seconds())
	}
	for _, c := range s.Status {
		f.Statuses = append(f.Statuses, StatusCount{Status: int(c.Status), Count: c.Count})
	}
	for c, n := range s.ByClass {
		if n > 0 && plan.ErrorClass(c) != plan.OK {
			f.Failures = append(f.Failures, ClassCount{Class: plan.ErrorClass(c).String(), Count: n})
		}
	}
	if b.open() {
		service := latency(s, s.ServiceQuantile)
		service.Min, service.Mean, service.Max = nil, nil, nil // exact only of the response time
		f.Service = &service
	}
	if p := s.Phases(); p.Samples > 0 {
		f.Phases = &Phases{
			DNS: Ms(p.DNS), Connect: Ms(p.Connect), TLS: Ms(p.TLS), Wait: Ms(p.Wait), Body: Ms(p.Body), Connections: p.Connections,
		}
	}
	return f
}

// latency reads a distribution through one of its quantile functions.
func latency(s *record.Stats, quantile func(float64) record.Latency) Latency {
	l := Latency{Bounded: []string{}, TooFew: []string{}}
	set := func(name string, v record.Latency) *Ms {
		if !v.Valid {
			return nil
		}
		if v.Censored {
			l.Bounded = append(l.Bounded, name)
		}
		m := Ms(v.Ns)
		return &m
	}
	percentile := func(name string, q float64) *Ms {
		v := quantile(q)
		if v.Valid && s.Judged() < needed(q) {
			l.TooFew = append(l.TooFew, name)
		}
		return set(name, v)
	}
	if s != nil && s.OK > 0 {
		l.Min = set("min", record.Latency{Ns: s.Min(), Valid: true})
	}
	l.Mean = set("mean", s.MeanLatency())
	l.P50 = percentile("p50", 0.5)
	l.P90 = percentile("p90", 0.9)
	l.P95 = percentile("p95", 0.95)
	l.P99 = percentile("p99", 0.99)
	l.P999 = percentile("p999", 0.999)
	l.Max = set("max", s.MaxLatency())
	return l
}
