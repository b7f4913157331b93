package stdlib

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

// randomFunctions draw from the user's own seeded source: the same seed gives
// each user the same values. Those that give lengths of time give seconds.
var randomFunctions = []Function{
	impure(Function{Name: "randint", Category: "random", Signature: "randint(min, max)",
		Description: "A whole number from min to max, both included, all equally likely.", Example: `randint(1, 6)`, Result: `4`},
		cty.Number, 2, prepareRandint),
	impure(Function{Name: "randfloat", Category: "random", Signature: "randfloat(min, max)",
		Description: "A number from min up to, but without, max, all equally likely.", Example: `randfloat(0, 1)`, Result: `0.4178314120927`},
		cty.Number, 2, prepareRandfloat),
	impure(Function{Name: "pick", Category: "random", Signature: "pick(list)",
		Description: "An element of the list, all equally likely.", Example: `pick(["red", "green", "blue"])`, Result: `"green"`},
		cty.DynamicPseudoType, 1, preparePick),
	impure(Function{Name: "weighted", Category: "random", Signature: "weighted(weights)",
		Description: "A key of the map, as likely as its value is large among all values.", Example: `weighted({ buy = 1, browse = 9 })`, Result: `"browse"`},
		cty.String, 1, prepareWeighted),
	impure(Function{Name: "shuffle", Category: "random", Signature: "shuffle(list)",
		Description: "The list in random order, all orders equally likely.", Example: `shuffle([1, 2, 3])`, Result: `[2, 3, 1]`},
		cty.DynamicPseudoType, 1, prepareShuffle),
	impure(Function{Name: "uuid", Category: "random", Signature: "uuid()",
		Description: "A random UUID (version 4).", Example: `uuid()`, Result: `"1ad1b4b4-6c5c-4a1e-9b0e-0e5d1c9f2a77"`},
		cty.String, 0, always(uuidDraw{})),
	impure(Function{Name: "ulid", Category: "random", Signature: "ulid()",
		Description: "A ULID: a key that sorts by the time it was made, to the millisecond. Its time is not replayed with a seed.", Example: `ulid()`, Result: `"01JGJ8Q2F3ZK5N7T9V1X3Z5B7D"`},
		cty.String, 0, always(ulidDraw{})),
	impure(Function{Name: "randstring", Category: "random", Signature: "randstring(length)",
		Description: "A text of random letters a-z, A-Z and digits.", Example: `randstring(8)`, Result: `"k3Jx90Qa"`},
		cty.String, 1, texts(alphanumeric)),
	impure(Function{Name: "randhex", Category: "random", Signature: "randhex(length)",
		Description: "A text of random hexadecimal digits.", Example: `randhex(8)`, Result: `"3fa90c1e"`},
		cty.String, 1, texts(hexadecimals)),
	impure(Function{Name: "randbytes", Category: "random", Signature: "randbytes(count)",
		Description: "So many random bytes, in Base64.", Example: `randbytes(6)`, Result: `"q1fE9w0Z"`},
		cty.String, 1, prepareRandbytes),
	impure(Function{Name: "sample", Category: "random", Signature: "sample(list, count)",
		Description: "So many elements of the list in random order, each position at most once.", Example: `sample(["a", "b", "c"], 2)`, Result: `["c", "a"]`},
		cty.DynamicPseudoType, 2, prepareSample),
	impure(Function{Name: "poisson", Category: "random", Signature: "poisson(mean)",
		Description: "A whole number of independent events where so many are expected (Poisson distribution).", Example: `poisson(4)`, Result: `3`},
		cty.Number, 1, preparePoisson),
	impure(Function{Name: "zipf", Category: "random", Signature: "zipf(min, max, exponent)",
		Description: "A whole number from min to max, the first the most likely and the k-th as likely as 1 in k to the power of the exponent (Zipf distribution): how popular things are asked for. About 1 is usual; 0 makes all equally likely.",
		Example:     `zipf(1, 1000, 1.1)`, Result: `3`},
		cty.Number, 3, prepareZipf),
	impure(Function{Name: "constant", Category: "wait", Signature: "constant(duration)",
		Description: "Always the same duration, in seconds.", Example: `constant("1.5s")`, Result: `1.5`},
		cty.Number, 1, durations(func(d []time.Duration) (drawer, error) { return lengthDraw{law: constantLaw, a: d[0]}, nil })),
	impure(Function{Name: "between", Category: "wait", Signature: "between(min, max)",
		Description: "A duration from min to max, all equally likely, in seconds.", Example: `between("1s", "3s")`, Result: `2.137049001`},
		cty.Number, 2, durations(func(d []time.Duration) (drawer, error) {
			if d[0] > d[1] {
				return nil, fmt.Errorf("the first duration (%s) is longer than the second (%s)", d[0], d[1])
			}
			return lengthDraw{law: uniformLaw, a: d[0], b: d[1]}, nil
		})),
	impure(Function{Name: "exponential", Category: "wait", Signature: "exponential(mean)",
		Description: "A duration as between independent events (exponential distribution), in seconds.", Example: `exponential("2s")`, Result: `0.831776412`},
		cty.Number, 1, durations(func(d []time.Duration) (drawer, error) { return lengthDraw{law: exponentialLaw, a: d[0]}, nil })),
	impure(Function{Name: "normal", Category: "wait", Signature: "normal(mean, deviation)",
		Description: "A duration around a mean (normal distribution without its negative part), in seconds.", Example: `normal("2s", "500ms")`, Result: `2.310455021`},
		cty.Number, 2, durations(func(d []time.Duration) (drawer, error) { return lengthDraw{law: normalLaw, a: d[0], b: d[1]}, nil })),
	impure(Function{Name: "lognormal", Category: "wait", Signature: "lognormal(mean, deviation)",
		Description: "A duration with a long tail, as people take to read and decide (lognormal distribution of this mean and standard deviation), in seconds.", Example: `lognormal("5s", "3s")`, Result: `3.718204413`},
		cty.Number, 2, durations(func(d []time.Duration) (drawer, error) { return lognormal(d[0], d[1]), nil })),
	impure(Function{Name: "pareto", Category: "wait", Signature: "pareto(min, shape)",
		Description: "A duration of at least min, with a very long tail (Pareto distribution), in seconds. A smaller shape has a longer tail; up to 1 it has no mean.", Example: `pareto("1s", 2.5)`, Result: `1.297133052`},
		cty.Number, 2, preparePareto),
}

