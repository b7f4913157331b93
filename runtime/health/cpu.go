package health

import "time"

// minReading is the shortest span a share of CPU is reckoned over.
const minReading = 100 * time.Millisecond

// usage is the process's CPU time at one moment, beside the machine's own
// clock and the clock of the run.
type usage struct {
	cpu, wall time.Duration
	at        time.Duration
}

// cpuMeter turns readings, one a second, into shares of all cores.
//
// A reading counts only if the run's clock and the machine's agree about how
// long it has been. They do not when the machine's clock is set, after a
// sleep of the machine, and in tests on virtual time; a share of CPU would be
// meaningless then.
type cpuMeter struct {
	cores  int
	recent []usage // the last readings, at most those of one window
	used   time.Duration
	passed time.Duration
	peak   float64
	since  time.Duration // begin of the first window beyond the limit; -1 for none
}

func newCPUMeter(cores int) *cpuMeter { return &cpuMeter{cores: cores, since: -1} }

// add takes a reading.
func (m *cpuMeter) add(u usage) {
	if n := len(m.recent); n > 0 {
		last := m.recent[n-1]
		passed := u.at - last.at
		if passed < minReading {
			return
		}
		if off := (u.wall - last.wall - passed).Abs(); off > passed/10 {
			m.recent = append(m.recent[:0], u)
			return
		}
		m.used += u.cpu - last.cpu
		m.passed += passed
	}
	m.recent = append(m.recent, u)
	m.window()
}

// window looks at the newest cpuWindow, once there is as much.
func (m *cpuMeter) window() {
	last := m.recent[len(m.recent)-1]
	for len(m.recent) > 1 && last.at-m.recent[1].at >= cpuWindow {
		m.recent = append(m.recent[:0], m.recent[1:]...)
	}
	first := m.recent[0]
	passed := last.at - first.at
	if passed < cpuWindow {
		return
	}
	share := m.share(last.cpu-first.cpu, passed)
	m.peak = max(m.peak, share)
	if share > maxCPU && m.since < 0 {
		m.since = first.at
	}
}

// mean is the share over all readings that counted.
func (m *cpuMeter) mean() float64 {
	if m.passed == 0 {
		return 0
	}
	return m.share(m.used, m.passed)
}

func (m *cpuMeter) share(used, passed time.Duration) float64 {
	return float64(used) / float64(passed) / float64(m.cores)
}
