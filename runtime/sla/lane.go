package sla

import (
	"math/big"
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// lane is a judged set of series of an SLA with a window: what ended in each
// of the last ticks, and what they hold together.
type lane struct {
	sla                 *plan.SLA
	index, group, phase int
	length              int64       // of the window, in ticks
	stretches           []plan.Span // of the stages it is about
	ring                []tally     // by slot; nil until something ends
	news, sum           tally       // since the last slot; of the window
	beyond              []excess
	rules               []course
	last                *held // the latest window, with what belongs to it and came later
	stood               func(*record.Snapshot) bool
	connected           bool // a connection has stood whose messages could have been counted
}

// held is what a window holds, for all rules of its SLA.
type held struct {
	tally
	extents  []extent
	from, to int64
	more     bool // something has come since it was judged
	gap      bool // slots have passed that are in no window
}

// tally is what ended in a stretch of time, in exact counts. That of a window
// is kept by adding what comes and taking off what goes.
type tally struct {
	n        int64 // finished requests, or values
	judged   int64 // of these: successes and timeouts, or all values
	failed   int64
	timeouts int64
	local    int64 // failures of this machine
	missed   int64 // arrivals, of the whole run
	cut      int64 // requests that were cut off, of the whole run
	seconds  int64 // sum of judged times: whole seconds, and the rests
	rest     int64 // ns
}

func (t *tally) add(o *tally, sign int64) {
	t.n += sign * o.n
	t.judged += sign * o.judged
	t.failed += sign * o.failed
	t.timeouts += sign * o.timeouts
	t.local += sign * o.local
	t.missed += sign * o.missed
	t.cut += sign * o.cut
	t.seconds += sign * o.seconds
	t.rest += sign * o.rest
}

// nanoseconds is the sum of judged times.
func (t *tally) nanoseconds() *big.Rat {
	sum := new(big.Int).Mul(big.NewInt(t.seconds), big.NewInt(1e9))
	return new(big.Rat).SetInt(sum.Add(sum, big.NewInt(t.rest)))
}

// excess is one rule's share of a lane: what is beyond its limit, or for a
// mean of values what they add up to.
type excess struct {
	ring      []int64
	news, sum int64
	bases     []int64 // by slot; nil but for counters: what a share is taken of
	newBase   int64
	base      int64
	parts     []parts // by slot; nil but for means of values
	newParts  parts
}

// parts is a sum of float64s with twice their digits (Knuth's TwoSum).
type parts struct{ high, low float64 }

func (p *parts) add(high, low float64) {
	t := p.high + high
	back := t - p.high
	p.low += (p.high - (t - back)) + (high - back) + low
	p.high = t
}

func newLane(p *plan.Plan, index, group, phase int, length int64) *lane {
	s := &p.SLAs[index]
	l := &lane{sla: s, index: index, group: group, phase: phase, length: length, stretches: plan.Stretches(s.Stages),
		beyond: make([]excess, len(s.Rules)), rules: make([]course, len(s.Rules))}
	l.stood = func(now *record.Snapshot) bool { return stood(p, s, now, s.Groups[group].Series) }
	for r := range s.Rules {
		l.rules[r] = newCourse(&s.Rules[r], s.Window)
	}
	return l
}

// take adds a snapshot's news.
func (l *lane) take(s *record.Snapshot, missed int64) {
	l.news.missed += missed
	l.connected = l.connected || l.stood(s)
	news := recent(s, l.phase)
	for _, series := range l.sla.Groups[l.group].Series {
		if st := news[series]; st != nil {
			l.requests(st)
			l.counters(st)
		}
		if series < len(s.RecentMetrics) {
			if v := s.RecentMetrics[series]; v.Count() > 0 {
				l.values(v)
			}
		}
	}
}

func (l *lane) requests(s *record.Stats) {
	all := s
	s = s.Of(l.sla.Measure)
	news := tally{n: all.Count(), failed: all.Failed, local: localFailures(all)}
	if s != nil {
		sum := s.JudgedSum()
		news.judged, news.timeouts, news.seconds, news.rest = s.Judged(), s.Censored, sum/1e9, sum%1e9
	}
	l.news.add(&news, 1)
	if s.Judged() == 0 {
		return
	}
	for i := range l.rules {
		if r := l.rules[i].rule; (r.Metric == plan.Quantile || r.Metric == plan.Max) && r.Unit == plan.UnitNone {
			over, counted := s.OverAt(threshold(*r))
			l.beyond[i].news += over
			l.rules[i].blind = l.rules[i].blind || !counted
		}
	}
}

func (l *lane) counters(s *record.Stats) {
	for i := range l.rules {
		if r := l.rules[i].rule; r.Metric == plan.Tally {
			l.beyond[i].news += s.Counter(r.Counter)
			l.beyond[i].newBase += s.Base(r.Counter)
		}
	}
}

// counted reports whether something has been counted since the last slot.
func (l *lane) counted() bool {
	return slices.ContainsFunc(l.beyond, func(b excess) bool { return b.news != 0 || b.newBase != 0 })
}

func (l *lane) values(v *record.Values) {
	l.news.add(&tally{n: v.Count(), judged: v.Count()}, 1)
	for i := range l.rules {
		b := &l.beyond[i]
		switch r := l.rules[i].rule; {
		case r.Unit == plan.UnitNone:
		case r.Metric == plan.Mean:
			b.newParts.add(v.Sum())
		default:
			over, counted := v.OverAt(r.Limit)
			b.news += over
			l.rules[i].blind = l.rules[i].blind || !counted
		}
	}
}

// push moves the news into a slot, after the slot last, and what is older
// than a window out.
func (l *lane) push(last, slot int64) {
	if l.ring == nil {
		if l.news == (tally{}) && !l.counted() {
			return
		}
		l.ring = make([]tally, l.length)
		for i := range l.beyond {
			l.beyond[i].ring = make([]int64, l.length)
			if r := l.rules[i].rule; r.Unit != plan.UnitNone && r.Metric == plan.Mean {
				l.beyond[i].parts = make([]parts, l.length)
			}
			if l.rules[i].rule.Metric == plan.Tally {
				l.beyond[i].bases = make([]int64, l.length)
			}
		}
	}
	for s := max(last+1, slot-l.length+1); s <= slot; s++ {
		at := s % l.length
		old := l.ring[at]
		l.sum.add(&old, -1)
		l.ring[at] = tally{}
		for i := range l.beyond {
			l.beyond[i].clear(at)
		}
	}
	at := slot % l.length
	l.ring[at] = l.news
	l.sum.add(&l.news, 1)
	l.news = tally{}
	for i := range l.beyond {
		l.beyond[i].push(at)
	}
}

func (b *excess) clear(at int64) {
	b.sum -= b.ring[at]
	b.ring[at] = 0
	if b.bases != nil {
		b.base -= b.bases[at]
		b.bases[at] = 0
	}
	if b.parts != nil {
		b.parts[at] = parts{}
	}
}

func (b *excess) push(at int64) {
	b.ring[at] = b.news
	b.sum += b.news
	b.news = 0
	if b.bases != nil {
		b.bases[at] = b.newBase
		b.base += b.newBase
		b.newBase = 0
	}
	if b.parts != nil {
		b.parts[at] = b.newParts
		b.newParts = parts{}
	}
}

// extent is what a window holds of a rule.
func (b *excess) extent() extent {
	e := extent{over: b.sum, base: b.base}
	for _, p := range b.parts {
		e.sum.add(p.high, p.low)
	}
	return e
}

// mean is that of n values, rounded once.
func (p parts) mean(n int64) float64 {
	high, low := new(big.Rat).SetFloat64(p.high), new(big.Rat).SetFloat64(p.low)
	if high == nil || low == nil {
		return p.high / float64(n) // beyond every float64
	}
	mean, _ := high.Quo(high.Add(high, low), new(big.Rat).SetInt64(n)).Float64()
	return mean
}

// look judges the window that ends at slot to.
func (l *lane) look(from, to int64, step time.Duration) {
	l.settle(step)
	if l.last == nil {
		l.last = &held{extents: make([]extent, len(l.rules))}
	}
	h := l.last
	h.tally, h.from, h.to, h.more, h.gap = l.sum, from, to, false, false
	for i := range l.rules {
		h.extents[i] = l.beyond[i].extent()
		l.rules[i].connected = l.connected
		l.rules[i].look(&h.tally, h.extents[i], from, to, step)
	}
}

// skip is a slot without a window. What ended in it belongs to the latest
// window where that was the last of its stretch.
func (l *lane) skip(slot int64, gap bool) {
	if l.last == nil {
		return
	}
	for i := range l.rules {
		l.rules[i].found.Now = l.rules[i].found.Now && !gap
	}
	l.last.gap = l.last.gap || gap
	if l.ring == nil {
		return
	}
	at := slot % l.length
	l.late(&l.ring[at], func(i int) extent {
		b := &l.beyond[i]
		e := extent{over: b.ring[at]}
		if b.bases != nil {
			e.base = b.bases[at]
		}
		if b.parts != nil {
			e.sum = b.parts[at]
		}
		return e
	})
}

// late adds to the latest window.
func (l *lane) late(t *tally, of func(rule int) extent) {
	h := l.last
	h.add(t, 1)
	h.more = true
	for i := range h.extents {
		e := of(i)
		h.extents[i].over += e.over
		h.extents[i].base += e.base
		h.extents[i].sum.add(e.sum.high, e.sum.low)
	}
}

// settle judges the latest window again where it was the last of its stretch
// and more has come: what was under way when the stretch ended.
func (l *lane) settle(step time.Duration) {
	h := l.last
	if h == nil || !h.gap {
		return
	}
	if h.more {
		for i := range l.rules {
			if !perTime(l.rules[i].rule) { // that is about the time, not about what was begun in it
				l.rules[i].again(&h.tally, h.extents[i], h.from, h.to, step)
			}
		}
	}
	for i := range l.rules {
		l.rules[i].pause()
	}
	h.more, h.gap = false, false
}
