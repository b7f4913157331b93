package testfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/diag"
)

// maxShown is about how many bytes of a value are shown.
const maxShown = 160

// shown is a value in a few words, as HCL writes it; of a large one the
// beginning.
func shown(v cty.Value) string {
	s := &shortener{left: maxShown}
	s.value(v)
	if s.left < 0 {
		return s.text.String() + " …"
	}
	return s.text.String()
}

// shortener writes until it has written enough.
type shortener struct {
	text strings.Builder
	left int
}

func (s *shortener) add(text string) {
	if s.left < 0 {
		return
	}
	if len(text) > s.left {
		text = strings.ToValidUTF8(text[:s.left], "")
		s.left = -1
	} else {
		s.left -= len(text)
	}
	s.text.WriteString(text)
}

func (s *shortener) value(v cty.Value) {
	switch {
	case s.left < 0:
		return
	case v == cty.NilVal || !v.IsKnown() || v.IsNull() || v.IsMarked():
		s.add(diag.ValueText(v))
		return
	}
	ty := v.Type()
	switch {
	case ty == cty.String:
		s.add(strconv.Quote(v.AsString()))
	case ty == cty.Number:
		s.add(v.AsBigFloat().Text('f', -1))
	case ty.IsObjectType() || ty.IsMapType():
		s.object(v)
	case v.CanIterateElements():
		s.add("[")
		first := true
		for it := v.ElementIterator(); it.Next() && s.left >= 0; first = false {
			if !first {
				s.add(", ")
			}
			_, item := it.Element()
			s.value(item)
		}
		s.add("]")
	default:
		s.add(diag.ValueText(v))
	}
}

func (s *shortener) object(v cty.Value) {
	if v.LengthInt() == 0 {
		s.add("{}")
		return
	}
	s.add("{ ")
	first := true
	for it := v.ElementIterator(); it.Next() && s.left >= 0; first = false {
		if !first {
			s.add(", ")
		}
		key, item := it.Element()
		s.add(keyText(key.AsString()) + " = ")
		s.value(item)
	}
	s.add(" }")
}

func keyText(name string) string {
	if hclsyntax.ValidIdentifier(name) {
		return name
	}
	return strconv.Quote(name)
}

// maxDifferences bounds the places that are listed where two values differ.
const maxDifferences = 10

// unequal says where two values differ that should be equal; "" where that is
// plain from the values themselves.
func unequal(left, right cty.Value) string {
	if multiline(left) && multiline(right) {
		return "The two texts differ; - is the right side, + the left one:\n" + indent(hunks(right.AsString(), left.AsString()))
	}
	if !compound(left) && !compound(right) {
		if left.IsKnown() && right.IsKnown() && !left.IsNull() && !right.IsNull() && left.Type() != right.Type() {
			return capital(fmt.Sprintf("%s never equals %s.", article(typeName(left.Type())), article(typeName(right.Type()))))
		}
		return ""
	}
	c := &comparison{}
	c.compare("", left, right)
	if c.n == 0 {
		return fmt.Sprintf("The two sides hold the same, and are still not equal, since one is a %s and the other a %s. Convert one with tolist, toset or tomap, or compare jsonencode of both.", left.Type().FriendlyName(), right.Type().FriendlyName())
	}
	lines := c.lines
	if c.n > len(lines) {
		lines = append(lines, fmt.Sprintf("  and %d more", c.n-len(lines)))
	}
	return "The two sides differ:\n" + strings.Join(lines, "\n")
}

func compound(v cty.Value) bool {
	return v.IsKnown() && !v.IsNull() && !v.Type().IsPrimitiveType()
}

func multiline(v cty.Value) bool {
	return v.Type() == cty.String && v.IsKnown() && !v.IsNull() && strings.Contains(v.AsString(), "\n")
}

// comparison lists the places where two values differ.
type comparison struct {
	lines []string
	n     int
}

func (c *comparison) add(format string, args ...any) {
	if c.n++; c.n <= maxDifferences {
		c.lines = append(c.lines, "  "+fmt.Sprintf(format, args...))
	}
}

func (c *comparison) compare(path string, left, right cty.Value) {
	switch {
	case fields(left) && fields(right):
		l, r := left.AsValueMap(), right.AsValueMap()
		for _, key := range union(l, r) {
			c.pair(path+fieldText(key), l[key], r[key])
		}
	case elements(left) && elements(right):
		l, r := left.AsValueSlice(), right.AsValueSlice()
		for i := range max(len(l), len(r)) {
			c.pair(fmt.Sprintf("%s[%d]", path, i), at(l, i), at(r, i))
		}
	case left.IsNull() && right.IsNull():
	case !left.RawEquals(right):
		if path == "" {
			path = "all"
		}
		c.add("%s: %s on the left, %s on the right", path, shown(left), shown(right))
	}
}

// pair compares two parts, of which one may not be there.
func (c *comparison) pair(path string, left, right cty.Value) {
	switch {
	case left == cty.NilVal:
		c.add("%s: only on the right, %s", path, shown(right))
	case right == cty.NilVal:
		c.add("%s: only on the left, %s", path, shown(left))
	default:
		c.compare(path, left, right)
	}
}

func fieldText(key string) string {
	if hclsyntax.ValidIdentifier(key) {
		return "." + key
	}
	return "[" + strconv.Quote(key) + "]"
}

func fields(v cty.Value) bool {
	return compound(v) && (v.Type().IsObjectType() || v.Type().IsMapType())
}

func elements(v cty.Value) bool {
	return compound(v) && (v.Type().IsTupleType() || v.Type().IsListType() || v.Type().IsSetType())
}

func union(a, b map[string]cty.Value) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]cty.Value{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func at(values []cty.Value, i int) cty.Value {
	if i < len(values) {
		return values[i]
	}
	return cty.NilVal
}

// indent moves lines in, so that a diagnostic shows them as they are.
func indent(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return strings.Join(lines, "\n")
}
