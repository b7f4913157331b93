// Package exporttest makes runs for the tests of the export formats, in
// memory, out of the scripted ones of reporttest.
package exporttest

import (
	"bytes"
	"io"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/reporttest"
	"throng/runtime/results"
)

// Written is what a form writes of a run.
func Written(t testing.TB, run *results.Run, write func(io.Writer, *results.Run) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Run is a scripted run as the exports see it.
func Run(r *reporttest.Run) *results.Run {
	p := r.Plan
	exit := map[string]int{"pass": 0, "fail": 99}
	rep := report.New(p, r.Outcome, report.Facts{ExitCode: 97})
	if code, ok := exit[rep.Verdict.State.String()]; ok {
		rep.Verdict.ExitCode = code
	}
	run := &results.Run{Report: rep, Plan: p}
	of := make([][]int, len(p.Rows)) // series of each row
	for i := range p.Series {
		of[p.Series[i].Row] = append(of[p.Series[i].Row], i)
	}
	merge := func(stats []*record.Stats, row int) *record.Stats {
		var list []*record.Stats
		for _, s := range of[row] {
			list = append(list, stats[s])
		}
		return record.Merge(list...)
	}
	mask := p.Mask()
	var rows []int
	for _, kind := range []plan.SeriesKind{plan.RequestSeries, plan.GroupSeries} {
		for i := range p.Rows {
			if p.Rows[i].Kind != kind {
				continue
			}
			rows = append(rows, i)
			run.Rows = append(run.Rows, results.Row{
				Kind: kind, Method: p.Rows[i].Method, Name: mask.Replace(p.Rows[i].Name), Label: mask.Replace(p.Rows[i].Label()),
				Total: merge(r.Outcome.Final.Total, i),
			})
		}
	}
	run.Each = func(visit func(*results.Second) error) error {
		for _, tick := range r.Ticks {
			if err := visit(second(tick, p, rows, merge)); err != nil {
				return err
			}
		}
		return nil
	}
	return run
}

func second(tick *outcome.Progress, p *plan.Plan, rows []int, merge func([]*record.Stats, int) *record.Stats) *results.Second {
	at := tick.Snapshot.At - tick.Snapshot.Window
	s := &results.Second{
		At: at, Length: tick.Snapshot.Window, Users: tick.Users, Wanted: tick.Wanted, InFlight: tick.InFlight,
		Warmup: at < p.Profile.Warmup, Health: tick.Health,
	}
	for _, row := range rows {
		s.Rows = append(s.Rows, merge(tick.Snapshot.Recent, row))
	}
	return s
}

// Thinned is a run whose past is known by stretches of n seconds only.
func Thinned(run *results.Run, n int) *results.Run {
	thin := *run
	thin.Each = func(visit func(*results.Second) error) error {
		var sum *results.Second
		add := func(s *results.Second) error {
			if sum == nil || s.Warmup != sum.Warmup || sum.Length >= time.Duration(n)*time.Second {
				if sum != nil {
					if err := visit(sum); err != nil {
						return err
					}
				}
				c := *s
				sum = &c
				return nil
			}
			for i := range sum.Rows {
				sum.Rows[i] = record.Merge(sum.Rows[i], s.Rows[i])
			}
			sum.Length, sum.Users, sum.Missed = sum.Length+s.Length, s.Users, sum.Missed+s.Missed
			return nil
		}
		if err := run.Each(add); err != nil || sum == nil {
			return err
		}
		return visit(sum)
	}
	return &thin
}
