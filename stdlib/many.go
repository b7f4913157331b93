package stdlib

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"throng/stdlib/convert"
)

// few is how many types cty may look for a common one of: it compares each
// with each other.
const few = 64

// prepared is fn over arguments of any type that prepare has made fit for it:
// cheap, or of the types it takes. check, if any, sees the result.
func prepared(fn function.Function, prepare func(args []cty.Value) ([]cty.Value, error), check func(cty.Value) error) function.Function {
	spec := &function.Spec{}
	for _, p := range fn.Params() {
		spec.Params = append(spec.Params, anything(p.Name))
	}
	if rest := fn.VarParam(); rest != nil {
		p := anything(rest.Name)
		spec.VarParam = &p
	}
	spec.Type = func(args []cty.Value) (cty.Type, error) {
		args, err := prepare(args)
		if err != nil {
			return cty.NilType, err
		}
		return fn.ReturnTypeForValues(args)
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		args, err := prepare(args)
		if err != nil {
			return cty.NilVal, err
		}
		v, err := fn.Call(args)
		if err == nil && check != nil {
			err = check(v)
		}
		if err != nil {
			return cty.NilVal, err
		}
		return v, nil
	}
	return function.New(spec)
}

// concatFunc joins many lists before cty sees them.
var concatFunc = prepared(stdlib.ConcatFunc, func(args []cty.Value) ([]cty.Value, error) {
	if len(args) <= few {
		return args, nil
	}
	types := make([]cty.Type, len(args))
	for i, v := range args {
		if types[i] = v.Type(); !types[i].IsListType() || v.IsNull() {
			return args, nil
		}
	}
	list := convert.Unify(types)
	if list == cty.NilType {
		list = cty.DynamicPseudoType // a tuple of their elements
	}
	var items []cty.Value
	var marks []cty.ValueMarks
	for i, v := range args {
		v, marked := v.Unmark()
		marks = append(marks, marked)
		if !v.IsKnown() {
			return []cty.Value{cty.UnknownVal(list)}, nil
		}
		v, err := convert.Convert(v, list)
		if err != nil {
			return nil, function.NewArgError(i, err)
		}
		items = append(items, v.AsValueSlice()...)
	}
	switch {
	case list == cty.DynamicPseudoType:
		return []cty.Value{cty.TupleVal(items).WithMarks(marks...)}, nil
	case len(items) == 0:
		return []cty.Value{cty.ListValEmpty(list.ElementType()).WithMarks(marks...)}, nil
	}
	return []cty.Value{cty.ListVal(items).WithMarks(marks...)}, nil
}, nil)

// setProductFunc makes lists of long tuples before cty sees them.
var setProductFunc = prepared(stdlib.SetProductFunc, func(args []cty.Value) ([]cty.Value, error) {
	out := make([]cty.Value, len(args))
	for i, v := range args {
		if out[i] = v; !v.Type().IsTupleType() || v.Type().Length() <= few {
			continue
		}
		list, err := convert.Convert(v, cty.List(cty.DynamicPseudoType))
		if err != nil {
			return nil, function.NewArgErrorf(i, "all elements must be of the same type")
		}
		out[i] = list
	}
	return out, nil
}, nil)
