package stdlib

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"throng/stdlib/convert"
)

// collectionFunctions work on lists, sets, maps and objects.
var collectionFunctions = []Function{
	pure(Function{Name: "length", Category: "collection", Signature: "length(value)",
		Description: "How many elements a collection has, or how many characters a text.", Example: `length(["a", "b"])`, Result: `2`},
		lengthFunc, nil, nativeLength, false),
	pure(Function{Name: "concat", Category: "collection", Signature: "concat(list...)",
		Description: "The elements of all lists in one list.", Example: `concat(["a"], ["b", "c"])`, Result: `["a", "b", "c"]`},
		concatFunc, nil, nativeConcat, true),
	pure(Function{Name: "contains", Category: "collection", Signature: "contains(list, value)",
		Description: "Whether the value is an element of the list.", Example: `contains(["a", "b"], "b")`, Result: `true`},
		containsFunc, nil, nativeContains, true),
	pure(Function{Name: "keys", Category: "collection", Signature: "keys(map)",
		Description: "The keys of a map, sorted.", Example: `keys({ b = 1, a = 2 })`, Result: `["a", "b"]`},
		stdlib.KeysFunc, nil, nativeKeys, false),
	pure(Function{Name: "values", Category: "collection", Signature: "values(map)",
		Description: "The values of a map, in the order of its keys.", Example: `values({ b = 1, a = 2 })`, Result: `[2, 1]`},
		stdlib.ValuesFunc, nil, nativeValues, false),
	pure(Function{Name: "lookup", Category: "collection", Signature: "lookup(map, key, default)",
		Description: "The value under a key, or the default if the map has none.", Example: `lookup({ a = 1 }, "b", 0)`, Result: `0`},
		stdlib.LookupFunc, nil, nativeLookup, true),
	pure(Function{Name: "merge", Category: "collection", Signature: "merge(map...)",
		Description: "One map of all the maps' elements; of equal keys the last wins.", Example: `merge({ a = 1, b = 1 }, { b = 2 })`, Result: `{ a = 1, b = 2 }`},
		stdlib.MergeFunc, nil, nativeMerge, true),
	pure(Function{Name: "element", Category: "collection", Signature: "element(list, index)",
		Description: "The element at an index, counted from 0 and round and round.", Example: `element(["a", "b", "c"], 4)`, Result: `"b"`},
		stdlib.ElementFunc, nil, nativeElement, false),
	pure(Function{Name: "index", Category: "collection", Signature: "index(list, value)",
		Description: "The position of the first element equal to the value, counted from 0; none is an error.", Example: `index(["a", "b", "c"], "b")`, Result: `1`},
		indexFunc, nil, nil, false),
	pure(Function{Name: "distinct", Category: "collection", Signature: "distinct(list)",
		Description: "The list without repeated elements.", Example: `distinct(["a", "b", "a"])`, Result: `["a", "b"]`},
		stdlib.DistinctFunc, nil, nil, false),
	pure(Function{Name: "flatten", Category: "collection", Signature: "flatten(list)",
		Description: "The list with every list in it replaced by its elements.", Example: `flatten([["a"], [], ["b", ["c"]]])`, Result: `["a", "b", "c"]`},
		stdlib.FlattenFunc, nil, nil, false),
	pure(Function{Name: "reverse", Category: "collection", Signature: "reverse(list)",
		Description: "The list in reverse order.", Example: `reverse([1, 2, 3])`, Result: `[3, 2, 1]`},
		stdlib.ReverseListFunc, nil, nativeReverse, false),
	pure(Function{Name: "sort", Category: "collection", Signature: "sort(list)",
		Description: "The texts of the list in alphabetical order of their characters' codes.", Example: `sort(["e", "d", "a"])`, Result: `["a", "d", "e"]`},
		stdlib.SortFunc, nil, nil, false),
	pure(Function{Name: "range", Category: "collection", Signature: "range(start, limit, step)",
		Description: "Numbers from start (0 if left out) up to, but without, limit; at most 1024.", Example: `range(1, 4)`, Result: `[1, 2, 3]`},
		stdlib.RangeFunc, nil, nil, false),
	pure(Function{Name: "slice", Category: "collection", Signature: "slice(list, start, end)",
		Description: "The elements from index start up to, but without, index end.", Example: `slice(["a", "b", "c", "d"], 1, 3)`, Result: `["b", "c"]`},
		stdlib.SliceFunc, nil, nil, false),
	pure(Function{Name: "chunklist", Category: "collection", Signature: "chunklist(list, size)",
		Description: "The list cut into lists of so many elements; the last may have fewer.", Example: `chunklist(["a", "b", "c"], 2)`, Result: `[["a", "b"], ["c"]]`},
		stdlib.ChunklistFunc, nil, nil, false),
	pure(Function{Name: "setproduct", Category: "collection", Signature: "setproduct(set...)",
		Description: "Every combination of one element of each set or list, as a list of lists.", Example: `setproduct(["a", "b"], [1, 2])`, Result: `[["a", 1], ["a", 2], ["b", 1], ["b", 2]]`},
		setProductFunc, checkSetProduct, nil, false),
	pure(Function{Name: "setsubtract", Category: "collection", Signature: "setsubtract(set, other)",
		Description: "The set without what is in the other set.", Example: `setsubtract(["a", "b", "c"], ["b"])`, Result: `toset(["a", "c"])`},
		stdlib.SetSubtractFunc, nil, nil, false),
	pure(Function{Name: "coalescelist", Category: "collection", Signature: "coalescelist(list...)",
		Description: "The first list that is not empty.", Example: `coalescelist([], ["a", "b"])`, Result: `["a", "b"]`},
		stdlib.CoalesceListFunc, nil, nil, false),
	pure(Function{Name: "matchkeys", Category: "collection", Signature: "matchkeys(values, keys, wanted)",
		Description: "Those of the values at whose position stands one of the wanted keys.", Example: `matchkeys(["i-1", "i-2", "i-3"], ["eu", "us", "eu"], ["eu"])`, Result: `["i-1", "i-3"]`},
		matchKeysFunc, nil, nil, false),
	pure(Function{Name: "transpose", Category: "collection", Signature: "transpose(map)",
		Description: "A map of lists of texts turned around: each text names the keys under which it stood, sorted.", Example: `transpose({ a = ["1", "2"], b = ["2"] })`, Result: `{ "1" = ["a"], "2" = ["a", "b"] }`},
		transposeFunc, nil, nil, false),
	pure(Function{Name: "alltrue", Category: "collection", Signature: "alltrue(list)",
		Description: "Whether all elements are true; so it is for an empty list.", Example: `alltrue([true, true])`, Result: `true`},
		quantifier(false), nil, nativeQuantifier(false), false),
	pure(Function{Name: "anytrue", Category: "collection", Signature: "anytrue(list)",
		Description: "Whether any element is true.", Example: `anytrue([false, true])`, Result: `true`},
		quantifier(true), nil, nativeQuantifier(true), false),
	pure(Function{Name: "coalesce", Category: "collection", Signature: "coalesce(value...)",
		Description: "The first value that is neither null nor an empty text.", Example: `coalesce("", "b", "c")`, Result: `"b"`},
		coalesceFunc, nil, nil, false),
	pure(Function{Name: "compact", Category: "collection", Signature: "compact(list)",
		Description: "The list of texts without empty ones and nulls.", Example: `compact(["a", "", "b"])`, Result: `["a", "b"]`},
		stdlib.CompactFunc, nil, nil, false),
	pure(Function{Name: "zipmap", Category: "collection", Signature: "zipmap(keys, values)",
		Description: "A map of the keys to the values at the same positions.", Example: `zipmap(["a", "b"], [1, 2])`, Result: `{ a = 1, b = 2 }`},
		stdlib.ZipmapFunc, nil, nil, false),
	pure(Function{Name: "one", Category: "collection", Signature: "one(list)",
		Description: "The only element of a list, null if it is empty; more than one is an error.", Example: `one(["a"])`, Result: `"a"`},
		oneFunc, nil, nil, false),
	pure(Function{Name: "setunion", Category: "collection", Signature: "setunion(set...)",
		Description: "The set of what is in any of the sets.", Example: `setunion(["a", "b"], ["b", "c"])`, Result: `toset(["a", "b", "c"])`},
		stdlib.SetUnionFunc, nil, nil, false),
	pure(Function{Name: "setintersection", Category: "collection", Signature: "setintersection(set...)",
		Description: "The set of what is in all of the sets.", Example: `setintersection(["a", "b"], ["b", "c"])`, Result: `toset(["b"])`},
		stdlib.SetIntersectionFunc, nil, nil, false),
}

var lengthFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowUnknown: true}},
	Type: func(args []cty.Value) (cty.Type, error) {
		ty := args[0].Type()
		if ty == cty.String || ty == cty.DynamicPseudoType || ty.IsTupleType() || ty.IsObjectType() || ty.IsCollectionType() {
			return cty.Number, nil
		}
		return cty.NilType, function.NewArgErrorf(0, "it must be a string, a list, a set, a map or an object, not %s", ty.FriendlyName())
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v := args[0]
		ty := v.Type()
		switch {
		case ty.IsTupleType():
			return cty.NumberIntVal(int64(len(ty.TupleElementTypes()))), nil
		case ty.IsObjectType():
			return cty.NumberIntVal(int64(len(ty.AttributeTypes()))), nil
		case ty == cty.DynamicPseudoType:
			return cty.UnknownVal(cty.Number), nil
		case ty == cty.String:
			return stdlib.Strlen(v)
		}
		return v.Length(), nil
	},
})

// containsFunc and indexFunc compare as == does, but null only equals null:
// cty's own contains gives an unknown value for one.
var containsFunc = search(cty.Bool, func(args []cty.Value) (cty.Value, error) {
	i, err := position(args[0], args[1])
	if err != nil || !i.IsKnown() {
		return cty.UnknownVal(cty.Bool), err
	}
	return cty.BoolVal(!i.IsNull()), nil
})

