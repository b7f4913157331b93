package websocket

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"strings"
)

// testCase is what a server sends, and what has to come of it.
type testCase struct {
	name    string
	send    []byte
	deflate bool
	max     int64
	want    []string // "text …", "binary …" and "ping …", in order
	end     int      // the code we close with because of a breach; 0: none
	code    int      // the code of the server's close frame, which ends it; 0: it sends none
	reason  string
	big     bool // too large to be tried with every way of cutting it
}

// raw is a server's frame: unmasked, of the shortest length form.
func raw(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n <= 0xFFFF:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

const (
	rawText   = finBit | opText
	rawBinary = finBit | opBinary
	rawPing   = finBit | opPing
	rawPong   = finBit | opPong
	rawClose  = finBit | opClose
	rawMore   = finBit | opContinuation
)

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func str(first byte, payload string) []byte { return raw(first, []byte(payload)) }

func closing(code int, reason string) []byte {
	return raw(rawClose, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}

// pieces is a message cut into frames of n bytes.
func pieces(op byte, payload []byte, n int) []byte {
	var b []byte
	for first := op; ; first = opContinuation {
		piece := payload[:min(n, len(payload))]
		if payload = payload[len(piece):]; len(payload) == 0 {
			return append(b, raw(finBit|first, piece)...)
		}
		b = append(b, raw(first, piece)...)
	}
}

// packed is a payload compressed by the standard library's own flush.
func packed(payload []byte, level int) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, level)
	_, _ = w.Write(payload)
	_ = w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte("\x00\x00\xff\xff"))
}

// cases follow the numbering of the Autobahn test suite for clients.
func cases() (all []testCase) {
	for _, group := range []func() []testCase{
		casesFraming, casesPing, casesReserved, casesOpcode, casesFragments, casesText, casesClose, casesLarge, casesDeflate,
	} {
		all = append(all, group()...)
	}
	return all
}

func casesFraming() (all []testCase) {
	for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536} {
		payload := strings.Repeat("*", n)
		all = append(all,
			testCase{name: fmt.Sprintf("1.1.%d", i+1), send: str(rawText, payload), want: []string{"text " + payload}, big: n > 1000},
			testCase{name: fmt.Sprintf("1.2.%d", i+1), send: str(rawBinary, payload), want: []string{"binary " + payload}, big: n > 1000})
	}
	return append(all,
		testCase{name: "length 125 in two bytes", send: cat([]byte{rawText, 126, 0, 125}, make([]byte, 125)), end: closeProtocol},
		testCase{name: "length 65535 in eight bytes", send: []byte{rawText, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, end: closeProtocol},
		testCase{name: "length with its highest bit", send: []byte{rawText, 127, 0x80, 0, 0, 0, 0, 1, 0, 0}, end: closeProtocol},
		testCase{name: "masked", send: []byte{rawText, maskBit | 1, 0, 0, 0, 0, 'a'}, end: closeProtocol},
		testCase{name: "1 GiB frame", send: []byte{rawBinary, 127, 0, 0, 0, 0, 0x40, 0, 0, 0}, end: closeTooBig},
		testCase{name: "one byte too much", max: 10, send: str(rawText, strings.Repeat("a", 11)), end: closeTooBig},
		testCase{name: "as much as may be", max: 10, send: str(rawText, strings.Repeat("a", 10)), want: []string{"text aaaaaaaaaa"}},
		testCase{name: "too much in fragments", max: 10, send: pieces(opBinary, make([]byte, 11), 5), end: closeTooBig},
		testCase{name: "endless empty fragments", max: 10, send: cat(raw(opText, nil), bytes.Repeat(raw(opContinuation, nil), 600_000)), end: closeTooBig, big: true},
	)
}

