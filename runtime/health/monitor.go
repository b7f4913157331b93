package health

import (
	"runtime"
	"sync"
	"time"
)

const (
	tickEvery      = 10 * time.Millisecond
	ticksPerSecond = int(time.Second / tickEvery)
	maxCaughtUp    = 1000 // ticks counted for one delay; longer ones count as 10 s
)

// Monitor watches this process from Start to Stop. It owns one goroutine.
type Monitor struct {
	started time.Time
	starts  lags
	ticks   lags
	seconds lags
	scheds  lags

	mu       sync.Mutex // of what follows
	cpu      *cpuMeter
	runtime  *runtimeMeter
	network  *networkMeter
	tightest time.Duration
	last     time.Duration // when the newest reading was taken

	stop func()
	done chan struct{}
}

// Start begins to watch. Stop must be called.
func Start() *Monitor {
	quit := make(chan struct{})
	m := &Monitor{
		started: time.Now(),
		cpu:     newCPUMeter(min(runtime.GOMAXPROCS(0), runtime.NumCPU())),
		runtime: newRuntimeMeter(),
		network: newNetworkMeter(),
		stop:    sync.OnceFunc(func() { close(quit) }),
		done:    make(chan struct{}),
	}
	m.read()
	go m.watch(quit)
	return m
}

// StartLag notes that a step was due at one time and began at another, both
// in nanoseconds on the run's clock. Any number of users may call it.
func (m *Monitor) StartLag(due, began int64) { m.starts.add(began-due, began) }

// Report is the state so far. tightest is the smallest latency limit of any
// SLA, which lateness is measured against; 0 when there is none. It can be
// called at any time, also after Stop.
func (m *Monitor) Report(tightest time.Duration) Report {
	starts, ticks, seconds := m.starts.view(), m.ticks.view(), m.seconds.view()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tightest = tightest
	f := figures{
		cores: m.cpu.cores, starts: starts, ticks: ticks, seconds: seconds,
		cpuPeak: m.cpu.peak, cpuSince: m.cpu.since,
		sched: m.runtime.sched.beyond(0.99, minLags), scheds: m.scheds.view(), pauses: m.runtime.pause.each(), reckoned: m.last,
	}
	mean := m.cpu.mean()
	return Report{
		CPU:          mean,
		CPUPeak:      max(m.cpu.peak, mean),
		Cores:        m.cpu.cores,
		StartLagP50:  starts.quantile(0.5),
		StartLagP99:  starts.quantile(0.99),
		StartLagMax:  time.Duration(starts.max),
		TickLagP99:   ticks.quantile(0.99),
		SchedP99:     m.runtime.sched.quantile(0.99),
		GCPauseMax:   m.runtime.pause.max(),
		GCPauseTotal: m.runtime.pause.sum(),
		MemoryPeak:   m.runtime.memory,
		Goroutines:   m.runtime.goroutines,
		Network:      m.network.report(),
		Saturated:    f.saturated(tightest),
	}
}

// Stop ends watching, waits for the monitor's goroutine, and reports with the
// latency limit the last Report was given. It may be called again.
func (m *Monitor) Stop() Report {
	m.stop()
	<-m.done
	m.mu.Lock()
	tightest := m.tightest
	m.mu.Unlock()
	return m.Report(tightest)
}

// watch takes a tick every 10 ms and a reading every second until quit.
func (m *Monitor) watch(quit <-chan struct{}) {
	defer close(m.done)
	defer m.read()
	timer := time.NewTimer(tickEvery)
	defer timer.Stop()
	t := ticker{due: tickEvery}
	for {
		select {
		case <-quit:
			return
		case <-timer.C:
		}
		now := time.Since(m.started)
		if t.take(m, now) {
			m.read()
		}
		timer.Reset(t.due - now)
	}
}

// read takes a reading of the process.
func (m *Monitor) read() {
	u, ok := m.usage()
	m.mu.Lock()
	defer m.mu.Unlock()
	if ok {
		m.cpu.add(u)
	}
	m.runtime.read()
	m.last = time.Since(m.started)
	m.scheds.add(int64(m.runtime.second.beyond(0.99, minLags)), int64(m.last))
	m.network.take()
}

// usage reads CPU time and both clocks at one moment. It tries again when the
// process was put aside in between, as a starved one often is.
func (m *Monitor) usage() (u usage, ok bool) {
	for range 3 {
		before := time.Since(m.started)
		u.cpu, u.wall, ok = readUsage()
		u.at = time.Since(m.started)
		if u.at-before < tickEvery {
			break
		}
	}
	return u, ok
}

// ticker follows the schedule of ticks.
type ticker struct {
	due   time.Duration
	n     int
	worst [5]time.Duration // of the current second, longest first
}

// take counts every tick that is due by now with its lateness, so that a long
// delay weighs as much as the ticks it swallowed. It reports whether a second
// is full.
func (t *ticker) take(m *Monitor, now time.Duration) bool {
	t.due = max(t.due, now-maxCaughtUp*tickEvery)
	full := false
	for ; t.due <= now; t.due += tickEvery {
		late := now - t.due
		m.ticks.add(int64(late), int64(now))
		t.keep(late)
		if t.n++; t.n%ticksPerSecond == 0 {
			m.seconds.add(int64(t.worst[len(t.worst)-1]), int64(now))
			t.worst = [len(t.worst)]time.Duration{}
			full = true
		}
	}
	return full
}

// keep holds on to the longest delays of a second.
func (t *ticker) keep(late time.Duration) {
	for i := range t.worst {
		if late > t.worst[i] {
			late, t.worst[i] = t.worst[i], late
		}
	}
}
