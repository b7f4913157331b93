package record

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
)

// view is everything Stats says, in a form that can be compared.
type view struct {
	OK, Failed, Censored, In, Out int64
	ByClass                       [plan.NumErrorClasses]int64
	Status                        []StatusCount
	Over                          []int64
	Min, Max, Sum, Mean           int64
	Response, Service, FailedIn   []Latency
	MaxL, MeanL                   Latency
	Phases                        Phases
	Buckets                       []Bucket
}

func viewOf(s *Stats) view {
	v := view{
		OK: s.OK, Failed: s.Failed, Censored: s.Censored, In: s.BytesIn, Out: s.BytesOut, ByClass: s.ByClass,
		Status: s.Status, Over: s.Over, Min: s.Min(), Max: s.Max(), Sum: s.Sum(), Mean: s.Mean(),
		MaxL: s.MaxLatency(), MeanL: s.MeanLatency(), Phases: s.Phases(), Buckets: s.Buckets(),
	}
	for _, p := range quantiles {
		v.Response = append(v.Response, s.Quantile(p))
		v.Service = append(v.Service, s.ServiceQuantile(p))
		v.FailedIn = append(v.FailedIn, s.FailedQuantile(p))
	}
	return v
}

var classes = []plan.ErrorClass{plan.OK, plan.OK, plan.OK, plan.FailStatus, plan.FailTimeout, plan.FailReset}

// anySample draws a sample of one of n series.
func anySample(rng *rand.Rand, n int) Sample {
	s := Sample{
		Series: int32(rng.IntN(n)), Class: classes[rng.IntN(len(classes))], Intended: rng.Int64N(1e9),
		BytesIn: rng.Int64N(1000), BytesOut: rng.Int64N(100),
	}
	s.Start = s.Intended + rng.Int64N(1e7)
	if rng.IntN(3) == 0 {
		s.DNS, s.Connect, s.TLS = rng.Int64N(1e5), 1+rng.Int64N(1e5), rng.Int64N(1e6)
	}
	s.Sent = s.Start + s.DNS + s.Connect + s.TLS
	s.First = s.Sent + rng.Int64N(1e8)
	s.End = s.First + rng.Int64N(1e8)
	if s.Class != plan.FailTimeout && s.Class != plan.FailReset {
		s.Status = uint16(200 + rng.IntN(5))
	}
	return s
}

func TestRecentsAddUpToTotalAndMergeIsOrderFree(t *testing.T) {
	const series, ticks = 3, 12
	rng := rand.New(rand.NewPCG(3, 4))
	thresholds := [][]int64{{1e7, 5e7, 1e8}, {1e7, 5e7, 1e8}, {1e7, 5e7, 1e8}}
	config := Config{Series: series, Open: true, Thresholds: thresholds, Shards: 3}
	r, once := New(config), New(config)
	recents := make([][]*Stats, series)
	var last *Snapshot
	for tick := range ticks {
		for i := range 500 {
			s := anySample(rng, series)
			r.Writer(i).Add(s)
			once.Writer(i * 7).Add(s)
		}
		last = r.Snapshot(time.Duration(tick+1)*time.Second, tick == ticks-1)
		if last.Window != time.Second || last.Final != (tick == ticks-1) {
			t.Fatalf("tick %d: window %v final %v", tick, last.Window, last.Final)
		}
		for i, s := range last.Recent {
			recents[i] = append(recents[i], s)
		}
	}
	whole := once.Snapshot(time.Minute, true)
	for i := range series {
		want := viewOf(whole.Total[i])
		for range 5 {
			rng.Shuffle(len(recents[i]), func(a, b int) { recents[i][a], recents[i][b] = recents[i][b], recents[i][a] })
			if diff := cmp.Diff(want, viewOf(Merge(recents[i]...))); diff != "" {
				t.Errorf("series %d: merged recents differ:\n%s", i, diff)
			}
		}
		half := Merge(Merge(recents[i][:5]...), nil, Merge(recents[i][5:]...))
		if diff := cmp.Diff(want, viewOf(half)); diff != "" {
			t.Errorf("series %d: merge is not associative:\n%s", i, diff)
		}
		if diff := cmp.Diff(want, viewOf(last.Total[i])); diff != "" {
			t.Errorf("series %d: total differs:\n%s", i, diff)
		}
	}
}

