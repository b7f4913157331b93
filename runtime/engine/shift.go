package engine

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/pace"
	"throng/runtime/user"
)

// shift is a load and its time: it waits for its turn, works until its end
// or until its iterations are used up, and has gone when its last user has.
// The load counts time from the shift's begin.
//
//	waiting ──▶ working ──▶ done ──▶ gone
//
// It belongs to the dispatcher; what the tick and ending users touch is
// atomic, or behind the mutex.
type shift struct {
	r      *run
	load   load
	plan   *plan.Load // nil for a fixed number of users
	after  []*shift
	budget *user.Budget // nil where iterations are not bounded

	begin    atomic.Int64 // of the run's time, in nanoseconds; -1 while it is not known
	done     atomic.Bool
	doneAt   time.Duration
	limit    time.Duration // when it is done at the latest; forever for none
	draining bool
	left     bool // it is gone

	mu       sync.Mutex
	alive    map[*user.User]struct{}
	launched int64
	sated    int64
	arrivals atomic.Int64
	missed   atomic.Int64
}

func newShift(r *run, l *plan.Load) *shift {
	s := &shift{r: r, plan: l, limit: forever, alive: make(map[*user.User]struct{})}
	s.begin.Store(-1)
	if l == nil {
		s.plan = &plan.Load{}
	}
	if n := s.plan.Iterations; n > 0 {
		s.budget = user.NewBudget(n, func() { offer(r.wake, struct{}{}) })
	}
	return s
}

// makeShifts are the plan's loads, and one more for each class with a fixed
// number of users, which live from the start to the end.
func (r *run) makeShifts() []*shift {
	p := r.plan
	var shifts []*shift
	byLoad := make([]*shift, len(p.Profile.Loads))
	rooms := &room{}
	for i := range p.Profile.Loads {
		l := &p.Profile.Loads[i]
		if s := r.makeShift(l, i, rooms); s != nil {
			byLoad[i] = s
			shifts = append(shifts, s)
		}
	}
	for i, s := range byLoad {
		if s == nil {
			continue
		}
		for _, a := range p.Profile.Loads[i].After {
			if byLoad[a] != nil {
				s.after = append(s.after, byLoad[a])
			}
		}
		if len(s.after) == 0 {
			s.startAt(s.plan.Delay)
		}
	}
	for c := range p.Classes {
		if n := p.Classes[c].FixedCount; n > 0 {
			s := newShift(r, nil)
			users := pace.NewUsers([]plan.Stage{{Level: float64(n)}})
			s.load = newClosedLoad(s, users, []int{c}, pace.NewSplit([]float64{1}))
			s.startAt(0)
			shifts = append(shifts, s)
		}
	}
	return shifts
}

// makeShift is nil for a load nobody makes.
func (r *run) makeShift(l *plan.Load, index int, pool *room) *shift {
	var classes []int
	var weights []float64
	for _, c := range l.Classes {
		if r.plan.Classes[c].FixedCount == 0 {
			classes = append(classes, c)
			weights = append(weights, r.plan.WeightIn(l, c))
		}
	}
	if len(classes) == 0 {
		return nil
	}
	s := newShift(r, l)
	split := pace.NewSplit(weights)
	if l.Model == plan.Closed {
		s.load = newClosedLoad(s, pace.NewUsers(l.Stages), classes, split)
		return s
	}
	if !l.Pooled {
		pool = &room{}
	}
	pool.max = l.MaxUsers
	s.load = newOpenLoad(s, pace.Of(r.plan, index), pool, classes, split)
	return s
}

// startAt fixes when the shift begins, and so when it ends.
func (s *shift) startAt(t time.Duration) {
	s.begin.Store(int64(t))
	if d := s.plan.Duration; d > 0 {
		s.limit = t + d
	}
}

// waiting reports that it is not known when the shift begins.
func (s *shift) waiting() bool { return s.begin.Load() < 0 }

// next is when there is something to do; forever when nobody knows.
func (s *shift) next() time.Duration {
	switch {
	case s.left:
		return forever
	case s.done.Load():
		return s.doneAt + s.r.plan.Profile.Grace // when those that follow wait no longer
	case s.waiting():
		return forever
	}
	begin := time.Duration(s.begin.Load())
	due := forever
	if local := s.load.next(); local < forever-begin {
		due = begin + local
	}
	return min(due, s.limit)
}

