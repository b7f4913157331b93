package user

import (
	"sync"

	"throng/dsl/plan"
)

// Fault is a defect that belongs to no request, and how often it came.
type Fault struct {
	Class   int
	Site    plan.SiteID
	Message string
	Own     bool // a defect of this program, and not of the scenario
	Count   int64
}

const maxFaults = 100 // kinds of faults kept apart

type faults struct {
	mu   sync.Mutex
	seen []Fault
}

func (f *faults) add(class int, site plan.SiteID, message string, own bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.seen {
		if s := &f.seen[i]; s.Class == class && s.Site == site && s.Message == message {
			s.Count++
			return
		}
	}
	if len(f.seen) == maxFaults {
		last := &f.seen[maxFaults-1]
		last.Message, last.Own = "(other)", last.Own || own
		last.Count++
		return
	}
	f.seen = append(f.seen, Fault{class, site, message, own, 1})
}

func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Fault(nil), f.seen...)
}

// Leave is a place at which users left their task, themselves or the run, as
// the plan says, and how often.
type Leave struct {
	Class   int
	Site    plan.SiteID
	Reach   plan.Failure // how far: the task, the user or the run
	Message string       // the plan's, secrets masked; "" for none
	Count   int64
}

// leaves counts them. The kinds kept apart are bounded as faults are.
type leaves struct {
	mu   sync.Mutex
	seen []Leave
}

func (l *leaves) add(one Leave) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.seen {
		s := &l.seen[i]
		if s.Class == one.Class && s.Site == one.Site && s.Message == one.Message {
			s.Count++
			return
		}
	}
	if len(l.seen) == maxFaults {
		l.seen[maxFaults-1].Message = "(other)"
		l.seen[maxFaults-1].Count++
		return
	}
	one.Count = 1
	l.seen = append(l.seen, one)
}

func (l *leaves) list() []Leave {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Leave(nil), l.seen...)
}

// Leaves are the places at which users left early, as the plan says.
func (e *Env) Leaves() []Leave { return e.leaves.list() }
