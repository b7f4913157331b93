package changes

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"throng/runtime/report/text"
)

const (
	defaultWidth = 80
	maxProse     = 100 // cells a sentence may take before it is broken
	maxValue     = 160 // cells of a value before its middle is left out
	maxDetails   = 8   // properties of one change; the rest is in the JSON form
	maxNames     = 4
)

// Options are for the text form. A width of 0 means 80.
type Options struct {
	Style text.Style
	Width int
}

// WriteJSON writes the changes for programs.
func WriteJSON(w io.Writer, c *Changes) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the changes: %w", err)
	}
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("writing the changes: %w", err)
	}
	return nil
}

// WriteText writes the changes for people. No line is wider than the options
// allow.
func WriteText(w io.Writer, c *Changes, o Options) error {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	t := &writer{st: o.Style, width: min(o.Width, maxProse)}
	t.write(c)
	if _, err := io.WriteString(w, t.b.String()); err != nil {
		return fmt.Errorf("writing the changes: %w", err)
	}
	return nil
}

type writer struct {
	st    text.Style
	width int
	b     strings.Builder
}

func (t *writer) write(c *Changes) {
	if c.Empty() {
		t.prose("", "", text.Plain, fmt.Sprintf("No changes: %s tests the same as %s.", name(c.New), name(c.Old)))
		return
	}
	t.prose("", "", text.Bold, fmt.Sprintf("%s from %s to %s", plural(c.Count(), "change"), name(c.Old), name(c.New)))
	for _, g := range c.Groups {
		t.b.WriteString("\n" + t.st.Paint(text.Bold, strings.ToUpper(g.Name)) + "\n")
		for i := range g.Changes {
			t.change(&g.Changes[i])
		}
	}
}

// name says which plan a side is.
func name(s Side) string {
	if s.File != "" {
		return s.File
	}
	return s.Dir
}

var marks = map[string]string{Added: "+ ", Removed: "- ", Changed: "~ ", Renamed: "~ ", Moved: "~ "}

func (t *writer) change(c *Change) {
	role := map[string]text.Role{Added: text.PassRole, Removed: text.FailRole}[c.Kind]
	t.prose(marks[c.Kind], "  ", role, sentence(c))
	for i, d := range c.Details {
		if i == maxDetails && len(c.Details) > maxDetails+1 {
			t.prose("    ", "", text.Dim, fmt.Sprintf("and %d more properties", len(c.Details)-i))
			break
		}
		role := map[string]text.Role{Loosened: text.WarnRole}[d.Effect]
		t.prose("    ", "  ", role, words(&d))
	}
	if len(c.Requests) > 0 {
		names := slices.Clone(c.Requests[:min(len(c.Requests), maxNames)])
		if more := len(c.Requests) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("and %d more", more))
		}
		t.prose("    ", "", text.Dim, strings.Join(names, "; "))
	}
}

// sentence says what happened to what.
func sentence(c *Change) string {
	s := title(c)
	switch c.Kind {
	case Added:
		s += " is new"
	case Removed:
		s += " is gone"
	case Renamed:
		return fmt.Sprintf("%s was called %s%s", s, quoted(c.What, c.Was), inside(c.In))
	case Moved:
		return fmt.Sprintf("%s was in %s%s", s, orTop(c.Was), ", and is now in "+orTop(c.In))
	}
	return s + inside(c.In)
}

func orTop(place string) string {
	if place == "" {
		return "the scenario itself"
	}
	return place
}

func inside(in string) string {
	if in == "" {
		return ""
	}
	return " in " + in
}

func title(c *Change) string {
	switch {
	case len(c.Requests) > 0:
		return fmt.Sprintf("%d %ss", len(c.Requests), c.What)
	case c.Name == "":
		return "the " + c.What
	}
	return c.What + " " + quoted(c.What, c.Name)
}

func quoted(what, name string) string {
	if what == "request" {
		return name
	}
	return fmt.Sprintf("%q", name)
}

// words say what happened to a property.
func words(d *Detail) string {
	var s string
	switch {
	case d.Old == nil && d.New == nil:
		s = d.Name
	case d.Name == "covers" && d.New == nil:
		s = "covers no longer: " + *d.Old
	case d.Name == "covers":
		s = "covers now: " + *d.New
	case d.Old == nil:
		s = d.Name + ": " + short(*d.New)
	case d.New == nil:
		s = d.Name + ": " + short(*d.Old) + " → none"
	case *d.Old == *d.New:
		s = d.Name + ": other than before (" + short(*d.New) + ")"
	default:
		was, is := excerpt(*d.Old, *d.New)
		s = d.Name + ": " + was + " → " + is
	}
	if d.Effect != "" && d.Name != "covers" && d.Name != "covered by" {
		s += ", " + d.Effect
	}
	return s
}

// excerpt shortens two texts to where they differ.
func excerpt(a, b string) (string, string) {
	if text.Width(a) <= maxValue/2 && text.Width(b) <= maxValue/2 {
		return a, b
	}
	x, y := []rune(a), []rune(b)
	start := 0
	for start < len(x) && start < len(y) && x[start] == y[start] {
		start++
	}
	start = max(0, start-20)
	cut := func(r []rune) string {
		s := string(r[min(start, len(r)):])
		if start > 0 {
			s = "…" + s
		}
		return short(s)
	}
	return cut(x), cut(y)
}

// short leaves out the end of a long text.
func short(s string) string {
	if r := []rune(s); len(r) > maxValue/2 {
		return string(r[:maxValue/2-1]) + "…"
	}
	return s
}

// prose writes a text broken at spaces: its first line behind first, the
// others below it, further in by hang.
func (t *writer) prose(first, hang string, role text.Role, s string) {
	indent := strings.Repeat(" ", len(first)) + hang
	for i, l := range text.Wrap(t.st.Text(text.Clean(s)), t.width-len(indent)) {
		lead := indent
		if i == 0 {
			lead = t.st.Text(first)
		}
		t.b.WriteString(strings.TrimRight(lead+t.st.Paint(role, l), " ") + "\n")
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
