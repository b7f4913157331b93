package websocket

import (
	"encoding/binary"
	"math/rand/v2"
	"unicode/utf8"
)

// The opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// Bits of a frame's first two bytes.
const (
	finBit  = 0x80
	rsv1Bit = 0x40 // the first frame of a compressed message
	rsvBits = 0x70
	maskBit = 0x80
)

// Close codes of RFC 6455, section 7.4.1.
const (
	closeNormal   = 1000
	closeProtocol = 1002
	closeNoCode   = 1005 // stands for a close frame without a code; never sent
	closeAbnormal = 1006 // stands for an end without a close frame; never sent
	closeBadData  = 1007
	closeTooBig   = 1009
)

const (
	maxControl    = 125               // bytes of a control frame's payload
	maxFrameHead  = 14                // of ours: 2, the longest length, the mask
	controlFrame  = 6 + maxControl    // bytes of the largest control frame of ours
	maxCloseWords = maxControl - 2    // bytes of a close frame's reason
	pingPayload   = 8                 // a ping of ours carries its number
	maxLength     = uint64(1)<<63 - 1 // of a frame
)

// appendHead appends the header of a frame of ours: first is the opcode with
// its flags, n the payload's length, key its mask.
func appendHead(b []byte, first byte, n int, key uint32) []byte {
	switch {
	case n <= maxControl:
		b = append(b, first, maskBit|byte(n))
	case n <= 0xFFFF:
		b = append(b, first, maskBit|126)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b = append(b, first, maskBit|127)
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return binary.LittleEndian.AppendUint32(b, key)
}

// appendControl appends a whole control frame; payload is at most maxControl
// bytes.
func appendControl(b []byte, op byte, payload []byte) []byte {
	key := newKey()
	b = appendHead(b, finBit|op, len(payload), key)
	from := len(b)
	b = append(b, payload...)
	xor(b[from:], b[from:], key)
	return b
}

// newKey is a mask no peer can foresee: the generator behind it is ChaCha8,
// seeded by the system.
func newKey() uint32 { return rand.Uint32() }

// xor writes src, masked or unmasked by key, to dst, which may be src. The
// first byte of src has to be one whose index in its frame is a multiple of
// four.
func xor(dst, src []byte, key uint32) {
	wide := uint64(key)<<32 | uint64(key)
	for len(src) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^wide)
		dst, src = dst[8:], src[8:]
	}
	for i := range src {
		dst[i] = src[i] ^ byte(wide>>(8*i))
	}
}

// appendClose appends the payload of a close frame: none without a code. A
// reason that is too long loses its end.
func appendClose(b []byte, code int, reason string) []byte {
	if code == 0 || code == closeNoCode {
		return b
	}
	b = binary.BigEndian.AppendUint16(b, uint16(code))
	if len(reason) > maxCloseWords {
		n := maxCloseWords
		for n > 0 && !utf8.RuneStart(reason[n]) {
			n--
		}
		reason = reason[:n]
	}
	return append(b, reason...)
}

// parseClose reads the payload of a close frame.
func parseClose(payload []byte) (code int, reason string, err *violation) {
	switch {
	case len(payload) == 0:
		return closeNoCode, "", nil
	case len(payload) == 1:
		return 0, "", breach("a close frame with half a code")
	}
	code = int(binary.BigEndian.Uint16(payload))
	if !validClose(code) {
		return 0, "", breach("a close frame with a code that must not be sent")
	}
	if !utf8.Valid(payload[2:]) {
		return 0, "", badData("a close frame whose reason is not UTF-8")
	}
	return code, string(payload[2:]), nil
}

// validClose reports whether a close frame may carry the code: those of RFC
// 6455 and of IANA's registry since, and those left to libraries and
// applications.
func validClose(code int) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
		return true
	}
	return false
}
