package user

import (
	"fmt"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// steps does a list of steps until one ends it. Sockets that it opened are
// closed at its end.
func (u *User) steps(list []plan.Step) flow {
	if u.class.Sockets > 0 {
		return u.inScope(list)
	}
	return u.walk(list)
}

func (u *User) walk(list []plan.Step) flow {
	for _, s := range list {
		switch {
		case u.env.isCut.Load():
			return endCut
		case u.brisk && u.stopped():
			return endStopped
		}
		if u.sockets != nil {
			if f := u.heedBefore(s); f != goOn {
				return f
			}
		}
		f := goOn
		if u.env.trace == nil {
			f = u.step(s)
		} else {
			f = u.traced(s)
		}
		if f != goOn {
			return f
		}
	}
	return goOn
}

func (u *User) step(s plan.Step) flow {
	switch s := s.(type) {
	case *plan.Request:
		return u.request(s)
	case *plan.Group:
		return u.inGroup(s)
	case *plan.Pause:
		return u.pause(s)
	case *plan.Set:
		return u.set(s)
	case *plan.When:
		return u.when(s)
	case *plan.Repeat:
		return u.repeat(s)
	case *plan.Loop:
		return u.loop(s)
	case *plan.Choose:
		return u.choose(s)
	case *plan.Parallel:
		return u.parallel(s)
	case *plan.Retry:
		return u.inRetry(s)
	case *plan.Leave:
		return u.leave(s)
	case *plan.Call:
		return u.call(s)
	case *plan.Socket:
		return u.openSocket(s)
	case *plan.Send:
		return u.send(s)
	case *plan.Receive:
		return u.receive(s)
	case *plan.CloseSocket:
		return u.closeSocket(s)
	}
	panic(fmt.Sprintf("a step of unknown type %T", s))
}

// pause is think time within a task.
func (u *User) pause(p *plan.Pause) flow {
	s, err := u.number(p.For, "a pause")
	if err != nil {
		return u.broken(p.Site, err)
	}
	if u.env.trace != nil && u.env.trace.polling == 0 {
		u.remark(p.Site, "would pause %s", secondsText(s))
		return goOn
	}
	return u.think(later(u.env.Clock.Now(), s))
}

// think waits until a time on the clock: of that the user's own time, which
// no latency and no group's time has in it.
func (u *User) think(until int64) flow {
	from := u.env.Clock.Now()
	ok := u.sleep(until, nil)
	took := u.env.Clock.Now() - from
	if u.group != nil {
		u.group.paused += took
	}
	if u.due >= 0 {
		u.due += took
	}
	return u.slept(ok)
}

// slept is the flow after a sleep.
func (u *User) slept(ok bool) flow {
	switch {
	case ok:
		return goOn
	case u.env.isCut.Load():
		return endCut
	case u.roused != goOn:
		f := u.roused
		u.roused = goOn
		return f
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
