package convert

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// mismatch is why no value of a type can be converted to another; nil where
// some can.
func mismatch(from, to cty.Type, path cty.Path) error {
	switch {
	case to == cty.DynamicPseudoType || from == cty.DynamicPseudoType || from.Equals(to.WithoutOptionalAttributesDeep()):
		return nil
	case (to.IsListType() || to.IsSetType()) && from.IsTupleType():
		if to.ElementType() == cty.DynamicPseudoType && !alike(from.TupleElementTypes()) {
			return unlike(path)
		}
		return eachMismatch(from.TupleElementTypes(), to.ElementType(), path)
	case (to.IsListType() || to.IsSetType()) && listLike(from), to.IsMapType() && from.IsMapType():
		return mismatch(from.ElementType(), to.ElementType(), path)
	case to.IsMapType() && from.IsObjectType():
		attrs := distinct(values(from.AttributeTypes()))
		if to.ElementType() == cty.DynamicPseudoType && Unify(attrs) == cty.NilType && len(attrs) > 0 {
			return unlike(path)
		}
		for _, name := range names(from.AttributeTypes()) {
			if err := mismatch(from.AttributeType(name), to.ElementType(), append(path, cty.IndexStep{Key: cty.StringVal(name)})); err != nil {
				return err
			}
		}
		return nil
	case to.IsObjectType() && from.IsObjectType():
		for _, name := range names(to.AttributeTypes()) {
			if !from.HasAttribute(name) {
				if to.AttributeOptional(name) {
					continue
				}
				return copied(path).NewErrorf("attribute %q is required", name)
			}
			if err := mismatch(from.AttributeType(name), to.AttributeType(name), append(path, cty.GetAttrStep{Name: name})); err != nil {
				return err
			}
		}
		return nil
	case to.IsTupleType() && from.IsTupleType() && to.Length() == from.Length():
		for i, e := range from.TupleElementTypes() {
			if err := mismatch(e, to.TupleElementType(i), append(path, index(i))); err != nil {
				return err
			}
		}
		return nil
	}
	if convert.GetConversionUnsafe(from, to) != nil {
		return nil
	}
	return copied(path).NewError(errors.New(convert.MismatchMessage(from, to)))
}

// eachMismatch looks at each type once: many elements share one.
func eachMismatch(from []cty.Type, to cty.Type, path cty.Path) error {
	good := map[uint64]cty.Type{}
	for i, e := range from {
		key := sum(e)
		if known, ok := good[key]; ok && known.Equals(e) {
			continue
		}
		if err := mismatch(e, to, append(path, index(i))); err != nil {
			return err
		}
		good[key] = e
	}
	return nil
}

// alike reports whether the elements of a tuple can be those of a list.
func alike(types []cty.Type) bool {
	types = distinct(types)
	if len(types) == 0 {
		return true
	}
	ty := Unify(types)
	return ty != cty.NilType && (ty != cty.DynamicPseudoType || len(types) == 1)
}

// copied is a path that further steps do not change.
func copied(path cty.Path) cty.Path { return append(cty.Path{}, path...) }
