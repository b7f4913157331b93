package websocket

import (
	"encoding/binary"
	"fmt"
)

// receiver hears of what came. The bytes it is given are its own, but those
// of control frames are valid only until it returns.
type receiver interface {
	message(data []byte, binary bool, wire int)
	ping(payload []byte)
	pong(payload []byte)
}

// inbound puts messages together from whatever pieces the connection gives.
// Between two pieces it holds what has come of a message, and nothing else.
type inbound struct {
	to      receiver
	max     int64    // bytes of a message, decompressed
	deflate *deflate // nil: no message may be compressed

	head [10]byte // of the frame that comes
	have uint8    // bytes of it

	payload bool  // its header is whole
	op      byte  // its opcode
	fin     bool  // it is its message's last
	left    int64 // bytes of its payload that have not come
	control []byte

	open   bool // a message has begun
	binary bool
	packed bool // compressed
	data   []byte
	wire   int64 // bytes of its frames
	text   text

	over   bool // a close frame has come: nothing counts after it
	code   int  // its code, and its reason
	reason string
}

// middle reports whether a frame or message has begun and not ended.
func (in *inbound) middle() bool { return in.have > 0 || in.open }

// add takes the next bytes of the connection.
func (in *inbound) add(p []byte) *violation {
	for !in.over {
		if !in.payload {
			rest, err := in.header(p)
			if err != nil {
				return err
			}
			p = rest
			if !in.payload {
				return nil
			}
		}
		n := int(min(in.left, int64(len(p))))
		in.left -= int64(n)
		if err := in.take(p[:n]); err != nil {
			return err
		}
		p = p[n:]
		if in.left > 0 {
			return nil
		}
		in.have, in.payload = 0, false
		if err := in.frame(); err != nil {
			return err
		}
	}
	return nil
}

// header takes bytes up to the end of a frame's header.
func (in *inbound) header(p []byte) (rest []byte, err *violation) {
	for {
		need := 2
		if in.have >= 2 {
			need += lengthBytes(in.head[1])
		}
		n := copy(in.head[in.have:need], p)
		in.have += uint8(n)
		p = p[n:]
		switch {
		case int(in.have) < need:
			return nil, nil
		case need == 2:
			if err := in.opens(in.head[0], in.head[1]); err != nil {
				return nil, err
			}
			if lengthBytes(in.head[1]) > 0 {
				continue
			}
		}
		return p, in.begin()
	}
}

// lengthBytes is how many bytes of length follow a frame's second byte.
func lengthBytes(second byte) int {
	switch second &^ maskBit {
	case 126:
		return 2
	case 127:
		return 8
	}
	return 0
}

// opens checks a frame's first two bytes.
func (in *inbound) opens(first, second byte) *violation {
	op, fin := first&0x0F, first&finBit != 0
	rsv := first & rsvBits
	if rsv == rsv1Bit && in.deflate != nil && (op == opText || op == opBinary) {
		rsv = 0
	}
	switch {
	case rsv != 0:
		return breach("a frame with a reserved bit set")
	case op > opBinary && op < opClose, op > opPong:
		return breach(fmt.Sprintf("a frame with the reserved opcode %d", op))
	case second&maskBit != 0:
		return breach("a masked frame from a server")
	case op >= opClose && !fin:
		return breach("a control frame in fragments")
	case op >= opClose && second > maxControl:
		return breach("a control frame of more than 125 bytes")
	case op == opContinuation && !in.open:
		return breach("a continuation of no message")
	case (op == opText || op == opBinary) && in.open:
		return breach("a new message inside of a fragmented one")
	}
	return nil
}

// begin reads the length and prepares for the payload.
func (in *inbound) begin() *violation {
	length := uint64(in.head[1])
	switch length {
	case 126:
		length = uint64(binary.BigEndian.Uint16(in.head[2:]))
		if length < 126 {
			return breach("a frame's length that could be shorter")
		}
	case 127:
		length = binary.BigEndian.Uint64(in.head[2:])
		if length <= 0xFFFF {
			return breach("a frame's length that could be shorter")
		}
		if length > maxLength {
			return breach("a frame's length with its highest bit set")
		}
	}
	in.op, in.fin = in.head[0]&0x0F, in.head[0]&finBit != 0
	in.left, in.payload = int64(length), true
	if in.op >= opClose {
		in.control = in.control[:0]
		return nil
	}
	if in.op != opContinuation {
		in.open, in.binary, in.packed = true, in.op == opBinary, in.head[0]&rsv1Bit != 0
		in.text, in.wire = text{}, 0
	}
	limit := in.max
	if in.packed {
		limit += limit/1000 + 64 // what cannot be compressed grows a little
	}
	if in.left > limit-int64(len(in.data)) {
		return in.large()
	}
	in.wire += int64(in.have) + in.left
	if in.wire > 8*in.max+1<<20 {
		return tooBig("a message whose framing outweighs its data")
	}
	if in.fin && len(in.data) == 0 && in.left <= trusted {
		in.data = make([]byte, 0, in.left)
	}
	return nil
}

// trusted is the length in bytes up to which a message gets its room when it
// is announced; a longer one gets it as it comes.
const trusted = 16 << 10

func (in *inbound) large() *violation {
	return tooBig(fmt.Sprintf("a message is larger than %d bytes", in.max))
}

// take takes bytes of a frame's payload.
func (in *inbound) take(p []byte) *violation {
	if in.op >= opClose {
		in.control = append(in.control, p...)
		return nil
	}
	if !in.binary && !in.packed && !in.text.add(p) {
		return badData("a text that is not UTF-8")
	}
	in.data = append(in.data, p...)
	return nil
}

// frame is called when a frame is whole.
func (in *inbound) frame() *violation {
	payload := in.control
	switch in.op {
	case opPing:
		in.to.ping(payload)
	case opPong:
		in.to.pong(payload)
	case opClose:
		code, reason, err := parseClose(payload)
		if err != nil {
			return err
		}
		in.over, in.code, in.reason = true, code, reason
	default:
		if in.fin {
			return in.end()
		}
		return nil
	}
	in.control = nil
	return nil
}

// end is called when a message is whole.
func (in *inbound) end() *violation {
	data := in.data
	in.data, in.open = nil, false
	if in.packed {
		var err error
		if data, err = in.deflate.inflate(data, in.max); err == errBomb {
			return in.large()
		} else if err != nil {
			return badData("a message that cannot be decompressed")
		}
		if !in.binary && !in.text.add(data) {
			return badData("a text that is not UTF-8")
		}
	}
	if !in.binary && !in.text.whole() {
		return badData("a text that is not UTF-8")
	}
	in.to.message(data, in.binary, int(in.wire))
	return nil
}
