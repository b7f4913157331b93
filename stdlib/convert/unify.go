package convert

import (
	"hash/maphash"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Unify is the most general type that values of all types can be converted
// to; cty.NilType where there is none, or where more than 64 types that are
// neither all objects, all lists nor all maps would have to be compared.
func Unify(types []cty.Type) cty.Type {
	types = distinct(types)
	switch len(types) {
	case 0:
		return cty.NilType
	case 1:
		return types[0]
	}
	n := count(types)
	all := func(kinds ...int) bool {
		sum := n.dynamics
		for _, k := range kinds {
			sum += k
		}
		return kinds[0] > 0 && sum == len(types)
	}
	switch {
	case all(n.maps):
		return n.open(func() cty.Type { return convertible(types, collectionOf(cty.Map, elements(types))) })
	case all(n.maps, n.objects):
		if ty := replaced(types, cty.Type.IsObjectType, mapOf); ty != cty.NilType && ty.IsMapType() {
			return ty
		}
	case all(n.lists):
		return n.open(func() cty.Type { return convertible(types, collectionOf(cty.List, elements(types))) })
	case all(n.lists, n.tuples):
		if ty := replaced(types, cty.Type.IsTupleType, listOf); ty != cty.NilType && ty.IsListType() {
			return ty
		}
	case all(n.sets):
		return n.open(func() cty.Type { return convertible(types, collectionOf(cty.Set, elements(types))) })
	case all(n.objects):
		return n.open(func() cty.Type { return objectOf(types) })
	case all(n.tuples):
		return n.open(func() cty.Type { return tupleOf(types) })
	case n.objects > 0 && n.tuples > 0:
		return cty.NilType
	}
	return preferred(types)
}

// kinds counts types by kind.
type kinds struct{ maps, lists, sets, objects, tuples, dynamics int }

func count(types []cty.Type) (n kinds) {
	for _, ty := range types {
		switch {
		case ty.IsMapType():
			n.maps++
		case ty.IsListType():
			n.lists++
		case ty.IsSetType():
			n.sets++
		case ty.IsObjectType():
			n.objects++
		case ty.IsTupleType():
			n.tuples++
		case ty == cty.DynamicPseudoType:
			n.dynamics++
		}
	}
	return n
}

// open leaves the type open where one of them is.
func (n kinds) open(unified func() cty.Type) cty.Type {
	if n.dynamics > 0 {
		return cty.DynamicPseudoType
	}
	return unified()
}

// preferred is the one of the types that all others can be converted to. A long
// tuple stands for the types of its elements, and a long object for a map, so
// that cty has few types to compare; neither can be what lists, sets and maps
// are converted to.
func preferred(types []cty.Type) cty.Type {
	short := make([]cty.Type, len(types))
	for i, ty := range types {
		switch {
		case !exceeds(ty, atMost()):
		case ty.IsTupleType():
			if ty = cty.Tuple(distinct(ty.TupleElementTypes())); exceeds(ty, atMost()) {
				return cty.NilType
			}
		case ty.IsObjectType():
			ty = mapOf([]cty.Type{ty})
		}
		if ty == cty.NilType {
			return ty
		}
		short[i] = ty
	}
	if short = distinct(short); len(short) > few {
		return cty.NilType
	}
	ty, _ := convert.UnifyUnsafe(short)
	return ty
}

// replaced unifies types after those of a kind have been made one.
func replaced(types []cty.Type, kind func(cty.Type) bool, one func([]cty.Type) cty.Type) cty.Type {
	var of, others []cty.Type
	for _, ty := range types {
		if kind(ty) {
			of = append(of, ty)
		} else {
			others = append(others, ty)
		}
	}
	ty := one(of)
	if ty == cty.NilType {
		return ty
	}
	return Unify(append(others, ty))
}

func collectionOf(kind func(cty.Type) cty.Type, elements []cty.Type) cty.Type {
	e := Unify(elements)
	if e == cty.NilType {
		return e
	}
	return kind(e)
}

// convertible is ty if all types can be converted to it, and else cty.NilType.
func convertible(types []cty.Type, ty cty.Type) cty.Type {
	if ty == cty.NilType {
		return ty
	}
	for _, from := range types {
		if mismatch(from, ty, nil) != nil {
			return cty.NilType
		}
	}
	return ty
}

// elements are the element types of collections.
func elements(types []cty.Type) []cty.Type {
	out := make([]cty.Type, len(types))
	for i, ty := range types {
		out[i] = ty.ElementType()
	}
	return out
}

// mapOf is a map that can hold the attributes of all objects.
func mapOf(objects []cty.Type) cty.Type {
	var all []cty.Type
	for _, ty := range objects {
		all = append(all, values(ty.AttributeTypes())...)
	}
	return convertible(objects, collectionOf(cty.Map, all))
}

// listOf is a list that can hold the elements of all tuples.
func listOf(tuples []cty.Type) cty.Type {
	var all []cty.Type
	for _, ty := range tuples {
		all = append(all, ty.TupleElementTypes()...)
	}
	return convertible(tuples, collectionOf(cty.List, all))
}

// objectOf unifies attribute by attribute where all objects have the same,
// and else makes them maps.
func objectOf(objects []cty.Type) cty.Type {
	first := objects[0].AttributeTypes()
	across := make(map[string][]cty.Type, len(first))
	for _, ty := range objects {
		attrs := ty.AttributeTypes()
		if len(attrs) != len(first) {
			return mapOf(objects)
		}
		for name, aty := range attrs {
			if _, ok := first[name]; !ok {
				return mapOf(objects)
			}
			across[name] = append(across[name], aty)
		}
	}
	attrs := make(map[string]cty.Type, len(first))
	for name, types := range across {
		if attrs[name] = Unify(types); attrs[name] == cty.NilType {
			return cty.NilType
		}
	}
	if ty := convertible(objects, cty.Object(attrs)); ty != cty.NilType {
		return ty
	}
	return mapOf(objects)
}

// tupleOf unifies element by element where all tuples have as many, and else
// makes them lists.
func tupleOf(tuples []cty.Type) cty.Type {
	for _, ty := range tuples {
		if ty.Length() != tuples[0].Length() {
			return listOf(tuples)
		}
	}
	out := make([]cty.Type, tuples[0].Length())
	across := make([]cty.Type, len(tuples))
	for i := range out {
		for j, ty := range tuples {
			across[j] = ty.TupleElementType(i)
		}
		if out[i] = Unify(across); out[i] == cty.NilType {
			return cty.NilType
		}
	}
	if ty := convertible(tuples, cty.Tuple(out)); ty != cty.NilType {
		return ty
	}
	return listOf(tuples)
}

func values(attrs map[string]cty.Type) []cty.Type {
	out := make([]cty.Type, 0, len(attrs))
	for _, name := range names(attrs) {
		out = append(out, attrs[name])
	}
	return out
}

func names(attrs map[string]cty.Type) []string { return slices.Sorted(maps.Keys(attrs)) }

// distinct are the types without repetitions, in order.
func distinct(types []cty.Type) []cty.Type {
	if len(types) < 2 {
		return types
	}
	seen := make(map[uint64][]cty.Type, 1)
	var out []cty.Type
	for _, ty := range types {
		key := sum(ty)
		if !slices.ContainsFunc(seen[key], ty.Equals) {
			seen[key] = append(seen[key], ty)
			out = append(out, ty)
		}
	}
	return out
}

var seed = maphash.MakeSeed()

// sum is a number that is the same for equal types.
func sum(ty cty.Type) uint64 {
	kind, parts := byte('x'), []uint64(nil)
	switch {
	case ty == cty.DynamicPseudoType:
		kind = '?'
	case ty == cty.String:
		kind = 's'
	case ty == cty.Number:
		kind = 'n'
	case ty == cty.Bool:
		kind = 'b'
	case ty.IsListType():
		kind, parts = 'L', []uint64{sum(ty.ElementType())}
	case ty.IsSetType():
		kind, parts = 'S', []uint64{sum(ty.ElementType())}
	case ty.IsMapType():
		kind, parts = 'M', []uint64{sum(ty.ElementType())}
	case ty.IsTupleType():
		kind = 'T'
		for _, e := range ty.TupleElementTypes() {
			parts = append(parts, sum(e))
		}
	case ty.IsObjectType():
		kind, parts = 'O', []uint64{0}
		for name, e := range ty.AttributeTypes() { // in any order
			parts[0] += maphash.Comparable(seed, [2]uint64{maphash.String(seed, name), sum(e)})
		}
	}
	out := maphash.Comparable(seed, kind)
	for _, p := range parts {
		out = maphash.Comparable(seed, [2]uint64{out, p})
	}
	return out
}
