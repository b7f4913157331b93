package http1

import (
	"io"
	"sync"
	"throng/runtime/transport/dial"
)

// body reads the body to its end, counts it, and keeps its first bytes if
// asked to. With a stream it gives the body to its sink as it comes, until
// that has enough. It reports whether the connection can be used again.
func (d *reader) body(keep bool, drains *sync.Pool, stream *exchange) (bool, error) {
	a := &d.answer
	if a.framing == none || a.framing == fixed && a.length == 0 {
		return a.keep && d.pending == nil && d.pos == d.end, nil
	}
	w := window{d: d, keep: keep, buf: d.buf[d.pos:d.end]}
	if keep && a.framing == fixed {
		a.body = grow(a.body, int(min(a.length, int64(d.keepBody))))
	}
	err := w.drain(drains, stream)
	if w.lent != nil {
		drains.Put(w.lent)
	}
	if err == errEnough {
		return false, nil
	}
	return err == nil && a.keep && d.pending == nil && len(w.buf) == 0, err
}

// window is what is read of a body and not yet consumed.
type window struct {
	d    *reader
	keep bool
	buf  []byte           // unconsumed
	lent *[drainSize]byte // in use instead of the space behind the header
	full bool             // the last read filled its space: a larger one saves calls
}

func (w *window) drain(drains *sync.Pool, stream *exchange) error {
	switch a := &w.d.answer; a.framing {
	case fixed:
		for left := a.length; left > 0; {
			if err := w.fill(drains, stream); err != nil {
				return err
			}
			n := min(left, int64(len(w.buf)))
			left -= n
			if err := w.take(w.buf[:n], stream); err != nil {
				return err
			}
			w.buf = w.buf[n:]
		}
		return nil
	case chunks:
		return w.chunks(drains, stream)
	default:
		for {
			err := w.fill(drains, stream)
			if err == io.EOF {
				w.d.last = w.d.clock.Now()
				return nil
			}
			if err != nil {
				return err
			}
			if err := w.take(w.buf, stream); err != nil {
				return err
			}
			w.buf = nil
		}
	}
}

func (w *window) chunks(drains *sync.Pool, stream *exchange) error {
	var k chunked
	for !k.done() {
		if err := w.fill(drains, stream); err != nil {
			return err
		}
		data, used, err := k.next(w.buf)
		if err != nil {
			return err
		}
		if err := w.take(data, stream); err != nil {
			return err
		}
		w.buf = w.buf[used:]
	}
	return nil
}

// fill makes sure that there is something in the window.
func (w *window) fill(drains *sync.Pool, stream *exchange) error {
	if len(w.buf) > 0 {
		return nil
	}
	space := w.d.buf[w.d.pos:]
	if w.lent == nil && (w.full || len(space) < windowMin) {
		w.lent = drains.Get().(*[drainSize]byte)
	}
	if w.lent != nil {
		space = w.lent[:]
	}
	if stream != nil {
		stream.bind(dial.Silence, stream.m.Idle)
	}
	n, err := w.d.read(space)
	w.buf, w.full = space[:n], n == len(space)
	if stream != nil && err == nil {
		err = stream.met(w.d.last)
	}
	return err
}

// take counts data, keeps what is wanted of it and gives it to the sink.
func (w *window) take(data []byte, stream *exchange) error {
	d := w.d
	a := &d.answer
	if a.bodySize += int64(len(data)); a.bodySize > d.maxBody && stream == nil {
		return dial.TooLarge(d.maxBody)
	}
	if w.keep {
		room := min(d.keepBody-len(a.body), len(data))
		a.body = append(a.body, data[:room]...)
	}
	if stream != nil && len(data) > 0 && !stream.m.Sink.Chunk(data, d.last) {
		return errEnough
	}
	return nil
}

// grow makes room for n bytes in all.
func grow(s []byte, n int) []byte {
	if cap(s) >= n {
		return s
	}
	return append(make([]byte, 0, n), s...)
}
