package websocket

import (
	"testing"
	"time"

	"throng/runtime/transport"
)

// TestSentAfterAPing: a message counts from when it was sent, and not from the
// ping or pong that was written before it.
func TestSentAfterAPing(t *testing.T) {
	bubble(t, 10*time.Second, func(p *peer) {
		time.Sleep(5 * time.Second)
		p.say(str(rawPing, "are you there?"))
		p.untilClose()
	}, func(f *Factory, s transport.Socket, _ chan struct{}) {
		for range 3 { // after the pong, after a ping, with nothing in between
			time.Sleep(7 * time.Second)
			now := f.clock.Now()
			if at, _, err := s.Send(false, []byte("hello"), time.Second); at != now || err != nil {
				t.Errorf("sent %v before it was, %v", time.Duration(now-at), err)
			}
		}
	})
}
