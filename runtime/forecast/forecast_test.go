package forecast

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/pace"
	"throng/runtime/report"
	"throng/runtime/report/golden"
	"throng/runtime/report/text"
)

var plans = []struct {
	name string
	make func() *plan.Plan
}{{"day", day}, {"steady", steady}, {"bare", bare}, {"hostile", hostile}}

func write(t *testing.T, f *Forecast, o report.TextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteText(&b, f, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var unwanted = regexp.MustCompile(`NaN|undefined|Inf\b|\de[+-]\d|%!|hunter2`)

func fits(t *testing.T, s string, width int, ascii bool) {
	t.Helper()
	if m := unwanted.FindString(s); m != "" {
		t.Errorf("%q is in the text", m)
	}
	if !utf8.ValidString(s) {
		t.Error("the text is not UTF-8")
	}
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		if w := text.Width(line); w > width {
			t.Errorf("%d cells in a line, at most %d fit: %q", w, width, line)
		}
		if text.Clean(line) != line {
			t.Errorf("raw bytes in %q", line)
		}
		if ascii && strings.IndexFunc(line, func(r rune) bool { return r > 0x7e }) >= 0 {
			t.Errorf("beyond ASCII: %q", line)
		}
	}
}

func TestGoldens(t *testing.T) {
	for _, p := range plans {
		f := New(p.make())
		for _, o := range []report.TextOptions{{Width: 60}, {Width: 80}, {Width: 120}, {Width: 80, Style: text.Style{ASCII: true}}} {
			name := fmt.Sprintf("%s-%d", p.name, o.Width)
			if o.Style.ASCII {
				name += "-ascii"
			}
			s := write(t, f, o)
			fits(t, s, o.Width, o.Style.ASCII)
			golden.Check(t, name+".txt", s)
			colour := o
			colour.Style.Color = true
			if plain := regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(write(t, f, colour), ""); plain != s {
				t.Errorf("%s: colours change more than colours", name)
			}
		}
		golden.Check(t, p.name+"-all.txt", write(t, f, report.TextOptions{Width: 100, All: true}))
	}
}

func TestAnyWidthFits(t *testing.T) {
	for _, p := range plans {
		f := New(p.make())
		for width := 1; width <= 240; width += 29 {
			for _, ascii := range []bool{false, true} {
				fits(t, write(t, f, report.TextOptions{Width: width, All: true, Style: text.Style{ASCII: ascii}}), max(width, 60), ascii)
			}
		}
	}
}

func TestJSONReadsBack(t *testing.T) {
	for _, p := range plans {
		f := New(p.make())
		var b bytes.Buffer
		if err := WriteJSON(&b, f); err != nil {
			t.Fatal(err)
		}
		if m := unwanted.Find(b.Bytes()); m != nil {
			t.Errorf("%s: %q is in the JSON", p.name, m)
		}
		var back Forecast
		if err := json.Unmarshal(b.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := WriteJSON(&again, &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(b.String(), again.String()); d != "" {
			t.Errorf("%s: %s", p.name, d)
		}
	}
}

func TestSamePlanSameForecast(t *testing.T) {
	for _, p := range plans {
		if d := cmp.Diff(New(p.make()), New(p.make())); d != "" {
			t.Errorf("%s: %s", p.name, d)
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Max(1, math.Abs(a)) }

// Whatever the plan, the parts of a forecast add up to its whole.
func TestFiguresAddUp(t *testing.T) {
	check := func(name string, f *Forecast) {
		var rows, shares, classes, weights float64
		for i := range f.Requests {
			rows += float64(f.Requests[i].Expected)
			shares += float64(f.Requests[i].Share)
			if f.Requests[i].Measured > f.Requests[i].Expected+1e-6 {
				t.Errorf("%s: %s: more measured than sent", name, f.Requests[i].Name)
			}
		}
		for i := range f.Classes {
			c := &f.Classes[i]
			classes += float64(c.Expected)
			weights += float64(c.Share)
			sum := 0.0
			for _, k := range c.Tasks {
				sum += float64(k.Share)
			}
			if len(c.Tasks) > 0 && !near(sum, 1) {
				t.Errorf("%s: tasks of %s have %v of 1", name, c.Name, sum)
			}
			if c.Most != nil && *c.Most < c.Expected-1e-6 {
				t.Errorf("%s: %s: at most %v, but %v expected", name, c.Name, *c.Most, c.Expected)
			}
		}
		total := float64(f.Total.Expected)
		if !near(rows, total) || !near(classes, total) {
			t.Errorf("%s: total %v, rows %v, classes %v", name, total, rows, classes)
		}
		if total > 0 && !near(shares, 1) || !near(weights, 1) {
			t.Errorf("%s: requests have %v of 1, classes %v", name, shares, weights)
		}
		for i := range f.Curves {
			c := &f.Curves[i]
			for _, cols := range []int{1, 7, 60} {
				if top := slices.Max(c.columns(cols)); !near(top, c.Peak()) {
					t.Errorf("%s: %d columns reach %v, the peak is %v", name, cols, top, c.Peak())
				}
				for _, l := range drawing(c.columns(cols), c.Peak(), false) {
					if text.Width(l) != cols {
						t.Errorf("%s: %q is not %d wide", name, l, cols)
					}
				}
			}
			if last := c.Points[len(c.Points)-1].At; last != f.Ends {
				t.Errorf("%s: the curve ends at %v, the run at %v", name, last, f.Ends)
			}
		}
	}
	for _, p := range plans {
		check(p.name, New(p.make()))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 25 {
		check(fmt.Sprint("random ", i), New(anyPlan(r)))
	}
}

func anyPlan(r *rand.Rand) *plan.Plan {
	m := newMaker("any", "any")
	for c := range 1 + r.IntN(4) {
		class := plan.Class{Name: fmt.Sprint("c", c), Weight: float64(1 + r.IntN(9))}
		if c > 0 && r.IntN(4) == 0 {
			class.Weight, class.FixedCount = 0, r.IntN(5)
		}
		for k := range 1 + r.IntN(4) {
			t := m.get(c, float64(r.IntN(4)), waits(r.Float64(), 1+3*r.Float64()), fmt.Sprint("/", k))
			if k == 0 {
				t.Weight = 1
			}
			if r.IntN(3) == 0 {
				t.Wait = pacing(3 * r.Float64())
			}
			class.Tasks = append(class.Tasks, t)
		}
		if r.IntN(2) == 0 {
			class.Start = []plan.Step{m.request(c, "start", "POST", "/login")}
		}
		m.Classes = append(m.Classes, class)
	}
	l := plan.Load{MaxUsers: 1000}
	if r.IntN(3) == 0 {
		l.Model = plan.Open
	}
	for range 1 + r.IntN(4) {
		l.Stages = append(l.Stages, plan.Stage{Level: float64(r.IntN(50)), Over: time.Duration(r.IntN(30)) * sec, Hold: time.Duration(1+r.IntN(60)) * sec})
	}
	if r.IntN(3) == 0 {
		m.Profile.Iterations = int64(1 + r.IntN(3000))
		m.Profile.Duration = time.Duration(1+r.IntN(100)) * sec
	}
	if r.IntN(2) == 0 {
		m.Profile.Warmup = time.Duration(r.IntN(20)) * sec
	}
	return m.load(l)
}

// The arithmetic agrees with users that live their lives: the same plan,
// walked user by user with answers of the assumed time.
func TestCountsAgreeWithLivedUsers(t *testing.T) {
	short := newMaker("short", "sequence")
	short.Classes = []plan.Class{{Name: "guest", Weight: 1}}
	short.Classes[0].Tasks = []plan.Task{
		{Name: "tour", Weight: 1, Sequence: []plan.Task{short.get(0, 0, waits(2, 4), "/1"), short.get(0, 0, waits(2, 4), "/2"), short.get(0, 0, waits(2, 4), "/3")}},
		{Name: "ponder", Weight: 2, Wait: waits(1, 2), Steps: []plan.Step{short.request(0, "ponder", "GET", "/4"), &plan.Pause{For: between(3, 9)}, short.request(0, "ponder", "GET", "/5")}},
	}
	paced := newMaker("paced", "paced")
	paced.Classes = []plan.Class{{Name: "a", Weight: 1}, {Name: "b", Weight: 3}}
	paced.Classes[0].Tasks = []plan.Task{paced.get(0, 1, pacing(1.7), "/1"), paced.get(0, 2, pacing(0.05), "/2")}
	paced.Classes[1].Tasks = []plan.Task{paced.get(1, 1, plan.Wait{Kind: plan.WaitThroughput, For: plan.Const{Value: plan.FloatValue(0.4)}}, "/3")}
	for _, p := range []*plan.Plan{
		day(),
		short.load(plan.Load{Stages: []plan.Stage{{Level: 400, Over: 5 * sec, Hold: 12 * sec}, {Level: 100, Over: 3 * sec}}}),
		paced.load(plan.Load{Stages: []plan.Stage{{Level: 60, Over: 7 * sec, Hold: 71 * sec}}}),
	} {
		f := New(p)
		lived := live(p)
		sum := 0.0
		for i := range f.Requests {
			sum += lived[i]
			got, want := float64(f.Requests[i].Expected), lived[i]
			if tolerance := 0.03*want + 3*math.Sqrt(want) + 1; math.Abs(got-want) > tolerance {
				t.Errorf("%s: %s: %.1f expected, %v lived", p.Profile.Name, f.Requests[i].Name, got, want)
			}
		}
		if got := float64(f.Total.Expected); math.Abs(got-sum) > 0.015*sum {
			t.Errorf("%s: %.1f in all expected, %v lived", p.Profile.Name, got, sum)
		}
	}
}

// live walks the users of a plan with one closed load, and counts requests by
// row (request rows only, in order).
func live(p *plan.Plan) []float64 {
	rows := make([]float64, len(p.Rows))
	var weights []float64
	for _, c := range p.Profile.Loads[0].Classes {
		weights = append(weights, p.Classes[c].Weight)
	}
	split := pace.NewSplit(weights)
	var seats, since []int64
	end := int64(p.Profile.Duration)
	ordinal := make([]int64, len(p.Classes))
	one := func(class int, from, to int64) {
		life(p, class, ordinal[class], from, to, rows)
		ordinal[class]++
	}
	level := 0
	for c := range pace.NewUsers(p.Profile.Loads[0].Stages).Changes() {
		if int64(c.At) >= end {
			break
		}
		for ; level < c.Users; level++ {
			if level == len(seats) {
				seats, since = append(seats, int64(p.Profile.Loads[0].Classes[split.Next()])), append(since, 0)
			}
			since[level] = int64(c.At)
		}
		for ; level > c.Users; level-- {
			one(int(seats[level-1]), since[level-1], int64(c.At))
		}
	}
	for i := range level {
		one(int(seats[i]), since[i], end)
	}
	for c := range p.Classes {
		for range p.Classes[c].FixedCount {
			one(c, 0, end)
		}
	}
	var out []float64
	for i, r := range p.Rows {
		if r.Kind == plan.RequestSeries {
			out = append(out, rows[i])
		}
	}
	return out
}

func life(p *plan.Plan, class int, ordinal, now, end int64, rows []float64) {
	c := &p.Classes[class]
	f := &plan.Frame{Plan: p, Rand: rand.New(rand.NewPCG(uint64(class), uint64(ordinal)))}
	seconds := func(e plan.Expr) int64 {
		v, _ := e.Eval(f)
		return int64(v.Float64() * 1e9)
	}
	var steps func(list []plan.Step, stoppable bool) bool
	steps = func(list []plan.Step, stoppable bool) bool {
		for _, s := range list {
			switch s := s.(type) {
			case *plan.Request:
				rows[p.Series[s.Series].Row]++
				now += int64(Assumed)
			case *plan.Group:
				if !steps(s.Steps, stoppable) {
					return false
				}
			case *plan.Pause:
				if now += seconds(s.For); now >= end && stoppable {
					return false
				}
			}
		}
		return true
	}
	rest := func(w plan.Wait, base int64) bool {
		switch w.Kind {
		case plan.WaitFor:
			now += seconds(w.For)
		case plan.WaitPacing:
			now = max(now, base+seconds(w.For))
		case plan.WaitThroughput:
			v, _ := w.For.Eval(f)
			now = max(now, base+int64(1e9/v.Float64()))
		}
		return now < end
	}
	weights := make([]float64, len(c.Tasks))
	for i := range c.Tasks {
		weights[i] = c.Tasks[i].Weight
	}
	picks := pace.NewSequence(pace.NewWeights(weights), uint64(class), ordinal)
	steps(c.Start, true)
	for now < end {
		list := []plan.Task{c.Tasks[picks.Next()]}
		if len(list[0].Sequence) > 0 {
			list = list[0].Sequence
		}
		for _, k := range list {
			if base := now; !steps(k.Steps, true) || !rest(k.Wait, base) {
				now = max(now, end)
				break
			}
		}
	}
	steps(c.Stop, false)
}
