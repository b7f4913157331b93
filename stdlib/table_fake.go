package stdlib

import (
	"errors"
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

// fakeFunctions draw data that look like people's and belong to nobody:
// addresses of mail and pages lie in the domains of RFC 2606, telephone
// numbers in the range kept for fiction, card numbers in a test range. A
// target that writes to them reaches no one.
var fakeFunctions = []Function{
	fake("fake_name", "A person's first and last name.", `"Olivia Miller"`, fakeName),
	fake("fake_first_name", "A first name.", `"Olivia"`, oneOf(firstNames)),
	fake("fake_last_name", "A last name.", `"Miller"`, oneOf(lastNames)),
	fake("fake_username", "A name to sign in with.", `"olivia4711"`, fakeUsername),
	fake("fake_email", "An address of mail, in a domain that is kept for examples.", `"olivia.miller482@example.org"`, fakeEmail),
	fake("fake_phone", "A telephone number of North America, from the range kept for fiction.", `"+12125550147"`, fakePhone),
	fake("fake_company", "A company's name.", `"Abt Associates"`, oneOf(companies)),
	fake("fake_street", "A house number and a street.", `"742 Miller Avenue"`, fakeStreet),
	fake("fake_city", "A city of the United States.", `"Chicago"`, oneOf(cities)),
	fake("fake_country", "A country.", `"Denmark"`, oneOf(countries)),
	fake("fake_zip", "A postal code of five digits.", `"60614"`, fakeZip),
	fake("fake_word", "An English word.", `"harbor"`, fakeWord),
	fakeText("fake_sentence", "words", "A sentence of so many English words, without a meaning.", `"Harbor bright walk."`, 10_000, appendSentence),
	fakeText("fake_paragraph", "sentences", "So many sentences of 4 to 14 English words, without a meaning.", `"Harbor bright walk often. Slow river say quiet."`, 1000, appendParagraph),
	fake("fake_ipv4", "A public address of IPv4.", `"93.184.215.14"`, fakeIPv4),
	fake("fake_url", "The address of a page, in a domain that is kept for examples.", `"https://harbor.example.com/bright/walk"`, fakeURL),
	fake("fake_user_agent", "The User-Agent header of a current browser.", `"Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0"`, fakeUserAgent),
	fake("fake_credit_card", "A card number of 16 digits from a test range, with a right check digit.", `"4242429127305462"`, fakeCard),
	impure(Function{Name: "fake_date", Category: "fake", Signature: "fake_date(from, to)",
		Description: "A date from one day to another, both included, all equally likely; with points in time (RFC 3339), a point in time to the second.",
		Example:     `fake_date("1950-01-01", "2007-12-31")`, Result: `"1983-05-17"`},
		cty.String, 2, prepareFakeDate),
}

// fake is a function without arguments.
func fake(name, description, result string, write appender) Function {
	return impure(Function{Name: name, Category: "fake", Signature: name + "()", Description: description, Example: name + "()", Result: result},
		cty.String, 0, always(fakeDraw{write}))
}

// fakeText is a function that makes so many pieces of text, one at least.
func fakeText(name, pieces, description, result string, most int64, write func(f *plan.Frame, dst []byte, n int) []byte) Function {
	row := Function{Name: name, Category: "fake", Signature: name + "(" + pieces + ")", Description: description, Example: name + "(3)", Result: result}
	return impure(row, cty.String, 1, func(args []plan.Value) (drawer, error) {
		n, err := wholeNumber(args[0], "the number of "+pieces)
		if err != nil {
			return nil, err
		}
		if n < 1 || n > most {
			return nil, fmt.Errorf("the number of %s must be from 1 to %d", pieces, most)
		}
		return fakeDraw{func(f *plan.Frame, dst []byte) []byte { return write(f, dst, int(n)) }}, nil
	})
}

// dateDraw draws points in time, a whole number of steps after the first.
type dateDraw struct {
	from   time.Time
	steps  intDraw
	step   time.Duration
	layout string
}

func prepareFakeDate(args []plan.Value) (drawer, error) {
	layout, step := time.DateOnly, 24*time.Hour
	var in [2]time.Time
	for i, a := range args {
		s, err := text(a)
		if err != nil {
			return nil, err
		}
		t, err := time.Parse(layout, s)
		if err != nil && i == 0 {
			layout, step = time.RFC3339, time.Second
			t, err = time.Parse(layout, s)
		}
		if err != nil {
			return nil, fmt.Errorf(`%s is not a date; write both like "2026-01-31", or both like "2026-01-31T12:00:00Z"`, quoted(s))
		}
		in[i] = t
	}
	seconds := in[1].Unix() - in[0].Unix()
	if seconds < 0 {
		return nil, errors.New("the first date is after the second")
	}
	return dateDraw{in[0], intDraw{span: uint64(seconds / int64(step/time.Second))}, step, layout}, nil
}

func (d dateDraw) value(f *plan.Frame) plan.Value { return textValue(d, f) }

func (d dateDraw) appendText(f *plan.Frame, dst []byte) []byte {
	seconds := d.from.Unix() + d.steps.draw(f)*int64(d.step/time.Second)
	return time.Unix(seconds, 0).In(d.from.Location()).AppendFormat(dst, d.layout)
}