func TestSnapshotsAreImmutable(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	r := New(Config{Series: 2, Open: true, Thresholds: [][]int64{{5e7}, {5e7, 6e7}}, Shards: 2})
	var stats []*Stats
	var views []view
	for tick := range 10 {
		for i := range 200 {
			s := anySample(rng, 2)
			r.Writer(i).Add(s)
		}
		snap := r.Snapshot(time.Duration(tick), false)
		for _, s := range slices.Concat(snap.Total, snap.Recent) {
			stats = append(stats, s)
			v := viewOf(s)
			v.Over, v.Status = slices.Clone(v.Over), slices.Clone(v.Status)
			views = append(views, v)
		}
	}
	for i, s := range stats {
		if diff := cmp.Diff(views[i], viewOf(s)); diff != "" {
			t.Fatalf("snapshot %d changed later:\n%s", i/4, diff)
		}
	}
}

func TestSeriesWithoutNewsSharesItsTotal(t *testing.T) {
	r := New(Config{Series: 2, Shards: 1})
	r.Writer(0).Add(ok(0, 5))
	a := r.Snapshot(1, false)
	r.Writer(0).Add(ok(1, 5))
	b := r.Snapshot(2, false)
	if a.Total[0] != b.Total[0] || b.Recent[0] != nil || a.Total[1] != nil || b.Recent[1] == nil {
		t.Errorf("totals %p %p, recent %p", a.Total[0], b.Total[0], b.Recent[0])
	}
}

func TestCensoredSamplesSortLast(t *testing.T) {
	samples := make([]Sample, 0, 100)
	for i := range 97 {
		samples = append(samples, ok(0, int64(i+1)*1e6))
	}
	samples = append(samples, timeout(0, 1e9+5), timeout(0, 1e9), timeout(0, 2e9))
	s := statsOf(t, Config{Thresholds: [][]int64{{50e6, 3e9}}}, samples...)
	if s.OK != 97 || s.Failed != 3 || s.Censored != 3 || s.Judged() != 100 || s.ByClass[plan.FailTimeout] != 3 {
		t.Fatalf("ok %d failed %d censored %d", s.OK, s.Failed, s.Censored)
	}
	if got := s.Quantile(0.97); got != (Latency{Ns: 97e6, Valid: true}) {
		t.Errorf("p97 = %+v, want the largest success", got)
	}
	atLeast := Latency{Ns: 1e9, Censored: true, Valid: true}
	for _, p := range []float64{0.98, 0.99, 1} {
		if s.Quantile(p) != atLeast || s.ServiceQuantile(p) != atLeast {
			t.Errorf("p%v = %+v, want at least 1 s", p, s.Quantile(p))
		}
	}
	if m := s.MaxLatency(); m != (Latency{Ns: 2e9, Censored: true, Valid: true}) {
		t.Errorf("max = %+v", m)
	}
	if m := s.MeanLatency(); !m.Censored || m.Ns != 87_530_000 {
		t.Errorf("mean = %+v", m)
	}
	if !cmp.Equal(s.Over, []int64{50, 3}) {
		t.Errorf("over = %v, want every timeout beyond every threshold", s.Over)
	}
	if got := s.FailedQuantile(0.5); got != (Latency{Ns: got.Ns, Valid: true}) || got.Ns < 1e9 || got.Ns > 1.001e9 {
		t.Errorf("failed p50 = %+v", got)
	}
	only := statsOf(t, Config{}, timeout(0, 3e9))
	if got := only.Quantile(0.01); got != (Latency{Ns: 3e9, Censored: true, Valid: true}) {
		t.Errorf("only timeouts: p1 = %+v", got)
	}
}

func TestOpenModelKeepsServiceTimeApart(t *testing.T) {
	s := statsOf(t, Config{Open: true}, Sample{Intended: 0, Start: 900, End: 1000},
		Sample{Class: plan.FailTimeout, Intended: 0, Start: 4000, End: 5000})
	if s.Quantile(0.5).Ns != 1000 || s.ServiceQuantile(0.5).Ns != 100 || s.ServiceQuantile(1).Ns != 1000 {
		t.Errorf("response %+v service %+v %+v", s.Quantile(0.5), s.ServiceQuantile(0.5), s.ServiceQuantile(1))
	}
}

