package convert

import (
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// few is how many elements and types cty may compare with each other.
const few = 64

// Convert gives v as a value of type want, or an error that says why that
// cannot be; where it lies in a part of v, it is a cty.PathError.
func Convert(v cty.Value, want cty.Type) (cty.Value, error) {
	if !Large(v) || v.Type().Equals(want.WithoutOptionalAttributesDeep()) {
		return convert.Convert(v, want)
	}
	return convertLarge(v, want)
}

func convertLarge(v cty.Value, want cty.Type) (cty.Value, error) {
	ty, path := target(v.Type(), want, nil)
	if path != nil {
		return cty.NilVal, unlike(path)
	}
	if err := mismatch(v.Type(), ty, nil); err != nil {
		return cty.NilVal, err
	}
	return apply(v, ty, nil)
}

// Large reports whether a value or its type has more parts than cty should
// compare with each other.
func Large(v cty.Value) bool {
	if exceeds(v.Type(), atMost()) {
		return true
	}
	v, _ = v.Unmark()
	return v.Type().IsCollectionType() && v.IsKnown() && !v.IsNull() && v.Length().IsKnown() && v.LengthInt() > few
}

func atMost() *int { n := few; return &n }

// exceeds reports whether a type has more than so many parts.
func exceeds(ty cty.Type, left *int) bool {
	if *left--; *left < 0 {
		return true
	}
	switch {
	case ty.IsTupleType():
		for _, e := range ty.TupleElementTypes() {
			if exceeds(e, left) {
				return true
			}
		}
	case ty.IsObjectType():
		for _, e := range ty.AttributeTypes() {
			if exceeds(e, left) {
				return true
			}
		}
	case ty.IsCollectionType():
		return exceeds(ty.ElementType(), left)
	}
	return false
}

// target is want with the types that it leaves open filled in from ty. Where
// there are none, it gives the path of the part whose elements have no type in
// common. It does not tell whether ty can be converted.
func target(ty, want cty.Type, path cty.Path) (cty.Type, cty.Path) {
	switch {
	case want == cty.DynamicPseudoType:
		return ty, nil
	case ty == cty.DynamicPseudoType || !want.HasDynamicTypes():
		return want, nil
	case want.IsListType() && listLike(ty):
		e, bad := element(ty, want, path)
		return cty.List(e), bad
	case want.IsSetType() && listLike(ty):
		e, bad := element(ty, want, path)
		return cty.Set(e), bad
	case want.IsMapType() && (ty.IsMapType() || ty.IsObjectType()):
		e, bad := element(ty, want, path)
		return cty.Map(e), bad
	case want.IsObjectType() && ty.IsObjectType():
		attrs, have := map[string]cty.Type{}, ty.AttributeTypes()
		var optional []string
		for name, aty := range want.AttributeTypes() {
			if want.AttributeOptional(name) {
				optional = append(optional, name)
			}
			attrs[name] = aty
			if from, ok := have[name]; ok {
				filled, bad := target(from, aty, append(path, cty.GetAttrStep{Name: name}))
				if bad != nil {
					return filled, bad
				}
				attrs[name] = filled
			}
		}
		return cty.ObjectWithOptionalAttrs(attrs, optional), nil
	case want.IsTupleType() && ty.IsTupleType() && ty.Length() == want.Length():
		filled := make([]cty.Type, want.Length())
		for i, from := range ty.TupleElementTypes() {
			var bad cty.Path
			if filled[i], bad = target(from, want.TupleElementType(i), append(path, index(i))); bad != nil {
				return cty.NilType, bad
			}
		}
		return cty.Tuple(filled), nil
	}
	return want, nil
}

// element is the one type of the elements of a collection that ty becomes; the
// collection want may leave it open.
func element(ty, collection cty.Type, path cty.Path) (cty.Type, cty.Path) {
	want := collection.ElementType()
	var from []cty.Type
	switch {
	case ty.IsTupleType():
		from = distinct(ty.TupleElementTypes())
	case ty.IsObjectType():
		from = distinct(values(ty.AttributeTypes()))
	default:
		from = []cty.Type{ty.ElementType()}
	}
	if len(from) == 0 {
		return want, nil
	}
	filled := make([]cty.Type, len(from))
	for i, e := range from {
		var bad cty.Path
		if filled[i], bad = target(e, want, path); bad != nil {
			return cty.DynamicPseudoType, bad
		}
	}
	filled = distinct(filled)
	e := Unify(filled)
	if e == cty.NilType || collection.IsSetType() && want != cty.DynamicPseudoType && len(filled) > 1 || e == cty.DynamicPseudoType && len(filled) > 1 {
		return cty.DynamicPseudoType, copied(path)
	}
	return e, nil
}

func listLike(ty cty.Type) bool { return ty.IsTupleType() || ty.IsListType() || ty.IsSetType() }

func index(i int) cty.PathStep { return cty.IndexStep{Key: cty.NumberIntVal(int64(i))} }

// apply converts v to a type that target has made.
func apply(v cty.Value, want cty.Type, path cty.Path) (cty.Value, error) {
	if v.IsMarked() {
		bare, marks := v.Unmark()
		out, err := apply(bare, want, path)
		if err != nil {
			return out, err
		}
		return out.WithMarks(marks), nil
	}
	ty, exact := v.Type(), want.WithoutOptionalAttributesDeep()
	structural := listLike(ty) || ty.IsObjectType() || ty.IsMapType()
	switch {
	case want == cty.DynamicPseudoType || ty.Equals(exact):
		return v, nil
	case structural && !v.IsKnown() && v.Range().DefinitelyNotNull():
		return cty.UnknownVal(exact).RefineNotNull(), nil
	case structural && !v.IsKnown():
		return cty.UnknownVal(exact), nil
	case structural && v.IsNull():
		return cty.NullVal(exact), nil
	case want.IsListType() && listLike(ty):
		if !v.Length().IsKnown() { // a set with unknown elements
			return cty.UnknownVal(exact), nil
		}
		return collection(v, exact, want.ElementType(), path)
	case want.IsSetType() && listLike(ty):
		return collection(v, exact, want.ElementType(), path)
	case want.IsMapType() && (ty.IsObjectType() || ty.IsMapType()):
		return mapping(v, exact, want.ElementType(), path)
	case want.IsObjectType() && ty.IsObjectType():
		return object(v, want, path)
	case want.IsTupleType() && ty.IsTupleType() && ty.Length() == want.Length():
		items := make([]cty.Value, 0, want.Length())
		for i, e := range v.AsValueSlice() {
			item, err := apply(e, want.TupleElementType(i), append(path, index(i)))
			if err != nil {
				return cty.NilVal, err
			}
			items = append(items, item)
		}
		return cty.TupleVal(items), nil
	}
	out, err := convert.Convert(v, want)
	if err != nil && len(path) > 0 {
		err = copied(path).NewError(err)
	}
	return out, err
}

// collection makes a list or a set of exactly a type.
func collection(v cty.Value, exact, element cty.Type, path cty.Path) (cty.Value, error) {
	items := make([]cty.Value, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		item, err := apply(e, element, append(path, index(len(items))))
		if err != nil {
			return cty.NilVal, err
		}
		items = append(items, item)
	}
	switch {
	case len(items) == 0 && exact.IsListType():
		return cty.ListValEmpty(exact.ElementType()), nil
	case len(items) == 0:
		return cty.SetValEmpty(exact.ElementType()), nil
	case exact.IsListType() && v.Type().IsTupleType():
		if err := settle(items, path); err != nil {
			return cty.NilVal, err
		}
	}
	switch {
	case !cty.CanListVal(items):
		return cty.NilVal, unlike(path)
	case exact.IsListType():
		return cty.ListVal(items), nil
	}
	return cty.SetVal(items), nil
}

// settle gives elements one type whose type was still open in a part.
func settle(items []cty.Value, path cty.Path) error {
	if cty.CanListVal(items) {
		return nil
	}
	types := make([]cty.Type, len(items))
	for i, v := range items {
		types[i] = v.Type()
	}
	ty := Unify(types)
	if ty == cty.NilType {
		return unlike(path)
	}
	for i, v := range items {
		var err error
		if items[i], err = apply(v, ty, append(path, index(i))); err != nil {
			return err
		}
	}
	return nil
}

func unlike(path cty.Path) error {
	return copied(path).NewErrorf("all elements must have the same type")
}

func mapping(v cty.Value, exact, element cty.Type, path cty.Path) (cty.Value, error) {
	items := make(map[string]cty.Value, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		key, e := it.Element()
		item, err := apply(e, element, append(path, cty.IndexStep{Key: key}))
		if err != nil {
			return cty.NilVal, err
		}
		items[key.AsString()] = item
	}
	switch {
	case len(items) == 0:
		return cty.MapValEmpty(exact.ElementType()), nil
	case element.IsCollectionType() || element.IsObjectType():
		keys := slices.Sorted(maps.Keys(items))
		list := make([]cty.Value, len(keys))
		for i, key := range keys {
			list[i] = items[key]
		}
		if err := settle(list, path); err != nil {
			return cty.NilVal, err
		}
		for i, key := range keys {
			items[key] = list[i]
		}
	}
	if !cty.CanMapVal(items) {
		return cty.NilVal, unlike(path)
	}
	return cty.MapVal(items), nil
}

// object leaves out attributes that want has not, and adds nulls for optional
// ones that v has not.
func object(v cty.Value, want cty.Type, path cty.Path) (cty.Value, error) {
	have, attrs := v.AsValueMap(), map[string]cty.Value{}
	for name, ty := range want.AttributeTypes() {
		e, ok := have[name]
		switch {
		case ok:
			item, err := apply(e, ty, append(path, cty.GetAttrStep{Name: name}))
			if err != nil {
				return cty.NilVal, err
			}
			attrs[name] = item
		case want.AttributeOptional(name):
			attrs[name] = cty.NullVal(ty.WithoutOptionalAttributesDeep())
		default:
			return cty.NilVal, copied(path).NewErrorf("attribute %q is required", name)
		}
	}
	return cty.ObjectVal(attrs), nil
}
