package live

import (
	"fmt"
	"io"
	"strings"

	"throng/runtime/report/text"
)

// screen is a block of lines that is redrawn in place. The cursor rests at
// the start of the line below it, hidden. All of a paint is one write.
type screen struct {
	w      io.Writer
	lines  []string // as painted
	width  int      // of the terminal then
	hidden bool
	dead   bool // a write failed: nobody is looking
}

// paint replaces the block by lines and prints above before it, which stays.
// Lines must not be wider than width, nor as many as height.
func (s *screen) paint(above, lines []string, width, height int) {
	resized := s.width != width && len(s.lines) > 0
	if !resized && len(above) == 0 && equal(s.lines, lines) {
		return
	}
	var b strings.Builder
	if !s.hidden {
		b.WriteString("\x1b[?25l")
		s.hidden = true
	}
	if up := min(s.rows(width), height-1); up > 0 {
		fmt.Fprintf(&b, "\r\x1b[%dA", up)
	} else {
		b.WriteString("\r")
	}
	afresh := resized || len(above) > 0
	if afresh {
		b.WriteString("\x1b[J")
	}
	for _, l := range above {
		b.WriteString(l + "\r\n")
	}
	for i, l := range lines {
		if afresh || i >= len(s.lines) || s.lines[i] != l {
			b.WriteString("\x1b[2K" + l)
		}
		b.WriteString("\r\n")
	}
	b.WriteString("\x1b[J")
	s.write(b.String())
	s.lines, s.width = lines, width
}

// rows is how many rows the painted block takes now: terminals break lines
// anew when they become narrower.
func (s *screen) rows(width int) int {
	if s.width <= width || width < 1 {
		return len(s.lines)
	}
	n := 0
	for _, l := range s.lines {
		n += max(1, (visible(l)+width-1)/width)
	}
	return n
}

// visible is a painted line's width, colours left out.
func visible(l string) int {
	w := 0
	for {
		before, after, found := strings.Cut(l, "\x1b[")
		w += text.Width(before)
		if !found {
			return w
		}
		end := strings.IndexByte(after, 'm')
		l = after[end+1:]
	}
}

// release gives the cursor back and leaves the block as it stands.
func (s *screen) release() {
	if s.hidden {
		s.write("\x1b[?25h")
	}
	s.hidden, s.lines, s.width = false, nil, 0
}

func (s *screen) write(out string) {
	if s.dead {
		return
	}
	if _, err := io.WriteString(s.w, out); err != nil {
		s.dead = true
	}
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
