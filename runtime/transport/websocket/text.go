package websocket

import "unicode/utf8"

// text checks UTF-8 that comes in pieces, and finds what can never become
// UTF-8 at its first wrong byte.
type text struct {
	part [utf8.UTFMax]byte // of a character that is not whole yet
	n    uint8
}

// add reports whether what has come so far may be the beginning of UTF-8.
func (t *text) add(p []byte) bool {
	for t.n > 0 && len(p) > 0 {
		t.part[t.n] = p[0]
		t.n++
		p = p[1:]
		if !utf8.FullRune(t.part[:t.n]) {
			continue
		}
		if _, size := utf8.DecodeRune(t.part[:t.n]); size < int(t.n) {
			return false
		}
		t.n = 0
	}
	end := len(p)
	for i := len(p) - 1; i >= 0 && i > len(p)-utf8.UTFMax; i-- {
		if utf8.RuneStart(p[i]) {
			if !utf8.FullRune(p[i:]) {
				end = i
			}
			break
		}
	}
	if !utf8.Valid(p[:end]) {
		return false
	}
	if end < len(p) {
		t.n = uint8(copy(t.part[:], p[end:]))
	}
	return true
}

// whole reports whether no character is left half.
func (t *text) whole() bool { return t.n == 0 }
