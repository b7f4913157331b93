package results

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/journal"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

// JournalDir is the folder of a run's directory that its journal lies in.
const JournalDir = "journal"

// source reads a journal from its begin to its end.
type source func(visit func(journal.Entry) error) error

// inDir reads the journal of a run's directory.
func inDir(dir string) source {
	return func(visit func(journal.Entry) error) error {
		root, err := os.OpenRoot(filepath.Join(dir, JournalDir))
		if err != nil {
			return err
		}
		defer root.Close()
		return journal.Read(journal.InDir(root), visit)
	}
}

// Open reads a run from its directory. What it came to is there for a whole
// run as it was; a run that was broken off is judged by what is there, and
// never passes. Errors name the directory.
func Open(dir string) (*Run, error) {
	j, err := open(dir)
	if err != nil {
		return nil, err
	}
	return j.run(report.Facts{ExitCode: j.exitCode, Files: Files(dir)}), nil
}

func (j *journaled) run(f report.Facts) *Run {
	return &Run{
		Dir: j.dir, Report: report.New(j.plan, j.outcome, f), Plan: j.plan, Broken: j.broken, Hash: j.begin.Hash,
		Rows: rowsOf(j.plan, j.outcome.Final.Total), Marks: j.marks, Each: eachOf(j.source, j.plan), spans: spansOf(j.source, j.plan),
	}
}

// Doubts are why a run is no pass, beside its limits, most important first.
func (r *Run) Doubts() []string {
	var list []string
	if r.Report.Verdict.State != text.Pass {
		list = slices.Clone(r.Report.Verdict.Beside)
	}
	if r.Broken != "" && !slices.Contains(list, r.Broken) {
		list = slices.Insert(list, 0, r.Broken)
	}
	return list
}

// Exit codes of runs that were broken off; those of throng run.
const (
	exitInconclusive = 97
	exitFailed       = 99
	exitInterrupted  = 130
)

// journaled is a journal that has been read.
type journaled struct {
	dir      string
	source   source
	begin    begin
	plan     *plan.Plan
	outcome  *outcome.Outcome
	exitCode int
	marks    []Mark
	broken   string // why there is no end; "" for a whole one
}

func open(dir string) (*journaled, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such directory", dir)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file; name the directory of a run, which holds a folder %s", dir, JournalDir)
	}
	j := &journaled{dir: dir, source: inDir(dir)}
	err = j.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no run: a run's directory has a folder %s, which throng run writes", dir, JournalDir)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", dir, err)
	}
	return j, nil
}

// read takes in the begin and the end, and where there is no end all between.
func (j *journaled) read() error {
	var last *journal.Entry
	n := 0
	err := j.source(func(e journal.Entry) error {
		if n++; n == 1 {
			return j.first(e)
		}
		if e.Kind == endEntry {
			last = &e
		}
		return nil
	})
	var damage *journal.Damage
	switch {
	case j.plan != nil && errors.As(err, &damage):
	case err != nil:
		return err
	case n == 0:
		return errors.New("its journal is empty: the run was broken off before it began")
	}
	if last != nil {
		return j.whole(last.Data)
	}
	return j.replay(damage)
}

// first reads the begin, its format before all else.
func (j *journaled) first(e journal.Entry) error {
	var format struct {
		Format string `json:"format"`
		Tool   string `json:"tool"`
	}
	if e.Kind != beginEntry || json.Unmarshal(e.Data, &format) != nil || format.Format == "" {
		return errors.New("its journal is none of a run")
	}
	if format.Format != Format {
		return fmt.Errorf("its journal has format %s, and this throng reads format %s; throng %s wrote it", format.Format, Format, format.Tool)
	}
	err := json.Unmarshal(e.Data, &j.begin)
	if err == nil && j.begin.Tick < 10*time.Millisecond {
		err = fmt.Errorf("a tick of %v", j.begin.Tick)
	}
	if err == nil {
		j.plan, err = readPlan(j.begin.Plan)
	}
	if err != nil {
		return fmt.Errorf("the begin of its journal does not hang together: %w", err)
	}
	return nil
}

