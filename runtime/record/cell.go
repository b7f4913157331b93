package record

import (
	"cmp"
	"slices"

	"throng/dsl/plan"
)

// cell is what a shard has on one series since the last snapshot: exact
// figures in a Stats whose distributions hold no buckets, and the values.
type cell struct {
	Stats
	asked []Beyond
	piles [numKinds]pile
}

func newCell(thresholds []int64, asked []Beyond, open bool) *cell {
	return &cell{asked: asked, Stats: Stats{thresholds: thresholds, open: open, Over: make([]int64, len(thresholds))}}
}

// add books one sample.
func (c *cell) add(s *Sample) {
	before := c.clamped
	if s.Response() < 0 || s.Service() < 0 {
		c.Backward++
	}
	waited := c.inRange(s.Response())
	c.BytesIn += s.BytesIn
	c.BytesOut += s.BytesOut
	if s.Status != 0 {
		c.Status = addStatus(c.Status, int(s.Status), 1)
	}
	if s.Class == plan.OK {
		c.addSuccess(s, waited)
	} else {
		c.addFailure(s, waited)
	}
	c.clamped = min(c.clamped, before+1) // a sample is clamped once
	if s.DNS|s.Connect|s.TLS != 0 || c.asked != nil {
		c.times(s)
	}
}

func (c *cell) addSuccess(s *Sample, waited int64) {
	c.OK++
	c.ByClass[plan.OK]++
	c.record(response, waited)
	if c.open {
		c.record(service, c.inRange(s.Service()))
	}
	for i, t := range c.thresholds {
		if waited <= t {
			break
		}
		c.Over[i]++
	}
	c.phases.add(s)
}

func (c *cell) addFailure(s *Sample, waited int64) {
	class := s.Class
	if class >= plan.NumErrorClasses {
		class = plan.FailInternal
	}
	c.Failed++
	if s.Retried {
		c.Retried++
	}
	c.ByClass[class]++
	c.record(failed, waited)
	if !class.Censored() {
		return
	}
	c.Censored++
	c.censored[response].add(waited)
	c.censored[service].add(max(s.Service(), 0))
	for i := range c.Over {
		c.Over[i]++
	}
}

// inRange counts a duration the histograms cannot hold, and lifts a negative
// one, which only a defect can produce, to zero.
func (c *cell) inRange(v int64) int64 {
	if v < 0 || v > highest {
		c.clamped++
	}
	return max(v, 0)
}

func (c *cell) record(k kind, v int64) {
	d := &c.dists[k]
	d.add(v)
	if v > highest {
		d.beyond++
		return
	}
	d.beyond += c.piles[k].add(v)
}

func addStatus(list []StatusCount, status int, n int64) []StatusCount {
	for i := range list {
		if list[i].Status == status {
			list[i].Count += n
			return list
		}
	}
	return append(list, StatusCount{Status: status, Count: n})
}

func sortStatus(list []StatusCount) {
	slices.SortFunc(list, func(a, b StatusCount) int { return cmp.Compare(a.Status, b.Status) })
}

// phaseSums are the phases of successful exchanges, added up.
type phaseSums struct {
	n, connections                int64
	dns, connect, tls, wait, body int64
}

// add books the phases of an exchange; a pass through a group has none.
func (p *phaseSums) add(s *Sample) {
	if s.First == 0 {
		return
	}
	p.n++
	if s.DNS > 0 || s.Connect > 0 || s.TLS > 0 {
		p.connections++
	}
	p.dns += s.DNS
	p.connect += s.Connect
	p.tls += s.TLS
	p.wait += s.First - s.Sent
	p.body += s.End - s.First
}

func (p *phaseSums) merge(o *phaseSums) {
	p.n += o.n
	p.connections += o.connections
	p.dns += o.dns
	p.connect += o.connect
	p.tls += o.tls
	p.wait += o.wait
	p.body += o.body
}

// Merge adds up statistics. Nils are skipped; nothing gives nil, and a
// single one is returned as it is. Thresholds are kept where every input has
// them, so Over can be shorter than an input's; see OverAt.
func Merge(stats ...*Stats) *Stats {
	some := 0
	var only *Stats
	for _, s := range stats {
		if s != nil {
			some, only = some+1, s
		}
	}
	if some < 2 {
		return only
	}
	sum, wide := &Stats{}, (*sums)(nil)
	if some >= many {
		wide = &sums{}
	}
	for _, s := range stats {
		if s != nil {
			sum.merge(s, wide)
		}
	}
	if wide != nil {
		wide.moveTo(&sum.dists)
	}
	sum.finish()
	return sum
}

// merge adds o to s, which is still being built and shares nothing yet. With
// wide, histograms are added up there.
func (s *Stats) merge(o *Stats, wide *sums) {
	switch {
	case s.Count() == 0:
		s.thresholds, s.open = o.thresholds, o.open
		s.Over = slices.Clone(o.Over)
	case o.Count() > 0:
		s.thresholds, s.Over = mergeOver(s.thresholds, s.Over, o.thresholds, o.Over)
	}
	s.OK += o.OK
	s.Failed += o.Failed
	s.Censored += o.Censored
	s.Retried += o.Retried
	s.Backward += o.Backward
	for i, n := range o.ByClass {
		s.ByClass[i] += n
	}
	for _, c := range o.Status {
		s.Status = addStatus(s.Status, c.Status, c.Count)
	}
	s.BytesIn += o.BytesIn
	s.BytesOut += o.BytesOut
	s.clamped += o.clamped
	for i := range o.dists {
		s.dists[i].merge(&o.dists[i], kind(i), wide)
	}
	for i := range o.censored {
		s.censored[i].merge(&o.censored[i])
	}
	s.phases.merge(&o.phases)
	if o.Extra() {
		if s.extras == nil {
			s.extras = &extras{}
		}
		s.extras.merge(o.extras)
	}
}

// mergeOver adds the counts of the thresholds both sides have. over is still
// being built.
func mergeOver(thresholds, over, others, othersOver []int64) (both, sums []int64) {
	if slices.Equal(thresholds, others) {
		for i, n := range othersOver {
			over[i] += n
		}
		return thresholds, over
	}
	for i, t := range thresholds {
		if k := slices.Index(others, t); k >= 0 {
			both = append(both, t)
			sums = append(sums, over[i]+othersOver[k])
		}
	}
	return both, sums
}

// finish brings a Stats into the form it keeps: sorted and compact.
func (s *Stats) finish() {
	sortStatus(s.Status)
	if s.extras != nil {
		s.extras.finish()
	}
	for i := range s.dists {
		if p := s.dists[i].packed; p != nil {
			p.Compact()
		}
	}
}
