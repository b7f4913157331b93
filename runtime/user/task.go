package user

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"time"

	"throng/dsl/plan"
)

// flow says how far the end of a step reaches, the nearest first. Of several
// that end at once, the farthest counts.
type flow uint8

const (
	goOn       flow = iota
	tryAgain        // a request failed, and a retry around it begins anew
	endTask         // by on_failure
	abandon         // a session value was missing
	leaveTask       // by leave "task"
	endStopped      // stopped in a pause
	leaveUser       // by leave "user" or "run"
	endUser         // by on_failure, or no row was left
	endCut          // the run was cut
)

// breather is how long a user that got no answer and has no wait of its own
// rests before its next task, so that it does not spin.
const breather = int64(100 * time.Millisecond)

// iterate does one pick of the traffic table.
func (u *User) iterate() flow {
	if len(u.class.Tasks) == 0 {
		return u.awaitStop()
	}
	i := u.picks.Next()
	if u.class.Pick == plan.PickRandom {
		i = u.env.classes[u.ID.Class].weights.Draw(u.frame.Rand)
	}
	t, tally := &u.class.Tasks[i], &u.tally.Tasks[i]
	tally.Begun.Add(1)
	u.forget(false)
	u.last, u.quiet, u.refused = t, true, false
	f := goOn
	if u.fresh() {
		f = u.asAnother(t)
	} else {
		f = u.task(t)
	}
	u.letGo()
	u.frame.User.Iteration++
	switch f {
	case goOn, leaveTask, leaveUser:
		tally.Completed.Add(1)
	case abandon:
		tally.Abandoned.Add(1)
	case endTask, endUser:
		if u.out == nil {
			tally.Failed.Add(1)
		}
	}
	if f < endStopped && !u.Sated() && !u.rest(u.last, u.spent()) {
		return max(endStopped, u.slept(false))
	}
	return f
}

// awaitStop is what a user does that has nothing to do.
func (u *User) awaitStop() flow {
	if u.sockets != nil {
		for !u.sleep(never, nil) && u.pardoned() {
		}
		return endUser
	}
	select {
	case <-u.stop:
	case <-u.env.cut:
	}
	return endUser
}

// task does a task: its steps, or the tasks within it.
func (u *User) task(t *plan.Task) flow {
	u.last = t
	if u.env.trace != nil {
		defer u.enterTask(t)()
	}
	switch {
	case t.Set != nil:
		return u.inSet(t)
	case len(t.Sequence) > 0:
		return u.inSequence(t)
	}
	u.quiet, u.refused = true, false
	return u.guard(t.Site, func() flow { return u.steps(t.Steps) })
}

// inSequence does the tasks of a sequence with their waits between. It goes
// on after a task of it failed, and ends as its worst task.
func (u *User) inSequence(t *plan.Task) flow {
	worst := goOn
	for i := range t.Sequence {
		if i > 0 && !u.rest(u.last, nil) {
			return max(endStopped, u.slept(false))
		}
		f := u.task(&t.Sequence[i])
		if f >= leaveTask {
			return f
		}
		worst = worseTask(worst, f)
	}
	return worst
}

// worseTask is the worse end of two tasks within one: failed, abandoned, in
// order.
func worseTask(a, b flow) flow {
	if a == goOn || b == endTask {
		return b
	}
	return a
}

// rest is the wait after a task that holds steps, or after one that came to
// none of the tasks within it. It reports false when the user was stopped
// meanwhile, or over was closed.
func (u *User) rest(t *plan.Task, over <-chan struct{}) bool {
	if u.env.trace != nil {
		return u.skip(t)
	}
	if u.served {
		return !u.env.isCut.Load()
	}
	now := u.env.Clock.Now()
	next := now
	switch d, ok := u.waitTime(t); {
	case !ok:
		next = now + breather
	case t.Wait.Kind == plan.WaitFor:
		next = later(now, d)
	case t.Wait.Kind != plan.WaitNone:
		next = max(now, later(u.base, d))
	}
	if u.refused {
		next = max(next, now+breather)
	} else if u.quiet {
		next = max(next, u.base+breather)
	}
	u.base = next
	if next == now {
		return !u.stopped()
	}
	for !u.sleep(next, over) {
		if !u.pardoned() {
			return false
		}
	}
	return true
}

