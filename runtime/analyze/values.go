package analyze

import (
	"math"
	"strconv"
	"time"

	"throng/runtime/report/text"
)

// Num is a number that JSON shows with at most four significant digits and
// without an exponent; what is no number is null.
type Num float64

// MarshalJSON writes the number.
func (n Num) MarshalJSON() ([]byte, error) {
	v := float64(n)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	if math.Abs(v) < 1e4 {
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 3, 64), 64)
	}
	return strconv.AppendFloat(nil, v, 'f', -1, 64), nil
}

// Ms is a moment that JSON shows in whole milliseconds.
type Ms time.Duration

// MarshalJSON writes whole milliseconds.
func (m Ms) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, time.Duration(m).Milliseconds(), 10), nil
}

// show writes a figure with its unit.
func show(v float64, u Unit) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return text.None
	}
	switch u {
	case Milliseconds:
		return text.Duration(v * 1e6)
	case Ratio:
		return text.Figure(v, text.Ratio)
	case PerSecond:
		return text.Figure(v, text.PerSecond)
	case Bytes:
		return text.Figure(v, text.Size)
	}
	return text.Figure(v, text.Number)
}

// whole is a figure in the unit that limits are written in.
func (u Unit) whole(v float64) (float64, text.Unit) {
	switch u {
	case Milliseconds:
		return math.Round(v * 1e6), text.Nanoseconds
	case Ratio:
		return v, text.Ratio
	case PerSecond:
		return v, text.PerSecond
	case Bytes:
		return v, text.Size
	}
	return v, text.Number
}

// Seen are the figures a finding rests on, in words.
func (f *Finding) Seen() []string {
	var list []string
	if f.SLA != "" && f.Request != "" {
		list = append(list, "SLA "+f.SLA)
	}
	for _, e := range f.Evidence {
		s := show(float64(e.Value), e.Unit)
		if e.Name == limitName {
			s = text.Limit(e.Unit.whole(float64(e.Value)))
		}
		list = append(list, e.Name+" "+s)
	}
	return list
}

// When is the time a finding is about, in words.
func (f *Finding) When() string { return clockSpan(f.From, f.To) }

func duration(ns float64) string { return show(ns/1e6, Milliseconds) }

func ms(name string, ns float64) Figure { return Figure{name, Num(ns / 1e6), Milliseconds} }

func number(name string, v float64) Figure { return Figure{name, Num(v), Plain} }

func share(name string, v float64) Figure { return Figure{name, Num(v), Ratio} }

func perSecond(name string, v float64) Figure { return Figure{name, Num(v), PerSecond} }

func percent(v float64) string { return text.Percent(v) + " %" }