// act does what is due by now, all of it the last time. It reports whether
// that may concern those that follow.
func (s *shift) act(now time.Duration, last bool) (news bool) {
	if s.done.Load() {
		news = !s.left && s.gone(now)
		s.left = s.left || news
		return news
	}
	if s.waiting() {
		if slices.ContainsFunc(s.after, func(a *shift) bool { return !a.left }) {
			return false
		}
		s.startAt(now + s.plan.Delay)
	}
	begin := time.Duration(s.begin.Load())
	if now < begin {
		return false
	}
	if s.budget.Spent() && !s.draining {
		s.drain()
		if s.limit == forever {
			s.limit = now + s.r.plan.Profile.Grace
		}
	}
	s.load.act(min(now, s.limit-1)-begin, last || now >= s.limit)
	switch {
	case now >= s.limit:
		s.finish(s.limit)
	case s.complete():
		s.finish(now)
	default:
		return false
	}
	return true
}

// complete reports that the load's iterations are done, and its users gone.
func (s *shift) complete() bool {
	if !s.draining && s.plan.IterationsPerUser == 0 || !s.load.over() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.launched > 0 && len(s.alive) == 0
}

// drain begins no more work: who is at a task finishes it.
func (s *shift) drain() {
	s.draining = true
	s.load.drain()
}

// finish ends the load: its users are told to stop.
func (s *shift) finish(at time.Duration) {
	s.doneAt = at
	s.done.Store(true)
	s.load.drain()
	s.mu.Lock()
	defer s.mu.Unlock()
	for u := range s.alive {
		u.Stop()
	}
}

// gone reports that those that follow a load that is done need not wait any
// more: its users have gone, or had their grace.
func (s *shift) gone(now time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.alive) == 0 || now >= s.doneAt+s.r.plan.Profile.Grace
}

// over reports that the shift will make no user any more.
func (s *shift) over() bool { return s.done.Load() || !s.waiting() && s.load.over() }

// unfinished says, in a clause, that users were to make some iterations and
// none of them did; "" otherwise.
func (s *shift) unfinished() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.plan.IterationsPerUser > 0 && s.done.Load() && s.doneAt < s.limit && s.launched > 0 && s.sated == 0 {
		return "every user had ended before its iterations were done"
	}
	return ""
}

// local is a time of the run in the load's own; false outside of its work.
func (s *shift) local(t time.Duration) (time.Duration, bool) {
	begin := s.begin.Load()
	return t - time.Duration(begin), begin >= 0 && t >= time.Duration(begin) && !s.done.Load()
}

func (s *shift) wanted(t time.Duration) float64 {
	if at, ok := s.local(t); ok {
		return s.load.wanted(at)
	}
	return 0
}

func (s *shift) stage(t time.Duration) int {
	at, _ := s.local(t)
	return s.load.stage(max(0, at))
}

// newUser makes the load's next user, of a class.
func (s *shift) newUser(class int) *user.User {
	u := s.r.newUser(class)
	b := user.Bounds{Each: s.plan.IterationsPerUser, Budget: s.budget}
	if d := s.plan.Duration; d > 0 {
		b.Until = s.r.zero + s.begin.Load() + int64(d)
	}
	u.Bind(b)
	return u
}

// launch starts a user's goroutine. ended is called when it is over.
func (s *shift) launch(u *user.User, life, ended func()) {
	s.mu.Lock()
	s.alive[u] = struct{}{}
	s.launched++
	s.mu.Unlock()
	s.r.crew.launch(u, life, func() {
		if ended != nil {
			ended()
		}
		s.missed.Add(u.Missed)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.alive, u)
		if u.Sated() {
			s.sated++
		}
	})
}

// miss counts an arrival nobody was free to make.
func (s *shift) miss() {
	s.missed.Add(1)
	s.r.crew.miss(1)
}

// ticket asks for an iteration, of the load's and of the run's.
func (s *shift) ticket() bool { return s.budget.Take() && s.r.env.Ticket() }

// account is what the load has come to so far.
func (s *shift) account(t time.Duration) outcome.Load {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := outcome.Load{State: outcome.Waiting, Begin: plan.Unknown, Users: len(s.alive), Launched: s.launched,
		Arrivals: s.arrivals.Load(), Missed: s.missed.Load(), Stage: s.stage(t), Wanted: s.wanted(t)}
	if begin := time.Duration(s.begin.Load()); begin >= 0 {
		l.Begin = begin
		if t >= begin {
			l.State = outcome.Working
		}
	}
	if s.done.Load() {
		l.State = outcome.Ended
	}
	return l
}
