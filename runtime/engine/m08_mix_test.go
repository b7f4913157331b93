package engine

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"throng/dsl/plan"
)

// TestM08_ThinkTimes (M8): the pauses between an answer and the next request,
// as the target sees them, follow their law: Kolmogorov and Smirnov at one in
// a hundred on a fixed seed, mean within 4 deviations, none negative. That the
// language's own laws draw what they say is tested where they are:
// stdlib/random_test.go.
func TestM08_ThinkTimes(t *testing.T) {
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	for name, c := range map[string]struct {
		draw            func(f *plan.Frame) float64 // s
		law             func(x float64) float64
		mean, deviation float64
	}{
		"uniform": {func(f *plan.Frame) float64 { return 0.1 + 0.4*f.Rand.Float64() },
			func(x float64) float64 { return min(max((x-0.1)/0.4, 0), 1) }, 0.3, 0.4 / math.Sqrt(12)},
		"exponential": {func(f *plan.Frame) float64 { return 0.5 * f.Rand.ExpFloat64() },
			func(x float64) float64 { return 1 - math.Exp(-x/0.5) }, 0.5, 0.5},
		"lognormal": {func(f *plan.Frame) float64 { return 0.2 * math.Exp(0.5*f.Rand.NormFloat64()) },
			func(x float64) float64 { return phi(math.Log(x/0.2) / 0.5) }, 0.2 * math.Exp(0.125), 0.2 * math.Exp(0.125) * math.Sqrt(math.Exp(0.25)-1)},
		"pareto": {func(f *plan.Frame) float64 { return 0.1 * math.Pow(1-f.Rand.Float64(), -1/3.0) },
			func(x float64) float64 { return 1 - math.Pow(0.1/max(x, 0.1), 3) }, 0.15, 0.1 * math.Sqrt(0.75)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newPlan()
				b.class("u", 1, task("t", 1, plan.Wait{Kind: plan.WaitFor, For: plan.Func(func(f *plan.Frame) (plan.Value, error) {
					return plan.FloatValue(c.draw(f)), nil
				})}, b.get("/", 0)))
				f := newFake(steady(10 * ms))
				do(t, b.closed(300*sec, plan.Stage{Level: 10}), f, rarely)
				var pauses []float64
				last := map[int]float64{}
				sum := 0.0
				for _, k := range f.calls {
					at := k.At.Seconds()
					if before, ok := last[k.Client]; ok {
						x := at - before - 0.01
						if x < 0 {
							t.Fatalf("a pause of %v s", x)
						}
						pauses, sum = append(pauses, x), sum+x
					}
					last[k.Client] = at
				}
				n := float64(len(pauses))
				if z := (sum/n - c.mean) / c.deviation * math.Sqrt(n); n < 5000 || math.Abs(z) > 4 {
					t.Errorf("the mean of %v pauses is %.1f deviations off", n, z)
				}
				follows(t, name, pauses, c.law)
			})
		})
	}
}

// mix is how often each of the weighted tasks is done by so many users.
func mix(t *testing.T, pick plan.Pick, users int, each int64, weights ...float64) (counts []int64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		var tasks []plan.Task
		for i, w := range weights {
			path := fmt.Sprintf("/%d", i)
			tasks = append(tasks, task(path, w, waitFor(0.01), b.get(path, 0)))
		}
		b.class("u", 1, tasks...)
		b.Classes[0].Pick = pick
		b.closed(0, plan.Stage{Level: float64(users)})
		b.Profile.Loads[0].IterationsPerUser = each
		out := do(t, b, newFake(steady(0)))
		counts = make([]int64, len(weights))
		for i := range weights {
			counts[i] = out.Classes[0].Tasks[i].Begun
		}
	})
	return counts
}

var mixes = []struct {
	weights []float64
	chi     float64 // chi-square at p = 0.001 for so many weights above zero
}{
	{[]float64{40, 30, 20, 10}, 16.27},
	{[]float64{997, 2, 1}, 13.82},
	{[]float64{5, 0, 5}, 10.83},
	{[]float64{7}, 0},
}

