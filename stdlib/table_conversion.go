package stdlib

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"throng/dsl/plan"
	"throng/stdlib/convert"
)

// conversionFunctions change the type of a value.
var conversionFunctions = []Function{
	pure(Function{Name: "tostring", Category: "conversion", Signature: "tostring(value)",
		Description: "A number or bool as text.", Example: `tostring(1.50)`, Result: `"1.5"`},
		stdlib.MakeToFunc(cty.String), nil, nativeToString, false),
	pure(Function{Name: "tonumber", Category: "conversion", Signature: "tonumber(value)",
		Description: "The number a text holds.", Example: `tonumber("1.50")`, Result: `1.5`},
		toNumberFunc, nil, nativeToNumber, false),
	pure(Function{Name: "tobool", Category: "conversion", Signature: "tobool(value)",
		Description: "The bool that the text \"true\" or \"false\" holds.", Example: `tobool("true")`, Result: `true`},
		stdlib.MakeToFunc(cty.Bool), nil, nil, false),
	pure(Function{Name: "tolist", Category: "conversion", Signature: "tolist(value)",
		Description: "A set or list as a list whose elements are of one type.", Example: `tolist(["a", 1])`, Result: `["a", "1"]`},
		toFunc(cty.List(cty.DynamicPseudoType)), nil, nil, false),
	pure(Function{Name: "toset", Category: "conversion", Signature: "toset(value)",
		Description: "A list as a set: each element once, in no order.", Example: `toset(["b", "a", "b"])`, Result: `toset(["a", "b"])`},
		toFunc(cty.Set(cty.DynamicPseudoType)), nil, nil, false),
	pure(Function{Name: "tomap", Category: "conversion", Signature: "tomap(value)",
		Description: "An object as a map whose values are of one type.", Example: `tomap({ a = 1, b = "c" })`, Result: `{ a = "1", b = "c" }`},
		toFunc(cty.Map(cty.DynamicPseudoType)), nil, nil, false),
}

// toFunc converts to a list, a set or a map of whatever its elements are.
func toFunc(want cty.Type) function.Function {
	to := func(v cty.Value) (cty.Value, error) {
		out, err := convert.Convert(v, want)
		if err != nil {
			return out, function.NewArgErrorf(0, "cannot convert %s to %s", v.Type().FriendlyName(), want.FriendlyNameForConstraint())
		}
		return out, nil
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true}},
		Type: func(args []cty.Value) (cty.Type, error) {
			if _, err := to(args[0]); err != nil {
				return cty.NilType, err
			}
			return want, nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return to(args[0]) },
	})
}

// toNumberFunc reads a text itself: its own reader refuses what could not be
// written out again.
var toNumberFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true}},
	Type: func(args []cty.Value) (cty.Type, error) {
		switch ty := args[0].Type(); ty {
		case cty.Number, cty.String, cty.DynamicPseudoType:
			return cty.Number, nil
		default:
			return cty.NilType, function.NewArgErrorf(0, "cannot convert %s to number", ty.FriendlyName())
		}
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		switch v := args[0]; {
		case v.IsNull():
			return cty.NullVal(cty.Number), nil
		case v.Type() == cty.Number:
			return v, nil
		default:
			n, ok := parseNumber(v.AsString())
			if !ok {
				return cty.NilVal, function.NewArgErrorf(0, "cannot convert %s to number", quoted(v.AsString()))
			}
			return cty.NumberVal(n.Big()), nil
		}
	},
})

// quoted is text for an error message, cut to a bearable length.
func quoted(s string) string {
	if r := []rune(s[:min(len(s), 400)]); len(r) > 60 {
		return fmt.Sprintf("%q", string(r[:60])+"…")
	}
	return fmt.Sprintf("%q", s)
}

func nativeToString(args []plan.Value) (plan.Value, error) {
	s, err := text(args[0])
	if err != nil {
		return plan.Value{}, errDecline
	}
	return textOf(s)
}

func nativeToNumber(args []plan.Value) (plan.Value, error) {
	if args[0].Kind() == plan.String || args[0].IsNumber() {
		if n, err := number(args[0]); err == nil {
			return n, nil
		}
	}
	return plan.Value{}, errDecline
}