func TestThresholdsAreExact(t *testing.T) {
	const limit = 500_000_000
	s := statsOf(t, Config{Thresholds: [][]int64{{1000, limit, limit + 1}}},
		ok(0, limit-1), ok(0, limit), ok(0, limit+1), ok(0, 1000), ok(0, 1001))
	if !cmp.Equal(s.Over, []int64{4, 1, 0}) {
		t.Errorf("over = %v", s.Over)
	}
	other := statsOf(t, Config{Thresholds: [][]int64{{limit}}}, ok(0, limit+1))
	for _, m := range []*Stats{Merge(s, other), Merge(other, s)} {
		if n, found := m.OverAt(limit); n != 2 || !found {
			t.Errorf("merged over = %d %v", n, found)
		}
		if _, found := m.OverAt(1000); found {
			t.Error("a threshold only one side had cannot be exact")
		}
	}
}

func TestWarmupIsKeptApartByIntendedStart(t *testing.T) {
	r := New(Config{Series: 1, WarmupEnd: 100, Shards: 1})
	w := r.Writer(0)
	w.Add(Sample{Intended: 99, End: 500})
	w.Add(Sample{Intended: 100, End: 500})
	a := r.Snapshot(50, false)
	w.Add(Sample{Intended: 0, End: 500})
	r.Snapshot(200, false)
	if c := r.Snapshot(300, false); c.Warmup[0].OK != 2 || c.Total[0].OK != 1 || a.Recent[0].OK != 1 {
		t.Errorf("warm-up %d total %d", c.Warmup[0].OK, c.Total[0].OK)
	}
	if r.shards[0].cells[warmup][0] != nil {
		t.Error("the warm-up's histograms are not given up")
	}
	w.Add(Sample{Intended: 1, End: 500})
	if d := r.Snapshot(400, true); d.Warmup[0].OK != 3 || d.Total[0].OK != 1 {
		t.Error("a late sample of the warm-up is lost or counted")
	}
}

func TestPhasesStatusAndBytes(t *testing.T) {
	s := statsOf(t, Config{},
		Sample{Status: 200, Sent: 60, First: 100, End: 110, DNS: 10, Connect: 20, TLS: 30, BytesIn: 5, BytesOut: 2},
		Sample{Status: 200, Sent: 0, First: 20, End: 30, BytesIn: 5, BytesOut: 2},
		Sample{Status: 503, Class: plan.FailStatus, Sent: 0, First: 5, End: 900, BytesIn: 1},
		Sample{Status: 100, End: 7}, // a group has no phases
		Sample{Class: plan.NumErrorClasses + 3, End: 7})
	if want := (Phases{DNS: 5, Connect: 10, TLS: 15, Wait: 30, Body: 10, Connections: 1, Samples: 2}); s.Phases() != want {
		t.Errorf("phases = %+v, want %+v", s.Phases(), want)
	}
	if want := []StatusCount{{100, 1}, {200, 2}, {503, 1}}; !cmp.Equal(s.Status, want) {
		t.Errorf("status = %v", s.Status)
	}
	if s.BytesIn != 11 || s.BytesOut != 4 || s.ByClass[plan.FailInternal] != 1 || s.Count() != 5 {
		t.Errorf("in %d out %d classes %v", s.BytesIn, s.BytesOut, s.ByClass)
	}
}

