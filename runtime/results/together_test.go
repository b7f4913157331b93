package results

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/journal"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/sla"
)

// judgedPlan has SLAs about windows, stages, metrics and measures.
func judgedPlan() *plan.Plan {
	p95 := plan.Rule{Name: "p95", Metric: plan.Quantile, Quantile: 0.95, Limit: 60e6}
	errors := plan.Rule{Name: "error_rate", Metric: plan.ErrorRate, Limit: 0.2}
	mean := plan.Rule{Name: "mean", Metric: plan.Mean, Limit: 45e6}
	score := plan.Rule{Name: "mean", Metric: plan.Mean, Unit: plan.UnitNumber, Limit: 0.5}
	all := []plan.Judged{{Row: -1, Series: []int{0, 1}}}
	return &plan.Plan{
		Scenario: "judged", Targets: []plan.Target{{Name: "api", Scheme: "http", Host: "h", Port: 80}}, Sites: make([]plan.Site, 1), Classes: []plan.Class{{Name: "u", Weight: 1, Tasks: []plan.Task{{Name: "t", Weight: 1}}}},
		Rows:   []plan.Row{{Method: "GET", Name: "/a"}, {Method: "GET", Name: "/b"}, {Kind: plan.MetricSeries, Name: "score", Unit: plan.UnitNumber}},
		Series: []plan.Series{{Row: 0, Task: "t"}, {Row: 1, Task: "t"}, {Kind: plan.MetricSeries, Row: 2}},
		Profile: plan.Profile{Name: "p", Duration: 30 * time.Second, Warmup: 3 * time.Second,
			Loads: []plan.Load{{Classes: []int{0}, Stages: []plan.Stage{{Name: "calm", Level: 4, Hold: 10 * time.Second}, {Name: "spike", Level: 9, Hold: 20 * time.Second}}}}},
		SLAs: []plan.SLA{
			{Name: "whole", Groups: all, Rules: []plan.Rule{p95, errors, mean}},
			{Name: "windows", Groups: all, Rules: []plan.Rule{p95, errors, mean}, Window: &plan.Window{Length: 4 * time.Second, AllBut: 2}},
			{Name: "spike", Groups: all, Rules: []plan.Rule{p95, errors}, Stages: []plan.StageTime{{Name: "spike", Begin: 10 * time.Second, End: 30 * time.Second}}},
			{Name: "score", Groups: []plan.Judged{{Row: 2, Series: []int{2}}}, Rules: []plan.Rule{score}, Window: &plan.Window{Length: 3 * time.Second}},
		},
	}
}

// live is a run as its engine sees it.
type live struct {
	plan    *plan.Plan
	rec     *record.Recorder
	windows *sla.Windows
	users   int
	last    *outcome.Progress
}

func newLive(p *plan.Plan, users int) *live {
	return &live{plan: p, users: users, windows: sla.NewWindows(p, time.Second), rec: record.New(record.Config{
		Series: len(p.Series), Thresholds: sla.Thresholds(p), Beyond: sla.Beyond(p), Limits: sla.Limits(p),
		Phases: sla.Phases(p, 0), WarmupEnd: int64(p.Profile.Warmup), Shards: 2,
	})}
}

// request is one, or the value it recorded.
type request struct {
	sample record.Sample
	value  float64
}

func randomRequest(rng *rand.Rand, sec int) request {
	at := int64(sec)*1e9 + rng.Int64N(1e9)
	s := record.Sample{Series: int32(rng.IntN(2)), Intended: at, Start: at, Sent: at, First: at + 1e6, End: at + 1e6 + int64(rng.ExpFloat64()*(15+float64(sec))*1e6), Status: 200}
	if rng.IntN(7) == 0 {
		s.Class, s.Status = plan.FailStatus, 500
	}
	return request{s, rng.Float64()}
}

func (l *live) do(r *request) {
	w := l.rec.Writer(int(r.sample.End % 5))
	w.Add(r.sample)
	w.Record(2, r.value, r.sample.Intended)
	if r.sample.Class != plan.OK {
		w.Fail(record.Failure{Series: r.sample.Series, Class: r.sample.Class, Status: 500, At: r.sample.End, Detail: fmt.Sprint("kind ", r.sample.End%3), Answer: "no"})
		w.Lose(record.Failure{Series: r.sample.Series, Class: r.sample.Class, Status: 1001, At: r.sample.End, Detail: fmt.Sprint("kind ", r.sample.End%3)})
	}
}

func (l *live) tick(sec int) *outcome.Progress {
	at := time.Duration(sec) * time.Second
	s := l.rec.Snapshot(at, sec == 30)
	l.windows.Observe(s, l.plan.Profile.Duration, 0)
	measured := max(0, at-l.plan.Profile.Warmup)
	judged := sla.Judge(l.plan, s, measured)
	l.windows.Apply(judged)
	o := &outcome.Outcome{
		RunID: fmt.Sprint("run", l.users), Started: time.Date(2026, 11, 22, 12, 0, l.users, 0, time.UTC), Elapsed: at, Measured: measured, Final: s, Judged: judged, PeakUsers: l.users,
		Loads: []outcome.Load{{State: outcome.Working, Launched: int64(l.users)}}, Health: health.Report{CPU: 0.2, Cores: 2},
		Classes:    []outcome.ClassCount{{Users: int64(l.users), Tasks: []outcome.TaskCount{{Begun: int64(sec)}}}},
		Conditions: sla.Conditions{Books: booksOf(l.plan, s), Ran: at, Planned: 30 * time.Second, Generator: "well"},
	}
	o.Conditions.Recorded = o.Conditions.Books.Intended
	o.Verdict = sla.Decide(l.plan, judged, o.Conditions)
	state := outcome.Running
	if sec == 30 {
		state = outcome.Done
	}
	l.last = &outcome.Progress{State: state, Elapsed: at, Users: l.users, Wanted: float64(l.users), Snapshot: s, Judged: judged, SoFar: o}
	return l.last
}

