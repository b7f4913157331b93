package stream

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// parsed are the events of a stream that comes in the given pieces, as
// "name|id|data".
func parsed(f Format, end bool, pieces ...string) ([]string, *Parser, error) {
	p := &Parser{}
	p.Reset(f)
	var got []string
	drain := func() error {
		for {
			e, ok, err := p.Next()
			if !ok || err != nil {
				return err
			}
			got = append(got, string(e.Name)+"|"+string(e.ID)+"|"+string(e.Data))
		}
	}
	for _, piece := range pieces {
		buf := []byte(piece)
		p.Feed(buf)
		if err := drain(); err != nil {
			return got, p, err
		}
		for i := range buf { // the piece is the caller's again
			buf[i] = 'X'
		}
	}
	if end {
		p.End()
	}
	return got, p, drain()
}

// The first five are the standard's own examples.
var sseCases = []struct {
	name, text string
	want       []string
}{
	{"stocks", "data: YHOO\ndata: +2\ndata: 10\n\n", []string{"message||YHOO\n+2\n10"}},
	{"four blocks", ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
		[]string{"message|1|first event", "message||second event"}},
	{"two of three", "data\n\ndata\ndata\n\ndata:", []string{"message||", "message||\n"}},
	{"the space is optional", "data:test\n\ndata: test\n\n", []string{"message||test", "message||test"}},
	{"named", "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n", []string{"add||73857293", "remove||2153"}},

	{"nothing", "", nil},
	{"an empty line", "\n\n\n", nil},
	{"carriage returns", "data: a\rdata: b\r\rdata: c\r\r", []string{"message||a\nb", "message||c"}},
	{"both", "data: a\r\ndata: b\r\n\r\n", []string{"message||a\nb"}},
	{"mixed", "data: a\r\n\rdata: b\n\r\n", []string{"message||a", "message||b"}},
	{"a byte order mark", "\uFEFFdata: a\n\n\uFEFFdata: b\n\n", []string{"message||a"}},
	{"a comment", ":data: no\n: \ndata: a\n:\n\n", []string{"message||a"}},
	{"a name without data", "event: x\n\ndata: a\n\n", []string{"message||a"}},
	{"an id stays", "id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\n", []string{"message|1|a", "message|1|b", "message|2|c"}},
	{"an id with NUL", "id: 1\nid: a\x00b\ndata: a\n\n", []string{"message|1|a"}},
	{"other fields", "Data: a\ndata : b\nfoo: c\nfoo\ndata: d\n\n", []string{"message||d"}},
	{"colons", "data: a: b\ndata::c\n\n", []string{"message||a: b\n:c"}},
	{"the last name counts", "event: a\nevent: b\nevent:\nevent:c\ndata: x\n\n", []string{"c||x"}},
	{"no end", "data: a\n\ndata: b\nid: 9\n", []string{"message||a"}},
	{"not UTF-8", "data: \xff\n\n", []string{"message||\xff"}},
}

func TestSSE(t *testing.T) {
	for _, c := range sseCases {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := parsed(SSE, true, c.text)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
			if ref := reference(c.text); !slices.Equal(ref, c.want) {
				t.Errorf("the reference reads %q", ref)
			}
			for i := range len(c.text) + 1 { // wherever it is torn
				got, _, err := parsed(SSE, true, c.text[:i], c.text[i:])
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("torn at %d: got %q, %v", i, got, err)
				}
			}
		})
	}
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		text string
		end  bool
		want []string
	}{
		{"{\"a\":1}\n{\"b\":2}\r\n", true, []string{`message||{"a":1}`, `message||{"b":2}`}},
		{"\n \r\n\t\n1\n\n2", true, []string{"message||1", "message||2"}},
		{"1\n2", false, []string{"message||1"}},
		{"a\rb\n", true, []string{"message||a\rb"}},
		{"\uFEFF1\n", true, []string{"message||1"}},
		{"\uFEFF1", true, []string{"message||1"}},
	} {
		for i := range len(c.text) + 1 {
			got, _, err := parsed(Lines, c.end, c.text[:i], c.text[i:])
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q torn at %d: got %q, %v; want %q", c.text, i, got, err, c.want)
			}
		}
	}
}

func TestChunks(t *testing.T) {
	got, _, err := parsed(Chunks, true, "a\n\nb", "", "c")
	if want := []string{"message||a\n\nb", "message||c"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestRetry(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"retry: 1500\n":                    1500 * time.Millisecond,
		"retry:7\nretry: 1.5\nretry: 8s":   7 * time.Millisecond,
		"retry:7\nretry: -1\nretry:\n":     7 * time.Millisecond,
		"retry: 99999999999999999999999\n": 9223372036854 * time.Millisecond,
	} {
		_, p, _ := parsed(SSE, true, text)
		if got, ok := p.Retry(); !ok || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, ok, want)
		}
	}
	if _, p, _ := parsed(SSE, true, "data: retry: 5\n\n"); p.hasRetry {
		t.Error("a retry out of nothing")
	}
}

// A stream that broke off is resumed after the last whole event, and what was
// unfinished is forgotten.
func TestResume(t *testing.T) {
	_, p, _ := parsed(SSE, false, "retry: 5\nid: 1\ndata: a\n\nevent: x\nid: 2\ndata: lost\nda")
	if p.LastID() != "1" {
		t.Errorf("would resume after %q", p.LastID())
	}
	p.Resume()
	p.Feed([]byte("\uFEFFdata: b\n\n"))
	e, ok, err := p.Next()
	if !ok || err != nil || string(e.Name) != "message" || string(e.ID) != "1" || string(e.Data) != "b" {
		t.Errorf("after it: %q %q %q, %v, %v", e.Name, e.ID, e.Data, ok, err)
	}
	if d, ok := p.Retry(); !ok || d != 5*time.Millisecond {
		t.Errorf("retry is %v, %v", d, ok)
	}
}

