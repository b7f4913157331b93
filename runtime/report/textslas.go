package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"throng/runtime/report/text"
)

// narrow is the width below which the place in the source moves below the
// table, and so does the number of samples.
const narrow = 76

// maxSite is how many cells the place in the source may take in a table.
const maxSite = 28

// slas writes the table of rules: what is broken, undecided or warned of in
// full, what is kept in one line.
func (t *textWriter) slas() {
	var shown, kept []*SLA
	for i := range t.r.SLAs {
		s := &t.r.SLAs[i]
		if s.State == text.Pass && !t.o.All {
			kept = append(kept, s)
			continue
		}
		shown = append(shown, s)
	}
	if len(shown) > 0 {
		table := t.slaTable(shown)
		lines := table.Lines(t.width)
		t.line(lines[0])
		for i, s := range shown {
			t.line(lines[i+1])
			for _, d := range t.slaDetails(s) {
				t.prose(4, text.Plain, d)
			}
		}
	}
	if len(kept) > 0 {
		t.kept(kept, len(shown) > 0)
	}
	if len(t.r.Unjudged) > 0 {
		t.prose(2, text.Dim, Unjudged(t.r.Unjudged))
	}
	if len(t.r.SLAs)+len(t.r.Unjudged) > 0 {
		t.line("")
	}
}

// Unjudged says which of the scenario's SLAs do not judge the profile.
func Unjudged(names []string) string {
	return "not judged in this profile: " + text.Clean(strings.Join(names, ", "))
}

