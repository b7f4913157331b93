package engine

import (
	"time"

	"throng/runtime/pace"
	"throng/runtime/user"
)

// closedLoad keeps so many users alive as its schedule wants. Users have
// seats: seat k is filled when the level rises above k and cleared when it
// falls to k, so who came last goes first. A seat has one class for good,
// which keeps the mix of classes right at every level. A user that ends by
// itself leaves its seat empty until the level comes by again.
type closedLoad struct {
	shift    *shift
	users    *pace.Users
	classes  []int
	split    *pace.Split
	seats    []seat
	level    int
	upcoming pace.Change
	more     bool
}

type seat struct {
	class int
	user  *user.User
}

func newClosedLoad(s *shift, users *pace.Users, classes []int, split *pace.Split) *closedLoad {
	l := &closedLoad{shift: s, users: users, classes: classes, split: split}
	l.upcoming, l.more = users.Next(-1)
	return l
}

func (l *closedLoad) next() time.Duration {
	if l.more {
		return l.upcoming.At
	}
	return forever
}

func (l *closedLoad) act(now time.Duration, _ bool) {
	for l.more && l.upcoming.At <= now {
		l.set(l.upcoming.Users)
		l.upcoming, l.more = l.users.Next(l.upcoming.At)
	}
}

func (l *closedLoad) set(n int) {
	for ; l.level < n; l.level++ {
		if l.level == len(l.seats) {
			l.seats = append(l.seats, seat{class: l.classes[l.split.Next()]})
		}
		s := &l.seats[l.level]
		s.user = l.shift.newUser(s.class)
		l.shift.launch(s.user, s.user.RunClosed, nil)
	}
	for ; l.level > n; l.level-- {
		s := &l.seats[l.level-1]
		s.user.Stop()
		s.user = nil
	}
}

func (l *closedLoad) wanted(t time.Duration) float64 { return float64(l.users.At(t)) }

func (l *closedLoad) stage(t time.Duration) int { return l.users.Stage(t) }

func (l *closedLoad) over() bool { return !l.more }

// drain makes no more users; those that live end when they ask for another
// iteration.
func (l *closedLoad) drain() { l.more = false }