func TestTooLarge(t *testing.T) {
	half := strings.Repeat("x", MaxEvent/2)
	for name, c := range map[string]struct {
		format Format
		pieces []string
	}{
		"a line":          {SSE, []string{"data: " + half, half, "x"}},
		"a line at once":  {SSE, []string{"data: " + half + half + "\n"}},
		"lines together":  {SSE, []string{"data: " + half + "\n", "data: " + half + "\n\n"}},
		"a comment":       {SSE, []string{":" + half, half}},
		"JSON":            {Lines, []string{half, half, "x\n"}},
		"JSON, in a line": {Lines, []string{half + half + "x\n"}},
	} {
		_, p, err := parsed(c.format, true, c.pieces...)
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		p.Feed([]byte("data: a\n\n"))
		if _, ok, err := p.Next(); ok || err == nil {
			t.Errorf("%s: it goes on", name)
		}
	}
	for _, f := range []Format{SSE, Lines} {
		text := half[:MaxEvent/2-10] + half + "\n\n"
		if f == SSE {
			text = "data:" + text
		}
		if got, _, err := parsed(f, true, text); len(got) != 1 || err != nil {
			t.Errorf("format %d: an event of almost the limit: %d, %v", f, len(got), err)
		}
	}
}

func TestResetKeepsNothing(t *testing.T) {
	_, p, _ := parsed(SSE, false, "retry: 5\nid: 1\ndata: "+strings.Repeat("x", 2*keptBuffer)+"\n\nevent: y\ndata: z\n")
	p.Reset(SSE)
	if cap(p.data) > keptBuffer || p.hasRetry || p.LastID() != "" {
		t.Errorf("left: %d bytes, %v, %q", cap(p.data), p.hasRetry, p.LastID())
	}
	p.Feed([]byte("data: a\n\n"))
	if e, ok, _ := p.Next(); !ok || string(e.Name) != "message" || string(e.Data) != "a" || len(e.ID) != 0 {
		t.Errorf("got %q %q %q", e.Name, e.ID, e.Data)
	}
}

func TestNoAllocations(t *testing.T) {
	for f, text := range map[Format]string{
		SSE:    "id: 17\nevent: token\ndata: {\"a\":1}\ndata: b\n\n: ping\n\nretry: 100\nid: 18\ndata: x\n\ndata: y",
		Lines:  "{\"a\":1}\n{\"b\":2}\n{\"c\":",
		Chunks: "abc",
	} {
		p := &Parser{}
		p.Reset(f)
		piece, tail := []byte(text), []byte("}\n\n")
		read := func() {
			for _, b := range [][]byte{piece, tail} {
				p.Feed(b)
				for {
					if _, ok, err := p.Next(); err != nil {
						t.Fatal(err)
					} else if !ok {
						break
					}
				}
			}
		}
		read()
		if n := testing.AllocsPerRun(100, read); n != 0 {
			t.Errorf("format %d: %v allocations", f, n)
		}
	}
}

// reference reads server-sent events as the standard words it, without
// regard to cost.
func reference(text string) (events []string) {
	text = strings.TrimPrefix(text, "\uFEFF")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	lines := strings.Split(text, "\n")
	data, name, id := "", "", ""
	for _, line := range lines[:len(lines)-1] {
		if line == "" {
			if data != "" {
				if name == "" {
					name = "message"
				}
				events = append(events, name+"|"+id+"|"+strings.TrimSuffix(data, "\n"))
			}
			data, name = "", ""
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "data":
			data += value + "\n"
		case "event":
			name = value
		case "id":
			if !strings.Contains(value, "\x00") {
				id = value
			}
		}
	}
	return events
}

// However a stream is torn into pieces, its events are those of the
// reference.
func FuzzSSE(f *testing.F) {
	for i, c := range sseCases {
		f.Add(c.text, uint8(i))
	}
	f.Fuzz(func(t *testing.T, text string, step uint8) {
		if len(text) > MaxEvent {
			return
		}
		got, p, err := parsed(SSE, true, torn(text, step)...)
		if err != nil {
			t.Fatal(err)
		}
		if want := reference(text); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if d, ok := p.Retry(); ok && d < 0 {
			t.Errorf("retry is %v", d)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add("1\n2\r\n\n 3", uint8(1))
	f.Fuzz(func(t *testing.T, text string, step uint8) {
		if len(text) > MaxEvent {
			return
		}
		got, _, err := parsed(Lines, true, torn(text, step)...)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range bytes.SplitSeq(bytes.TrimPrefix([]byte(text), []byte("\uFEFF")), []byte("\n")) {
			if line = bytes.TrimSuffix(line, []byte("\r")); len(bytes.TrimSpace(line)) > 0 {
				want = append(want, "message||"+string(line))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// torn is a text in pieces of about step bytes, some of them empty.
func torn(text string, step uint8) (pieces []string) {
	for n := 0; len(text) > 0; n++ {
		size := min(len(text), (int(step)+n)%7)
		pieces = append(pieces, text[:size])
		text = text[size:]
	}
	return pieces
}

func BenchmarkSSE(b *testing.B) {
	var text []byte
	for i := range 100 {
		text = append(text, "id: "+strconv.Itoa(i)+"\ndata: {\"choices\":[{\"delta\":{\"content\":\"word\"}}]}\n\n"...)
	}
	var p Parser
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		p.Feed(text)
		for {
			if _, ok, _ := p.Next(); !ok {
				break
			}
		}
	}
}
