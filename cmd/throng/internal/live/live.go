package live

import (
	"io"
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/report/text"
)

// Options say what kind of place w is.
type Options struct {
	TTY   bool                       // a terminal whose cursor can be moved
	Width func() (width, height int) // its size now; asked before each paint
	Quiet bool                       // only notes
}

const (
	paintEvery = 500 * time.Millisecond // at most
	queue      = 64                     // ticks a stuck terminal may lag behind before some are not drawn
	patience   = 2 * time.Second        // for a terminal that takes nothing
)

// Live shows one run. Its methods may be called from any goroutine.
type Live struct {
	messages chan message
	closing  chan struct{}
	done     chan struct{}
	once     sync.Once
}

// message is one thing to show.
type message struct {
	progress *outcome.Progress
	note     string
	kind     kind
}

type kind uint8

const (
	aTick kind = iota
	aNote
	aSuspend
	aResume
)

// New begins to show a run of p on w. Close ends it.
func New(w io.Writer, p *plan.Plan, st text.Style, o Options) *Live {
	if o.Width == nil {
		o.Width = func() (int, int) { return 80, 24 }
	}
	l := &Live{messages: make(chan message, queue), closing: make(chan struct{}), done: make(chan struct{})}
	v := &view{plan: p, st: st, history: newHistory(p)}
	var s shower = &plain{w: w, view: v, quiet: o.Quiet}
	if o.TTY && !o.Quiet {
		s = &block{screen: screen{w: w}, view: v, size: o.Width}
	}
	go l.run(s)
	return l
}

// Update shows a tick. It never waits: a terminal that takes nothing misses
// ticks.
func (l *Live) Update(p *outcome.Progress) {
	select {
	case l.messages <- message{progress: p}:
	default:
	}
}

// Note prints a line that stays, above what is redrawn.
func (l *Live) Note(s string) { l.send(message{note: s, kind: aNote}) }

// Suspend gives the cursor back before the process is stopped; Resume takes
// it again and paints below whatever was written meanwhile.
func (l *Live) Suspend() { l.send(message{kind: aSuspend}) }

// Resume ends a Suspend.
func (l *Live) Resume() { l.send(message{kind: aResume}) }

func (l *Live) send(m message) {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case l.messages <- m:
	case <-l.done:
	case <-t.C:
	}
}

// Close paints the final state, gives the cursor back and returns, within
// two seconds even if the terminal takes nothing. It may be called again.
func (l *Live) Close() {
	l.once.Do(func() { close(l.closing) })
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-l.done:
	case <-t.C:
	}
}

// shower is a way to show messages. Its methods are called by one goroutine.
type shower interface {
	take(m message) (urgent bool)
	paint()
	close()
}

// run owns the shower. It paints when something is new, but not too often.
func (l *Live) run(s shower) {
	defer close(l.done)
	var last time.Time
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		urgent := false
		select {
		case m := <-l.messages:
			urgent = s.take(m)
		case <-timer.C:
		case <-l.closing:
			for {
				select {
				case m := <-l.messages:
					s.take(m)
					continue
				default:
				}
				break
			}
			s.close()
			return
		}
		wait := paintEvery - time.Since(last)
		if wait > 0 && !urgent {
			timer.Reset(wait)
			continue
		}
		s.paint()
		last = time.Now()
	}
}
