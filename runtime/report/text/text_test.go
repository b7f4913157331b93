package text

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestNumbers(t *testing.T) {
	d := func(x time.Duration) string { return Duration(float64(x)) }
	const us, ms, s = time.Microsecond, time.Millisecond, time.Second
	tests := []struct{ got, want string }{
		{d(0), "0 ms"}, {d(1), "1 ns"}, {d(940 * us), "940 µs"}, {d(9400 * us), "9.4 ms"}, {d(9434 * us), "9.43 ms"},
		{d(231 * ms), "231 ms"}, {d(230999 * us), "231 ms"}, {d(999600 * us), "1.00 s"}, {d(999600), "1 ms"}, {d(1400 * ms), "1.40 s"},
		{d(9996 * us), "10 ms"}, {d(12345 * ms), "12.3 s"}, {d(59960 * ms), "1 min 00 s"}, {d(125 * s), "2 min 05 s"},
		{d(3725 * s), "1 h 02 min"}, {d(-3 * ms), "−3 ms"},
		{AtLeast(1e9), "≥ 1 s"}, {AtLeast(2.0013e9), "≥ 2 s"}, {AtLeast(1.999e9), "≥ 1.99 s"}, {AtLeast(1.5e9), "≥ 1.5 s"}, {AtLeast(25e7), "≥ 250 ms"},
		{Count(0), "0"}, {Count(999), "999"}, {Count(2329), "2,329"}, {Count(1234567), "1,234,567"}, {Count(-1234), "−1,234"},
		{Rate(58.31), "58.3"}, {Rate(1234.4), "1,234"}, {Rate(4.123), "4.12"}, {Rate(0.5), "0.500"}, {Rate(0), "0"}, {Rate(0.0001), "< 0.001"}, {Rate(99.96), "100"},
		{Percent(0), "0"}, {Percent(1), "100"}, {Percent(1e-6), "< 0.01"}, {Percent(0.086), "8.6"}, {Percent(0.0043), "0.43"},
		{Percent(0.99999), "> 99.9"}, {Percent(0.5), "50.0"}, {Percent(0.00996), "1.0"}, {Percent(0.0001), "0.01"},
		{Bytes(999), "999 B"}, {Bytes(1200000), "1.20 MB"}, {Bytes(999999), "1.00 MB"},
		{Clock(45 * s), "0:45"}, {Clock(3723 * s), "1:02:03"}, {Clock(-s), "0:00"}, {Whole(6 * s), "6 s"},
		{Limit(500e6, Nanoseconds), "500 ms"}, {Limit(5e9, Nanoseconds), "5.00 s"}, {Limit(1.2345e9, Nanoseconds), "1.2345 s"}, {Limit(90e9, Nanoseconds), "1 min 30 s"},
		{Limit(0.005, Ratio), "0.5 %"}, {Limit(0.07, Ratio), "7 %"}, {Limit(0, Ratio), "0 %"}, {Limit(0.00001, Ratio), "0.001 %"},
		{Limit(20, PerSecond), "20/s"}, {Limit(1234.5, PerSecond), "1,234.5/s"}, {Limit(5000, PerSecond), "5,000/s"},
		{Margin(9.2, 0.5), "18 ×"}, {Margin(620, 500), "+24 %"}, {Margin(140, 500), "−72 %"}, {Margin(500.4, 500), "+0.08 %"},
		{Margin(0, 0), "at limit"}, {Margin(1, 0), "over"}, {Margin(0, 5), "−100 %"}, {Margin(1, 1000), "−99.9 %"}, {Margin(5, 5), "0 %"},
		{Margin(1e9, 1), "> 1,000,000 ×"}, {Margin(5000, 1), "5,000 ×"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestBesideNeverHidesABreach(t *testing.T) {
	tests := []struct {
		measured, limit float64
		unit            Unit
		want            string
	}{
		{500.4e6, 500e6, Nanoseconds, "500.4 ms"},
		{499.6e6, 500e6, Nanoseconds, "499.6 ms"},
		{500e6, 500e6, Nanoseconds, "500 ms"},
		{500.4e6, 500.3e6, Nanoseconds, "500.4 ms"},
		{620.4e6, 500e6, Nanoseconds, "620 ms"},
		{60.0004e9, 60e9, Nanoseconds, "60.0004 s"},
		{999.96e6, 1e9, Nanoseconds, "999.96 ms"},
		{0.00504, 0.005, Ratio, "0.504 %"},
		{0.0000004, 0, Ratio, "< 0.01 %"},
		{0.00005, 0.00001, Ratio, "0.005 %"},
		{0.99999, 0.9999, Ratio, "99.999 %"},
		{49.96, 50, PerSecond, "49.96/s"},
	}
	for _, tt := range tests {
		if got := Beside(tt.measured, tt.limit, tt.unit); got != tt.want {
			t.Errorf("Beside(%v, %v) = %q, want %q", tt.measured, tt.limit, got, tt.want)
		}
	}
}

var unwanted = regexp.MustCompile(`NaN|undefined|Inf|\de[+-]\d`)

func FuzzBeside(f *testing.F) {
	f.Add(uint64(500_400_000), uint64(500_000_000))
	f.Add(uint64(1), uint64(1<<40))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		x, y := float64(a%(1<<42)), float64(b%(1<<42))
		m, l := Beside(x, y, Nanoseconds), Limit(y, Nanoseconds)
		if x != y && m == l {
			t.Errorf("%v and the limit %v are both shown as %q", x, y, m)
		}
		whole := float64(b%100000 + 1)
		part := float64(a % uint64(whole))
		for _, s := range []string{m, l, Margin(x, y), AtLeast(x + 1), Percent(part / whole), Rate(x / whole), Limit(part/whole, Ratio)} {
			if unwanted.MatchString(s) || !utf8.ValidString(s) || s == "" {
				t.Errorf("%v, %v: %q", x, y, s)
			}
		}
		if p := Percent(part / whole); p == "100" || p == "0" && part > 0 {
			t.Errorf("%v of %v is shown as %q %%", part, whole, p)
		}
	})
}

func TestAtLeastIsNeverTooHigh(t *testing.T) {
	for ns := int64(1); ns < 1e11; ns = ns*21/20 + 7 {
		s := strings.Fields(AtLeast(float64(ns)))
		scale := map[string]float64{"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}[s[2]]
		if v := parse(s[1]) * scale; v > float64(ns)*(1+1e-12) || v < float64(ns)*0.98 {
			t.Fatalf("%d ns is shown as %v", ns, s)
		}
	}
}

func TestClean(t *testing.T) {
	tests := map[string]string{
		"plain/ok?": "plain/ok?", "a\x1b[31mb": "a␛[31mb", "n\x00b\n": `n\x00b\x0a`, "\u202egnp": `\u202egnp`, "bad\xff": `bad\xff`,
		"c1\u009b": `c1\x9b`, "日本語 é": "日本語 é", "👩‍👩‍👧": "👩‍👩‍👧", "a\u2028b\ufeff": `a\u2028b\ufeff`, "\x7f": `\x7f`,
	}
	for in, want := range tests {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Clean("a" + strings.Repeat("\u0301", 40)); utf8.RuneCountInString(got) != maxCluster {
		t.Errorf("piled-up marks: %d runes remain, want %d", utf8.RuneCountInString(got), maxCluster)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a\x1b]0;x\x07", "\u202e\u2066", "日\u0301\u0301", "\xff\xfe", "👩‍👩‍👧‍👦🇩🇪", "GET /a/b/c/:id/last"} {
		f.Add(s, 12)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		width = 8 + (width&0xffff)%80
		c := Clean(s)
		for _, r := range c {
			if r < 0x20 || r >= 0x7f && r < 0xa0 || r == utf8.RuneError && !strings.ContainsRune(s, utf8.RuneError) || hidden(r) {
				t.Fatalf("Clean(%q) keeps %U", s, r)
			}
		}
		for _, st := range []Style{{}, {ASCII: true}} {
			shown := st.Text(c)
			if st.ASCII && !isASCII(shown) {
				t.Fatalf("ASCII form of %q is %q", s, shown)
			}
			for _, got := range []string{st.Shorten(shown, width), st.Cut(shown, width)} {
				if Width(got) > width {
					t.Fatalf("%q takes %d cells, want at most %d", got, Width(got), width)
				}
			}
			for _, l := range Wrap(shown, width) {
				if Width(l) > width {
					t.Fatalf("wrapped line %q takes %d cells, want at most %d", l, Width(l), width)
				}
			}
		}
	})
}

func TestShorten(t *testing.T) {
	tests := []struct {
		name  string
		width int
		want  string
	}{
		{"POST /api/workflows/:id/execute", 40, "POST /api/workflows/:id/execute"},
		{"POST /api/workflows/:id/execute", 29, "POST /api/workflows/…/execute"},
		{"POST /api/workflows/:id/execute", 20, "POST /api/…/execute"},
		{"POST /api/workflows/:id/execute", 14, "POST …/execute"},
		{"POST /api/workflows/:id/execute", 11, "POST …ecute"},
		{"checkout of a full basket", 11, "check…asket"},
	}
	for _, tt := range tests {
		if got := (Style{}).Shorten(tt.name, tt.width); got != tt.want {
			t.Errorf("%d cells: %q, want %q", tt.width, got, tt.want)
		}
	}
}

func TestTableDropsColumnsInOrder(t *testing.T) {
	table := Table{Min: 6, Columns: []Column{
		{Title: "name", Shrink: true}, {Title: "first", Right: true, Drop: 2}, {Title: "second", Right: true, Drop: 1}, {Title: "kept", Right: true},
	}, Rows: [][]Cell{
		{{Text: "GET /a/long/name"}, {Text: "1"}, {Text: "22", Note: "*"}, {Text: "日本"}},
		{{Text: "b"}, {Text: "1,000"}, {Text: "2"}, {Text: "–"}},
	}}
	want := map[int]string{
		60: "name              first  second   kept\nGET /a/long/name      1      22*  日本\nb                 1,000       2      –\n",
		30: "name        first second  kept\nGET …/name      1     22* 日本\nb           1,000      2     –\n",
		20: "name      first kept\nGET …name     1 日本\nb         1,000    –\n",
	}
	for width, w := range want {
		got := strings.Join(table.Lines(width), "\n") + "\n"
		if got != w {
			t.Errorf("%d cells:\n%s\nwant\n%s", width, got, w)
		}
		for _, l := range table.Lines(width) {
			if Width(l) > width {
				t.Errorf("%q is wider than %d", l, width)
			}
		}
	}
}

// Names that would look alike when they are shortened stay apart.
func TestTableKeepsNamesApart(t *testing.T) {
	table := Table{Min: 6, Columns: []Column{{Title: "request", Shrink: true}, {Title: "p95", Right: true}}}
	for _, name := range []string{"GET /api/v1/config/audit/history", "GET /api/v1/downloads/history", "GET /api/v1/downloads/history", "GET /health"} {
		table.Rows = append(table.Rows, []Cell{{Text: name}, {Text: "1 s"}})
	}
	want := "request            p95\nGET …audit/history 1 s\nGET …loads/history 1 s\nGET …loads/history 1 s\nGET /health        1 s"
	if got := strings.Join(table.Lines(22), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSpark(t *testing.T) {
	if got := Spark([]float64{-1, 0, 1, 4, 7.99, 8}, 8); got != " ▁▂▅██" {
		t.Errorf("got %q", got)
	}
	if got := (Style{ASCII: true}).Text(Spark([]float64{0, 4, 8}, 8)); got != "_=#" {
		t.Errorf("got %q", got)
	}
}

func TestStateWords(t *testing.T) {
	for s := Fail; s <= NoSLA; s++ {
		b, _ := s.MarshalText()
		var back State
		if err := back.UnmarshalText(b); err != nil || back != s {
			t.Errorf("%v reads back as %v (%v)", s, back, err)
		}
	}
	var s State
	if err := s.UnmarshalText([]byte("fine")); err == nil {
		t.Error("an unknown word is taken")
	}
	if math.IsNaN(parse("x")) {
		t.Error("parse gives NaN")
	}
}