// settle waits until no tick waits, so that none is merged.
func settle(r *Recorder) {
	for {
		r.mu.Lock()
		n := len(r.pending)
		r.mu.Unlock()
		if n == 0 {
			return
		}
		runtime.Gosched()
	}
}

// What a run is judged by that was broken off is what its engine would have
// judged by in that moment: windows, stages, metrics and all.
func TestReplayJudgesAlike(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 9))
		l := newLive(judgedPlan(), 4)
		files := Memory()
		r, err := Record(files, l.plan, Options{RunID: "x"})
		if err != nil {
			t.Fatal(err)
		}
		last := 3 + rng.IntN(27)
		for sec := range last {
			for range rng.IntN(60) {
				q := randomRequest(rng, sec)
				l.do(&q)
			}
			r.Keep(l.tick(sec + 1))
			settle(r)
		}
		if err := r.End(nil, 0); err != nil {
			t.Fatal(err)
		}
		back := readBack(t, files)
		l.windows.Finish(0)
		want := sla.Judge(l.plan, l.last.Snapshot, l.last.SoFar.Measured)
		l.windows.Apply(want)
		if diff := cmp.Diff(want, back.outcome.Judged); diff != "" {
			t.Errorf("seed %d, after %d s:\n%s", seed, last, diff)
		}
	}
}

// keep writes a run into a directory, as throng run does.
func keep(t *testing.T, dir string, l *live, requests [][]request) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, JournalDir), 0o700); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Join(dir, JournalDir))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	r, err := Record(journal.InDir(root), l.plan, Options{RunID: fmt.Sprint("run", l.users)})
	if err != nil {
		t.Fatal(err)
	}
	for sec, list := range requests {
		for i := range list {
			l.do(&list[i])
		}
		r.Keep(l.tick(sec + 1))
	}
	if err := r.End(l.last.SoFar, 0); err != nil {
		t.Fatal(err)
	}
}

// Processes of one plan come to what one process would have that made all
// their requests.
func TestTogetherIsTheSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	parts, all := make([][][]request, 3), make([][]request, 30)
	for i := range parts {
		parts[i] = make([][]request, 30)
	}
	for sec := range 30 {
		for range rng.IntN(90) {
			q := randomRequest(rng, sec)
			i := rng.IntN(3)
			parts[i][sec], all[sec] = append(parts[i][sec], q), append(all[sec], q)
		}
	}
	tmp := t.TempDir()
	var dirs []string
	for i := range parts {
		p := judgedPlan()
		p.Seed = uint64(i) // the only thing that may differ
		dirs = append(dirs, filepath.Join(tmp, fmt.Sprint("part", i)))
		keep(t, dirs[i], newLive(p, i+1), parts[i])
	}
	whole := filepath.Join(tmp, "whole")
	keep(t, whole, newLive(judgedPlan(), 6), all)
	want, err := Open(whole)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Together(dirs)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asJSON(t, want.Rows), asJSON(t, got.Rows)); diff != "" {
		t.Errorf("rows differ:\n%s", diff)
	}
	addUp(t, got)
	for what, of := range map[string]func(*report.Report) any{
		"total": func(r *report.Report) any { return r.Total }, "errors": func(r *report.Report) any { return r.Errors },
		"books": func(r *report.Report) any { return r.Books }, "verdict": func(r *report.Report) any { return r.Verdict.State },
		"peak": func(r *report.Report) any { return r.Run.PeakUsers }, "users": func(r *report.Report) any { return r.Classes[0].Users },
		"losses": func(r *report.Report) any {
			list := r.Requests[0].Messages.Losses
			if len(list) != 3 {
				t.Errorf("losses %+v", list)
			}
			return list
		},
		"warmup": func(r *report.Report) any { return r.Warmup },
	} {
		if diff := cmp.Diff(asJSON(t, of(want.Report)), asJSON(t, of(got.Report))); diff != "" {
			t.Errorf("%s differs:\n%s", what, diff)
		}
	}
	if note := got.Report.Notes[0]; !strings.HasPrefix(note, "Merged from 3 processes") {
		t.Errorf("notes %q", got.Report.Notes)
	}
	if g := got.Report.Generator; g.Cores != 6 || got.Report.Tool.Name != "throng" || got.Broken != "" {
		t.Errorf("%+v, broken %q", g, got.Broken)
	}
}

func TestTogetherRefuses(t *testing.T) {
	tmp := t.TempDir()
	one, other := filepath.Join(tmp, "one"), filepath.Join(tmp, "other")
	keep(t, one, newLive(judgedPlan(), 1), make([][]request, 30))
	p := judgedPlan()
	p.SLAs[0].Rules[0].Limit++
	keep(t, other, newLive(p, 2), make([][]request, 30))
	for want, dirs := range map[string][]string{
		"are the same run":    {one, one},
		"are not of one plan": {one, other},
		"no such directory":   {one, filepath.Join(tmp, "none")},
		"holds no run":        {tmp},
		"name the":            nil,
	} {
		if _, err := Together(dirs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
