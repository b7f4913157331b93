package websocket

import (
	"runtime"
	"sync"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// TestManySockets holds what many sockets cost apart from bytes: a goroutine
// each, one more for all of their pings, and a descriptor each.
func TestManySockets(t *testing.T) {
	const n = 200
	over := make(chan struct{})
	s := serve(t, func(p *peer) {
		p.accept()
		f, err := p.frame()
		if err != nil {
			return
		}
		p.say(raw(f.first, f.payload))
		p.untilClose()
		p.finish()
		<-over
	})
	defer close(over)
	c := newClient(t, Config{})
	before := descriptors()
	sockets := make([]*opened, n)
	for i := range sockets {
		sockets[i] = c.open(transport.Opening{Route: s.route(), Ping: 1 << 40})
	}
	eventually(t, "a goroutine a socket, and the pinger", func() bool { return goroutines() == n+1 })
	if d := descriptors(); before >= 0 && d > before+2*n { // theirs and the server's
		t.Errorf("%d descriptors for %d sockets", d-before, n)
	}
	var wg sync.WaitGroup
	for _, o := range sockets {
		wg.Go(func() {
			if _, _, err := o.Send(false, []byte("x"), patience); err != nil {
				t.Error(err)
			}
			for {
				if e, ok := o.Next(); ok {
					if e.Kind != transport.SocketMessage {
						t.Errorf("%v %v", e.Kind, e.Err)
					}
					return
				}
				<-o.notify
			}
		})
	}
	wg.Wait()
	for _, o := range sockets {
		wg.Go(func() { o.Close(1000, "") })
	}
	wg.Wait()
}

// TestOpenClosesInAnyOrder opens, uses, closes and cuts from many goroutines.
func TestOpenClosesInAnyOrder(t *testing.T) {
	s := serve(t, func(p *peer) {
		p.accept()
		for {
			f, err := p.frame()
			switch {
			case err != nil:
				return
			case f.op() == opClose:
				p.finish()
				return
			default:
				p.say(raw(f.first, f.payload))
			}
		}
	})
	c := newClient(t, Config{})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 20 {
				var r transport.Result
				notify := make(chan struct{}, 1)
				o := c.f.Open(&transport.Opening{Route: s.route(), Host: "x", Timeout: patience, Ping: 1e6, Notify: notify}, &r)
				if o == nil {
					if r.Class == plan.OK {
						t.Error("no socket, and no class")
					}
					return
				}
				_, _, _ = o.Send(j%2 == 0, []byte("x"), patience)
				runtime.Gosched()
				o.Next()
				if i == 0 && j == 15 {
					c.f.Cut()
				}
				o.Close(1000, "")
			}
		})
	}
	wg.Wait()
	c.f.Close()
	eventually(t, "the goroutines end", func() bool { return goroutines() == 0 })
}
