package analyze

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
)

// seeds is how many runs each rate is measured over; THRONG_SEEDS asks for
// another number.
func seeds() int {
	if n, err := strconv.Atoi(os.Getenv("THRONG_SEEDS")); err == nil && n > 0 {
		return n
	}
	if raced {
		return 20
	}
	return 200
}

func ramp(from, to float64) func(float64) float64 {
	return func(at float64) float64 { return from + (to-from)*at }
}

func steps(at float64) float64 { return 10 * math.Ceil(6*at) }

func spiked(at float64) float64 {
	if at > 0.35 && at < 0.5 {
		return 120
	}
	return 40
}

// plain are worlds in which nothing is the matter.
var plain = map[string]world{
	"constant load":           {},
	"constant load, unsteady": {noise: 0.15},
	"ramp":                    {load: ramp(10, 80)},
	"ramp, slower with load":  {load: ramp(10, 80), slower: func(at float64, _ int) float64 { return 1 + 0.5*at }},
	"steps":                   {load: steps},
	"spike, recovers":         {load: spiked, slower: func(at float64, _ int) float64 { return 1 + 2*inSpike(at) }, errors: func(at float64, _ int) float64 { return 0.001 }},
	"errors at any load":      {load: ramp(10, 80), errors: func(float64, int) float64 { return 0.03 }},
	"a burst of errors":       {load: ramp(10, 80), errors: func(at float64, _ int) float64 { return 0.5 * near(at, 0.8) }},
	"exponential times":       {draw: func(r *rand.Rand, m float64) float64 { return m / math.Ln2 * r.ExpFloat64() }},
	"long tails":              {draw: func(r *rand.Rand, m float64) float64 { return m * math.Exp(0.9*r.NormFloat64()) }},
	"slower at once":          {load: steps, slower: func(at float64, _ int) float64 { return 1 + 4*math.Floor(2*at) }},
	"few requests":            {answers: func(_, users float64) float64 { return users / 400 }},
}

func inSpike(at float64) float64 {
	if spiked(at) > 100 {
		return 1
	}
	return 0
}

func near(at, moment float64) float64 {
	if math.Abs(at-moment) < 0.02 {
		return 1
	}
	return 0
}

// TestFalseAlarms runs worlds without anything to find: no check may find
// something in more than 2 % of the runs of any.
func TestFalseAlarms(t *testing.T) {
	t.Parallel()
	worst := map[string]float64{}
	for name, w := range plain {
		alarms := map[string]int{}
		for seed := range seeds() {
			r := Analyze(w.run(uint64(seed)))
			var kinds []string
			for _, f := range r.Findings {
				if !slices.Contains(kinds, f.Kind) {
					kinds = append(kinds, f.Kind)
					alarms[f.Kind]++
				}
			}
		}
		for kind, n := range alarms {
			rate := float64(n) / float64(seeds())
			worst[kind] = max(worst[kind], rate)
			if rate > 0.02 && n > 1 { // one says nothing where few runs are made
				t.Errorf("%s: %s was found in %d of %d runs", name, kind, n, seeds())
			}
		}
	}
	for _, c := range checks {
		t.Logf("%-18s at most %.1f %% false alarms in any of %d worlds × %d runs", c.kind, 100*worst[c.kind], len(plain), seeds())
	}
}

// TestDetection runs worlds with one thing to find, which must be found in at
// least 95 % of the runs, of the right request where it is one's own.
func TestDetection(t *testing.T) {
	t.Parallel()
	second := func(f func(at float64) float64) func(float64, int) float64 {
		return func(at float64, k int) float64 {
			if k == 1 {
				return f(at)
			}
			return 1
		}
	}
	for _, c := range []struct {
		name, kind, request string
		w                   world
	}{
		{"rises by 60 % over 5 min", "slowdown", "GET /r1", world{slower: second(func(at float64) float64 { return 1 + 0.6*at })}},
		{"rises to 2.5 ×, unsteady", "slowdown", "GET /r1", world{noise: 0.15, slower: second(func(at float64) float64 { return 1 + 1.5*at })}},
		{"errors from 0 to 8 % with the load", "errors_with_load", "GET /r1", world{load: ramp(20, 160), errors: func(at float64, k int) float64 {
			if k != 1 {
				return 0
			}
			return 0.08 * at
		}}},
		{"1 of 200 answers 30 × as slow", "outliers", "", world{draw: func(r *rand.Rand, m float64) float64 {
			if r.Float64() < 0.005 {
				return 30 * m
			}
			return m * math.Exp(0.4*r.NormFloat64())
		}}},
		{"10 s without an answer", "stall", "", world{stalled: func(at float64) bool { return at > 0.5 && at < 0.54 }}},
		{"50 % slower after the spike", "recovery", "GET /r1", world{load: spiked, slower: second(func(at float64) float64 {
			if at > 0.35 {
				return 1.5
			}
			return 1
		})}},
		{"4 % errors after the spike", "recovery", "", world{load: spiked, errors: func(at float64, _ int) float64 {
			if at > 0.35 {
				return 0.04
			}
			return 0.001
		}}},
		{"full from 50 of 120 users on", "plateau", "", world{load: ramp(5, 120), answers: func(_, users float64) float64 { return math.Min(users, 50) / 10 }}},
		{"full from the fourth of six steps on", "plateau", "", world{load: steps, answers: func(_, users float64) float64 { return math.Min(users, 30) / 5 }}},
		{"full, so the target is the limit", "bottleneck", "", world{load: ramp(5, 120), answers: func(_, users float64) float64 { return math.Min(users, 50) / 10 }}},
		{"70 % from a cache, 8 × as fast", "modes", "", world{draw: func(r *rand.Rand, m float64) float64 {
			if r.Float64() < 0.7 {
				m /= 8
			}
			return m * math.Exp(0.35*r.NormFloat64())
		}}},
	} {
		found := 0
		for seed := range seeds() {
			r := Analyze(c.w.run(uint64(seed)))
			if slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Kind == c.kind && (c.request == "" || f.Request == c.request) }) {
				found++
			}
		}
		t.Logf("%-18s %-36s found in %d of %d", c.kind, c.name, found, seeds())
		if found*100 < 95*seeds() {
			t.Errorf("%s: %s was found in %d of %d runs", c.name, c.kind, found, seeds())
		}
	}
}
