package sla

import (
	"math"
	"math/big"
	"strconv"
)

// decimal is f as the number it is written as, so that a limit of 7 % and 7
// failures in 100 are equal, which as binary fractions they are not.
func decimal(f float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if !ok {
		return new(big.Rat) // NaN and infinities; the compiler lets none through
	}
	return r
}

// compareRatio compares a/b, b > 0, with limit, without rounding.
func compareRatio(a, b int64, limit *big.Rat) int {
	return new(big.Rat).SetFrac64(a, b).Cmp(limit)
}

// share writes a ratio as a percentage.
func share(ratio float64) string { return trim(ratio*100, 3) + " %" }

// duration writes nanoseconds in the unit a person would choose.
func duration(ns float64) string {
	switch a := math.Abs(ns); {
	case a == 0:
		return "0 s"
	case a < 1e3:
		return trim(ns, 3) + " ns"
	case a < 1e6:
		return trim(ns/1e3, 3) + " µs"
	case a < 1e9:
		return trim(ns/1e6, 3) + " ms"
	}
	return trim(ns/1e9, 3) + " s"
}

// trim writes f with at most so many decimals, and no trailing zeros.
func trim(f float64, decimals int) string {
	scale := math.Pow10(decimals)
	if r := math.Round(f*scale) / scale; r != 0 || f == 0 {
		return strconv.FormatFloat(r, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', 2, 64)
}
