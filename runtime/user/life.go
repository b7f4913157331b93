package user

import (
	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
)

// fresh reports whether the user is another one in every iteration: with
// session, cookies, connection, rows, start and stop steps of its own.
func (u *User) fresh() bool {
	return u.class.Lifetime == plan.LifetimeIteration && len(u.class.Tasks) > 0
}

// begin is what comes before the user's first task. It sets Started or
// Failed, or neither, and says how far the end of a start step reached.
func (u *User) begin() flow {
	u.tally.Users.Add(1)
	if u.fresh() {
		u.Started = true
		return goOn
	}
	f := u.start()
	u.Started = f == goOn || f == leaveUser
	u.Failed = u.failedStart(f)
	return f
}

// start sets the session's first values and does the start steps. What
// leaves them goes on to the tasks.
func (u *User) start() flow {
	u.tally.Starts.Add(1)
	if len(u.class.Start) > 0 {
		u.enter("start", u.class.Site)
	}
	f := u.guard(u.class.Site, func() flow {
		for _, s := range u.class.Initial {
			v, err := s.Value.Eval(&u.frame)
			if err != nil {
				return u.broken(u.class.Site, err)
			}
			u.frame.Slots[s.Slot] = clone(v)
		}
		return u.walk(u.class.Start) // their sockets stay open
	})
	if f == leaveTask {
		f = goOn
	}
	if u.failedStart(f) {
		u.tally.StartFailed.Add(1)
	}
	return f
}

// failedStart reports whether start steps that ended so have failed. Who was
// stopped, or found no row, was not given the chance.
func (u *User) failedStart(f flow) bool {
	switch f {
	case goOn, leaveUser, endStopped, endCut:
		return false
	}
	return u.out == nil
}

// end is what comes after the user's last task.
func (u *User) end() {
	if !u.fresh() {
		u.finish()
	}
}

// finish does the stop steps, unless the run is cut. Nothing interrupts
// them, and they do not wait.
func (u *User) finish() {
	if u.env.isCut.Load() {
		return
	}
	u.leaving = true
	if len(u.class.Stop) > 0 {
		u.enter("stop", u.class.Site)
	}
	u.guard(u.class.Site, func() flow { return u.steps(u.class.Stop) })
	u.leaving = false
}

// asAnother does a task as a user that is made for it: start steps, the
// task, stop steps. A start that fails is the iteration's failure and ends
// nobody: the next iteration is another user's.
func (u *User) asAnother(t *plan.Task) flow {
	defer u.renew()
	f := u.start()
	switch {
	case u.failedStart(f):
		return endTask
	case f >= endStopped && f != leaveUser:
		return f
	case f == goOn:
		f = u.task(t)
	}
	u.finish()
	return f
}

// renew makes the user another one: nothing of it stays but its number and
// its random source.
func (u *User) renew() {
	clear(u.frame.Slots)
	u.jar.list = nil
	u.trail = nil
	u.challenges, u.tokens, u.bearer = nil, nil, ""
	u.forget(true)
	u.env.feed.renew(u.ID.Class, u.rows)
	u.close()
	u.client = u.env.Factory.Client()
}

// close gives back what the user holds of the run.
func (u *User) close() {
	u.endSockets()
	u.unload()
	u.client.Close()
	u.closeLanes()
}

// SetUp does the start steps of a user that does a run's setup, and says
// whether they went through. Its session values are what they left, in slot
// order, also when they did not. A stop ends it between any two steps.
func (u *User) SetUp() (values []plan.Value, ok bool) {
	u.brisk = true
	u.tally.Users.Add(1)
	ok = u.start() == goOn
	u.brisk = false
	u.close()
	return u.frame.Slots, ok
}

// TearDown does the stop steps of a user that did a run's setup, in a run of
// their own that nothing but its cut ends early. It says whether they went
// through.
func (u *User) TearDown(env *Env, w *record.Writer) (ok bool) {
	u.env, u.writer, u.tally = env, w, &env.tallies[u.ID.Class]
	u.client, u.rows = env.Factory.Client(), env.feed.enter(u.ID.Class)
	u.frame.Plan = env.Plan
	u.forget(true)
	u.enter("stop", u.class.Site)
	u.stop = make(chan struct{}) // a stop of the setup is none of the teardown
	u.asked.Store(false)
	f := u.guard(u.class.Site, func() flow { return u.steps(u.class.Stop) })
	u.close()
	return f == goOn || f == leaveTask
}

// letGo ends, with an iteration, the connections that are not kept longer.
func (u *User) letGo() {
	if !u.env.forgets {
		return
	}
	forget := func(c transport.Client) {
		if f, ok := c.(transport.Forgetter); ok {
			f.Forget()
		}
	}
	forget(u.client)
	if u.lanes != nil {
		for _, l := range u.lanes.all {
			forget(l.client)
		}
	}
}
