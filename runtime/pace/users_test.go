package pace

import (
	"math/rand/v2"
	"testing"
	"time"

	"throng/dsl/plan"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

func TestUsersAt(t *testing.T) {
	ramp := []plan.Stage{{Level: 30, Over: 6 * sec, Hold: 4 * sec}}
	spike := []plan.Stage{{Level: 10, Hold: sec}, {Level: 4, Over: 3 * sec}, {Level: 0}}
	for _, c := range []struct {
		name   string
		stages []plan.Stage
		at     time.Duration
		want   int
	}{
		{"before the start", ramp, -1, 0},
		{"the first at once", ramp, 0, 1},
		{"6 s / 30 users: one every 200 ms, the second not yet", ramp, 200*ms - 1, 1},
		{"the second at 200 ms", ramp, 200 * ms, 2},
		{"the 30th at 29 x 200 ms", ramp, 5800 * ms, 30},
		{"just before it 29", ramp, 5800*ms - 1, 29},
		{"held", ramp, 8 * sec, 30},
		{"the last level stays", ramp, time.Hour, 30},
		{"over = 0: all at once", spike, 0, 10},
		{"3 s for 6 users: the first goes after 500 ms, so 10 stay until then", spike, sec + 500*ms - 1, 10},
		{"the first has gone", spike, sec + 500*ms, 9},
		{"the sixth goes as the ramp ends, where the drop to 0 stands", spike, 4 * sec, 0},
		{"five have gone before", spike, 4*sec - 1, 5},
		{"a fractional level floors", []plan.Stage{{Level: 2.9}}, 0, 2},
		{"a level below one is nobody", []plan.Stage{{Level: 0.9}}, 0, 0},
		{"no stages", nil, sec, 0},
	} {
		if got := NewUsers(c.stages).At(c.at); got != c.want {
			t.Errorf("%s: At(%v) = %d, want %d", c.name, c.at, got, c.want)
		}
	}
}

func TestUsersChanges(t *testing.T) {
	u := NewUsers([]plan.Stage{{Level: 3, Over: 300 * ms, Hold: 200 * ms}, {Level: 1, Over: 200 * ms}, {Level: 5}})
	want := []Change{{0, 1}, {100 * ms, 2}, {200 * ms, 3}, {600 * ms, 2}, {700 * ms, 5}}
	i := 0
	for c := range u.Changes() {
		if i >= len(want) || c != want[i] {
			t.Fatalf("change %d is %v, want %v", i, c, want)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d changes, want %d", i, len(want))
	}
}

// stagesFrom builds a random but sane schedule.
func stagesFrom(r *rand.Rand, maxLevel float64) []plan.Stage {
	stages := make([]plan.Stage, 1+r.IntN(6))
	for i := range stages {
		s := plan.Stage{Level: float64(int(r.Float64() * maxLevel))}
		if r.IntN(3) > 0 {
			s.Over = time.Duration(r.Int64N(int64(20 * sec)))
		}
		if r.IntN(3) > 0 {
			s.Hold = time.Duration(r.Int64N(int64(20 * sec)))
		}
		if r.IntN(4) == 0 {
			s.Level += r.Float64()
		}
		stages[i] = s
	}
	return stages
}

// checkUsers holds the iterator against At: every change is one, At stands
// still between changes, and ramps move one user at a time.
func checkUsers(t *testing.T, stages []plan.Stage) {
	t.Helper()
	u := NewUsers(stages)
	last, level, n := time.Duration(-1), 0, 0
	for c := range u.Changes() {
		if c.At <= last || c.Users == level || c.Users < 0 {
			t.Fatalf("%v: change %v after %v at level %d", stages, c, last, level)
		}
		if got := u.At(c.At - 1); got != level {
			t.Fatalf("%v: At just before %v is %d, want %d", stages, c.At, got, level)
		}
		if got := u.At(c.At); got != c.Users {
			t.Fatalf("%v: At(%v) is %d, want %d", stages, c.At, got, c.Users)
		}
		last, level = c.At, c.Users
		if n++; n > 100_000 {
			break
		}
	}
	if n <= 100_000 && len(stages) > 0 && level != whole(stages[len(stages)-1].Level) {
		t.Fatalf("%v: ends at %d", stages, level)
	}
}

func TestUsersProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		checkUsers(t, stagesFrom(r, 200))
	}
}

func TestUsersWithoutOverflow(t *testing.T) {
	u := NewUsers([]plan.Stage{{Level: 1e6, Over: 1000 * time.Hour}})
	// 500,000 users before half of the time, and the next one exactly then.
	if got := u.At(500 * time.Hour); got != 500_001 {
		t.Errorf("At(500h) = %d", got)
	}
}

func FuzzUsers(f *testing.F) {
	f.Add(int64(6e9), int64(4e9), 30.0, int64(0), int64(1e9), 3.5)
	f.Add(int64(1), int64(0), 1e5, int64(7), int64(-4), -1.0)
	f.Fuzz(func(t *testing.T, over1, hold1 int64, l1 float64, over2, hold2 int64, l2 float64) {
		const limit = int64(1e16)
		if l1 > 2000 || l2 > 2000 || over1 > limit || over2 > limit || hold1 > limit || hold2 > limit {
			return
		}
		checkUsers(t, []plan.Stage{
			{Level: l1, Over: time.Duration(over1), Hold: time.Duration(hold1)},
			{Level: l2, Over: time.Duration(over2), Hold: time.Duration(hold2)},
		})
	})
}
