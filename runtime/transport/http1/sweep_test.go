package http1

import (
	"net"
	"testing"
	"time"

	"throng/runtime/transport"
)

// forcible counts how often it was forced.
type forcible struct {
	net.Conn
	forced int
}

func (f *forcible) SetDeadline(time.Time) error {
	f.forced++
	return nil
}

// A sweep that saw a deadline and comes to fire it late touches neither an
// idle client nor one whose next exchange has begun.
func TestFiringIsBoundToItsDeadline(t *testing.T) {
	var w watch
	conn := &forcible{}
	w.guard(conn, nil)
	if !w.arm(100) || w.disarm(100) != idle {
		t.Fatal("an exchange in time")
	}
	w.fire(100)
	if conn.forced != 0 || !w.arm(200) {
		t.Fatal("an idle client was touched")
	}
	w.fire(100)
	if s := w.disarm(200); s != idle || conn.forced != 0 {
		t.Fatalf("the next exchange was touched: state %d, forced %d times", s, conn.forced)
	}
	w.arm(300)
	w.fire(300)
	w.fire(300)
	if s := w.disarm(300); s != fired || conn.forced != 1 {
		t.Fatalf("state %d, forced %d times", s, conn.forced)
	}
	if !w.arm(400) {
		t.Fatal("a client cannot go on after a timeout")
	}
	w.cut()
	w.fire(400)
	if s := w.disarm(400); s != cut || conn.forced != 2 || w.arm(500) {
		t.Fatalf("state %d, forced %d times", s, conn.forced)
	}
	late := &forcible{}
	if w.guard(late, nil); late.forced != 1 {
		t.Fatal("a connection made after the cut is not forced")
	}
}

// Clients that come and go keep the sweeper's list right.
func TestSweeperList(t *testing.T) {
	s := sweeper{clock: transport.NewClock()}
	defer s.stop()
	watches := make([]watch, 50)
	for i := range watches {
		s.add(&watches[i])
	}
	for i := 0; i < len(watches); i += 3 {
		s.remove(&watches[i])
		s.remove(&watches[i])
	}
	for i, e := range s.entries {
		if e.w.index != i {
			t.Fatalf("entry %d says it is %d", i, e.w.index)
		}
	}
	if len(s.entries) != 33 {
		t.Fatalf("%d entries", len(s.entries))
	}
}
