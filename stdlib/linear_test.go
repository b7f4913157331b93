package stdlib_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/stdlib"
)

// TestLongLists calls functions with 250 and with 8,000 elements: what
// they take must grow with the number, by 32, and not with its square, by 1,024.
func TestLongLists(t *testing.T) {
	functions := stdlib.CheckFunctions(stdlib.Functions(nil))
	variables := func(n int) map[string]cty.Value {
		var texts, bools, numbers, objects, lists []cty.Value
		attrs := map[string]cty.Value{}
		for i := range n {
			text := cty.StringVal(fmt.Sprint(i % 100))
			texts, bools, numbers = append(texts, text), append(bools, cty.True), append(numbers, cty.NumberIntVal(int64(i)))
			objects = append(objects, cty.ObjectVal(map[string]cty.Value{"a": text, "b": cty.True}))
			lists = append(lists, cty.ListVal([]cty.Value{text}))
			attrs[fmt.Sprint(i)] = text
		}
		return map[string]cty.Value{"texts": cty.TupleVal(texts), "bools": cty.TupleVal(bools), "numbers": cty.TupleVal(numbers),
			"objects": cty.TupleVal(objects), "lists": cty.TupleVal(lists), "attrs": cty.ObjectVal(attrs)}
	}
	few, many := variables(250), variables(8_000)
	for _, src := range []string{
		`alltrue(bools)`, `anytrue(bools)`, `tolist(objects)`, `tolist(lists)`, `toset(texts)`, `tomap(attrs)`, `sum(numbers)`, `join(",", texts)`,
		`compact(texts)`, `sort(texts)`, `chunklist(numbers, 5)`, `setproduct(texts, ["a"])`, `coalesce(numbers...)`, `concat(lists...)`,
		`concat(texts, numbers)`, `flatten(lists)`, `length(texts)`, `contains(texts, "x")`, `reverse(texts)`, `slice(numbers, 1, 3)`, `zipmap(texts, numbers)`,
	} {
		t.Run(src, func(t *testing.T) {
			e := parse(t, src)
			call := func(given map[string]cty.Value) {
				if _, diags := e.Value(&hcl.EvalContext{Functions: functions, Variables: given}); diags.HasErrors() {
					t.Fatal(diags)
				}
			}
			if ratio := lengthens(func() { call(few) }, func() { call(many) }); ratio > 8 {
				t.Errorf("32 times as many elements take %.0f times as long", 32*ratio)
			} else {
				t.Logf("%.0f times as long", 32*ratio)
			}
		})
	}
}

// lengthens is how much longer large work takes than 32 times the small one,
// each at its best: about 1 where it grows with the number of elements, 32
// where it grows with its square. Both take about as long, and turn by turn, so
// that a busy machine lengthens both.
func lengthens(small, large func()) float64 {
	took := func(times int, work func()) time.Duration {
		start := time.Now()
		for range times {
			work()
		}
		return time.Since(start)
	}
	one, other := took(32, small), took(1, large)
	for range 2 {
		one, other = min(one, took(32, small)), min(other, took(1, large))
	}
	return float64(other) / float64(one)
}
