package forecast

import (
	"fmt"
	"math"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

// The chart's size in cells; its width is less where there is no room.
const (
	chartRows = 8
	chartCols = 60
)

// load draws the curves and tells how they are made up.
func (t *textWriter) load() {
	for i := range t.f.Curves {
		c := &t.f.Curves[i]
		title := "USERS"
		if c.Unit == unitArrivals {
			title = "ARRIVALS a second"
		}
		t.line(t.st.Paint(text.Bold, title))
		t.chart(c)
	}
	t.loads()
	t.rate()
	t.line("")
}

// chart draws a curve with its axes, the stages as bands below.
func (t *textWriter) chart(c *Curve) {
	top := c.Peak()
	if top <= 0 || t.f.Ends <= 0 {
		return
	}
	axis := []string{trimmed(top), trimmed(top / 2), "0"}
	if c.Unit == unitUsers {
		axis[1] = text.Count(whole(top / 2))
	}
	left := max(6, text.Width(axis[0])+2, text.Width(axis[1])+2)
	cols := min(chartCols, t.width-left-3)
	lines := drawing(c.columns(cols), top, t.st.ASCII)
	for i, l := range lines {
		label := ""
		switch i {
		case 0:
			label = axis[0]
		case chartRows / 2:
			label = axis[1]
		case chartRows - 1:
			label = axis[2]
		}
		t.line(t.st.Text(text.Pad(label, left, true)+" │") + l)
	}
	bands, times := t.bands(cols)
	t.line(strings.Repeat(" ", left+1) + bands)
	t.line(strings.Repeat(" ", left+1) + t.st.Paint(text.Dim, times))
}

// drawing are the rows of a bar chart, the highest first.
func drawing(values []float64, top float64, ascii bool) []string {
	eighths := []rune(" ▁▂▃▄▅▆▇█")
	if ascii {
		eighths = []rune(" ....::::#")[:9]
		eighths[8] = '#'
	}
	rows := make([]strings.Builder, chartRows)
	for _, v := range values {
		full := int(math.Round(v / top * chartRows * 8))
		if v > 0 {
			full = max(1, full)
		}
		full = min(full, chartRows*8)
		for r := range rows {
			rows[r].WriteRune(eighths[min(8, max(0, full-8*(chartRows-1-r)))])
		}
	}
	lines := make([]string, chartRows)
	for r := range rows {
		lines[r] = rows[r].String()
	}
	return lines
}

// bands are the axis below a chart: where the stages are, and when they begin.
// Where there are several loads it tells the time alone.
func (t *textWriter) bands(cols int) (bands, times string) {
	end := t.f.Ends
	clock := make([]byte, 0, cols+10)
	mark := func(col int, s string, last bool) {
		if last {
			col = max(0, cols+1-len(s)) // the end has its place, whoever else wants it
			if len(clock) > 0 && len(clock)+2 > col {
				keep := strings.LastIndexByte(strings.TrimRight(string(clock), " "), ' ')
				clock = clock[:max(0, min(keep+1, col))]
			}
		} else if len(clock) > 0 && col < len(clock)+2 {
			return
		}
		for len(clock) < col {
			clock = append(clock, ' ')
		}
		clock = append(clock, s...)
	}
	var b strings.Builder
	at, col := report.Ms(0), 0
	var stages []report.Stage
	if len(t.f.Loads) == 1 {
		stages = t.f.Loads[0].Stages
	}
	for i, s := range stages {
		if at >= end {
			break
		}
		mark(col, text.Clock(time.Duration(at)), false)
		at = min(end, at+s.Over+s.Hold)
		if i == len(stages)-1 {
			at = end
		}
		next := int(math.Round(float64(at) / float64(end) * float64(cols)))
		name := s.Name
		if name == "" && len(stages) > 1 {
			name = fmt.Sprint(i + 1)
		}
		b.WriteString(t.band(t.outside(name), next-col))
		col = next
	}
	if len(stages) < 2 {
		for _, part := range []int{1, 2, 3} {
			at := (time.Duration(end) * time.Duration(part) / 4).Truncate(time.Second)
			mark(int(float64(at)/float64(end)*float64(cols)), text.Clock(at), false)
		}
	}
	for ; col < cols; col++ {
		b.WriteString(t.st.Text("─"))
	}
	mark(cols, text.Clock(time.Duration(end)), true)
	return b.String() + t.st.Text("┤"), string(clock)
}

// band is a stage's part of the axis, its name within.
func (t *textWriter) band(name string, cells int) string {
	if cells <= 0 {
		return ""
	}
	dash := t.st.Text("─")
	inner := cells - 1
	switch {
	case name != "" && inner >= text.Width(name)+2:
		name = " " + name + " "
	case inner >= 3:
		name = t.st.Cut(name, inner)
	default:
		name = ""
	}
	rest := inner - text.Width(name)
	return t.st.Text("├") + strings.Repeat(dash, rest/2) + name + strings.Repeat(dash, rest-rest/2)
}

// stages writes what each stage of a load does.
func (t *textWriter) stages(l *report.Load, title string) {
	unit := func(n float64) string {
		if l.Model == "open" {
			return trimmed(n)
		}
		return text.Count(int64(n))
	}
	noun := "users"
	if l.Model == "open" {
		noun = "arrivals/s"
	}
	table := &text.Table{Min: 8, Columns: []text.Column{
		{Title: title, Shrink: true}, {Title: noun}, {Title: "over", Right: true}, {Title: "hold", Right: true},
		{Title: "from", Right: true, Drop: 2}, {Title: "until", Right: true}, {Title: "change", Right: true, Drop: 1},
	}}
	from, at := 0.0, time.Duration(*l.Begin)
	for i, s := range l.Stages {
		name := s.Name
		if name == "" {
			name = fmt.Sprint(i + 1)
		}
		to := float64(s.Level)
		pace := change(from, to, time.Duration(s.Over))
		until := at + time.Duration(s.Over+s.Hold)
		level := unit(from) + " → " + unit(to)
		if from == to {
			level = unit(to)
		}
		table.Rows = append(table.Rows, []text.Cell{
			{Text: t.outside(name)}, {Text: t.st.Text(level)}, {Text: t.length(s.Over)}, {Text: t.length(s.Hold)},
			{Text: text.Clock(at)}, {Text: text.Clock(until)}, {Text: t.st.Text(pace)},
		})
		from, at = to, until
	}
	t.line("")
	t.table(table)
}

func (t *textWriter) length(d report.Ms) string {
	if d == 0 {
		return t.st.Text(text.None)
	}
	return t.st.Text(span(time.Duration(d)))
}

// change is how fast a level changes: "+5/s", "−1 in 12 s", "at once".
func change(from, to float64, over time.Duration) string {
	sign, d := "+", to-from
	if d < 0 {
		sign, d = "−", -d
	}
	switch {
	case d == 0:
		return text.None
	case over <= 0:
		return "at once"
	}
	if each := over.Seconds() / d; each > 1 {
		return sign + "1 in " + trimmed(each) + " s"
	}
	return sign + trimmed(d/over.Seconds()) + "/s"
}

// rate gives the expected requests with their reasoning.
func (t *textWriter) rate() {
	f := t.f
	label := "RATE"
	for _, s := range append(t.peakRates(), t.whole()...) {
		t.section(label, s)
		label = ""
	}
	if f.PeakUsers > 0 {
		t.section("", t.reckoned()+"users × requests a task / (answers + pauses + wait)"+t.beats()+", if every step succeeds")
	}
}

// beats says that sockets send by themselves, too.
func (t *textWriter) beats() string {
	for i := range t.f.Sockets {
		if t.f.Sockets[i].Beats > 0 {
			return " + users × beats of their sockets"
		}
	}
	return ""
}

func (t *textWriter) reckoned() string {
	if len(t.f.Classes) > 1 {
		return "reckoned class by class: "
	}
	return "reckoned as "
}

// busy is how many users of open loads are expected to be at work.
func (t *textWriter) busy() string {
	users, most := int64(0), 0
	for i := range t.f.Classes {
		if c := &t.f.Classes[i]; c.Fixed == 0 {
			users += c.Users
		}
	}
	for i := range t.f.Loads {
		most += t.f.Loads[i].MaxUsers
	}
	return fmt.Sprintf("about %s at work at once if an answer takes %s, at most %s", plural(users, "user"),
		span(time.Duration(t.f.Assumed)), text.Count(int64(most)))
}

func (t *textWriter) peakRates() []string {
	f := t.f
	answer := span(time.Duration(f.Assumed))
	var list []string
	if f.PeakArrivals > 0 {
		list = append(list, fmt.Sprintf("%s arrivals/s at the peak, %s in all; each brings %s on average, however slow the answers",
			text.Rate(float64(f.PeakArrivals)), text.Count(f.Arrivals), t.perArrival()))
	}
	most := "with no bound for faster answers"
	if f.Total.PeakMost != nil {
		most = "at most " + text.Rate(float64(*f.Total.PeakMost)) + "/s"
	}
	rate := text.Rate(float64(f.Total.PeakExpected)) + " requests/s"
	if f.PeakUsers == 0 {
		return append(list, rate+" at the peak; "+t.busy())
	}
	who := plural(f.PeakUsers, "user")
	if w := t.pausing(); w != "" {
		who += ", " + w
	}
	return append(list, fmt.Sprintf("%s: %s if an answer takes %s, %s", who, rate, answer, most))
}

// pausing tells the wait of the users where all have the same, else their
// mean.
func (t *textWriter) pausing() string {
	var users, sum float64
	law := ""
	n := 0
	for i := range t.f.Classes {
		c := &t.f.Classes[i]
		if c.Off || c.Users == 0 || len(c.Tasks) == 0 {
			continue
		}
		n++
		if law == "" {
			law = c.Wait.Law
		} else if law != c.Wait.Law {
			law = "mixed"
		}
		users += float64(c.Users)
		sum += float64(c.Users) * float64(c.Wait.Mean)
	}
	if users == 0 {
		return ""
	}
	mean := text.Duration(sum / users)
	each := "each "
	if n > 1 {
		each = fmt.Sprintf("in %d classes, ", n)
	}
	switch law {
	case "none":
		return each + "without a wait"
	case "for":
		return each + "pausing " + mean + " on average"
	case "pacing", "throughput":
		return each + "starting a task every " + mean
	}
	return strings.TrimSuffix(each, " ") + " with waits of different kinds"
}

func (t *textWriter) perArrival() string {
	n, requests := 0.0, 0.0
	for i := range t.f.Classes {
		c := &t.f.Classes[i]
		if c.Fixed == 0 {
			n += float64(c.Iterations)
			requests += float64(c.Iterations * c.PerIteration)
		}
	}
	if n == 0 {
		return "nothing"
	}
	if r := requests / n; math.Abs(r-1) < 0.0005 {
		return "1 request"
	}
	return text.Rate(requests/n) + " requests"
}

// whole is the sum over the run.
func (t *textWriter) whole() []string {
	f := t.f
	s := fmt.Sprintf("over the run about %s", plural(whole(float64(f.Total.Expected)), "request"))
	if m := f.Total.Most; m == nil {
		s += ", with no bound for faster answers"
	} else if whole(float64(*m)) > whole(float64(f.Total.Expected)) {
		s += ", at most " + text.Count(whole(float64(*m)))
	}
	extra := 0.0
	for i := range f.Classes {
		extra += float64(f.Classes[i].Extra)
	}
	if n := whole(extra); n > 0 {
		s += fmt.Sprintf(", %s of them in start and stop steps", text.Count(n))
	}
	return []string{s}
}
