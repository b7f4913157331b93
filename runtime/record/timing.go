package record

import (
	"slices"

	"throng/dsl/plan"
)

// Beyond asks for the times of one measure of a series, and for exact counts
// of those beyond each threshold (ns, ascending). The service time, the first
// byte and the body of samples are kept only where they are asked for, since
// each can cost more than the rest of a sample (BenchmarkAddMeasures); so is
// what timeouts leave unknown of any measure.
type Beyond struct {
	Measure    plan.Measure
	Thresholds []int64
}

// beyond is what is asked for of a measure; nil for nothing.
func beyond(list []Beyond, m plan.Measure) *Beyond {
	for i := range list {
		if list[i].Measure == m {
			return &list[i]
		}
	}
	return nil
}

// timing is the times of one measure: those that came to their end, and of
// those that did not how long they lasted at least. In a shard its histogram
// is recorded into directly, since it is sparse: a series has up to ten.
type timing struct {
	dist
	censored   tally
	thresholds []int64
	over       []int64 // per threshold: beyond it, every censored one included
}

func (t *timing) empty() bool { return t.n == 0 && t.censored.n == 0 }

func (t *timing) record(v int64) {
	v = max(v, 0)
	t.add(v)
	for i, threshold := range t.thresholds {
		if v <= threshold {
			break
		}
		t.over[i]++
	}
	if v > highest {
		t.beyond++
		return
	}
	if t.packed == nil {
		t.packed = newPacked()
	}
	if t.packed.RecordValue(v) != nil {
		t.beyond++ // the range check above rules it out; no time is lost
	}
}

// censor books a time that had lasted so long when it was given up.
func (t *timing) censor(v int64) {
	t.censored.add(max(v, 0))
	for i := range t.over {
		t.over[i]++
	}
}

// merge adds o to t, which is still being built.
func (t *timing) merge(o *timing) {
	if o.empty() {
		return
	}
	if t.empty() {
		t.thresholds, t.over = o.thresholds, slices.Clone(o.over)
	} else {
		t.thresholds, t.over = mergeOver(t.thresholds, t.over, o.thresholds, o.over)
	}
	t.dist.merge(&o.dist, 0, nil)
	t.censored.merge(&o.censored)
}

// reset empties t for another series, whose thresholds it takes on.
func (t *timing) reset(thresholds []int64) {
	packed := t.packed
	if packed != nil {
		packed.Reset()
	}
	over := slices.Grow(t.over[:0], len(thresholds))[:len(thresholds)]
	clear(over)
	*t = timing{dist: dist{packed: packed}, thresholds: thresholds, over: over}
}

// extras are what a series has beside its samples: the times of measures, and
// of sockets and streams the counters and the close codes.
type extras struct {
	times  [plan.NumMeasures]*timing
	counts [plan.NumCounters]int64
	closes []StatusCount
	news   bool // something has been booked
}

// time is the timing of a measure, made where there is none.
func (x *extras) time(m plan.Measure, asked []Beyond) *timing {
	x.news = true
	if x.times[m] == nil {
		x.times[m] = &timing{}
		x.times[m].reset(thresholdsOf(asked, m))
	}
	return x.times[m]
}

func thresholdsOf(asked []Beyond, m plan.Measure) []int64 {
	if b := beyond(asked, m); b != nil {
		return b.Thresholds
	}
	return nil
}

// merge adds o to x, which is still being built.
func (x *extras) merge(o *extras) {
	x.news = true
	for m, t := range o.times {
		if t == nil || t.empty() {
			continue
		}
		if x.times[m] == nil {
			x.times[m] = &timing{}
		}
		x.times[m].merge(t)
	}
	for c, n := range o.counts {
		x.counts[c] += n
	}
	for _, c := range o.closes {
		x.closes = addStatus(x.closes, c.Status, c.Count)
	}
}

// finish brings x into the form a snapshot keeps.
func (x *extras) finish() {
	sortStatus(x.closes)
	for _, t := range x.times {
		if t != nil && t.packed != nil {
			t.packed.Compact()
		}
	}
}

// reset empties x for another series.
func (x *extras) reset(asked []Beyond) {
	x.news = false
	for m, t := range x.times {
		if t != nil {
			t.reset(thresholdsOf(asked, plan.Measure(m)))
		}
	}
	x.counts = [plan.NumCounters]int64{}
	x.closes = x.closes[:0]
}

// Of are the figures of one measure, as if each of its times were a sample:
// those that came to their end succeeded, those that were given up timed out.
// It is s itself for the response time, and nil where nothing was measured.
func (s *Stats) Of(m plan.Measure) *Stats {
	if s == nil || m == plan.MeasureResponse {
		return s
	}
	if s.extras == nil || s.extras.times[m] == nil || s.extras.times[m].empty() {
		return nil
	}
	t := s.extras.times[m]
	view := &Stats{OK: t.n, Failed: t.censored.n, Censored: t.censored.n, Over: t.over, thresholds: t.thresholds}
	view.ByClass[plan.OK], view.ByClass[plan.FailTimeout] = t.n, t.censored.n
	view.dists[response], view.censored[response] = t.dist, t.censored
	return view
}

// Counter is how much was counted.
func (s *Stats) Counter(c plan.Counter) int64 {
	if s == nil || s.extras == nil {
		return 0
	}
	return s.extras.counts[c]
}

// Base is what a share of a counter is taken of: see plan.Counter.Base.
func (s *Stats) Base(c plan.Counter) int64 {
	n := s.Counter(c.Base())
	if c == plan.CountLost {
		n += s.Counter(c) // they would have come
	}
	return n
}

// Closes are how many connections of sockets ended with each close code,
// ascending.
func (s *Stats) Closes() []StatusCount {
	if s == nil || s.extras == nil {
		return nil
	}
	return s.extras.closes
}

// Extra reports whether anything is known beside samples.
func (s *Stats) Extra() bool { return s != nil && s.extras != nil && s.extras.news }
