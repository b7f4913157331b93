package record

import (
	"math"
	"time"

	"throng/dsl/plan"
)

// StatusCount is how many answers had a status.
type StatusCount struct {
	Status int
	Count  int64
}

// Stats are the figures of one series, or of several merged. They are
// immutable once in a Snapshot. Every method treats a nil *Stats as one that
// saw no sample. Durations are nanoseconds.
type Stats struct {
	OK, Failed, Censored int64 // Censored is part of Failed
	Retried              int64 // part of Failed too: followed by another attempt
	Backward             int64 // ended before they began, as only a clock or a defect can have it; counted as 0
	ByClass              [plan.NumErrorClasses]int64
	Status               []StatusCount // sorted by status; exact
	BytesIn, BytesOut    int64
	Over                 []int64 // per configured threshold: successes beyond it, and every censored sample

	thresholds []int64
	open       bool
	clamped    int64
	dists      [numKinds]dist
	censored   [2]tally // of kinds response and service
	phases     phaseSums
	extras     *extras // nil for none
}

// kind is one of the distributions a Stats keeps.
type kind int

const (
	response kind = iota // of successes
	service              // of successes; only in the open model
	failed               // response time of failures
	numKinds
)

// Latency is a duration that may be known only from below.
type Latency struct {
	Ns       int64
	Censored bool // the true value is at least Ns: "≥ 1 s"
	Valid    bool // false: no samples
}

// Phases are mean durations of successful exchanges. Exchanges over a reused
// connection count as zeros, so that the means add up to the mean service
// time, but for what passed between two phases.
type Phases struct {
	DNS, Connect, TLS, Wait, Body int64 // ns; Wait is from the request to the first byte
	Connections                   int64 // exchanges that opened a connection
	Samples                       int64 // exchanges the means are over
}

// Bucket is one step of a distribution: how many values lie in From..To,
// both inclusive, in ns.
type Bucket struct{ From, To, Count int64 }

// Count is the number of samples.
func (s *Stats) Count() int64 {
	if s == nil {
		return 0
	}
	return s.OK + s.Failed
}

// Judged is the number of samples latency rules and quantiles are over:
// successes and censored samples.
func (s *Stats) Judged() int64 {
	if s == nil {
		return 0
	}
	return s.OK + s.Censored
}

// Quantile is the response time of nearest rank ceil(p·n) over successes and
// censored samples, which sort after all successes. It errs upwards by at
// most 0.1 % or 64 ns, whichever is more, and never leaves the exact minimum
// and maximum.
func (s *Stats) Quantile(p float64) Latency { return s.quantile(response, p) }

// ServiceQuantile is Quantile of the time from the actual start.
func (s *Stats) ServiceQuantile(p float64) Latency {
	if s != nil && !s.open {
		return s.quantile(response, p)
	}
	return s.quantile(service, p)
}

// FailedQuantile is the quantile of how long failures took to fail, timeouts
// included at the time the user gave up.
func (s *Stats) FailedQuantile(p float64) Latency { return s.quantile(failed, p) }

func (s *Stats) quantile(k kind, p float64) Latency {
	if s == nil || math.IsNaN(p) {
		return Latency{}
	}
	d := &s.dists[k]
	var censored tally
	if k != failed {
		censored = s.censored[k]
	}
	n := d.n + censored.n
	if n == 0 {
		return Latency{}
	}
	rank := Rank(p, n)
	if rank > d.n {
		return Latency{Ns: censored.min, Censored: true, Valid: true}
	}
	return d.at(rank)
}

// Around is what the response time of a rank in 1..Judged lies between, both
// inclusive: the edges of its step in the histogram. Censored samples are
// known from below only.
func (s *Stats) Around(rank int64) (from, to Latency) {
	n := s.Judged()
	if rank < 1 || rank > n {
		return Latency{}, Latency{}
	}
	d, censored := &s.dists[response], s.censored[response]
	if rank > d.n {
		l := Latency{Ns: censored.min, Censored: true, Valid: true}
		return l, l
	}
	return d.around(rank)
}

// Min is the shortest response time of a success, exactly; 0 without one.
func (s *Stats) Min() int64 { return s.successes().min }

// Max is the longest response time of a success, exactly; 0 without one.
func (s *Stats) Max() int64 { return s.successes().max }

// Sum is the total response time of successes, exactly.
func (s *Stats) Sum() int64 { return s.successes().sum }

// Mean is the mean response time of successes, to the nearest nanosecond; 0
// without one.
func (s *Stats) Mean() int64 {
	t := s.successes()
	return t.mean()
}

func (s *Stats) successes() tally {
	if s == nil {
		return tally{}
	}
	return s.dists[response].tally
}

// judged is the tally of successes and censored samples together.
func (s *Stats) judged() tally {
	t := s.successes()
	if s != nil {
		t.merge(&s.censored[response])
	}
	return t
}

// MaxLatency is the longest response time of successes and censored samples.
// With censored samples it is a lower bound.
func (s *Stats) MaxLatency() Latency {
	t := s.judged()
	return Latency{Ns: t.max, Censored: t.n > 0 && s.Censored > 0, Valid: t.n > 0}
}

// MeanLatency is the mean response time of successes and censored samples.
// With censored samples it is a lower bound.
func (s *Stats) MeanLatency() Latency {
	t := s.judged()
	bound := t.n > 0 && (s.Censored > 0 || t.sum == math.MaxInt64)
	return Latency{Ns: t.mean(), Censored: bound, Valid: t.n > 0}
}

// JudgedSum is the exact numerator of MeanLatency; Judged is its denominator.
func (s *Stats) JudgedSum() int64 { return s.judged().sum }

// Slow is how many samples, failed ones too, took more than factor times the
// median success, and by how much longer than it they took together. Both are
// known to the histogram's 0.1 %, and of samples beyond its range from below.
// There are none where fewer than least successes say what is usual.
func (s *Stats) Slow(factor, least int64) (n int64, longer time.Duration) {
	if s == nil || s.OK < least {
		return 0, 0
	}
	median := s.dists[response].at(Rank(0.5, s.OK)).Ns
	for _, k := range []kind{response, failed} {
		for _, b := range s.dists[k].buckets() {
			if b.From > factor*median {
				n += b.Count
				longer += time.Duration(b.Count * (b.From - median))
			}
		}
	}
	return n, longer
}

// Phases are the means of the phases of successful exchanges.
func (s *Stats) Phases() Phases {
	if s == nil || s.phases.n == 0 {
		return Phases{}
	}
	p := &s.phases
	return Phases{
		DNS: p.dns / p.n, Connect: p.connect / p.n, TLS: p.tls / p.n, Wait: p.wait / p.n, Body: p.body / p.n,
		Connections: p.connections, Samples: p.n,
	}
}

// Buckets is the distribution of the response times of successes, ascending,
// without empty steps.
func (s *Stats) Buckets() []Bucket {
	if s == nil {
		return nil
	}
	return s.dists[response].buckets()
}

// FailedBuckets is the distribution of how long failures took to fail,
// timeouts included, as Buckets has it of successes.
func (s *Stats) FailedBuckets() []Bucket {
	if s == nil {
		return nil
	}
	return s.dists[failed].buckets()
}

// OverAt is the exact number of successes with a response time beyond the
// threshold (ns), plus every censored sample. It reports false when the
// threshold was not configured for every series in s.
func (s *Stats) OverAt(threshold int64) (int64, bool) {
	if s == nil {
		return 0, false
	}
	for i, t := range s.thresholds {
		if t == threshold {
			return s.Over[i], true
		}
	}
	return 0, false
}