// whole reads the end of a run that was not broken off.
func (j *journaled) whole(data json.RawMessage) error {
	var e end
	var rest ending
	err := json.Unmarshal(data, &e)
	if err == nil {
		err = json.Unmarshal(e.Outcome, &rest)
	}
	if err == nil {
		err = errors.Join(rest.check(j.plan), e.Final.check(j.plan))
	}
	var setup, teardown *outcome.Once
	if err == nil {
		setup, err = e.Setup.outcome()
	}
	if err == nil {
		teardown, err = e.Teardown.outcome()
	}
	if err != nil {
		return fmt.Errorf("the end of its journal does not hang together: %w", err)
	}
	j.outcome = rest.outcome(e.RunID, e.Started, e.Final.snapshot(j.plan))
	j.outcome.Setup, j.outcome.Teardown = setup, teardown
	j.exitCode, j.marks = e.ExitCode, e.Marks
	return nil
}

func (e *ending) outcome(id string, started time.Time, final *record.Snapshot) *outcome.Outcome {
	return &outcome.Outcome{
		RunID: id, Started: started, Elapsed: e.Elapsed, Measured: e.Measured, Final: final, Judged: e.Judged, Conditions: e.Conditions,
		Verdict: e.Verdict, Health: e.Health, PeakUsers: e.PeakUsers, Interrupted: e.Interrupted, Cut: e.Cut,
		Classes: e.Classes, Loads: e.Loads, Leaves: e.Leaves, Notes: e.Notes,
	}
}

func (o *once) outcome() (*outcome.Once, error) {
	if o == nil {
		return nil, nil
	}
	p, err := readPlan(o.Plan)
	if err != nil {
		return nil, err
	}
	if err := o.Final.check(p); err != nil {
		return nil, err
	}
	return &outcome.Once{Plan: p, Elapsed: o.Elapsed, Problem: o.Problem, Final: o.Final.snapshot(p)}, nil
}

// ticks visits the ticks of a journal, as far as it is whole.
func (s source) ticks(p *plan.Plan, visit func(*tick) error) error {
	return s.eachTick(func(data json.RawMessage) error {
		var t tick
		if err := json.Unmarshal(data, &t); err != nil {
			return errTick{err}
		}
		if err := t.check(p); err != nil {
			return errTick{err}
		}
		return visit(&t)
	})
}

// errTick is why an entry cannot be what it says it is.
type errTick struct{ error }

// eachTick visits the data of a journal's ticks, as far as it is whole.
func (s source) eachTick(visit func(json.RawMessage) error) error {
	var stopped error
	err := s(func(e journal.Entry) error {
		if e.Kind != tickEntry {
			return nil
		}
		stopped = visit(e.Data)
		if odd := (errTick{}); errors.As(stopped, &odd) {
			stopped = fmt.Errorf("entry %d of its journal does not hang together: %w", e.From, odd.error)
		}
		return stopped
	})
	var damage *journal.Damage
	if stopped == nil && errors.As(err, &damage) {
		return nil
	}
	return cmp.Or(stopped, err)
}

// spansOf visits where the stretches of a run's time lie. It reads them once.
func spansOf(s source, p *plan.Plan) func(func(Span)) error {
	read := sync.OnceValues(func() (list []Span, err error) {
		err = s.eachTick(func(data json.RawMessage) error {
			var t struct {
				At     time.Duration `json:"at_ns"`
				Window time.Duration `json:"window_ns"`
			}
			if err := json.Unmarshal(data, &t); err != nil {
				return errTick{err}
			}
			list = append(list, spanOf(p, t.At, t.Window))
			return nil
		})
		return list, err
	})
	return func(visit func(Span)) error {
		list, err := read()
		for _, span := range list {
			visit(span)
		}
		return err
	}
}

