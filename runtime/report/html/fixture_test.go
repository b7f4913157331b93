package html

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// resultOf is a scripted run as results has it.
func resultOf(r *reporttest.Run, exit int) *results.Run {
	run := &results.Run{Plan: r.Plan, Report: report.New(r.Plan, r.Outcome, report.Facts{ExitCode: exit, Files: []string{"results/x/report.html", "results/x/summary.json"}})}
	index := make(map[int]int)
	mask := r.Plan.Mask()
	for i := range r.Plan.Rows {
		row := &r.Plan.Rows[i]
		if row.Kind == plan.MetricSeries {
			continue
		}
		index[i] = len(run.Rows)
		run.Rows = append(run.Rows, results.Row{Kind: row.Kind, Method: row.Method, Name: row.Name, Label: mask.Replace(row.Label())})
	}
	byRow := func(series []*record.Stats) []*record.Stats {
		list := make([][]*record.Stats, len(run.Rows))
		for i, s := range series {
			if k, ok := index[r.Plan.Series[i].Row]; ok && s != nil {
				list[k] = append(list[k], s)
			}
		}
		out := make([]*record.Stats, len(list))
		for i := range list {
			out[i] = record.Merge(list[i]...)
		}
		return out
	}
	for i, s := range byRow(r.Outcome.Final.Total) {
		run.Rows[i].Total = s
	}
	var missed int64
	run.Each = func(visit func(*results.Second) error) error {
		missed = 0
		for i, t := range r.Ticks {
			at := time.Duration(i) * time.Second
			s := &results.Second{
				At: at, Length: time.Second, Users: t.Users, Wanted: t.Wanted, InFlight: t.InFlight, Missed: t.Missed - missed,
				Warmup: at < r.Plan.Profile.Warmup, Rows: byRow(t.Snapshot.Recent), Health: t.Health,
			}
			if missed = t.Missed; s.Warmup {
				s.Rows = byRow(t.Snapshot.RecentWarmup)
			}
			if err := visit(s); err != nil {
				return err
			}
		}
		return nil
	}
	run.Marks = stageMarks(r)
	return run
}

func stageMarks(r *reporttest.Run) []results.Mark {
	at := time.Duration(0)
	var list []results.Mark
	for _, s := range r.Plan.Profile.Loads[0].Stages {
		if at < r.Outcome.Elapsed {
			list = append(list, results.Mark{At: at, Kind: results.MarkStage, Name: s.Name})
		}
		at += s.Over + s.Hold
	}
	if w := r.Plan.Profile.Warmup; w > 0 {
		list = append(list, results.Mark{At: w, Kind: results.MarkWarmup})
	}
	return list
}

func failing() *results.Run {
	run := resultOf(reporttest.Failed(), 99)
	run.Marks = append(run.Marks,
		results.Mark{At: 37 * time.Second, Kind: results.MarkBreach, Name: "read p95"},
		results.Mark{At: 45 * time.Second, Kind: results.MarkBreach, Name: "execute error_rate"})
	return run
}

// aborted is a run that an SLA ended at 0:51.
func aborted() *results.Run {
	run := failing()
	run.Report.Run.Aborted = "execute"
	run.Marks = append(run.Marks, results.Mark{At: 51 * time.Second, Kind: results.MarkAbort, Name: "execute"})
	return run
}

// recovered is a run with a breach that ended.
func recovered() *results.Run {
	run := failing()
	run.Marks = append(run.Marks, results.Mark{At: 52 * time.Second, Kind: results.MarkRecovery, Name: "execute error_rate"})
	return run
}

// broken is a run that passed all it was asked so far, when it was killed.
func broken() *results.Run {
	run := resultOf(reporttest.Passed(), 0)
	run.Broken = "the journal ends at 0:41 without the run's end: the process was killed"
	return run
}

// runs are all kinds of runs a page is made of.
var runs = []struct {
	name string
	make func() *results.Run
}{
	{"passed", func() *results.Run { return resultOf(reporttest.Passed(), 0) }},
	{"failed", failing},
	{"inconclusive", func() *results.Run { return resultOf(reporttest.Inconclusive(), 98) }},
	{"interrupted", func() *results.Run { return resultOf(reporttest.Interrupted(), 105) }},
	{"empty", func() *results.Run { return resultOf(reporttest.Empty(), 98) }},
	{"unjudged", func() *results.Run { return resultOf(reporttest.Unjudged(), 0) }},
	{"hostile", func() *results.Run { return resultOf(reporttest.Hostile(), 99) }},
	{"sockets", func() *results.Run { return resultOf(reporttest.Sockets(), 99) }},
	{"measured", func() *results.Run { return resultOf(reporttest.Measured(), 99) }},
	{"limited", limited}, {"aborted", aborted}, {"recovered", recovered}, {"broken", broken},
	{"bare", func() *results.Run { return &results.Run{Report: &report.Report{}} }},
}

func write(t testing.TB, run *results.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// large is a run of so many requests and seconds. Its seconds draw from a
// few recorded ones: nothing is recorded an hour long.
func large(rows, seconds int) *results.Run {
	const kinds = 24
	rng := rand.New(rand.NewPCG(1, 2))
	rec := record.New(record.Config{Series: kinds * 2, Shards: 1})
	w := rec.Writer(0)
	for k := range kinds * 2 {
		for range 20 + k {
			took := int64(float64(2+k)*1e6*(0.5+rng.ExpFloat64())) + 1
			class, status := plan.OK, uint16(200)
			if rng.IntN(400) == 0 {
				class, status = plan.FailStatus, 503
			}
			w.Add(record.Sample{Series: int32(k), Class: class, Status: status, Start: 1, Intended: 1, End: 1 + took})
		}
	}
	pool := rec.Snapshot(time.Second, true).Total
	run := &results.Run{Report: &report.Report{}}
	r := run.Report
	r.Plan.Scenario, r.Plan.Model, r.Run.Elapsed = "large", "closed", report.Ms(time.Duration(seconds)*time.Second)
	r.Verdict.State = text.Pass
	for i := range rows {
		name := fmt.Sprintf("GET /api/v1/resource-%03d/:id", i)
		total := record.Merge(pool[i%len(pool)], pool[(i+7)%len(pool)])
		run.Rows = append(run.Rows, results.Row{Method: "GET", Name: name[4:], Label: name, Total: total})
		q := func(p float64) *report.Ms { v := report.Ms(total.Quantile(p).Ns); return &v }
		f := report.Figures{Samples: total.Count(), OK: total.OK, Failed: total.Failed, Rate: report.Num(total.Count()), Latency: report.Latency{P50: q(0.5), P95: q(0.95), P99: q(0.99), Max: q(1)}}
		r.Requests = append(r.Requests, report.Request{Name: name, Method: "GET", State: text.NoSLA, Figures: f})
		r.Total.Samples += f.Samples
	}
	run.Each = func(visit func(*results.Second) error) error {
		rng := rand.New(rand.NewPCG(3, 4))
		for i := range seconds {
			s := &results.Second{At: time.Duration(i) * time.Second, Length: time.Second, Users: 100, InFlight: 5, Rows: make([]*record.Stats, rows), Health: health.Report{CPU: 0.3, Cores: 4}}
			for k := range s.Rows {
				s.Rows[k] = pool[(k+rng.IntN(5))%len(pool)]
			}
			if err := visit(s); err != nil {
				return err
			}
		}
		return nil
	}
	return run
}
