package http1

import (
	"bytes"
	"io"

	"throng/runtime/transport"
)

const (
	headStart  = 4 << 10  // first size of a client's buffer
	headKept   = 64 << 10 // a buffer that grew beyond is not kept for the next exchange
	maxHead    = 1 << 20  // bytes before the body: status lines, header and trailer fields, of all 1xx too
	maxInterim = 64       // 1xx answers before the final one
	windowMin  = 2 << 10  // least space behind the header to read a body into
	maxEmpty   = 100      // reads that return nothing and no error
)

// reader reads one answer at a time from a connection. Its buffer begins with
// the header block, which stays until the next answer; what follows is the
// window through which the body passes. At the end of an answer the window is
// empty, or the connection is discarded: nothing is carried over.
type reader struct {
	src      io.Reader
	clock    *transport.Clock
	maxBody  int64
	keepBody int
	streamed bool // a successful body goes to a sink, and may be of any size

	buf      []byte
	pos, end int // buf[pos:end] is read and not yet consumed
	pending  error

	in    int64 // bytes read
	first int64 // time of the first byte; 0 before
	last  int64 // time of the last read that gave something
	steps int   // interim answers read

	answer answer
}

// answer is what a header says, and what came of the body.
type answer struct {
	status   int
	proto    string
	header   []byte // field lines
	framing  framing
	length   int64 // with framing fixed
	keep     bool  // the server lets the connection be used again
	bodySize int64
	body     []byte // kept bytes; its array is reused
}

// framing is how the end of a body is found.
type framing uint8

const (
	none   framing = iota // HEAD, 204, 304
	fixed                 // Content-Length
	chunks                // Transfer-Encoding: chunked
	closed                // up to the end of the connection
)

// begin prepares for an answer from src. Slices of the answer before it are
// void.
func (d *reader) begin(src io.Reader) {
	if cap(d.buf) > headKept {
		d.buf = nil
	}
	if d.buf == nil {
		d.buf = make([]byte, headStart)
	}
	body := d.answer.body[:0]
	if cap(body) > headKept {
		body = nil
	}
	d.src, d.pos, d.end, d.pending = src, 0, 0, nil
	d.in, d.first, d.last, d.steps = 0, 0, 0, 0
	d.answer = answer{body: body}
}

// received notes n bytes that are in the buffer, and the error that came
// with them or instead of them.
func (d *reader) received(n int, err error) {
	d.pending = err
	d.end += n
	d.stamp(n)
}

func (d *reader) stamp(n int) {
	if n == 0 {
		return
	}
	d.last = d.clock.Now()
	if d.first == 0 {
		d.first = d.last
	}
	d.in += int64(n)
}

// read fills p's beginning and stamps the time. It returns at least one byte
// or an error.
func (d *reader) read(p []byte) (int, error) {
	if d.pending != nil {
		return 0, d.pending
	}
	for range maxEmpty {
		n, err := d.src.Read(p)
		d.pending = err
		d.stamp(n)
		if n > 0 {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
	d.pending = io.ErrNoProgress
	return 0, d.pending
}

// readHead reads more of what comes before the body, growing the buffer up to
// maxHead.
func (d *reader) readHead() error {
	if d.end == len(d.buf) {
		if len(d.buf) >= maxHead {
			return errHeadTooLarge
		}
		bigger := make([]byte, min(2*len(d.buf), maxHead))
		copy(bigger, d.buf[:d.end])
		d.buf = bigger
	}
	n, err := d.read(d.buf[d.end:])
	d.end += n
	return err
}

// line consumes a line and returns it without its end: CRLF, or the bare LF
// that RFC 9112 lets a recipient accept.
func (d *reader) line() ([]byte, error) {
	from := d.pos
	for {
		if i := bytes.IndexByte(d.buf[from:d.end], '\n'); i >= 0 {
			i += from
			line := d.buf[d.pos:i]
			d.pos = i + 1
			if n := len(line); n > 0 && line[n-1] == '\r' {
				line = line[:n-1]
			}
			return line, nil
		}
		from = d.end
		if err := d.readHead(); err != nil {
			return nil, err
		}
	}
}

// head reads up to the end of the final answer's header, skipping interim
// answers, and decides how the body is framed.
func (d *reader) head(method string) error {
	for {
		if final, err := d.block(method); final || err != nil {
			return err
		}
	}
}

// block reads one answer's header and reports whether it is the final one,
// which it frames.
func (d *reader) block(method string) (final bool, err error) {
	if d.steps == maxInterim {
		return false, errInterim
	}
	if err := d.statusLine(); err != nil {
		return false, err
	}
	if err := d.fields(); err != nil {
		return false, err
	}
	switch s := d.answer.status; {
	case s >= 200:
		return true, d.frame(method)
	case s == 101:
		return false, errSwitching
	}
	d.steps++
	return false, nil
}

var statusPrefix = []byte("HTTP/1.")

// statusLine reads "HTTP/1.1 200 OK". What cannot become a status line is
// refused at its first bytes, before a line end is waited for.
func (d *reader) statusLine() error {
	for {
		have := d.buf[d.pos:d.end]
		n := min(len(have), len(statusPrefix))
		if !bytes.Equal(have[:n], statusPrefix[:n]) {
			return badStatusLine(have)
		}
		if n == len(statusPrefix) {
			break
		}
		if err := d.readHead(); err != nil {
			return err
		}
	}
	line, err := d.line()
	if err != nil {
		return err
	}
	if !d.parseStatus(line) {
		return badStatusLine(line)
	}
	return nil
}

func (d *reader) parseStatus(line []byte) bool {
	if len(line) < len("HTTP/1.1 200") || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return false
	}
	switch line[7] {
	case '1':
		d.answer.proto, d.answer.keep = "HTTP/1.1", true
	case '0':
		d.answer.proto, d.answer.keep = "HTTP/1.0", false
	default:
		return false
	}
	status := 0
	for _, b := range line[9:12] {
		if b < '0' || b > '9' {
			return false
		}
		status = 10*status + int(b-'0')
	}
	d.answer.status = status
	return status >= 100 && printable(line[12:])
}
