package compare

import (
	"math"
	"strconv"
)

// Num is a number that JSON shows with at most six significant digits and
// without an exponent; what is no number is null.
type Num float64

// MarshalJSON writes the number.
func (n Num) MarshalJSON() ([]byte, error) {
	v := float64(n)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	if math.Abs(v) < 1e6 {
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 5, 64), 64)
	}
	if math.Abs(v) < 1e-12 {
		v = 0
	}
	return strconv.AppendFloat(nil, v, 'f', -1, 64), nil
}

func num(v float64) *Num {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	n := Num(v)
	return &n
}
