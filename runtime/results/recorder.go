package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/journal"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/sla"
)

// Options are what a Recorder needs beside the plan.
type Options struct {
	RunID string
	Tick  time.Duration // between ticks; 0: one second
	// Failed hears once, on a goroutine of its own, that the journal could not
	// be written and is not written any more; nil: nobody.
	Failed func(error)
	// Journal bounds the journal; its Merge is not used.
	Journal journal.Options
}

// Bounds of a Recorder.
const (
	maxPending  = 16               // ticks that wait for the disk; more are merged
	endDeadline = 10 * time.Second // for the disk to take what is left
)

// Recorder writes a run's journal while it runs. A disk that is slow does not
// hold the run up: ticks that wait are merged, which loses resolution and
// nothing else. A disk that fails does not end it either.
type Recorder struct {
	plan    *plan.Plan // the outline of what is run, secrets masked
	mask    *plan.Mask
	hash    string
	files   journal.Files
	o       Options
	marks   *marker
	journal *journal.Writer // of the goroutine
	wake    chan struct{}
	ended   chan *end // the end entry; closed without one when it is not to be written
	done    chan struct{}

	mu      sync.Mutex
	pending []*tick
	err     error

	// Of the tick's goroutine.
	missed int64
	groups map[groupKey]int64 // counts as last written
	tasks  []record.Abandoned
}

// Record begins the journal of a run of p, in a directory that holds none. When
// it returns the beginning is written; End must be called.
func Record(files journal.Files, p *plan.Plan, o Options) (*Recorder, error) {
	if o.Tick <= 0 {
		o.Tick = time.Second
	}
	mask := p.Mask()
	text, err := masked(mask, outlineOf(p))
	if err != nil {
		return nil, err
	}
	known, err := readPlan(text)
	if err != nil {
		return nil, fmt.Errorf("the plan cannot be written down: %w", err)
	}
	o.Journal.Merge = mergeEntries
	w, err := journal.Create(files, o.Journal)
	if err != nil {
		return nil, err
	}
	sum := hash(p)
	err = w.Append(beginEntry, &begin{Format: Format, Tool: p.Tool, RunID: o.RunID, Created: time.Now().UTC(), Hash: sum, Tick: o.Tick, Plan: text})
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	r := &Recorder{
		plan: known, mask: mask, hash: sum, files: files, o: o, marks: newMarker(known), journal: w,
		wake: make(chan struct{}, 1), ended: make(chan *end, 1), done: make(chan struct{}), groups: map[groupKey]int64{},
	}
	go r.write()
	return r, nil
}

// mergeEntries thins a journal.
func mergeEntries(kind string, a, b json.RawMessage) (json.RawMessage, bool) {
	var x, y tick
	if kind != tickEntry || json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return nil, false
	}
	data, err := json.Marshal(mergeTicks(&x, &y))
	return data, err == nil
}

