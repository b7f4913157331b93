package html

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

// finding is one thing a reader should know, with when it was.
type finding struct {
	State state
	Text  string
	More  []string
	When  string // "0:45–0:50"
	Href  string // what shows it: a range of time, a request
}

// findings are what stands out: limits that are not kept, worst first, and
// stretches in which nothing was finished.
func (b *builder) findings() []finding {
	var list []finding
	for i := range b.r.SLAs {
		if s := &b.r.SLAs[i]; s.State == text.Fail {
			list = append(list, b.slaFinding(s))
		}
	}
	for _, s := range b.t.silent {
		long := text.Whole(s.to - s.from)
		list = append(list, finding{
			State: stateOf(text.Warn), Text: fmt.Sprintf("nothing was answered for %s, while %s waited", long, counted(int64(s.users), "user")),
			When: text.Clock(s.from) + "–" + text.Clock(s.to), Href: rangeLink(s.from-5*time.Second, s.to+5*time.Second),
		})
	}
	for _, state := range []text.State{text.Inconclusive, text.Warn} {
		for i := range b.r.SLAs {
			if s := &b.r.SLAs[i]; s.State == state {
				list = append(list, b.slaFinding(s))
			}
		}
	}
	return list
}

func (b *builder) slaFinding(s *report.SLA) finding {
	what := "is"
	switch s.State {
	case text.Inconclusive:
		what = "is not proven:"
	case text.Fail:
		what = "is broken:"
	case text.Warn:
		what = "warns:"
	}
	f := finding{State: stateOf(s.State), Text: fmt.Sprintf("%s %s %s measured %s, limit %s", text.Clean(s.Title()), text.Clean(s.RuleText()), what, s.MeasuredText(), s.LimitText())}
	if m := s.MarginText(); m != text.None && s.State != text.Inconclusive {
		f.Text += ", margin " + m
	}
	f.More = b.details(s)
	from, to, ok := b.trouble(s)
	var parts []string
	if ok {
		f.When = text.Clock(from)
		if text.Clock(to) != f.When {
			f.When += "–" + text.Clock(to)
		}
		parts = append(parts, rangeState(from-5*time.Second, to+5*time.Second))
	}
	if i := b.lineOf(s.Request); i >= 0 {
		parts = append(parts, fmt.Sprintf("open=%d", i))
	}
	f.Href = "#" + strings.Join(parts, "&")
	if len(parts) == 0 {
		f.Href = "#slas"
	}
	return f
}

// trouble is when a broken rule was broken: when its request's errors came, or
// from its first breach on.
func (b *builder) trouble(s *report.SLA) (from, to time.Duration, ok bool) {
	if s.Metric == "error_rate" && s.Request != "" {
		for i := range b.r.Errors {
			if e := &b.r.Errors[i]; e.Request == s.Request {
				if !ok {
					from, to, ok = time.Duration(e.First), time.Duration(e.Last), true
				}
				from, to = min(from, time.Duration(e.First)), max(to, time.Duration(e.Last))
			}
		}
		if ok {
			return from, to, true
		}
	}
	if at, broken := b.breach(s); broken {
		return at, b.t.end, true
	}
	return 0, 0, false
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
			list = append(list, capital(strings.Join(clauses, " · ")))
		}
	}
	return list
}
