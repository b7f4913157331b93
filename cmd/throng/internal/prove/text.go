package prove

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"throng/dsl/diag"
	"throng/dsl/testfile"
	"throng/runtime/report/text"
)

// Text shows results to a person.
type Text struct {
	W       io.Writer
	Style   text.Style
	Width   int
	Verbose bool // what was sent, too

	file *testfile.File
}

// Run shows one result, under the name of its file.
func (t *Text) Run(r *Result) {
	if t.file != r.File {
		t.file = r.File
		fmt.Fprintln(t.W, t.Style.Paint(text.Bold, t.Style.Text(text.Clean(r.File.Name))))
	}
	word := text.Pad(r.State.String(), 5, false)
	fmt.Fprintf(t.W, "  %s  %s\n", t.Style.Paint(roles[r.State], word),
		t.Style.Text(text.Clean(r.Run.Name)+"  "+text.Duration(float64(r.Took))))
	for _, n := range r.notes() {
		for i, line := range text.Wrap(t.Style.Text(text.Clean(n)), max(20, t.Width-9)) {
			mark := "- "
			if i > 0 {
				mark = "  "
			}
			fmt.Fprintln(t.W, "       "+t.Style.Paint(text.Dim, mark+line))
		}
	}
	if len(r.Findings) > 0 {
		_ = diag.WriteText(t.W, r.Findings, r.Sources, diag.Options{Width: t.Width, Color: t.Style.Color, ASCII: t.Style.ASCII})
	}
	t.difference(r.Difference)
	if t.Verbose && r.Requests != "" {
		for l := range strings.Lines(r.Requests) {
			fmt.Fprintln(t.W, strings.TrimRight("         "+t.Style.Text(shownLine(l)), " "))
		}
	}
}

// shownLine is a line of a snapshot as it can be shown.
func shownLine(l string) string {
	return text.Clean(strings.ReplaceAll(strings.TrimRight(l, "\n"), "\t", "    "))
}

var roles = [...]text.Role{Passed: text.PassRole, Failed: text.FailRole, Errored: text.FailRole, Skipped: text.WarnRole}

// notes are what is worth knowing of a result, in lines.
func (r *Result) notes() []string {
	list := r.Notes
	if r.State == Passed && !r.Checked {
		list = append(list, "it checks nothing: it has no assert, no snapshot and no expect_errors")
	}
	if r.Written != "" {
		list = append(list, "wrote "+r.Written)
	}
	return list
}

// difference writes a unified diff.
func (t *Text) difference(d string) {
	for l := range strings.Lines(d) {
		l = t.Style.Text(shownLine(l))
		role := text.Plain
		switch {
		case strings.HasPrefix(l, "+"):
			role = text.PassRole
		case strings.HasPrefix(l, "-"):
			role = text.FailRole
		case strings.HasPrefix(l, "@@"):
			role = text.Dim
		}
		fmt.Fprintln(t.W, "  "+t.Style.Paint(role, l))
	}
}

// End shows what it all came to.
func (t *Text) End(s *Summary, code int) {
	word, role := "PASS", text.PassRole
	switch {
	case s.Interrupted:
		word, role = "CUT", text.WarnRole
	case !s.OK() || code != 0:
		word, role = "FAIL", text.FailRole
	}
	fmt.Fprintf(t.W, "\n%s  exit %d  %s  %s\n", t.Style.Paint(role, word), code, s, t.Style.Text(text.Duration(float64(s.Took))))
}

// String counts the runs by what came of them.
func (s *Summary) String() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d passed", s.Counts[Passed])
	if s.Unchecked > 0 {
		fmt.Fprintf(&b, " (%d without a check)", s.Unchecked)
	}
	for _, x := range []struct {
		n    int
		what string
	}{{s.Counts[Failed], "failed"}, {s.Counts[Errored], "could not be done"}, {s.Counts[Skipped], "skipped"}, {s.Filtered, "filtered out"}} {
		if x.n > 0 {
			fmt.Fprintf(&b, ", %d %s", x.n, x.what)
		}
	}
	return b.String()
}
