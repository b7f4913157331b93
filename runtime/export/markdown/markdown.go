// Package markdown writes what a run came to as GitHub-flavoured Markdown,
// for the summary of a CI step and for a comment on a pull request: the
// verdict, the limits and the requests worst first, what failed, and how to
// run it again.
//
// Names come from outside: they stand as code, escaped, so that none of them
// breaks a table, becomes a link or an image, or notifies a person.
package markdown

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// Limit is how many characters GitHub lets a comment have. Bytes are counted
// here, so that the bound holds whatever is counted there.
const Limit = 65536

// Options bound the text.
type Options struct {
	Most int // bytes; 0: Limit
}

const (
	leastMost  = 4096
	closing    = 2048 // kept for what comes last
	maxName    = 120  // cells of a name in a table
	maxReasons = 10
)

// Write writes the text, never longer than the options allow: of what does
// not fit, the best is left out and counted.
func Write(w io.Writer, run *results.Run, o Options) error {
	if o.Most <= 0 {
		o.Most = Limit
	}
	p := &page{run: run, r: run.Report, most: max(o.Most, leastMost) - closing}
	p.head()
	p.slas()
	p.requests("Requests", p.r.Requests, true)
	p.requests("Groups", p.r.Groups, false)
	p.errors()
	p.end()
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("writing Markdown: %w", err)
	}
	return nil
}

// page is the text so far.
type page struct {
	run  *results.Run
	r    *report.Report
	b    strings.Builder
	most int
}

func (p *page) line(s string) { p.b.WriteString(s + "\n") }

var symbols = map[text.State]string{text.Fail: "✗", text.Inconclusive: "?", text.Warn: "!", text.Pass: "✓", text.NoSLA: "–"}

func state(s text.State) string {
	return symbols[s] + " " + strings.ReplaceAll(s.String(), "none", "no SLA")
}

func (p *page) head() {
	r, v := p.r, p.r.Verdict
	name := code(r.Plan.Scenario, maxName)
	if r.Plan.Profile != "" {
		name += " · " + code(r.Plan.Profile, maxName)
	}
	p.line(fmt.Sprintf("## %s %s: %s", symbols[v.State], strings.ToUpper(v.State.String()), name))
	p.line("")
	var parts []string
	for _, c := range []struct {
		n    int
		word string
	}{{v.Failed, "broken"}, {v.Inconclusive, "undecided"}, {v.Warned, "with a warning"}, {v.Passed, "kept"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.word))
		}
	}
	limits := "no limits judged"
	if len(parts) > 0 {
		limits = "limits: " + strings.Join(parts, ", ")
	}
	p.line(fmt.Sprintf("%s · ran %s · %s users at most (%s model) · %s requests, %s failed · %s",
		limits, text.Clock(time.Duration(r.Run.Elapsed)), text.Count(int64(r.Run.PeakUsers)), r.Plan.Model,
		text.Count(r.Total.Samples), text.Count(r.Total.Failed), r.Run.Started.UTC().Format("2 Jan 2006 15:04 UTC")))
	p.line("")
	p.reasons()
}

func (p *page) reasons() {
	list := p.run.Doubts()
	for i, reason := range list {
		if i == maxReasons {
			p.line(fmt.Sprintf("- and %d more", len(list)-i))
			break
		}
		p.line("- " + prose(reason))
	}
	if len(list) > 0 {
		p.line("")
	}
}

// table writes as many lines as there is room for, best left out.
func (p *page) table(title, head string, n int, row func(int) string) {
	if n == 0 {
		return
	}
	columns := strings.Count(head, "|") - 1
	start := "### " + title + "\n\n" + head + "\n" + "|" + strings.Repeat("---|", columns) + "\n"
	const note = 80
	if p.b.Len()+len(start)+note > p.most {
		p.line(fmt.Sprintf("%s: %d, left out for length", title, n))
		p.line("")
		return
	}
	p.b.WriteString(start)
	for i := range n {
		s := row(i) + "\n"
		if p.b.Len()+len(s)+note > p.most {
			p.line("")
			p.line(fmt.Sprintf("%d more, left out for length", n-i))
			break
		}
		p.b.WriteString(s)
	}
	p.line("")
}

func cells(fields ...string) string { return "| " + strings.Join(fields, " | ") + " |" }

