package health

import (
	"fmt"
	"time"

	"throng/runtime/report/text"
)

// Limits of a generator that keeps up.
const (
	// A step may begin this late without being called so. Linux hands Go's
	// timers out up to 1 ms late: on an idle machine the 99th percentile is
	// 1.1 ms. Above that, 5 % of the tightest latency limit may be lost.
	minStartLag = 2 * time.Millisecond
	// Without a latency limit lateness costs only load.
	freeStartLag = 10 * time.Millisecond
	minLags      = 100

	minTickLag  = 10 * time.Millisecond
	lateSeconds = 3 // seconds with late ticks; one hiccup of the machine is no lasting state

	maxCPU    = 0.85
	cpuWindow = 5 * time.Second
)

// figures is everything Saturated is decided from: what was collected, apart
// from how.
type figures struct {
	cores    int
	starts   *lagView
	ticks    *lagView // every tick due, also those a longer delay swallowed
	seconds  *lagView // one a second: the delay 5 of its 100 ticks reached
	cpuPeak  float64
	cpuSince time.Duration // begin of the first window beyond the limit; -1 for none

	sched    time.Duration // 99th percentile of what goroutines waited to run, over the run
	scheds   *lagView      // the same of each second, one a second
	pauses   []pause       // of garbage collection
	reckoned time.Duration // what the pauses were collected over
}

// pause is how often the whole process stood still for about so long.
type pause struct {
	length time.Duration
	count  uint64
}

// saturated are the reasons not to trust the generator, in full sentences.
func (f figures) saturated(tightest time.Duration) []string {
	var list []string
	if s := f.lateStarts(tightest); s != "" {
		list = append(list, s)
	}
	if f.cpuSince >= 0 {
		list = append(list, fmt.Sprintf("The process was short of CPU: it used %s of %s over %s, and the limit is %s, since %s.",
			share(f.cpuPeak), cores(f.cores), text.Span(cpuWindow), text.Limit(maxCPU, text.Ratio), text.Clock(f.cpuSince)))
	}
	if s := f.lateTicks(tightest); s != "" {
		list = append(list, s)
	}
	if s := f.lateGoroutines(tightest); s != "" {
		list = append(list, s)
	}
	if s := f.longPauses(tightest); s != "" {
		list = append(list, s)
	}
	return list
}

// lateness is how late a step may begin, and why no later.
func lateness(tightest time.Duration) (limit time.Duration, why string) {
	switch limit = tightest / 20; {
	case tightest <= 0:
		return freeStartLag, "no latency is limited"
	case limit <= minStartLag:
		return minStartLag, "the precision of timers"
	}
	return limit, "5 % of the tightest latency limit"
}

func (f figures) lateStarts(tightest time.Duration) string {
	if f.starts.total < minLags {
		return ""
	}
	limit, why := lateness(tightest)
	n, since := f.starts.beyond(limit)
	if n*100 <= f.starts.total {
		return ""
	}
	return fmt.Sprintf("Steps began late: their 99th percentile is %s after they were due, and the limit is %s (%s), since %s.",
		short(f.starts.quantile(0.99)), bound(limit), why, text.Clock(since))
}

func (f figures) lateTicks(tightest time.Duration) string {
	limit := max(minTickLag, tightest/20)
	late, _ := f.ticks.beyond(limit)
	n, since := f.seconds.beyond(limit)
	if late*100 <= f.ticks.total || n < lateSeconds {
		return ""
	}
	return fmt.Sprintf("The process did not get to run in time: the 99th percentile of a 10 ms tick's lateness is %s, "+
		"and the limit is %s, beyond it in %s seconds, since %s.", short(f.ticks.quantile(0.99)), bound(limit), text.Count(n), text.Clock(since))
}

// lateGoroutines finds what no start shows: users of the closed model that do
// not wait have no time at which a step is due, but a user that is not given a
// processor reads its answer late all the same.
func (f figures) lateGoroutines(tightest time.Duration) string {
	limit, why := lateness(tightest)
	n, since := f.scheds.beyond(limit)
	if f.sched <= limit || n < lateSeconds {
		return ""
	}
	return fmt.Sprintf("Users waited for a processor: the 99th percentile of what goroutines waited to run is %s, "+
		"and the limit is %s (%s), beyond it in %s seconds, since %s.", short(f.sched), bound(limit), why, text.Count(n), text.Clock(since))
}

// longPauses finds garbage collection that stops the process for longer than
// a step may be late, more than 1 % of the time: as often as a 99th percentile
// can notice.
func (f figures) longPauses(tightest time.Duration) string {
	limit, why := lateness(tightest)
	var sum time.Duration
	for _, p := range f.pauses {
		if p.length > limit {
			sum += time.Duration(p.count) * p.length
		}
	}
	if sum*100 <= f.reckoned {
		return ""
	}
	return fmt.Sprintf("Garbage collection stopped the process: pauses longer than %s (%s) add up to %s of %s since the start.",
		bound(limit), why, short(sum), text.Span(f.reckoned))
}

func cores(n int) string {
	if n == 1 {
		return "1 core"
	}
	return text.Count(int64(n)) + " cores"
}

func share(of float64) string { return text.Figure(of, text.Ratio) }

func short(d time.Duration) string { return text.Duration(float64(d)) }

func bound(d time.Duration) string { return text.Limit(float64(d), text.Nanoseconds) }
