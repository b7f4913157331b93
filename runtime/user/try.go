package user

import "throng/dsl/plan"

// Try lives a user once over, without waits: start steps, each of the tasks
// in order, stop steps. It reports whether the start went through; what else
// happened its tracer has heard. The tasks are the class's, or within these.
func (u *User) Try(tasks []*plan.Task) (started bool) {
	defer u.close()
	f := u.begin()
	if !u.Started {
		u.remark(u.class.Site, "the start did not go through, so no task is tried")
		return false
	}
	for _, t := range tasks {
		if f >= endStopped || u.stopped() {
			break
		}
		u.forget(false)
		if u.fresh() {
			f = u.asAnother(t)
		} else {
			f = u.task(t)
		}
		u.frame.User.Iteration++
		if f < endStopped {
			u.skip(u.last)
		}
	}
	u.end()
	return true
}

// skip tells of a wait that a traced user does not make, and reports whether
// it goes on.
func (u *User) skip(t *plan.Task) bool {
	s, ok := u.waitTime(t)
	switch {
	case !ok || t.Wait.Kind == plan.WaitNone:
	case t.Wait.Kind == plan.WaitFor:
		u.remark(t.Site, "would wait %s", secondsText(s))
	default:
		u.remark(t.Site, "would wait until %s after the task began", secondsText(s))
	}
	return !u.stopped()
}

// eachOnce does the tasks of a set for a user who is traced: each once, in
// declared order, until one leaves.
func (u *User) eachOnce(t *plan.Task) flow {
	u.remark(t.Site, "a set of tasks: each once here, in declared order")
	worst, first := goOn, true
	for i := range t.Set.Tasks {
		if !t.Set.Picks(i) {
			continue
		}
		if !first {
			u.skip(u.last)
		}
		first = false
		f := u.task(&t.Set.Tasks[i])
		if f >= leaveTask {
			return f
		}
		worst = worseTask(worst, f)
	}
	return worst
}