func (p *page) slas() {
	p.table("Limits, worst first", "| | SLA | limit | measured | margin | samples | worst request | declared at |", len(p.r.SLAs), func(i int) string {
		s := &p.r.SLAs[i]
		at := ""
		if s.Site != nil {
			at = code(fmt.Sprintf("%s:%d", s.Site.File, s.Site.Line), maxName)
		}
		worst := "all together"
		if s.Request != "" {
			worst = code(s.Request, maxName)
		}
		return cells(state(s.State), code(s.Name, maxName), prose(s.Rule+" "+limit(s)), prose(s.MeasuredText()), prose(s.MarginText()),
			text.Count(s.Samples), worst, at)
	})
}

func limit(s *report.SLA) string {
	if s.Floor {
		return s.LimitText()
	}
	return "≤ " + s.LimitText()
}

// requests writes a table of requests or groups, and below it their sum.
func (p *page) requests(title string, list []report.Request, total bool) {
	n := len(list)
	if n > 0 && total {
		n++
	}
	p.table(title+", worst first", "| | request | sent | req/s | failed | p50 | p95 | p99 | max |", n, func(i int) string {
		name, mark, f := "all", "", &p.r.Total
		if i < len(list) {
			name, mark, f = code(list[i].Name, maxName), state(list[i].State), &list[i].Figures
		}
		l := &f.Latency
		return cells(mark, name, text.Count(f.Samples), text.Rate(float64(f.Rate)), text.Percent(float64(f.ErrorRate))+" %",
			latency(l, "p50", l.P50), latency(l, "p95", l.P95), latency(l, "p99", l.P99), latency(l, "max", l.Max))
	})
}

// latency is one figure: "≥" where timeouts reach it, "*" where so few
// samples cannot prove it.
func latency(l *report.Latency, name string, v *report.Ms) string {
	if v == nil {
		return text.None
	}
	s := text.Duration(float64(*v))
	for _, b := range l.Bounded {
		if b == name {
			s = text.AtLeast(float64(*v))
		}
	}
	for _, few := range l.TooFew {
		if few == name {
			s += "\\*"
		}
	}
	return s
}

func (p *page) errors() {
	p.table("Failures, most frequent first", "| count | request | failure | first – last | detail |", len(p.r.Errors), func(i int) string {
		e := &p.r.Errors[i]
		what := e.Class
		if e.Status != 0 {
			what += fmt.Sprintf(" %d", e.Status)
		}
		return cells(text.Count(e.Count), code(e.Request, maxName), prose(what),
			text.Clock(time.Duration(e.First))+" – "+text.Clock(time.Duration(e.Last)), code(e.Detail, 2*maxName))
	})
}

// end says how to run it again; there is always room for it.
func (p *page) end() {
	again := text.Clean(p.r.Again)
	if len(again) > closing/2 {
		again = "" // the report has it
	}
	if again != "" {
		fence := "```"
		for strings.Contains(again, fence) {
			fence += "`"
		}
		p.line("Run it again:")
		p.line("")
		p.line(fence + "sh")
		p.line(again)
		p.line(fence)
		p.line("")
	}
	p.line(fmt.Sprintf("<sub>throng %s · run %s · seed %s · times are of successes and timeouts; \\* too few samples to prove it</sub>",
		prose(cut(p.r.Tool.Version, 40)), code(p.r.Run.ID, 60), cmp.Or(p.r.Plan.Seed, "–")))
}

// entities stand for what Markdown, its tables and its links would act on.
var entities = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;",
	"\\", "&#92;", "~", "&#126;", "://", "&#58;//", "$", "&#36;",
)

// code is a text from outside, as code.
func code(s string, most int) string {
	if s == "" {
		return ""
	}
	return "<code>" + entities.Replace(cut(s, most)) + "</code>"
}

func cut(s string, most int) string { return (text.Style{}).Cut(text.Clean(s), most) }

// prose is a sentence that may hold texts from outside. What would notify a
// person or link to an issue stands as code.
func prose(s string) string {
	s = entities.Replace(cut(s, 400))
	var b strings.Builder
	for i := range len(s) {
		act := s[i] == '@' || s[i] == '#' && (i == 0 || s[i-1] != '&')
		if act {
			b.WriteString("<code>" + s[i:i+1] + "</code>")
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
