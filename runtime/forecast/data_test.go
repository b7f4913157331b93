package forecast

import (
	"slices"
	"strings"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/report"
)

func TestDataNeeded(t *testing.T) {
	made := []plan.DataColumn{{Name: "n", Make: plan.Const{Value: plan.IntValue(1)}}}
	for _, c := range []struct {
		name  string
		data  plan.Data
		life  plan.Lifetime
		from  string
		short bool
		shown string
	}{
		{"a row a user", plan.Data{Rows: 30, File: "f.csv"}, plan.LifetimeRun, "file", false, "30 rows"},
		{"too few for the users", plan.Data{Rows: 29}, plan.LifetimeRun, "inline", true, "29 rows"},
		{"users that are new in every iteration", plan.Data{Rows: 30}, plan.LifetimeIteration, "inline", true, "30 rows"},
		{"rows without end", plan.Data{Endless: true, Columns: made, Per: plan.PerIteration}, plan.LifetimeRun, "generated", false, "no end"},
		{"generated rows with an end", plan.Data{Rows: 10, Columns: made}, plan.LifetimeRun, "generated", true, "10 rows"},
		{"rows that setup makes", plan.Data{From: plan.Const{}, Order: plan.Unique}, plan.LifetimeRun, "setup", false, "after setup"},
	} {
		m := operators()
		l := baseline()
		c.data.Name = "d"
		m.Data, m.Classes[0].Reads, m.Classes[0].Lifetime = []plan.Data{c.data}, []int{0}, c.life
		f := New(m.load(l))
		d := f.Data[0]
		if d.From != c.from || d.Short != c.short || d.Endless != c.data.Endless {
			t.Errorf("%s: %+v", c.name, d)
		}
		told := slices.ContainsFunc(f.Surprises, func(s Surprise) bool { return strings.HasPrefix(s.Kind, "rows_") })
		if told != c.short {
			t.Errorf("%s: surprises %+v", c.name, f.Surprises)
		}
		if s := write(t, f, report.TextOptions{Width: 120}); !strings.Contains(s, c.shown) {
			t.Errorf("%s: %q is not shown:\n%s", c.name, c.shown, s)
		}
	}
}

// An expression that reads a generated row can be drawn before the run.
func TestDrawsFromGeneratedRows(t *testing.T) {
	m := operators()
	seconds := plan.Func(func(f *plan.Frame) (plan.Value, error) { return plan.IntValue(2 + f.Each*0), nil })
	m.Data = []plan.Data{{Name: "d", Endless: true, Columns: []plan.DataColumn{{Name: "s", Make: seconds}}}}
	for i := range m.Classes[0].Tasks {
		m.Classes[0].Tasks[i].Wait = plan.Wait{Kind: plan.WaitFor, For: &plan.Column{}}
	}
	if got := New(m.load(baseline())).Classes[0].Wait.Mean; got != report.Ms(2*sec) {
		t.Errorf("the mean wait is %v", got)
	}
}
