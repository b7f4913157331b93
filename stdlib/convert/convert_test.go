package convert

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// generator makes random values, of few kinds so that they often have a type
// in common.
type generator struct{ *rand.Rand }

func (g generator) value(depth int) cty.Value {
	n := 12
	if depth == 0 {
		n = 7
	}
	switch g.IntN(n) {
	case 0, 1:
		return cty.NumberIntVal(g.Int64N(4))
	case 2:
		return cty.StringVal([]string{"a", "1", "true"}[g.IntN(3)])
	case 3:
		return cty.BoolVal(g.IntN(2) == 0)
	case 4:
		return []cty.Value{cty.NullVal(cty.DynamicPseudoType), cty.NullVal(cty.Number), cty.NullVal(cty.List(cty.String)), cty.DynamicVal}[g.IntN(4)]
	case 5:
		return []cty.Value{cty.UnknownVal(cty.String), cty.UnknownVal(cty.EmptyTuple), cty.UnknownVal(cty.List(cty.Number)), cty.StringVal("s").Mark("m")}[g.IntN(4)]
	case 6:
		return []cty.Value{cty.EmptyTupleVal, cty.EmptyObjectVal, cty.ListValEmpty(cty.Number), cty.SetValEmpty(cty.DynamicPseudoType), cty.MapValEmpty(cty.String)}[g.IntN(5)]
	case 7, 8:
		return cty.TupleVal(g.values(depth))
	case 9:
		items := map[string]cty.Value{}
		for i, v := range g.values(depth) {
			items[string(rune('a'+i))] = v
		}
		return cty.ObjectVal(items)
	case 10:
		e := g.value(depth - 1)
		return cty.ListVal([]cty.Value{e, e})
	}
	e := g.value(depth - 1)
	if g.IntN(2) == 0 {
		return cty.MapVal(map[string]cty.Value{"a": e})
	}
	return cty.SetVal([]cty.Value{e})
}

func (g generator) values(depth int) []cty.Value {
	items := make([]cty.Value, g.IntN(4))
	same := g.IntN(2) == 0
	for i := range items {
		if items[i] = g.value(depth - 1); same {
			items[i] = items[0]
		}
	}
	return items
}

func (g generator) constraint(depth int) cty.Type {
	n := 9
	if depth == 0 {
		n = 5
	}
	switch g.IntN(n) {
	case 0, 1:
		return cty.DynamicPseudoType
	case 2:
		return cty.Number
	case 3:
		return cty.String
	case 4:
		return cty.Bool
	case 5:
		return cty.List(g.constraint(depth - 1))
	case 6:
		return cty.Set(g.constraint(depth - 1))
	case 7:
		return cty.Map(g.constraint(depth - 1))
	}
	if g.IntN(2) == 0 {
		return cty.Tuple([]cty.Type{g.constraint(depth - 1), g.constraint(depth - 1)})
	}
	return cty.ObjectWithOptionalAttrs(map[string]cty.Type{"a": g.constraint(depth - 1), "b": g.constraint(depth - 1)}, []string{"b"})
}

// TestConvertAsCty converts small values as if they were large and holds the
// result against cty's.
func TestConvertAsCty(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(1, 2))}
	converted := 0
	for range 40_000 {
		v, want := cty.TupleVal(g.values(3)), g.constraint(2)
		switch g.IntN(4) {
		case 0:
			v = g.value(3)
		case 1:
			want = []cty.Type{cty.List(cty.DynamicPseudoType), cty.Set(cty.DynamicPseudoType), cty.List(cty.String)}[g.IntN(3)]
		}
		exp, expErr := asCty(v, want)
		if errors.Is(expErr, errPanic) {
			continue // a mistake of cty's own
		}
		got, err := convertLarge(v, want)
		if (err == nil) != (expErr == nil) {
			t.Fatalf("%#v\nto %#v:\n%#v, %v; cty gives\n%#v, %v", v, want, got, err, exp, expErr)
		}
		if err == nil && !sameKnown(got, exp) {
			t.Fatalf("%#v\nto %#v:\n%#v; cty gives\n%#v", v, want, got, exp)
		}
		if err == nil {
			converted++
		}
	}
	if converted < 10_000 {
		t.Errorf("only %d values could be converted", converted)
	}
}

var errPanic = errors.New("panic")

func asCty(v cty.Value, want cty.Type) (out cty.Value, err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return convert.Convert(v, want)
}

// sameKnown compares values whose unknown parts may be refined differently.
func sameKnown(a, b cty.Value) bool {
	plain := func(v cty.Value) cty.Value {
		v, _ = cty.Transform(v, func(_ cty.Path, v cty.Value) (cty.Value, error) {
			bare, marks := v.Unmark()
			if !bare.IsKnown() {
				return cty.UnknownVal(bare.Type()).WithMarks(marks), nil
			}
			return v, nil
		})
		return v
	}
	return plain(a).RawEquals(plain(b))
}

