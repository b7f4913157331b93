package analyze

import (
	"fmt"
	"io"
	"strings"

	"throng/runtime/report/text"
)

// Options are for the text form. A width of 0 means 80.
type Options struct {
	Style text.Style
	Width int
	All   bool // every figure and test, not the first ones only
}

const maxProse = 100 // cells a line may take however wide the screen is

// WriteText writes the result for people. No line is wider than the options
// allow.
func WriteText(w io.Writer, r *Result, o Options) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	t := &writer{st: o.Style, width: min(o.Width, maxProse), all: o.All}
	t.write(r)
	if _, err := io.WriteString(w, t.b.String()); err != nil {
		return fmt.Errorf("writing the analysis: %w", err)
	}
	return nil
}

type writer struct {
	st    text.Style
	width int
	all   bool
	b     strings.Builder
}

func (t *writer) write(r *Result) {
	t.prose("", text.Bold, headline(r))
	if r.Ended != "" {
		t.prose("", text.InconclusiveRole, "The run is not whole: "+r.Ended)
	}
	for i := range r.Findings {
		t.b.WriteString("\n")
		t.finding(&r.Findings[i])
	}
	t.checks(r)
	for _, n := range r.Notes {
		t.prose("  ", text.Dim, n)
	}
}

func headline(r *Result) string {
	if len(r.Findings) == 0 {
		return "Nothing found in " + r.Source + "."
	}
	counts := map[Severity]int{}
	for i := range r.Findings {
		counts[r.Findings[i].Severity]++
	}
	var parts []string
	for _, s := range severities {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	return plural(len(r.Findings), "finding", "findings") + " in " + r.Source + ": " + strings.Join(parts, ", ")
}

var roles = map[Severity]text.Role{Critical: text.FailRole, High: text.FailRole, Medium: text.WarnRole, Low: text.Plain}

func (t *writer) finding(f *Finding) {
	head := strings.ToUpper(string(f.Severity))
	t.hanging(head+strings.Repeat(" ", max(1, 10-len(head))), roles[f.Severity], f.Says)
	t.hanging("  seen    ", text.Dim, f.When()+" · "+strings.Join(f.Seen(), " · "))
	if t.all {
		t.hanging("  test    ", text.Dim, fmt.Sprintf("%s: %s, threshold %s; %s", f.Test.Name, show(float64(f.Test.Figure), Plain), show(float64(f.Test.Threshold), Plain), f.Test.Rule))
	}
	t.hanging("  means   ", text.Dim, f.Means)
	next := f.Next
	if !t.all && len(next) > 2 {
		next = next[:2]
	}
	t.hanging("  look at ", text.Dim, strings.Join(next, " "))
}

// checks say what was looked for, by what came of it.
func (t *writer) checks(r *Result) {
	var clear []string
	for _, c := range r.Checks {
		if c.State == Clear {
			clear = append(clear, c.Looked)
		}
	}
	if len(clear) > 0 {
		t.b.WriteString("\n")
		t.hanging("not found ", text.Dim, strings.Join(clear, " · "))
	}
	first := true
	for _, c := range r.Checks {
		if c.Reason == "" {
			continue
		}
		if first {
			t.b.WriteString("\n")
			t.prose("", text.Dim, "could not be told, or in part only:")
			first = false
		}
		t.prose("  ", text.Plain, c.Looked+": "+c.Reason)
	}
}

// hanging writes a label and a text that hangs beside it.
func (t *writer) hanging(label string, role text.Role, s string) {
	label = t.st.Text(label)
	indent := strings.Repeat(" ", text.Width(label))
	for i, line := range text.Wrap(t.st.Text(text.Clean(s)), t.width-text.Width(label)) {
		if i == 0 {
			t.b.WriteString(t.st.Paint(role, strings.TrimRight(label, " ")) + indent[len(strings.TrimRight(label, " ")):] + line + "\n")
			continue
		}
		t.b.WriteString(indent + line + "\n")
	}
}

func (t *writer) prose(indent string, role text.Role, s string) {
	t.b.WriteString(t.st.Prose(indent, role, s, t.width))
}
