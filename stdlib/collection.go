package stdlib

import (
	"errors"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/stdlib/convert"
)

// checkSetProduct reckons the result's size before it is made: with n
// combinations of k elements it holds n·k values.
func checkSetProduct(args []cty.Value) error {
	n := len(args)
	for _, set := range args {
		if !set.CanIterateElements() {
			return nil // the function itself says what it wants
		}
		if n *= set.LengthInt(); n > MaxElements {
			return errElements
		}
	}
	return nil
}

// matchKeysFunc compares keys and wanted keys as values of one type. Both
// are read once, so that long lists cost no more than their length.
var matchKeysFunc = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "values", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "keys", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "wanted", Type: cty.List(cty.DynamicPseudoType)},
	},
	Type: func(args []cty.Value) (cty.Type, error) {
		if ty := convert.Unify([]cty.Type{args[1].Type(), args[2].Type()}); ty == cty.NilType {
			return cty.NilType, errors.New("keys and wanted keys must be of one type")
		}
		return args[0].Type(), nil
	},
	Impl: func(args []cty.Value, want cty.Type) (cty.Value, error) {
		for _, a := range args {
			if !a.IsWhollyKnown() {
				return cty.UnknownVal(want), nil
			}
		}
		if args[0].LengthInt() != args[1].LengthInt() {
			return cty.NilVal, errors.New("there must be as many keys as values")
		}
		ty := convert.Unify([]cty.Type{args[1].Type(), args[2].Type()})
		keys, err := convert.Convert(args[1], ty)
		if err != nil {
			return cty.NilVal, err
		}
		wanted, err := convert.Convert(args[2], ty)
		if err != nil {
			return cty.NilVal, err
		}
		set := cty.NewValueSet(ty.ElementType())
		for it := wanted.ElementIterator(); it.Next(); {
			_, v := it.Element()
			set.Add(v)
		}
		var found []cty.Value
		values := args[0].AsValueSlice()
		for i, key := range keys.AsValueSlice() {
			if set.Has(key) {
				found = append(found, values[i])
			}
		}
		if len(found) == 0 {
			return cty.ListValEmpty(want.ElementType()), nil
		}
		return cty.ListVal(found), nil
	},
})

var transposeFunc = newFunction(cty.Map(cty.List(cty.String)), func(args []cty.Value) (cty.Value, error) {
	if !args[0].IsWhollyKnown() {
		return cty.UnknownVal(cty.Map(cty.List(cty.String))), nil
	}
	under := map[string][]string{}
	for it := args[0].ElementIterator(); it.Next(); {
		key, list := it.Element()
		if list.IsNull() {
			return cty.NilVal, errors.New("a list in the map is null")
		}
		for _, text := range list.AsValueSlice() {
			if text.IsNull() {
				return cty.NilVal, errors.New("a text in the map is null")
			}
			under[text.AsString()] = append(under[text.AsString()], key.AsString())
		}
	}
	out := make(map[string]cty.Value, len(under))
	for text := range under {
		slices.Sort(under[text])
		names := make([]cty.Value, len(under[text]))
		for i, key := range under[text] {
			names[i] = cty.StringVal(key)
		}
		out[text] = cty.ListVal(names)
	}
	if len(out) == 0 {
		return cty.MapValEmpty(cty.List(cty.String)), nil
	}
	return cty.MapVal(out), nil
}, cty.Map(cty.List(cty.String)))
