package live

import (
	"slices"
	"strings"

	"throng/runtime/outcome"
	"throng/runtime/report"
	"throng/runtime/report/text"
)

// block shows a run as one block on a terminal.
type block struct {
	screen    screen
	view      *view
	size      func() (int, int)
	above     []string // notes that are not printed yet
	suspended bool
	state     outcome.State
	alarms    alarms
}

func (b *block) take(m message) (urgent bool) {
	switch m.kind {
	case aTick:
		b.view.take(m.progress)
		urgent = b.state != m.progress.State
		b.state = m.progress.State
		for _, s := range b.alarms.news(m.progress.Health.Saturated) {
			b.above = append(b.above, b.view.st.Text(text.Clock(m.progress.Elapsed)+" generator SATURATED: "+text.Clean(s)))
			urgent = true
		}
	case aNote:
		b.above = append(b.above, b.view.st.Text(text.Clean(m.note)))
		urgent = true
	case aSuspend:
		b.screen.release()
		b.suspended = true
	case aResume:
		b.suspended, urgent = false, true
	}
	return urgent
}

func (b *block) paint() {
	if b.suspended || b.view.now == nil && len(b.above) == 0 {
		return
	}
	width, height := b.dimensions()
	b.show(b.view.frame(width, height), width, height)
}

// close leaves the block's head in the scrollback: the summary that follows
// has the tables.
func (b *block) close() {
	if !b.suspended {
		width, height := b.dimensions()
		b.show(b.view.head(width, height), width, height)
	}
	b.screen.release()
}

func (b *block) dimensions() (width, height int) {
	width, height = b.size()
	return max(width, 1), max(height, 2)
}

func (b *block) show(lines []string, width, height int) {
	if len(lines) > height-1 {
		lines = lines[:height-1]
	}
	var above []string
	for _, n := range b.above {
		above = append(above, text.Wrap(n, width)...)
	}
	b.above = nil
	b.screen.paint(above, lines, width, height)
}

// Below these a block has no room, and one line must do.
const (
	leastWidth  = 60
	leastHeight = 10
	wide        = 110 // cells from which on the tables have more columns
)

// frame is the block as it should look now, in fewer lines than height.
func (v *view) frame(width, height int) []string {
	lines := v.head(width, height)
	if v.now == nil || width < leastWidth || height < leastHeight {
		return lines
	}
	room := height - 1 - len(lines)
	if room < 1 {
		return lines
	}
	lines = append(lines, v.line("SLA so far", v.tally(), width))
	room--
	slas := v.slaLines(width, max(0, room*3/10))
	errors := v.errorLines(width, min(room-len(slas), max(1, room/6)))
	list := report.Requests(v.plan, v.now.Snapshot.Total, v.now.Judged, v.measured())
	messages := v.messageLines(list, width, max(0, (room-len(slas)-len(errors))/4))
	table := v.requestLines(list, width, room-len(slas)-len(errors)-len(messages))
	return slices.Concat(lines, slas, table, messages, errors)
}

// head is the upper part of the block: where the run stands, its curves and
// the generator; or one line where there is no room.
func (v *view) head(width, height int) []string {
	if v.now == nil {
		return nil
	}
	if width < leastWidth || height < leastHeight {
		return []string{v.st.Cut(v.status(v.total(), tallyOf(v.total()), v.measured()), width)}
	}
	clock := v.clock()
	title := v.st.Cut(v.title(), width-text.Width(clock)-2)
	lines := []string{
		v.st.Paint(text.Bold, title) + strings.Repeat(" ", width-text.Width(title)-text.Width(clock)) + clock,
		v.stageBar(width),
	}
	lines = append(lines, v.curves(width)...)
	return append(lines, v.generator(width))
}

// line is a labelled line.
func (v *view) line(label, s string, width int) string {
	s = v.st.Cut(s, width-text.Width(label)-2)
	return v.st.Paint(text.Dim, label) + "  " + s
}