// TestM09_DeclaredMix (M9): with the even choice, which is the default, every
// task has its declared share to within a handful of requests, whether few
// users do much or many do little: |achieved − n·w| ≤ 1 + log₂(1+n)/2, the
// order of discrepancy of Kronecker sequences with a badly approximable step
// (L. Kuipers and H. Niederreiter, Uniform Distribution of Sequences, 1974,
// chapter 2). What weighs nothing is never done.
func TestM09_DeclaredMix(t *testing.T) {
	for _, m := range mixes {
		for _, c := range []struct {
			users int
			each  int64
		}{{1, 1000}, {10, 100}, {500, 3}} {
			n, total := float64(int64(c.users)*c.each), 0.0
			for _, w := range m.weights {
				total += w
			}
			for i, got := range mix(t, plan.PickEven, c.users, c.each, m.weights...) {
				want := n * m.weights[i] / total
				if math.Abs(float64(got)-want) > 1+math.Log2(1+n)/2 || m.weights[i] == 0 && got > 0 {
					t.Errorf("%v, %d users × %d: task %d was done %d times, want %v", m.weights, c.users, c.each, i, got, want)
				}
			}
		}
	}
}

// TestM09_RandomMix (M9): with the random choice the counts are multinomial:
// Pearson's chi-square, p > 0.001 on a fixed seed.
func TestM09_RandomMix(t *testing.T) {
	for _, m := range mixes {
		counts := mix(t, plan.PickRandom, 50, 400, m.weights...)
		total, n, chi := 0.0, 0.0, 0.0
		for i, w := range m.weights {
			total, n = total+w, n+float64(counts[i])
		}
		for i, w := range m.weights {
			if w == 0 {
				if counts[i] > 0 {
					t.Errorf("%v: task %d weighs nothing and was done %d times", m.weights, i, counts[i])
				}
				continue
			}
			want := n * w / total
			chi += (float64(counts[i]) - want) * (float64(counts[i]) - want) / want
		}
		if chi > m.chi+1e-9 {
			t.Errorf("%v: chi-square %.2f, the limit %.2f: %v", m.weights, chi, m.chi, counts)
		}
	}
}

// TestM27_SameSeedSameChoices (M27): the same seed gives each user the same
// tasks, draws and pauses, on whatever number of processors, and so of the
// recorder's shards, they run; another seed gives others.
func TestM27_SameSeedSameChoices(t *testing.T) {
	histories := func(seed uint64, processors int) (users map[int64][]string) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		synctest.Test(t, func(t *testing.T) {
			b := newPlan()
			b.Seed = seed
			own := func(path string) *plan.Request {
				r := b.get(path, 0)
				r.Headers = []plan.Pair{{Name: "X-Draw", Value: plan.Func(func(f *plan.Frame) (plan.Value, error) {
					return plan.StringValue(fmt.Sprintf("%d %v", f.User.Index, f.Rand.Uint64())), nil
				})}}
				return r
			}
			b.class("u", 1, task("a", 3, uniform(0.01, 0.5), own("/a")), task("b", 2, uniform(0.01, 0.5), own("/b")))
			b.closed(20*sec, plan.Stage{Level: 12, Over: 5 * sec})
			f := newFake(steady(5 * ms))
			do(t, b, f)
			users = map[int64][]string{}
			for _, c := range f.calls {
				var user int64
				_, draw, _ := strings.Cut(c.Text, "X-Draw: ")
				if _, err := fmt.Sscan(draw, &user); err != nil {
					t.Fatalf("%q: %v", c.Text, err)
				}
				users[user] = append(users[user], fmt.Sprint(c.At, c.Text))
			}
		})
		return users
	}
	first := histories(42, 1)
	if len(first) != 12 || len(first[0]) < 50 {
		t.Fatalf("%d users, the first with %d requests", len(first), len(first[0]))
	}
	for _, processors := range []int{1, 2, 8} {
		if !maps.EqualFunc(first, histories(42, processors), slices.Equal) {
			t.Errorf("with %d processors the users did something else", processors)
		}
	}
	if maps.EqualFunc(first, histories(43, 1), slices.Equal) {
		t.Error("another seed gave the same choices")
	}
}
