package compile

import (
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
	"throng/stdlib"
)

// fromCty is a value that static has accepted, as the runtime holds it: what
// static refuses (unknown or infinite parts) reads as null here.
func fromCty(v cty.Value) plan.Value {
	value, err := stdlib.FromCty(v)
	if err != nil {
		return plan.NullValue()
	}
	return value
}

// toCty is a run-time value as HCL holds it. Lists become tuples and objects
// objects, as jsondecode gives them.
func toCty(v plan.Value) cty.Value {
	value, _ := stdlib.ToCty(v, cty.DynamicPseudoType) // fails only where a type is asked for
	return value
}