func wholeNumber(v plan.Value, what string) (int64, error) {
	n, err := number(v)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	if n.Kind() != plan.Int {
		return 0, fmt.Errorf("%s must be a whole number of at most 63 bits", what)
	}
	return n.Int64(), nil
}

func prepareRandint(args []plan.Value) (drawer, error) {
	least, err := wholeNumber(args[0], "min")
	if err != nil {
		return nil, err
	}
	most, err := wholeNumber(args[1], "max")
	if err != nil {
		return nil, err
	}
	if least > most {
		return nil, fmt.Errorf("min (%d) is greater than max (%d)", least, most)
	}
	return intDraw{least: least, span: uint64(most) - uint64(least)}, nil
}

func prepareRandfloat(args []plan.Value) (drawer, error) {
	var in [2]float64
	for i, a := range args {
		n, err := number(a)
		if err != nil {
			return nil, err
		}
		in[i] = n.Float64()
	}
	if !(in[0] <= in[1]) || math.IsInf(in[1]-in[0], 0) {
		return nil, errors.New("min must not be greater than max, nor both be enormous")
	}
	return floatDraw{least: in[0], most: in[1]}, nil
}

func preparePick(args []plan.Value) (drawer, error) {
	if args[0].Kind() != plan.List {
		return nil, errors.New("a list is required, not " + args[0].TypeName())
	}
	if len(args[0].Items()) == 0 {
		return nil, errors.New("the list is empty")
	}
	return pickDraw{items: args[0].Items()}, nil
}

func prepareWeighted(args []plan.Value) (drawer, error) {
	if args[0].Kind() != plan.Object {
		return nil, errors.New("a map from names to weights is required, not " + args[0].TypeName())
	}
	var d weightedDraw
	total := 0.0
	for _, f := range args[0].Fields() {
		n, err := number(f.Value)
		if err != nil {
			return nil, fmt.Errorf("weight of %s: %w", quoted(f.Name), err)
		}
		w := n.Float64()
		if w < 0 || math.IsInf(w, 0) {
			return nil, fmt.Errorf("weight of %s must be a number from 0 up", quoted(f.Name))
		}
		if w == 0 {
			continue
		}
		total += w
		d.keys = append(d.keys, f.Name)
		d.upTo = append(d.upTo, total)
	}
	if len(d.keys) == 0 || math.IsInf(total, 0) {
		return nil, errors.New("at least one weight must be above 0, and their sum finite")
	}
	return d, nil
}

