package record

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
)

var sampled = []plan.Measure{
	plan.MeasureService, plan.MeasureDNS, plan.MeasureConnect, plan.MeasureTLS, plan.MeasureFirstByte, plan.MeasureBody,
}

// askFor asks for every measure, with thresholds.
func askFor(thresholds ...int64) []Beyond {
	var list []Beyond
	for m := plan.MeasureService; m < plan.NumMeasures; m++ {
		list = append(list, Beyond{m, thresholds})
	}
	return list
}

// extraView is everything that is known beside samples.
type extraView struct {
	Measures map[string]view
	Counts   []int64
	Closes   []StatusCount
}

func extrasOf(s *Stats) extraView {
	v := extraView{Measures: map[string]view{}, Closes: s.Closes()}
	for m := plan.MeasureService; m < plan.NumMeasures; m++ {
		if t := s.Of(m); t != nil {
			v.Measures[m.String()] = viewOf(t)
		}
	}
	for c := range plan.NumCounters {
		v.Counts = append(v.Counts, s.Counter(c))
	}
	return v
}

// event is something that is booked beside samples.
type event struct {
	series int32
	kind   int
	m      plan.Measure
	c      plan.Counter
	n, at  int64
}

func anyEvent(rng *rand.Rand, series int) event {
	return event{
		series: int32(rng.IntN(series)), kind: rng.IntN(4), m: plan.MeasureFirstEvent + plan.Measure(rng.IntN(int(plan.NumMeasures-plan.MeasureFirstEvent))),
		c: plan.Counter(rng.IntN(int(plan.NumCounters))), n: 1 + rng.Int64N(1e9), at: rng.Int64N(1e9),
	}
}

func (e *event) book(w *Writer) {
	switch e.kind {
	case 0:
		w.Measure(e.series, e.m, e.n, e.at)
	case 1:
		w.Unmet(e.series, e.m, e.n, e.at)
	case 2:
		w.Count(e.series, e.c, e.n%7, e.at)
	default:
		w.Closed(e.series, 1000+int(e.n%4), e.at)
	}
}

func TestExtrasAddUpAndMergeInAnyOrder(t *testing.T) {
	const series, ticks = 3, 8
	rng := rand.New(rand.NewPCG(11, 12))
	asked := [][]Beyond{askFor(1e6, 5e7), askFor(1e6, 5e7), askFor(1e6, 5e7)}
	config := Config{Series: series, Open: true, Beyond: asked, Thresholds: [][]int64{{5e7}, {5e7}, {5e7}}, Shards: 3}
	r, once := New(config), New(config)
	recents := make([][]*Stats, series)
	var views []extraView
	var last *Snapshot
	for tick := range ticks {
		for i := range 300 {
			s, e := anySample(rng, series), anyEvent(rng, series)
			if i%2 == 0 {
				r.Writer(i).Add(s)
				once.Writer(i * 7).Add(s)
			}
			e.book(r.Writer(i))
			e.book(once.Writer(i * 5))
		}
		last = r.Snapshot(time.Duration(tick+1)*time.Second, tick == ticks-1)
		for i, s := range last.Recent {
			recents[i] = append(recents[i], s)
			if i == 0 {
				views = append(views, extrasOf(s))
			}
		}
	}
	whole := once.Snapshot(time.Minute, true)
	for i := range series {
		want := extrasOf(whole.Total[i])
		if len(want.Measures) != int(plan.NumMeasures)-1 || len(want.Closes) != 4 {
			t.Fatalf("%d measures, closes %v", len(want.Measures), want.Closes)
		}
		half := Merge(Merge(recents[i][:3]...), nil, Merge(recents[i][3:]...))
		rng.Shuffle(len(recents[i]), func(a, b int) {
			recents[i][a], recents[i][b] = recents[i][b], recents[i][a]
			if i == 0 {
				views[a], views[b] = views[b], views[a]
			}
		})
		for name, s := range map[string]*Stats{"recents": Merge(recents[i]...), "halves": half, "total": last.Total[i]} {
			if diff := cmp.Diff(want, extrasOf(s)); diff != "" {
				t.Errorf("series %d, %s differ:\n%s", i, name, diff)
			}
		}
	}
	for i, s := range recents[0] {
		if diff := cmp.Diff(views[i], extrasOf(s)); diff != "" {
			t.Errorf("a snapshot changed later:\n%s", diff)
		}
	}
}

