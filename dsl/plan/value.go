package plan

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is the dynamic type of a Value.
type Kind uint8

// The kinds of values an expression may yield while a user runs. Missing is
// the zero Kind: a slot nothing was captured into, or a JSON path that is
// absent from a body. It reads as null in conditions and as a failure in
// captures.
const (
	Missing Kind = iota
	Null
	Bool
	Int    // a whole number that fits 64 bits, exact
	Number // any other number, at HCL's precision of 512 bits
	String
	List
	Object
)

// NumberPrec is the mantissa size, in bits, of numbers that are not Int; it
// is the precision go-cty parses numbers with, so that both agree.
const NumberPrec = 512

// Value is one immutable run-time value. The zero Value is Missing.
type Value struct {
	kind Kind
	num  int64
	str  string
	ref  any // *big.Float, []Value or []Field
}

// Field is one attribute of an object value.
type Field struct {
	Name  string
	Value Value
}

// Constructors.

// NullValue is null.
func NullValue() Value { return Value{kind: Null} }

// BoolValue wraps b.
func BoolValue(b bool) Value {
	v := Value{kind: Bool}
	if b {
		v.num = 1
	}
	return v
}

// IntValue wraps a whole number.
func IntValue(i int64) Value { return Value{kind: Int, num: i} }

// StringValue wraps s.
func StringValue(s string) Value { return Value{kind: String, str: s} }

// ListValue wraps items, which must not be changed afterwards.
func ListValue(items []Value) Value { return Value{kind: List, ref: items} }

// ObjectValue wraps fields. It sorts them by name; of two with one name the
// later wins. The slice must not be changed afterwards.
func ObjectValue(fields []Field) Value {
	slices.SortStableFunc(fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	kept := fields[:0]
	for i, f := range fields {
		if i+1 < len(fields) && fields[i+1].Name == f.Name {
			continue
		}
		kept = append(kept, f)
	}
	return Value{kind: Object, ref: kept}
}

// FloatValue wraps f, which must be finite.
func FloatValue(f float64) Value {
	if f == math.Trunc(f) && math.Abs(f) < 1<<62 {
		return IntValue(int64(f))
	}
	return BigValue(new(big.Float).SetPrec(NumberPrec).SetFloat64(f))
}

// BigValue wraps a number, which must not be changed afterwards. A whole
// number that fits 64 bits becomes an Int, so that equal numbers have equal
// representations.
func BigValue(f *big.Float) Value {
	if f.IsInt() {
		if i, acc := f.Int64(); acc == big.Exact {
			return IntValue(i)
		}
	}
	return Value{kind: Number, ref: f}
}

// maxExponent bounds the decimal exponent ParseNumber accepts; beyond it a
// few bytes of input would print as hundreds of megabytes.
const maxExponent = 400

// ParseNumber reads a decimal number as JSON writes it and keeps all its
// digits. It reports false for anything else, and for exponents beyond ±400.
func ParseNumber(s string) (Value, bool) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return IntValue(i), true
	}
	if len(s) > 4096 || strings.Trim(s, "0123456789+-.eE") != "" {
		return Value{}, false // big.Float reads more: Inf, and binary exponents after a p
	}
	if e := strings.IndexAny(s, "eE"); e >= 0 {
		exp, err := strconv.Atoi(strings.TrimPrefix(s[e+1:], "+"))
		if err != nil || exp > maxExponent || exp < -maxExponent {
			return Value{}, false
		}
	}
	f, _, err := big.ParseFloat(s, 10, NumberPrec, big.ToNearestEven)
	if err != nil || f.IsInf() {
		return Value{}, false
	}
	return BigValue(f), true
}

// Kind is the value's dynamic type.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is null or missing.
func (v Value) IsNull() bool { return v.kind <= Null }

// IsNumber reports whether v is a number of either representation.
func (v Value) IsNumber() bool { return v.kind == Int || v.kind == Number }

// True reports whether v is the boolean true.
func (v Value) True() bool { return v.kind == Bool && v.num == 1 }

// Str is the text of a String, and "" for every other kind.
func (v Value) Str() string { return v.str }

// Int64 is the value of an Int, and 0 for every other kind.
func (v Value) Int64() int64 {
	if v.kind != Int {
		return 0
	}
	return v.num
}

// Items are the elements of a List; nil for every other kind.
func (v Value) Items() []Value {
	items, _ := v.ref.([]Value)
	return items
}

