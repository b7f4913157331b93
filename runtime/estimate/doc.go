// Package estimate is what a statement about noisy figures rests on: robust
// slopes and their tests, Student's distribution, the spread of figures that
// are not independent, and corrections for asking many questions at once.
//
// It knows numbers only. Every function is pure and draws no random number, so
// that the same data always give the same answer.
package estimate

import (
	"math"
	"slices"
)

// Median is the middle of the values, NaN without one.
func Median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// Mean is the arithmetic mean, NaN without a value.
func Mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// Holm adjusts the p-values of tests that are made together, so that the
// chance of even one false alarm among them stays at the level the adjusted
// values are held against. Those that are NaN were not made. (S. Holm, A simple
// sequentially rejective multiple test procedure, 1979.)
func Holm(p []float64) []float64 {
	adjusted := slices.Clone(p)
	var order []int
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	highest := 0.0
	for k, i := range order {
		highest = max(highest, min(1, p[i]*float64(len(order)-k)))
		adjusted[i] = highest
	}
	return adjusted
}
