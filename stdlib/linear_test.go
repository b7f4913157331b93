package stdlib_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/stdlib"
)

// TestLongLists calls functions with 500 and with 16,000 elements: what
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
	for _, src := range []string{
		`alltrue(bools)`, `anytrue(bools)`, `tolist(objects)`, `tolist(lists)`, `toset(texts)`, `tomap(attrs)`, `sum(numbers)`, `join(",", texts)`,
		`compact(texts)`, `sort(texts)`, `chunklist(numbers, 5)`, `setproduct(texts, ["a"])`, `coalesce(numbers...)`, `concat(lists...)`,
		`concat(texts, numbers)`, `flatten(lists)`, `length(texts)`, `contains(texts, "x")`, `reverse(texts)`, `slice(numbers, 1, 3)`, `zipmap(texts, numbers)`,
	} {
		t.Run(src, func(t *testing.T) {
			e := parse(t, src)
			best := func(n int) time.Duration {
				ctx := &hcl.EvalContext{Functions: functions, Variables: variables(n)}
				least := time.Duration(1 << 62)
				for range 4 {
					start := time.Now()
					if _, diags := e.Value(ctx); diags.HasErrors() {
						t.Fatal(diags)
					}
					least = min(least, time.Since(start))
				}
				return least
			}
			if ratio := float64(best(16_000)) / float64(best(500)); ratio > 250 {
				t.Errorf("32 times as many elements take %.0f times as long", ratio)
			} else {
				t.Logf("%.0f times as long", ratio)
			}
		})
	}
}
