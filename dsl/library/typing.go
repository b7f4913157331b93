package library

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// typing is a type constraint, with the defaults of its optional attributes.
type typing struct {
	ty       cty.Type
	defaults *typeexpr.Defaults
}

// String is the type as an author writes it, on one line.
func (t typing) String() string { return typeText(t.ty, t.defaults) }

func typeText(ty cty.Type, d *typeexpr.Defaults) string {
	switch {
	case ty == cty.NilType || ty == cty.DynamicPseudoType:
		return "any"
	case ty.IsListType():
		return "list(" + typeText(ty.ElementType(), below(d, "")) + ")"
	case ty.IsSetType():
		return "set(" + typeText(ty.ElementType(), below(d, "")) + ")"
	case ty.IsMapType():
		return "map(" + typeText(ty.ElementType(), below(d, "")) + ")"
	case ty.IsTupleType():
		var parts []string
		for i, e := range ty.TupleElementTypes() {
			parts = append(parts, typeText(e, below(d, strconv.Itoa(i))))
		}
		return "tuple([" + strings.Join(parts, ", ") + "])"
	case ty.IsObjectType():
		return objectText(ty, d)
	}
	return ty.FriendlyName() // string, number, bool
}

func objectText(ty cty.Type, d *typeexpr.Defaults) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(ty.AttributeTypes())) {
		text := typeText(ty.AttributeType(name), below(d, name))
		if ty.AttributeOptional(name) {
			if d != nil && d.DefaultValues[name] != cty.NilVal {
				text += ", " + Literal(d.DefaultValues[name])
			}
			text = "optional(" + text + ")"
		}
		parts = append(parts, name+" = "+text)
	}
	if len(parts) == 0 {
		return "object({})"
	}
	return "object({ " + strings.Join(parts, ", ") + " })"
}

func below(d *typeexpr.Defaults, name string) *typeexpr.Defaults {
	if d == nil {
		return nil
	}
	return d.Children[name]
}

// Literal is a known value as HCL writes it, on one line.
func Literal(v cty.Value) string {
	v, _ = v.UnmarkDeep()
	ty := v.Type()
	switch {
	case v.IsNull():
		return "null"
	case !v.IsKnown():
		return "…"
	case ty.IsPrimitiveType():
		return string(hclwrite.TokensForValue(v).Bytes())
	case ty.IsObjectType() || ty.IsMapType():
		var parts []string
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			parts = append(parts, keyText(k.AsString())+" = "+Literal(e))
		}
		if len(parts) == 0 {
			return "{}"
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	}
	var parts []string
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		parts = append(parts, Literal(e))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func keyText(key string) string {
	for i, r := range key {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return Literal(cty.StringVal(key))
		}
	}
	switch key {
	case "", "for", "if", "in", "null", "true", "false":
		return Literal(cty.StringVal(key))
	}
	return key
}

// accepts says why a value that the thing called name accepted as old may be
// refused as now, or no longer have its effect; "" where it never is.
func accepts(name string, now, old cty.Type) string {
	switch {
	case now == cty.DynamicPseudoType:
		return ""
	case old == cty.DynamicPseudoType:
	case now.IsPrimitiveType():
		if old == now || now == cty.String && old.IsPrimitiveType() {
			return ""
		}
	case now.IsObjectType() && old.IsObjectType():
		return acceptsObject(name, now, old)
	case now.IsMapType() && old.IsMapType(), listed(now) && listed(old) && (old.IsListType() || now.IsSetType()),
		now.IsListType() && old.IsSetType():
		return accepts(name+"[*]", now.ElementType(), old.ElementType())
	case now.IsMapType() && old.IsObjectType():
		return first(old, func(attr string, ty cty.Type) string { return accepts(name+"."+attr, now.ElementType(), ty) })
	case listed(now) && old.IsTupleType():
		return each(old.TupleElementTypes(), func(_ int, ty cty.Type) string { return accepts(name+"[*]", now.ElementType(), ty) })
	case now.IsTupleType() && old.IsTupleType() && now.Length() == old.Length():
		return each(old.TupleElementTypes(), func(i int, ty cty.Type) string {
			return accepts(fmt.Sprintf("%s[%d]", name, i), now.TupleElementType(i), ty)
		})
	}
	return fmt.Sprintf("%s was %s and is %s", name, typeText(old, nil), typeText(now, nil))
}

func acceptsObject(name string, now, old cty.Type) string {
	why := first(old, func(attr string, ty cty.Type) string {
		switch {
		case !now.HasAttribute(attr):
			return fmt.Sprintf("%s.%s is gone", name, attr)
		case old.AttributeOptional(attr) && !now.AttributeOptional(attr):
			return fmt.Sprintf("%s.%s is no longer optional", name, attr)
		}
		return accepts(name+"."+attr, now.AttributeType(attr), ty)
	})
	if why != "" {
		return why
	}
	return first(now, func(attr string, _ cty.Type) string {
		if old.HasAttribute(attr) || now.AttributeOptional(attr) {
			return ""
		}
		return fmt.Sprintf("%s.%s is needed", name, attr)
	})
}

// provides reports whether what read a value of the type old can read one of
// the type now: it may have more attributes and elements.
func provides(now, old cty.Type) bool {
	switch {
	case old.IsObjectType() && now.IsObjectType():
		return first(old, func(attr string, ty cty.Type) string {
			if !now.HasAttribute(attr) || !provides(now.AttributeType(attr), ty) {
				return attr
			}
			return ""
		}) == ""
	case old.IsTupleType() && now.IsTupleType():
		return each(old.TupleElementTypes(), func(i int, ty cty.Type) string {
			if i >= now.Length() || !provides(now.TupleElementType(i), ty) {
				return "less"
			}
			return ""
		}) == ""
	}
	return accepts("", old, now) == ""
}

func listed(ty cty.Type) bool { return ty.IsListType() || ty.IsSetType() }

// first is the first thing said about an attribute of an object type.
func first(object cty.Type, why func(string, cty.Type) string) string {
	types := object.AttributeTypes()
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if text := why(name, types[name]); text != "" {
			return text
		}
	}
	return ""
}

// each is the first thing said about an element.
func each(types []cty.Type, why func(int, cty.Type) string) string {
	for i, ty := range types {
		if text := why(i, ty); text != "" {
			return text
		}
	}
	return ""
}