// Keep takes a tick: it is engine.Options.Keep. It waits for nothing.
func (r *Recorder) Keep(p *outcome.Progress) {
	t := r.tick(p)
	r.marks.look(t)
	r.mu.Lock()
	if r.err == nil {
		r.pending = append(r.pending, t)
		if len(r.pending) > maxPending {
			r.pending = thinned(r.pending)
		}
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// thinned are half as many ticks.
func thinned(list []*tick) []*tick {
	var half []*tick
	for i := 0; i+1 < len(list); i += 2 {
		half = append(half, mergeTicks(list[i], list[i+1]))
	}
	if len(list)%2 == 1 {
		half = append(half, list[len(list)-1])
	}
	return half
}

func (r *Recorder) tick(p *outcome.Progress) *tick {
	s, o := p.Snapshot, p.SoFar
	t := &tick{tickFigures: tickFigures{
		Started: o.Started.UTC().Round(0), At: s.At, Window: s.Window, State: p.State, Users: p.Users, Wanted: p.Wanted,
		InFlight: p.InFlight, Missed: p.Missed - r.missed, Clamped: s.Clamped,
		Series: sparse(s.Recent), Warmup: sparse(s.RecentWarmup), Metrics: sparseValues(s.RecentMetrics), Broken: broken(p.Judged),
	}, SoFar: soFarOf(o)}
	r.missed = p.Missed
	for i := range s.Phases {
		t.Phases = append(t.Phases, sparse(s.Phases[i].Recent))
	}
	for _, g := range groupsOf(s, r.mask) {
		before, known := r.groups[g.key()]
		if known && before == g.Count {
			continue
		}
		if r.groups[g.key()] = g.Count; known {
			g.Sent, g.Answer = "", "" // they were written when it was new
		}
		t.Errors = append(t.Errors, g)
	}
	if !sameTasks(s.Abandoned, r.tasks) {
		r.tasks = s.Abandoned
		t.Tasks = maskedTasks(s.Abandoned, r.mask)
	}
	return t
}

func sameTasks(a, b []record.Abandoned) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func soFarOf(o *outcome.Outcome) soFar {
	return soFar{Measured: o.Measured, PeakUsers: o.PeakUsers, Conditions: o.Conditions, Health: o.Health,
		Classes: o.Classes, Loads: o.Loads, Leaves: o.Leaves, Notes: o.Notes}
}

// broken are the SLAs of which a rule fails that is no warning.
func broken(judged []sla.Judgement) (list []int) {
	for _, j := range judged {
		if j.State == sla.Fail && !j.Warn && (len(list) == 0 || list[len(list)-1] != j.SLA) {
			list = append(list, j.SLA)
		}
	}
	return list
}

// write is the goroutine that waits for the disk.
func (r *Recorder) write() {
	defer close(r.done)
	for {
		select {
		case <-r.wake:
			r.drain()
		case e := <-r.ended:
			r.drain()
			if e != nil {
				r.fail(r.journal.Append(endEntry, e))
			}
			r.fail(r.journal.Close())
			return
		}
	}
}

// drain writes all ticks that wait.
func (r *Recorder) drain() {
	for {
		r.mu.Lock()
		var t *tick
		if len(r.pending) > 0 && r.err == nil {
			t = r.pending[0]
			r.pending = r.pending[1:]
		}
		r.mu.Unlock()
		if t == nil {
			return
		}
		text, err := masked(r.mask, t.SoFar)
		if err == nil {
			err = r.journal.Append(tickEntry, &maskedTick{&t.tickFigures, t.Errors, text})
		}
		r.fail(err)
	}
}

// fail keeps the first failure and tells of it. Nothing is written after it.
func (r *Recorder) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	first := r.err == nil
	if first {
		r.err, r.pending = err, nil
	}
	r.mu.Unlock()
	if first && r.o.Failed != nil {
		go r.o.Failed(err)
	}
}

// Err is why the journal could not be written; nil while it could.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// End writes what the run came to, which is nil where it could not be done,
// and closes the journal. It waits for the disk, but not for ever. The error
// says that the journal is not whole.
func (r *Recorder) End(o *outcome.Outcome, exitCode int) error {
	if o == nil {
		r.ended <- nil
	} else {
		e, err := r.end(o, exitCode)
		r.fail(err)
		r.ended <- e
	}
	timer := time.NewTimer(endDeadline)
	defer timer.Stop()
	select {
	case <-r.done:
	case <-timer.C:
		r.fail(fmt.Errorf("the disk took nothing for %v", endDeadline))
	}
	return r.Err()
}

func (r *Recorder) end(o *outcome.Outcome, exitCode int) (*end, error) {
	e := &end{RunID: o.RunID, Started: o.Started.UTC().Round(0), ExitCode: exitCode, Final: snapshotOf(o.Final, r.mask), Marks: r.finalMarks(o)}
	rest := ending{Elapsed: o.Elapsed, Interrupted: o.Interrupted, Cut: o.Cut, Judged: o.Judged, Verdict: o.Verdict, soFar: soFarOf(o)}
	var err error
	if e.Outcome, err = masked(r.mask, rest); err != nil {
		return nil, err
	}
	if e.Setup, err = onceOf(o.Setup, r.mask); err != nil {
		return nil, err
	}
	if e.Teardown, err = onceOf(o.Teardown, r.mask); err != nil {
		return nil, err
	}
	return e, nil
}

func (r *Recorder) finalMarks(o *outcome.Outcome) []Mark {
	list := r.marks.marks(o)
	for i := range list {
		list[i].Name = r.mask.Replace(list[i].Name)
	}
	return list
}

func onceOf(o *outcome.Once, m *plan.Mask) (*once, error) {
	if o == nil {
		return nil, nil
	}
	text, err := masked(m, outlineOf(o.Plan))
	if err != nil {
		return nil, err
	}
	return &once{Plan: text, Elapsed: o.Elapsed, Problem: m.Replace(o.Problem), Final: snapshotOf(o.Final, m)}, nil
}

// Run is the run that End was told of, from memory and the journal: rep is its
// report, dir where it lies, "" for nowhere.
func (r *Recorder) Run(dir string, o *outcome.Outcome, rep *report.Report) *Run {
	run := &Run{Dir: dir, Report: rep, Plan: r.plan, Hash: r.hash, Marks: r.finalMarks(o)}
	if o.Final != nil {
		run.Rows = rowsOf(r.plan, o.Final.Total)
	}
	kept := source(func(visit func(journal.Entry) error) error { return journal.Read(r.files, visit) })
	run.Each, run.spans = eachOf(kept, r.plan), spansOf(kept, r.plan)
	return run
}
