package websocket

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"throng/dsl/plan"
)

// heard is a receiver that writes down what it hears.
type heard struct {
	list  []string
	wires []int
}

func (h *heard) message(data []byte, binary bool, wire int) {
	kind := "text "
	if binary {
		kind = "binary "
	}
	h.list, h.wires = append(h.list, kind+string(data)), append(h.wires, wire)
}
func (h *heard) ping(payload []byte) { h.list = append(h.list, "ping "+string(payload)) }
func (h *heard) pong(payload []byte) {}

// cut feeds p in pieces of n bytes; 0 for all at once.
func cut(in *inbound, p []byte, n int) *violation {
	if n == 0 {
		return in.add(p)
	}
	for piece := range slices.Chunk(p, n) {
		if err := in.add(piece); err != nil {
			return err
		}
	}
	return nil
}

func short(list []string) string {
	s := fmt.Sprintf("%q", list)
	return s[:min(len(s), 300)]
}

func TestCases(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cases() {
		if seen[c.name] {
			t.Errorf("two cases are called %q", c.name)
		}
		seen[c.name] = true
		sizes := []int{0, 1, 2, 3, 5, 8, 997}
		if c.big {
			sizes = []int{0, 997, 16 << 10}
		}
		for _, n := range sizes {
			h := &heard{}
			in := &inbound{to: h, max: c.max}
			if in.max == 0 {
				in.max = defaultMaxMessage
			}
			if c.deflate {
				in.deflate = &deflate{}
			}
			err := cut(in, c.send, n)
			if !slices.Equal(h.list, c.want) {
				t.Errorf("%s in pieces of %d: heard %s, want %s", c.name, n, short(h.list), short(c.want))
			}
			code := 0
			if err != nil {
				code = err.code
				if class := map[int]plan.ErrorClass{1002: plan.FailProtocol, 1007: plan.FailProtocol, 1009: plan.FailTooLarge}[code]; class != err.class {
					t.Errorf("%s: code %d has class %v", c.name, code, err.class)
				}
			}
			if code != c.end || in.code != c.code || in.reason != c.reason {
				t.Errorf("%s in pieces of %d: closes with %d, was closed with %d %q (%v); want %d, %d %q",
					c.name, n, code, in.code, in.reason, err, c.end, c.code, c.reason)
			}
		}
	}
	if len(seen) < 500 {
		t.Errorf("%d cases only", len(seen))
	}
}

// TestTextAgrees holds the table against the standard library's judgement, and
// ours against it at every way to cut a text in two.
func TestTextAgrees(t *testing.T) {
	for _, c := range texts {
		if utf8.ValidString(c.s) != c.ok {
			t.Errorf("%s: the table says %v of %q", c.name, c.ok, c.s)
		}
		for i := range len(c.s) + 1 {
			var v text
			ok := v.add([]byte(c.s[:i])) && v.add([]byte(c.s[i:])) && v.whole()
			if ok != c.ok {
				t.Errorf("%s cut at %d: %v", c.name, i, ok)
			}
		}
	}
}

// TestTextFailsFast finds the first byte after which nothing can help.
func TestTextFailsFast(t *testing.T) {
	for s, at := range map[string]int{
		"a\xed\xa0\x80": 2, "a\xf4\x90\x80\x80": 2, "\xc0\xaf": 0, "\xe0\x80": 1, "ab\xff": 2, "\xf0\x8f": 1, "\xc3(": 1,
	} {
		var v text
		for i := range len(s) {
			ok := v.add([]byte(s[i : i+1]))
			if ok != (i < at) {
				t.Errorf("%q: byte %d gives %v, want the failure at byte %d", s, i, ok, at)
			}
			if !ok {
				break
			}
		}
	}
}

func TestWireCountsFrames(t *testing.T) {
	h := &heard{}
	in := &inbound{to: h, max: 1 << 20}
	sent := cat(str(opText, "ab"), str(rawPing, "not counted"), raw(rawMore, make([]byte, 200)), str(rawText, ""))
	if err := in.add(sent); err != nil {
		t.Fatal(err)
	}
	if want := []int{2 + 2 + 4 + 200, 2}; !slices.Equal(h.wires, want) {
		t.Errorf("wire %v, want %v", h.wires, want)
	}
}

// TestIdleInboundHoldsNothing: between messages there is no buffer.
func TestIdleInboundHoldsNothing(t *testing.T) {
	in := &inbound{to: &heard{}, max: 1 << 20, deflate: &deflate{}}
	for _, p := range [][]byte{pieces(opText, make([]byte, 100_000), 999), str(rawPing, "x"), raw(rawText|rsv1Bit, packed(make([]byte, 1000), 1))} {
		if err := in.add(p); err != nil {
			t.Fatal(err)
		}
		if in.data != nil || in.control != nil || in.middle() {
			t.Errorf("after a whole frame: data %d, control %d bytes", cap(in.data), cap(in.control))
		}
	}
}

func TestMask(t *testing.T) {
	for n := range 70 {
		src := bytes.Repeat([]byte{0xA5, 0x5A, 0, 0xFF, 7}, 14)[:n]
		got := make([]byte, n)
		xor(got, src, 0x44332211)
		for i := range got {
			if got[i] != src[i]^byte(0x11*(1+i%4)) {
				t.Fatalf("length %d: byte %d is %#x", n, i, got[i])
			}
		}
	}
}

func TestCloseWordsAreCutAtCharacters(t *testing.T) {
	long := strings.Repeat("a", maxCloseWords-1) + "é"
	p := appendClose(nil, 1000, long)
	if code, reason, err := parseClose(p); err != nil || code != 1000 || reason != long[:maxCloseWords-1] {
		t.Errorf("%d %q %v", code, reason, err)
	}
	if p := appendClose(nil, closeNoCode, "x"); p != nil {
		t.Errorf("a close frame without a code has payload %q", p)
	}
}

// FuzzInbound holds the parser against itself: however the bytes are cut, it
// hears the same and stops at the same breach. What it hears is within its
// bounds.
func FuzzInbound(f *testing.F) {
	for _, c := range cases() {
		if !c.big {
			f.Add(c.send, 3)
		}
	}
	f.Fuzz(func(t *testing.T, p []byte, n int) {
		const limit = 1 << 12
		whole, parts := &heard{}, &heard{}
		a := &inbound{to: whole, max: limit, deflate: &deflate{}}
		b := &inbound{to: parts, max: limit, deflate: &deflate{}}
		errA, errB := cut(a, p, 0), cut(b, p, 1+max(0, n%64))
		if (errA == nil) != (errB == nil) || errA != nil && errA.code != errB.code {
			t.Fatalf("%v, but in pieces %v", errA, errB)
		}
		if !slices.Equal(whole.list, parts.list) || a.code != b.code || a.reason != b.reason {
			t.Fatalf("%q, but in pieces %q", whole.list, parts.list)
		}
		for _, m := range whole.list {
			if len(m) > limit+len("binary ") {
				t.Fatalf("a message of %d bytes", len(m))
			}
			if s, ok := strings.CutPrefix(m, "text "); ok && !utf8.ValidString(s) {
				t.Fatalf("a text that is none: %q", s)
			}
		}
	})
}
