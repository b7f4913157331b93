package cli

import (
	"fmt"
	"strings"

	"throng/dsl/library"
	"throng/runtime/changes"
	"throng/runtime/report/text"
)

// showCheck shows what module check found.
func (a *app) showCheck(c *libraryCheck, asJSON bool) error {
	if asJSON {
		return a.printJSON(c)
	}
	t := a.terminal(a.env.Stdout)
	w := &checkText{style: t.Style, width: min(max(t.Width(), 40), 100)}
	for _, f := range c.Findings {
		role := text.FailRole
		if f.Severity == "warning" {
			role = text.WarnRole
		}
		w.entry(f.Severity, role, f.Message, f.Site)
	}
	w.changes(c)
	for _, e := range c.Examples {
		w.b.WriteByte('\n')
		if err := changes.WriteText(&w.b, e.Changes, changes.Options{Style: t.Style, Width: t.Width()}); err != nil {
			return err
		}
	}
	w.end(c)
	_, err := a.env.Stdout.Write([]byte(w.b.String()))
	return err
}

// checkText is the text form of a check.
type checkText struct {
	style text.Style
	width int
	b     strings.Builder
}

func (w *checkText) changes(c *libraryCheck) {
	if len(c.Changes) == 0 {
		return
	}
	if len(c.Findings) > 0 {
		w.b.WriteByte('\n')
	}
	w.line(text.Bold, fmt.Sprintf("What changed for callers since %s", c.Against))
	roles := map[library.Severity]text.Role{library.Major: text.FailRole, library.Minor: text.WarnRole, library.Patch: text.Dim}
	for _, change := range c.Changes {
		w.entry(string(change.Severity), roles[change.Severity], change.Sentence, change.Site)
	}
}

// entry is one finding: a word, and sentences beside it.
func (w *checkText) entry(word string, role text.Role, message string, at *library.Site) {
	if at != nil {
		message += fmt.Sprintf(" (%s:%d)", at.File, at.Line)
	}
	const column = 9
	for i, line := range text.Wrap(w.style.Text(text.Clean(message)), w.width-column) {
		lead := strings.Repeat(" ", column)
		if i == 0 {
			lead = w.style.Paint(role, fmt.Sprintf("%-*s", column, word))
		}
		w.b.WriteString(lead + line + "\n")
	}
}

// line is a sentence.
func (w *checkText) line(role text.Role, s string) {
	for _, line := range text.Wrap(w.style.Text(text.Clean(s)), w.width) {
		w.b.WriteString(w.style.Paint(role, line) + "\n")
	}
}

// end says what it comes to.
func (w *checkText) end(c *libraryCheck) {
	if w.b.Len() > 0 {
		w.b.WriteByte('\n')
	}
	errors := 0
	for _, f := range c.Findings {
		if f.Severity == "error" {
			errors++
		}
	}
	if errors > 0 {
		w.line(text.FailRole, fmt.Sprintf("%s is not fit to be published: %s.", c.Name, counted(errors, "error")))
	} else {
		w.line(text.PassRole, fmt.Sprintf("%s is fit to be published.", c.Name))
	}
	switch {
	case c.Severity == "" && c.LastVersion != "": // a warning says why
	case c.Severity == "":
		w.line(text.Plain, "There is no earlier version that it was compared with.")
	case c.NextVersion != "" && len(c.Changes) == 0:
		w.line(text.Plain, fmt.Sprintf("Nothing changed for callers since %s. The next version is at least %s.", c.LastVersion, c.NextVersion))
	case c.NextVersion != "":
		w.line(text.Plain, fmt.Sprintf("After %s the next version is at least %s: the severest change is %s.", c.LastVersion, c.NextVersion, c.Severity))
	case len(c.Changes) == 0:
		w.line(text.Plain, fmt.Sprintf("Nothing changed for callers since %s.", c.Against))
	default:
		w.line(text.Plain, fmt.Sprintf("The severest change since %s is %s.", c.Against, c.Severity))
	}
}
