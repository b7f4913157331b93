package user

import "throng/dsl/plan"

// maxPicks bounds a set of tasks that only a leave ends, for a user who is
// traced: nobody reads on.
const maxPicks = 20

// Try lives a user once over, without waits: start steps, each of the tasks
// in order, stop steps. It reports whether the start went through; what else
// happened its tracer has heard. The tasks are the class's, or within these.
func (u *User) Try(tasks []*plan.Task) (started bool) {
	defer u.close()
	f := u.begin()
	if !u.Started {
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
	}
	u.end()
	return true
}

// skip tells of a wait that a traced user does not make.
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
