package exampleapi

import (
	"math"
	"math/rand/v2"
	"time"
)

// A latency is a distribution of answer times: log-normal around its median,
// with one answer in a hundred two to four times as slow. No draw leaves the
// range from a quarter of the median to eight times the median.
type latency struct {
	median time.Duration
	spread float64 // the standard deviation of the logarithm
}

// What the services are made of. Percentiles are approximate, in milliseconds.
var (
	refusal  = latency{2 * time.Millisecond, 0.30}   // p50 2, p99 5: unknown paths and methods
	probe    = latency{2 * time.Millisecond, 0.30}   // p50 2, p99 5: health
	document = latency{5 * time.Millisecond, 0.30}   // p50 5, p99 12: docs, schema, metrics
	quick    = latency{8 * time.Millisecond, 0.40}   // p50 8, p99 24: a read by key
	list     = latency{18 * time.Millisecond, 0.40}  // p50 18, p99 53: a read of many
	heavy    = latency{28 * time.Millisecond, 0.40}  // p50 28, p99 82: a read that computes
	write    = latency{36 * time.Millisecond, 0.35}  // p50 36, p99 95
	login    = latency{55 * time.Millisecond, 0.25}  // p50 55, p99 120: passwords are hashed
	remote   = latency{110 * time.Millisecond, 0.35} // p50 110, p99 290: asks another machine
	model    = latency{280 * time.Millisecond, 0.30} // p50 280, p99 650: asks a language model
	audit    = latency{600 * time.Millisecond, 0.18} // p50 600, p95 830, p99 1200
	swift    = latency{400 * time.Microsecond, 0.30} // p50 0.4, p99 1: everything in the cookbook, but for two
	cheap    = latency{100 * time.Microsecond, 0.30} // p50 0.1, p99 0.3
	report   = latency{50 * time.Millisecond, 0.10}  // p50 50, p99 65
	frames   = latency{2 * time.Millisecond, 0.35}   // p50 2, p99 6: a message on a socket
)

// draw takes the next value from dice.
func (l latency) draw(dice *rand.Rand) time.Duration {
	d := float64(l.median) * math.Exp(l.spread*dice.NormFloat64())
	if dice.Float64() < 0.01 {
		d *= 2 + 2*dice.Float64()
	}
	return time.Duration(min(max(d, float64(l.median)/4), 8*float64(l.median)))
}

// newDice returns the draws number n of a stream. They depend on nothing else,
// so requests to one route don't disturb the draws of another.
func newDice(seed, stream, n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(mix(seed^mix(stream)), mix(n)))
}

// mix scatters the bits of x (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