// reference is what the contract says of a sample, measure by measure.
func reference(s *Sample) (known, open map[plan.Measure]int64) {
	known, open = map[plan.Measure]int64{}, map[plan.Measure]int64{}
	phase := func(m plan.Measure, took int64, ended bool) {
		switch {
		case ended && took > 0:
			known[m] = took
		case !ended && s.Class.Censored():
			open[m] = took
		}
	}
	stood := s.Sent != 0
	phase(plan.MeasureDNS, s.DNS, stood || s.Connect > 0)
	phase(plan.MeasureConnect, s.Connect, stood || s.TLS > 0)
	phase(plan.MeasureTLS, s.TLS, stood)
	switch {
	case s.Class == plan.OK:
		known[plan.MeasureService], known[plan.MeasureFirstByte], known[plan.MeasureBody] = s.End-s.Start, s.First-s.Sent, s.End-s.First
	case !s.Class.Censored():
	case s.First != 0:
		known[plan.MeasureFirstByte] = s.First - s.Sent
		open[plan.MeasureService], open[plan.MeasureBody] = s.End-s.Start, s.End-s.First
	default:
		open[plan.MeasureService], open[plan.MeasureFirstByte], open[plan.MeasureBody] = s.End-s.Start, 0, 0
		if stood {
			open[plan.MeasureFirstByte] = s.End - s.Sent
		}
	}
	return known, open
}

// diedSomewhere is a sample that ended at a random point of its way.
func diedSomewhere(rng *rand.Rand) Sample {
	s := anySample(rng, 1)
	s.Start++ // so that no time is 0 by chance
	s.Sent = s.Start + s.DNS + s.Connect + s.TLS
	s.First = s.Sent + rng.Int64N(1e8)
	s.End = s.First + 1 + rng.Int64N(1e8)
	if s.Class == plan.OK || s.Class == plan.FailStatus {
		return s
	}
	switch rng.IntN(5) {
	case 0:
		s.Sent, s.First, s.Connect, s.TLS = 0, 0, 0, 0
	case 1:
		s.Sent, s.First, s.TLS = 0, 0, 0
	case 2:
		s.Sent, s.First = 0, 0
	case 3:
		s.First = 0
	}
	return s
}

func TestMeasuresOfSamplesMatchASortedReference(t *testing.T) {
	const threshold = 2e7
	rng := rand.New(rand.NewPCG(21, 22))
	known, open := map[plan.Measure][]int64{}, map[plan.Measure][]int64{}
	samples := make([]Sample, 5000)
	for i := range samples {
		samples[i] = diedSomewhere(rng)
		k, o := reference(&samples[i])
		for m, v := range k {
			known[m] = append(known[m], v)
		}
		for m, v := range o {
			open[m] = append(open[m], v)
		}
	}
	s := statsOf(t, Config{Open: true, Beyond: [][]Beyond{askFor(threshold)}}, samples...)
	for _, m := range sampled {
		values := slices.Sorted(slices.Values(known[m]))
		got := s.Of(m)
		if got.OK != int64(len(values)) || got.Censored != int64(len(open[m])) || got.Judged() != got.Count() {
			t.Errorf("%v: %d known and %d not, want %d and %d", m, got.OK, got.Censored, len(values), len(open[m]))
			continue
		}
		over, ok := got.OverAt(threshold)
		want := int64(len(open[m]))
		var sum int64
		for _, v := range values {
			sum += v
			if v > threshold {
				want++
			}
		}
		for _, v := range open[m] {
			sum += v
		}
		if over != want || !ok {
			t.Errorf("%v: %d beyond the threshold, want %d", m, over, want)
		}
		if got.JudgedSum() != sum || got.Min() != values[0] || got.Max() != values[len(values)-1] {
			t.Errorf("%v: sum %d min %d max %d", m, got.JudgedSum(), got.Min(), got.Max())
		}
		for _, p := range []float64{0.01, 0.25, 0.5} {
			rank := Rank(p, got.Judged())
			exact, l := values[rank-1], got.Quantile(p)
			if l.Ns < exact || float64(l.Ns) > 1.001*float64(exact)+64 || l.Censored {
				t.Errorf("%v: p%v is %d, want %d", m, p, l.Ns, exact)
			}
		}
		if l := got.Quantile(1); len(open[m]) > 0 && !l.Censored {
			t.Errorf("%v: the slowest is %+v although some never ended", m, l)
		}
	}
}

func TestMeasuresNobodyAskedFor(t *testing.T) {
	s := statsOf(t, Config{}, ok(0, 1e6), Sample{Sent: 60, First: 100, End: 110, DNS: 10, Connect: 20, TLS: 30}, timeout(0, 1e9))
	for _, m := range []plan.Measure{plan.MeasureService, plan.MeasureFirstByte, plan.MeasureBody} {
		if s.Of(m) != nil {
			t.Errorf("%v is kept", m)
		}
	}
	if c := s.Of(plan.MeasureConnect); c.Count() != 1 || c.Max() != 20 || c.Censored != 0 {
		t.Errorf("connect %+v", c)
	}
	if _, counted := s.Of(plan.MeasureConnect).OverAt(5); counted {
		t.Error("a threshold that nobody asked for cannot be exact")
	}
	var none *Stats
	if none.Of(plan.MeasurePing) != nil || none.Counter(plan.CountIn) != 0 || none.Closes() != nil || none.Extra() || s.Of(plan.MeasureResponse) != s {
		t.Error("nothing is something")
	}
}

