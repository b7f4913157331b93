package stdlib

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/brianvoe/gofakeit/v7/data"

	"throng/dsl/plan"
)

// appender draws a text and appends it.
type appender func(f *plan.Frame, dst []byte) []byte

// fakeDraw is a drawer of texts. It draws from the lists of gofakeit with the
// user's own source; gofakeit's functions would build every value anew and
// read the year from the clock.
type fakeDraw struct{ write appender }

func (d fakeDraw) value(f *plan.Frame) plan.Value { return textValue(d, f) }

func (d fakeDraw) appendText(f *plan.Frame, dst []byte) []byte { return d.write(f, dst) }

var (
	firstNames = data.Person["first"]
	lastNames  = data.Person["last"]
	companies  = data.Company["name"]
	cities     = data.Address["city"]
	countries  = data.Address["country"]
	roads      = data.Address["street_name"]
	reserved   = []int{10, 100, 127, 169, 172, 192, 198, 203}
	domains    = []string{"example.com", "example.net", "example.org"}
)

// words are single English words, of the kinds that make up sentences.
var words = sync.OnceValue(func() []string {
	var all []string
	for _, kind := range []string{"noun_common", "verb_action", "adjective_descriptive", "adverb_manner"} {
		for _, w := range data.Word[kind] {
			if strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") == "" {
				all = append(all, w)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
})

func draw(f *plan.Frame, list []string) string { return list[f.Rand.IntN(len(list))] }

// oneOf draws from a list.
func oneOf(list []string) appender {
	return func(f *plan.Frame, dst []byte) []byte { return append(dst, draw(f, list)...) }
}

// appendInt appends a whole number from least to most.
func appendInt(f *plan.Frame, dst []byte, least, most int) []byte {
	return strconv.AppendInt(dst, int64(least+f.Rand.IntN(most-least+1)), 10)
}

// appendPlain appends a name's letters of ASCII in lower case.
func appendPlain(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case 'a' <= c && c <= 'z':
			dst = append(dst, c)
		}
	}
	return dst
}

func fakeName(f *plan.Frame, dst []byte) []byte {
	dst = append(dst, draw(f, firstNames)...)
	dst = append(dst, ' ')
	return append(dst, draw(f, lastNames)...)
}

func fakeUsername(f *plan.Frame, dst []byte) []byte {
	return appendInt(f, appendPlain(dst, draw(f, firstNames)), 1, 99_999)
}

func fakeEmail(f *plan.Frame, dst []byte) []byte {
	dst = append(appendPlain(dst, draw(f, firstNames)), '.')
	dst = appendInt(f, appendPlain(dst, draw(f, lastNames)), 1, 9_999)
	dst = append(dst, '@')
	return append(dst, draw(f, domains)...)
}

// fakePhone stays between 555-0100 and 555-0199, which no exchange assigns.
func fakePhone(f *plan.Frame, dst []byte) []byte {
	dst = appendInt(f, append(dst, "+1"...), 201, 989)
	return appendInt(f, append(dst, "55501"...), 10, 99)
}

func fakeStreet(f *plan.Frame, dst []byte) []byte {
	dst = append(appendInt(f, dst, 1, 9_999), ' ')
	dst = append(dst, draw(f, lastNames)...)
	dst = append(dst, ' ')
	return append(dst, draw(f, roads)...)
}

func fakeZip(f *plan.Frame, dst []byte) []byte { return appendInt(f, dst, 10_001, 99_950) }

func fakeWord(f *plan.Frame, dst []byte) []byte { return append(dst, draw(f, words())...) }

func appendSentence(f *plan.Frame, dst []byte, n int) []byte {
	start := len(dst)
	for i := range n {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = fakeWord(f, dst)
	}
	dst[start] -= 'a' - 'A'
	return append(dst, '.')
}

func appendParagraph(f *plan.Frame, dst []byte, n int) []byte {
	for i := range n {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendSentence(f, dst, 4+f.Rand.IntN(11))
	}
	return dst
}

// fakeIPv4 leaves out every first number under which RFC 6890 has a block
// that no public host lies in.
func fakeIPv4(f *plan.Frame, dst []byte) []byte {
	first := 0
	for first == 0 || slices.Contains(reserved, first) {
		first = 1 + f.Rand.IntN(223)
	}
	dst = strconv.AppendInt(dst, int64(first), 10)
	dst = appendInt(f, append(dst, '.'), 0, 255)
	dst = appendInt(f, append(dst, '.'), 0, 255)
	return appendInt(f, append(dst, '.'), 1, 254)
}

func fakeURL(f *plan.Frame, dst []byte) []byte {
	dst = fakeWord(f, append(dst, "https://"...))
	dst = append(append(dst, '.'), draw(f, domains)...)
	dst = fakeWord(f, append(dst, '/'))
	return fakeWord(f, append(dst, '/'))
}

// Browsers' User-Agent headers, with VERSION where their number stands. Of
// the systems' versions browsers tell the same to everyone.
var userAgents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/VERSION.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/VERSION.0.0.0 Safari/537.36",
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/VERSION.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/VERSION.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/VERSION.0.0.0 Safari/537.36 Edg/VERSION.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:VERSION.0) Gecko/20100101 Firefox/VERSION.0",
	"Mozilla/5.0 (X11; Linux x86_64; rv:VERSION.0) Gecko/20100101 Firefox/VERSION.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
}

func fakeUserAgent(f *plan.Frame, dst []byte) []byte {
	rest := draw(f, userAgents)
	version := 130 + f.Rand.IntN(12)
	for {
		before, after, found := strings.Cut(rest, "VERSION")
		dst = append(dst, before...)
		if !found {
			return dst
		}
		dst = strconv.AppendInt(dst, int64(version), 10)
		rest = after
	}
}

// fakeCard ends in the check digit of ISO/IEC 7812-1 (Luhn's algorithm).
func fakeCard(f *plan.Frame, dst []byte) []byte {
	start := len(dst)
	dst = append(dst, "424242"...)
	for range 9 {
		dst = append(dst, byte('0'+f.Rand.IntN(10)))
	}
	sum := 0
	for i, c := range dst[start:] {
		digit := int(c - '0')
		if i%2 == 0 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return append(dst, byte('0'+(10-sum%10)%10))
}
