package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// scale measures whether a request's cost depends on how much is declared,
// and what a second core gives.
func (s *suite) scale() error {
	if err := s.ballast(); err != nil {
		return err
	}
	return s.cores()
}

// variant is a scenario that is compared with the first one of its table.
type variant struct {
	name     string
	scenario string // URL stands for the target
	cores    string
}

func (s *suite) ballast() error {
	fmt.Fprintf(s.out, "## What is declared and not used\n\nOne core, 50 users and as fast as they can, nginx on the other core; CPU per request is that of a run "+
		"less that of one a third as long, so that compiling, starting and the summary cancel out; no results are kept, since the page of a run costs by requests and seconds, not by what was sent; ratios to the first row within a round, medians of %d.\n\n", s.rounds)
	return s.variants(targetCore, []variant{
		{"1 request, 1 class, 1 SLA", many(1, 1, 1), generatorCore},
		{"1,000 requests, all used evenly", many(1000, 1, 1), generatorCore},
		{"1,000 classes of users", many(1, 1000, 1), generatorCore},
		{"1,000 SLAs", many(1, 1, 1000), generatorCore},
	})
}

func (s *suite) cores() error {
	fmt.Fprintf(s.out, "## Two cores\n\nnginx and throng share both cores, so what counts is CPU per request: "+
		"two cores give 2 / ratio times what one gives to a generator that has them for itself.\n\n")
	return s.variants(bothCores, []variant{
		{"throng on one core", many(1, 1, 1), generatorCore},
		{"throng on two cores", many(1, 1, 1), bothCores},
	})
}

// many is a scenario of so many requests in each of so many classes, and so
// many SLAs.
func many(requests, classes, slas int) string {
	var b strings.Builder
	b.WriteString("target \"t\" { base_url = \"URL\" }\n")
	for c := range classes {
		fmt.Fprintf(&b, "user \"u%d\" {\n", c)
		for i := range requests {
			fmt.Fprintf(&b, "  get \"/items/%d\" {}\n", i)
		}
		b.WriteString("}\n")
	}
	b.WriteString("profile \"p\" {\n  users    = 50\n  duration = \"SPAN\"\n}\n")
	for i := range slas {
		fmt.Fprintf(&b, "sla \"s%d\" {\n  p95        = \"%dms\"\n  error_rate = \"0%%\"\n}\n", i, 1000+i)
	}
	return b.String()
}

// variants runs each in turn, round after round, and writes their table.
func (s *suite) variants(nginxCores string, list []variant) error {
	n, err := s.startNginx(nginxCores)
	if err != nil {
		return err
	}
	defer n.stop()
	results := make([][]result, len(list))
	for round := range s.rounds {
		for i, v := range list {
			note("round %d: %s", round+1, v.name)
			short, err := s.once(n, v, max(1, int(s.span.Seconds())/3))
			if err != nil {
				return err
			}
			long, err := s.once(n, v, max(2, int(s.span.Seconds())))
			if err != nil {
				return err
			}
			long.requests -= short.requests
			long.cpu -= short.cpu
			long.wall -= short.wall
			results[i] = append(results[i], long)
		}
	}
	rows := [][]string{{"", "req/s", "CPU µs/req (min–max)", "ratio", "peak RSS MiB"}}
	for i, v := range list {
		costs := each(results[i], result.cost)
		rows = append(rows, []string{
			v.name, fmt.Sprintf("%.0f", median(each(results[i], result.rate))),
			fmt.Sprintf("%.2f (%.2f–%.2f)", median(costs), slices.Min(costs), slices.Max(costs)), ratio(results[i], results[0]),
			fmt.Sprintf("%.0f", median(each(results[i], func(r result) float64 { return float64(r.peak) / (1 << 20) }))),
		})
	}
	s.write("", rows)
	return nil
}

// once runs a variant for some seconds.
func (s *suite) once(n *nginx, v variant, seconds int) (r result, err error) {
	before, err := n.requests()
	if err != nil {
		return r, err
	}
	text := strings.NewReplacer("URL", n.url, "SPAN", fmt.Sprintf("%ds", seconds)).Replace(v.scenario)
	u, sum, err := s.runBare(v.cores, time.Duration(seconds+30)*time.Second, text)
	if err != nil {
		return r, err
	}
	after, err := n.requests()
	if err == nil && sum.Books.Failed > 0 {
		err = fmt.Errorf("%s: %d requests failed", v.name, sum.Books.Failed)
	}
	return result{u, after - before}, err
}