func TestConcurrentTotalsAreExact(t *testing.T) {
	const users, each, series = 24, 2000, 5
	r := New(Config{Series: series, Open: true, Thresholds: make([][]int64, series), Shards: 4})
	var wg sync.WaitGroup
	for user := range users {
		w := r.Writer(user)
		wg.Go(func() {
			for i := range each {
				s := ok(int32(i%series), int64(user*each+i))
				if i%10 == 0 {
					s.Class = plan.FailReset
					w.Fail(Failure{Series: s.Series, Class: s.Class, At: int64(i)})
				}
				w.Add(s)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	var recent int64
	var at time.Duration
	take := func(final bool) *Snapshot {
		at++
		s := r.Snapshot(at, final)
		recent += Merge(s.Recent...).Count()
		return s
	}
	for open := true; open; {
		select {
		case <-done:
			open = false
		default:
			take(false)
		}
	}
	last := take(true)
	all := Merge(last.Total...)
	const n = users * each
	if all.Count() != n || recent != n || all.Failed != n/10 || all.ByClass[plan.FailReset] != n/10 {
		t.Errorf("count %d recent %d failed %d, want %d and %d", all.Count(), recent, all.Failed, n, n/10)
	}
	if sum := all.Sum() + all.dists[failed].sum; sum != n*(n-1)/2 {
		t.Errorf("sum %d, want %d", sum, n*(n-1)/2)
	}
	var grouped int64
	for _, g := range last.Errors {
		grouped += g.Count
	}
	if grouped != n/10 {
		t.Errorf("%d failures are grouped, want %d", grouped, n/10)
	}
}

func TestFailuresAreGroupedAndBounded(t *testing.T) {
	r := New(Config{Series: 3, Rows: []int{0, 0, 1}})
	w := r.Writer(0)
	long := strings.Repeat("é", 150)
	w.Fail(Failure{Series: 0, Class: plan.FailStatus, Status: 500, At: 7, Detail: long + "A", Sent: strings.Repeat("s", 9999), Answer: strings.Repeat("é", 4000)})
	w.Fail(Failure{Series: 1, Class: plan.FailStatus, Status: 500, At: 3, Detail: long + "B"})
	w.Fail(Failure{Series: 2, Class: plan.FailStatus, Status: 500, At: 9, Detail: long})
	errors := r.Snapshot(1, false).Errors
	if len(errors) != 2 || errors[0].Count != 2 || errors[0].First != 3 || errors[0].Last != 7 {
		t.Fatalf("groups = %+v", errors)
	}
	g := errors[0]
	if g.Detail != strings.Repeat("é", 100) || len(g.Sent) != 2048 || len(g.Answer) != 2048 {
		t.Errorf("lengths %d %d %d", len(g.Detail), len(g.Sent), len(g.Answer))
	}
	if again := r.Snapshot(2, false).Errors; &again[0] != &errors[0] {
		t.Error("unchanged groups are copied")
	}
	for i := range 3000 {
		w.Fail(Failure{Series: 0, Class: plan.FailReset, At: int64(i), Detail: fmt.Sprint("port ", i)})
	}
	errors = r.Snapshot(3, false).Errors
	if len(errors) != maxGroups+1 || errors[0].Detail != otherName || errors[0].Count != 3000-998 {
		t.Errorf("%d groups, first %q × %d", len(errors), errors[0].Detail, errors[0].Count)
	}
}

func TestAbandonedTasksAreCounted(t *testing.T) {
	r := New(Config{Series: 1})
	r.Writer(0).Abandon(1, 5, "token")
	r.Writer(1).Abandon(0, 9, "id")
	r.Writer(2).Abandon(1, 5, "token")
	want := []Abandoned{{0, 9, "id", 1}, {1, 5, "token", 2}}
	if got := r.Snapshot(1, false).Abandoned; !cmp.Equal(got, want) {
		t.Errorf("abandoned = %v", got)
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestMemoryIsFlat(t *testing.T) {
	const series = 8
	r := New(Config{Series: series, Open: true, Shards: 2})
	rng := rand.New(rand.NewPCG(8, 9))
	var last *Snapshot
	tick := func(users int) {
		for i := range 500 {
			// A fixed set of values: totals, too, must come to rest.
			s := ok(int32(rng.IntN(series)), int64(1+rng.IntN(200))*1e6)
			s.Class = classes[rng.IntN(len(classes))]
			r.Writer(i % users).Add(s)
		}
		last = r.Snapshot(0, false)
	}
	for range 10 {
		tick(10)
	}
	before := heap()
	for range 60 {
		tick(100_000)
	}
	if grown := heap() - before; grown > 256<<10 {
		t.Errorf("grew by %d bytes over 60 snapshots", grown)
	}
	runtime.KeepAlive(last)
	runtime.KeepAlive(r)
}

func TestAddDoesNotAllocate(t *testing.T) {
	r := New(Config{Series: 2, Open: true, Thresholds: [][]int64{{5e6}, nil}, Shards: 1})
	w := r.Writer(0)
	samples := []Sample{ok(0, 1e6), ok(1, 7e9), timeout(0, 1e9), {Class: plan.FailReset, End: 5}}
	add := func() {
		for _, s := range samples {
			w.Add(s)
		}
	}
	add()
	r.Snapshot(1, false)
	add()
	if n := testing.AllocsPerRun(1000, add); n != 0 {
		t.Errorf("%v allocations", n)
	}
	fail := Failure{Class: plan.FailReset, Detail: "connection reset"}
	w.Fail(fail)
	if n := testing.AllocsPerRun(1000, func() { w.Fail(fail) }); n != 0 {
		t.Errorf("a known failure costs %v allocations", n)
	}
}
