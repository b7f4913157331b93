package http2_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"throng/dsl/plan"
	"throng/runtime/transport"
	ours "throng/runtime/transport/http2"
)

// hostile is a server that speaks frames and breaks the rules by them.
type hostile struct {
	net.Listener
	accepted atomic.Int64
	wg       sync.WaitGroup
}

// wire is one of its connections.
type wire struct {
	net.Conn
	*http2.Framer
	n int64 // of the connection, from 1
}

// haunt starts a server that does so with each connection, after the preface
// of the client and its own settings.
func haunt(t *testing.T, each func(*wire), settings ...http2.Setting) *hostile {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{Listener: l}
	h.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w := &wire{conn, http2.NewFramer(conn, conn), h.accepted.Add(1)}
			h.wg.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(patience))
				if _, err := io.CopyN(io.Discard, conn, int64(len(http2.ClientPreface))); err != nil {
					return
				}
				if w.WriteSettings(settings...) == nil {
					each(w)
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); h.wg.Wait() })
	return h
}

func (h *hostile) route() *transport.Route {
	addr := h.Addr().String()
	return &transport.Route{Scheme: "http", Addr: addr, Host: addr, HTTP: plan.HTTP{Version: plan.HTTP2}}
}

// streams calls begun for each stream that the client begins, until it leaves.
func (w *wire) streams(begun func(id uint32)) {
	for {
		f, err := w.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *http2.HeadersFrame:
			begun(f.StreamID)
		case *http2.PingFrame:
			if !f.IsAck() {
				_ = w.WritePing(true, f.Data)
			}
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = w.WriteSettingsAck()
			}
		}
	}
}

// end sends nothing any more. What the client still sends is read, so that
// the connection is not reset instead.
func (w *wire) end() { _ = w.Conn.(*net.TCPConn).CloseWrite() }

// answer answers a stream with status 200; end ends it.
func (w *wire) answer(id uint32, end bool, fields ...string) {
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	_ = e.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	for i := 0; i < len(fields); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: end})
}

// What a server does wrong ends the stream with a class of its own, and the
// user's next exchange is made, over a connection that is not dead.
func TestFaults(t *testing.T) {
	const soon = 100 * time.Millisecond
	for _, test := range []struct {
		name     string
		wrong    func(w *wire, id uint32)
		settings []http2.Setting
		timeout  time.Duration // 0: nothing needs to time out
		body     int
		class    plan.ErrorClass
		text     string
		survives bool // the connection goes on
	}{
		{name: "goaway", class: plan.FailReset, text: "GOAWAY (ENHANCE_YOUR_CALM)",
			wrong: func(w *wire, id uint32) { _ = w.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("debug")) }},
		{name: "goaway without an error", class: plan.FailReset, text: "GOAWAY (NO_ERROR)",
			wrong: func(w *wire, id uint32) { _ = w.WriteGoAway(0, http2.ErrCodeNo, nil) }},
		{name: "goaway in the body, then closed", class: plan.FailReset, text: "reading the answer: the server sent GOAWAY (INTERNAL_ERROR)",
			wrong: func(w *wire, id uint32) {
				w.answer(id, false)
				_ = w.WriteGoAway(id, http2.ErrCodeInternal, nil)
				w.Close()
			}},
		{name: "reset", class: plan.FailReset, text: "waiting for the answer: the server reset the stream (REFUSED_STREAM)", survives: true,
			wrong: func(w *wire, id uint32) { _ = w.WriteRSTStream(id, http2.ErrCodeRefusedStream) }},
		{name: "reset in the body", class: plan.FailReset, text: "reading the answer: the server reset the stream (CANCEL)", survives: true,
			wrong: func(w *wire, id uint32) {
				w.answer(id, false)
				_ = w.WriteData(id, false, []byte("x"))
				_ = w.WriteRSTStream(id, http2.ErrCodeCancel)
			}},
		{name: "closed", class: plan.FailReset, text: "waiting for the answer: the server closed the connection",
			wrong: func(w *wire, id uint32) { w.end() }},
		{name: "closed in the body", class: plan.FailTruncated, text: "reading the answer: the server closed the connection",
			wrong: func(w *wire, id uint32) { w.answer(id, false); w.end() }},
		{name: "less than announced", class: plan.FailTruncated, text: "reading the answer", survives: true,
			wrong: func(w *wire, id uint32) {
				w.answer(id, false, "content-length", "10")
				_ = w.WriteData(id, true, []byte("x"))
			}},
		{name: "more than announced", class: plan.FailProtocol, text: "not HTTP/2: ", survives: true,
			wrong: func(w *wire, id uint32) {
				w.answer(id, false, "content-length", "1")
				_ = w.WriteData(id, true, []byte("xyz"))
			}},
		{name: "data before headers", class: plan.FailProtocol, text: "not HTTP/2: PROTOCOL_ERROR", survives: true,
			wrong: func(w *wire, id uint32) { _ = w.WriteData(id, true, []byte("x")) }},
		{name: "data of a stream nobody began", class: plan.FailProtocol, text: "not HTTP/2: connection error: PROTOCOL_ERROR",
			wrong: func(w *wire, id uint32) { _ = w.WriteData(id+10, true, []byte("x")) }},
		{name: "a frame too large", class: plan.FailProtocol, text: "not HTTP/2: ",
			wrong: func(w *wire, id uint32) { _, _ = w.Write([]byte("\xff\xff\xff\x00\x00\x00\x00\x00\x01")) }},
		{name: "garbage in the header block", class: plan.FailProtocol, text: "COMPRESSION_ERROR",
			wrong: func(w *wire, id uint32) {
				_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: []byte("\xff\xff\xff\xff\xff\xff"), EndHeaders: true})
			}},
		{name: "continuations without end", class: plan.FailProtocol, text: "not HTTP/2: connection error",
			wrong: func(w *wire, id uint32) {
				field := []byte{0x00, 0x01, 'a', 0x01, 'b'} // a literal "a: b"
				_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: field})
				for w.WriteContinuation(id, false, bytes.Repeat(field, 3000)) == nil {
				}
			}},
		{name: "no window", class: plan.FailTimeout, text: "sending the request", timeout: soon, body: 100_000,
			settings: []http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 0}},
			wrong:    func(*wire, uint32) {}},
		{name: "silence", class: plan.FailTimeout, text: "waiting for the answer", timeout: soon,
			wrong: func(w *wire, _ uint32) { _, _ = io.Copy(io.Discard, w.Conn) }},
		{name: "a flood of settings", class: plan.FailTimeout, text: "timeout: ", timeout: soon,
			wrong: func(w *wire, _ uint32) {
				for w.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 20}) == nil {
				}
			}},
		{name: "a flood of pings", class: plan.FailTimeout, text: "timeout: ", timeout: soon,
			wrong: func(w *wire, _ uint32) {
				for w.WritePing(false, [8]byte{1}) == nil {
				}
			}},
		{name: "a flood of pings in the body", class: plan.FailTimeout, text: "timeout: ", timeout: soon,
			wrong: func(w *wire, id uint32) {
				w.answer(id, false)
				for w.WriteData(id, false, []byte("x")) == nil && w.WritePing(false, [8]byte{1}) == nil {
				}
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			leaksNothing(t)
			h := haunt(t, func(w *wire) {
				streams := 0
				w.streams(func(id uint32) {
					if streams++; w.n == 1 && streams == 1 {
						test.wrong(w, id)
					} else {
						w.answer(id, true)
					}
				})
			}, test.settings...)
			c, route := client(t, factory(t, ours.Config{})), h.route()
			m := message(route, "POST", "/")
			m.Body = make([]byte, test.body)
			if test.timeout > 0 {
				m.Timeout = test.timeout
			}
			r := do(c, m)
			if r.Class != test.class || !strings.Contains(r.Err.Error(), test.text) {
				t.Errorf("%v: %v", r.Class, r.Err)
			}
			if took := time.Duration(r.End - r.Start); test.timeout > 0 && took < test.timeout || took >= patience {
				t.Errorf("took %v", took)
			}
			r = do(c, message(route, "GET", "/"))
			if test.survives != r.Reused || r.Class != plan.OK {
				t.Errorf("the next exchange: %v %v, reused %v", r.Class, r.Err, r.Reused)
			}
		})
	}
}