var indexFunc = search(cty.Number, func(args []cty.Value) (cty.Value, error) {
	if args[0].Type().IsSetType() {
		return cty.NilVal, function.NewArgErrorf(0, "a set has no positions; a list is required")
	}
	i, err := position(args[0], args[1])
	if err == nil && i.IsNull() {
		err = errors.New("the value is not in the list")
	}
	return i, err
})

// search makes a function of a list and a value, which may be null.
func search(result cty.Type, impl func(args []cty.Value) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "list", Type: cty.DynamicPseudoType, AllowDynamicType: true},
			{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowNull: true},
		},
		Type: function.StaticReturnType(result),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return impl(args) },
	})
}

// position is where a value first stands in a list or set, null if nowhere.
func position(list, want cty.Value) (cty.Value, error) {
	if ty := list.Type(); !ty.IsListType() && !ty.IsTupleType() && !ty.IsSetType() {
		return cty.NilVal, function.NewArgErrorf(0, "a list is required, not %s", ty.FriendlyName())
	}
	known := true
	n := int64(0)
	for it := list.ElementIterator(); it.Next(); n++ {
		_, e := it.Element()
		switch {
		case !e.IsWhollyKnown() || !want.IsWhollyKnown():
			known = false
		case e.IsNull() || want.IsNull():
			if e.IsNull() && want.IsNull() && known {
				return cty.NumberIntVal(n), nil
			}
		case known && e.Type().Equals(want.Type()) && e.Equals(want).True():
			return cty.NumberIntVal(n), nil
		}
	}
	if !known {
		return cty.UnknownVal(cty.Number), nil
	}
	return cty.NullVal(cty.Number), nil
}

// quantifier is alltrue, or anytrue if the deciding value is true.
func quantifier(decides bool) function.Function {
	return newFunction(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		unknown := false
		for it := args[0].ElementIterator(); it.Next(); {
			_, v := it.Element()
			switch {
			case !v.IsKnown():
				unknown = true
			case v.IsNull():
				if !decides {
					return cty.False, nil
				}
			case v.True() == decides:
				return cty.BoolVal(decides), nil
			}
		}
		if unknown {
			return cty.UnknownVal(cty.Bool), nil
		}
		return cty.BoolVal(!decides), nil
	}, cty.List(cty.Bool))
}

// coalesceFunc skips empty texts too, which cty's own does not.
var coalesceFunc = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "values", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowNull: true, AllowUnknown: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		types := make([]cty.Type, 0, len(args))
		for _, v := range args {
			if v.Type() == cty.DynamicPseudoType && !v.IsKnown() {
				return cty.DynamicPseudoType, nil
			}
			if !v.IsKnown() || !v.IsNull() || v.Type() != cty.DynamicPseudoType {
				types = append(types, v.Type())
			}
		}
		if len(types) == 0 {
			return cty.NilType, errors.New("no value that is neither null nor empty")
		}
		ty := convert.Unify(types)
		if ty == cty.NilType {
			return cty.NilType, errors.New("all values must be of one type")
		}
		return ty, nil
	},
	Impl: func(args []cty.Value, want cty.Type) (cty.Value, error) {
		for _, v := range args {
			v, err := convert.Convert(v, want)
			if err != nil {
				return cty.NilVal, err
			}
			if !v.IsKnown() {
				return cty.UnknownVal(want), nil
			}
			if v.IsNull() || v.Type() == cty.String && v.AsString() == "" {
				continue
			}
			return v, nil
		}
		return cty.NilVal, errors.New("no value that is neither null nor empty")
	},
})

var oneFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type: func(args []cty.Value) (cty.Type, error) {
		ty := args[0].Type()
		switch {
		case ty.IsListType(), ty.IsSetType():
			return ty.ElementType(), nil
		case ty.IsTupleType():
			switch elems := ty.TupleElementTypes(); len(elems) {
			case 0:
				return cty.DynamicPseudoType, nil
			case 1:
				return elems[0], nil
			}
			return cty.NilType, function.NewArgErrorf(0, "the list must not have more than one element")
		}
		return cty.NilType, function.NewArgErrorf(0, "a list or a set is required")
	},
	Impl: func(args []cty.Value, want cty.Type) (cty.Value, error) {
		switch args[0].LengthInt() {
		case 0:
			return cty.NullVal(want), nil
		case 1:
			it := args[0].ElementIterator()
			it.Next()
			_, v := it.Element()
			return v, nil
		}
		return cty.NilVal, function.NewArgErrorf(0, "the list must not have more than one element")
	},
})
