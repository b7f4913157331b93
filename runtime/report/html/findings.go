package html

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"throng/runtime/analyze"
	"throng/runtime/report"
	"throng/runtime/report/text"
)

// read takes in the run's seconds: their course, and what throng analyze says
// of them, which is nil where nothing is known.
func (b *builder) read() error {
	r, err := analyze.NewReader(b.run)
	if err != nil {
		return err
	}
	if b.t, err = newTimeline(b.run, r.Take); err == nil && b.run.Each != nil {
		b.analysis = analyze.Analyze(r.Input())
	}
	return err
}

// findingSection is what stands out in a run, what was looked for besides, and
// what could not be told.
type findingSection struct {
	List    []finding
	Clear   []string
	Unknown []string
	Notes   []string
}

// finding is one thing a reader should know, with when it was.
type finding struct {
	State state
	Text  string
	Why   []string // what the rule's own line says
	Seen  string   // the figures it rests on
	Means string
	Next  []string
	When  string // "0:45–0:50"
	Href  string // what shows it: a range of time, a request
}

func (b *builder) findingSection() findingSection {
	s := findingSection{List: b.found}
	if b.analysis == nil {
		return s
	}
	for _, c := range b.analysis.Checks {
		switch {
		case c.State == analyze.Clear:
			s.Clear = append(s.Clear, text.Clean(c.Looked))
		case c.Reason != "":
			s.Unknown = append(s.Unknown, capital(text.Clean(c.Looked))+": "+text.Clean(c.Reason)+".")
		}
	}
	for _, n := range b.analysis.Notes {
		s.Notes = append(s.Notes, text.Clean(n))
	}
	return s
}

// findings are those of the analysis, worst first, then the limits that are
// not proven: nobody knows whether these were kept.
func (b *builder) findings() []finding {
	var list []finding
	if b.analysis != nil {
		for i := range b.analysis.Findings {
			list = append(list, b.finding(&b.analysis.Findings[i]))
		}
	}
	for i := range b.r.SLAs {
		if s := &b.r.SLAs[i]; s.State == text.Inconclusive {
			list = append(list, b.unproven(s))
		}
	}
	return list
}

// stateFor is how a finding is marked. Only a broken limit is a failure:
// everything else is for a reader to judge.
func stateFor(f *analyze.Finding) state {
	v := stateOf(text.Warn)
	switch {
	case f.SLA != "" && (f.Severity == analyze.Critical || f.Severity == analyze.High):
		v = stateOf(text.Fail)
	case f.Severity == analyze.Low:
		v = stateOf(text.NoSLA)
	}
	v.Word = string(f.Severity)
	return v
}

func (b *builder) finding(f *analyze.Finding) finding {
	out := finding{
		State: stateFor(f), Text: whole(text.Clean(strings.TrimSuffix(f.Says, "."))), Seen: whole(text.Clean(strings.Join(f.Seen(), " · "))),
		Means: f.Means, Next: f.Next, Href: "#timeline",
	}
	for i := range b.r.SLAs {
		if s := &b.r.SLAs[i]; s.Name == f.SLA && s.Rule == f.Rule && f.SLA != "" && (s.Request == f.Request || len(s.All) == 1) {
			out.Why = b.details(s)
		}
	}
	var parts []string
	from, to := time.Duration(f.From), time.Duration(f.To)
	if to > from {
		out.When = f.When()
		if from > 0 || to < b.t.end-b.t.width {
			parts = append(parts, rangeState(from-5*time.Second, to+5*time.Second))
		}
	}
	for _, name := range []string{f.Request, f.Worst} {
		if i := b.lineOf(name); i >= 0 {
			parts = append(parts, fmt.Sprintf("open=%d", i))
			break
		}
	}
	if len(parts) > 0 {
		out.Href = "#" + strings.Join(parts, "&")
	}
	return out
}

// units are what is not parted from its figure at a line's end.
var units = regexp.MustCompile(`(\d) (%|×|ns|µs|ms|s|min|users|pt)\b|(\d) (%|×)`)

// whole keeps figures and their units on one line.
func whole(s string) string { return units.ReplaceAllString(s, "$1$3\u00a0$2$4") }

func (b *builder) unproven(s *report.SLA) finding {
	f := finding{
		State: stateOf(s.State), Why: b.details(s), Href: "#slas",
		Text: fmt.Sprintf("%s %s is not proven: measured %s, limit %s", text.Clean(s.Title()), text.Clean(s.RuleText()), s.MeasuredText(), s.LimitText()),
	}
	if i := b.lineOf(s.Request); i >= 0 {
		f.Href = fmt.Sprintf("#open=%d", i)
	}
	return f
}

// foundOf are the analysis's findings of one kind.
func (b *builder) foundOf(kind string) []analyze.Finding {
	if b.analysis == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(b.analysis.Findings), func(f analyze.Finding) bool { return f.Kind != kind })
}

// lineOf is the line of a request in the tables; -1 for none.
func (b *builder) lineOf(request string) int {
	for i := range b.r.Requests {
		if request != "" && b.r.Requests[i].Name == request {
			return i
		}
	}
	return -1
}

func rangeState(from, to time.Duration) string {
	return fmt.Sprintf("t=%d-%d", int64(max(0, from)/time.Second), int64(to/time.Second))
}

func rangeLink(from, to time.Duration) string { return "#" + rangeState(from, to) }

// details explain a rule; its interval has a column of its own.
func (b *builder) details(s *report.SLA) []string {
	var list []string
	for _, d := range b.r.Details(s) {
		clauses := slices.DeleteFunc(strings.Split(d, " · "), func(c string) bool { return strings.HasPrefix(c, "95 % sure") })
		if len(clauses) > 0 {
			list = append(list, whole(capital(strings.Join(clauses, " · "))))
		}
	}
	return list
}

// knee is where throughput stops growing, and what that says; 0 for nowhere.
func (b *builder) knee() (users float64, says string) {
	for _, f := range b.foundOf("plateau") {
		return float64(f.Evidence[0].Value), text.Clean(f.Says)
	}
	if b.analysis == nil {
		return 0, ""
	}
	for _, c := range b.analysis.Checks {
		if c.Kind == "plateau" && c.State == analyze.Clear {
			return 0, "There was no load from which on throughput stayed."
		}
	}
	return 0, ""
}
