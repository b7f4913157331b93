package stdlib

import (
	"math"
	"strconv"

	"throng/dsl/plan"
)

// counter draws whole numbers.
type counter interface{ draw(f *plan.Frame) int64 }

// countDraw is a drawer of whole numbers.
type countDraw struct{ counter }

func (d countDraw) value(f *plan.Frame) plan.Value { return plan.IntValue(d.draw(f)) }

func (d countDraw) appendText(f *plan.Frame, dst []byte) []byte {
	return strconv.AppendInt(dst, d.draw(f), 10)
}

// poisson is the Poisson distribution. Small means multiply (Knuth, The Art
// of Computer Programming, volume 2, 3.4.1); from 10 on it is Hörmann's
// transformed rejection (PTRS, Insurance: Mathematics and Economics 12, 1993),
// which takes the same time for every mean.
type poisson struct{ mean float64 }

func (d poisson) draw(f *plan.Frame) int64 {
	if d.mean >= 10 {
		return d.reject(f)
	}
	limit, n := math.Exp(-d.mean), int64(0)
	for product := f.Rand.Float64(); product > limit; product *= f.Rand.Float64() {
		n++
	}
	return n
}

func (d poisson) reject(f *plan.Frame) int64 {
	logMean := math.Log(d.mean)
	b := 0.931 + 2.53*math.Sqrt(d.mean)
	a := -0.059 + 0.02483*b
	logInverse := math.Log(1.1239 + 1.1328/(b-3.4))
	accepted := 0.9277 - 3.6224/(b-2)
	for {
		u, v := f.Rand.Float64()-0.5, f.Rand.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + d.mean + 0.43)
		if us >= 0.07 && v <= accepted {
			return int64(k)
		}
		if k < 0 || us < 0.013 && v > us {
			continue
		}
		logFactorial, _ := math.Lgamma(k + 1)
		if math.Log(v)+logInverse-math.Log(a/(us*us)+b) <= k*logMean-d.mean-logFactorial {
			return int64(k)
		}
	}
}

// zipf is the Zipf distribution over count numbers from least on: the k-th
// is k to the power of -exponent as likely as the first. It is drawn by
// rejection-inversion (Hörmann and Derflinger, ACM TOMACS 6, 1996), which
// needs no table and takes any exponent from 0 on.
type zipf struct {
	least                 int64
	count                 float64
	exponent              float64
	first, last, squeezed float64 // bounds that do not change
}

func newZipf(least int64, count, exponent float64) zipf {
	d := zipf{least: least, count: count, exponent: exponent}
	d.first = d.integral(1.5) - 1
	d.last = d.integral(count + 0.5)
	d.squeezed = 2 - d.inverse(d.integral(2.5)-d.density(2))
	return d
}

func (d zipf) draw(f *plan.Frame) int64 {
	for {
		u := d.last + f.Rand.Float64()*(d.first-d.last)
		x := d.inverse(u)
		k := min(max(math.Floor(x+0.5), 1), d.count)
		if k-x <= d.squeezed || u >= d.integral(k+0.5)-d.density(k) {
			return d.least + int64(k) - 1
		}
	}
}

// density is x to the power of -exponent.
func (d zipf) density(x float64) float64 { return math.Exp(-d.exponent * math.Log(x)) }

// integral is an antiderivative of density.
func (d zipf) integral(x float64) float64 {
	log := math.Log(x)
	t := (1 - d.exponent) * log
	if math.Abs(t) > 1e-8 {
		return math.Expm1(t) / t * log
	}
	return log * (1 + t/2*(1+t/3)) // the quotient's series around 0
}

// inverse is the inverse of integral.
func (d zipf) inverse(x float64) float64 {
	t := max(x*(1-d.exponent), -1) // rounding must not lead out of the logarithm's domain
	if math.Abs(t) > 1e-8 {
		return math.Exp(math.Log1p(t) / t * x)
	}
	return math.Exp(x * (1 - t/2*(1-2*t/3)))
}
