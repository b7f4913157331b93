// Package health watches the generator itself: whether what it measured can
// be trusted. It samples this process only; it knows nothing of the target.
package health

import (
	"fmt"
	"time"
)

// Report is the generator's state over a run (or so far).
type Report struct {
	CPU          float64       // mean share of all usable cores, 0..1
	CPUPeak      float64       // highest share over five seconds
	Cores        int           // cores this process may use
	StartLagP50  time.Duration // from when a step was due to when it began
	StartLagP99  time.Duration
	StartLagMax  time.Duration
	TickLagP99   time.Duration // lateness of a 10 ms ticker
	SchedP99     time.Duration // time goroutines waited to run
	GCPauseMax   time.Duration
	GCPauseTotal time.Duration
	MemoryPeak   int64 // bytes of memory held from the system
	Goroutines   int   // highest seen
	Network      Network
	Saturated    []string // full sentences: which signal, its figure, its limit, since when
}

// OK reports whether the generator kept up.
func (r Report) OK() bool { return len(r.Saturated) == 0 }

// String is the figures a healthy generator is known by, in one clause.
func (r Report) String() string {
	if r.Cores == 0 {
		return "" // nothing was watched
	}
	return fmt.Sprintf("CPU %s of %s, start lag p99 %s, tick lag p99 %s, scheduler p99 %s, longest GC pause %s",
		share(r.CPU), cores(r.Cores), short(r.StartLagP99), short(r.TickLagP99), short(r.SchedP99), short(r.GCPauseMax))
}
