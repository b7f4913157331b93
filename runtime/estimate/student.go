package estimate

import "math"

// TwoSided is the chance that a value of Student's distribution with so many
// degrees of freedom is at least as far from zero as t. Without a positive
// number of degrees it is 1: nothing can be said.
func TwoSided(t, degrees float64) float64 {
	switch {
	case degrees <= 0 || math.IsNaN(t):
		return 1
	case math.IsInf(t, 0):
		return 0
	}
	return beta(degrees/(degrees+t*t), degrees/2, 0.5)
}

// Student is the t that |T| stays below with the given confidence, in 0..1.
func Student(confidence, degrees float64) float64 {
	if degrees <= 0 {
		return math.Inf(1)
	}
	low, high := 0.0, 1.0
	for TwoSided(high, degrees) > 1-confidence && high < 1e12 {
		high *= 2
	}
	for range 80 {
		middle := (low + high) / 2
		if TwoSided(middle, degrees) > 1-confidence {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// beta is the regularized incomplete beta function I_x(a, b), by its continued
// fraction (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.5.8),
// evaluated with Lentz's method.
func beta(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2):
		return 1 - beta(1-x, b, a)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny, enough = 1e-300, 1e-14
	away := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/away(1-(a+b)*x/(a+1))
	f := d
	for m := 1.0; m < 500; m++ {
		for _, k := range []float64{
			m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)),
			-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1)),
		} {
			d = 1 / away(1+k*d)
			c = away(1 + k/c)
			f *= c * d
		}
		if math.Abs(c*d-1) < enough {
			break
		}
	}
	return front * f
}
