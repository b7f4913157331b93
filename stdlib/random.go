package stdlib

import (
	"encoding/base64"
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

// floatValue is the number that x's shortest decimal form says.
func floatValue(x float64) plan.Value {
	v, _ := plan.ParseNumber(string(strconv.AppendFloat(nil, x, 'f', -1, 64)))
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
	return appendUUID(dst, b, 4)
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

// stringDraw draws texts of the characters of an alphabet.
type stringDraw struct {
	length   int
	alphabet string
}

const (
	alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	hexadecimals = "0123456789abcdef"
)

func (d stringDraw) value(f *plan.Frame) plan.Value { return textValue(d, f) }

func (d stringDraw) appendText(f *plan.Frame, dst []byte) []byte {
	for range d.length {
		dst = append(dst, d.alphabet[f.Rand.IntN(len(d.alphabet))])
	}
	return dst
}

// bytesDraw draws bytes, in Base64.
type bytesDraw struct{ count int }

func (d bytesDraw) value(f *plan.Frame) plan.Value { return textValue(d, f) }

func (d bytesDraw) appendText(f *plan.Frame, dst []byte) []byte {
	b := make([]byte, (d.count+7)/8*8)
	for i := 0; i < len(b); i += 8 {
		putUint64(b[i:i+8], f.Rand.Uint64())
	}
	return base64.StdEncoding.AppendEncode(dst, b[:d.count])
}

// sampleDraw draws some of the elements, each at most once.
type sampleDraw struct {
	items []plan.Value
	n     int
}

func (d sampleDraw) value(f *plan.Frame) plan.Value {
	items := slices.Clone(d.items)
	for i := range d.n {
		j := i + f.Rand.IntN(len(items)-i)
		items[i], items[j] = items[j], items[i]
	}
	return plan.ListValue(slices.Clip(items[:d.n]))
}

func (d sampleDraw) appendText(_ *plan.Frame, dst []byte) []byte { return dst }
