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
	Limits     [][]float64 // per series, ascending: exact counts of a metric's values above each
	Open       bool        // keep service time beside response time; in the closed model they are equal
	WarmupEnd  int64       // samples intended before it go to Snapshot.Warmup only
	Shards     int         // 0: GOMAXPROCS, at most 16
}

const maxShards = 16

// period is the part of the run a sample belongs to, by its intended start.
type period int

const (
	measured period = iota
	warmup
	numPeriods
)

// Recorder holds the books of one run. Its memory depends on the number of
// series and shards that saw samples, never on users or on time.
type Recorder struct {
	config   Config
	shards   []*shard
	failures failures

	// The rest belongs to the one caller of Snapshot.
	last    time.Duration
	taken   taken
	sums    [numPeriods][]*Stats
	clamped int64
	values  []*Values      // sums of the metrics' series
	spare   map[int32]tier // empty
}

// shard is one lock and the cells behind it. It is its own allocation, and
// padded, so that two shards never share a cache line.
type shard struct {
	mu     sync.Mutex
	cells  [numPeriods][]*cell
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
	c.Limits = slices.Clone(c.Limits)
	for i, list := range c.Limits {
		c.Limits[i] = slices.Clone(list)
	}
	if c.Shards <= 0 {
		c.Shards = min(runtime.GOMAXPROCS(0), maxShards)
	}
	r := &Recorder{config: c, shards: make([]*shard, c.Shards), values: make([]*Values, c.Series)}
	for p := range numPeriods {
		r.sums[p] = make([]*Stats, c.Series)
	}
	for i := range r.shards {
		r.shards[i] = &shard{}
		for p := range numPeriods {
			r.shards[i].cells[p] = make([]*cell, c.Series)
		}
	}
	r.failures.init()
	return r
}

// Writer records on behalf of one user. It is bound to a shard; many users
// share one.
type Writer struct {
	recorder *Recorder
	shard    *shard
}

// Writer is the handle for the user with this number (≥ 0).
func (r *Recorder) Writer(user int) *Writer {
	return &Writer{recorder: r, shard: r.shards[user%len(r.shards)]}
}

// Add records one sample. It waits for nothing but its shard's mutex, and
// allocates only on the first samples of a series in a shard. It panics when
// the sample's series is not one of the plan's.
func (w *Writer) Add(s Sample) {
	config := &w.recorder.config
	thresholds := config.Thresholds[s.Series]
	p := measured
	if s.Intended < config.WarmupEnd {
		p = warmup
	}
	w.shard.mu.Lock()
	c := w.shard.cells[p][s.Series]
	if c == nil {
		c = newCell(thresholds, config.Open)
		w.shard.cells[p][s.Series] = c
	}
	c.add(&s)
	w.shard.mu.Unlock()
}

// rowOf is the row errors of a series are grouped by.
func (r *Recorder) rowOf(series int32) int {
	if int(series) < len(r.config.Rows) {
		return r.config.Rows[series]
	}
	return int(series)
}
