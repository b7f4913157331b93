package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// result is one run of one tool.
type result struct {
	usage
	requests int64 // as nginx counted them
}

// cost is the CPU time of a request, in microseconds.
func (r result) cost() float64 { return float64(r.cpu.Microseconds()) / float64(max(r.requests, 1)) }

// rate is the requests a second, start and end of the process included.
func (r result) rate() float64 { return float64(r.requests) / r.wall.Seconds() }

// run is one tool's command for one flow.
type run struct {
	tool    tool
	label   string
	args    func(url, span string) []string
	program string
}

// compare measures both flows with every tool that can do them.
func (s *suite) compare() error {
	n, err := s.startNginx(targetCore)
	if err != nil {
		return err
	}
	defer n.stop()
	tools, absent := s.available()
	fmt.Fprintf(s.out, "## Compared with others\n\nTarget: nginx (%s), one worker on core %s. Generators alone on core %s, %d rounds, the tools in turn within each; medians. ",
		says("-v")(path("nginx")), targetCore, generatorCore, s.rounds)
	fmt.Fprintf(s.out, "Requests are counted by nginx; CPU is user and system time of the whole process, its start included. "+
		"× wrk and × throng are ratios of CPU per request within a round, medians: 2.0 costs twice as much.\n\n")
	for _, a := range absent {
		fmt.Fprintf(s.out, "Absent here, so not measured: %s.\n\n", a)
	}
	var plain, real []run
	for _, t := range tools {
		if t.plain != nil {
			plain = append(plain, run{t, t.name, t.plain, s.programOf(t)})
		}
		if t.name == "wrk" {
			real = append(real, run{t, "wrk, plain GET", t.plain, s.programOf(t)})
		}
		if t.real != nil {
			real = append(real, run{t, t.name, t.real, s.programOf(t)})
		}
	}
	for _, f := range []struct {
		title string
		runs  []run
	}{
		{"One GET, 50 connections", plain},
		{"Realistic flow: five weighted endpoints, random values, a JSON body, a capture, checks, two SLAs, 50 users", real},
	} {
		results, err := s.alternate(n, f.runs)
		if err != nil {
			return err
		}
		s.table(f.title, f.runs, results)
	}
	return nil
}

// available are the tools that are installed, or could be; of the others, why not.
func (s *suite) available() (tools []tool, absent []string) {
	for _, t := range s.tools() {
		if t.program != "" {
			s.install(t.program)
			if s.find(t.program) == "" {
				absent = append(absent, t.name)
				continue
			}
		}
		tools = append(tools, t)
	}
	return tools, absent
}

func (s *suite) programOf(t tool) string {
	if t.program == "" {
		return s.throng
	}
	return s.find(t.program)
}

// alternate runs every command once a round; results are by run and round.
func (s *suite) alternate(n *nginx, runs []run) ([][]result, error) {
	results := make([][]result, len(runs))
	for round := range s.rounds {
		for i, r := range runs {
			note("round %d: %s", round+1, r.label)
			before, err := n.requests()
			if err != nil {
				return nil, err
			}
			u, err := s.measure(generatorCore, s.span+30*time.Second, append([]string{r.program}, r.args(n.url, s.seconds()+"s")...)...)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(r.tool.accepts, u.code) {
				return nil, fmt.Errorf("%s ended with exit code %d:\n%s", r.label, u.code, tail(u.out))
			}
			after, err := n.requests()
			if err != nil {
				return nil, err
			}
			results[i] = append(results[i], result{u, after - before})
		}
	}
	return results, nil
}

// table writes what a flow came to.
func (s *suite) table(title string, runs []run, results [][]result) {
	find := func(name string) []result {
		for i, r := range runs {
			if r.tool.name == name {
				return results[i]
			}
		}
		return nil
	}
	rows := [][]string{{"tool", "version", "req/s", "CPU µs/req (min–max)", "× wrk", "× throng", "peak RSS MiB"}}
	for i, r := range runs {
		costs := each(results[i], result.cost)
		rows = append(rows, []string{
			r.label, r.tool.version(r.program),
			fmt.Sprintf("%.0f", median(each(results[i], result.rate))),
			fmt.Sprintf("%.2f (%.2f–%.2f)", median(costs), slices.Min(costs), slices.Max(costs)),
			ratio(results[i], find("wrk")), ratio(results[i], find("throng")),
			fmt.Sprintf("%.0f", median(each(results[i], func(r result) float64 { return float64(r.peak) / (1 << 20) }))),
		})
	}
	s.write(title, rows)
}

// ratio is the median of the paired ratios of two tools' costs.
func ratio(of, to []result) string {
	if len(to) != len(of) {
		return "–"
	}
	var list []float64
	for i := range of {
		list = append(list, of[i].cost()/to[i].cost())
	}
	return fmt.Sprintf("%.2f", median(list))
}

// write writes a table in Markdown; the first row is its head.
func (s *suite) write(title string, rows [][]string) {
	if title != "" {
		fmt.Fprintf(s.out, "### %s\n\n", title)
	}
	for i, row := range rows {
		fmt.Fprintf(s.out, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(s.out, "|%s\n", strings.Repeat(" --- |", len(row)))
		}
	}
	fmt.Fprintln(s.out)
}

func each[T any](list []T, f func(T) float64) []float64 {
	out := make([]float64, len(list))
	for i, x := range list {
		out[i] = f(x)
	}
	return out
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
