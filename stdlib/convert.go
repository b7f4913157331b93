package stdlib

import (
	"errors"
	"math/big"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
	"throng/stdlib/convert"
)

// ToCty is a run-time value as HCL holds it: lists become tuples and objects
// objects, as jsondecode gives them, and what is missing becomes null. A
// type other than dynamic converts the result, which can fail.
func ToCty(v plan.Value, want cty.Type) (cty.Value, error) {
	out := dynamic(v)
	if want == cty.DynamicPseudoType || want == cty.NilType {
		return out, nil
	}
	return convert.Convert(out, want)
}

func dynamic(v plan.Value) cty.Value {
	switch v.Kind() {
	case plan.Bool:
		return cty.BoolVal(v.True())
	case plan.Int:
		return cty.NumberVal(new(big.Float).SetPrec(plan.NumberPrec).SetInt64(v.Int64()))
	case plan.Number:
		return cty.NumberVal(v.Big())
	case plan.String:
		return cty.StringVal(v.Str())
	case plan.List:
		items := make([]cty.Value, len(v.Items()))
		for i, item := range v.Items() {
			items[i] = dynamic(item)
		}
		return cty.TupleVal(items)
	case plan.Object:
		attrs := make(map[string]cty.Value, len(v.Fields()))
		for _, f := range v.Fields() {
			attrs[f.Name] = dynamic(f.Value)
		}
		return cty.ObjectVal(attrs)
	}
	return cty.NullVal(cty.DynamicPseudoType)
}

// FromCty is a value of HCL as the runtime holds it. Marks are dropped;
// unknown parts, infinite numbers and capsules are errors.
func FromCty(v cty.Value) (plan.Value, error) {
	v, _ = v.UnmarkDeep()
	return fromCty(v)
}

func fromCty(v cty.Value) (plan.Value, error) {
	if !v.IsKnown() {
		return plan.Value{}, errors.New("the value is not known")
	}
	if v.IsNull() {
		return plan.NullValue(), nil
	}
	ty := v.Type()
	switch {
	case ty == cty.String:
		return plan.StringValue(v.AsString()), nil
	case ty == cty.Bool:
		return plan.BoolValue(v.True()), nil
	case ty == cty.Number:
		f := v.AsBigFloat()
		if err := checkNumber(f); err != nil {
			return plan.Value{}, err
		}
		return plan.BigValue(f), nil
	case ty.IsObjectType() || ty.IsMapType():
		fields := make([]plan.Field, 0, v.LengthInt())
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			value, err := fromCty(e)
			if err != nil {
				return plan.Value{}, err
			}
			fields = append(fields, plan.Field{Name: k.AsString(), Value: value})
		}
		return plan.ObjectValue(fields), nil
	case v.CanIterateElements():
		items := make([]plan.Value, 0, v.LengthInt())
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			value, err := fromCty(e)
			if err != nil {
				return plan.Value{}, err
			}
			items = append(items, value)
		}
		return plan.ListValue(items), nil
	}
	return plan.Value{}, errors.New("the value is " + ty.FriendlyName() + ", which no expression can hold")
}
