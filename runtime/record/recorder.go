package record

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// Config says what a Recorder has to keep. Times are nanoseconds.
type Config struct {
	Series     int         // number of plan series
	Rows       []int       // row of each series, for grouping errors; nil: each series is its own row
	Thresholds [][]int64   // per series, ascending: exact counts of latencies beyond each
	Beyond     [][]Beyond  // per series: measures, beside the response time, that something is asked of
	Limits     [][]float64 // per series, ascending: exact counts of a metric's values above each
	Open       bool        // keep service time beside response time; in the closed model they are equal
	WarmupEnd  int64       // samples intended before it go to Snapshot.Warmup only
	Phases     []Phase     // parts of the run that are kept by themselves too
	Shards     int         // 0: GOMAXPROCS, at most 16
	Tap        Tap         // hears of every sample, too; nil: nobody
}

// Tap hears of every sample as it is booked, of many users at the same time:
// it must not wait for anything. user is the number its Writer was made for.
type Tap interface{ Take(user int, s Sample) }

// Phase is a part of the run, by samples' intended starts, of which some
// series are kept by themselves beside the whole. The warm-up is in no phase.
type Phase struct {
	Spans  []Span
	Series []bool // per series: whether it is kept
}

// Span is from From, inclusive, to To, exclusive.
type Span struct{ From, To int64 }

func (p *Phase) holds(series int32, intended int64) bool {
	if !p.Series[series] {
		return false
	}
	for _, span := range p.Spans {
		if intended >= span.From && intended < span.To {
			return true
		}
	}
	return false
}

// over reports that nothing more begins in the phase.
func (p *Phase) over(at int64) bool {
	for _, span := range p.Spans {
		if at < span.To {
			return false
		}
	}
	return true
}

const maxShards = 16

// period is the part of the run a sample belongs to, by its intended start.
type period int

const (
	measured period = iota
	warmup
	firstPhase // and on: a phase each, beside measured
)

func (c *Config) periods() period { return firstPhase + period(len(c.Phases)) }

// Recorder holds the books of one run. Its memory depends on the number of
// series and shards that saw samples, never on users or on time.
type Recorder struct {
	config   Config
	shards   []*shard
	failures failures
	losses   failures

	// The rest belongs to the one caller of Snapshot.
	last    time.Duration
	taken   taken
	sums    [][]*Stats // by period
	clamped int64
	values  []*Values      // sums of the metrics' series
	spare   map[int32]tier // empty
}

// shard is one lock and the cells behind it. It is its own allocation, and
// padded, so that two shards never share a cache line.
type shard struct {
	mu     sync.Mutex
	cells  [][]*cell    // by period
	values []*valueCell // of metrics; nil until the first value
	_      [64]byte
}

// New makes a Recorder. It keeps copies of the config's slices.
func New(c Config) *Recorder {
	c.Rows = slices.Clone(c.Rows)
	thresholds := make([][]int64, c.Series)
	for i, list := range c.Thresholds {
		thresholds[i] = slices.Clone(list)
	}
	c.Thresholds = thresholds
	c.Beyond = slices.Clone(c.Beyond)
	for i, list := range c.Beyond {
		c.Beyond[i] = slices.Clone(list)
		for k := range list {
			c.Beyond[i][k].Thresholds = slices.Clone(list[k].Thresholds)
		}
	}
	c.Limits = slices.Clone(c.Limits)
	for i, list := range c.Limits {
		c.Limits[i] = slices.Clone(list)
	}
	if c.Shards <= 0 {
		c.Shards = min(runtime.GOMAXPROCS(0), maxShards)
	}
	r := &Recorder{config: c, shards: make([]*shard, c.Shards), values: make([]*Values, c.Series)}
	for range c.periods() {
		r.sums = append(r.sums, make([]*Stats, c.Series))
	}
	for i := range r.shards {
		r.shards[i] = &shard{}
		for range c.periods() {
			r.shards[i].cells = append(r.shards[i].cells, make([]*cell, c.Series))
		}
	}
	r.failures.init()
	r.losses.init()
	return r
}

// Writer records on behalf of one user. It is bound to a shard; many users
// share one.
type Writer struct {
	recorder *Recorder
	shard    *shard
	user     int
}

// Writer is the handle for the user with this number (≥ 0).
func (r *Recorder) Writer(user int) *Writer {
	return &Writer{recorder: r, shard: r.shards[user%len(r.shards)], user: user}
}

// Add records one sample. It waits for nothing but its shard's mutex, and
// allocates only on the first samples of a series in a shard. It panics when
// the sample's series is not one of the plan's.
func (w *Writer) Add(s Sample) {
	config := &w.recorder.config
	p := measured
	if s.Intended < config.WarmupEnd {
		p = warmup
	}
	w.shard.mu.Lock()
	w.shard.add(config, p, &s)
	if p == measured {
		for k := range config.Phases {
			if config.Phases[k].holds(s.Series, s.Intended) {
				w.shard.add(config, firstPhase+period(k), &s)
			}
		}
	}
	w.shard.mu.Unlock()
	if config.Tap != nil {
		config.Tap.Take(w.user, s)
	}
}

// add books a sample in a period; the shard is locked.
func (sh *shard) add(config *Config, p period, s *Sample) {
	sh.cell(config, p, s.Series).add(s)
}

// cell is that of a series in a period, made where there is none.
func (sh *shard) cell(config *Config, p period, series int32) *cell {
	c := sh.cells[p][series]
	if c == nil {
		c = newCell(config.Thresholds[series], config.asked(series), config.Open)
		sh.cells[p][series] = c
	}
	return c
}

func (c *Config) asked(series int32) []Beyond {
	if int(series) < len(c.Beyond) {
		return c.Beyond[series]
	}
	return nil
}

// rowOf is the row errors of a series are grouped by.
func (r *Recorder) rowOf(series int32) int {
	if int(series) < len(r.config.Rows) {
		return r.config.Rows[series]
	}
	return int(series)
}
