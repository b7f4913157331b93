package websocket

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"sync"
)

// The offer of permessage-deflate (RFC 7692). Without context takeover no
// socket has a window of its own, neither here nor there; what compresses is
// lent to a message.
const deflateOffer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// deflateTail ends a message for the decompressor: the empty block that
// senders leave out, and an empty last one.
const deflateTail = flushed + "\x01\x00\x00\xff\xff"

// flushed is the empty block at which a flush ends.
const flushed = "\x00\x00\xff\xff"

// maxStreams bounds the streams of one message: each costs a window.
const maxStreams = 1000

var (
	// errBomb ends a message that grows beyond its bound.
	errBomb    = errors.New("the decompressed message is too large")
	errStreams = errors.New("too many final blocks in one message")
)

// deflate lends out compressors and decompressors.
type deflate struct {
	packers   sync.Pool // *packer
	unpackers sync.Pool // *unpacker
}

// packer compresses one message at a time.
type packer struct {
	out bytes.Buffer
	w   *flate.Writer
}

// pack compresses a message. The result is the packer's, which has to be
// given back.
func (d *deflate) pack(data []byte) (*packer, []byte, error) {
	p, _ := d.packers.Get().(*packer)
	if p == nil {
		p = &packer{}
		p.w, _ = flate.NewWriter(&p.out, flate.BestSpeed) // fails for unknown levels only
	}
	p.out.Reset()
	p.w.Reset(&p.out)
	if _, err := p.w.Write(data); err != nil {
		return p, nil, err
	}
	if err := p.w.Flush(); err != nil {
		return p, nil, err
	}
	b := p.out.Bytes()
	return p, b[:len(b)-len(flushed)], nil
}

func (d *deflate) putPacker(p *packer) {
	if p.out.Cap() > keptBuffer {
		p.out = bytes.Buffer{}
	}
	d.packers.Put(p)
}

// keptBuffer is the size in bytes up to which a buffer is kept for the next
// message.
const keptBuffer = 64 << 10

// unpacker decompresses one message at a time.
type unpacker struct {
	in  source
	r   io.ReadCloser // a flate.Resetter
	out bytes.Buffer
}

// source is a message's compressed bytes, and the tail after them. Having
// ReadByte, it is never read beyond the end of a deflate stream.
type source struct{ data, tail []byte }

func (s *source) ReadByte() (byte, error) {
	if len(s.data) == 0 {
		if len(s.tail) == 0 {
			return 0, io.EOF
		}
		s.data, s.tail = s.tail, nil
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b, nil
}

func (s *source) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(s.data) == 0 {
		s.data, s.tail = s.tail, nil
	}
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	return n, nil
}

const deflateWindow = 32 << 10

// inflate decompresses a message of at most limit bytes into a slice of its
// own. A sender may use final blocks (RFC 7692, section 7.2.3.4), so one
// message can be several streams, each with the window of those before it.
func (d *deflate) inflate(data []byte, limit int64) ([]byte, error) {
	u, _ := d.unpackers.Get().(*unpacker)
	if u == nil {
		u = &unpacker{}
		u.r = flate.NewReader(&u.in)
	}
	defer func() {
		u.in = source{}
		u.out.Reset()
		if u.out.Cap() > keptBuffer {
			u.out = bytes.Buffer{}
		}
		d.unpackers.Put(u)
	}()
	u.in = source{data: data, tail: []byte(deflateTail)}
	for range maxStreams {
		sofar := u.out.Bytes()
		window := sofar[max(0, len(sofar)-deflateWindow):]
		if err := u.r.(flate.Resetter).Reset(&u.in, window); err != nil {
			return nil, err
		}
		room := limit - int64(u.out.Len())
		if n, err := u.out.ReadFrom(io.LimitReader(u.r, room+1)); err != nil {
			return nil, err
		} else if n > room {
			return nil, errBomb
		}
		if u.in.tail == nil {
			return bytes.Clone(u.out.Bytes()), nil
		}
	}
	return nil, errStreams
}
