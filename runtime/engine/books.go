package engine

import (
	"fmt"
	"slices"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// outcome closes the books of a run that has ended.
func (r *run) outcome(end ending) *outcome.Outcome {
	final := r.recorder.Snapshot(end.done, true)
	r.remember(final)
	o := &outcome.Outcome{
		RunID: r.o.RunID, Started: r.started(),
		Elapsed: end.done, Measured: r.measured(end.at),
		Final: final, History: r.watcher.history,
		PeakUsers: r.crew.peak, Interrupted: end.interrupted, Cut: end.cut,
	}
	r.health.Stop()
	o.Health = r.health.Report(r.tightest)
	o.Judged = r.judge(final, o.Measured)
	o.Classes, o.Leaves = r.classes(), leaves(r.env)
	o.Loads = r.account(end.done)
	o.Conditions = r.conditions(final, end, o)
	o.Verdict = sla.Decide(r.plan, o.Judged, o.Conditions)
	o.Notes = r.notes(o)
	r.enter(outcome.Done)
	return o
}

// conditions is what a pass needs beside the rules. The users' own counts
// are one side of the books, the recorder's samples the other.
func (r *run) conditions(final *record.Snapshot, end ending, o *outcome.Outcome) sla.Conditions {
	sum, inFlight, _ := r.crew.account()
	total, warm := r.count(final.Total), r.count(final.Warmup)
	c := sla.Conditions{
		Books: sla.Books{
			Intended:  sum.begun + sum.missed,
			Succeeded: sum.ok, Failed: sum.failed, Missed: sum.missed,
			InFlight: sum.cut + inFlight,
		},
		Recorded:  total.ok + total.failed + warm.ok + warm.failed,
		Saturated: o.Health.Saturated, Interrupted: end.interrupted,
		Aborted: end.aborted, Incomplete: end.incomplete,
		Ran: end.at, Generator: o.Health.String(),
		LocalFailures: r.localFailures(final.Total) + r.localFailures(final.Warmup),
	}
	if !r.plan.Profile.Floats {
		c.Planned = r.plan.Profile.Duration
	}
	for _, s := range slices.Concat(final.Total, final.Warmup) {
		if s != nil {
			c.Backward += s.Backward
		}
	}
	for _, s := range slices.Concat(final.Total, final.Warmup) {
		if s != nil {
			c.Forbidden += s.ByClass[plan.FailGuard]
		}
	}
	for _, f := range r.env.Faults() {
		if f.Own {
			c.LocalFailures += f.Count
			continue
		}
		if c.Stuck == 0 {
			c.StuckWhy = strings.TrimSuffix(f.Message, ".")
		}
		c.Stuck += f.Count
	}
	_, odd := r.crew.sizes()
	c.LocalFailures += int64(len(odd))
	for _, k := range o.Classes {
		c.UsersStarted += k.Starts
		c.UsersFailed += k.StartFailed
	}
	return c
}

func (r *run) localFailures(stats []*record.Stats) (n int64) {
	for i, s := range stats {
		if s == nil || r.plan.Series[i].Kind != plan.RequestSeries {
			continue
		}
		for class, count := range s.ByClass {
			if plan.ErrorClass(class).Local() {
				n += count
			}
		}
	}
	return n
}

func (r *run) classes() []outcome.ClassCount {
	list := make([]outcome.ClassCount, len(r.plan.Classes))
	for c := range list {
		t := r.env.Tally(c)
		list[c] = outcome.ClassCount{Class: c, Users: t.Users.Load(), Starts: t.Starts.Load(), StartFailed: t.StartFailed.Load(), Lived: r.crew.livedIn(c),
			Tasks: make([]outcome.TaskCount, len(t.Tasks))}
		for i := range t.Tasks {
			k := &t.Tasks[i]
			list[c].Tasks[i] = outcome.TaskCount{Begun: k.Begun.Load(), Completed: k.Completed.Load(),
				Abandoned: k.Abandoned.Load(), Failed: k.Failed.Load()}
		}
	}
	return list
}

// notes are what a reader should know that no figure says.
func (r *run) notes(o *outcome.Outcome) []string {
	var notes []string
	add := func(format string, a ...any) { notes = append(notes, fmt.Sprintf(format, a...)) }
	if n := o.Final.Clamped; n > 0 {
		add("%d samples lay outside the range of the histograms and are counted at its edge.", n)
	}
	for i := range r.plan.Targets {
		if t := &r.plan.Targets[i]; t.TLS != nil && t.TLS.Insecure {
			add("The certificate of target %s was not verified (insecure), so nothing says who answered.", t.Name)
		}
	}
	for c := range r.plan.Classes {
		if n := r.env.Tally(c).OutOfRows.Load(); n > 0 {
			add("%d users of %s ended because their data had no row left.", n, r.plan.Classes[c].Name)
		}
	}
	for _, f := range r.env.Faults() {
		where := ""
		if s := r.plan.Site(f.Site).String(); s != "" {
			where = " at " + s
		}
		add("A task could not go on, %d times in users of %s%s: %s.", f.Count,
			r.plan.Classes[f.Class].Name, where, strings.TrimSuffix(f.Message, "."))
	}
	_, odd := r.crew.sizes()
	notes = append(notes, odd...)
	if n := o.Conditions.Books.InFlight; n > 0 {
		add("%d requests were cut off before their end; they are in no other figure.", n)
	}
	if w := r.count(o.Final.Warmup); w.ok+w.failed > 0 {
		add("%d requests of the warm-up are left out of the figures.", w.ok+w.failed)
	}
	return notes
}
