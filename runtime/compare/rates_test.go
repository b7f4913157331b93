package compare

import (
	"os"
	"strconv"
	"testing"

	"throng/runtime/results"
)

// trials is how often each comparison is made; THRONG_TRIALS asks for another
// number.
func trials() int {
	if n, err := strconv.Atoi(os.Getenv("THRONG_TRIALS")); err == nil && n > 0 {
		return n
	}
	if raced {
		return 4
	}
	return 100
}

func compared(t *testing.T, base, now []*results.Run) *Comparison {
	t.Helper()
	c, err := Compare(Side{"base", base}, Side{"now", now}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func one(r ...*results.Run) []*results.Run { return r }

func spike(at float64) float64 {
	if at > 0.4 && at < 0.6 {
		return 3
	}
	return 1
}

var steady = world{seconds: 200, rate: 30, noise: 0.05, errors: 0.002}

// TestRepeatsAreNoDifference compares runs with repeats of the same, in worlds
// whose seconds resemble their neighbours.
func TestRepeatsAreNoDifference(t *testing.T) {
	t.Parallel()
	short, spiked, wavering, failing, rare := steady, steady, steady, steady, steady
	short.seconds, spiked.load, wavering.noise, failing.errors, rare.rate = 60, spike, 0.10, 0.05, 3
	for name, w := range map[string]world{"steady": steady, "a minute only": short, "a spike": spiked, "wavering by 10 %": wavering, "5 % errors": failing, "rare requests": rare} {
		words := map[Word]int{}
		for i := range trials() {
			words[compared(t, one(w.run(uint64(2*i))), one(w.run(uint64(2*i+1)))).Word]++
		}
		t.Logf("%-18s %v", name, words)
		if n := words[Worse] + words[Better]; n*100 > 5*trials() {
			t.Errorf("%s: %d of %d repeats are said to differ", name, n, trials())
		}
		if words[Few]*100 > 5*trials() {
			t.Errorf("%s: %d of %d repeats are said to have too few data", name, words[Few], trials())
		}
	}
}

// TestShiftsAreFound compares runs with ones of a target that has changed.
func TestShiftsAreFound(t *testing.T) {
	t.Parallel()
	base := steady
	base.seconds, base.rate = 600, 50
	cases := []struct {
		name, request, figure string
		change                func(*world)
		want                  Word
		found, others         int
	}{
		{name: "10 % slower", request: "GET /b", figure: "p95", change: func(w *world) { w.slower[1] = 1.10 }, want: Worse},
		{name: "10 % faster", request: "GET /b", figure: "p95", change: func(w *world) { w.slower[1] = 1 / 1.10 }, want: Better},
		{name: "p95 10 % slower, p50 as before", request: "GET /a", figure: "p95", change: func(w *world) { w.tail = 1.10 }, want: Worse},
		{name: "2 % errors more", request: "POST /c", figure: "error_rate", change: func(w *world) { w.errors = 0.022 }, want: Worse},
		{name: "15 % less throughput", request: "GET /a", figure: "throughput", change: func(w *world) { w.rate *= 0.85 }, want: Worse},
	}
	for i := range trials() {
		before := one(base.run(uint64(2 * i)))
		for k := range cases {
			c, changed := &cases[k], base
			c.change(&changed)
			for _, request := range compared(t, before, one(changed.run(uint64(2*i+1)))).Requests {
				for _, f := range request.Figures {
					if request.Request == c.request && f.Figure == c.figure && f.Word == c.want {
						c.found++
					}
					if c.figure == "p95" && request.Request != c.request && f.differs() {
						c.others++
					}
				}
			}
		}
	}
	for _, c := range cases {
		t.Logf("%-32s found in %d of %d, %d false words on other requests", c.name, c.found, trials(), c.others)
		if c.found*100 < 95*trials() {
			t.Errorf("%s: found in %d of %d", c.name, c.found, trials())
		}
		if c.others*100 > 5*trials() {
			t.Errorf("%s: %d words on requests that did not change", c.name, c.others)
		}
	}
}

// TestNoiseBetweenRunsIsLearned compares repeats on a machine that is slower
// in some runs than in others: a single pair cannot know, several can.
func TestNoiseBetweenRunsIsLearned(t *testing.T) {
	t.Parallel()
	w := steady
	w.repeats = 0.06
	w.seconds = 120
	alone, learned := 0, 0
	for i := range trials() {
		var runs []*results.Run
		for k := range 6 {
			runs = append(runs, w.run(uint64(6*i+k)))
		}
		if c := compared(t, runs[:1], runs[5:]); c.Word == Worse || c.Word == Better {
			alone++
		}
		c := compared(t, runs[:4], runs[4:])
		if c.Word == Worse || c.Word == Better {
			learned++
		}
		if len(c.Noise) == 0 {
			t.Fatal("no noise was learned from repeats")
		}
	}
	t.Logf("said to differ: %d of %d pairs, %d of %d sets of repeats", alone, trials(), learned, trials())
	if alone*100 < 20*trials() {
		t.Errorf("the runs hardly differ (%d of %d), so the test shows nothing", alone, trials())
	}
	if learned*100 > 10*trials() {
		t.Errorf("%d of %d sets of repeats are said to differ", learned, trials())
	}
}

// TestARunAgainstItself is never a difference.
func TestARunAgainstItself(t *testing.T) {
	for i := range 20 {
		r := steady.run(uint64(i))
		c := compared(t, one(r), one(r))
		if len(c.Doubts) > 0 {
			t.Errorf("a gate could not rely on it: %q", c.Doubts)
		}
		for _, request := range c.Requests {
			for _, f := range request.Figures {
				if f.Word != Same || *f.Change != 0 {
					t.Errorf("%s %s is %s by %v", request.Request, f.Figure, f.Word, *f.Change)
				}
			}
		}
	}
}
