package forecast

import (
	"math"
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report"
)

// Units of curves.
const (
	unitUsers    = "users"
	unitArrivals = "arrivals_per_s"
)

// curves are the load over time: of all users that closed loads and fixed
// counts want, and of all arrivals.
func (b *builder) curves() []Curve {
	var users, arrivals [][]Point
	for i := range b.plan.Profile.Loads {
		l := &b.plan.Profile.Loads[i]
		if classes, _ := b.weighted(l); len(classes) == 0 {
			continue
		}
		if l.Model == plan.Open {
			arrivals = append(arrivals, b.line(l.Stages, b.turn[i]))
		} else {
			users = append(users, b.line(l.Stages, b.turn[i]))
		}
	}
	for c := range b.plan.Classes {
		if n := b.plan.Classes[c].FixedCount; n > 0 {
			users = append(users, b.line(fixed(n), turn{0, b.end}))
		}
	}
	list := []Curve{}
	if len(users) > 0 {
		list = append(list, Curve{unitUsers, sum(users)})
	}
	if len(arrivals) > 0 {
		list = append(list, Curve{unitArrivals, sum(arrivals)})
	}
	return list
}

// line is a schedule over the whole run: nothing before its turn and after.
func (b *builder) line(stages []plan.Stage, t turn) []Point {
	own := points(stages, t.length(b.end))
	if t.length(b.end) == 0 {
		return []Point{{}, {At: report.Ms(b.end)}}
	}
	var line []Point
	if t.begin > 0 {
		line = append(line, Point{}, Point{At: report.Ms(t.begin)})
	}
	for _, p := range own {
		line = append(line, Point{p.At + report.Ms(t.begin), p.Level})
	}
	if t.end < b.end {
		line = append(line, Point{At: report.Ms(t.end)}, Point{At: report.Ms(b.end)})
	}
	return straight(line)
}

// points are a schedule's line up to an end.
func points(stages []plan.Stage, until time.Duration) []Point {
	end := report.Ms(until)
	line := []Point{{}}
	add := func(d time.Duration, level float64) {
		last := line[len(line)-1]
		at := last.At + report.Ms(d)
		if last.At >= end {
			return
		}
		if at > end {
			level = float64(last.Level) + (level-float64(last.Level))*float64(end-last.At)/float64(at-last.At)
			at = end
		}
		line = append(line, Point{at, report.Num(level)})
	}
	for _, s := range stages {
		add(s.Over, s.Level)
		if s.Hold > 0 {
			add(s.Hold, s.Level)
		}
	}
	if last := line[len(line)-1]; last.At < end {
		line = append(line, Point{end, last.Level})
	}
	if len(line) > 1 && line[1].At == 0 {
		line = line[1:] // it starts at a level
	}
	return straight(line)
}

// straight leaves out points between equals.
func straight(line []Point) []Point {
	out := line[:0:0]
	for i, p := range line {
		if n := len(out); n > 0 && out[n-1] == p || i > 0 && i+1 < len(line) && line[i-1].Level == p.Level && p.Level == line[i+1].Level {
			continue
		}
		out = append(out, p)
	}
	return out
}

// sum adds lines up.
func sum(lines [][]Point) []Point {
	if len(lines) == 1 {
		return lines[0]
	}
	var times []report.Ms
	for _, l := range lines {
		for _, p := range l {
			times = append(times, p.At)
		}
	}
	slices.Sort(times)
	var out []Point
	for _, t := range slices.Compact(times) {
		var before, after report.Num
		for _, l := range lines {
			before += report.Num(level(l, t, false))
			after += report.Num(level(l, t, true))
		}
		if t > 0 && before != after {
			out = append(out, Point{t, before})
		}
		out = append(out, Point{t, after})
	}
	return straight(out)
}

// level is a line's level at a time: where it jumps there, after the jump or
// before it.
func level(line []Point, at report.Ms, after bool) float64 {
	i, _ := slices.BinarySearchFunc(line, at, func(p Point, at report.Ms) int {
		if p.At < at || after && p.At == at {
			return -1
		}
		return 1
	})
	// line[i-1] is the last point before (or, after the jump, at) the time.
	switch {
	case i == 0:
		if len(line) == 0 {
			return 0
		}
		return float64(line[0].Level)
	case i == len(line):
		return float64(line[i-1].Level)
	}
	a, b := line[i-1], line[i]
	return float64(a.Level) + float64(b.Level-a.Level)*float64(at-a.At)/float64(b.At-a.At)
}

// columns are the highest levels in so many equal parts of a curve's time: a
// short peak is never averaged away.
func (c *Curve) columns(n int) []float64 {
	out := make([]float64, n)
	if len(c.Points) == 0 || n == 0 {
		return out
	}
	end := c.Points[len(c.Points)-1].At
	for i := range out {
		from, to := part(end, i, n), part(end, i+1, n)
		out[i] = math.Max(level(c.Points, from, true), level(c.Points, to, false))
	}
	for _, p := range c.Points {
		for i := range out {
			if from, to := part(end, i, n), part(end, i+1, n); from < p.At && p.At < to {
				out[i] = math.Max(out[i], float64(p.Level))
			}
		}
	}
	return out
}

func part(end report.Ms, i, n int) report.Ms {
	return report.Ms(float64(end) * float64(i) / float64(n))
}

// Peak is the curve's highest level.
func (c *Curve) Peak() (top float64) {
	for _, p := range c.Points {
		top = math.Max(top, float64(p.Level))
	}
	return top
}
