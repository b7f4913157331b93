package results

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/journal"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// replay judges a run from its ticks alone.
func (j *journaled) replay(damage *journal.Damage) error {
	r := newReplay(j.plan, j.begin.Tick)
	if err := j.source.ticks(j.plan, func(t *tick) error {
		r.take(t)
		return nil
	}); err != nil {
		return err
	}
	j.broken = "the run was broken off: " + r.ends()
	if damage != nil && !strings.Contains(damage.Reason, "torn") {
		j.broken += fmt.Sprintf(" (%s)", damage)
	}
	j.outcome = r.outcome(&j.begin)
	j.outcome.Verdict = doubt(j.outcome.Verdict, j.broken)
	j.outcome.Conditions.Incomplete = strings.TrimPrefix(j.broken, "the run ")
	j.exitCode = exitInconclusive
	if j.outcome.Verdict.State == sla.Fail {
		j.exitCode = exitFailed
	}
	j.marks = r.marks.soFar(r.at)
	return nil
}

// replay adds up ticks.
type replay struct {
	plan    *plan.Plan
	windows *sla.Windows
	marks   *marker
	last    *tick
	at      time.Duration
	total   []*record.Stats
	warmup  []*record.Stats
	phases  [][]*record.Stats
	metrics []*record.Values
	groups  map[groupKey]group
	tasks   []record.Abandoned
	snap    *record.Snapshot // as of the last tick
}

func newReplay(p *plan.Plan, step time.Duration) *replay {
	n := len(p.Series)
	r := &replay{plan: p, windows: sla.NewWindows(p, step), marks: newMarker(p), groups: map[groupKey]group{},
		total: make([]*record.Stats, n), warmup: make([]*record.Stats, n), metrics: make([]*record.Values, n)}
	for range sla.Phases(p, 0) {
		r.phases = append(r.phases, make([]*record.Stats, n))
	}
	r.snap = r.snapshot(&tick{})
	return r
}

// take adds the next tick.
func (r *replay) take(t *tick) {
	r.at = t.At
	add := func(sums []*record.Stats, from series) {
		for i, x := range from {
			sums[i] = record.Merge(sums[i], x)
		}
	}
	add(r.total, t.Series)
	add(r.warmup, t.Warmup)
	for k := range min(len(r.phases), len(t.Phases)) {
		add(r.phases[k], t.Phases[k])
	}
	for i, x := range t.Metrics {
		r.metrics[i] = record.MergeValues(r.metrics[i], x)
	}
	for _, g := range t.Errors {
		if old, known := r.groups[g.key()]; known {
			g.Sent, g.Answer = cmp.Or(old.Sent, g.Sent), cmp.Or(old.Answer, g.Answer)
		}
		r.groups[g.key()] = g
	}
	if t.Tasks != nil {
		r.tasks = t.Tasks
	}
	r.snap = r.snapshot(t)
	until := time.Duration(1) << 62
	if d := r.plan.Profile.Duration; d > 0 && !r.plan.Profile.Floats {
		until = d
	}
	r.windows.Observe(r.snap, until, t.Missed)
	r.marks.look(t)
	r.last = t
}

// snapshot is the state of the books after a tick. Its totals are those of
// the replay itself, which go on.
func (r *replay) snapshot(t *tick) *record.Snapshot {
	n := len(r.plan.Series)
	s := &record.Snapshot{At: t.At, Window: t.Window, Clamped: t.Clamped, Total: r.total, Warmup: r.warmup, Metrics: r.metrics,
		Recent: t.Series.list(n), RecentWarmup: t.Warmup.list(n), RecentMetrics: t.Metrics.list(n), Abandoned: r.tasks}
	for k := range r.phases {
		recent := make([]*record.Stats, n)
		if k < len(t.Phases) {
			recent = t.Phases[k].list(n)
		}
		s.Phases = append(s.Phases, record.PhaseStats{Total: r.phases[k], Recent: recent})
	}
	return s
}

// ends says where the journal ends.
func (r *replay) ends() string {
	if r.last == nil {
		return "its journal ends before the first second of load"
	}
	s := r.at.Truncate(time.Second)
	if s < time.Hour {
		return fmt.Sprintf("its journal ends at %d:%02d", int(s.Minutes()), int(s.Seconds())%60)
	}
	return fmt.Sprintf("its journal ends at %d:%02d:%02d", int(s.Hours()), int(s.Minutes())%60, int(s.Seconds())%60)
}

// outcome is what the ticks come to, judged as if the run had ended with the
// last of them.
func (r *replay) outcome(b *begin) *outcome.Outcome {
	t := r.last
	if t == nil {
		t = &tick{tickFigures: tickFigures{Started: b.Created}, SoFar: soFar{Conditions: sla.Conditions{}}}
	}
	final := *r.snap
	final.Final = true
	for _, g := range r.groups {
		g.put(&final)
	}
	slices.SortFunc(final.Errors, compareGroups)
	slices.SortFunc(final.Losses, compareGroups)
	known := &t.SoFar
	o := &outcome.Outcome{
		RunID: b.RunID, Started: t.Started, Elapsed: t.At, Measured: known.Measured, Final: &final, Conditions: known.Conditions,
		Health: known.Health, PeakUsers: known.PeakUsers, Classes: known.Classes, Loads: known.Loads, Leaves: known.Leaves, Notes: known.Notes,
	}
	balance(r.plan, o)
	r.windows.Finish(o.Conditions.Books.InFlight)
	o.Judged = sla.Judge(r.plan, &final, o.Measured)
	r.windows.Apply(o.Judged)
	o.Verdict = sla.Decide(r.plan, o.Judged, o.Conditions)
	return o
}

// balance closes the books with what is known: of all that was begun, what
// was not recorded by then was under way.
func balance(p *plan.Plan, o *outcome.Outcome) {
	b := &o.Conditions.Books
	b.Succeeded, b.Failed = 0, 0
	for _, list := range [][]*record.Stats{o.Final.Total, o.Final.Warmup} {
		for i, s := range list {
			if s != nil && p.Series[i].Kind == plan.RequestSeries {
				b.Succeeded += s.OK
				b.Failed += s.Failed
			}
		}
	}
	o.Conditions.Recorded = b.Succeeded + b.Failed
	b.InFlight = max(0, b.Intended-b.Missed-o.Conditions.Recorded)
	b.Intended = b.Succeeded + b.Failed + b.Missed + b.InFlight
}

// compareGroups is the order of record.Snapshot.Errors.
func compareGroups(a, b record.ErrorGroup) int {
	return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.First, b.First),
		cmp.Compare(a.Series, b.Series), cmp.Compare(a.Class, b.Class),
		cmp.Compare(a.Status, b.Status), cmp.Compare(a.Detail, b.Detail))
}
