package health

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const second = time.Second

// calm is a generator that keeps up.
func calm() figures {
	return figures{cores: 2, starts: &lagView{}, ticks: &lagView{}, seconds: &lagView{}, cpuSince: -1, scheds: &lagView{}, reckoned: 100 * second}
}

// feed makes a histogram of n delays, a share of them late, a second each
// hundred.
func feed(n int, normal, late time.Duration, share float64) *lagView {
	var l lags
	for i := range n {
		d := normal
		if float64(i%1000) >= 1000*(1-share) {
			d = late
		}
		l.add(int64(d), int64(i)*int64(10*time.Millisecond))
	}
	return l.view()
}

func TestSaturationRules(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name     string
		change   func(*figures)
		tightest time.Duration
		want     string // "" for none
	}{
		{"nothing", func(f *figures) {}, 0, ""},
		{"timers of an idle machine", func(f *figures) { f.starts = feed(1000, 500*time.Microsecond, 1100*time.Microsecond, 0.2) }, 10 * ms, ""},
		{"late starts", func(f *figures) { f.starts = feed(1000, ms, 40*ms, 0.02) }, 500 * ms, "and the limit is 25 ms (5 % of the tightest latency limit), since 0:09."},
		{"late starts within 5 %", func(f *figures) { f.starts = feed(1000, ms, 24*ms, 0.02) }, 500 * ms, ""},
		{"late starts, tight limit", func(f *figures) { f.starts = feed(1000, ms, 3*ms, 0.02) }, 10 * ms, "the limit is 2 ms (the precision of timers)"},
		{"few late starts", func(f *figures) { f.starts = feed(1000, ms, 400*ms, 0.01) }, 500 * ms, ""},
		{"too few starts", func(f *figures) { f.starts = feed(99, 400*ms, 400*ms, 1) }, 500 * ms, ""},
		{"enough starts", func(f *figures) { f.starts = feed(100, 400*ms, 400*ms, 1) }, 500 * ms, "99th percentile is 400 ms"},
		{"late starts, no limit", func(f *figures) { f.starts = feed(1000, ms, 5*ms, 0.5) }, 0, ""},
		{"very late starts, no limit", func(f *figures) { f.starts = feed(1000, ms, 15*ms, 0.5) }, 0, "the limit is 10 ms (no latency is limited)"},
		{"cpu", func(f *figures) { f.cpuPeak, f.cpuSince = 0.93, 12*second }, 0, "used 93.0 % of 2 cores over 5 s, and the limit is 85 %, since 0:12."},
		{"late ticks", func(f *figures) {
			f.ticks, f.seconds = feed(1000, ms, 50*ms, 0.05), feed(10, ms, 50*ms, 0)
			var l lags
			for i := range 10 {
				l.add(int64(time.Duration(i/7)*50*ms), int64(i)*int64(second))
			}
			f.seconds = l.view()
		}, 0, "lateness is 50 ms, and the limit is 10 ms, beyond it in 3 seconds, since 0:07."},
		{"late ticks in two seconds", func(f *figures) { f.ticks, f.seconds = feed(1000, ms, 50*ms, 0.05), feed(2, 50*ms, 50*ms, 1) }, 0, ""},
		{"late ticks, slow target", func(f *figures) { f.ticks, f.seconds = feed(1000, ms, 50*ms, 0.05), feed(9, 50*ms, 50*ms, 1) }, 2 * second, ""},
		{"few late ticks", func(f *figures) { f.ticks, f.seconds = feed(1000, ms, 50*ms, 0.01), feed(9, 50*ms, 50*ms, 1) }, 0, ""},
		{"goroutines that wait", func(f *figures) { f.sched, f.scheds = 30*ms, feed(9, 30*ms, 30*ms, 1) }, 500 * ms, "waited to run is 30 ms, and the limit is 25 ms (5 % of the tightest latency limit), beyond it in 9 seconds, since 0:00."},
		{"goroutines that wait for two seconds", func(f *figures) { f.sched, f.scheds = 30*ms, feed(2, 30*ms, 30*ms, 1) }, 500 * ms, ""},
		{"goroutines that wait in some seconds, and seldom", func(f *figures) { f.sched, f.scheds = 20*ms, feed(9, 30*ms, 30*ms, 1) }, 500 * ms, ""},
		{"goroutines of a busy machine", func(f *figures) { f.sched, f.scheds = 2*ms, feed(9, 2*ms, 2*ms, 1) }, 10 * ms, ""},
		{"long pauses", func(f *figures) { f.pauses = []pause{{ms, 5000}, {30 * ms, 40}} }, 500 * ms, "pauses longer than 25 ms (5 % of the tightest latency limit) add up to 1.20 s of 1 min 40 s since the start."},
		{"few long pauses", func(f *figures) { f.pauses = []pause{{30 * ms, 33}} }, 500 * ms, ""},
		{"many short pauses", func(f *figures) { f.pauses = []pause{{ms, 50000}} }, 10 * ms, ""},
	} {
		f := calm()
		c.change(&f)
		got := f.saturated(c.tightest)
		if c.want == "" && len(got) == 0 || c.want != "" && len(got) == 1 && strings.Contains(got[0], c.want) {
			continue
		}
		t.Errorf("%s: %q, want %q", c.name, got, c.want)
	}
	f := calm()
	f.starts, f.cpuSince = feed(200, second, second, 1), 0
	f.ticks, f.seconds = feed(1000, second, second, 1), feed(9, second, second, 1)
	f.sched, f.scheds, f.pauses = second, f.seconds, []pause{{second, 2}}
	if got := f.saturated(0); len(got) != 5 {
		t.Errorf("every signal has its sentence: %q", got)
	}
}

