package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"throng/runtime/report/text"
)

var classWords = map[string]string{
	"status": "status", "expect": "expectation not met", "capture": "nothing to capture", "expression": "expression failed",
	"timeout": "timeout", "connect_timeout": "connect timeout", "refused": "connection refused", "reset": "connection cut",
	"truncated": "answer cut short", "protocol": "broken protocol", "too_large": "answer too large", "dns": "name not found",
	"tls": "TLS handshake failed", "redirect": "redirect refused", "unreachable": "unreachable",
	"local_files": "out of files here", "local_ports": "out of ports here", "internal": "defect of throng",
}

// what is the kind of an error in a few words: "503", "timeout".
func what(e *Error) string {
	if e.Class == "status" && e.Status > 0 {
		return fmt.Sprint(e.Status)
	}
	if w, ok := classWords[e.Class]; ok {
		return w
	}
	return text.Clean(e.Class)
}

// What is the kind of the error in a few words.
func (e *Error) What() string { return what(e) }

const maxErrors = 8 // kinds shown in full, unless all are asked for

// errors writes the kinds of failures, most frequent first, each with an
// example.
func (t *textWriter) errors() {
	list := t.r.Errors
	if len(list) == 0 {
		if t.r.Total.Samples > 0 {
			t.section("ERRORS", fmt.Sprintf("0 in %s", text.Count(t.r.Total.Samples)))
		}
		t.abandoned()
		return
	}
	table := &text.Table{Style: t.st, Min: minName, Columns: []text.Column{
		{Title: "ERRORS", Right: true}, {Title: ""}, {Title: "request", Shrink: true}, {Title: "when"},
	}}
	shown := list
	if len(shown) > maxErrors && !t.o.All {
		shown = shown[:maxErrors]
	}
	for i := range shown {
		e := &shown[i]
		table.Rows = append(table.Rows, []text.Cell{
			{Text: t.st.Text(text.Count(e.Count) + " ×")}, {Text: t.st.Text(what(e)), Role: text.FailRole},
			{Text: t.outside(e.Request)}, {Text: t.st.Text(span(e.First, e.Last)), Role: text.Dim},
		})
	}
	lines := table.Lines(t.width)
	t.line(lines[0])
	for i := range shown {
		t.line(lines[i+1])
		t.example(&shown[i])
	}
	if rest := list[len(shown):]; len(rest) > 0 {
		var n int64
		for i := range rest {
			n += rest[i].Count
		}
		t.prose(2, text.Dim, fmt.Sprintf("… %s more, %s  (--all lists them)", plural(len(rest), "kind"), count(n, "failure")))
	}
	if n := t.r.Total.Retried; n > 0 {
		t.prose(2, text.Dim, text.Count(n)+" of the failures were tried again")
	}
	t.abandoned()
	t.line("")
}

const exampleIndent = 11

// example writes what is known of one failure, a line each.
func (t *textWriter) example(e *Error) {
	show := func(label, s string) {
		if s == "" {
			return
		}
		s = t.st.Cut(t.st.Text(label)+t.outside(s), t.width-exampleIndent)
		t.line(strings.Repeat(" ", exampleIndent) + t.st.Paint(text.Dim, s))
	}
	detail := e.Detail
	if e.Site != nil {
		detail = strings.TrimSpace(detail + "  " + fmt.Sprintf("(%s:%d)", e.Site.File, e.Site.Line))
	}
	show("", detail)
	if t.o.All {
		for l := range strings.Lines(e.Example.Sent) {
			show("sent: ", strings.TrimRight(l, "\r\n"))
		}
	}
	answer := oneLine(e.Example.Answer)
	if answer == "" && e.Status > 0 {
		answer = "(empty)"
	}
	show("answer: ", answer)
}

// oneLine joins the lines of a text, so that a formatted answer still shows
// something in one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// abandoned says which tasks ended for want of a session value.
func (t *textWriter) abandoned() {
	for _, a := range t.r.Abandoned {
		s := fmt.Sprintf("! %s of %s abandoned: session.%s held nothing", count(a.Count, "task"), text.Clean(a.Class), text.Clean(a.Value))
		if a.Site != nil {
			s += text.Clean(fmt.Sprintf("  (%s:%d)", a.Site.File, a.Site.Line))
		}
		t.prose(2, text.WarnRole, s)
	}
}

// mix says how well the declared traffic was met.
func (t *textWriter) mix() {
	if t.o.All && len(t.r.Mix) > 0 {
		t.mixTable()
		return
	}
	var worst *Share
	most := -1.0
	for i := range t.r.Mix {
		s := &t.r.Mix[i]
		if s.Declared == nil || s.Achieved == nil || *s.Declared == 1 {
			continue
		}
		if d := math.Abs(float64(*s.Achieved - *s.Declared)); d > most {
			worst, most = s, d
		}
	}
	switch {
	case worst == nil:
	case most < 0.0005:
		t.section("MIX", "as declared: no class or task is off by 0.1 % of the whole")
	default:
		t.section("MIX", fmt.Sprintf("largest difference %s: declared %s %%, got %s %% (%s)", shareName(worst),
			text.Percent(float64(*worst.Declared)), text.Percent(float64(*worst.Achieved)), shareCount(worst)))
	}
	label := ""
	if worst == nil {
		label = "MIX"
	}
	for i := range t.r.Mix {
		if s := &t.r.Mix[i]; s.Fixed {
			t.section(label, fmt.Sprintf("beside the mix: %s of %s", shareCount(s), text.Clean(s.Class)))
		}
	}
}

