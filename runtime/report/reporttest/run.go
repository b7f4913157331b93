// Package reporttest makes finished runs for the tests of whatever shows
// them: real plans, recorders and judgements, fed with samples that follow a
// script instead of coming from a server. The same seed gives the same run.
package reporttest

import (
	"math/rand/v2"
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// Run is a scripted run: its plan, what came of it, and every tick on the
// way.
type Run struct {
	Plan    *plan.Plan
	Outcome *outcome.Outcome
	Ticks   []*outcome.Progress
}

// Route is what a script says about one request.
type Route struct {
	Method, Name string
	Task         string
	PerSecond    float64 // at 60 users
	Median       time.Duration
	Spread       float64 // the slowest is about this many times the median
	Drift        time.Duration
	Slow         float64       // share of samples that take SlowAt
	SlowAt       time.Duration // what a bimodal route's second mode takes
	Timeout      float64       // share that runs into the 2 s timeout
	Status       int           // of every answer, when not 200
	Burst        [2]int        // seconds in which 60 % answer 503
}

// Metric is what a script says about one metric: which route's answers record
// it, and what they hold.
type Metric struct {
	Name  string
	Unit  plan.Unit
	Of    int
	Value func(*rand.Rand) float64 // nil: nothing is ever recorded
}

// Script is a run to be.
type Script struct {
	Name, Profile string
	Routes        []Route
	Metrics       []Metric
	SLAs          []plan.SLA
	Seconds       int
	Cut           int // the second it is interrupted in; 0 for never
	Stall         [2]int
	Open          bool
	Warmup        time.Duration
	Health        health.Report
	Notes         []string
	Secrets       []string
	File          string // the source's name

	// Beside books what is no sample, each second; nil for nothing.
	Beside func(w *record.Writer, sec int)
}

const timeout = 2 * time.Second

// Make plays a script.
func Make(s *Script) *Run {
	p := s.plan()
	rows := make([]int, len(p.Series))
	for i := range p.Series {
		rows[i] = p.Series[i].Row
	}
	m := &maker{
		script: s, plan: p, rng: rand.New(rand.NewPCG(7, 11)), values: rand.New(rand.NewPCG(5, 3)),
		rec: record.New(record.Config{
			Series: len(p.Series), Rows: rows, Thresholds: sla.Thresholds(p), Beyond: sla.Beyond(p), Limits: sla.Limits(p), Open: s.Open, WarmupEnd: int64(s.Warmup), Shards: 1,
		}),
		carry: make([]float64, len(p.Series)),
	}
	m.w = m.rec.Writer(0)
	r := &Run{Plan: p}
	end := s.Seconds
	if s.Cut > 0 {
		end = s.Cut
	}
	for sec := range end {
		m.second(sec)
		if s.Beside != nil {
			s.Beside(m.w, sec)
		}
		r.Ticks = append(r.Ticks, m.tick(sec+1, sec+1 == end))
	}
	r.Outcome = m.outcome(r.Ticks, end)
	return r
}

type maker struct {
	script *Script
	plan   *plan.Plan
	rng    *rand.Rand
	values *rand.Rand // of metrics
	rec    *record.Recorder
	w      *record.Writer
	carry  []float64
	ok     int64
	failed int64
	warm   int64
}

// users is the load profile: 20 to 60 at 20 s, back to 20 at 60 s.
func (s *Script) users(sec int) int {
	if sec >= 20 && sec < 60 {
		return 60
	}
	return 20
}

func (m *maker) second(sec int) {
	s := m.script
	if sec >= s.Stall[0] && sec < s.Stall[1] {
		return
	}
	for i := range s.Routes {
		r := &s.Routes[i]
		m.carry[i] += r.PerSecond * float64(s.users(sec)) / 60
		n := int(m.carry[i])
		m.carry[i] -= float64(n)
		for range n {
			m.sample(i, r, sec)
		}
	}
}

func (m *maker) sample(series int, r *Route, sec int) {
	took := time.Duration(float64(r.Median) * (1 + (r.Spread-1)*m.rng.Float64()*m.rng.Float64()*m.rng.Float64()))
	took += r.Drift * time.Duration(sec)
	if m.rng.Float64() < r.Slow {
		took = r.SlowAt + took/8
	}
	if m.script.Stall[1] > 0 && sec == m.script.Stall[1] && m.rng.IntN(2) == 0 {
		took += time.Duration(m.script.Stall[1]-m.script.Stall[0]) * time.Second * 9 / 10
	}
	class, status := plan.OK, 200
	switch {
	case r.Status != 0:
		class, status = plan.FailStatus, r.Status
	case m.rng.Float64() < r.Timeout:
		class, status, took = plan.FailTimeout, 0, timeout
	case sec >= r.Burst[0] && sec < r.Burst[1] && m.rng.Float64() < 0.6:
		class, status = plan.FailStatus, 503
	}
	end := time.Duration(sec)*time.Second + time.Duration(m.rng.IntN(1e9))
	start := max(0, end-took)
	intended := start
	if m.script.Open {
		intended = max(0, start-time.Duration(m.rng.IntN(5e6)))
	}
	if sec < int(m.script.Warmup/time.Second) {
		m.warm++
	} else if class == plan.OK {
		m.ok++
	} else {
		m.failed++
	}
	if intended < m.script.Warmup && sec >= int(m.script.Warmup/time.Second) {
		intended = m.script.Warmup
	}
	m.w.Add(record.Sample{
		Series: int32(series), Class: class, Status: uint16(status),
		Intended: int64(intended), Start: int64(start), Sent: int64(start), First: int64(start + (end-start)/2), End: int64(end),
		BytesIn: 512, BytesOut: 128,
	})
	if class == plan.OK {
		m.record(series, int64(intended))
	} else {
		m.fail(series, r, class, status, end)
	}
}

// record records what an answer of a route holds.
func (m *maker) record(route int, intended int64) {
	for i := range m.script.Metrics {
		if k := &m.script.Metrics[i]; k.Of == route && k.Value != nil {
			m.w.Record(int32(len(m.script.Routes)+i), k.Value(m.values), intended)
		}
	}
}

func (m *maker) fail(series int, r *Route, class plan.ErrorClass, status int, at time.Duration) {
	f := record.Failure{
		Series: int32(series), Class: class, Status: status, At: int64(at),
		Sent: r.Method + " " + r.Name + " HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n",
	}
	switch {
	case class == plan.FailTimeout:
		f.Detail = "no answer within 2 s"
	case status == 503:
		f.Answer = "{\"error\": \"pool exhausted\",\n \"waiting\": 41, \"hint\": \"raise db.pool or lower the load; see the runbook, section 4.2, for both\"}"
		f.Site = m.plan.Series[series].Site
	}
	m.w.Fail(f)
}

func (m *maker) tick(sec int, final bool) *outcome.Progress {
	s := m.script
	at := time.Duration(sec) * time.Second
	snap := m.rec.Snapshot(at, final)
	stage := 0
	if sec > 20 {
		stage = 1
	}
	if sec > 60 {
		stage = 2
	}
	p := &outcome.Progress{
		State: outcome.Running, Elapsed: at, Planned: time.Duration(s.Seconds) * time.Second, Stage: stage,
		Users: s.users(sec - 1), Wanted: float64(s.users(sec - 1)), InFlight: 12, Snapshot: snap, Health: s.Health,
		Judged: sla.Judge(m.plan, snap, at-s.Warmup),
	}
	if final {
		p.State = outcome.Done
	}
	return p
}

func (m *maker) outcome(ticks []*outcome.Progress, end int) *outcome.Outcome {
	s := m.script
	last := ticks[len(ticks)-1]
	at := time.Duration(end) * time.Second
	o := &outcome.Outcome{
		RunID: "20261122T021750Z-7", Started: time.Date(2026, 11, 22, 2, 17, 50, 0, time.UTC),
		Elapsed: at, Measured: at - s.Warmup, Final: last.Snapshot, Judged: last.Judged, Health: s.Health,
		PeakUsers: s.users(min(end-1, 20)), Interrupted: s.Cut > 0, Notes: s.Notes,
	}
	inFlight := int64(0)
	if s.Cut > 0 {
		o.Cut, inFlight = true, 12
	}
	o.Conditions = sla.Conditions{
		Books: sla.Books{
			Intended: m.ok + m.failed + inFlight, Succeeded: m.ok, Failed: m.failed, InFlight: inFlight,
		},
		Recorded: m.ok + m.failed, UsersStarted: 60, Saturated: s.Health.Saturated, Interrupted: s.Cut > 0,
		Ran: at, Planned: time.Duration(s.Seconds) * time.Second, Generator: s.Health.String(),
	}
	if s.Open {
		o.Conditions.Books.Missed = 12
		o.Conditions.Books.Intended += 12
	}
	o.Classes = m.classCounts(last.Snapshot)
	o.Verdict = sla.Decide(m.plan, o.Judged, o.Conditions)
	return o
}

func (m *maker) classCounts(snap *record.Snapshot) []outcome.ClassCount {
	counts := make([]outcome.ClassCount, len(m.plan.Classes))
	for c := range counts {
		counts[c] = outcome.ClassCount{Class: c, Tasks: make([]outcome.TaskCount, len(m.plan.Classes[c].Tasks)), Users: []int64{45, 15, 2}[c], Lived: []time.Duration{2100, 700, 150}[c] * time.Second}
		for t := range m.plan.Classes[c].Tasks {
			for i := range m.plan.Series {
				if s := &m.plan.Series[i]; s.Class == c && s.Task == m.plan.Classes[c].Tasks[t].Name {
					n := snap.Total[i].Count()
					counts[c].Tasks[t].Begun += n
					counts[c].Tasks[t].Completed += n
				}
			}
		}
	}
	return counts
}