// machine produces readings: real is how fast the machine's clock runs beside
// the run's.
func machine(m *cpuMeter, seconds int, share, real float64) {
	var last usage
	if n := len(m.recent); n > 0 {
		last = m.recent[n-1]
	}
	for range seconds {
		last.at += second
		last.wall += time.Duration(real * float64(second))
		last.cpu += time.Duration(share * float64(m.cores) * float64(second))
		m.add(last)
	}
}

func TestCPUWindows(t *testing.T) {
	fresh := func() *cpuMeter {
		m := newCPUMeter(2)
		m.add(usage{})
		return m
	}
	m := fresh()
	machine(m, 10, 0.2, 1)
	machine(m, 4, 1, 1) // four seconds are no five
	machine(m, 10, 0.2, 1)
	if m.since >= 0 || math.Abs(m.peak-0.84) > 0.01 || math.Abs(m.mean()-(0.2*20+4)/24) > 0.01 {
		t.Errorf("a burst: since %v, peak %v, mean %v", m.since, m.peak, m.mean())
	}
	m = fresh()
	machine(m, 10, 0.2, 1)
	machine(m, 60, 0.9, 1)
	if m.since != 10*second || math.Abs(m.peak-0.9) > 0.01 {
		t.Errorf("busy: since %v, peak %v", m.since, m.peak)
	}
	if len(m.recent) > 6 {
		t.Errorf("%d readings are kept", len(m.recent))
	}
	for _, real := range []float64{0, 0.001, 0.5, 2, 100, -5} {
		m = fresh()
		machine(m, 60, 5, real)
		if m.since >= 0 || m.peak != 0 || m.mean() != 0 {
			t.Errorf("clocks disagree by %v: since %v, peak %v, mean %v", real, m.since, m.peak, m.mean())
		}
	}
}

func TestLagQuantilesAgainstSortedReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 100, 5000} {
		var l lags
		values := make([]int64, n)
		for i := range values {
			values[i] = int64(math.Exp(rng.Float64() * 26))
			l.add(values[i], 0)
		}
		slices.Sort(values)
		v := l.view()
		for _, p := range []float64{0.5, 0.95, 0.99, 1} {
			want := values[max(int(math.Ceil(p*float64(n)-1e-9)), 1)-1]
			got := int64(v.quantile(p))
			if got < want || float64(got) > float64(want)*1.0626+1 {
				t.Errorf("n=%d p=%v: %d, want %d", n, p, got, want)
			}
		}
	}
	var none lags
	if none.view().quantile(0.99) != 0 {
		t.Error("no delay, no quantile")
	}
}

func TestLagSteps(t *testing.T) {
	last := -1
	for d := int64(0); d < 1<<maxBits; d += 1 + d/40 {
		i := stepOf(d)
		if i < last || i >= lagSteps || stepTop(i) < d || stepOf(stepTop(i)) != i || stepOf(stepTop(i)+1) != min(i+1, lagSteps-1) {
			t.Fatalf("%d is in step %d up to %d, after %d", d, i, stepTop(i), last)
		}
		last = i
	}
	var l lags
	l.add(-5, 0)
	l.add(math.MaxInt64, 0)
	if v := l.view(); v.total != 2 || v.count[0] != 1 || v.count[lagSteps-1] != 1 {
		t.Error("extremes are not kept at the edges")
	}
}

func TestTicksSwallowedByADelayCount(t *testing.T) {
	m := &Monitor{}
	tick := ticker{due: tickEvery}
	for now := tickEvery; now <= second; now += tickEvery {
		tick.take(m, now)
	}
	if !tick.take(m, 2*second+5*time.Millisecond) {
		t.Error("the second is full")
	}
	v := m.ticks.view()
	if v.total != 200 || v.max != int64(995*time.Millisecond) {
		t.Errorf("%d ticks, at most %v late", v.total, time.Duration(v.max))
	}
	if n, since := m.seconds.view().beyond(900 * time.Millisecond); n != 1 || since != 2*second+5*time.Millisecond {
		t.Errorf("%d late seconds since %v", n, since)
	}
	tick.take(m, time.Hour)
	if v := m.ticks.view(); v.total > 200+maxCaughtUp+1 {
		t.Errorf("an hour's delay is %d ticks", v.total)
	}
}

