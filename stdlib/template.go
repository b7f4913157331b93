package stdlib

import (
	"fmt"
	"io/fs"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/plan"
)

// Render makes the text of a template. name is what its errors call it;
// values are known and without marks.
type Render func(src, name string, values map[string]cty.Value) (string, error)

// TemplateFunctions are templatefile and templatestring, whose templates lie
// in files and are read by render: their syntax is HCL's.
func TemplateFunctions(files fs.FS, render Render) map[string]function.Function {
	of := func(read func(s string) (src, name string, err error)) function.Function {
		return guarded(function.New(&function.Spec{
			Params: []function.Parameter{
				{Name: "template", Type: cty.String},
				{Name: "values", Type: cty.DynamicPseudoType, AllowDynamicType: true},
			},
			Type: function.StaticReturnType(cty.String),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				values, known, err := templateValues(args[1])
				if err != nil || !known {
					return cty.UnknownVal(cty.String), err
				}
				src, name, err := read(args[0].AsString())
				if err != nil {
					return cty.NilVal, err
				}
				s, err := render(src, name, values)
				if err != nil {
					return cty.NilVal, err
				}
				return cty.StringVal(s), nil
			},
		}), nil)
	}
	return map[string]function.Function{
		"templatefile": of(func(path string) (string, string, error) {
			src, err := ReadText(files, path)
			return src, path, err
		}),
		"templatestring": of(func(src string) (string, string, error) { return src, "the template", nil }),
	}
}

// templateValues are what a template reads by name.
func templateValues(v cty.Value) (values map[string]cty.Value, known bool, err error) {
	if ty := v.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		return nil, false, function.NewArgErrorf(1, "the values must be an object, not %s", ty.FriendlyName())
	}
	if !v.IsWhollyKnown() {
		return nil, false, nil
	}
	if err := checkTexts(v); err != nil {
		return nil, false, err
	}
	return v.AsValueMap(), true, nil
}

// checkTexts refuses texts that an operator would turn into numbers beyond
// the limits.
func checkTexts(v cty.Value) error {
	if v.IsNull() {
		return nil
	}
	if v.Type() == cty.String {
		if n, ok := plan.ParseNumber(v.AsString()); ok && checkNumber(n.Big()) != nil || !ok && looksEnormous(v.AsString()) {
			return fmt.Errorf("the value %s: %w", quoted(v.AsString()), errNumber)
		}
		return nil
	}
	if !v.CanIterateElements() {
		return nil
	}
	for it := v.ElementIterator(); it.Next(); {
		if _, e := it.Element(); checkTexts(e) != nil {
			return checkTexts(e)
		}
	}
	return nil
}

// looksEnormous reports whether a text has the form of a number with an
// exponent, which plan.ParseNumber refuses when it is too large.
func looksEnormous(s string) bool {
	if s == "" || len(s) > 100 {
		return false
	}
	exponent := false
	for i := range len(s) {
		switch c := s[i]; {
		case c == 'e' || c == 'E' || c == 'p' || c == 'P':
			exponent = i > 0
		case !isDigit(c) && c != '+' && c != '-' && c != '.':
			return false
		}
	}
	return exponent
}
