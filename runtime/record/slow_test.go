package record

import (
	"testing"
	"time"

	"throng/dsl/plan"
)

func TestSlow(t *testing.T) {
	const ms = int64(time.Millisecond)
	var samples []Sample
	for range 20 {
		samples = append(samples, Sample{End: 10 * ms})
	}
	samples = append(samples,
		Sample{End: 90 * ms},                           // within ten times the median
		Sample{End: 1010 * ms},                         // 1 s longer
		Sample{Class: plan.FailTimeout, End: 510 * ms}, // failures hold a user up as well
		Sample{Class: plan.FailStatus, End: ms},        // and fast ones do not
		Sample{End: 120_010 * ms},                      // beyond the histogram's range: 60 s are known
	)
	n, longer := statsOf(t, Config{Series: 1, Shards: 1}, samples...).Slow(10, 10)
	want := time.Second + 500*time.Millisecond + 60*time.Second - 10*time.Millisecond
	if d := longer - want; n != 3 || d > 70*time.Millisecond || d < -70*time.Millisecond {
		t.Errorf("%d slow, %v longer, want 3 and about %v", n, longer, want)
	}
	if n, longer := statsOf(t, Config{Series: 1, Shards: 1}, samples[:9]...).Slow(10, 10); n != 0 || longer != 0 {
		t.Errorf("nine successes do not say what is usual: %d, %v", n, longer)
	}
	if n, longer := (*Stats)(nil).Slow(10, 10); n != 0 || longer != 0 {
		t.Errorf("nothing: %d, %v", n, longer)
	}
}

func TestBackwardSamplesAreCounted(t *testing.T) {
	s := statsOf(t, Config{Series: 1, Shards: 1}, Sample{Start: 5, Intended: 5, End: 3}, Sample{Intended: 5, Start: 9, End: 8}, Sample{End: 8})
	if s.Backward != 2 || s.OK != 3 || s.Min() != 0 {
		t.Errorf("%d backward, %d ok, min %d", s.Backward, s.OK, s.Min())
	}
	if m := Merge(s, s); m.Backward != 4 {
		t.Errorf("merged: %d", m.Backward)
	}
}

func TestAround(t *testing.T) {
	const ms = int64(time.Millisecond)
	var samples []Sample
	for i := range int64(100) {
		samples = append(samples, Sample{End: (i + 1) * 7 * ms})
	}
	samples = append(samples, Sample{Class: plan.FailTimeout, End: 900 * ms})
	s := statsOf(t, Config{Series: 1, Shards: 1}, samples...)
	for rank := int64(1); rank <= 100; rank++ {
		from, to := s.Around(rank)
		if v := rank * 7 * ms; from.Ns > v || to.Ns < v || float64(to.Ns-from.Ns) > 0.001*float64(v) || from.Censored || to.Censored {
			t.Errorf("rank %d: %v to %v, the value is %d", rank, from, to, v)
		}
	}
	if _, to := s.Around(101); !to.Censored || to.Ns != 900*ms {
		t.Errorf("the timeout: %+v", to)
	}
	for _, rank := range []int64{0, -1, 102} {
		if from, to := s.Around(rank); from.Valid || to.Valid {
			t.Errorf("rank %d: %v to %v", rank, from, to)
		}
	}
}
