package text

import (
	"strconv"
	"strings"
)

// Figure writes a figure of a unit with three significant digits: "231 ms",
// "5 %", "1,240", "64 KiB".
func Figure(v float64, u Unit) string {
	switch u {
	case Ratio:
		return Percent(v) + " %"
	case PerSecond:
		return Rate(v) + "/s"
	case Number:
		s, _ := amount(v, significant)
		return s
	case Size:
		s, _ := size(v, significant)
		return s
	}
	return Duration(v)
}

// Range writes two figures, the unit once where it is the same: "466–512 ms",
// "980 ms–1.02 s".
func Range(from, to string) string {
	if from == to {
		return from
	}
	a, unit, found := strings.Cut(from, " ")
	b, other, _ := strings.Cut(to, " ")
	if found && unit == other && !strings.Contains(unit, " ") {
		return a + "–" + b + " " + unit
	}
	return from + "–" + to
}

// amount writes a number with so many significant digits, whole digits never
// cut, and returns what the text stands for.
func amount(x float64, digits int) (string, float64) {
	switch {
	case x == 0:
		return "0", 0
	case x < 0:
		s, v := amount(-x, digits)
		return "−" + s, -v
	}
	v, s := round(x, digits)
	return grouped(trimZeros(s)), v
}

// grouped puts commas into the whole digits of a number.
func grouped(s string) string {
	whole, fraction, found := strings.Cut(s, ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
		whole = Count(n)
	}
	if found {
		whole += "." + fraction
	}
	return whole
}

func exactAmount(v float64) string {
	if s, shown := amount(v, significant); shown == v {
		return s
	}
	return grouped(strconv.FormatFloat(v, 'f', -1, 64))
}

var sizeNames = []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}

// size writes bytes with binary units, as limits are written, and so many
// significant digits.
func size(x float64, digits int) (string, float64) {
	if x < 0 {
		s, v := size(-x, digits)
		return "−" + s, -v
	}
	scale, i := 1.0, 0
	for x/scale >= 1024 && i < len(sizeNames)-1 {
		scale *= 1024
		i++
	}
	s, v := amount(x/scale, digits)
	return s + " " + sizeNames[i], v * scale
}

// exactSize is a size in the largest unit that needs no more than three
// digits, or in bytes.
func exactSize(v float64) string {
	if s, shown := size(v, significant); shown == v {
		return s
	}
	return exactAmount(v) + " B"
}
