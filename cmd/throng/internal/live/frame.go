package live

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// total is what all requests have come to so far.
func (v *view) total() *record.Stats { return sum(v.now.Snapshot.Total, v.plan) }

// stageBar shows the stages as pieces of a line, each as long as it takes,
// and how much of it is done.
func (v *view) stageBar(width int) string {
	right := v.state()
	left := v.st.Cut(v.st.Text(v.stage()), width-text.Width(right)-2)
	if left != "" {
		left += "  "
	}
	room := width - text.Width(left) - text.Width(right) - 2
	stages, planned := v.stages(), v.now.Planned
	if planned <= 0 || len(stages) == 0 || room < 3*len(stages)+1 {
		return left + strings.Repeat(" ", max(1, width-text.Width(left)-text.Width(right))) + v.st.Paint(text.Bold, right)
	}
	bar := drawStages(stages, planned, v.now.Elapsed, room, func(name string, w int) string {
		if s := v.st.Text(text.Clean(name)); text.Width(s) <= w-4 {
			return s
		}
		return ""
	})
	return left + v.st.Text(bar) + "  " + v.st.Paint(text.Bold, right)
}

// drawStages draws the bar, width cells wide.
func drawStages(stages []plan.Stage, planned, elapsed time.Duration, width int, label func(string, int) string) string {
	cells := width - 1 // the opening edge
	done := int(float64(cells) * min(1, float64(elapsed)/float64(planned)))
	var b strings.Builder
	b.WriteString("│")
	var at time.Duration
	from := 0
	for i := range stages {
		at += stages[i].Over + stages[i].Hold
		to := max(from+2, int(math.Round(float64(cells)*min(1, float64(at)/float64(planned)))))
		to = min(to, cells-2*(len(stages)-1-i))
		if i == len(stages)-1 {
			to = cells
		}
		b.WriteString(drawStage(label(stages[i].Name, to-from-1), from, to-1, done))
		b.WriteString("│")
		from = to
	}
	return b.String()
}

// drawStage fills the cells from..to with the name in their middle, heavy up
// to done and light after it.
func drawStage(name string, from, to, done int) string {
	w := text.Width(name)
	start := from + (to-from-w-2)/2
	var b strings.Builder
	for i := from; i < to; i++ {
		if w > 0 && i == start {
			b.WriteString(" " + name + " ")
			i += w + 1
			continue
		}
		switch {
		case i < done:
			b.WriteString("━")
		default:
			b.WriteString("─")
		}
	}
	return b.String()
}

const (
	curveLabel = 10
	curveNow   = 9
	curveRun   = 16
)

// curves are the lines of users, rate, latency and errors: now, over the
// last seconds, over the run.
func (v *view) curves(width int) []string {
	room := width - curveLabel - curveNow - curveRun - 3
	cells := v.history.last(room)
	var covered time.Duration
	for i := range cells {
		covered += cells[i].window
	}
	now := cell{}
	if len(cells) > 0 {
		now = cells[len(cells)-1]
	}
	total := v.total()
	line := func(role text.Role, label, value string, values []float64, top float64, run string) string {
		spark := v.st.Text(text.Spark(values, top))
		return text.Pad(label, curveLabel, false) + text.Pad(v.st.Text(value), curveNow, true) + "  " +
			v.st.Paint(role, text.Pad(spark, room, false)) + " " + text.Pad(v.st.Text(run), curveRun, true)
	}
	users := column(cells, func(c *cell) float64 { return float64(c.users) })
	rates := column(cells, func(c *cell) float64 { return finished(c, c.rate()) })
	slow := column(cells, func(c *cell) float64 {
		if !c.p95.Valid {
			return -1
		}
		return float64(c.p95.Ns)
	})
	bad := column(cells, func(c *cell) float64 {
		if c.failed == 0 {
			return -1
		}
		return share(c.failed, c.ok+c.failed)
	})
	errorRole := text.Plain
	if most(bad) > 0 {
		errorRole = text.FailRole
	}
	head := text.Pad("", curveLabel, false) + text.Pad("now", curveNow, true) + "  " +
		text.Pad("last "+text.Whole(covered.Round(time.Second)), room, false) + " " + text.Pad("run so far", curveRun, true)
	return []string{
		v.st.Paint(text.Dim, head),
		line(text.Plain, "users", text.Count(int64(v.now.Users)), users, most(users), text.Count(int64(most(v.users())))+" max"),
		line(text.Plain, "req/s", text.Rate(now.rate()), rates, most(rates), text.Count(total.Count())+" sent"),
		line(text.Plain, "p95", latency(now.p95), slow, most(slow), latency(total.Quantile(0.95))),
		line(errorRole, "errors", errorShare(now.failed, now.ok+now.failed), bad, max(0.02, most(bad)), failures(total)),
	}
}

// users are those of all kept cells, for the peak.
func (v *view) users() []float64 {
	return column(v.history.cells, func(c *cell) float64 { return float64(c.users) })
}

// finished is x, or an empty cell where nothing finished: that differs from
// a fast answer.
func finished(c *cell, x float64) float64 {
	if c.ok+c.failed == 0 {
		return -1
	}
	return x
}

func share(part, all int64) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

func errorShare(failed, all int64) string {
	if all == 0 {
		return text.None
	}
	return text.Percent(share(failed, all)) + " %"
}

func failures(s *record.Stats) string {
	if s.Count() == 0 || s.Failed == 0 {
		return "0"
	}
	return text.Count(s.Failed) + " (" + errorShare(s.Failed, s.Count()) + ")"
}

// generator says whether the figures can be trusted so far.
func (v *view) generator(width int) string {
	h := &v.now.Health
	if !h.OK() {
		s := v.st.Text("generator SATURATED: " + text.Clean(strings.Join(h.Saturated, " · ")))
		return v.st.Paint(text.WarnRole, v.st.Cut(s, width))
	}
	s := fmt.Sprintf("ok · CPU %s %% · start lag p99 %s", text.Percent(h.CPU), text.Duration(float64(h.StartLagP99)))
	if v.now.Missed > 0 || v.open() {
		s += " · " + text.Count(v.now.Missed) + " missed"
	}
	return v.line("generator", v.st.Text(s), width)
}

func (v *view) open() bool {
	return slices.ContainsFunc(v.plan.Profile.Loads, func(l plan.Load) bool { return l.Model == plan.Open })
}
