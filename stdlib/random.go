package stdlib

import (
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"time"

	"throng/dsl/plan"
)

// textValue is the value of a drawer whose values are text.
func textValue(d drawer, f *plan.Frame) plan.Value {
	var buf [64]byte
	return plan.StringValue(string(d.appendText(f, buf[:0])))
}

// intDraw draws whole numbers from least to least+span.
type intDraw struct {
	least int64
	span  uint64
}

func (d intDraw) draw(f *plan.Frame) int64 {
	if d.span == math.MaxUint64 {
		return int64(f.Rand.Uint64())
	}
	return int64(uint64(d.least) + f.Rand.Uint64N(d.span+1))
}

func (d intDraw) value(f *plan.Frame) plan.Value { return plan.IntValue(d.draw(f)) }

func (d intDraw) appendText(f *plan.Frame, dst []byte) []byte {
	return strconv.AppendInt(dst, d.draw(f), 10)
}

// floatDraw draws numbers from least up to most. A number is what its
// shortest decimal form says, so that value and text agree.
type floatDraw struct{ least, most float64 }

func (d floatDraw) value(f *plan.Frame) plan.Value {
	var buf [32]byte
	v, _ := plan.ParseNumber(string(d.appendText(f, buf[:0])))
	return v
}

func (d floatDraw) appendText(f *plan.Frame, dst []byte) []byte {
	x := d.least + f.Rand.Float64()*(d.most-d.least)
	if x >= d.most && d.most > d.least {
		x = math.Nextafter(d.most, d.least) // rounding must not reach the end
	}
	return strconv.AppendFloat(dst, x, 'f', -1, 64)
}

// pickDraw draws elements.
type pickDraw struct{ items []plan.Value }

func (d pickDraw) value(f *plan.Frame) plan.Value { return d.items[f.Rand.IntN(len(d.items))] }

func (d pickDraw) appendText(f *plan.Frame, dst []byte) []byte {
	dst, _ = d.value(f).AppendText(dst)
	return dst
}

// shuffleDraw draws orders.
type shuffleDraw struct{ items []plan.Value }

func (d shuffleDraw) value(f *plan.Frame) plan.Value {
	items := slices.Clone(d.items)
	f.Rand.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	return plan.ListValue(items)
}

func (d shuffleDraw) appendText(_ *plan.Frame, dst []byte) []byte { return dst }

// uuidDraw draws version 4 UUIDs after RFC 9562.
type uuidDraw struct{}

func (d uuidDraw) value(f *plan.Frame) plan.Value { return textValue(d, f) }

func (uuidDraw) appendText(f *plan.Frame, dst []byte) []byte {
	var b [16]byte
	putUint64(b[:8], f.Rand.Uint64())
	putUint64(b[8:], f.Rand.Uint64())
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[[...]int{0, 4, 6, 8, 10}[i]:end])
	}
	return dst
}

func putUint64(b []byte, n uint64) {
	for i := range b {
		b[i] = byte(n >> (56 - 8*i))
	}
}

// ulidDraw draws ULIDs: 48 bits of time and 80 random ones, in Crockford's
// base 32.
type ulidDraw struct{}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func (d ulidDraw) value(f *plan.Frame) plan.Value { return textValue(d, f) }

func (ulidDraw) appendText(f *plan.Frame, dst []byte) []byte {
	ms := uint64(time.Now().UnixMilli())
	for shift := 45; shift >= 0; shift -= 5 {
		dst = append(dst, crockford[ms>>shift&31])
	}
	for range 2 {
		for r, n := f.Rand.Uint64(), 0; n < 8; n++ {
			dst = append(dst, crockford[r&31])
			r >>= 5
		}
	}
	return dst
}

// stringDraw draws texts of letters and digits.
type stringDraw struct{ length int }

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

func (d stringDraw) value(f *plan.Frame) plan.Value { return textValue(d, f) }

func (d stringDraw) appendText(f *plan.Frame, dst []byte) []byte {
	for range d.length {
		dst = append(dst, alphanumeric[f.Rand.IntN(len(alphanumeric))])
	}
	return dst
}

// law is a distribution of lengths of time.
type law uint8

const (
	constantLaw    law = iota // a
	uniformLaw                // a to b
	exponentialLaw            // mean a
	normalLaw                 // mean a, deviation b, not negative
)

// lengthDraw draws lengths of time, to the nanosecond, in seconds.
type lengthDraw struct {
	law  law
	a, b time.Duration
}

func (d lengthDraw) draw(f *plan.Frame) time.Duration {
	switch d.law {
	case uniformLaw:
		return d.a + time.Duration(f.Rand.Uint64N(uint64(d.b-d.a)+1))
	case exponentialLaw:
		return nanoseconds(f.Rand.ExpFloat64() * float64(d.a))
	case normalLaw:
		return d.normal(f)
	}
	return d.a
}

// normal draws until a value is not negative. The mean is not, so at least
// every other draw is kept; the bound is only there to have one.
func (d lengthDraw) normal(f *plan.Frame) time.Duration {
	for range 128 {
		if x := f.Rand.NormFloat64()*float64(d.b) + float64(d.a); x >= 0 {
			return nanoseconds(x)
		}
	}
	return d.a
}

func nanoseconds(x float64) time.Duration {
	if x >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(x)
}

func (d lengthDraw) value(f *plan.Frame) plan.Value { return secondsValue(d.draw(f)) }

func (d lengthDraw) appendText(f *plan.Frame, dst []byte) []byte {
	return appendSeconds(dst, d.draw(f))
}
