package user

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// flow says how far the end of a step reaches.
type flow uint8

const (
	goOn       flow = iota
	endTask         // by on_failure
	abandon         // a session value was missing
	endStopped      // stopped in a pause
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
	t := &u.tally.Tasks[i]
	t.Begun.Add(1)
	u.forget(false)
	f := u.task(&u.class.Tasks[i])
	u.frame.User.Iteration++
	switch f {
	case goOn:
		t.Completed.Add(1)
	case abandon:
		t.Abandoned.Add(1)
	case endTask, endUser:
		if u.out == nil {
			t.Failed.Add(1)
		}
	}
	if f < endStopped && !u.rest(&u.class.Tasks[i], u.env.spent) {
		return endStopped
	}
	return f
}

// awaitStop is what a user does that has nothing to do.
func (u *User) awaitStop() flow {
	select {
	case <-u.stop:
	case <-u.env.cut:
	}
	return endUser
}

// task does a task, or the tasks of a sequence with their waits between. A
// sequence goes on after a task of it failed; it ends as its worst task.
func (u *User) task(t *plan.Task) flow {
	if len(t.Sequence) == 0 {
		u.quiet, u.refused = true, false
		return u.guard(t.Site, func() flow { return u.steps(t.Steps) })
	}
	worst := goOn
	for i := range t.Sequence {
		entry := &t.Sequence[i]
		f := u.task(entry)
		if f >= endStopped {
			return f
		}
		if worst == goOn || f == endTask {
			worst = f
		}
		if last := i == len(t.Sequence)-1; !last && !u.rest(entry, nil) {
			return endStopped
		}
	}
	return worst
}

// rest is the wait after a task, the last one's own after a sequence. It
// reports false when the user was stopped meanwhile, or over was closed.
func (u *User) rest(t *plan.Task, over <-chan struct{}) bool {
	for len(t.Sequence) > 0 {
		t = &t.Sequence[len(t.Sequence)-1]
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
	return u.sleep(next, over)
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

// steps does a list of steps until one ends it.
func (u *User) steps(list []plan.Step) flow {
	for _, s := range list {
		if u.env.isCut.Load() {
			return endCut
		}
		f := goOn
		switch s := s.(type) {
		case *plan.Request:
			f = u.request(s)
		case *plan.Group:
			f = u.inGroup(s)
		case *plan.Pause:
			f = u.pause(s)
		default:
			panic(fmt.Sprintf("a step of unknown type %T", s))
		}
		if f != goOn {
			return f
		}
	}
	return goOn
}

// pause is think time within a task.
func (u *User) pause(p *plan.Pause) flow {
	s, err := u.number(p.For, "a pause")
	if err != nil {
		return u.broken(p.Site, err)
	}
	from := u.env.Clock.Now()
	ok := u.sleep(later(from, s), nil)
	took := u.env.Clock.Now() - from
	if u.group != nil {
		u.group.paused += took
	}
	if u.due >= 0 {
		u.due += took
	}
	switch {
	case ok:
		return goOn
	case u.env.isCut.Load():
		return endCut
	}
	return endStopped
}

// groupFrame is a group under way.
type groupFrame struct {
	paused int64           // nanoseconds
	class  plan.ErrorClass // of the first request that failed in it
}

// inGroup times a group's steps together. A group that is broken off, or
// abandoned, has no time and is not recorded.
func (u *User) inGroup(g *plan.Group) flow {
	outer := u.group
	mine := groupFrame{}
	u.group = &mine
	defer func() {
		u.group = outer
		if outer != nil {
			outer.paused += mine.paused
			outer.fail(mine.class)
		}
	}()
	s := record.Sample{Series: int32(g.Series), Start: u.env.Clock.Now(), Intended: u.due}
	if s.Intended < 0 {
		s.Intended = s.Start
	}
	f := u.steps(g.Steps)
	if f == goOn || mine.class != plan.OK && (f == endTask || f == endUser) {
		s.Class = mine.class
		s.End = u.env.Clock.Now() - mine.paused
		u.writer.Add(s)
	}
	return f
}

func (g *groupFrame) fail(c plan.ErrorClass) {
	if g.class == plan.OK {
		g.class = c
	}
}

// broken is an expression that cannot be evaluated, outside a sent request.
func (u *User) broken(site plan.SiteID, err error) flow {
	var missing *plan.MissingSlot
	switch {
	case u.out != nil:
		return u.outOfRows()
	case errors.As(err, &missing):
		u.writer.Abandon(u.ID.Class, missing.Site, missing.Name)
		return abandon
	}
	var at *plan.EvalError
	if errors.As(err, &at) && at.Site != 0 {
		site = at.Site
	}
	u.env.faults.add(u.ID.Class, site, u.env.mask.text(err.Error(), false))
	return endTask
}

// outOfRows ends the user, and the run where the plan says so.
func (u *User) outOfRows() flow {
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
			u.env.faults.add(u.ID.Class, site, u.env.mask.text(panicText(p), false))
			u.group = nil
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