func (t *textWriter) slaTable(list []*SLA) *text.Table {
	table := &text.Table{Style: t.st, Min: 8, Columns: []text.Column{
		{Title: ""}, {Title: "SLA", Shrink: true}, {Title: "metric"}, {Title: "measured", Right: true},
		{Title: "limit", Right: true}, {Title: "margin", Right: true}, {Title: "n", Right: true},
	}}
	if t.width >= narrow {
		table.Columns = append(table.Columns, text.Column{Title: "declared at"})
	}
	for _, s := range list {
		row := []text.Cell{
			{Text: t.st.Symbol(s.State), Role: s.State.Role()}, {Text: t.outside(s.Title()), Role: text.Bold}, {Text: t.outside(s.RuleText())},
			{Text: t.st.Text(s.MeasuredText()), Role: s.State.Role()}, {Text: t.st.Text(s.LimitText())},
			{Text: t.st.Text(s.MarginText())}, {Text: text.Count(s.Samples)},
		}
		if t.width >= narrow {
			row = append(row, text.Cell{Text: t.st.Shorten(t.at(s.Site), maxSite), Role: text.Dim})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// at is a place in the source, as editors and terminals link it.
func (t *textWriter) at(s *Site) string {
	if s == nil {
		return t.st.Text(text.None)
	}
	return t.outside(fmt.Sprintf("%s:%d", s.File, s.Line))
}

// slaDetails are the clauses below a rule that is not kept.
func (t *textWriter) slaDetails(s *SLA) []string {
	var details []string
	if s.State != text.Pass {
		details = append(details, t.why(s)...)
		if s.Site != nil && (t.width < narrow || text.Width(t.at(s.Site)) > maxSite) {
			details = append(details, "declared at "+text.Clean(fmt.Sprintf("%s:%d", s.Site.File, s.Site.Line)))
		}
		return details
	}
	if s.Windows != nil {
		details = append(details, text.Clean(s.Windows.Says))
	}
	if sure := t.sure(s); sure != "" {
		details = append(details, sure)
	}
	return details
}

// sure says where a percentile lies with a confidence of 95 %.
func (t *textWriter) sure(s *SLA) string {
	if i := s.IntervalText(&s.Judged); i != "" {
		return "95 % sure: " + i
	}
	return ""
}

const maxWorst = 3 // judged requests named below a rule

func (t *textWriter) why(s *SLA) []string {
	var clauses []string
	if s.Request != "" && len(s.All) > 1 {
		clauses = append(clauses, t.worstOf(s))
	} else if s.Request != "" {
		clauses = append(clauses, text.Clean(s.Request))
	}
	if c := t.causes(s); c != "" {
		clauses = append(clauses, c)
	} else if s.Reason != "" {
		clauses = append(clauses, text.Clean(s.Reason))
	}
	if c := t.sure(s); c != "" {
		clauses = append(clauses, c)
	}
	if c := t.longer(s); c != "" {
		clauses = append(clauses, c)
	}
	if len(clauses) == 0 {
		return nil
	}
	return []string{strings.Join(clauses, " · ")}
}

// worstOf names the requests a rule is not kept for, where each is judged by
// itself.
func (t *textWriter) worstOf(s *SLA) string {
	var names []string
	n := 0
	for i := range s.All {
		j := &s.All[i]
		if j.State != s.State {
			continue
		}
		n++
		if n <= maxWorst || t.o.All {
			name := text.Clean(j.Request)
			if j.Measured != nil {
				name += " " + s.JudgedText(j)
			}
			names = append(names, name)
		}
	}
	more := ""
	if n > len(names) {
		more = fmt.Sprintf(" and %d more", n-len(names))
	}
	of := "requests"
	if s.Metrics {
		of = "metrics"
	}
	return fmt.Sprintf("%d of %d %s: %s%s", n, len(s.All), of, strings.Join(names, ", "), more)
}

const maxCauses = 3

// causes are the kinds of failures behind an error rate that is too high.
func (t *textWriter) causes(s *SLA) string {
	if s.Metric != "error_rate" || s.Floor || s.State != text.Fail && s.State != text.Warn {
		return ""
	}
	var parts []string
	for i := range t.r.Errors {
		e := &t.r.Errors[i]
		if !t.concerns(s, e) {
			continue
		}
		if len(parts) == maxCauses {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, fmt.Sprintf("%s × %s at %s", text.Count(e.Count), what(e), span(e.First, e.Last)))
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s of %s failed: %s", text.Count(s.Over), text.Count(s.Samples), strings.Join(parts, ", "))
}

// concerns reports whether an error belongs to a request the rule is judged
// for by itself; joint judgements do not say which requests they cover.
func (t *textWriter) concerns(s *SLA, e *Error) bool {
	for i := range s.All {
		if s.All[i].Request == e.Request && s.All[i].State == s.State {
			return e.Request != ""
		}
	}
	return false
}

// span is when errors happened: "0:45" or "0:45–0:50".
func span(from, to Ms) string {
	first, last := text.Clock(time.Duration(from)), text.Clock(time.Duration(to))
	if first == last {
		return first
	}
	return first + "–" + last
}

// longer says how much more time the missing samples would take.
func (t *textWriter) longer(s *SLA) string {
	measured := time.Duration(t.r.Run.Measured).Seconds()
	if s.State != text.Inconclusive || s.Samples == 0 || s.Needed <= s.Samples || measured <= 0 {
		return ""
	}
	more := float64(s.Needed-s.Samples) * measured / float64(s.Samples)
	return "about " + text.Whole(time.Duration(math.Ceil(more))*time.Second) + " more at this rate"
}

// kept folds the rules that are kept into one line, with the tightest.
func (t *textWriter) kept(list []*SLA, others bool) {
	tight := list[0]
	for _, s := range list {
		if s.tightness() > tight.tightness() {
			tight = s
		}
	}
	s := fmt.Sprintf("%d passed", len(list))
	if tight.Measured != nil {
		s += fmt.Sprintf(", tightest: %s %s %s", text.Clean(tight.Title()), text.Clean(tight.RuleText()), t.use(tight))
	}
	if others || len(list) > 1 {
		s += "  (--all lists them)"
	}
	mark := t.st.Symbol(text.Pass)
	indent := text.Width(mark) + 1
	for i, l := range text.Wrap(t.st.Text(s), t.width-indent) {
		if i == 0 {
			t.line(t.st.Paint(text.PassRole, mark) + " " + l)
			continue
		}
		t.line(strings.Repeat(" ", indent) + l)
	}
}

func (t *textWriter) use(s *SLA) string {
	sign := "≤ "
	if s.Floor {
		sign = ""
	}
	sure := ""
	if i := t.sure(s); i != "" {
		sure = " (" + i + ")"
	}
	return fmt.Sprintf("%s%s, limit %s%s", s.MeasuredText(), sure, sign, s.LimitText())
}
