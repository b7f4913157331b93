package user

// sleepServing is sleep for a user with sockets.
func (u *User) sleepServing(until int64, over <-chan struct{}) bool {
	if until != never {
		u.env.Due(until)
	}
	w := waiting{until: until, stop: u.stop, over: over}
	u.await(&w)
	switch {
	case w.end == endStopped || w.end == endCut || w.closed:
		return false
	case w.end != goOn:
		u.roused = w.end
		return false
	}
	u.lag(&w, until)
	return true
}

// lag tells how late what was due at a time began, as far as that was not for
// what the user did for its sockets.
func (u *User) lag(w *waiting, due int64) {
	if w.woke < due {
		now := u.env.Clock.Now()
		u.env.Lag(now, now)
		return
	}
	u.env.Lag(max(due, w.since), w.woke)
}

// pardoned reports that what a handler ended reaches no further than a task,
// while the user is in none.
func (u *User) pardoned() bool {
	if u.roused == goOn || u.roused >= endStopped {
		return false
	}
	u.roused = goOn
	return true
}

// nextServing is next for a user with sockets. One that a handler ends must
// not be offered an arrival any more; if that is too late, the arrival is
// missed.
func (u *User) nextServing() (Arrival, bool) {
	for {
		w := waiting{stop: u.stop, work: u.work}
		u.await(&w)
		switch {
		case w.came:
			u.lag(&w, w.arrival.Due)
			return w.arrival, true
		case w.end < endStopped:
			continue
		case w.end == endStopped || w.end == endCut:
			select {
			case a := <-u.work:
				return a, true
			default:
			}
		case u.Withdraw != nil && !u.Withdraw():
			select {
			case <-u.work:
				u.Missed++
			case <-u.stop:
			case <-u.env.cut:
			}
		}
		return Arrival{}, false
	}
}
