package live

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// terminal is a small terminal: rows of cells, a cursor, a scrollback, and
// the few codes the block uses. Like most terminals it breaks long lines anew
// when it becomes narrower. Anything it does not know is a fault.
type terminal struct {
	mu       sync.Mutex
	w, h     int
	rows     [][]string // cells; "" is the right half of a wide one
	soft     []bool     // the row goes on in the next: a line that was too wide
	x, y     int
	pending  bool // the last column was written: the next character wraps
	hidden   bool
	gone     []string // scrolled off the top
	faults   []string
	wrapped  int
	writes   int
	received strings.Builder
}

func newTerminal(w, h int) *terminal {
	t := &terminal{w: w, h: h}
	t.rows, t.soft = make([][]string, h), make([]bool, h)
	for i := range t.rows {
		t.rows[i] = blank(w)
	}
	return t
}

func blank(w int) []string {
	row := make([]string, w)
	for i := range row {
		row[i] = " "
	}
	return row
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writes++
	t.received.Write(p)
	for s := string(p); s != ""; {
		s = s[t.step(s):]
	}
	return len(p), nil
}

// step takes one character or code and returns its length.
func (t *terminal) step(s string) int {
	switch {
	case strings.HasPrefix(s, "\x1b["):
		return t.escape(s)
	case strings.HasPrefix(s, "\r\n"): // one cluster, two characters
		t.x, t.pending = 0, false
		t.down()
		return 2
	case s[0] == '\r':
		t.x, t.pending = 0, false
		return 1
	case s[0] == '\n':
		t.x, t.pending = 0, false
		t.down()
		return 1
	}
	cluster, _, width, _ := uniseg.FirstGraphemeClusterInString(s, -1)
	if r, _ := utf8.DecodeRuneInString(s); r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == utf8.RuneError {
		t.faults = append(t.faults, fmt.Sprintf("control %q reaches the terminal", cluster))
		return len(cluster)
	}
	t.put(cluster, width)
	return len(cluster)
}

func (t *terminal) put(cluster string, width int) {
	if t.pending || t.x+width > t.w {
		t.soft[t.y] = true
		t.wrapped++
		t.x, t.pending = 0, false
		t.down()
	}
	t.rows[t.y][t.x] = cluster
	for i := 1; i < width; i++ {
		t.rows[t.y][t.x+i] = ""
	}
	t.x += width
	if t.x == t.w {
		t.x, t.pending = t.w-1, true
	}
}

func (t *terminal) down() {
	if t.y++; t.y < t.h {
		return
	}
	t.y = t.h - 1
	t.gone = append(t.gone, t.text(0))
	t.rows = append(t.rows[1:], blank(t.w))
	t.soft = append(t.soft[1:], false)
}

func (t *terminal) escape(s string) int {
	end := 2
	for end < len(s) && (s[end] < 0x40 || s[end] > 0x7e) {
		end++
	}
	if end == len(s) {
		t.faults = append(t.faults, fmt.Sprintf("unfinished code %q", s))
		return len(s)
	}
	arg, code := s[2:end], s[end]
	n, _ := strconv.Atoi(arg)
	switch {
	case code == 'm':
	case code == 'A':
		t.y, t.pending = max(0, t.y-max(1, n)), false
	case code == 'K' && n == 2:
		t.rows[t.y], t.soft[t.y] = blank(t.w), false
	case code == 'J' && n == 0:
		copy(t.rows[t.y][t.x:], blank(t.w-t.x))
		for y := t.y + 1; y < t.h; y++ {
			t.rows[y], t.soft[y] = blank(t.w), false
		}
	case arg == "?25" && code == 'l':
		t.hidden = true
	case arg == "?25" && code == 'h':
		t.hidden = false
	default:
		t.faults = append(t.faults, fmt.Sprintf("code %q", s[:end+1]))
	}
	return end + 1
}

// resize changes the width and breaks the lines anew, the cursor staying
// with its text.
func (t *terminal) resize(w, h int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines [][]string
	line := 0
	for y := range t.rows {
		if y == 0 || !t.soft[y-1] {
			lines = append(lines, nil)
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], t.rows[y]...)
		if y == t.y {
			line = len(lines) - 1
		}
	}
	oldX := t.x
	t.w, t.h = w, h
	t.rows, t.soft = nil, nil
	for i, l := range lines {
		if i > line {
			break
		}
		l = trimCells(l)
		for len(l) > w {
			t.rows, t.soft = append(t.rows, l[:w:w]), append(t.soft, true)
			l = l[w:]
		}
		t.rows, t.soft = append(t.rows, append(l[:len(l):len(l)], blank(w-len(l))...)), append(t.soft, false)
	}
	t.y, t.x, t.pending = len(t.rows)-1, min(oldX, w-1), false
	for len(t.rows) > h {
		t.gone = append(t.gone, t.text(0))
		t.rows, t.soft, t.y = t.rows[1:], t.soft[1:], t.y-1
	}
	for len(t.rows) < h {
		t.rows, t.soft = append(t.rows, blank(w)), append(t.soft, false)
	}
}

func trimCells(l []string) []string {
	for len(l) > 0 && l[len(l)-1] == " " {
		l = l[:len(l)-1]
	}
	return l
}

func (t *terminal) text(y int) string { return strings.TrimRight(strings.Join(t.rows[y], ""), " ") }

// screen is what can be seen, without the empty rows at the end.
func (t *terminal) screen() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for y := range t.rows {
		lines = append(lines, t.text(y))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
