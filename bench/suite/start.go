package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// start measures how long throng takes from its process' start to the first
// request of each scenario that is shipped, and to validate it.
func (s *suite) start() error {
	fmt.Fprintf(s.out, "## Start\n\nFrom before the process is made to the first request at the suite's server, and the whole of `throng validate`; "+
		"both on core %s. Medians of %d (min–max).\n\n", generatorCore, startRuns)
	rows := [][]string{{"scenario", "first request ms", "validate ms"}}
	mains, err := filepath.Glob("scenarios/*/main.hcl")
	if err != nil || len(mains) == 0 {
		return fmt.Errorf("no scenarios/*/main.hcl here: run this at the repository's root (%v)", err)
	}
	for _, file := range mains {
		scenario := filepath.Dir(file)
		note("start: %s", scenario)
		var first, validate []float64
		for range startRuns {
			ms, err := s.firstRequest(scenario)
			if err != nil {
				return err
			}
			first = append(first, ms)
			u, err := s.measure(generatorCore, 10*time.Second, s.throng, "validate", scenario)
			if err != nil {
				return err
			}
			if u.code != 0 {
				return fmt.Errorf("%s is not valid:\n%s", scenario, tail(u.out))
			}
			validate = append(validate, u.wall.Seconds()*1e3)
		}
		both := func(list []float64) string {
			return fmt.Sprintf("%.1f (%.1f–%.1f)", median(list), slices.Min(list), slices.Max(list))
		}
		rows = append(rows, []string{scenario, both(first), both(validate)})
	}
	s.write("", rows)
	return nil
}

const startRuns = 11

// firstRequest is how long a scenario takes to its first request, in
// milliseconds. What becomes of the run then does not matter here.
func (s *suite) firstRequest(scenario string) (float64, error) {
	t, err := s.startTarget(targetCore)
	if err != nil {
		return 0, err
	}
	defer t.stop()
	begin := time.Now()
	u, err := s.measure(generatorCore, 30*time.Second, s.throng, "run", "--no-out", "--quiet", "--users", "1", "--spawn-rate", "10000", "--duration", "50ms",
		"--var", "base_url="+t.url, scenario)
	if err != nil {
		return 0, err
	}
	r, err := t.report()
	if err != nil {
		return 0, err
	}
	if r.First == 0 {
		return 0, fmt.Errorf("%s sent nothing (exit code %d):\n%s", scenario, u.code, tail(u.out))
	}
	return float64(r.First-begin.UnixNano()) / 1e6, nil
}

func mib(n int64) string { return fmt.Sprintf("%.1f", float64(n)/(1<<20)) }