// A storm of resets is one failure a stream; the connection goes on, and the
// books have each.
func TestStormOfResets(t *testing.T) {
	leaksNothing(t)
	const n = 500
	h := haunt(t, func(w *wire) {
		w.streams(func(id uint32) { _ = w.WriteRSTStream(id, http2.ErrCodeInternal) })
	})
	root, route := client(t, factory(t, ours.Config{})), h.route()
	var failed, opened atomic.Int64
	var wg sync.WaitGroup
	for range 5 {
		c := root.(transport.Brancher).Branch()
		wg.Go(func() {
			defer c.Close()
			for range n / 5 {
				r := do(c, message(route, "GET", "/"))
				if r.Class == plan.FailReset && strings.Contains(r.Err.Error(), "INTERNAL_ERROR") {
					failed.Add(1)
				}
				if !r.Reused {
					opened.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if failed.Load() != n || opened.Load() != 1 || h.accepted.Load() != 1 {
		t.Errorf("%d of %d were reset; %d connections opened, %d accepted", failed.Load(), n, opened.Load(), h.accepted.Load())
	}
}

// One GOAWAY after another: each stream that was not taken fails by itself.
func TestGoAwayEachTime(t *testing.T) {
	leaksNothing(t)
	h := haunt(t, func(w *wire) {
		w.streams(func(id uint32) {
			w.answer(id, true)
			_ = w.WriteGoAway(id, http2.ErrCodeNo, nil)
		})
	})
	c, route := client(t, factory(t, ours.Config{})), h.route()
	ok, opened := int64(0), int64(0)
	for range 100 {
		r := do(c, message(route, "GET", "/"))
		switch {
		case r.Class == plan.OK:
			ok++
		case r.Class != plan.FailReset || !strings.Contains(r.Err.Error(), "GOAWAY (NO_ERROR)"):
			t.Fatalf("%v: %v", r.Class, r.Err)
		}
		if !r.Reused {
			opened++
		}
	}
	if ok < 1 || opened != h.accepted.Load() {
		t.Errorf("%d succeeded; %d connections opened, %d accepted", ok, opened, h.accepted.Load())
	}
}

// Where the server takes no further streams, an exchange waits for its
// deadline, and nothing is sent.
func TestNoStreams(t *testing.T) {
	leaksNothing(t)
	var streams atomic.Int64
	h := haunt(t, func(w *wire) {
		w.streams(func(id uint32) {
			streams.Add(1)
			_ = w.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 0})
			w.answer(id, true)
		})
	})
	c, route := client(t, factory(t, ours.Config{})), h.route()
	do(c, message(route, "GET", "/")) // its answer follows the limit
	m := message(route, "GET", "/")
	m.Timeout = 100 * time.Millisecond
	r := do(c, m)
	if r.Class != plan.FailTimeout || !strings.Contains(r.Err.Error(), "sending the request") || r.Sent != 0 || streams.Load() != 1 {
		t.Errorf("%+v; %d streams", r, streams.Load())
	}
}