// TestUnifyAsCty holds the common type of random types against cty's.
func TestUnifyAsCty(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(3, 4))}
	found := 0
	for range 40_000 {
		var types []cty.Type
		for range 1 + g.IntN(4) {
			types = append(types, g.value(3).Type())
		}
		exp, _ := convert.UnifyUnsafe(types)
		got := Unify(types)
		if (got == cty.NilType) != (exp == cty.NilType) || got != cty.NilType && !got.Equals(exp) {
			t.Fatalf("%#v:\n%#v; cty gives\n%#v", types, got, exp)
		}
		if got != cty.NilType {
			found++
		}
	}
	if found < 10_000 {
		t.Errorf("only %d had a type in common", found)
	}
}

// TestLarge converts what cty would take minutes for.
func TestLarge(t *testing.T) {
	list, set, table := cty.List(cty.DynamicPseudoType), cty.Set(cty.DynamicPseudoType), cty.Map(cty.DynamicPseudoType)
	for name, c := range map[string]struct {
		element func(i int) cty.Value
		want    cty.Type
		got     cty.Type // NilType for an error
	}{
		"numbers":            {number, list, cty.List(cty.Number)},
		"numbers to texts":   {number, cty.List(cty.String), cty.List(cty.String)},
		"a set":              {func(i int) cty.Value { return cty.StringVal(fmt.Sprint(i)) }, set, cty.Set(cty.String)},
		"mixed":              {func(i int) cty.Value { return []cty.Value{cty.True, cty.StringVal("a")}[i%2] }, list, cty.List(cty.String)},
		"nulls":              {func(int) cty.Value { return cty.NullVal(cty.DynamicPseudoType) }, list, cty.List(cty.DynamicPseudoType)},
		"hopeless":           {func(i int) cty.Value { return []cty.Value{cty.True, cty.EmptyObjectVal}[i%2] }, list, cty.NilType},
		"no number":          {func(int) cty.Value { return cty.StringVal("x") }, cty.List(cty.Number), cty.NilType},
		"objects":            {func(i int) cty.Value { return cty.ObjectVal(map[string]cty.Value{"a": number(i)}) }, list, cty.List(cty.Object(map[string]cty.Type{"a": cty.Number}))},
		"objects all unlike": {func(i int) cty.Value { return cty.ObjectVal(map[string]cty.Value{fmt.Sprint(i): number(i)}) }, list, cty.List(cty.Map(cty.Number))},
		"unlike and text": {func(i int) cty.Value {
			return []cty.Value{cty.ObjectVal(map[string]cty.Value{fmt.Sprint(i): number(i)}), cty.StringVal("a")}[i%2]
		}, list, cty.NilType},
		"tuples": {func(i int) cty.Value { return cty.TupleVal([]cty.Value{cty.True, number(i)}) }, list, cty.List(cty.Tuple([]cty.Type{cty.Bool, cty.Number}))},
		"tuples and lists": {func(i int) cty.Value {
			return []cty.Value{cty.TupleVal([]cty.Value{number(i)}), cty.ListVal([]cty.Value{number(i)})}[i%2]
		}, list, cty.List(cty.List(cty.Number))},
		"an object":          {number, table, cty.Map(cty.Number)},
		"an object of texts": {number, cty.Map(cty.String), cty.Map(cty.String)},
	} {
		t.Run(name, func(t *testing.T) {
			build := func(n int) cty.Value {
				items, attrs := make([]cty.Value, n), make(map[string]cty.Value, n)
				for i := range items {
					items[i] = c.element(i)
					attrs[fmt.Sprint(i)] = items[i]
				}
				if c.want.IsMapType() {
					return cty.ObjectVal(attrs)
				}
				return cty.TupleVal(items)
			}
			check := func(v cty.Value) {
				got, err := Convert(v, c.want)
				switch {
				case c.got == cty.NilType && err == nil:
					t.Errorf("it becomes %#v", got.Type())
				case c.got != cty.NilType && (err != nil || !got.Type().Equals(c.got)):
					t.Errorf("%#v, %v; want %#v", got.Type(), err, c.got)
				}
			}
			linear(t, func(n int) func() {
				v := build(n)
				return func() { check(v) }
			})
		})
	}
}

func number(i int) cty.Value { return cty.NumberIntVal(int64(i)) }

// linear compares what work takes for 32 times as much with what it takes 32
// times, turn by turn and at best: squares would take 32 times as long, and a
// busy machine lengthens both.
func linear(t *testing.T, prepare func(n int) func()) {
	t.Helper()
	took := func(times int, work func()) time.Duration {
		start := time.Now()
		for range times {
			work()
		}
		return time.Since(start)
	}
	few, many := prepare(250), prepare(8_000)
	small, large := took(32, few), took(1, many)
	for range 2 {
		small, large = min(small, took(32, few)), min(large, took(1, many))
	}
	if ratio := float64(large) / float64(small); ratio > 8 {
		t.Errorf("32 times as much takes %.0f times as long", 32*ratio)
	} else {
		t.Logf("32 times as much takes %.0f times as long", 32*ratio)
	}
}
