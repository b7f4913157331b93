package text

import (
	"slices"
	"strings"
)

// Column is one column of a table.
type Column struct {
	Title  string
	Right  bool // figures stand at the right
	Shrink bool // gives way when the table is too wide; at most one column
	Drop   int  // columns with a number may be left out, lowest first
}

// Cell is one field of a row.
type Cell struct {
	Text string // cleaned, in the style's character set
	Role Role
	Note string // a mark after the figure, such as "*", aligned by itself
}

// Table is rows of cells under columns.
type Table struct {
	Style   Style
	Columns []Column
	Rows    [][]Cell
	Min     int // cells the shrinking column keeps before others are dropped
	Indent  int

	gap int // cells between two columns: two, one where it is tight
}

// Lines lays the table out in at most width cells. The first line holds the
// titles. Trailing spaces are cut.
func (t *Table) Lines(width int) []string {
	widths := t.natural()
	cols := make([]int, 0, len(t.Columns))
	for i := range t.Columns {
		if widths[i] > 0 {
			cols = append(cols, i)
		}
	}
	t.gap = 2
	if t.total(cols, widths, false) > width {
		t.gap = 1
	}
	for t.total(cols, widths, true) > width {
		i := t.droppable(cols)
		if i < 0 {
			break
		}
		cols = append(cols[:i:i], cols[i+1:]...)
	}
	for i := range t.Columns {
		if over := t.total(cols, widths, false) - width; t.Columns[i].Shrink && over > 0 {
			widths[i] = max(1, widths[i]-over)
		}
	}
	lines := make([]string, 0, len(t.Rows)+1)
	titles := make([]Cell, len(t.Columns))
	for i, c := range t.Columns {
		titles[i] = Cell{Text: t.Style.Text(c.Title), Role: Dim}
		if c.Shrink {
			titles[i].Text = t.Style.Shorten(titles[i].Text, widths[i])
		}
	}
	lines = append(lines, t.line(titles, cols, widths, t.notes()))
	for _, row := range t.shrunk(widths) {
		lines = append(lines, t.line(row, cols, widths, t.notes()))
	}
	return lines
}

// shrunk are the rows with the texts of the shrinking column in its width.
// Different texts that would look alike keep their ends instead.
func (t *Table) shrunk(widths []int) [][]Cell {
	k := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Shrink })
	if k < 0 {
		return t.Rows
	}
	whole := make(map[string]string) // by short text: the text, "" for several
	for _, row := range t.Rows {
		s := t.Style.Shorten(row[k].Text, widths[k])
		if was, found := whole[s]; found && was != row[k].Text {
			whole[s] = ""
			continue
		}
		whole[s] = row[k].Text
	}
	rows := make([][]Cell, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = slices.Clone(row)
		s := t.Style.Shorten(row[k].Text, widths[k])
		if whole[s] == "" && s != "" {
			s = t.Style.ending(row[k].Text, widths[k])
		}
		rows[i][k].Text = s
	}
	return rows
}

// notes tells which columns carry marks, and so keep a cell for them.
func (t *Table) notes() []int {
	n := make([]int, len(t.Columns))
	for _, row := range t.Rows {
		for i, c := range row {
			n[i] = max(n[i], Width(c.Note))
		}
	}
	return n
}

func (t *Table) natural() []int {
	w := make([]int, len(t.Columns))
	notes := t.notes()
	for i, c := range t.Columns {
		w[i] = Width(t.Style.Text(c.Title))
		if !c.Right {
			continue
		}
		w[i] += notes[i]
	}
	for _, row := range t.Rows {
		for i, c := range row {
			w[i] = max(w[i], Width(c.Text)+notes[i])
		}
	}
	return w
}

// total is the table's width; with least, the shrinking column counts with
// what it must keep.
func (t *Table) total(cols, widths []int, least bool) int {
	sum := t.Indent + t.gap*(len(cols)-1)
	for _, i := range cols {
		w := widths[i]
		if least && t.Columns[i].Shrink {
			w = min(w, t.Min)
		}
		sum += w
	}
	return sum
}

func (t *Table) droppable(cols []int) int {
	best := -1
	for n, i := range cols {
		d := t.Columns[i].Drop
		if d > 0 && (best < 0 || d < t.Columns[cols[best]].Drop) {
			best = n
		}
	}
	return best
}

func (t *Table) line(row []Cell, cols, widths, notes []int) string {
	var b strings.Builder
	blank := t.Indent
	for n, i := range cols {
		if n > 0 {
			blank += t.gap
		}
		c, col := row[i], t.Columns[i]
		s := c.Text + c.Note
		after := 0
		if col.Right {
			after = notes[i] - Width(c.Note)
			blank += widths[i] - Width(s) - after
		} else {
			after = widths[i] - Width(s)
		}
		if s != "" {
			b.WriteString(strings.Repeat(" ", max(0, blank)))
			b.WriteString(t.Style.Paint(c.Role, s))
			blank = 0
		}
		blank += after
	}
	return b.String()
}

// Wrap breaks s into lines of at most width cells, at spaces where it can; a
// unit stays with its number.
func Wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range words(s) {
		if line != "" && Width(line)+1+Width(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		parts := Chunks(word, width)
		lines = append(lines, parts[:len(parts)-1]...)
		line = parts[len(parts)-1]
	}
	return append(lines, line)
}

// words cuts s at spaces, but not before a unit or a separator.
func words(s string) []string {
	var list []string
	for _, w := range strings.Split(s, " ") {
		switch strings.TrimRight(w, ",;.:)") {
		case "ns", "µs", "us", "ms", "s", "%", "×", "x", "·":
			if n := len(list); n > 0 {
				list[n-1] += " " + w
				continue
			}
		}
		list = append(list, w)
	}
	return list
}

// Chunks cuts s into pieces of at most width cells; at least one.
func Chunks(s string, width int) []string {
	var parts []string
	for Width(s) > width {
		part := head(s, width)
		if part == "" {
			break
		}
		parts, s = append(parts, part), s[len(part):]
	}
	return append(parts, s)
}

// Spark draws values as a row of bars from zero to top. A negative value is
// an empty cell.
func Spark(values []float64, top float64) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, v := range values {
		switch {
		case v < 0:
			b.WriteByte(' ')
		case top <= 0:
			b.WriteRune(levels[0])
		default:
			b.WriteRune(levels[min(len(levels)-1, int(v/top*float64(len(levels))))])
		}
	}
	return b.String()
}
