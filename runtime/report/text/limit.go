package text

import (
	"cmp"
	"math"
	"strconv"
)

// Unit is what a figure beside a limit is counted in.
type Unit uint8

// Units of figures that have limits.
const (
	Nanoseconds Unit = iota
	Ratio            // 0..1, shown as a percentage
	PerSecond
	Number // a number of anything
	Size   // bytes
)

// Limit writes a limit as it was declared: never rounded.
func Limit(v float64, u Unit) string {
	switch u {
	case Ratio:
		return trimZeros(fixed(v*100, exactPlaces(v*100))) + " %"
	case PerSecond:
		s, shown := rate(v, significant)
		if shown != v {
			s = grouped(strconv.FormatFloat(v, 'f', -1, 64))
		}
		return trimZeros(s) + "/s"
	case Number:
		return exactAmount(v)
	case Size:
		return exactSize(v)
	}
	return exactDuration(v)
}

// exactPlaces is how many places a percentage needs; binary noise from the
// multiplication by a hundred is not among them.
func exactPlaces(p float64) int {
	for n := range 12 {
		if math.Abs(parse(fixed(p, n))-p) <= 1e-12*math.Abs(p) {
			return n
		}
	}
	return 12
}

func exactDuration(ns float64) string {
	if ns == 0 {
		return "0 ms"
	}
	if s, v := duration(ns, significant); v == ns {
		return s
	}
	u := unitOf(ns)
	return strconv.FormatFloat(ns/u.ns, 'f', -1, 64) + " " + u.name
}

// maxDigits is where a figure is as exact as it will get.
const maxDigits = 16

// Beside writes a measured figure that stands beside its limit. It has three
// significant digits, and as many more as it takes to stand on the side of
// the limit where it was measured: rounding never hides a breach.
func Beside(measured, limit float64, u Unit) string {
	s := ""
	for digits := significant; digits <= maxDigits; digits++ {
		var v float64
		switch u {
		case Ratio:
			s, v = percent(measured, digits)
			s += " %"
			if digits == significant && measured < 0.0001 && limit > 0 && limit < 0.0001 {
				continue
			}
		case PerSecond:
			s, v = rate(measured, digits)
			s += "/s"
		case Number:
			s, v = amount(measured, digits)
		case Size:
			s, v = size(measured, digits)
		default:
			s, v = duration(measured, digits)
		}
		if cmp.Compare(v, limit) == cmp.Compare(measured, limit) {
			break
		}
	}
	return s
}

// Margin says how far a figure is from its limit: "+24 %", "−72 %", "18 ×"
// from twice the limit on. A limit of zero has no margin but in words.
func Margin(measured, limit float64) string {
	if limit == 0 {
		if measured == 0 {
			return "at limit"
		}
		return "over"
	}
	ratio := measured / limit
	if ratio >= 1e6 {
		return "> 1,000,000 ×"
	}
	if ratio >= 2 {
		_, s := round(ratio, 2)
		if ratio >= 1000 {
			s = Count(int64(math.Round(ratio)))
		}
		return trimZeros(s) + " ×"
	}
	return Signed(ratio-1) + " %"
}

// Signed is a relative difference as a signed percentage without its sign
// for percent: "+24", "−0.08".
func Signed(d float64) string {
	sign := "+"
	if d < 0 {
		sign, d = "−", -d
	}
	p := d * 100
	switch {
	case p == 0:
		return "0"
	case p < 0.01:
		return sign + "< 0.01"
	case p >= 9.95:
		// Nothing but a full stop short of the limit is −100.
		if p < 100 && p >= 99.5 {
			return sign + trimZeros(fixed(math.Floor(p*10)/10, 1))
		}
		return sign + fixed(p, 0)
	}
	_, s := round(p, 2)
	return sign + trimZeros(s)
}
