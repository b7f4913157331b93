package estimate

import (
	"math"
	"slices"
)

// Slope is a trend of values over time: how much a step of time adds.
type Slope struct {
	PerUnit   float64 // the Theil–Sen slope: the median of the slopes between all pairs
	Low, High float64 // what it lies between with the asked confidence
	Tau       float64 // Kendall's: 1 where every value is above those before it
	P         float64 // chance of such a Tau, or one farther from 0, without a trend
}

// Trend finds a monotonic trend in ys, observed at ascending xs. A few wild
// values do not move it. Its test is Mann's and Kendall's, with the variance
// corrected for values that resemble their neighbours; the interval is Sen's,
// from the same variance. It needs at least eight values, else P is 1.
//
// Sources: P. K. Sen, Estimates of the regression coefficient based on
// Kendall's tau, 1968; K. H. Hamed and A. R. Rao, A modified Mann-Kendall trend
// test for autocorrelated data, 1998. The correction here takes the first
// lags in which the ranks of the detrended values still resemble each other,
// and never makes the variance smaller.
func Trend(xs, ys []float64, confidence float64) Slope {
	n := len(xs)
	if n < 8 {
		return Slope{P: 1}
	}
	slopes, score := make([]float64, 0, n*(n-1)/2), 0.0
	for i := range xs {
		for k := i + 1; k < n; k++ {
			if xs[k] > xs[i] {
				slopes = append(slopes, (ys[k]-ys[i])/(xs[k]-xs[i]))
			}
			score += sign(ys[k] - ys[i])
		}
	}
	slices.Sort(slopes)
	s := Slope{PerUnit: Median(slopes), Tau: score / float64(n*(n-1)/2)}
	rest := make([]float64, n)
	for i := range xs {
		rest[i] = ys[i] - s.PerUnit*xs[i]
	}
	deviation := math.Sqrt(variance(ys) * inflation(ranks(rest)))
	if deviation == 0 {
		return Slope{P: 1}
	}
	distance := max(0, math.Abs(score)-1)
	s.P = TwoSided(distance/deviation, float64(n-2))
	half := Student(confidence, float64(n-2)) * deviation / 2
	at := func(rank float64) float64 { return slopes[min(max(int(rank), 0), len(slopes)-1)] }
	s.Low, s.High = at(float64(len(slopes))/2-half), at(float64(len(slopes))/2+half)
	return s
}

// variance is that of Kendall's score of independent values, ties considered.
func variance(ys []float64) float64 {
	n := float64(len(ys))
	v := n * (n - 1) * (2*n + 5)
	sorted := slices.Sorted(slices.Values(ys))
	for i := 0; i < len(sorted); {
		k := i
		for k < len(sorted) && sorted[k] == sorted[i] {
			k++
		}
		t := float64(k - i)
		v -= t * (t - 1) * (2*t + 5)
		i = k
	}
	return v / 18
}

// inflation is by how much more the score varies because ranks resemble their
// neighbours: Hamed's and Rao's equation, over the leading lags whose
// correlation is beyond chance.
func inflation(r []float64) float64 {
	n := float64(len(r))
	sum := 0.0
	for lag := 1; lag < len(r)/3; lag++ {
		rho := Correlation(r, lag)
		if rho <= 1/math.Sqrt(n) {
			break
		}
		// An estimate from few values is too small by about (1+3ρ)/n.
		rho = min(0.95, rho+(1+3*rho)/n)
		k := float64(lag)
		sum += (n - k) * (n - k - 1) * (n - k - 2) * rho
	}
	return 1 + 2/(n*(n-1)*(n-2))*sum
}

// Correlated is how many neighbouring values say no more than one of them: the
// integrated autocorrelation time 1 + 2·Σρ, over the leading lags whose
// correlation is beyond chance, at least 1. (A. Sokal, Monte Carlo methods in
// statistical mechanics, section 3.)
func Correlated(values []float64) float64 {
	n := float64(len(values))
	sum := 0.0
	for lag := 1; lag < len(values)/3; lag++ {
		rho := Correlation(values, lag)
		if rho <= 1/math.Sqrt(n) {
			break
		}
		sum += rho
	}
	return 1 + 2*sum
}

// Correlation is that of values with those so many places later.
func Correlation(values []float64, lag int) float64 {
	mean, all, both := Mean(values), 0.0, 0.0
	for i, v := range values {
		all += (v - mean) * (v - mean)
		if i >= lag {
			both += (v - mean) * (values[i-lag] - mean)
		}
	}
	if all == 0 {
		return 0
	}
	return both / all
}

// ranks are the values' places among all of them; equal ones share theirs.
func ranks(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	r := make([]float64, len(values))
	for i, v := range values {
		first, _ := slices.BinarySearch(sorted, v)
		last := first
		for last < len(sorted) && sorted[last] == v {
			last++
		}
		r[i] = float64(first+last-1) / 2
	}
	return r
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
