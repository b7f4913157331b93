package forecast

import (
	"math"
	"strings"
	"time"

	"throng/runtime/report/text"
)

// span is a declared length.
func span(d time.Duration) string { return text.Span(d) }

// about is a number that is only expected: whole, or with one decimal where
// it is small.
func about(n float64) string {
	switch {
	case math.IsInf(n, 0) || math.IsNaN(n):
		return "any number"
	case n == 0:
		return "0"
	case n < 0.05:
		return "< 0.1"
	case n < 9.95 && math.Abs(n-math.Round(n)) >= 0.05:
		return text.Rate(math.Round(n*10) / 10)[:3]
	}
	return text.Count(whole(n))
}

// trimmed is a declared figure, without the zeros that would say it had been
// measured.
func trimmed(x float64) string {
	s := text.Rate(x)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func whole(n float64) int64 { return int64(math.Round(math.Min(n, 1e18))) }

func ceil(n float64) int64 { return int64(math.Ceil(math.Min(n, 1e18) - 1e-9)) }

func plural(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return text.Count(n) + " " + noun
}
