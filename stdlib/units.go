package stdlib

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// decimal is a number as written: digits before and after the point. It
// holds up to 18 digits on either side, so that nothing is rounded.
type decimal struct {
	whole, fraction uint64
	scale           uint64 // 10 to the number of digits after the point
}

// cutDecimal reads a decimal number from the start of s: "2", "0.5", ".5".
func cutDecimal(s string) (d decimal, rest string, ok bool) {
	const most = 18
	i := 0
	for ; i < len(s) && isDigit(s[i]) && i < most; i++ {
		d.whole = d.whole*10 + uint64(s[i]-'0')
	}
	digits := i
	d.scale = 1
	if i < len(s) && s[i] == '.' {
		from := i + 1
		for i = from; i < len(s) && isDigit(s[i]) && i-from < most; i++ {
			d.fraction = d.fraction*10 + uint64(s[i]-'0')
			d.scale *= 10
		}
		if i == from {
			return d, s, false // a point without digits after it
		}
		digits += i - from
	}
	if digits == 0 || i < len(s) && (isDigit(s[i]) || s[i] == '.') {
		return d, s, false
	}
	return d, s[i:], true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// times is the number multiplied by unit. exact is false if a part of one is
// lost, ok if the product does not fit 63 bits.
func (d decimal) times(unit uint64) (n int64, exact, ok bool) {
	hi, whole := bits.Mul64(d.whole, unit)
	if hi != 0 || whole > math.MaxInt64 {
		return 0, false, false
	}
	hi, lo := bits.Mul64(d.fraction, unit)
	part, lost := bits.Div64(hi, lo, d.scale)
	sum := whole + part
	return int64(sum), lost == 0, sum <= math.MaxInt64
}

var durationUnits = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond, "μs": time.Microsecond,
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
}

// problem is the error of a reader: what was read, what is wrong with it,
// and what right ones look like.
func problem(kind, s, wrong, examples string) error {
	if len(s) > 64 {
		s = strings.ToValidUTF8(s[:64], "") + "…"
	}
	return fmt.Errorf("%q is not a %s: %s; write it like %s", s, kind, wrong, examples)
}

// ParseDuration reads a length of time such as "500ms", "1.5s", "2m30s" or
// "1d". Units are ns, us (or µs), ms, s, m, h and d (24 hours); several
// follow each other from large to small. A plain "0" needs no unit.
func ParseDuration(s string) (time.Duration, error) {
	fail := func(wrong string) (time.Duration, error) {
		return 0, problem("duration", s, wrong, `"500ms", "2m" or "1h30m"`)
	}
	switch {
	case s == "":
		return fail("it is empty")
	case s == "0":
		return 0, nil
	case s[0] == '-':
		return fail("it is negative")
	case len(s) > 64:
		return fail("it is too long")
	}
	var total int64
	last := time.Duration(math.MaxInt64)
	for rest := s; rest != ""; {
		d, after, ok := cutDecimal(rest)
		if !ok {
			return fail("a number must stand before each unit")
		}
		name := after[:unitLength(after)]
		if name == "" {
			return fail("a number has no unit")
		}
		unit, known := durationUnits[name]
		if !known {
			return fail(fmt.Sprintf("there is no unit %q; units are ns, us, ms, s, m, h and d", name))
		}
		if unit >= last {
			return fail("units must go from large to small, each once")
		}
		n, exact, ok := d.times(uint64(unit))
		if !ok || n > math.MaxInt64-total {
			return fail("it is longer than 292 years")
		}
		if !exact && n == 0 {
			return fail("it is shorter than a nanosecond")
		}
		total, last, rest = total+n, unit, after[len(name):]
	}
	return time.Duration(total), nil
}

// unitLength is how many bytes of s come before the next number.
func unitLength(s string) int {
	if i := strings.IndexAny(s, ".0123456789"); i >= 0 {
		return i
	}
	return len(s)
}

// ParseRate reads so many per time, such as "1000/s", "156/m" or "20/10s",
// and gives so many a second.
func ParseRate(s string) (float64, error) {
	fail := func(wrong string) (float64, error) {
		return 0, problem("rate", s, wrong, `"1000/s", "156/m" or "20/10s"`)
	}
	left, right, found := strings.Cut(s, "/")
	if !found {
		return fail("it has no unit of time after a slash")
	}
	if _, rest, ok := cutDecimal(left); !ok || rest != "" {
		return fail("a number must stand before the slash")
	}
	count, err := strconv.ParseFloat(left, 64)
	if err != nil {
		return fail("the number before the slash cannot be read")
	}
	per, isUnit := durationUnits[right]
	if !isUnit {
		if per, err = ParseDuration(right); err != nil {
			return fail("a unit of time or a duration must follow the slash")
		}
	}
	if per <= 0 {
		return fail("the time after the slash is zero")
	}
	rate := count / per.Seconds()
	if rate > 1e9 {
		return fail("it is more than a thousand million a second")
	}
	return rate, nil
}

// ParseRatio reads a share, such as "0.5%", or "0.005", and gives a number
// from 0 to 1.
func ParseRatio(s string) (float64, error) {
	fail := func(wrong string) (float64, error) {
		return 0, problem("ratio", s, wrong, `"0.5%", or a number from 0 to 1`)
	}
	digits, percent := strings.CutSuffix(s, "%")
	if _, rest, ok := cutDecimal(digits); !ok || rest != "" {
		return fail("it is not a number with or without a percent sign")
	}
	if percent {
		digits += "e-2" // exact, where dividing by 100 would round twice
	}
	ratio, err := strconv.ParseFloat(digits, 64)
	switch {
	case err != nil:
		return fail("the number cannot be read")
	case ratio > 1 && percent:
		return fail("it is more than 100%")
	case ratio > 1:
		return fail("it is more than 1, and has no percent sign")
	}
	return ratio, nil
}

var sizeUnits = map[string]uint64{
	"B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}

// ParseSize reads a number of bytes such as "512B", "64KiB" or "2MB".
func ParseSize(s string) (int64, error) {
	fail := func(wrong string) (int64, error) {
		return 0, problem("size", s, wrong, `"512B", "64KiB" or "2MB"`)
	}
	d, name, ok := cutDecimal(s)
	if !ok {
		return fail("it does not begin with a number")
	}
	unit, known := sizeUnits[name]
	switch {
	case name == "":
		return fail("it has no unit")
	case !known:
		return fail(fmt.Sprintf("there is no unit %q; units are B, KB, MB, GB, TB, KiB, MiB, GiB and TiB", name))
	}
	n, exact, ok := d.times(unit)
	switch {
	case !ok:
		return fail("it is too large")
	case !exact:
		return fail("it is not a whole number of bytes")
	}
	return n, nil
}
