package http2

import "encoding/binary"

// Frame types (RFC 9113, section 6) that are looked for.
const (
	frameSettings = 0x4
	frameGoAway   = 0x7
)

const frameHead = 9 // bytes before a frame's payload

// frames follows the server's frames for what the library does not tell: the
// code of a GOAWAY, and that the server does not speak HTTP/2 at all.
type frames struct {
	head     [frameHead + 8]byte // the frame's, and the beginning of a GOAWAY's payload
	have     int
	skip     int // bytes of the payload still to come
	begun    bool
	away     bool
	code     uint32
	stranger []byte
}

// see takes the next bytes.
func (f *frames) see(p []byte) {
	for len(p) > 0 && f.stranger == nil {
		if f.skip > 0 {
			n := min(f.skip, len(p))
			p, f.skip = p[n:], f.skip-n
			continue
		}
		n := copy(f.head[f.have:f.want()], p)
		p, f.have = p[n:], f.have+n
		if f.have == f.want() {
			f.frame(p)
		}
	}
}

// want is how many bytes of the frame at hand are looked at.
func (f *frames) want() int {
	if f.have >= frameHead && f.head[3] == frameGoAway && f.size() >= 8 {
		return frameHead + 8
	}
	return frameHead
}

func (f *frames) size() int {
	return int(f.head[0])<<16 | int(f.head[1])<<8 | int(f.head[2])
}

// frame is done with the beginning of a frame, which rest follows.
func (f *frames) frame(rest []byte) {
	if !f.begun && f.head[3] != frameSettings {
		f.stranger = append(append(f.stranger, f.head[:f.have]...), rest...)
		return
	}
	f.begun = true
	if f.head[3] == frameGoAway && f.have > frameHead {
		if code := binary.BigEndian.Uint32(f.head[frameHead+4:]); !f.away || code != 0 {
			f.code = code
		}
		f.away = true
	}
	f.skip, f.have = f.size()-(f.have-frameHead), 0
}
