package stdlib

import (
	"math"
	"time"

	"throng/dsl/plan"
)

// law is a distribution of lengths of time.
type law uint8

const (
	constantLaw    law = iota // a
	uniformLaw                // a to b
	exponentialLaw            // mean a
	normalLaw                 // mean a, deviation b, not negative
	lognormalLaw              // the logarithm has mean mu and deviation sigma
	paretoLaw                 // least a, with shape sigma
)

// lengthDraw draws lengths of time, to the nanosecond, in seconds.
type lengthDraw struct {
	law       law
	a, b      time.Duration
	mu, sigma float64
}

func (d lengthDraw) draw(f *plan.Frame) time.Duration {
	switch d.law {
	case uniformLaw:
		return d.a + time.Duration(f.Rand.Uint64N(uint64(d.b-d.a)+1))
	case exponentialLaw:
		return nanoseconds(f.Rand.ExpFloat64() * float64(d.a))
	case normalLaw:
		return d.normal(f)
	case lognormalLaw:
		return nanoseconds(math.Exp(f.Rand.NormFloat64()*d.sigma + d.mu))
	case paretoLaw:
		return nanoseconds(float64(d.a) * math.Exp(f.Rand.ExpFloat64()/d.sigma))
	}
	return d.a
}

// lognormal is the lognormal law of a mean and a deviation, both of the
// lengths themselves and not of their logarithms.
func lognormal(mean, deviation time.Duration) lengthDraw {
	if mean == 0 || deviation == 0 {
		return lengthDraw{law: constantLaw, a: mean}
	}
	ratio := float64(deviation) / float64(mean)
	variance := math.Log1p(ratio * ratio)
	return lengthDraw{law: lognormalLaw, mu: math.Log(float64(mean)) - variance/2, sigma: math.Sqrt(variance)}
}

// normal draws until a value is not negative. The mean is not, so at least
// every other draw is kept; the bound is only there to have one.
func (d lengthDraw) normal(f *plan.Frame) time.Duration {
	for range 128 {
		if x := f.Rand.NormFloat64()*float64(d.b) + float64(d.a); x >= 0 {
			return nanoseconds(x)
		}
	}
	return d.a
}

func nanoseconds(x float64) time.Duration {
	if x >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(x)
}

func (d lengthDraw) value(f *plan.Frame) plan.Value { return secondsValue(d.draw(f)) }

func (d lengthDraw) appendText(f *plan.Frame, dst []byte) []byte {
	return appendSeconds(dst, d.draw(f))
}
