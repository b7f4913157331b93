package record

import (
	"testing"
	"time"

	"throng/dsl/plan"
)

// A phase keeps what began in it, of the series it is asked for, beside the
// whole; the warm-up is in none.
func TestPhases(t *testing.T) {
	const sec = int64(time.Second)
	r := New(Config{Series: 2, Thresholds: [][]int64{{sec}, nil}, WarmupEnd: 2 * sec, Shards: 2, Phases: []Phase{
		{Spans: []Span{{1 * sec, 4 * sec}, {8 * sec, 9 * sec}}, Series: []bool{true, false}},
		{Spans: []Span{{3 * sec, 9 * sec}}, Series: []bool{true, true}},
	}})
	for i := range int64(10) { // each second one of each series, which takes two
		for series := range int32(2) {
			s := ok(series, (i+2)*sec)
			s.Intended, s.Start = i*sec, i*sec
			r.Writer(int(i)).Add(s)
		}
		if i == 4 {
			s := r.Snapshot(5*time.Second, false)
			if got := s.Phases[0].Recent[0].Count(); got != 2 { // begun at 2 s and 3 s
				t.Errorf("%d at first", got)
			}
		}
	}
	edge := timeout(0, 4*sec) // begun right at the end of a span
	edge.Intended = 4 * sec
	r.Writer(0).Add(edge)
	s := r.Snapshot(20*time.Second, true)
	if a, b := s.Phases[0].Total[0].Count(), s.Phases[0].Recent[0].Count(); a != 3 || b != 1 {
		t.Errorf("the first phase has %d, %d of them new", a, b)
	}
	if s.Phases[0].Total[1] != nil {
		t.Error("nobody asked for the second series")
	}
	if a, b := s.Phases[1].Total[0].Count(), s.Phases[1].Total[1].Count(); a != 7 || b != 6 {
		t.Errorf("the second phase has %d and %d", a, b)
	}
	if over, counted := s.Phases[1].Total[0].OverAt(sec); over != 7 || !counted || s.Phases[1].Total[0].ByClass[plan.FailTimeout] != 1 {
		t.Errorf("%d over", over)
	}
	if a, b := s.Total[0].Count(), s.Warmup[0].Count(); a != 9 || b != 2 {
		t.Errorf("%d in all, %d in the warm-up", a, b)
	}
}

// What metrics recorded since the last snapshot stands beside all of it.
func TestRecentMetrics(t *testing.T) {
	r := New(Config{Series: 1, Limits: [][]float64{{2}}, Shards: 2})
	w := r.Writer(0)
	for _, v := range []float64{1, 2, 3} {
		w.Record(0, v, 0)
	}
	r.Snapshot(time.Second, false)
	w.Record(0, 7, 0)
	s := r.Snapshot(2*time.Second, false)
	over, _ := s.RecentMetrics[0].OverAt(2)
	high, low := s.Metrics[0].Sum()
	if s.RecentMetrics[0].Count() != 1 || over != 1 || s.Metrics[0].Count() != 4 || high+low != 13 {
		t.Errorf("%d new, %d in all, %v", s.RecentMetrics[0].Count(), s.Metrics[0].Count(), high+low)
	}
	if r.Snapshot(3*time.Second, true).RecentMetrics[0].Count() != 0 {
		t.Error("nothing came, and something is new")
	}
}