func prepareShuffle(args []plan.Value) (drawer, error) {
	if args[0].Kind() != plan.List {
		return nil, errors.New("a list is required, not " + args[0].TypeName())
	}
	if len(args[0].Items()) > MaxElements {
		return nil, errElements
	}
	return shuffleDraw{items: args[0].Items()}, nil
}

// texts prepares texts of an alphabet.
func texts(alphabet string) prepare {
	return func(args []plan.Value) (drawer, error) {
		n, err := wholeNumber(args[0], "length")
		if err != nil {
			return nil, err
		}
		if n < 0 || n > MaxText {
			return nil, errors.New("the length must be from 0 to 1048576")
		}
		return stringDraw{int(n), alphabet}, nil
	}
}

func prepareRandbytes(args []plan.Value) (drawer, error) {
	n, err := wholeNumber(args[0], "count")
	if err != nil {
		return nil, err
	}
	if n < 0 || n > MaxText/4*3 {
		return nil, errors.New("the count must be from 0 to 786432")
	}
	return bytesDraw{int(n)}, nil
}

func prepareSample(args []plan.Value) (drawer, error) {
	d, err := prepareShuffle(args[:1])
	if err != nil {
		return nil, err
	}
	items := d.(shuffleDraw).items
	n, err := wholeNumber(args[1], "count")
	if err != nil {
		return nil, err
	}
	if n < 0 || n > int64(len(items)) {
		return nil, fmt.Errorf("the count must be from 0 to %d, the length of the list", len(items))
	}
	return sampleDraw{items, int(n)}, nil
}

func preparePoisson(args []plan.Value) (drawer, error) {
	mean, err := number(args[0])
	if err != nil {
		return nil, err
	}
	if x := mean.Float64(); x < 0 || x > 1e9 {
		return nil, errors.New("the mean must be from 0 to 1000000000")
	}
	return countDraw{poisson{mean.Float64()}}, nil
}

func prepareZipf(args []plan.Value) (drawer, error) {
	d, err := prepareRandint(args[:2])
	if err != nil {
		return nil, err
	}
	exponent, err := number(args[2])
	if err != nil {
		return nil, err
	}
	ints := d.(intDraw)
	if ints.span >= 1<<52 {
		return nil, errors.New("min and max are too far apart")
	}
	if x := exponent.Float64(); x < 0 || x > 100 {
		return nil, errors.New("the exponent must be from 0 to 100")
	}
	return countDraw{newZipf(ints.least, float64(ints.span+1), exponent.Float64())}, nil
}

func preparePareto(args []plan.Value) (drawer, error) {
	least, err := duration(args[0])
	if err != nil {
		return nil, err
	}
	shape, err := number(args[1])
	if err != nil {
		return nil, err
	}
	if !(shape.Float64() > 0) {
		return nil, errors.New("the shape must be above 0")
	}
	return lengthDraw{law: paretoLaw, a: least, sigma: shape.Float64()}, nil
}

// durations reads all arguments as lengths of time.
func durations(build func(d []time.Duration) (drawer, error)) prepare {
	return func(args []plan.Value) (drawer, error) {
		var in [2]time.Duration
		for i, a := range args {
			d, err := duration(a)
			if err != nil {
				return nil, err
			}
			in[i] = d
		}
		return build(in[:len(args)])
	}
}

// weightedDraw draws a key; upTo are the running sums of the weights.
type weightedDraw struct {
	keys []string
	upTo []float64
}

func (d weightedDraw) key(f *plan.Frame) string {
	x := f.Rand.Float64() * d.upTo[len(d.upTo)-1]
	i := sort.Search(len(d.upTo), func(i int) bool { return d.upTo[i] > x })
	return d.keys[min(i, len(d.keys)-1)]
}

func (d weightedDraw) value(f *plan.Frame) plan.Value { return plan.StringValue(d.key(f)) }

func (d weightedDraw) appendText(f *plan.Frame, dst []byte) []byte { return append(dst, d.key(f)...) }