func TestRuntimeHistogramsCountFromTheStart(t *testing.T) {
	edges := []float64{math.Inf(-1), 0, 1e-3, 2e-3, math.Inf(1)}
	var d delta
	d.add(&metrics.Float64Histogram{Counts: []uint64{0, 1000, 5, 7}, Buckets: edges})
	d.add(&metrics.Float64Histogram{Counts: []uint64{1, 1098, 6, 7}, Buckets: edges})
	if d.quantile(0.5) != time.Millisecond || d.max() != 2*time.Millisecond || d.sum() != 98*500*time.Microsecond+1500*time.Microsecond {
		t.Errorf("p50 %v max %v sum %v", d.quantile(0.5), d.max(), d.sum())
	}
	d.add(&metrics.Float64Histogram{Counts: []uint64{1, 1098, 6, 8}, Buckets: edges})
	if d.max() != 2*time.Millisecond {
		t.Errorf("the open end reads as %v", d.max())
	}
}

// What turns a verdict is read at the lower edge of a step: it is at least
// that.
func TestRuntimeHistogramsAreJudgedFromBelow(t *testing.T) {
	var d delta
	edges := []float64{0, 1e-3, 2e-3, math.Inf(1)}
	d.add(&metrics.Float64Histogram{Counts: []uint64{9, 0, 0}, Buckets: edges})
	d.add(&metrics.Float64Histogram{Counts: []uint64{107, 1, 1}, Buckets: edges})
	if got := d.beyond(0.99, 100); got != time.Millisecond {
		t.Errorf("p99 %v", got)
	}
	if got := d.beyond(1, 100); got != 2*time.Millisecond {
		t.Errorf("longest %v", got)
	}
	if got := d.beyond(0.99, 101); got != 0 {
		t.Errorf("of too few %v", got)
	}
	if got := d.each(); !slices.Equal(got, []pause{{0, 98}, {time.Millisecond, 1}, {2 * time.Millisecond, 1}}) {
		t.Errorf("%v", got)
	}
}

func TestMonitorOnVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := Start()
		time.Sleep(30*second + 5*time.Millisecond)
		m.StartLag(0, int64(3*time.Millisecond))
		r := m.Report(500 * time.Millisecond)
		if !r.OK() || r.TickLagP99 != 0 || r.StartLagMax != 3*time.Millisecond || r.Goroutines == 0 || r.MemoryPeak == 0 {
			t.Errorf("%+v", r)
		}
		if n := m.ticks.view().total; n != 3000 {
			t.Errorf("%d ticks in 30 s", n)
		}
		for i := range 100 {
			m.StartLag(int64(i), int64(i)+int64(second))
		}
		// Stop keeps the limit of the last report; Test itself proves that
		// nothing is left behind.
		if r := m.Stop(); len(r.Saturated) != 1 || !strings.Contains(r.Saturated[0], "25 ms") {
			t.Errorf("%q", r.Saturated)
		}
		m.Stop()
		if r := m.Report(time.Hour); !r.OK() {
			t.Errorf("%q", r.Saturated)
		}
	})
}

func TestMonitorReadsThisProcess(t *testing.T) {
	m := Start()
	var wg sync.WaitGroup
	for user := range 8 {
		wg.Go(func() {
			for i := range 1000 {
				m.StartLag(int64(i), int64(i+user))
				if i%100 == 0 {
					m.Report(second)
				}
			}
		})
	}
	wg.Wait()
	r := m.Stop()
	if m.starts.view().total != 8000 || r.StartLagMax != 7 || r.Cores < 1 || r.MemoryPeak < 1<<20 {
		t.Errorf("%+v", r)
	}
	cpu, wall, ok := readUsage()
	if year := time.Unix(0, int64(wall)).Year(); ok && (year < 2024 || cpu < 0) {
		t.Errorf("the machine's clock says %d, CPU %v", year, cpu)
	}
}

func TestStartLagDoesNotAllocate(t *testing.T) {
	m := &Monitor{}
	if n := testing.AllocsPerRun(100, func() { m.StartLag(1, 2) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkStartLag(b *testing.B) {
	m := &Monitor{}
	b.RunParallel(func(pb *testing.PB) {
		for i := int64(0); pb.Next(); i++ {
			m.StartLag(i, i+1_000_000)
		}
	})
}

func ExampleReport_OK() {
	r := Report{Saturated: []string{"The process was short of CPU."}}
	fmt.Println(r.OK())
	// Output: false
}
