package truth

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"throng/dsl/plan"
	"throng/runtime/sla"
)

// frames is a server of HTTP/2 by prior knowledge that answers every stream
// but those to /wrong.
type frames struct {
	net.Listener
	wrong    func(c *framed, stream uint32)
	settings []http2.Setting
	streams  atomic.Int64 // to /wrong
	well     atomic.Int64 // others
	wg       sync.WaitGroup
}

// framed is one of its connections. What it writes it does so one frame at a
// time, from wherever.
type framed struct {
	net.Conn
	*http2.Framer
	wg      *sync.WaitGroup
	mu      sync.Mutex
	flooded uint32   // the stream that is flooded; 0 once the client has reset it
	initial int64    // the client's first window of a stream
	windows [2]int64 // what may be sent now: over the connection, and in the flooded stream
	gone    bool
	news    sync.Cond // of the four above
}

func newFrames(t *testing.T, wrong func(*framed, uint32), settings ...http2.Setting) *frames {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &frames{Listener: l, wrong: wrong, settings: settings}
	s.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() {
				defer conn.Close()
				c := &framed{Conn: conn, Framer: http2.NewFramer(conn, conn), wg: &s.wg, initial: 65535, windows: [2]int64{65535, 0}}
				c.news.L = &c.mu
				s.serve(c)
				c.mu.Lock()
				defer c.mu.Unlock()
				c.gone = true
				c.news.Broadcast()
			})
		}
	})
	t.Cleanup(func() { l.Close(); s.wg.Wait() })
	return s
}

func (s *frames) serve(c *framed) {
	if _, err := io.CopyN(io.Discard, c.Conn, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	c.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if c.WriteSettings(s.settings...) != nil {
		return
	}
	for {
		f, err := c.ReadFrame()
		if err != nil {
			return
		}
		c.mu.Lock()
		s.heard(c, f)
		c.mu.Unlock()
	}
}

// heard does what a frame asks for.
func (s *frames) heard(c *framed, f http2.Frame) {
	switch f := f.(type) {
	case *http2.MetaHeadersFrame:
		if f.PseudoValue("path") == "/wrong" {
			s.streams.Add(1)
			s.wrong(c, f.StreamID)
			return
		}
		s.well.Add(1)
		c.answer(f.StreamID, true)
	case *http2.RSTStreamFrame:
		if f.StreamID == c.flooded {
			c.flooded = 0
			c.news.Broadcast()
		}
	case *http2.WindowUpdateFrame:
		switch f.StreamID {
		case 0:
			c.windows[0] += int64(f.Increment)
		case c.flooded:
			c.windows[1] += int64(f.Increment)
		}
		c.news.Broadcast()
	case *http2.PingFrame:
		if !f.IsAck() {
			_ = c.WritePing(true, f.Data)
		}
	case *http2.SettingsFrame:
		if !f.IsAck() {
			if v, ok := f.Value(http2.SettingInitialWindowSize); ok {
				c.initial = int64(v)
			}
			_ = c.WriteSettingsAck()
		}
	}
}

// flood sends a body without end, as fast as the client's windows let it,
// until the client resets the stream.
func (c *framed) flood(stream uint32) {
	c.flooded, c.windows[1] = stream, c.initial
	c.answer(stream, false)
	c.wg.Go(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for piece := make([]byte, 4<<10); ; {
			for c.flooded == stream && !c.gone && min(c.windows[0], c.windows[1]) < int64(len(piece)) {
				c.news.Wait()
			}
			if c.flooded != stream || c.gone || c.WriteData(stream, false, piece) != nil {
				return
			}
			c.windows[0] -= int64(len(piece))
			c.windows[1] -= int64(len(piece))
			c.mu.Unlock() // let the reader hear what the client says
			c.mu.Lock()
		}
	})
}

// answer answers a stream with status 200; end ends it.
func (c *framed) answer(stream uint32, end bool) {
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: end})
}

// TestF16_HTTP2: what a server does wrong to a stream is that stream's, and
// the user's next request goes well, over a connection that is not dead.
func TestF16_HTTP2(t *testing.T) {
	for _, c := range []struct {
		name     string
		args     string
		wrong    func(c *framed, stream uint32)
		settings []http2.Setting
		classes  []plan.ErrorClass
	}{
		{name: "goaway", classes: broken, wrong: func(c *framed, _ uint32) { _ = c.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, nil) }},
		{name: "goaway_after_the_answer", classes: fine, wrong: func(c *framed, stream uint32) {
			c.answer(stream, true)
			_ = c.WriteGoAway(stream, http2.ErrCodeNo, nil)
		}},
		{name: "goaway_in_the_body", classes: broken, wrong: func(c *framed, stream uint32) {
			c.answer(stream, false)
			_ = c.WriteGoAway(stream, http2.ErrCodeInternal, nil)
			c.Close()
		}},
		{name: "storm_of_resets", classes: broken, wrong: func(c *framed, stream uint32) { _ = c.WriteRSTStream(stream, http2.ErrCodeInternal) }},
		{name: "reset_in_the_body", classes: broken, wrong: func(c *framed, stream uint32) {
			c.answer(stream, false)
			_ = c.WriteRSTStream(stream, http2.ErrCodeCancel)
		}},
		// What the server has not read when it closes makes its system reset the connection.
		{name: "cut_in_the_body", classes: classes(plan.FailTruncated, plan.FailReset), wrong: func(c *framed, stream uint32) { c.answer(stream, false); c.Close() }},
		{name: "garbage", classes: noHTTP, wrong: func(c *framed, stream uint32) { _ = c.WriteData(stream+10, true, []byte("x")) }},
		{name: "no_window", classes: late, args: impatient + "body_size = \"100KiB\"\n", wrong: func(*framed, uint32) {},
			settings: []http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 0}}},
		{name: "silence", classes: late, args: impatient, wrong: func(*framed, uint32) {}},
		{name: "flood_of_settings", classes: late, args: impatient, wrong: func(c *framed, _ uint32) {
			for c.WriteSettings() == nil {
			}
		}},
		{name: "flood_of_pings", classes: late, args: impatient, wrong: func(c *framed, _ uint32) {
			for c.WritePing(false, [8]byte{1}) == nil {
			}
		}},
		{name: "endless_body", classes: tooBig, wrong: (*framed).flood},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newFrames(t, c.wrong, c.settings...)
			p := scenario{maxBody: faultMaxBody, target: "http { version = \"2\" }\n",
				user: "task \"t\" {\n post \"/wrong\" {\n" + c.args + "}\n get \"/ok\" {}\n}\n"}.play(t, "http://"+s.Addr().String())
			p.all(t, "POST /wrong", 12, c.classes...)
			p.all(t, "GET /ok", 12, plan.OK)
			p.checkMemory(t)
			want := sla.Fail
			if p.row("POST /wrong").Failed == 0 {
				want = sla.Pass
			}
			p.judged(t, want)
			never := p.row("POST /wrong").ByClass[plan.FailConnectTimeout]
			if s.streams.Load() != 12-never || s.well.Load() != 12 {
				t.Errorf("the server saw %d streams and %d beside, of 12 each", s.streams.Load(), s.well.Load())
			}
		})
	}
}
