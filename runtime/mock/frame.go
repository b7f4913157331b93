package mock

import (
	"encoding/binary"
	"io"
	"time"
	"unicode/utf8"
)

// Kinds of frames, of RFC 6455, section 5.2.
const (
	opMore   = 0x0
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	opPing   = 0x9
	opPong   = 0xA
)

// Codes a socket is closed with, of section 7.4.1.
const (
	protocolError = 1002
	noCode        = 1005 // stands for none, and is never sent
	notText       = 1007
	tooLarge      = 1009
	internalError = 1011
)

// Most bytes of what a client sends.
const (
	maxControl = 125
	maxMessage = 16 << 20
)

// read reads the next message or control frame. The code is what is wrong:
// Cut where the connection ended, else what to close it with.
func (k *socket) read() (op byte, data []byte, code int) {
	for {
		o, final, payload, code := k.frame(maxMessage - len(k.part))
		switch {
		case code != 0:
			return 0, nil, code
		case o >= opClose:
			return o, payload, 0 // it may stand between the parts of a message
		case (o == opMore) != (k.kind != 0):
			return 0, nil, protocolError
		case o != opMore:
			k.kind = o
		}
		if k.part = append(k.part, payload...); !final {
			continue
		}
		op, data = k.kind, k.part
		k.kind, k.part = 0, nil
		if op == opText && !utf8.Valid(data) {
			return 0, nil, notText
		}
		return op, data, 0
	}
}

// frame reads one frame, of at most so many bytes.
func (k *socket) frame(most int) (op byte, final bool, payload []byte, code int) {
	head := make([]byte, 14)
	if _, err := io.ReadFull(k.in, head[:2]); err != nil {
		return 0, false, nil, Cut
	}
	op, final = head[0]&0x0F, head[0]&0x80 != 0
	known := op <= opBinary || op >= opClose && op <= opPong
	n, more := uint64(head[1]&0x7F), 0
	switch {
	case head[0]&0x70 != 0 || !known || head[1]&0x80 == 0: // an extension, an unknown kind, no mask
		return 0, false, nil, protocolError
	case op >= opClose && (!final || n > maxControl):
		return 0, false, nil, protocolError
	case n == 126:
		more = 2
	case n == 127:
		more = 8
	}
	if _, err := io.ReadFull(k.in, head[2:2+more+4]); err != nil {
		return 0, false, nil, Cut
	}
	switch more {
	case 2:
		n = uint64(binary.BigEndian.Uint16(head[2:]))
	case 8:
		n = binary.BigEndian.Uint64(head[2:])
	}
	if op < opClose && n > uint64(most) {
		return 0, false, nil, tooLarge
	}
	mask := head[2+more : 2+more+4]
	payload = make([]byte, n)
	if _, err := io.ReadFull(k.in, payload); err != nil {
		return 0, false, nil, Cut
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return op, final, payload, 0
}

// write sends a frame; false where the socket is closed.
func (k *socket) write(op byte, data []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return false
	}
	k.closed = op == opClose
	b := append(make([]byte, 0, len(data)+10), 0x80|op)
	switch n := len(data); {
	case n <= maxControl:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	_ = k.conn.SetWriteDeadline(time.Now().Add(farewell))
	_, err := k.conn.Write(append(b, data...))
	return err == nil
}

// close sends a close frame, unless one was sent, and gives the client the
// time of a farewell for its own.
func (k *socket) close(code int) {
	var data []byte
	if code != noCode {
		data = binary.BigEndian.AppendUint16(nil, uint16(code))
	}
	k.write(opClose, data)
	_ = k.conn.SetReadDeadline(time.Now().Add(farewell))
}

// closeCode is the code of a client's close frame, to be sent back.
func closeCode(data []byte) int {
	if len(data) < 2 {
		return noCode
	}
	return int(binary.BigEndian.Uint16(data))
}
