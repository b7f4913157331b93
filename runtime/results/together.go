package results

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/sla"
)

// Together reads the directories of several processes that made one plan at
// the same time, as one run: counts, users and arrivals add up, histograms are
// merged, and the whole is judged anew. Moments are those of each process's
// own clock, from its first user. The plans must be equal but for their seeds.
func Together(dirs []string) (*Run, error) {
	var list []*journaled
	for _, dir := range dirs {
		j, err := open(dir)
		if err != nil {
			return nil, err
		}
		for _, other := range list {
			if other.begin.RunID == j.begin.RunID {
				return nil, fmt.Errorf("%s and %s are the same run", other.dir, dir)
			}
			if other.begin.Hash != j.begin.Hash {
				return nil, fmt.Errorf("%s and %s are not of one plan: %s, and %s; only processes of the same plan add up", other.dir, dir, other.what(), j.what())
			}
		}
		list = append(list, j)
	}
	if len(list) == 0 {
		return nil, errors.New("name the directories to merge")
	}
	t := &together{list: list, plan: list[0].plan}
	return t.run()
}

// what names a plan for people.
func (j *journaled) what() string {
	return fmt.Sprintf("%s has plan %.12s (%s, profile %s)", j.dir, j.begin.Hash, j.plan.Scenario, j.plan.Profile.Name)
}

// together are processes of one plan.
type together struct {
	list []*journaled
	plan *plan.Plan
}

func (t *together) run() (*Run, error) {
	r := newReplay(t.plan, t.list[0].begin.Tick)
	peak := 0
	if err := t.ticks(func(k *tick) error {
		r.take(k)
		peak = max(peak, k.Users)
		return nil
	}); err != nil {
		return nil, err
	}
	o := t.outcome(r)
	o.PeakUsers = max(peak, o.PeakUsers)
	o.Judged = sla.Judge(t.plan, o.Final, o.Measured)
	r.windows.Finish(o.Conditions.Books.InFlight)
	r.windows.Apply(o.Judged)
	o.Verdict = sla.Decide(t.plan, o.Judged, o.Conditions)
	run := &Run{Dir: t.dirs(), Plan: t.plan, Hash: t.list[0].begin.Hash, Rows: rowsOf(t.plan, o.Final.Total), Broken: t.broken()}
	run.Marks = r.marks.marks(o)
	if run.Broken != "" {
		o.Verdict = doubt(o.Verdict, run.Broken)
		o.Conditions.Incomplete = cmp.Or(o.Conditions.Incomplete, strings.TrimPrefix(run.Broken, "the run "))
		run.Marks = r.marks.soFar(r.at)
	}
	again := make([]string, 0, len(t.list))
	for _, j := range t.list {
		again = append(again, report.Again(j.plan))
	}
	slices.Sort(again)
	run.Report = report.New(t.plan, o, report.Facts{ExitCode: exitCode(o), Again: strings.Join(slices.Compact(again), "; ")})
	places := places(t.plan)
	run.Each = func(visit func(*Second) error) error {
		return t.ticks(func(k *tick) error { return visit(secondOf(t.plan, places, k)) })
	}
	return run, nil
}

func (t *together) dirs() string {
	names := make([]string, len(t.list))
	for i, j := range t.list {
		names[i] = j.dir
	}
	return strings.Join(names, ", ")
}

func (t *together) broken() string {
	for _, j := range t.list {
		if j.broken != "" {
			return j.broken + " in " + j.dir
		}
	}
	return ""
}

// exitCode is that of a run which has been judged.
func exitCode(o *outcome.Outcome) int {
	switch {
	case o.Interrupted:
		return exitInterrupted
	case o.Verdict.State == sla.Pass:
		return 0
	case o.Verdict.State == sla.Fail:
		return exitFailed
	}
	return exitInconclusive
}

// process is one of those whose ticks are visited together.
type process struct {
	next func() (*tick, error, bool)
	head *tick // the next one; nil when there is none
	last *tick // the latest that was taken
}

func (p *process) advance() error {
	k, err, ok := p.next()
	if !ok {
		k = nil
	}
	p.head = k
	return err
}

var errStopped = errors.New("stopped")