// Fields are the attributes of an Object, sorted by name; nil otherwise.
func (v Value) Fields() []Field {
	fields, _ := v.ref.([]Field)
	return fields
}

// Field is the attribute called name, Missing where v has none.
func (v Value) Field(name string) Value {
	fields := v.Fields()
	i, found := slices.BinarySearchFunc(fields, name, func(f Field, n string) int { return strings.Compare(f.Name, n) })
	if !found {
		return Value{}
	}
	return fields[i].Value
}

// Float64 is the nearest float64 of a number, and 0 for every other kind.
func (v Value) Float64() float64 {
	switch v.kind {
	case Int:
		return float64(v.num)
	case Number:
		f, _ := v.ref.(*big.Float).Float64()
		return f
	}
	return 0
}

// Big is a number at full precision; nil for every other kind. The result
// must not be changed.
func (v Value) Big() *big.Float {
	switch v.kind {
	case Int:
		return new(big.Float).SetPrec(NumberPrec).SetInt64(v.num)
	case Number:
		return v.ref.(*big.Float)
	}
	return nil
}

// Equal is HCL's ==: values of different types are unequal, null equals
// null, and a missing value counts as null.
func (v Value) Equal(w Value) bool {
	if v.IsNull() || w.IsNull() {
		return v.IsNull() && w.IsNull()
	}
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case Number:
		return v.Big().Cmp(w.Big()) == 0
	case List:
		return slices.EqualFunc(v.Items(), w.Items(), Value.Equal)
	case Object:
		return slices.EqualFunc(v.Fields(), w.Fields(), func(a, b Field) bool {
			return a.Name == b.Name && a.Value.Equal(b.Value)
		})
	}
	return v.num == w.num && v.str == w.str
}

// Compare orders two numbers; both must be numbers.
func (v Value) Compare(w Value) int {
	if v.kind == Int && w.kind == Int {
		switch {
		case v.num < w.num:
			return -1
		case v.num > w.num:
			return 1
		}
		return 0
	}
	return v.Big().Cmp(w.Big())
}

// TypeName is the word diagnostics use for v's type.
func (v Value) TypeName() string {
	switch v.kind {
	case Missing:
		return "nothing"
	case Null:
		return "null"
	case Bool:
		return "a bool"
	case Int, Number:
		return "a number"
	case String:
		return "a string"
	case List:
		return "a list"
	}
	return "an object"
}

// AppendText appends v converted to a string, as HCL converts values inside
// "${…}": numbers without exponent, bools as true and false. It reports false
// for kinds that have no string form (null, lists, objects).
func (v Value) AppendText(dst []byte) ([]byte, bool) {
	switch v.kind {
	case String:
		return append(dst, v.str...), true
	case Int:
		return strconv.AppendInt(dst, v.num, 10), true
	case Number:
		return v.ref.(*big.Float).Append(dst, 'f', -1), true
	case Bool:
		return strconv.AppendBool(dst, v.num == 1), true
	}
	return dst, false
}

// Text is AppendText as a string; "" for kinds without a string form.
func (v Value) Text() string {
	if v.kind == String {
		return v.str
	}
	b, _ := v.AppendText(nil)
	return string(b)
}

// AppendJSON appends v as compact JSON with object keys sorted. Characters
// are escaped only where JSON demands it, and < > & too when html is set, as
// jsonencode does in HCL's family.
func (v Value) AppendJSON(dst []byte, html bool) []byte {
	switch v.kind {
	case Missing, Null:
		return append(dst, "null"...)
	case String:
		return AppendJSONString(dst, v.str, html)
	case List:
		dst = append(dst, '[')
		for i, item := range v.Items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst, html)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, f := range v.Fields() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSONString(dst, f.Name, html)
			dst = append(dst, ':')
			dst = f.Value.AppendJSON(dst, html)
		}
		return append(dst, '}')
	}
	dst, _ = v.AppendText(dst)
	return dst
}

const hexDigits = "0123456789abcdef"

// AppendJSONString appends s as a JSON string literal. Invalid UTF-8 becomes
// the replacement character, as encoding/json does.
func AppendJSONString(dst []byte, s string, html bool) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b < utf8.RuneSelf {
			if b >= 0x20 && b != '"' && b != '\\' && (!html || b != '<' && b != '>' && b != '&') {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, b)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			i++
			start = i
			continue
		}
		if r == '\u2028' || r == '\u2029' {
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\u202`...)
			dst = append(dst, hexDigits[r&0xF])
			i += size
			start = i
			continue
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&0xF])
}
