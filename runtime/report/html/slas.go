package html

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// slaSection is the table of promises.
type slaSection struct {
	Says     string
	Rows     []slaRow
	Unjudged string
}

type slaRow struct {
	State           state
	Name            string
	Rule            string
	Match           string
	Measured        string
	Interval        string
	Limit           string
	Margin          string
	Bar             template.HTML
	N               string
	Samples         int64
	Needed          string
	Since           string
	Site, ShortSite string
	Why             []string
	Judged          []judgedRow
	Over            float64 // for sorting
	Range           string  // fragment of its breach
	Warning         bool
}

// maxSite is how many characters a place in the source has in the table.
const maxSite = 28

type judgedRow struct {
	State                          state
	Request, Measured, Interval, N string
}

func (b *builder) slas() slaSection {
	s := slaSection{Says: b.slaSays()}
	for i := range b.r.SLAs {
		s.Rows = append(s.Rows, b.slaRow(&b.r.SLAs[i]))
	}
	if len(b.r.Unjudged) > 0 {
		s.Unjudged = report.Unjudged(b.r.Unjudged)
	}
	return s
}

func (b *builder) slaSays() string {
	if len(b.r.SLAs) == 0 {
		return "No SLA was declared for this profile. A block such as sla \"fast\" { p95 = \"500ms\" } in the scenario makes one."
	}
	s := capital(b.words.Sentence) + "."
	if b.run.Broken != "" {
		s = "So far: " + b.words.Sentence + "."
	}
	worst := &b.r.SLAs[0]
	name := text.Clean(worst.Title() + " " + worst.RuleText())
	switch worst.State {
	case text.Fail, text.Warn:
		s += fmt.Sprintf(" Worst: %s, measured %s against a limit of %s.", name, worst.MeasuredText(), worst.LimitText())
	case text.Pass:
		s += fmt.Sprintf(" Tightest: %s, measured %s of the %s allowed.", name, worst.MeasuredText(), worst.LimitText())
	}
	return s
}

func (b *builder) slaRow(s *report.SLA) slaRow {
	row := slaRow{
		State: stateOf(s.State), Name: text.Clean(s.Title()), Rule: text.Clean(s.RuleText()), Match: text.Clean(s.Match),
		Measured: s.MeasuredText(), Interval: s.IntervalText(&s.Judged), Limit: s.LimitText(), Margin: s.MarginText(),
		N: text.Count(s.Samples), Samples: s.Samples, Since: text.None, Site: site(s.Site), ShortSite: text.Style{}.Shorten(site(s.Site), maxSite), Bar: marginBar(s), Warning: s.Warning,
	}
	if row.State.Class == text.Inconclusive.String() && s.Samples >= s.Needed {
		row.State.Word = "undecided"
	}
	if s.Needed > s.Samples {
		row.Needed = text.Count(s.Needed)
	}
	if used, ok := usedOf(s, s.Ratio); ok {
		row.Over = used
	}
	if at, ok := b.breach(s); ok {
		row.Since = text.Clock(at)
		row.Range = rangeLink(at, b.t.end)
	}
	row.Why = b.details(s)
	if len(s.All) > 1 {
		for i := range s.All {
			j := &s.All[i]
			row.Judged = append(row.Judged, judgedRow{
				State: stateOf(j.State), Request: text.Clean(j.Request), Measured: s.JudgedText(j), Interval: s.IntervalText(j), N: text.Count(j.Samples),
			})
		}
	}
	return row
}

// breach is when a rule was first broken, for one that is broken.
func (b *builder) breach(s *report.SLA) (time.Duration, bool) {
	if s.State != text.Fail && s.State != text.Warn {
		return 0, false
	}
	for _, m := range b.run.Marks {
		if m.Kind == results.MarkBreach && concerns(m.Name, s) {
			return m.At, true
		}
	}
	return 0, false
}

// concerns reports whether a mark's name is that of a rule: its SLA's alone, or
// followed by the rule's.
func concerns(name string, s *report.SLA) bool {
	rest, found := strings.CutPrefix(name, s.Name)
	rest = strings.TrimSpace(strings.TrimPrefix(rest, ":"))
	return found && (rest == "" || strings.HasPrefix(rest, s.Rule))
}

// usedOf is how much of a limit a figure uses up: 1 is the limit itself,
// beyond it is broken, also where the limit is a floor.
func usedOf(s *report.SLA, ratio *report.Num) (float64, bool) {
	if ratio == nil {
		return 0, false
	}
	r := float64(*ratio)
	if s.Floor {
		if r == 0 {
			return math.Inf(1), true
		}
		r = 1 / r
	}
	return r, true
}

// The bar's scale: two doublings to each side of the limit.
const (
	barWidth, barHeight = 180.0, 22.0
	doublings           = 2.0
)

// barAt is where a share of the limit lies on the bar, kept within it.
func barAt(used float64) (x float64, beyond int) {
	d := math.Log2(used)
	switch {
	case math.IsInf(d, -1) || d < -doublings:
		return 6, -1
	case math.IsNaN(d) || d > doublings:
		return barWidth - 6, 1
	}
	return barWidth/2 + d/doublings*(barWidth/2-6), 0
}

// marginBar draws measured against limit on a scale that all rules share: the
// line is the limit, the dot the measured figure, the whisker its interval.
func marginBar(s *report.SLA) template.HTML {
	used, ok := usedOf(s, s.Ratio)
	if !ok {
		return ""
	}
	var g svg
	says := fmt.Sprintf("measured %s, limit %s, margin %s", s.MeasuredText(), s.LimitText(), s.MarginText())
	g.open(barWidth, barHeight, "bar "+s.State.String(), says)
	mid := barHeight / 2
	g.line("axis", 0, mid, barWidth, mid)
	g.line("limit", barWidth/2, 2, barWidth/2, barHeight-2)
	if low, high, ok := usedInterval(s); ok {
		x0, _ := barAt(low)
		x1, _ := barAt(high)
		g.line("whisker", min(x0, x1), mid, max(x0, x1), mid)
		g.line("whisker", x0, mid-4, x0, mid+4)
		g.line("whisker", x1, mid-4, x1, mid+4)
	}
	switch x, beyond := barAt(used); beyond {
	case 0:
		g.printf(`<circle class="dot" cx="%s" cy="%s" r="5"/>`, f(x), f(mid))
	default:
		d := float64(beyond)
		g.printf(`<path class="dot" d="M%s %sl%s 6v-12z"/>`, f(x+6*d), f(mid), f(-10*d))
	}
	return g.close()
}

// usedInterval is the interval as shares of the limit; an open end reaches to
// the bar's.
func usedInterval(s *report.SLA) (low, high float64, ok bool) {
	i := s.Judged.Interval
	if i == nil || s.Limit == 0 || i.Low == nil && i.High == nil {
		return 0, 0, false
	}
	low, high = 0, math.Inf(1)
	if i.Low != nil {
		low = float64(*i.Low / s.Limit)
	}
	if i.High != nil {
		high = float64(*i.High / s.Limit)
	}
	return low, high, true
}
