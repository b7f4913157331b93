package exampleapi

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"
)

// The opcodes of RFC 6455.
const (
	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xA
)

// The close codes that the service uses.
const (
	closeNormal    = 1000
	closeGoingAway = 1001
	closeProtocol  = 1002
	closeNoStatus  = 1005 // never sent: there was no code
	closeBadText   = 1007
	closeTooBig    = 1009
	closeRestart   = 1012
)

// maxMessage is the most bytes of a message, over all of its fragments.
const maxMessage = 1 << 20

const maxControl = 125

// A closeError is a reason to close a socket.
type closeError struct {
	code   int
	reason string
}

func (e *closeError) Error() string { return fmt.Sprintf("close %d: %s", e.code, e.reason) }

func violation(reason string) error { return &closeError{closeProtocol, reason} }

type frame struct {
	final   bool
	op      byte
	payload []byte // unmasked
}

// readFrame reads one frame of a client. A breach of the protocol is a
// *closeError; every other error comes from r. No payload above most bytes is
// read or allocated.
func readFrame(r *bufio.Reader, most int) (frame, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	f := frame{final: head[0]&0x80 != 0, op: head[0] & 0x0F}
	switch {
	case head[0]&0x70 != 0:
		return f, violation("reserved bits are set")
	case head[1]&0x80 == 0:
		return f, violation("a client has to mask its frames")
	case f.op > opBinary && f.op < opClose, f.op > opPong:
		return f, violation("unknown opcode")
	}
	length, err := readLength(r, head[1]&0x7F)
	if err != nil {
		return f, err
	}
	if f.op >= opClose && (length > maxControl || !f.final) {
		return f, violation("a control frame is too long or in fragments")
	}
	if length > uint64(most) {
		return f, &closeError{closeTooBig, "the message is too big"}
	}
	var mask [4]byte
	if _, err := io.ReadFull(r, mask[:]); err != nil {
		return f, err
	}
	f.payload = make([]byte, length)
	if _, err := io.ReadFull(r, f.payload); err != nil {
		return f, err
	}
	for i := range f.payload {
		f.payload[i] ^= mask[i&3]
	}
	return f, nil
}

// readLength reads what follows the seven bits of a payload's length.
func readLength(r *bufio.Reader, short byte) (uint64, error) {
	var b [8]byte
	switch short {
	case 126:
		if _, err := io.ReadFull(r, b[:2]); err != nil {
			return 0, err
		}
		n := uint64(binary.BigEndian.Uint16(b[:2]))
		if n < 126 {
			return 0, violation("the length could be shorter")
		}
		return n, nil
	case 127:
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return 0, err
		}
		n := binary.BigEndian.Uint64(b[:])
		if n>>63 != 0 || n <= 0xFFFF {
			return 0, violation("the length could be shorter, or is too long")
		}
		return n, nil
	}
	return uint64(short), nil
}

// appendFrame appends an unmasked, final frame, as servers send.
func appendFrame(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n <= 0xFFFF:
		dst = append(dst, 126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	default:
		dst = append(dst, 127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	return append(dst, payload...)
}

// closePayload is the payload of a close frame.
func closePayload(code int, reason string) []byte {
	if code == closeNoStatus {
		return nil
	}
	b := binary.BigEndian.AppendUint16(nil, uint16(code))
	return append(b, reason[:min(len(reason), maxControl-2)]...)
}

// parseClose returns the code of a client's close frame.
func parseClose(payload []byte) (int, error) {
	switch {
	case len(payload) == 0:
		return closeNoStatus, nil
	case len(payload) == 1:
		return 0, violation("half a close code")
	case !utf8.Valid(payload[2:]):
		return 0, &closeError{closeBadText, "the reason is not UTF-8"}
	}
	code := int(binary.BigEndian.Uint16(payload))
	ok := code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
	if !ok {
		return 0, violation("no such close code")
	}
	return code, nil
}

// A messageReader puts fragments together.
type messageReader struct {
	r       *bufio.Reader
	control func(frame) error // sees control frames, also between fragments; its errors end next
}

// next returns the next whole message and its opcode, text or binary.
func (m *messageReader) next() (op byte, message []byte, err error) {
	started := false
	for {
		f, err := readFrame(m.r, maxMessage-len(message))
		if err != nil {
			return 0, nil, err
		}
		if f.op >= opClose {
			if err := m.control(f); err != nil {
				return 0, nil, err
			}
			continue
		}
		if started != (f.op == opContinue) {
			return 0, nil, violation("a fragment is out of place")
		}
		if !started {
			started, op, message = true, f.op, f.payload
		} else {
			message = append(message, f.payload...)
		}
		if !f.final {
			continue
		}
		if op == opText && !utf8.Valid(message) {
			return 0, nil, &closeError{closeBadText, "the text is not UTF-8"}
		}
		return op, message, nil
	}
}