func shareName(s *Share) string {
	if s.Task == "" {
		return text.Clean(s.Class)
	}
	return text.Clean(s.Class) + " / " + text.Clean(s.Task)
}

func shareCount(s *Share) string {
	return count(s.Count, strings.TrimSuffix(s.Counted, "s"))
}

func (t *textWriter) mixTable() {
	table := &text.Table{Style: t.st, Min: 12, Columns: []text.Column{
		{Title: "MIX", Shrink: true}, {Title: "declared %", Right: true}, {Title: "got %", Right: true}, {Title: "count", Right: true}, {Title: "of"},
	}}
	cell := func(n *Num) text.Cell {
		if n == nil {
			return text.Cell{Text: t.st.Text(text.None)}
		}
		return text.Cell{Text: t.st.Text(text.Percent(float64(*n)))}
	}
	for i := range t.r.Mix {
		s := &t.r.Mix[i]
		declared := cell(s.Declared)
		if s.Fixed {
			declared.Text = "fixed"
		}
		table.Rows = append(table.Rows, []text.Cell{
			{Text: t.outside(shareName(s))}, declared, cell(s.Achieved), {Text: text.Count(s.Count)}, {Text: s.Counted, Role: text.Dim},
		})
	}
	t.table(table)
}

// trust says whether the figures can be believed.
func (t *textWriter) trust() {
	t.section("TRUST", t.booksText())
	g := &t.r.Generator
	if g.OK {
		t.section("", fmt.Sprintf("generator ok · CPU %s %% of %s · start lag p99 %s", text.Percent(float64(g.CPU)),
			plural(g.Cores, "core"), text.Duration(float64(g.StartLagP99))))
	}
	said := t.r.Verdict.State != text.Pass && slices.ContainsFunc(t.r.Verdict.Beside, func(why string) bool {
		return slices.ContainsFunc(g.Saturated, func(s string) bool { return strings.Contains(why, s) })
	})
	if said {
		t.section("", "! generator: it was itself a limit, as said above")
	} else {
		for _, s := range g.Saturated {
			t.section("", "! generator: "+text.Clean(s))
		}
	}
	if g.LocalFailures > 0 {
		t.section("", "! "+count(g.LocalFailures, "failure")+" of this machine, not of the target")
	}
	if t.o.All && g.Cores > 0 {
		t.section("", g.figuresText())
	}
	t.model()
	if w := t.r.Warmup; w.Length > 0 {
		s := fmt.Sprintf("first %s left out of all figures: %s", ranFor(time.Duration(w.Length)), count(w.Samples, "request"))
		if w.Failed > 0 {
			s += ", " + text.Count(w.Failed) + " failed"
		}
		t.section("WARM-UP", s)
	}
	for i, n := range t.r.Notes {
		label := ""
		if i == 0 {
			label = "NOTES"
		}
		t.section(label, text.Clean(n))
	}
}

func (t *textWriter) booksText() string {
	k := t.r.Books
	s := fmt.Sprintf("%s = %s ok + %s failed", text.Count(k.Intended), text.Count(k.Succeeded), text.Count(k.Failed))
	if k.Missed > 0 {
		s += " + " + text.Count(k.Missed) + " missed"
	}
	if k.InFlight > 0 {
		s += " + " + text.Count(k.InFlight) + " cut off"
	}
	if k.Balance == 0 {
		s = "books balance: " + s
	} else {
		s = "! books do not balance: " + strings.Replace(s, "=", "≠", 1) + ", " + text.Count(k.Balance) + " unaccounted for"
	}
	return s + " · " + text.Count(k.Lost) + " lost"
}

// facts say where the results are and how to run this again.
func (t *textWriter) facts() {
	if len(t.r.Files) > 0 {
		var list []string
		for _, f := range t.r.Files {
			list = append(list, text.Clean(f))
		}
		t.section("FILES", strings.Join(list, "   "))
	}
	t.again()
}

// again writes the command, broken so that a shell still reads it.
func (t *textWriter) again() {
	label := "AGAIN"
	for _, l := range text.Command(t.outside(t.r.Again), t.width-labelWidth) {
		t.line(t.st.Paint(text.Bold, text.Pad(label, labelWidth, false)) + l)
		label = ""
	}
}

// Hint is the start of what the failure itself has to say: its detail, else
// its answer.
func (e *Error) Hint() string {
	if e.Detail != "" {
		return e.Detail
	}
	return e.Example.Answer
}
