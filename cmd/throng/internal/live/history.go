package live

import (
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
)

const (
	maxCells = 600                    // what is kept for sparklines
	oneCell  = 750 * time.Millisecond // ticks are put together until they cover this much
)

// cell is one second of the run, or a little more; of several ticks it keeps
// the worst p95, so that a stall is never averaged away.
type cell struct {
	window     time.Duration
	users      int
	ok, failed int64
	p95        record.Latency
}

func (c *cell) rate() float64 {
	if c.window <= 0 {
		return 0
	}
	return float64(c.ok+c.failed) / c.window.Seconds()
}

// history is the last minutes of a run, in cells.
type history struct {
	plan  *plan.Plan
	cells []cell
	rows  [][]float64 // per row of the plan: p95 of each cell in ns, -1 where nothing finished

	finished tally // requests since the start, those of the warm-up too
	warmup   tally // of these, as of the last tick
}

// tally counts finished requests.
type tally struct{ ok, failed int64 }

func (t tally) count() int64 { return t.ok + t.failed }

func (t tally) minus(u tally) tally { return tally{t.ok - u.ok, t.failed - u.failed} }

func tallyOf(s *record.Stats) tally {
	if s == nil {
		return tally{}
	}
	return tally{s.OK, s.Failed}
}

func newHistory(p *plan.Plan) *history {
	return &history{plan: p, rows: make([][]float64, len(p.Rows))}
}

// add takes a tick in. It returns the figures of all requests in it.
func (h *history) add(p *outcome.Progress) *record.Stats {
	snap := p.Snapshot
	if n := len(h.cells); n == 0 || h.cells[n-1].window >= oneCell {
		h.cells = keep(append(h.cells, cell{}))
		for i := range h.rows {
			h.rows[i] = keep(append(h.rows[i], -1))
		}
	}
	c := &h.cells[len(h.cells)-1]
	c.users, c.window = p.Users, c.window+snap.Window
	all := make([]*record.Stats, 0, len(snap.Recent))
	byRow := make(map[int][]*record.Stats)
	for i, s := range snap.Recent {
		if s.Count() == 0 || i >= len(h.plan.Series) {
			continue
		}
		row := h.plan.Series[i].Row
		byRow[row] = append(byRow[row], s)
		if h.plan.Series[i].Kind == plan.RequestSeries {
			all = append(all, s)
		}
	}
	for row, stats := range byRow {
		if l := record.Merge(stats...).Quantile(0.95); l.Valid {
			last := &h.rows[row][len(h.rows[row])-1]
			*last = max(*last, float64(l.Ns))
		}
	}
	sum := record.Merge(all...)
	h.count(c, tallyOf(sum))
	h.count(c, h.warmed(snap))
	if l := sum.Quantile(0.95); l.Valid && (!c.p95.Valid || l.Ns > c.p95.Ns || l.Censored && !c.p95.Censored) {
		c.p95 = l
	}
	return sum
}

func (h *history) count(c *cell, n tally) {
	c.ok += n.ok
	c.failed += n.failed
	h.finished.ok += n.ok
	h.finished.failed += n.failed
}

// warmed is what of the warm-up finished in the tick: it is in no figure, but
// a curve without it would look like a stall.
func (h *history) warmed(snap *record.Snapshot) tally {
	var now tally
	for i, s := range snap.Warmup {
		if s != nil && i < len(h.plan.Series) && h.plan.Series[i].Kind == plan.RequestSeries {
			now.ok += s.OK
			now.failed += s.Failed
		}
	}
	news := now.minus(h.warmup)
	h.warmup = now
	return news
}

// keep drops the oldest of a list that has grown too long, in large steps.
func keep[T any](list []T) []T {
	if len(list) < 2*maxCells {
		return list
	}
	return append(list[:0], list[len(list)-maxCells:]...)
}

// last are the last n cells, or all.
func (h *history) last(n int) []cell { return h.cells[max(0, len(h.cells)-n):] }

// column is one figure of cells, for a sparkline.
func column(cells []cell, f func(*cell) float64) []float64 {
	values := make([]float64, len(cells))
	for i := range cells {
		values[i] = f(&cells[i])
	}
	return values
}

func most(values []float64) float64 {
	top := 0.0
	for _, v := range values {
		top = max(top, v)
	}
	return top
}

func sum(stats []*record.Stats, p *plan.Plan) *record.Stats {
	var picked []*record.Stats
	for i, s := range stats {
		if s != nil && i < len(p.Series) && p.Series[i].Kind == plan.RequestSeries {
			picked = append(picked, s)
		}
	}
	return record.Merge(picked...)
}