func TestExtrasOfPeriods(t *testing.T) {
	r := New(Config{Series: 2, WarmupEnd: 10, Shards: 1, Beyond: [][]Beyond{{{plan.MeasurePing, []int64{4}}}},
		Phases: []Phase{{Spans: []Span{{20, 30}}, Series: []bool{true, false}}}})
	w := r.Writer(0)
	for at := int64(5); at < 40; at += 10 {
		w.Measure(0, plan.MeasurePing, at, at)
		w.Count(0, plan.CountIn, 2, at)
		w.Count(1, plan.CountIn, 1, at)
		w.Closed(0, 1006, at)
	}
	s := r.Snapshot(50, true)
	if n := s.Warmup[0].Counter(plan.CountIn); n != 2 {
		t.Errorf("%d in the warm-up", n)
	}
	if s.Total[0].Counter(plan.CountIn) != 6 || s.Total[1].Counter(plan.CountIn) != 3 || s.Total[0].Of(plan.MeasurePing).Count() != 3 {
		t.Errorf("total %+v", extrasOf(s.Total[0]))
	}
	phase := s.Phases[0].Total
	if phase[0].Counter(plan.CountIn) != 2 || phase[1] != nil || !cmp.Equal(phase[0].Closes(), []StatusCount{{1006, 1}}) {
		t.Errorf("phase %+v", extrasOf(phase[0]))
	}
	if over, counted := phase[0].Of(plan.MeasurePing).OverAt(4); over != 1 || !counted {
		t.Errorf("%d over", over)
	}
	if s.Total[0].Count() != 0 || Merge(s.Total...).Counter(plan.CountIn) != 9 {
		t.Error("a count became a sample, or was lost in a merge")
	}
	if again := r.Snapshot(60, true); again.Recent[0] != nil || again.Total[0] != s.Total[0] {
		t.Error("nothing has come since, and something is new")
	}
}

// Thresholds belong to a series: what a cell leaves behind is used again for
// another one.
func TestThresholdsDoNotWander(t *testing.T) {
	r := New(Config{Series: 2, Shards: 1, Beyond: [][]Beyond{askFor(10), askFor(20, 30)}})
	for i := range 5 {
		r.Writer(0).Measure(int32(i%2), plan.MeasureGap, 25, 0)
		s := r.Snapshot(time.Duration(i+1), false).Recent[i%2].Of(plan.MeasureGap)
		want := map[int][]int64{0: {1}, 1: {1, 0}}[i%2]
		if !cmp.Equal(s.Over, want) {
			t.Errorf("tick %d: %v, want %v", i, s.Over, want)
		}
	}
}

func TestConcurrentExtrasAreExact(t *testing.T) {
	const users, each = 16, 1500
	r := New(Config{Series: 2, Beyond: [][]Beyond{askFor(100), askFor(100)}, Shards: 4})
	var wg sync.WaitGroup
	for user := range users {
		w := r.Writer(user)
		wg.Go(func() {
			for i := range each {
				w.Measure(int32(i%2), plan.MeasureGap, int64(i), int64(i))
				w.Count(int32(i%2), plan.CountIn, 3, int64(i))
				w.Closed(int32(i%2), 1000, int64(i))
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	var recent, at int64
	take := func() *Snapshot {
		at++
		s := r.Snapshot(time.Duration(at), false)
		recent += Merge(s.Recent...).Counter(plan.CountIn)
		return s
	}
	for open := true; open; {
		select {
		case <-done:
			open = false
		default:
			take()
		}
	}
	all := Merge(take().Total...)
	gaps := all.Of(plan.MeasureGap)
	over, _ := gaps.OverAt(100)
	if n := int64(users * each); gaps.Count() != n || all.Counter(plan.CountIn) != 3*n || recent != 3*n || over != users*(each-101) || all.Closes()[0].Count != n {
		t.Errorf("gaps %d, in %d and %d, over %d, closes %v", gaps.Count(), all.Counter(plan.CountIn), recent, over, all.Closes())
	}
}

func TestBesideDoesNotAllocate(t *testing.T) {
	r := New(Config{Series: 1, Beyond: [][]Beyond{askFor(5e5)}, Shards: 1})
	w := r.Writer(0)
	book := func() {
		w.Measure(0, plan.MeasureGap, 1e6, 0)
		w.Unmet(0, plan.MeasurePing, 1e6, 0)
		w.Count(0, plan.CountIn, 1, 0)
		w.Closed(0, 1000, 0)
		w.Add(ok(0, 1e6))
	}
	book()
	if n := testing.AllocsPerRun(500, book); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleStats_Of() {
	r := New(Config{Series: 1, Shards: 1})
	for i := range 100 {
		r.Writer(0).Measure(0, plan.MeasurePing, int64(i+1)*1e6, 0)
	}
	pings := r.Snapshot(time.Second, true).Total[0].Of(plan.MeasurePing)
	fmt.Println(pings.Count(), time.Duration(pings.Max()))
	// Output: 100 100ms
}
