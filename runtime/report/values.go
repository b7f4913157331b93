package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Ms is a time in nanoseconds that JSON shows in milliseconds, exactly and
// without an exponent.
type Ms int64

// MarshalJSON writes milliseconds with up to six places.
func (m Ms) MarshalJSON() ([]byte, error) {
	n, sign := uint64(m), ""
	if m < 0 {
		n, sign = -n, "-"
	}
	s := fmt.Sprintf("%s%d.%06d", sign, n/1e6, n%1e6)
	return []byte(strings.TrimSuffix(strings.TrimRight(s, "0"), ".")), nil
}

// UnmarshalJSON reads milliseconds; what is finer than a nanosecond is
// rounded.
func (m *Ms) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return fmt.Errorf("%q is no number of milliseconds", b)
	}
	*m = Ms(math.Round(v * 1e6))
	return nil
}

// Num is a number that JSON shows without an exponent.
type Num float64

// MarshalJSON writes the shortest decimal that reads back as the number.
// What is no number is null.
func (n Num) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(n), 'f', -1, 64), nil
}

func num(v float64) *Num {
	n := Num(v)
	return &n
}

func ms(d time.Duration) Ms { return Ms(d) }

// ratio is a/b, 0 where b is.
func ratio(a, b int64) Num {
	if b == 0 {
		return 0
	}
	return Num(float64(a) / float64(b))
}