// waitTime is the wait's time in seconds; for pacing and throughput that
// between the starts of tasks. False when it cannot be told.
func (u *User) waitTime(t *plan.Task) (seconds float64, ok bool) {
	if t.Wait.Kind == plan.WaitNone {
		return 0, true
	}
	f := u.guard(t.Site, func() flow {
		s, err := u.number(t.Wait.For, "a wait")
		if err == nil && t.Wait.Kind == plan.WaitThroughput {
			if s <= 0 {
				err = fmt.Errorf("a throughput must be above 0, this one is %v", s)
			}
			s = 1 / s
		}
		if err != nil {
			return u.broken(t.Site, err)
		}
		seconds = s
		return goOn
	})
	return seconds, f == goOn
}

// number evaluates a time in seconds, or a rate. Below 0 counts as 0.
func (u *User) number(e plan.Expr, what string) (float64, error) {
	if x, ok := e.(plan.Delayer); ok {
		if d, ok := x.Delay(&u.frame); ok {
			return math.Max(0, d.Seconds()), nil
		}
	}
	v, err := e.Eval(&u.frame)
	if err != nil {
		return 0, err
	}
	if !v.IsNumber() {
		return 0, fmt.Errorf("%s must be a number of seconds, this one is %s", what, v.TypeName())
	}
	return math.Max(0, v.Float64()), nil
}

// later is a time some seconds after another, without overflow.
func later(t int64, seconds float64) int64 {
	const century = 100 * 365 * 24 * 3600
	return t + int64(math.Round(math.Min(seconds, century)*1e9))
}

// broken is an expression that cannot be evaluated, outside a sent request.
func (u *User) broken(site plan.SiteID, err error) flow {
	var missing *plan.MissingSlot
	switch {
	case u.out != nil:
		return u.outOfRows()
	case errors.As(err, &missing):
		u.writer.Abandon(u.ID.Class, missing.Site, missing.Name)
		if u.env.trace != nil {
			u.tell(Event{Kind: EventAbandoned, Site: missing.Site, Name: missing.Name})
		}
		return abandon
	}
	var at *plan.EvalError
	if errors.As(err, &at) && at.Site != 0 {
		site = at.Site
	}
	u.env.faults.add(u.ID.Class, site, u.mask().text(err.Error(), false), false)
	if u.env.trace != nil {
		u.tell(Event{Kind: EventFault, Site: site, Text: u.mask().text(err.Error(), false)})
	}
	return endTask
}

// outOfRows ends the user, and the run where the plan says so. In a lane it
// is left to the user as a whole.
func (u *User) outOfRows() flow {
	if u.env.trace != nil {
		u.tell(Event{Kind: EventFault, Text: u.mask().text(u.out.Error(), false)})
	}
	if u.lane != nil {
		return endUser
	}
	u.tally.OutOfRows.Add(1)
	if u.out.data.OnExhausted == plan.FailRun {
		u.env.Halt(u.out.Error())
	}
	return endUser
}

// guard runs a part of the user's life; a panic in it is a fault of the
// user, and of nobody else.
func (u *User) guard(site plan.SiteID, part func() flow) (f flow) {
	defer func() {
		if p := recover(); p != nil {
			text := u.mask().text(panicText(p), false)
			u.env.faults.add(u.ID.Class, site, text, true)
			if u.env.trace != nil {
				u.tell(Event{Kind: EventFault, Site: site, Text: text})
			}
			u.group, u.retry = nil, nil
			f = endTask
		}
	}()
	return part()
}

// panicText says what was thrown, and where. It must be called by a
// deferred function while the panic's stack stands.
func panicText(p any) string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	thrown := false
	for {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" {
			thrown = true
		} else if thrown && !strings.HasPrefix(f.Function, "runtime.") {
			file := f.File[strings.LastIndexByte(f.File, '/')+1:]
			return fmt.Sprintf("panic: %v (%s:%d)", p, file, f.Line)
		}
		if !more {
			return fmt.Sprintf("panic: %v", p)
		}
	}
}