func casesPing() []testCase {
	full := strings.Repeat("\xfe", maxControl)
	var ten []byte
	var tenth []string
	for i := range 10 {
		ten = append(ten, str(rawPing, fmt.Sprint("p", i))...)
		tenth = append(tenth, fmt.Sprint("ping p", i))
	}
	return []testCase{
		{name: "2.1", send: str(rawPing, ""), want: []string{"ping "}},
		{name: "2.2", send: str(rawPing, "Hello"), want: []string{"ping Hello"}},
		{name: "2.3", send: str(rawPing, "\x00\xff\xfe\xfd"), want: []string{"ping \x00\xff\xfe\xfd"}},
		{name: "2.4, 2.6", send: str(rawPing, full), want: []string{"ping " + full}},
		{name: "2.5", send: str(rawPing, full+"x"), end: closeProtocol},
		{name: "2.7", send: str(rawPong, "")},
		{name: "2.8", send: str(rawPong, "unasked")},
		{name: "2.9", send: cat(str(rawPong, "unasked"), str(rawPing, "p")), want: []string{"ping p"}},
		{name: "2.10, 2.11", send: ten, want: tenth},
	}
}

func casesReserved() []testCase {
	hello := str(rawText, "a")
	var all []testCase
	for rsv := byte(1); rsv < 8; rsv++ {
		for _, first := range []byte{rawText, rawBinary, rawPing, rawPong, rawClose, opText} {
			all = append(all, testCase{
				name: fmt.Sprintf("3.%d opcode %#x", rsv, first), send: cat(hello, str(first|rsv<<4, "b"), str(rawPing, "")),
				want: []string{"text a"}, end: closeProtocol,
			})
		}
		if rsv != 4 {
			all = append(all, testCase{name: fmt.Sprintf("3.%d with deflate", rsv), deflate: true, send: str(rawText|rsv<<4, "b"), end: closeProtocol})
		}
	}
	return append(all,
		testCase{name: "compressed continuation", deflate: true, send: cat(str(opText, "a"), str(rawMore|rsv1Bit, "b")), end: closeProtocol},
		testCase{name: "compressed ping", deflate: true, send: str(rawPing|rsv1Bit, "b"), end: closeProtocol})
}

func casesOpcode() (all []testCase) {
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		all = append(all,
			testCase{name: fmt.Sprintf("4 opcode %d", op), send: cat(str(rawText, "a"), str(finBit|op, ""), str(rawPing, "")), want: []string{"text a"}, end: closeProtocol},
			testCase{name: fmt.Sprintf("4 opcode %d with payload", op), send: str(finBit|op, "x"), end: closeProtocol})
	}
	return all
}

func casesFragments() []testCase {
	a, b := str(opText, "fragment1"), str(rawMore, "fragment2")
	ping := str(rawPing, "ping payload")
	return []testCase{
		{name: "5.1", send: cat(str(opPing, "a"), str(rawMore, "b")), end: closeProtocol},
		{name: "5.2", send: cat(str(opPong, "a"), str(rawMore, "b")), end: closeProtocol},
		{name: "5.3-5.5", send: cat(a, b), want: []string{"text fragment1fragment2"}},
		{name: "5.6-5.8", send: cat(a, ping, b), want: []string{"ping ping payload", "text fragment1fragment2"}},
		{name: "5.9-5.11", send: cat(str(rawMore, "non-continuation"), str(rawText, "a")), end: closeProtocol},
		{name: "5.12-5.14", send: cat(str(opContinuation, "non-continuation"), str(rawText, "a")), end: closeProtocol},
		{name: "5.15", send: cat(a, b, str(opContinuation, "x"), str(rawText, "a")), want: []string{"text fragment1fragment2"}, end: closeProtocol},
		{name: "5.16", send: cat(str(opContinuation, "fragment1"), str(opText, "x"), str(rawMore, "y")), end: closeProtocol},
		{name: "5.17", send: cat(str(rawMore, "fragment1"), str(opText, "x"), str(rawMore, "y")), end: closeProtocol},
		{name: "5.18", send: cat(a, str(rawText, "fragment2")), end: closeProtocol},
		{name: "5.18 binary", send: cat(a, str(opBinary, "fragment2")), end: closeProtocol},
		{
			name: "5.19, 5.20", send: cat(str(opText, "f1"), str(opContinuation, "f2"), str(rawPing, "p1"), str(opContinuation, "f3"),
				str(opContinuation, "f4"), str(rawPing, "p2"), str(rawMore, "f5")),
			want: []string{"ping p1", "ping p2", "text f1f2f3f4f5"},
		},
		{name: "10.1.1", send: pieces(opText, bytes.Repeat([]byte("*"), 65536), 1300), want: []string{"text " + strings.Repeat("*", 65536)}, big: true},
	}
}

