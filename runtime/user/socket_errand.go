package user

import (
	"slices"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// errand is a send or a receive as the books know it: one sample.
type errand struct {
	step      plan.Step
	name      string
	site      plan.SiteID
	onFailure plan.Failure
	sample    record.Sample
	verdict   verdict
	sent      string // the message as people are shown it
	records   []plan.Record
	measured  []float64 // what the message that came holds of them
	done      bool      // its outcome is known
	awaited   bool      // the step itself books it, and not whoever learns the outcome
}

// beginErrand makes the sample of an errand that began at a time. The first thing
// that an arrival does was due when it came.
func (u *User) beginErrand(e *errand, series int, at int64) {
	e.sample = record.Sample{Series: int32(series), Start: at, Intended: at}
	if u.due >= 0 {
		e.sample.Intended, u.due = u.due, -1
	}
	u.root.Counts.Begun.Add(1)
}

// fail sets why an errand failed, and when it is known to have.
func (e *errand) fail(v verdict, at int64) {
	if v.site == 0 {
		v.site = e.site
	}
	e.verdict, e.sample.End, e.done = v, max(at, e.sample.Start), true
}

// bookErrand records an errand's one sample, and what it ends.
func (u *User) bookErrand(e *errand) flow {
	class := e.verdict.class
	more := u.retries(class, 0)
	e.sample.Class, e.sample.Retried = class, more != nil
	u.tellOutcome(e, more != nil)
	u.writer.Add(e.sample)
	if class == plan.OK {
		u.recordAll(e.records, e.measured, e.sample.Intended)
		u.root.Counts.OK.Add(1)
		return goOn
	}
	u.root.Counts.Failed.Add(1)
	u.describeErrand(e)
	return u.failed(int(e.sample.Series), e.onFailure, class, more)
}

// met notes for the wait after the task whether the target was there: a user
// that meets nothing rests, so that it does not spin.
func (u *User) met(target bool) {
	if !u.sockets.isBusy() {
		u.quiet = u.quiet && !target
		u.refused = !target
	}
}

// cutErrand books an errand that was broken off: it is no sample.
func (u *User) cutErrand() { u.root.Counts.Cut.Add(1) }

// conclude books an errand whose outcome is known, unless its step waits to.
func (u *User) conclude(e *errand) {
	e.done = true
	if !e.awaited {
		u.reaches(u.bookErrand(e))
	}
}

func (u *User) describeErrand(e *errand) {
	f := record.Failure{
		Series: e.sample.Series, Class: e.verdict.class, At: e.sample.End,
		Detail: u.mask().text(e.verdict.detail, false), Site: e.verdict.site,
	}
	if state := &u.env.series[e.sample.Series]; e.sent != "" && state.examples.Load() < maxExamples && state.examples.Add(1) <= maxExamples {
		f.Sent = u.mask().text(e.sent, true)
	}
	u.writer.Fail(f)
}

// taken captures from the message at hand what an errand wants of it, and
// measures.
func (u *User) taken(e *errand, captures []plan.Capture, sent *plan.Message) {
	defer func() {
		u.frame.Sent = nil
		if p := recover(); p != nil {
			e.verdict = verdict{plan.FailInternal, panicText(p), e.site}
		}
	}()
	u.frame.Sent = sent
	u.settle()
	e.verdict = u.takeAloud(captures)
	if e.verdict.class != plan.OK || len(e.records) == 0 {
		return
	}
	if e.verdict = u.measureAll(e.records); e.verdict.class == plan.OK {
		e.measured = slices.Clone(u.measured)
	}
}
