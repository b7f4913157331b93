package estimate

import "math"

// Shift is how far one set of values lies from another.
type Shift struct {
	By float64 // the mean of the second less that of the first
	T  float64 // By in standard errors
	P  float64 // chance of such a T, or one farther from 0, without a difference
}

// Between compares the means of two series, each of values in the order of
// time. It is Welch's test (1947), in which a series counts for as many values
// as it has independent ones. Fewer than three of either give a P of 1.
func Between(a, b []float64) Shift {
	if len(a) < 3 || len(b) < 3 {
		return Shift{P: 1}
	}
	va, na := meanVariance(a)
	vb, nb := meanVariance(b)
	s := Shift{By: Mean(b) - Mean(a), P: 1}
	error2 := va + vb
	if error2 == 0 {
		if s.By != 0 {
			s.T, s.P = math.Copysign(math.Inf(1), s.By), 0
		}
		return s
	}
	degrees := error2 * error2 / (va*va/max(na-1, 0.5) + vb*vb/max(nb-1, 0.5))
	s.T = s.By / math.Sqrt(error2)
	s.P = TwoSided(s.T, degrees)
	return s
}

// meanVariance is the variance of the mean of a series, and how many of its
// values are independent.
func meanVariance(values []float64) (v, independent float64) {
	n, mean := float64(len(values)), Mean(values)
	for _, x := range values {
		v += (x - mean) * (x - mean)
	}
	independent = max(1, n/Correlated(values))
	return v / (n - 1) / independent, independent
}
