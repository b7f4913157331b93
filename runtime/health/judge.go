package health

import (
	"fmt"
	"math"
	"time"
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
}

// saturated are the reasons not to trust the generator, in full sentences.
// Scheduler latency and garbage collection are reported but not judged: what
// they cost shows as late starts and ticks.
func (f figures) saturated(tightest time.Duration) []string {
	var list []string
	if s := f.lateStarts(tightest); s != "" {
		list = append(list, s)
	}
	if f.cpuSince >= 0 {
		list = append(list, fmt.Sprintf("The process was short of CPU: it used %.0f %% of %s over 5 s, and the limit is %.0f %%, since %s.",
			f.cpuPeak*100, cores(f.cores), maxCPU*100, clock(f.cpuSince)))
	}
	if s := f.lateTicks(tightest); s != "" {
		list = append(list, s)
	}
	return list
}

func (f figures) lateStarts(tightest time.Duration) string {
	if f.starts.total < minLags {
		return ""
	}
	limit, why := freeStartLag, "no latency is limited"
	if tightest > 0 {
		limit, why = max(minStartLag, tightest/20), "5 % of the tightest latency limit"
		if limit == minStartLag {
			why = "the precision of timers"
		}
	}
	n, since := f.starts.beyond(limit)
	if n*100 <= f.starts.total {
		return ""
	}
	return fmt.Sprintf("Steps began late: their 99th percentile is %s after they were due, and the limit is %s (%s), since %s.",
		short(f.starts.quantile(0.99)), short(limit), why, clock(since))
}

func (f figures) lateTicks(tightest time.Duration) string {
	limit := max(minTickLag, tightest/20)
	late, _ := f.ticks.beyond(limit)
	n, since := f.seconds.beyond(limit)
	if late*100 <= f.ticks.total || n < lateSeconds {
		return ""
	}
	return fmt.Sprintf("The process did not get to run in time: the 99th percentile of a 10 ms tick's lateness is %s, "+
		"and the limit is %s, beyond it in %d seconds, since %s.", short(f.ticks.quantile(0.99)), short(limit), n, clock(since))
}

func cores(n int) string {
	if n == 1 {
		return "1 core"
	}
	return fmt.Sprintf("%d cores", n)
}

// clock is a time of the run, to a tenth of a second.
func clock(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }

// short keeps three digits.
func short(d time.Duration) string {
	if d <= 0 {
		return "0s"
	}
	digits := int(math.Log10(float64(d))) - 2
	return d.Round(time.Duration(math.Pow10(max(digits, 0)))).String()
}
