package requestlog

import (
	"bufio"
	"cmp"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// Options say how much is written, and how.
type Options struct {
	Share  float64 // of the requests, drawn at random; from 0, exclusive, to 1
	Limit  int64   // bytes that may be written; 0: DefaultLimit
	NDJSON bool    // instead of CSV
}

// DefaultLimit bounds a log whose bound nobody set.
const DefaultLimit = 1 << 30

// Summary is what became of the requests that were drawn.
type Summary struct {
	Written int64
	Dropped int64 // came faster than they could be written
	Cut     int64 // came when the limit was reached, or after an error
	Bytes   int64
}

// Bounds of what waits to be written: 16 × 8192 requests, about 20 MB.
const (
	shards  = 16
	waiting = 8192
	every   = 200 * time.Millisecond
)

// Log is a log that is being written.
type Log struct {
	plan *plan.Plan
	o    Options
	zero int64     // the run's clock
	wall time.Time // at zero

	shards [shards]shard
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}

	// Of the goroutine, and of Close behind it.
	out   *limited
	lines *lines
	sum   Summary
	err   error
}

// shard takes the requests of some users.
type shard struct {
	mu      sync.Mutex
	rng     *rand.Rand
	taken   []entry
	dropped int64
	_       [64]byte // never shares a cache line with the next
}

type entry struct {
	user   int
	sample record.Sample
}

// New makes a log of a plan's run. Nothing is written before Begin, and Close
// must be called.
func New(w io.Writer, p *plan.Plan, o Options) *Log {
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	l := &Log{plan: p, o: o, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), out: &limited{w: w, left: o.Limit}}
	for i := range l.shards {
		l.shards[i].rng = rand.New(rand.NewPCG(p.Seed, uint64(i)))
	}
	return l
}

// Begin begins to write: it is engine.Options.Requests. zero is the run's
// clock now.
func (l *Log) Begin(zero int64) record.Tap {
	l.zero, l.wall = zero, time.Now()
	l.lines = newLines(l.plan, l.o.NDJSON, l.wall, zero)
	go l.write()
	return l
}

// Take takes a request, of many users at the same time. It waits for nothing
// but a shard's mutex.
func (l *Log) Take(user int, s record.Sample) {
	if l.plan.Series[s.Series].Kind != plan.RequestSeries {
		return
	}
	sh := &l.shards[user%shards]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	switch {
	case l.o.Share < 1 && sh.rng.Float64() >= l.o.Share:
		return
	case len(sh.taken) == waiting:
		sh.dropped++
		return
	}
	sh.taken = append(sh.taken, entry{user, s})
	if len(sh.taken) == waiting/2 {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// Close writes what is left, and tells what became of all. The writer it was
// made with is not closed. A log that was never begun is empty.
func (l *Log) Close() (Summary, error) {
	if l.lines == nil {
		return Summary{}, nil
	}
	close(l.stop)
	<-l.done
	return l.sum, l.err
}

func (l *Log) write() {
	defer close(l.done)
	b := bufio.NewWriterSize(l.out, 1<<16)
	l.emit(b, l.lines.head())
	tick := time.NewTicker(every)
	defer tick.Stop()
	var batch, spare []entry
	for running := true; running; {
		select {
		case <-l.stop:
			running = false
		case <-l.wake:
		case <-tick.C:
		}
		batch, spare = l.drain(batch[:0], spare)
		for i := range batch {
			if !l.emit(b, l.lines.line(&batch[i])) {
				l.sum.Cut++
				continue
			}
			l.sum.Written++
		}
	}
	if err := b.Flush(); l.err == nil {
		l.err = err
	}
	l.sum.Bytes = l.o.Limit - l.out.left
}

// drain empties the shards, in the order in which the requests ended.
func (l *Log) drain(batch, spare []entry) (full, empty []entry) {
	for i := range l.shards {
		sh := &l.shards[i]
		sh.mu.Lock()
		taken := sh.taken
		sh.taken = spare[:0]
		l.sum.Dropped += sh.dropped
		sh.dropped = 0
		sh.mu.Unlock()
		batch = append(batch, taken...)
		spare = taken
	}
	slices.SortStableFunc(batch, func(a, b entry) int { return cmp.Compare(a.sample.End, b.sample.End) })
	return batch, spare
}

// emit writes a line, if it is whole within the limit and nothing failed
// before.
func (l *Log) emit(b *bufio.Writer, line []byte) bool {
	if l.err != nil || int64(b.Buffered()+len(line)) > l.out.left {
		l.out.full = true
	}
	if l.err != nil || l.out.full {
		return false
	}
	if _, err := b.Write(line); err != nil {
		l.err = err
		return false
	}
	return true
}

// limited counts down what may still be written.
type limited struct {
	w    io.Writer
	left int64
	full bool // a line did not fit: no shorter one may follow it
}

func (l *limited) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	l.left -= int64(n)
	return n, err
}
