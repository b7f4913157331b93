package compile

import (
	"math/big"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

// fromCty is a known, unmarked value as the runtime holds it.
func fromCty(v cty.Value) plan.Value {
	if v.IsNull() || !v.IsKnown() {
		return plan.NullValue()
	}
	ty := v.Type()
	switch {
	case ty == cty.String:
		return plan.StringValue(v.AsString())
	case ty == cty.Bool:
		return plan.BoolValue(v.True())
	case ty == cty.Number:
		return plan.BigValue(v.AsBigFloat())
	case ty.IsObjectType(), ty.IsMapType():
		var fields []plan.Field
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			fields = append(fields, plan.Field{Name: k.AsString(), Value: fromCty(e)})
		}
		return plan.ObjectValue(fields)
	case v.CanIterateElements():
		items := []plan.Value{}
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			items = append(items, fromCty(e))
		}
		return plan.ListValue(items)
	}
	return plan.NullValue()
}

// toCty is a run-time value as HCL holds it. Lists become tuples and objects
// objects, as jsondecode gives them.
func toCty(v plan.Value) cty.Value {
	switch v.Kind() {
	case plan.Bool:
		return cty.BoolVal(v.True())
	case plan.Int:
		return cty.NumberIntVal(v.Int64())
	case plan.Number:
		return cty.NumberVal(new(big.Float).Copy(v.Big()))
	case plan.String:
		return cty.StringVal(v.Str())
	case plan.List:
		items := v.Items()
		elems := make([]cty.Value, len(items))
		for i, item := range items {
			elems[i] = toCty(item)
		}
		return cty.TupleVal(elems)
	case plan.Object:
		attrs := make(map[string]cty.Value, len(v.Fields()))
		for _, f := range v.Fields() {
			attrs[f.Name] = toCty(f.Value)
		}
		return cty.ObjectVal(attrs)
	}
	return cty.NullVal(cty.DynamicPseudoType)
}
