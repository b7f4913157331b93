package record

import (
	"cmp"
	"slices"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// taken is the content of one cell between the shard it was taken from and
// the Stats it is added to. The spares are left in the cell in exchange: a
// dense histogram where it had more than a few values, so that there are
// three for the whole recorder.
type taken struct {
	cell
	packed *hdr.PackedHistogram
	spares [numKinds]pile // empty
	spare  *extras        // empty, or nil
}

// Snapshot takes what was recorded since the call before and adds it to the
// books. Samples recorded meanwhile are in this snapshot or in the next one,
// never in both. It has one caller at a time; the result is immutable and
// may be shared. at is the time on the run's clock, and must not go back.
func (r *Recorder) Snapshot(at time.Duration, final bool) *Snapshot {
	s := &Snapshot{At: at, Window: at - r.last, Final: final, Recent: make([]*Stats, r.config.Series), RecentWarmup: make([]*Stats, r.config.Series),
		Phases: make([]PhaseStats, len(r.config.Phases)), RecentMetrics: make([]*Values, r.config.Series)}
	for k := range s.Phases {
		s.Phases[k].Recent = make([]*Stats, r.config.Series)
	}
	r.last = at
	for series := range r.config.Series {
		for p := range r.config.periods() {
			drop := p == warmup && int64(at) >= r.config.WarmupEnd || p >= firstPhase && r.config.Phases[p-firstPhase].over(int64(at))
			news := r.collect(p, series, drop)
			if news == nil {
				continue
			}
			r.sums[p][series] = Merge(r.sums[p][series], news)
			if p >= firstPhase {
				s.Phases[p-firstPhase].Recent[series] = news
				continue
			}
			r.clamped += news.clamped
			if p == measured {
				s.Recent[series] = news
			} else {
				s.RecentWarmup[series] = news
			}
		}
	}
	for series := range r.values {
		if news := r.collectValues(series); news != nil {
			r.values[series] = MergeValues(r.values[series], news)
			s.RecentMetrics[series] = news
		}
	}
	s.Metrics = slices.Clone(r.values)
	s.Total = slices.Clone(r.sums[measured])
	s.Warmup = slices.Clone(r.sums[warmup])
	for k := range s.Phases {
		s.Phases[k].Total = slices.Clone(r.sums[firstPhase+period(k)])
	}
	s.Clamped = r.clamped
	s.Errors, s.Abandoned = r.failures.list()
	s.Losses, _ = r.losses.list()
	return s
}

// collect empties a series' cells in every shard; nil when all were empty.
func (r *Recorder) collect(p period, series int, drop bool) *Stats {
	var sum *Stats
	for _, sh := range r.shards {
		if !r.taken.from(sh, p, series, drop) {
			continue
		}
		if sum == nil {
			sum = &Stats{}
		}
		r.taken.into(sum)
	}
	if sum != nil {
		sum.finish()
	}
	return sum
}

// from moves a cell's content into t, which is empty, and reports whether
// there was any. With drop, a cell without news is given up.
func (t *taken) from(sh *shard, p period, series int, drop bool) bool {
	for k := range t.spares {
		if t.spares[k].dense == nil {
			t.spares[k].dense = newDense()
		}
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	c := sh.cells[p][series]
	if c == nil {
		return false
	}
	if c.Count() == 0 && !c.Extra() {
		if drop {
			sh.cells[p][series] = nil
		}
		return false
	}
	over, status := append(t.Over[:0], c.Over...), append(t.Status[:0], c.Status...)
	t.Stats = c.Stats
	t.Over, t.Status = over, status
	clear(c.Over)
	c.Stats = Stats{thresholds: c.thresholds, open: c.open, Over: c.Over, Status: c.Status[:0]}
	if t.extras != nil {
		if t.spare != nil {
			t.spare.reset(c.asked)
		}
		c.extras, t.spare = t.spare, nil
	}
	for k := range c.piles {
		if t.dists[k].n == 0 {
			continue
		}
		next := pile{few: t.spares[k].few}
		if t.dists[k].n > mostFew {
			next.dense, t.spares[k].dense = t.spares[k].dense, nil
		}
		t.piles[k], c.piles[k], t.spares[k].few = c.piles[k], next, nil
	}
	return true
}

// into adds t's content to sum and empties it, ready to be the next spares.
func (t *taken) into(sum *Stats) {
	sum.merge(&t.Stats, nil)
	t.spare, t.extras = cmp.Or(t.extras, t.spare), nil
	if t.packed == nil {
		t.packed = newPacked()
	}
	for k := range t.piles {
		if t.dists[k].n == 0 {
			continue
		}
		p, d := &t.piles[k], &sum.dists[k]
		t.packed.Reset()
		d.beyond += p.moveTo(t.packed)
		d.addPacked(t.packed)
		t.spares[k] = pile{few: p.few, dense: cmp.Or(t.spares[k].dense, p.dense)}
		t.piles[k] = pile{}
	}
}
