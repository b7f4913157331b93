package stdlib_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
	"throng/stdlib"
)

// lower makes the node of a call with constant arguments.
func lower(t testing.TB, name string, args ...plan.Value) plan.Expr {
	t.Helper()
	f, ok := stdlib.Lookup(name)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	var c stdlib.Call
	for _, a := range args {
		c.Args = append(c.Args, plan.Const{Value: a})
	}
	node, err := f.Lower(c)
	if err != nil {
		t.Fatal(err)
	}
	return node
}

func str(s string) plan.Value { return plan.StringValue(s) }

// sample draws n values of a call.
func sample(t *testing.T, n int, name string, args ...plan.Value) []plan.Value {
	t.Helper()
	node, f := lower(t, name, args...), frame(2026)
	out := make([]plan.Value, n)
	for i := range out {
		v, err := node.Eval(f)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = v
	}
	return out
}

// TestLaws is a Kolmogorov-Smirnov test of the continuous distributions. The
// seed is fixed; the limit is passed by chance once in a thousand seeds.
func TestLaws(t *testing.T) {
	phi := func(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
	for _, c := range []struct {
		name string
		args []plan.Value
		cdf  func(x float64) float64
	}{
		{"between", []plan.Value{str("1s"), plan.IntValue(3)}, func(x float64) float64 { return (x - 1) / 2 }},
		{"exponential", []plan.Value{str("2s")}, func(x float64) float64 { return 1 - math.Exp(-x/2) }},
		{"normal", []plan.Value{str("2s"), str("500ms")}, func(x float64) float64 { return phi((x - 2) / 0.5) }},
		// Half of this one lies below zero without truncation.
		{"normal", []plan.Value{str("0s"), str("1s")}, func(x float64) float64 { return 2*phi(x) - 1 }},
		{"normal", []plan.Value{str("1s"), str("1s")}, func(x float64) float64 { return (phi(x-1) - phi(-1)) / (1 - phi(-1)) }},
		{"randfloat", []plan.Value{plan.IntValue(-1), plan.IntValue(1)}, func(x float64) float64 { return (x + 1) / 2 }},
		// With a mean of 4 and a deviation of 3 the logarithm's variance is
		// ln(1+9/16), and its mean ln(4) less half of that.
		{"lognormal", []plan.Value{str("4s"), str("3s")}, func(x float64) float64 {
			variance := math.Log(1 + 9./16)
			return phi((math.Log(x) - math.Log(4) + variance/2) / math.Sqrt(variance))
		}},
		{"pareto", []plan.Value{str("2s"), number(t, "1.5")}, func(x float64) float64 { return 1 - math.Pow(2/x, 1.5) }},
	} {
		const n = 20_000
		var xs []float64
		for _, v := range sample(t, n, c.name, c.args...) {
			xs = append(xs, v.Float64())
		}
		slices.Sort(xs)
		if c.name != "randfloat" && xs[0] < 0 {
			t.Errorf("%s: a negative length of time, %g", c.name, xs[0])
		}
		worst := 0.0
		for i, x := range xs {
			p := c.cdf(x)
			worst = max(worst, p-float64(i)/n, float64(i+1)/n-p)
		}
		if d := worst * math.Sqrt(n); d > 1.95 {
			t.Errorf("%s%v: Kolmogorov-Smirnov distance %.2f/√n", c.name, c.args, d)
		}
	}
}

// chiSquare fails if counts are unlikely under the shares, at about one in a
// thousand (normal approximation of the statistic's cube root).
func chiSquare(t *testing.T, what string, counts map[string]int, shares map[string]float64) {
	t.Helper()
	n := 0
	for k, c := range counts {
		if shares[k] == 0 {
			t.Fatalf("%s gave %q, which has no share", what, k)
		}
		n += c
	}
	x := 0.0
	for k, p := range shares {
		e := p * float64(n)
		x += (float64(counts[k]) - e) * (float64(counts[k]) - e) / e
	}
	df := float64(len(shares) - 1)
	if z := (math.Cbrt(x/df) - (1 - 2/(9*df))) / math.Sqrt(2/(9*df)); z > 3.1 {
		t.Errorf("%s: chi-square %.1f with %g degrees of freedom", what, x, df)
	}
}

func number(t *testing.T, s string) plan.Value {
	v, ok := plan.ParseNumber(s)
	if !ok {
		t.Fatal(s)
	}
	return v
}

// TestCounts holds the discrete distributions against their shares.
func TestCounts(t *testing.T) {
	const n = 60_000
	for _, c := range []struct {
		name  string
		args  []plan.Value
		share func(k int) float64
		from  int
		to    int // beyond it shares are too small to be tested one by one
	}{
		{"poisson", []plan.Value{number(t, "2.5")}, poissonShare(2.5), 0, 9},
		{"poisson", []plan.Value{plan.IntValue(10)}, poissonShare(10), 1, 21},
		{"poisson", []plan.Value{plan.IntValue(40)}, poissonShare(40), 22, 60},
		{"zipf", []plan.Value{plan.IntValue(1), plan.IntValue(30), plan.IntValue(1)}, zipfShare(1, 30, 1), 1, 30},
		{"zipf", []plan.Value{plan.IntValue(-2), plan.IntValue(9), number(t, "2.5")}, zipfShare(-2, 9, 2.5), -2, 9},
		{"zipf", []plan.Value{plan.IntValue(0), plan.IntValue(9), plan.IntValue(0)}, zipfShare(0, 9, 0), 0, 9},
		{"zipf", []plan.Value{plan.IntValue(5), plan.IntValue(5), plan.IntValue(2)}, zipfShare(5, 5, 2), 5, 5},
	} {
		counts, shares := map[string]int{}, map[string]float64{}
		rest := 1.0
		for k := c.from; k <= c.to; k++ {
			shares[fmt.Sprint(k)] = c.share(k)
			rest -= c.share(k)
		}
		if rest > 1e-9 {
			shares["rest"] = rest
		}
		for _, v := range sample(t, n, c.name, c.args...) {
			k := fmt.Sprint(v.Int64())
			if shares[k] == 0 {
				k = "rest"
			}
			counts[k]++
		}
		if len(shares) > 1 {
			chiSquare(t, fmt.Sprint(c.name, c.args), counts, shares)
		} else if counts["5"] != n {
			t.Errorf("%s: %v", c.name, counts)
		}
	}
	for _, v := range sample(t, 2000, "poisson", plan.IntValue(1e9)) {
		if x := v.Float64(); math.Abs(x-1e9) > 6*math.Sqrt(1e9) {
			t.Errorf("poisson(1e9) gives %g", x)
		}
	}
	for _, v := range sample(t, 2000, "zipf", plan.IntValue(1), plan.IntValue(1<<51), plan.IntValue(100)) {
		if v.Int64() != 1 {
			t.Errorf("zipf with an exponent of 100 gives %d", v.Int64())
		}
	}
}

func poissonShare(mean float64) func(k int) float64 {
	return func(k int) float64 {
		l, _ := math.Lgamma(float64(k) + 1)
		return math.Exp(float64(k)*math.Log(mean) - mean - l)
	}
}

func zipfShare(least, most int, exponent float64) func(k int) float64 {
	total := 0.0
	for k := 1; k <= most-least+1; k++ {
		total += math.Pow(float64(k), -exponent)
	}
	return func(k int) float64 { return math.Pow(float64(k-least+1), -exponent) / total }
}

func TestChoices(t *testing.T) {
	count := func(vs []plan.Value) map[string]int {
		m := map[string]int{}
		for _, v := range vs {
			m[string(v.AppendJSON(nil, false))]++
		}
		return m
	}
	const n = 60_000
	dice := map[string]float64{"-2": 1. / 6, "-1": 1. / 6, "0": 1. / 6, "1": 1. / 6, "2": 1. / 6, "3": 1. / 6}
	chiSquare(t, "randint", count(sample(t, n, "randint", plan.IntValue(-2), plan.IntValue(3))), dice)
	chiSquare(t, "pick", count(sample(t, n, "pick", plan.ListValue([]plan.Value{str("a"), plan.IntValue(7), plan.NullValue()}))),
		map[string]float64{`"a"`: 1. / 3, "7": 1. / 3, "null": 1. / 3})
	weights := plan.ObjectValue([]plan.Field{{Name: "a", Value: plan.IntValue(3)}, {Name: "b", Value: plan.IntValue(1)}, {Name: "off", Value: plan.IntValue(0)}})
	chiSquare(t, "weighted", count(sample(t, n, "weighted", weights)), map[string]float64{`"a"`: 0.75, `"b"`: 0.25})
	orders := map[string]float64{}
	for _, o := range []string{"[1,2,3]", "[1,3,2]", "[2,1,3]", "[2,3,1]", "[3,1,2]", "[3,2,1]"} {
		orders[o] = 1. / 6
	}
	list := plan.ListValue([]plan.Value{plan.IntValue(1), plan.IntValue(2), plan.IntValue(3)})
	chiSquare(t, "shuffle", count(sample(t, n, "shuffle", list)), orders)
	pairs := map[string]float64{}
	for _, o := range []string{"[1,2]", "[1,3]", "[2,1]", "[2,3]", "[3,1]", "[3,2]"} {
		pairs[o] = 1. / 6
	}
	chiSquare(t, "sample", count(sample(t, n, "sample", list, plan.IntValue(2))), pairs)
	letters := map[string]int{}
	for _, v := range sample(t, 3000, "randstring", plan.IntValue(20)) {
		for _, c := range v.Str() {
			letters[string(c)]++
		}
	}
	shares := map[string]float64{}
	for k := range letters {
		shares[k] = 1. / 62
	}
	if len(letters) != 62 {
		t.Errorf("randstring uses %d letters", len(letters))
	}
	chiSquare(t, "randstring", letters, shares)
}

// clocks are the functions whose values are not replayed.
var clocks = map[string]bool{"timestamp": true, "unixtime": true, "ulid": true, "totp": true}

// TestReplay: the same seed gives the same values, in every form, whether
// the arguments are constant or not.
func TestReplay(t *testing.T) {
	for _, f := range stdlib.Table {
		if f.Bind == nil || clocks[f.Name] {
			continue
		}
		name, in := f.Name, exampleArgs(t, f)
		constant := lower(t, name, in...)
		var call stdlib.Call
		var values []cty.Value
		for _, a := range in {
			call.Args = append(call.Args, opaque{a})
			v, _ := stdlib.ToCty(a, cty.DynamicPseudoType)
			values = append(values, v)
		}
		opened, err := f.Lower(call)
		if err != nil {
			t.Fatal(err)
		}
		f1, f2, f3, f4 := frame(5), frame(5), frame(5), frame(5)
		for range 20 {
			a, err := constant.Eval(f1)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := opened.Eval(f2)
			text := []byte(a.Text())
			if appender, ok := constant.(plan.Appender); ok {
				text, _ = appender.AppendText(f3, nil)
			}
			out, err := f.Bind(f4).Call(values)
			if err != nil {
				t.Fatal(err)
			}
			c, _ := stdlib.FromCty(out)
			if !a.Equal(b) || !a.Equal(c) || a.Text() != string(text) || a.Text() != c.Text() {
				t.Fatalf("%s: %s, %s, %s, %s", name, a.Text(), b.Text(), text, c.Text())
			}
		}
	}
}

func TestRandintWide(t *testing.T) {
	low, high := false, false
	for _, v := range sample(t, 200, "randint", plan.IntValue(math.MinInt64), plan.IntValue(math.MaxInt64)) {
		low, high = low || v.Int64() < -1<<62, high || v.Int64() > 1<<62
	}
	if !low || !high {
		t.Error("the whole range is not covered")
	}
}

func TestAllocations(t *testing.T) {
	f := frame(9)
	buf := make([]byte, 0, 256)
	for name, args := range map[string][]plan.Value{
		"randint": {plan.IntValue(1), plan.IntValue(100000)}, "uuid": nil, "ulid": nil, "between": {str("1s"), str("3s")},
		"exponential": {str("1s")}, "randstring": {plan.IntValue(16)}, "randfloat": {plan.IntValue(0), plan.IntValue(1)},
		"lognormal": {str("1s"), str("1s")}, "pareto": {str("1s"), plan.IntValue(2)}, "zipf": {plan.IntValue(1), plan.IntValue(1000), plan.IntValue(1)},
		"poisson": {plan.IntValue(20)}, "randhex": {plan.IntValue(16)}, "fake_name": nil, "fake_email": nil, "fake_street": nil, "fake_user_agent": nil,
		"fake_sentence": {plan.IntValue(9)}, "fake_url": nil, "fake_credit_card": nil, "fake_date": {str("2020-01-01"), str("2025-01-01")},
	} {
		node := lower(t, name, args...).(plan.Appender)
		if n := testing.AllocsPerRun(200, func() { buf, _ = node.AppendText(f, buf[:0]) }); n != 0 {
			t.Errorf("%s appended: %g allocations", name, n)
		}
	}
}

// TestRunTimeErrors: what cannot be known before the run is an error with
// the place and the function's name.
func TestRunTimeErrors(t *testing.T) {
	for name, args := range map[string][]plan.Value{
		"randint": {plan.IntValue(3), plan.IntValue(1)}, "pick": {plan.ListValue(nil)}, "seconds": {str("soon")},
		"upper": {plan.ListValue(nil)}, "regex": {str("a"), str("b")},
	} {
		f, _ := stdlib.Lookup(name)
		call := stdlib.Call{Site: 4}
		for _, a := range args {
			call.Args = append(call.Args, opaque{a})
		}
		node, err := f.Lower(call)
		if err != nil {
			t.Fatal(err)
		}
		_, err = node.Eval(frame(1))
		e, ok := err.(*plan.EvalError)
		if !ok || e.Site != 4 || e.Class != plan.FailExpression || !strings.HasPrefix(e.Message, name+": ") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := f.Lower(stdlib.Call{Args: make([]plan.Expr, 9)}); err == nil {
			t.Errorf("%s takes nine arguments", name)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, args := range map[string][]plan.Value{
		"uuid": nil, "randint": {plan.IntValue(1), plan.IntValue(20)}, "between": {str("1s"), str("3s")},
	} {
		b.Run(name, func(b *testing.B) {
			node, f, buf := lower(b, name, args...).(plan.Appender), frame(1), make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				buf, _ = node.AppendText(f, buf[:0])
			}
		})
	}
}

func BenchmarkLowered(b *testing.B) {
	format := str("user-%04d")
	for name, args := range map[string][]plan.Expr{
		"format":   {plan.Const{Value: format}, opaque{plan.IntValue(17)}},
		"upper":    {opaque{str("hello")}},
		"regex":    {plan.Const{Value: str("code=([^&]+)")}, opaque{str("/cb?code=x1&state=2")}},
		"contains": {plan.Const{Value: plan.ListValue([]plan.Value{str("a"), str("b")})}, opaque{str("b")}},
	} {
		b.Run(name, func(b *testing.B) {
			f, _ := stdlib.Lookup(name)
			node, err := f.Lower(stdlib.Call{Args: args})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				_, _ = node.Eval(nil)
			}
		})
	}
}