// texts are the sequences of Autobahn's group 6, which are mostly those of
// Markus Kuhn's stress test for UTF-8 decoders.
var texts = []struct {
	name string
	s    string
	ok   bool
}{
	{"6.2 valid", "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!", true},
	{"6.2.4", "\u03ba\u1f79\u03c3\u03bc\u03b5", true},
	{"6.3", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", false},
	{"6.4", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited", false},
	{"6.5.1", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", true},
	{"6.6.1", "\xce", false},
	{"6.6.2", "\xce\xba", true},
	{"6.6.3", "\xce\xba\xe1", false},
	{"6.6.4", "\xce\xba\xe1\xbd", false},
	{"6.6.5", "\xce\xba\xe1\xbd\xb9", true},
	{"6.6.6", "\xce\xba\xe1\xbd\xb9\xcf", false},
	{"6.6.7", "\xce\xba\xe1\xbd\xb9\xcf\x83", true},
	{"6.6.8", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce", false},
	{"6.6.9", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc", true},
	{"6.6.10", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce", false},
	{"6.6.11", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", true},
	{"6.7.1", "\x00", true},
	{"6.7.2", "\xc2\x80", true},
	{"6.7.3", "\xe0\xa0\x80", true},
	{"6.7.4", "\xf0\x90\x80\x80", true},
	{"6.8.1", "\xf8\x88\x80\x80\x80", false},
	{"6.8.2", "\xfc\x84\x80\x80\x80\x80", false},
	{"6.9.1", "\x7f", true},
	{"6.9.2", "\xdf\xbf", true},
	{"6.9.3", "\xef\xbf\xbf", true},
	{"6.9.4", "\xf4\x8f\xbf\xbf", true},
	{"6.10.1", "\xf7\xbf\xbf\xbf", false},
	{"6.10.2", "\xfb\xbf\xbf\xbf\xbf", false},
	{"6.10.3", "\xfd\xbf\xbf\xbf\xbf\xbf", false},
	{"6.11.1", "\xed\x9f\xbf", true},
	{"6.11.2", "\xee\x80\x80", true},
	{"6.11.3", "\xef\xbf\xbd", true},
	{"6.11.4", "\xf4\x8f\xbf\xbf", true},
	{"6.11.5", "\xf4\x90\x80\x80", false},
	{"6.12.1", "\x80", false},
	{"6.12.2", "\xbf", false},
	{"6.12.3", "\x80\xbf", false},
	{"6.12.4", "\x80\xbf\x80", false},
	{"6.12.5", "\x80\xbf\x80\xbf", false},
	{"6.12.6", "\x80\xbf\x80\xbf\x80", false},
	{"6.12.7", "\x80\xbf\x80\xbf\x80\xbf", false},
	{"6.13.1", "\xc0 \xc1 \xc2 \xc3 \xdf ", false},
	{"6.13.2", "\xe0 \xe1 \xef ", false},
	{"6.13.3", "\xf0 \xf1 \xf7 ", false},
	{"6.13.4", "\xf8 \xf9 \xfb ", false},
	{"6.13.5", "\xfc \xfd ", false},
	{"6.13 one", "\xc2 ", false},
	{"6.14.1", "\xc0", false},
	{"6.14.2", "\xe0\x80", false},
	{"6.14.3", "\xf0\x80\x80", false},
	{"6.14.4", "\xf8\x80\x80\x80", false},
	{"6.14.5", "\xfc\x80\x80\x80\x80", false},
	{"6.14.6", "\xdf", false},
	{"6.14.7", "\xef\xbf", false},
	{"6.14.8", "\xf7\xbf\xbf", false},
	{"6.14.9", "\xfb\xbf\xbf\xbf", false},
	{"6.14.10", "\xfd\xbf\xbf\xbf\xbf", false},
	{"6.15", "\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf\xfb\xbf\xbf\xbf\xfd\xbf\xbf\xbf\xbf", false},
	{"6.16.1", "\xfe", false},
	{"6.16.2", "\xff", false},
	{"6.16.3", "\xfe\xfe\xff\xff", false},
	{"6.17.1", "\xc0\xaf", false},
	{"6.17.2", "\xe0\x80\xaf", false},
	{"6.17.3", "\xf0\x80\x80\xaf", false},
	{"6.17.4", "\xf8\x80\x80\x80\xaf", false},
	{"6.17.5", "\xfc\x80\x80\x80\x80\xaf", false},
	{"6.18.1", "\xc1\xbf", false},
	{"6.18.2", "\xe0\x9f\xbf", false},
	{"6.18.3", "\xf0\x8f\xbf\xbf", false},
	{"6.18.4", "\xf8\x87\xbf\xbf\xbf", false},
	{"6.18.5", "\xfc\x83\xbf\xbf\xbf\xbf", false},
	{"6.19.1", "\xc0\x80", false},
	{"6.19.2", "\xe0\x80\x80", false},
	{"6.19.3", "\xf0\x80\x80\x80", false},
	{"6.19.4", "\xf8\x80\x80\x80\x80", false},
	{"6.19.5", "\xfc\x80\x80\x80\x80\x80", false},
	{"6.20.1", "\xed\xa0\x80", false},
	{"6.20.2", "\xed\xad\xbf", false},
	{"6.20.3", "\xed\xae\x80", false},
	{"6.20.4", "\xed\xaf\xbf", false},
	{"6.20.5", "\xed\xb0\x80", false},
	{"6.20.6", "\xed\xbe\x80", false},
	{"6.20.7", "\xed\xbf\xbf", false},
	{"6.21.1", "\xed\xa0\x80\xed\xb0\x80", false},
	{"6.21.2", "\xed\xa0\x80\xed\xbf\xbf", false},
	{"6.21.3", "\xed\xad\xbf\xed\xb0\x80", false},
	{"6.21.4", "\xed\xad\xbf\xed\xbf\xbf", false},
	{"6.21.5", "\xed\xae\x80\xed\xb0\x80", false},
	{"6.21.6", "\xed\xae\x80\xed\xbf\xbf", false},
	{"6.21.7", "\xed\xaf\xbf\xed\xb0\x80", false},
	{"6.21.8", "\xed\xaf\xbf\xed\xbf\xbf", false},
	{"6.22.1", "\xef\xbf\xbe", true},
	{"6.22.2", "\xef\xbf\xbf", true},
	{"6.22.3", "\xf0\x9f\xbf\xbe\xf0\x9f\xbf\xbf\xf0\xaf\xbf\xbe\xf0\xaf\xbf\xbf", true},
	{"6.22.4", "\xf0\xbf\xbf\xbe\xf0\xbf\xbf\xbf\xf1\x8f\xbf\xbe\xf1\x8f\xbf\xbf", true},
	{"6.22.5", "\xf4\x8f\xbf\xbe\xf4\x8f\xbf\xbf", true},
	{"6.23.1", "\xef\xbf\xb9\xef\xbf\xba\xef\xbf\xbb\xef\xbf\xbc", true},
	{"6.23.2", "\xef\xbf\xbd", true},
	{"6.23.3", "\xe2\x82\xac\xf0\x9f\x98\x80 and more than eight bytes", true},
}

func casesText() []testCase {
	all := []testCase{
		{name: "6.1.1", send: str(rawText, ""), want: []string{"text "}},
		{name: "6.1.2", send: cat(str(opText, ""), str(opContinuation, ""), str(rawMore, "")), want: []string{"text "}},
		{name: "6.1.3", send: cat(str(opText, ""), str(opContinuation, "middle"), str(rawMore, "")), want: []string{"text middle"}},
	}
	for _, t := range texts {
		for _, form := range []struct {
			name string
			send []byte
		}{
			{"whole", str(rawText, t.s)},
			{"an octet a frame", pieces(opText, []byte(t.s), 1)},
			{"compressed", raw(rawText|rsv1Bit, packed([]byte(t.s), 6))},
		} {
			c := testCase{name: t.name + " " + form.name, send: form.send, deflate: true}
			if t.ok {
				c.want = []string{"text " + t.s}
			} else {
				c.end = closeBadData
			}
			all = append(all, c)
		}
		all = append(all, testCase{name: t.name + " binary", send: str(rawBinary, t.s), want: []string{"binary " + t.s}})
	}
	// 6.4: what can never become UTF-8 is found though more is announced.
	return append(all,
		testCase{name: "6.4.1", send: cat(str(opText, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"), str(opContinuation, "\xf4\x90\x80\x80")), end: closeBadData},
		testCase{name: "6.4.2", send: cat(str(opText, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4"), str(opContinuation, "\x90")), end: closeBadData},
		testCase{name: "6.4.3", send: cat([]byte{rawText, 100}, []byte("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90")), end: closeBadData},
		testCase{name: "6.4.4", send: cat([]byte{rawText, 100}, []byte("\xed\xa0")), end: closeBadData})
}

func casesClose() []testCase {
	hello := str(rawText, "Hello World!")
	got := []string{"text Hello World!"}
	long := strings.Repeat("*", maxCloseWords)
	all := []testCase{
		{name: "7.1.1", send: cat(hello, closing(1000, "")), want: got, code: 1000},
		{name: "7.1.2", send: cat(closing(1000, ""), closing(1000, "")), code: 1000},
		{name: "7.1.3", send: cat(closing(1000, ""), str(rawPing, "late")), code: 1000},
		{name: "7.1.4", send: cat(closing(1000, ""), hello), code: 1000},
		{name: "7.1.5", send: cat(str(opText, "fragment1"), closing(1000, ""), str(rawMore, "fragment2")), code: 1000},
		{name: "7.1.6", send: cat(str(rawText, strings.Repeat("B", 256<<10)), closing(1000, ""), str(rawPing, "")), want: []string{"text " + strings.Repeat("B", 256<<10)}, code: 1000, big: true},
		{name: "7.3.1", send: raw(rawClose, nil), code: closeNoCode},
		{name: "7.3.2", send: raw(rawClose, []byte("a")), end: closeProtocol},
		{name: "7.3.3", send: closing(1000, ""), code: 1000},
		{name: "7.3.4", send: closing(1000, "Hello World!"), code: 1000, reason: "Hello World!"},
		{name: "7.3.5", send: closing(1000, long), code: 1000, reason: long},
		{name: "7.3.6", send: closing(1000, long+"x"), end: closeProtocol},
		{name: "7.5.1", send: closing(1000, "\xce\xba\xed\xa0\x80"), end: closeBadData},
		{name: "close in fragments", send: str(opClose, "\x03\xe8"), end: closeProtocol},
	}
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		all = append(all, testCase{name: fmt.Sprint("7.7 code ", code), send: closing(code, ""), code: code})
	}
	for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		all = append(all,
			testCase{name: fmt.Sprint("7.9, 7.13 code ", code), send: closing(code, ""), end: closeProtocol},
			testCase{name: fmt.Sprint("7.9, 7.13 code ", code, " with reason"), send: closing(code, "reason"), end: closeProtocol})
	}
	return all
}

func casesLarge() (all []testCase) {
	const mib = 1 << 20
	whole := strings.Repeat("0123456789abcdef", 4*mib/16)
	for _, n := range []int{64 << 10, 256 << 10, mib, 4 * mib} {
		all = append(all,
			testCase{name: fmt.Sprint("9.1 ", n), max: 16 * mib, send: str(rawText, whole[:n]), want: []string{"text " + whole[:n]}, big: true},
			testCase{name: fmt.Sprint("9.2 ", n), max: 16 * mib, send: str(rawBinary, whole[:n]), want: []string{"binary " + whole[:n]}, big: true})
	}
	for _, n := range []int{64, 1 << 10, 64 << 10, mib} {
		all = append(all,
			testCase{name: fmt.Sprint("9.3 ", n), max: 16 * mib, send: pieces(opText, []byte(whole), n), want: []string{"text " + whole}, big: true},
			testCase{name: fmt.Sprint("9.4 ", n), max: 16 * mib, send: pieces(opBinary, []byte(whole), n), want: []string{"binary " + whole}, big: true})
	}
	return all
}

func casesDeflate() (all []testCase) {
	words := strings.Repeat("Sed ut perspiciatis unde omnis iste natus error. ", 3000)
	for _, n := range []int{0, 16, 64, 256, 1 << 10, 4 << 10, 64 << 10, 128 << 10} {
		for _, level := range []int{flate.NoCompression, flate.BestSpeed, flate.BestCompression, flate.HuffmanOnly} {
			p := packed([]byte(words[:n]), level)
			all = append(all, testCase{
				name: fmt.Sprintf("12 %d level %d", n, level), deflate: true, send: raw(rawText|rsv1Bit, p), want: []string{"text " + words[:n]}, big: len(p) > 1000,
			})
			if len(p) > 0 {
				all = append(all, testCase{
					name: fmt.Sprintf("13 fragments %d level %d", n, level), deflate: true,
					send: pieces(opBinary|rsv1Bit, p, 1+len(p)/5), want: []string{"binary " + words[:n]}, big: len(p) > 1000,
				})
			}
		}
	}
	var final bytes.Buffer // a last block, then the empty one of RFC 7692, section 7.2.3.4
	w, _ := flate.NewWriter(&final, 6)
	_, _ = w.Write([]byte("Hello"))
	_ = w.Close()
	one := bytes.Clone(final.Bytes())
	bomb := packed(make([]byte, 4<<20), 9)
	return append(all,
		testCase{name: "RFC 7692 7.2.3.1", deflate: true, send: []byte{0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}, want: []string{"text Hello"}},
		testCase{name: "RFC 7692 7.2.3.1 fragments", deflate: true, send: []byte{0x41, 0x03, 0xf2, 0x48, 0xcd, 0x80, 0x04, 0xc9, 0xc9, 0x07, 0x00}, want: []string{"text Hello"}},
		testCase{name: "RFC 7692 7.2.3.3 stored", deflate: true, send: []byte{0xc1, 0x0b, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00}, want: []string{"text Hello"}},
		testCase{name: "RFC 7692 7.2.3.4 final", deflate: true, send: []byte{0xc1, 0x08, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}, want: []string{"text Hello"}},
		testCase{name: "RFC 7692 7.2.3.5 two blocks", deflate: true, send: []byte{0xc1, 0x0d, 0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00}, want: []string{"text Hello"}},
		testCase{name: "two final blocks", deflate: true, send: raw(rawText|rsv1Bit, cat(one, one, []byte{0})), want: []string{"text HelloHello"}},
		testCase{name: "too many final blocks", deflate: true, send: raw(rawText|rsv1Bit, bytes.Repeat([]byte{3, 0}, 2000)), end: closeBadData, big: true},
		testCase{name: "uncompressed though it may be", deflate: true, send: str(rawText, "plain"), want: []string{"text plain"}},
		testCase{name: "compressed though it must not be", send: raw(rawText|rsv1Bit, packed([]byte("x"), 6)), end: closeProtocol},
		testCase{name: "not deflate", deflate: true, send: str(rawText|rsv1Bit, "\xff\xff\xff\xff"), end: closeBadData},
		testCase{name: "window of the message before", deflate: true, send: str(rawText|rsv1Bit, "\xf2\x00\x11\x00\x00"), end: closeBadData},
		testCase{name: "bomb", deflate: true, max: 1 << 20, send: raw(rawBinary|rsv1Bit, bomb), end: closeTooBig, big: true})
}
