package compare

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/schematest"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// changed is a comparison with something worse, and names from outside that
// would do harm.
func changed(t *testing.T) *Comparison {
	t.Helper()
	slow := steady
	slow.seconds, slow.slower = 100, [3]float64{1, 1.5, 1}
	was := steady
	was.seconds = 100
	c := compared(t, one(was.run(1)), one(slow.run(2)))
	c.Requests[1].Request = "GET /<script>|\x1b[31m\u202e`x`" + strings.Repeat("/long", 30)
	return c
}

func TestJSONFitsItsSchema(t *testing.T) {
	schema := schematest.Load(t, Schema)
	schema.Strict(t)
	short := steady
	short.seconds = 5
	for _, c := range []*Comparison{changed(t), compared(t, one(short.run(1)), one(short.run(2)))} {
		var b bytes.Buffer
		if err := WriteJSON(&b, c); err != nil {
			t.Fatal(err)
		}
		for _, fault := range schema.Check(t, "comparison", b.Bytes()) {
			t.Error(fault)
		}
	}
}

func TestTextFitsAndIsClean(t *testing.T) {
	c := changed(t)
	for _, width := range []int{80, 120} {
		for _, ascii := range []bool{false, true} {
			var b bytes.Buffer
			if err := WriteText(&b, c, TextOptions{Style: text.Style{ASCII: ascii}, Width: width, All: true}); err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(b.String(), "\n") {
				if text.Width(line) > width {
					t.Errorf("%d cells at %d: %s", text.Width(line), width, line)
				}
			}
			if strings.ContainsAny(b.String(), "\x1b\u202e") || strings.Contains(b.String(), "NaN") {
				t.Errorf("unclean:\n%s", b.String())
			}
			if !strings.HasPrefix(b.String(), "WORSE") {
				t.Errorf("the verdict does not come first:\n%s", b.String())
			}
		}
	}
	var b bytes.Buffer
	if err := WriteMarkdown(&b, c); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); strings.Contains(s, "<script>") || !strings.Contains(s, "**worse**") {
		t.Errorf("Markdown:\n%s", s)
	}
}

// The page is well-formed, draws both distributions of each request, and lets
// nothing from outside become markup.
func TestPage(t *testing.T) {
	var b bytes.Buffer
	if err := WriteHTML(&b, changed(t)); err != nil {
		t.Fatal(err)
	}
	s := b.String()
	if strings.Contains(s, "<script") || strings.ContainsAny(s, "\x1b\u202e") || strings.Contains(s, "NaN") || strings.Contains(s, "http") && !strings.Contains(s, "http-equiv") {
		t.Error("the page holds what it must not")
	}
	if n := strings.Count(s, `<polyline class="base"`); n != 3 || strings.Count(s, `<polyline class="now"`) != 3 {
		t.Errorf("%d drawings", n)
	}
	d := xml.NewDecoder(strings.NewReader(s))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// A gate must not rely on what cannot be told.
func TestDoubts(t *testing.T) {
	short := steady
	short.seconds = 5
	c := compared(t, one(short.run(1)), one(short.run(1)))
	if c.Word != Few || len(c.Doubts) == 0 {
		t.Errorf("five seconds are said to be %q, doubts %q", c.Word, c.Doubts)
	}
	minute := steady
	minute.seconds = 60
	broken := minute.run(1)
	broken.Broken = "it was killed"
	if c := compared(t, one(minute.run(1)), one(broken)); len(c.Doubts) != 1 || !strings.Contains(c.Doubts[0], "it was killed") {
		t.Errorf("doubts %q", c.Doubts)
	}
	busy := minute.run(1)
	busy.Report.Generator.Saturated = []string{"Steps began late."}
	if c := compared(t, one(busy), one(minute.run(1))); len(c.Doubts) != 1 {
		t.Errorf("doubts %q", c.Doubts)
	}
}

func TestDifferentPlans(t *testing.T) {
	w := steady
	w.seconds = 30
	of := func(users int) *results.Run {
		r := w.run(1)
		r.Plan = &plan.Plan{Scenario: "s", Sites: []plan.Site{{}}, Profile: plan.Profile{Name: "p", Duration: time.Duration(users) * time.Second}}
		r.Hash = strings.Repeat("x", users)
		return r
	}
	if c := compared(t, one(of(5)), one(of(5))); !c.Plans.Same || c.Plans.Reason != "" {
		t.Errorf("equal plans: %+v", c.Plans)
	}
	if c := compared(t, one(of(5)), one(of(6))); c.Plans.Same || c.Plans.Changes == nil {
		t.Errorf("different plans: %+v", c.Plans)
	}
	if c := compared(t, one(of(5)), one(w.run(2))); c.Plans.Known {
		t.Errorf("a plan that is not known: %+v", c.Plans)
	}
}

// A percentile that timeouts reach is worse by at least that; where the base's
// own is not known, nothing is said.
func TestTimeouts(t *testing.T) {
	late := func(share int) *results.Run {
		r := results.Run{}
		w := steady
		w.seconds = 100
		r = *w.run(3)
		rec := record.New(record.Config{Series: 1, Thresholds: make([][]int64, 1), Shards: 1})
		var seconds []*results.Second
		for k := range 20 {
			for i := range 200 {
				s := record.Sample{End: int64(50+i%20) * 1e6, Sent: 1, First: 2}
				if i%100 < share {
					s.Class, s.End = plan.FailTimeout, 2e9
				}
				rec.Writer(0).Add(s)
			}
			seconds = append(seconds, &results.Second{At: time.Duration(5*k) * time.Second, Length: 5 * time.Second, Rows: rec.Snapshot(time.Duration(k), false).Recent})
		}
		r.Rows = r.Rows[:1]
		r.Each = func(visit func(*results.Second) error) error {
			for _, s := range seconds {
				if err := visit(s); err != nil {
					return err
				}
			}
			return nil
		}
		return &r
	}
	p95 := func(c *Comparison) Change { return c.Requests[0].Figures[1] }
	if f := p95(compared(t, one(late(0)), one(late(8)))); f.Word != Worse || !f.Bounded {
		t.Errorf("timeouts reach the candidate's p95: %+v", f)
	}
	if f := p95(compared(t, one(late(8)), one(late(8)))); f.Word != Few || !strings.Contains(f.Reason, "timeouts") {
		t.Errorf("timeouts reach both: %+v", f)
	}
}
