package diag

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rivo/uniseg"
)

// MaxShown is how many diagnostics the text form shows; it says how many
// there are beside them.
const MaxShown = 50

// Options say how text is laid out.
type Options struct {
	Width int  // columns of the terminal; 0 means 80; 40 to 400 are used
	Color bool // with ANSI colours
	ASCII bool // rules and ellipses in ASCII; the author's text is left as it is
}

// WriteText writes the diagnostics for people, in the order of the source
// and each once. Sources holds the files' bytes by the names their ranges
// use; without its file a diagnostic is shown without snippet.
func WriteText(w io.Writer, ds Diagnostics, sources map[string][]byte, o Options) error {
	p := &printer{marks: unicodeMarks, width: 80, color: o.Color, library: newLibrary(sources)}
	if o.ASCII {
		p.marks = asciiMarks
	}
	if o.Width > 0 {
		p.width = min(max(o.Width, 40), 400)
	}
	all := ds.shown()
	for i, d := range all {
		if i == MaxShown {
			p.buf.WriteString(p.marks.ellipsis + " and " + strconv.Itoa(len(all)-i) + " more\n")
			break
		}
		p.diagnostic(d)
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

// marks are the drawings around the text.
type marks struct{ top, side, bottom, branch, ellipsis string }

var (
	unicodeMarks = marks{top: "╷", side: "│", bottom: "╵", branch: "├────────────────", ellipsis: "…"}
	asciiMarks   = marks{top: "+", side: "|", bottom: "+", branch: "+----------------", ellipsis: "..."}
)

// ANSI sequences.
const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	reset  = "\x1b[0m"
)

type printer struct {
	buf     bytes.Buffer
	marks   marks
	width   int
	color   bool
	tone    string // colour of the diagnostic being printed
	library *library
}

func (p *printer) paint(code, s string) string {
	if !p.color || s == "" {
		return s
	}
	return code + s + reset
}

// line writes one line behind the rule.
func (p *printer) line(s string) {
	p.buf.WriteString(p.paint(p.tone, p.marks.side))
	if s != "" {
		p.buf.WriteString(" " + s)
	}
	p.buf.WriteByte('\n')
}

func (p *printer) diagnostic(d *Diagnostic) {
	label := "Error"
	p.tone = red
	if d.Severity == Warning {
		label, p.tone = "Warning", yellow
	}
	p.buf.WriteString(p.paint(p.tone, p.marks.top) + "\n")
	head := clean(d.Summary, false)
	if d.Code != "" {
		head += " [" + clean(d.Code, false) + "]"
	}
	p.line(p.paint(p.tone, label+": ") + p.paint(bold, head))
	if d.Subject != nil {
		in := ""
		if d.Block != "" {
			in = ", in " + d.Block
		}
		p.place(d.Subject, d.Context, in)
	}
	p.values(d.Values)
	for _, r := range d.Related {
		at := r.Range
		p.place(&at, nil, ", "+r.Message)
	}
	p.paragraphs(d.Detail)
	p.paragraphs(d.Suggestion)
	p.buf.WriteString(p.paint(p.tone, p.marks.bottom) + "\n")
}

// place writes where a range is, and its snippet.
func (p *printer) place(at, context *hcl.Range, rest string) {
	p.line("")
	head := fmt.Sprintf("  on %s line %d%s:", at.Filename, at.Start.Line, rest)
	p.line(clean(head, false))
	f := p.library.file(at.Filename)
	if f == nil {
		return
	}
	if s, ok := f.spanOf(at, context); ok {
		p.snippet(f, s, at.Start.Line)
	}
}

// maxLines is how many lines of a snippet are shown.
const maxLines = 12

func (p *printer) snippet(f *sourceFile, s span, subject int) {
	first, last := s.first, s.last
	if last-first >= maxLines {
		first = max(first, subject-maxLines/2)
		last = min(last, first+maxLines-1)
	}
	digits := len(strconv.Itoa(last))
	if first > s.first {
		p.line("  " + strings.Repeat(" ", digits+1) + p.marks.ellipsis)
	}
	for line := first; line <= last; line++ {
		p.sourceLine(f, s, line, line == subject, digits)
	}
	if last < s.last {
		p.line("  " + strings.Repeat(" ", digits+1) + p.marks.ellipsis)
	}
}

// sourceLine writes one numbered line, with carets under the subject if it
// begins there.
func (p *printer) sourceLine(f *sourceFile, s span, line int, carets bool, digits int) {
	gutter := fmt.Sprintf("  %*d: ", digits, line)
	room := max(p.width-2-len(gutter), 20)
	focus := s.start
	if !carets {
		focus = f.lines[line-1]
	}
	cells, cutLeft, cutRight := window(f.cells(line, focus), focus, room)
	var text, before, under strings.Builder
	if cutLeft {
		text.WriteString(p.marks.ellipsis)
		before.WriteString(strings.Repeat(" ", uniseg.StringWidth(p.marks.ellipsis)))
	}
	for _, c := range cells {
		switch {
		case c.at < s.start:
			before.WriteString(strings.Repeat(" ", c.width))
		case c.at < s.end:
			under.WriteString(strings.Repeat("^", c.width))
		}
		text.WriteString(c.text)
	}
	if cutRight {
		text.WriteString(p.marks.ellipsis)
	}
	p.line(strings.TrimRight(gutter+text.String(), " "))
	if !carets {
		return
	}
	if under.Len() == 0 {
		under.WriteByte('^')
	}
	p.line(strings.Repeat(" ", len(gutter)) + before.String() + p.paint(p.tone, under.String()))
}

func (p *printer) values(values []Value) {
	if len(values) == 0 {
		return
	}
	p.line("  " + p.marks.branch)
	for _, v := range values {
		p.line("  " + p.marks.side + " " + p.paint(bold, clean(v.Name, false)) + " is " + clean(v.Text, false))
	}
}

// paragraphs writes text after an empty line, wrapped to the width. Lines
// that begin with a space are kept as they are.
func (p *printer) paragraphs(text string) {
	text = strings.TrimRight(clean(text, true), "\n ")
	if text == "" {
		return
	}
	p.line("")
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, " ") {
			p.line(line)
			continue
		}
		p.wrapped(line)
	}
}

// wrapped writes one paragraph; words wider than a line are not broken.
func (p *printer) wrapped(text string) {
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		width := uniseg.StringWidth(word)
		if used > 0 && used+1+width > p.width-2 {
			p.line(line)
			line, used = "", 0
		}
		if used > 0 {
			line += " "
			used++
		}
		line += word
		used += width
	}
	p.line(line)
}
