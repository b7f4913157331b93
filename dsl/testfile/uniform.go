package testfile

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// listing are the functions that make a list or a set of what they are given.
// cty compares the type of each element of a tuple with that of each other,
// which for the requests of a whole run takes minutes.
var listing = map[string]bool{
	"alltrue": true, "anytrue": true, "tolist": true, "toset": true, "distinct": true, "compact": true,
	"sum": true, "sort": true, "join": true, "setunion": true, "setintersection": true, "setsubtract": true,
}

// quickly is a function of listing whose tuples of one type are made lists
// before it sees them.
func quickly(fn function.Function) function.Function {
	return function.New(&function.Spec{
		Params: fn.Params(), VarParam: fn.VarParam(), Description: fn.Description(),
		Type: func(args []cty.Value) (cty.Type, error) { return fn.ReturnTypeForValues(uniform(args)) },
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return fn.Call(uniform(args)) },
	})
}

func uniform(args []cty.Value) []cty.Value {
	out := make([]cty.Value, len(args))
	for i, v := range args {
		out[i] = asList(v)
	}
	return out
}

// asList is a tuple whose elements have one type as a list, and any other
// value as it is.
func asList(v cty.Value) cty.Value {
	if v.IsMarked() || !v.IsKnown() || v.IsNull() || !v.Type().IsTupleType() || v.LengthInt() == 0 {
		return v
	}
	types := v.Type().TupleElementTypes()
	for _, ty := range types[1:] {
		if ty == cty.DynamicPseudoType || !ty.Equals(types[0]) {
			return v
		}
	}
	if types[0] == cty.DynamicPseudoType {
		return v
	}
	return cty.ListVal(v.AsValueSlice())
}
