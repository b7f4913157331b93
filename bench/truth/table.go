package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// verdict is how one figure of one experiment came out.
type verdict struct {
	experiment, figure string
	state              state
}

// state is whether a figure is what it should be.
type state string

const (
	good    state = "yes"
	bad     state = "**no**"
	unknown state = "not judged: the machine was busy"
)

// tell writes an experiment's tables and gives its verdicts.
func (b *battery) tell(e experiment, ours, others []run) []verdict {
	fmt.Fprintf(b.out, "## %s (%s)\n\n%s\n\nLoad: %v.\n\n", e.name, e.number, e.what, e.load)
	var each [][]line
	for _, r := range ours {
		each = append(each, e.lines(e, r))
	}
	busy := median(collect(ours, func(r run) float64 { return r.Busy }))
	var vs []verdict
	rows := [][]string{{"figure", "truth", "ours", "error", "errors of each round", "allowed", "within"}}
	for i, first := range each[0] {
		l, spread := middle(each, i)
		v := verdict{e.name, first.figure, good}
		if !l.within() {
			if v.state = bad; !l.always && (busy < 0 || busy > quiet) {
				v.state = unknown
			}
		}
		vs = append(vs, v)
		rows = append(rows, []string{first.figure, number(l.truth, l.unit), number(l.ours, l.unit), signed(l.ours-l.truth, l.unit),
			spread, allowed(l), string(v.state)})
	}
	b.write(rows)
	fmt.Fprintf(b.out, "Others took %s of the machine in the median round (%s in each); start lag p99 %s ms%s.", percent(busy),
		strings.Join(texts(ours, func(r run) string { return percent(r.Busy) }), ", "),
		strings.Join(texts(ours, func(r run) string { return fmt.Sprintf("%.2f", r.StartLag) }), ", "), saturated(ours))
	if missed := slices.Max(collect(ours, func(r run) float64 { return float64(r.Missed) })); missed > 0 {
		fmt.Fprintf(b.out, " Missed arrivals: up to %.0f.", missed)
	}
	if e.name == "mm1" {
		m, most := off(ours[0].log)
		fmt.Fprintf(b.out, " The server's log of the first round is above Lindley's recursion on its own arrivals by %.2f ms at the median, %.2f ms at most.", m, most)
	}
	fmt.Fprint(b.out, "\n\n")
	b.compare(ours, others)
	return vs
}

// compare writes what each tool told, beside what the server's log of its own
// run says.
func (b *battery) compare(ours, others []run) {
	var rest []string
	rows := [][]string{{"tool", "offers", "requests", "p50", "p95", "p99", "p99.9", "the server's log of that run"}}
	row := func(r run) {
		t := tools[slices.IndexFunc(tools, func(t tool) bool { return t.name == r.Tool })]
		rows = append(rows, []string{r.Tool, t.how, fmt.Sprint(r.Tells.N), said(r.Tells.P50), said(r.Tells.P95), said(r.Tells.P99), said(r.Tells.P999),
			fmt.Sprintf("%s / %s / %s / %s of %d", said(r.Server.P50), said(r.Server.P95), said(r.Server.P99), said(r.Server.P999), r.Server.N)})
	}
	row(ours[0])
	for _, r := range others {
		switch {
		case r.Skipped == "not asked":
		case r.Skipped != "":
			rest = append(rest, r.Tool+": "+r.Skipped)
		default:
			row(r)
		}
	}
	if len(rows) > 2 {
		b.write(rows)
	}
	if len(rest) > 0 {
		fmt.Fprintf(b.out, "Not compared: %s.\n\n", strings.Join(rest, "; "))
	}
}

// sum writes how the whole battery came out, and counts what is off.
func (b *battery) sum(all []verdict) (off int) {
	fmt.Fprint(b.out, "## Summary\n\n")
	for _, s := range []state{good, bad, unknown} {
		var list []string
		for _, v := range all {
			if v.state == s {
				list = append(list, v.experiment+" "+v.figure)
			}
		}
		fmt.Fprintf(b.out, "- %s: %d of %d", strings.Trim(string(s), "*"), len(list), len(all))
		if s == bad {
			off = len(list)
		}
		if s != good && len(list) > 0 {
			fmt.Fprintf(b.out, " (%s)", strings.Join(list, ", "))
		}
		fmt.Fprintln(b.out)
	}
	return off
}

// middle is the round whose error is the median, of one line, or the worst
// where each is judged; and the errors of all rounds.
func middle(each [][]line, i int) (line, string) {
	list := make([]line, len(each))
	for round := range each {
		list[round] = each[round][i]
	}
	var spread []string
	for _, l := range list {
		spread = append(spread, signed(l.ours-l.truth, ""))
	}
	slices.SortFunc(list, func(a, b line) int {
		switch x, y := a.ours-a.truth, b.ours-b.truth; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	if list[0].each {
		first, last := list[0], list[len(list)-1]
		if math.Abs(first.ours-first.truth) > math.Abs(last.ours-last.truth) {
			return first, strings.Join(spread, ", ")
		}
		return last, strings.Join(spread, ", ")
	}
	return list[len(list)/2], strings.Join(spread, ", ")
}

func saturated(runs []run) string {
	n := 0
	for _, r := range runs {
		if len(r.Saturated) > 0 {
			n++
		}
	}
	if n == 0 {
		return "; no run called itself saturated"
	}
	return fmt.Sprintf("; %d of %d runs called themselves saturated", n, len(runs))
}

func allowed(l line) string {
	switch {
	case l.share > 0 && l.least > 0:
		return fmt.Sprintf("%.3g %% or %s", l.share*100, strings.TrimSpace(fmt.Sprintf("%g %s", l.least, l.unit)))
	case l.share > 0:
		return fmt.Sprintf("%.3g %%", l.share*100)
	case l.least > 0:
		return strings.TrimSpace(fmt.Sprintf("%g %s", l.least, l.unit))
	}
	return "0"
}

func number(x float64, unit string) string {
	if x == float64(int64(x)) && unit != "ms" {
		return fmt.Sprintf("%.0f%s", x, unit)
	}
	return strings.TrimSpace(fmt.Sprintf("%.3f %s", x, unit))
}

func signed(x float64, unit string) string {
	return strings.TrimSpace(fmt.Sprintf("%+.3f %s", x, unit))
}

func said(ms float64) string {
	if ms < 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", ms)
}

func percent(x float64) string {
	if x < 0 {
		return "an unknown part"
	}
	return fmt.Sprintf("%.0f %%", x*100)
}

// write writes a table in Markdown; the first row is its head.
func (b *battery) write(rows [][]string) {
	for i, row := range rows {
		fmt.Fprintf(b.out, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(b.out, "|%s\n", strings.Repeat(" --- |", len(row)))
		}
	}
	fmt.Fprintln(b.out)
}

func collect(runs []run, f func(run) float64) (list []float64) {
	for _, r := range runs {
		list = append(list, f(r))
	}
	return list
}

func texts(runs []run, f func(run) string) (list []string) {
	for _, r := range runs {
		list = append(list, f(r))
	}
	return list
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
