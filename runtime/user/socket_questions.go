package user

import (
	"slices"

	"throng/dsl/plan"
)

// question is a message that wants a reply.
type question struct {
	errand
	of       *plan.Send
	number   int64        // among those of its step, over this socket
	message  plan.Message // what was sent
	deadline int64
	overdue  bool // its reply did not come in time, and is not known not to come
}

// Bounds of what is remembered of questions.
const (
	maxOverdue  = 1024    // beyond it the oldest counts as unanswered
	maxAnswered = 64      // to tell replies that come twice
	maxRemember = 4 << 10 // bytes of a message that is remembered after its reply
)

// questions are those of one socket that have no reply yet, the oldest first,
// and the last ones that had.
type questions struct {
	list     []*question
	overdue  int // of them
	asked    map[*plan.Send]*asking
	answered []answered // a ring
	next     int        // its oldest place, once it is full
}

// asking is what is known of the questions of one step.
type asking struct {
	number   int64 // of the last one asked
	answered int64 // of the last of those that have a reply
}

type answered struct {
	of      *plan.Reply
	message plan.Message
}

func (qs *questions) add(q *question) {
	if qs.asked == nil {
		qs.asked = map[*plan.Send]*asking{}
	}
	a := qs.asked[q.of]
	if a == nil {
		a = &asking{}
		qs.asked[q.of] = a
	}
	a.number++
	q.number = a.number
	qs.list = append(qs.list, q)
}

func (qs *questions) remove(q *question) {
	if i := slices.Index(qs.list, q); i >= 0 {
		qs.list = slices.Delete(qs.list, i, i+1)
		if q.overdue {
			qs.overdue--
		}
	}
}

// remember keeps a question whose reply has come.
func (qs *questions) remember(q *question) {
	if len(q.message.Data) > maxRemember && q.of.Text != nil {
		return
	}
	a := answered{q.of.Reply, q.message}
	if len(qs.answered) < maxAnswered {
		qs.answered = append(qs.answered, a)
		return
	}
	qs.answered[qs.next] = a
	qs.next = (qs.next + 1) % maxAnswered
}

// soonest is the deadline of the next question that is still in time, latest
// that of the last one.
func (qs *questions) soonest() int64 {
	at := int64(never)
	for _, q := range qs.list {
		if !q.overdue {
			at = min(at, q.deadline)
		}
	}
	return at
}

func (qs *questions) latest() (at int64) {
	for _, q := range qs.list {
		if !q.overdue {
			at = max(at, q.deadline)
		}
	}
	return at
}
