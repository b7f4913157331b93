package plan

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// secretTable is a table of one sensitive column.
func secretTable(values ...Value) Data {
	d := Data{Name: "d", Rows: len(values), Columns: []DataColumn{{Name: "c", Sensitive: true}}}
	for _, v := range values {
		d.Columns[0].Append(v)
	}
	d.Protect()
	return d
}

func TestMask(t *testing.T) {
	list := ListValue([]Value{StringValue("in a list"), ObjectValue([]Field{{Name: "k", Value: StringValue("deeply")}})})
	p := &Plan{
		Secrets: []string{"hunter2", "hunter22", "ab", "a/b c\"d"},
		Data: []Data{secretTable(StringValue("alpha"), StringValue("alphabet"), StringValue("abc"), IntValue(123456), list,
			StringValue("a text that is much longer than sixteen bytes"), StringValue("a text that is much longer"), StringValue("grün&x"))},
	}
	m := p.Mask()
	for text, want := range map[string]string{
		"":                          "",
		"nothing here":              "nothing here",
		"hunter2":                   "***",
		"xhunter22hunter2x":         "x******x",
		"cab":                       "c***",
		"say alphabet, alpha, alph": "say ***, ***, alph",
		"abc":                       "***c", // ab is a secret, abc is too short for one of a table
		"n=1234567":                 "n=***7",
		"in a list, deeply":         "***, ***",
		"a text that is much longer than sixteen bytes.": "***.",
		"a text that is much longer than sixteen":        "*** than sixteen",
		"a text that is mu":                              "a text that is mu",
		`{"s":"a/b c\"d"}`:                               `{"s":"***"}`,
		"/a%2Fb%20c%22d/":                                "/***/",
		"?q=a%2Fb+c%22d":                                 "?q=***",
		"gr%C3%BCn%26x":                                  "***",
		`"grün\u0026x"`:                                  `"***"`,
		"Basic " + base64.StdEncoding.EncodeToString([]byte("alphabet")): "Basic ***",
	} {
		if got := m.Replace(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := p.MaskWith("-").Replace("hunter2"); got != "-" {
		t.Error(got)
	}
	if got := m.Texts([]string{"made", "up", "alpha"}).Replace("made up alpha hunter2"); got != "*** up *** ***" {
		t.Error(got)
	}
	if s := "nothing"; unsafe.StringData((&Plan{}).Mask().Replace(s)) != unsafe.StringData(s) {
		t.Error("a text without secrets is copied")
	}
}

// The mask is held against the plain way to do it, on many random sets.
func TestMaskAgainstReplacer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("abc"[r.IntN(3)])
		}
		return b.String()
	}
	for range 300 {
		var secrets []string
		for range 1 + r.IntN(20) {
			secrets = append(secrets, word(1+r.IntN(24)))
		}
		w := &words{shortest: 1}
		for _, s := range secrets {
			w.add(s)
		}
		m := &Mask{sets: []*wordSet{w.done()}, with: "*"}
		text := word(200)
		if got, want := m.Replace(text), longestFirst(text, secrets); got != want {
			t.Fatalf("%q of %q: %q, want %q", secrets, text, got, want)
		}
	}
}

func longestFirst(text string, secrets []string) string {
	var out strings.Builder
	for text != "" {
		longest := 0
		for _, s := range secrets {
			if strings.HasPrefix(text, s) {
				longest = max(longest, len(s))
			}
		}
		if longest > 0 {
			out.WriteByte('*')
			text = text[longest:]
			continue
		}
		out.WriteByte(text[0])
		text = text[1:]
	}
	return out.String()
}

// One mask serves many at once.
func TestMaskIsShared(t *testing.T) {
	p := &Plan{Secrets: []string{"hunter2"}, Data: []Data{secretTable(StringValue("alphabet"))}}
	m := p.Mask()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				if got := m.Replace("hunter2 alphabet"); got != "*** ***" {
					t.Error(got)
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkMask tells what it costs to hide one of a million secrets in a
// text of 2 KiB, and to make the table of them.
func BenchmarkMask(b *testing.B) {
	text := strings.Repeat("{\"email\":\"someone@example.com\",\"id\":184467},\n", 40) + "user-0012345@example.com"
	for _, n := range []int{1, 1000, 1_000_000} {
		d := Data{Rows: n, Columns: []DataColumn{{Name: "c", Sensitive: true}}}
		for i := range n {
			d.Columns[0].Append(StringValue(fmt.Sprintf("user-%07d@example.com", i)))
		}
		b.Run(fmt.Sprintf("protect/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Protect()
			}
			b.ReportMetric(float64(8*(len(d.hidden.table)+len(d.hidden.heads)))/1e6, "MB-kept")
		})
		d.Protect()
		m := (&Plan{Data: []Data{d}}).Mask()
		b.Run(fmt.Sprintf("replace/%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Replace(text)
			}
		})
	}
}
