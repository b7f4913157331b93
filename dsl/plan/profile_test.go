package plan

import (
	"testing"
	"time"
)

func TestTimetable(t *testing.T) {
	const m = time.Minute
	for _, c := range []struct {
		name string
		p    Profile
		want []Span
	}{
		{"to the end of the profile", Profile{Duration: 5 * m, Loads: []Load{{}, {Delay: m}}}, []Span{{0, 5 * m}, {m, 5 * m}}},
		{"an end of its own", Profile{Duration: 5 * m, Loads: []Load{{Delay: m, Duration: 2 * m}}}, []Span{{m, 3 * m}}},
		{"cut by the profile", Profile{Duration: 5 * m, Loads: []Load{{Delay: 4 * m, Duration: 2 * m}, {Delay: 9 * m}}}, []Span{{4 * m, 5 * m}, {5 * m, 5 * m}}},
		{"one after another, whatever their order", Profile{Duration: 7 * m, Floats: true, Loads: []Load{
			{After: []int{1}, Duration: 2 * m}, {After: []int{2}, Delay: m, Duration: m}, {Duration: 3 * m}, {}}},
			[]Span{{5 * m, 7 * m}, {4 * m, 5 * m}, {0, 3 * m}, {0, 7 * m}}},
		{"after the later of two", Profile{Floats: true, Duration: 6 * m, Loads: []Load{
			{Duration: m}, {Duration: 4 * m}, {After: []int{0, 1}, Duration: 2 * m}}}, []Span{{0, m}, {0, 4 * m}, {4 * m, 6 * m}}},
		{"iterations end when they end", Profile{Floats: true, Loads: []Load{
			{Iterations: 10}, {After: []int{0}, Duration: m}, {IterationsPerUser: 3}}}, []Span{{0, Unknown}, {Unknown, Unknown}, {0, Unknown}}},
		{"in a circle, which is refused elsewhere", Profile{Loads: []Load{{After: []int{1}, Duration: m}, {After: []int{0}, Duration: m}}}, nil},
	} {
		got := c.p.Timetable()
		if len(got) != len(c.p.Loads) {
			t.Fatalf("%s: %d spans", c.name, len(got))
		}
		for i := range c.want {
			if got[i] != c.want[i] {
				t.Errorf("%s: load %d is at work %v, want %v", c.name, i, got[i], c.want[i])
			}
		}
	}
}

// A load of its own is all for its class, whatever that weighs elsewhere; a
// fixed number of users has no part in any load.
func TestWhoRuns(t *testing.T) {
	p := &Plan{
		Classes: []Class{{Name: "shared", Weight: 3}, {Name: "own"}, {Name: "off"}, {Name: "fixed", FixedCount: 2}},
		Profile: Profile{Loads: []Load{{Classes: []int{0, 3}}, {Name: "own", Classes: []int{1}}}},
	}
	for class, runs := range []bool{true, true, false, true} {
		if p.Runs(class) != runs {
			t.Errorf("%s runs: %v", p.Classes[class].Name, !runs)
		}
	}
	common, own := &p.Profile.Loads[0], &p.Profile.Loads[1]
	for _, c := range []struct {
		load  *Load
		class int
		want  float64
	}{{common, 0, 3}, {common, 3, 0}, {own, 1, 1}} {
		if got := p.WeightIn(c.load, c.class); got != c.want {
			t.Errorf("%s weighs %v in load %q, want %v", p.Classes[c.class].Name, got, c.load.Name, c.want)
		}
	}
}