// spanOf is the stretch of so long that ended at a time.
func spanOf(p *plan.Plan, end, length time.Duration) Span {
	return Span{At: end - length, Length: length, Warmup: end <= p.Profile.Warmup}
}

// eachOf visits a run's time.
func eachOf(s source, p *plan.Plan) func(func(*Second) error) error {
	rows := places(p)
	return func(visit func(*Second) error) error {
		return s.ticks(p, func(t *tick) error { return visit(secondOf(p, rows, t)) })
	}
}

// places are the entry of a run's Rows that each series belongs to; -1 for
// none.
func places(p *plan.Plan) []int {
	byRow := make([]int, len(p.Rows))
	n := 0
	for _, kind := range []plan.SeriesKind{plan.RequestSeries, plan.GroupSeries} {
		for i := range p.Rows {
			if p.Rows[i].Kind == kind {
				byRow[i] = n
				n++
			}
		}
	}
	list := make([]int, len(p.Series))
	for i := range p.Series {
		if list[i] = byRow[p.Series[i].Row]; p.Rows[p.Series[i].Row].Kind == plan.MetricSeries {
			list[i] = -1
		}
	}
	return list
}

func secondOf(p *plan.Plan, places []int, t *tick) *Second {
	span := spanOf(p, t.At, t.Window)
	s := &Second{At: span.At, Length: span.Length, Warmup: span.Warmup, Users: t.Users, Wanted: t.Wanted, InFlight: t.InFlight, Missed: t.Missed,
		Rows: make([]*record.Stats, rowCount(p)), Health: t.SoFar.Health}
	add := func(from series) {
		for i, x := range from {
			if at := places[i]; at >= 0 {
				s.Rows[at] = record.Merge(s.Rows[at], x)
			}
		}
	}
	if add(t.Series); s.Warmup {
		add(t.Warmup)
	}
	return s
}

func rowCount(p *plan.Plan) (n int) {
	for i := range p.Rows {
		if p.Rows[i].Kind != plan.MetricSeries {
			n++
		}
	}
	return n
}

// rowsOf are a plan's requests and then its groups, with their figures.
func rowsOf(p *plan.Plan, total []*record.Stats) []Row {
	var rows []Row
	for _, kind := range []plan.SeriesKind{plan.RequestSeries, plan.GroupSeries} {
		for i := range p.Rows {
			if r := &p.Rows[i]; r.Kind == kind {
				rows = append(rows, Row{Kind: r.Kind, Method: r.Method, Name: r.Name, Label: r.Label()})
			}
		}
	}
	for series, at := range places(p) {
		if at < 0 {
			continue
		}
		s, row := &p.Series[series], &rows[at]
		row.Tags = joined(row.Tags, s.Tags...)
		row.Users = joined(row.Users, p.Classes[s.Class].Name)
		row.Tasks = joined(row.Tasks, s.Task)
		if series < len(total) {
			row.Total = record.Merge(row.Total, total[series])
		}
	}
	return rows
}

func joined(list []string, more ...string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// doubt makes sure that a verdict is no pass.
func doubt(v sla.Verdict, why string) sla.Verdict {
	v.Beside = append([]string{why}, v.Beside...)
	switch v.State {
	case sla.Fail:
		v.Reasons = append(slices.Clone(v.Reasons), why)
	case sla.Inconclusive:
		v.Reasons = append([]string{why}, v.Reasons...)
	default:
		v.State, v.Reasons = sla.Inconclusive, []string{why}
	}
	return v
}

// Unwritten is a run's verdict when its results, which were asked for, could
// not be written: no pass.
func Unwritten(v sla.Verdict, err error) sla.Verdict {
	return doubt(v, "the results could not be written: "+strings.ReplaceAll(err.Error(), "\n", "; "))
}
