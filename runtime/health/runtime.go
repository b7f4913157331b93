package health

import (
	"math"
	"runtime/metrics"
	"time"
)

// Names of what is read from the Go runtime.
const (
	schedLatencies = "/sched/latencies:seconds"
	gcPauses       = "/sched/pauses/total/gc:seconds"
	memoryMapped   = "/memory/classes/total:bytes"
	memoryReturned = "/memory/classes/heap/released:bytes"
	goroutines     = "/sched/goroutines:goroutines"
)

// runtimeMeter reads the Go runtime's own figures. Its histograms count since
// the process began, so those of the run are the difference to the first.
type runtimeMeter struct {
	samples      []metrics.Sample
	sched, pause delta
	second       delta // of sched, since the reading before
	memory       int64 // peaks
	goroutines   int
}

func newRuntimeMeter() *runtimeMeter {
	m := &runtimeMeter{}
	for _, name := range []string{schedLatencies, gcPauses, memoryMapped, memoryReturned, goroutines} {
		m.samples = append(m.samples, metrics.Sample{Name: name})
	}
	return m
}

func (m *runtimeMeter) read() {
	metrics.Read(m.samples)
	var mapped, returned uint64
	for _, s := range m.samples {
		switch {
		case s.Value.Kind() == metrics.KindFloat64Histogram:
			if s.Name == schedLatencies {
				m.sched.add(s.Value.Float64Histogram())
				m.second.base = append(m.second.base[:0], m.second.last...)
				m.second.add(s.Value.Float64Histogram())
			} else {
				m.pause.add(s.Value.Float64Histogram())
			}
		case s.Value.Kind() != metrics.KindUint64: // this Go version has no such figure
		case s.Name == memoryMapped:
			mapped = s.Value.Uint64()
		case s.Name == memoryReturned:
			returned = s.Value.Uint64()
		case s.Name == goroutines:
			m.goroutines = max(m.goroutines, int(s.Value.Uint64()))
		}
	}
	if mapped > returned {
		m.memory = max(m.memory, int64(mapped-returned))
	}
}

// delta is a runtime histogram since its first reading.
type delta struct {
	edges      []float64 // seconds; one more than counts, the outer ones may be infinite
	base, last []uint64
}

func (d *delta) add(h *metrics.Float64Histogram) {
	if d.base == nil {
		d.edges = h.Buckets
		d.base = append(d.base, h.Counts...)
	}
	d.last = append(d.last[:0], h.Counts...)
}

func (d *delta) count(i int) uint64 { return d.last[i] - d.base[i] }

// quantile is the upper edge of the step the quantile is in.
func (d *delta) quantile(p float64) time.Duration {
	var total uint64
	for i := range d.last {
		total += d.count(i)
	}
	rank := max(uint64(math.Ceil(p*float64(total)-1e-9)), 1)
	var seen uint64
	for i := range d.last {
		if seen += d.count(i); seen >= rank {
			return d.upper(i)
		}
	}
	return 0
}

// beyond is the lower edge of the step the quantile is in: it is at least
// that. It is 0 with fewer than least values.
func (d *delta) beyond(p float64, least uint64) time.Duration {
	var total uint64
	for i := range d.last {
		total += d.count(i)
	}
	if total < least {
		return 0
	}
	seen, rank := uint64(0), max(uint64(math.Ceil(p*float64(total)-1e-9)), 1)
	for i := range d.last {
		if seen += d.count(i); seen >= rank {
			return d.lower(i)
		}
	}
	return 0
}

// each are the values, every one at the lower edge of its step.
func (d *delta) each() (list []pause) {
	for i := range d.last {
		if n := d.count(i); n > 0 {
			list = append(list, pause{d.lower(i), n})
		}
	}
	return list
}

func (d *delta) max() time.Duration { return d.quantile(1) }

// sum is the total, with every value at the middle of its step.
func (d *delta) sum() time.Duration {
	var total time.Duration
	for i := range d.last {
		total += time.Duration(d.count(i)) * (d.lower(i) + d.upper(i)) / 2
	}
	return total
}

func (d *delta) lower(i int) time.Duration { return seconds(d.edges[i], 0) }

func (d *delta) upper(i int) time.Duration { return seconds(d.edges[i+1], d.edges[i]) }

// seconds converts an edge, or the one beside it where it is infinite.
func seconds(edge, other float64) time.Duration {
	if math.IsInf(edge, 0) {
		edge = other
	}
	return time.Duration(max(edge, 0) * 1e9)
}