// pull are a journal's ticks, one after another.
func (j *journaled) pull() iter.Seq2[*tick, error] {
	return func(yield func(*tick, error) bool) {
		err := j.source.ticks(j.plan, func(k *tick) error {
			if !yield(k, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

// ticks visits the ticks of all processes, those of the same moment as one.
func (t *together) ticks(visit func(*tick) error) error {
	list := make([]*process, len(t.list))
	for i, j := range t.list {
		next, stop := iter.Pull2(j.pull())
		defer stop()
		list[i] = &process{next: next}
		if err := list[i].advance(); err != nil {
			return err
		}
	}
	before := time.Duration(0)
	for {
		var first *tick
		for _, p := range list {
			if p.head != nil && (first == nil || p.head.At < first.At) {
				first = p.head
			}
		}
		if first == nil {
			return nil
		}
		k := &tick{}
		for _, p := range list {
			if p.head != nil && p.head.At <= first.At+t.list[0].begin.Tick/2 {
				k = joinTicks(k, p.head)
				p.last = p.head
				if err := p.advance(); err != nil {
					return err
				}
			}
		}
		t.standing(k, list)
		k.Window, before = k.At-before, k.At
		if err := visit(k); err != nil {
			return err
		}
	}
}

// joinTicks adds what came in a process's tick to that of others.
func joinTicks(sum, k *tick) *tick {
	both := *sum
	both.At, both.Missed = max(sum.At, k.At), sum.Missed+k.Missed
	both.Series, both.Warmup, both.Metrics = sum.Series.merge(k.Series), sum.Warmup.merge(k.Warmup), sum.Metrics.merge(k.Metrics)
	if both.Phases = k.Phases; sum.Phases != nil {
		both.Phases = mergePhases(sum.Phases, k.Phases)
	}
	return &both
}

// standing is how all processes stand after a tick; those that have ended are
// not there any more.
func (t *together) standing(k *tick, list []*process) {
	var known []*soFar
	k.State = outcome.Done
	for _, p := range list {
		if p.last == nil {
			continue
		}
		known = append(known, &p.last.SoFar)
		if p.head == nil && p.last.At < k.At {
			continue
		}
		k.State = min(k.State, p.last.State)
		k.Users += p.last.Users
		k.Wanted += p.last.Wanted
		k.InFlight += p.last.InFlight
		k.Broken = append(k.Broken, p.last.Broken...)
	}
	k.SoFar = add(known)
}

// outcome is what the processes came to, not judged yet.
func (t *together) outcome(r *replay) *outcome.Outcome {
	final := *r.snap
	final.Final, final.Clamped = true, 0
	first := t.list[0].outcome
	o := &outcome.Outcome{Started: first.Started, Final: &final}
	var known []*soFar
	var ids []string
	var groups, losses []record.ErrorGroup
	for _, j := range t.list {
		x := j.outcome
		s := soFarOf(x)
		known = append(known, &s)
		ids = append(ids, j.begin.RunID)
		groups, losses = append(groups, x.Final.Errors...), append(losses, x.Final.Losses...)
		final.Abandoned = addTasks(final.Abandoned, x.Final.Abandoned)
		final.Clamped += x.Final.Clamped
		o.Interrupted, o.Cut = o.Interrupted || x.Interrupted, o.Cut || x.Cut
		o.Elapsed = max(o.Elapsed, x.Elapsed)
		if x.Started.Before(o.Started) {
			o.Started = x.Started
		}
		o.Setup, o.Teardown = worseOnce(o.Setup, x.Setup), worseOnce(o.Teardown, x.Teardown)
	}
	final.Errors, final.Losses = addGroups(groups), addGroups(losses)
	s := add(known)
	o.RunID, o.Measured, o.PeakUsers, o.Conditions, o.Health = strings.Join(ids, "+"), s.Measured, 0, s.Conditions, s.Health
	o.Classes, o.Loads, o.Leaves = s.Classes, s.Loads, s.Leaves
	o.Notes = append([]string{fmt.Sprintf("Merged from %d processes: %s.", len(t.list), t.dirs())}, s.Notes...)
	return o
}

func worseOnce(a, b *outcome.Once) *outcome.Once {
	if a == nil || b != nil && a.Problem == "" && b.Problem != "" {
		return b
	}
	return a
}
