package compare

import (
	"math"
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/results"
)

// A run is cut into at most so many blocks, of five seconds or more where that
// leaves the least number that tells chance from change.
const (
	blocks = 20
	least  = 10
	length = 5 * time.Second
)

// course is a run cut into blocks: by request, what ended in each.
type course struct {
	run    *results.Run
	length []float64                  // seconds of each block
	cells  map[string][]*record.Stats // by label and block
	total  float64                    // seconds
}

// cut reads a run into n blocks of like length. What ended after no new work
// was begun belongs to the last one, and adds nothing to its length.
func cut(run *results.Run, n int) (*course, error) {
	begin, end, err := bounds(run)
	if err != nil {
		return nil, err
	}
	whole := []span{{begin, end}}
	return cutIn(run, n, whole, func(s *results.Second) (time.Duration, bool) {
		return min(s.At, end), true
	})
}

// cutStages is cut of what ended in some stages only.
func cutStages(run *results.Run, n int, stages []span) (*course, error) {
	return cutIn(run, n, stages, func(s *results.Second) (time.Duration, bool) {
		middle := s.At + s.Length/2
		return middle, slices.ContainsFunc(stages, func(p span) bool { return middle >= p.from && middle < p.to })
	})
}

// span is a part of a run.
type span struct{ from, to time.Duration }

func long(spans []span) (sum time.Duration) {
	for _, p := range spans {
		sum += max(0, p.to-p.from)
	}
	return sum
}

// before is how much of some spans lies before a moment.
func before(spans []span, at time.Duration) (sum time.Duration) {
	for _, p := range spans {
		sum += max(0, min(at, p.to)-p.from)
	}
	return sum
}

// cutIn cuts what lies in some spans into n blocks. Where tells at which moment
// a second counts, and whether it does.
func cutIn(run *results.Run, n int, spans []span, where func(*results.Second) (time.Duration, bool)) (*course, error) {
	c := &course{run: run, length: make([]float64, n), cells: map[string][]*record.Stats{}}
	parts := make([][][]*record.Stats, len(run.Rows))
	for i := range parts {
		parts[i] = make([][]*record.Stats, n)
	}
	err := run.Each(func(s *results.Second) error {
		at, counts := where(s)
		if s.Warmup || !counts {
			return nil
		}
		k := min(n-1, int(int64(n)*int64(before(spans, at))/max(1, int64(long(spans)))))
		c.length[k] += (before(spans, s.At+s.Length) - before(spans, s.At)).Seconds()
		for i, cell := range s.Rows {
			if cell != nil && i < len(parts) {
				parts[i][k] = append(parts[i][k], cell)
			}
		}
		return nil
	})
	for i, r := range run.Rows {
		if r.Kind != plan.RequestSeries && r.Kind != plan.GroupSeries {
			continue
		}
		list := make([]*record.Stats, n)
		for k := range list {
			list[k] = record.Merge(parts[i][k]...)
		}
		c.cells[r.Label] = list
	}
	for _, l := range c.length {
		c.total += l
	}
	return c, err
}

// bounds are the begin and the end of the part of a run that is compared.
func bounds(run *results.Run) (begin, end time.Duration, err error) {
	begin = -1
	err = run.Spans(func(s results.Span) {
		if s.Warmup {
			return
		}
		if begin < 0 {
			begin = s.At
		}
		end = s.At + s.Length
	})
	for _, m := range run.Marks {
		if m.Kind == results.MarkStop && m.At > begin {
			end = min(end, m.At)
			break
		}
	}
	return max(begin, 0), max(end, begin), err
}

// side is the runs of a Side, cut.
type side struct {
	name    string
	courses []*course
	paired  bool // with the other side's, block by block
	blocks  int
}

// of is a figure's raw material: some requests of a side, by run and block.
func (s *side) of(labels []string) material {
	m := material{paired: s.paired, blocks: s.blocks}
	for _, c := range s.courses {
		var run []*record.Stats
		for k := range c.length {
			var list []*record.Stats
			for _, l := range labels {
				if cells := c.cells[l]; cells != nil {
					list = append(list, cells[k])
				}
			}
			run = append(run, record.Merge(list...))
		}
		m.runs = append(m.runs, run)
		m.lengths = append(m.lengths, c.length)
		m.seconds += c.total
		m.totals = append(m.totals, record.Merge(run...))
	}
	m.total = record.Merge(m.totals...)
	return m
}

// material is what was measured of some requests on one side.
type material struct {
	runs    [][]*record.Stats // by run and block
	lengths [][]float64
	totals  []*record.Stats // by run
	total   *record.Stats
	seconds float64
	paired  bool // as its side is
	blocks  int
}

// view is the material as seen through a part of its figures.
func (m *material) view(of func(*record.Stats) *record.Stats) material {
	v := *m
	v.runs, v.totals = make([][]*record.Stats, len(m.runs)), make([]*record.Stats, len(m.runs))
	for r, run := range m.runs {
		for _, s := range run {
			v.runs[r] = append(v.runs[r], of(s))
		}
		v.totals[r] = record.Merge(v.runs[r]...)
	}
	v.total = record.Merge(v.totals...)
	return v
}

// only is the material of one run.
func (m *material) only(run int) material {
	seconds := 0.0
	for _, l := range m.lengths[run] {
		seconds += l
	}
	return material{
		runs: m.runs[run : run+1], lengths: m.lengths[run : run+1], totals: m.totals[run : run+1], total: m.totals[run], seconds: seconds, paired: m.paired, blocks: m.blocks,
	}
}

// blocksFor is into how many blocks runs are cut, by the shortest: a block has
// at least a second.
func blocksFor(sides ...[]*results.Run) (n int, paired bool, err error) {
	shortest, longest := time.Duration(math.MaxInt64), time.Duration(0)
	for _, runs := range sides {
		for _, r := range runs {
			begin, end, err := bounds(r)
			if err != nil {
				return 0, false, err
			}
			shortest, longest = min(shortest, end-begin), max(longest, end-begin)
		}
	}
	return blocksIn(shortest), longest-shortest <= max(2*time.Second, longest/50), nil
}

// blocksIn is into how many blocks so long a time is cut.
func blocksIn(d time.Duration) int {
	return min(blocks, max(least, int(d/length)), max(1, int(d/time.Second)))
}
