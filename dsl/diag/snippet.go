package diag

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/rivo/uniseg"
)

// sourceFile is a source with its lines found. Nothing about a range is
// taken for granted: it may have been made for another version of the file.
type sourceFile struct {
	text  []byte
	lines []int // offset of each line's first byte
}

// library finds sources by name and indexes each once.
type library struct {
	sources map[string][]byte
	files   map[string]*sourceFile
}

func newLibrary(sources map[string][]byte) *library {
	return &library{sources: sources, files: map[string]*sourceFile{}}
}

// file is the indexed source, or nil if it is not known.
func (l *library) file(name string) *sourceFile {
	if f, ok := l.files[name]; ok {
		return f
	}
	text, ok := l.sources[name]
	var f *sourceFile
	if ok {
		f = &sourceFile{text: text, lines: []int{0}}
		for i := 0; ; {
			n := bytes.IndexByte(text[i:], '\n')
			if n < 0 {
				break
			}
			i += n + 1
			f.lines = append(f.lines, i)
		}
	}
	l.files[name] = f
	return f
}

// bounds are the byte offsets of a 1-based line, without its line break;
// false for lines the file does not have.
func (f *sourceFile) bounds(line int) (start, end int, ok bool) {
	if line < 1 || line > len(f.lines) {
		return 0, 0, false
	}
	start, end = f.lines[line-1], len(f.text)
	if line < len(f.lines) {
		end = f.lines[line] - 1
	}
	if end > start && f.text[end-1] == '\r' {
		end--
	}
	return start, end, true
}

// offset is the byte a position stands for, within its own line: its Byte
// where that lies in the line, else what its column says.
func (f *sourceFile) offset(p hcl.Pos) (int, bool) {
	start, end, ok := f.bounds(p.Line)
	if !ok {
		return 0, false
	}
	if p.Byte >= start && p.Byte <= end {
		return p.Byte, true
	}
	rest, at := f.text[start:end], start
	for column := 1; column < p.Column && len(rest) > 0; column++ {
		var cluster []byte
		cluster, rest, _, _ = uniseg.FirstGraphemeCluster(rest, -1)
		at += len(cluster)
	}
	return at, true
}

// span is the part of a range that lies in the source.
type span struct {
	first, last int // lines shown, 1-based
	start, end  int // bytes underlined
}

// spanOf places a subject and its context in the file; false if the subject
// does not begin in it.
func (f *sourceFile) spanOf(subject, context *hcl.Range) (span, bool) {
	start, ok := f.offset(subject.Start)
	if !ok {
		return span{}, false
	}
	s := span{first: subject.Start.Line, last: subject.Start.Line, start: start, end: start}
	if end, ok := f.offset(subject.End); ok && end >= start {
		s.end, s.last = end, max(s.last, subject.End.Line)
		if lineStart, _, _ := f.bounds(s.last); end == lineStart && s.last > s.first {
			s.last-- // the range ends with a line break
		}
	}
	if context != nil && context.Filename == subject.Filename {
		if c := context.Start.Line; c >= 1 && c < s.first {
			s.first = c
		}
		if c := context.End.Line; c > s.last && c <= len(f.lines) {
			s.last = c
		}
	}
	return s, true
}

// cell is one character as a terminal shows it.
type cell struct {
	text  string
	width int
	at    int // byte offset in the file
}

const (
	tabWidth = 4
	cropSide = 4096 // bytes of a very long line that are looked at on either side of the subject
)

// cells splits the line that holds byte focus into characters, with tabs
// expanded and control characters made visible.
func (f *sourceFile) cells(line, focus int) []cell {
	start, end, ok := f.bounds(line)
	if !ok {
		return nil
	}
	if focus < start || focus > end {
		focus = start
	}
	start, end = max(start, focus-cropSide), min(end, focus+cropSide)
	for start < end && !utf8.RuneStart(f.text[start]) {
		start++
	}
	var out []cell
	column, rest, state := 0, f.text[start:end], -1
	for at := start; len(rest) > 0; {
		var cluster []byte
		cluster, rest, _, state = uniseg.FirstGraphemeCluster(rest, state)
		c := cell{text: clean(string(cluster), false), at: at}
		if string(cluster) == "\t" {
			c.text = strings.Repeat(" ", tabWidth-column%tabWidth)
		}
		c.width = uniseg.StringWidth(c.text)
		column += c.width
		at += len(cluster)
		out = append(out, c)
	}
	return out
}

// window is the run of cells to show when the line is wider than width: it
// begins a little before the cell that holds byte focus.
func window(cells []cell, focus, width int) (shown []cell, cutLeft, cutRight bool) {
	total := 0
	for _, c := range cells {
		total += c.width
	}
	if total <= width {
		return cells, false, false
	}
	first := 0
	for first < len(cells) && cells[first].at < focus {
		first++
	}
	for back := 0; first > 0 && back+cells[first-1].width <= width/3; first-- {
		back += cells[first-1].width
	}
	last, used := first, 0
	for last < len(cells) && used+cells[last].width <= width-2 {
		used += cells[last].width
		last++
	}
	return cells[first:last], first > 0, last < len(cells)
}

// clean makes text safe to show: control characters, direction overrides,
// line separators and bytes that are not UTF-8 become the replacement
// character. Line breaks are kept if breaks is set; tabs become a space.
func clean(s string, breaks bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && breaks:
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\ufeff', r == '\u061c',
			r >= '\u200e' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return utf8.RuneError
		}
		return r
	}, s)
}
