package text

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// None is shown where there is no figure.
const None = "–"

// significant is how many digits a rounded figure keeps.
const significant = 3

// Duration is a time in nanoseconds at three significant digits: "940 µs",
// "9.4 ms", "231 ms", "1.40 s", "2 min 05 s".
func Duration(ns float64) string {
	s, _ := duration(ns, significant)
	return s
}

// AtLeast is a lower bound of a time in nanoseconds: "≥ 1 s". It is rounded
// down, so that the statement stays true.
func AtLeast(ns float64) string {
	u := unitOf(ns)
	x := ns / u.ns
	scale := math.Pow10(decimals(x, significant))
	return "≥ " + trimZeros(fixed(math.Floor(x*scale+1e-9)/scale, decimals(x, significant))) + " " + u.name
}

type unit struct {
	name string
	ns   float64
}

var units = []unit{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}

// unitOf is the largest unit in which ns is at least one.
func unitOf(ns float64) unit {
	for i := len(units) - 1; i > 0; i-- {
		if ns >= units[i].ns {
			return units[i]
		}
	}
	return units[0]
}

// duration writes ns with so many significant digits, and returns what the
// text stands for.
func duration(ns float64, digits int) (string, float64) {
	if ns < 0 {
		s, v := duration(-ns, digits)
		return "−" + s, -v
	}
	if ns == 0 {
		return "0 ms", 0
	}
	u := unitOf(ns)
	x, s := round(ns/u.ns, digits)
	if x >= 1000 && u.ns < 1e9 {
		u = unitOf(x * u.ns)
		x, s = round(ns/u.ns, digits)
	}
	switch {
	case u.ns < 1e9:
		return trimZeros(s) + " " + u.name, x * u.ns
	case x < 60 || digits > significant:
		return s + " s", x * u.ns
	}
	whole := math.Round(ns / 1e9)
	return minutes(int64(whole)), whole * 1e9
}

// minutes writes whole seconds from a minute on.
func minutes(s int64) string {
	if s < 3600 {
		return strconv.FormatInt(s/60, 10) + " min " + two(s%60) + " s"
	}
	return strconv.FormatInt(s/3600, 10) + " h " + two(s%3600/60) + " min"
}

func two(n int64) string { return string([]byte{byte('0' + n/10%10), byte('0' + n%10)}) }

// Clock is a moment or a length on the run's clock: "0:45", "1:02:03".
func Clock(d time.Duration) string {
	s := int64(d / time.Second)
	if s < 0 {
		s = 0
	}
	if s < 3600 {
		return strconv.FormatInt(s/60, 10) + ":" + two(s%60)
	}
	return strconv.FormatInt(s/3600, 10) + ":" + two(s%3600/60) + ":" + two(s%60)
}

// Whole is a length in whole seconds: "6 s", "2 min 05 s".
func Whole(d time.Duration) string {
	s := int64(d / time.Second)
	if s < 60 {
		return strconv.FormatInt(s, 10) + " s"
	}
	return minutes(s)
}

// Span is a declared length, as short as it is exact: "250 ms", "15 s",
// "5 min", "1 h 30 min".
func Span(d time.Duration) string {
	if d <= 0 {
		return "0 s"
	}
	if d%time.Second != 0 && d < time.Minute {
		return Duration(float64(d))
	}
	return strings.TrimSuffix(strings.TrimSuffix(Whole(d), " 00 s"), " 00 min")
}

// Count is an exact number with comma groups: "2,329".
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Rate is a number a second: "58.3", "1,234".
func Rate(x float64) string {
	s, _ := rate(x, significant)
	return s
}

func rate(x float64, digits int) (string, float64) {
	if x == 0 {
		return "0", 0
	}
	if x < 0.001 && digits == significant {
		return "< 0.001", 0.0005
	}
	v, s := round(x, digits)
	return grouped(s), v
}

// Percent is a share, 0..1, as a percentage without its sign: "0" only for
// none at all, "100" only for all, "< 0.01" for a trace.
func Percent(share float64) string {
	s, _ := percent(share, significant)
	return s
}

func percent(share float64, digits int) (string, float64) {
	p := share * 100
	more := digits - significant
	switch {
	case share < 0:
		s, v := percent(-share, digits)
		return "−" + s, -v
	case share == 0 || share == 1:
		return strconv.FormatFloat(p, 'f', 0, 64), share
	case p < 0.01 && more == 0:
		return "< 0.01", 0.00005
	case p > 99.9 && p < 100 && more == 0:
		return "> 99.9", 0.9995
	}
	places := 1 + more
	if p < 0.995 {
		places = 2 + more
	}
	s := fixed(p, places)
	for ; places < 15 && (parse(s) == 0 || parse(s) == 100); places++ {
		s = fixed(p, places+1)
	}
	return s, parse(s) / 100
}

// Bytes is a size with decimal units: "1.20 MB".
func Bytes(n int64) string {
	names := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	x, i := float64(n), 0
	for x >= 999.5 && i < len(names)-1 {
		x /= 1000
		i++
	}
	_, s := round(x, significant)
	return s + " " + names[i]
}

// round writes x with so many significant digits, whole digits never cut,
// and returns what the text stands for.
func round(x float64, digits int) (float64, string) {
	s := fixed(x, decimals(x, digits))
	if v := parse(s); decimals(v, digits) < decimals(x, digits) {
		s = fixed(x, decimals(v, digits))
	}
	return parse(s), s
}

// decimals is how many places after the point show so many significant
// digits of x.
func decimals(x float64, digits int) int {
	if x <= 0 {
		return 0
	}
	return max(0, min(15, digits-1-int(math.Floor(math.Log10(x)))))
}

func fixed(x float64, places int) string { return strconv.FormatFloat(x, 'f', places, 64) }

func parse(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return v
}

func trimZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
