package stdlib

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/plan"
	"throng/stdlib/convert"
)

// Limits of what functions take and give.
const (
	MaxText     = 1 << 20  // bytes of a text a function makes
	MaxElements = 100_000  // elements of a collection a function makes
	maxInput    = 64 << 20 // bytes of text and elements in one argument
	maxExponent = 1 << 14  // binary exponent of a number, either sign: about 5,000 digits
	maxWidth    = 10_000   // width and precision in format
	maxPattern  = 4096     // bytes of a regular expression
)

var (
	errText     = errors.New("the result is longer than 1 MiB, the most a function may make")
	errElements = errors.New("the result has more than 100,000 elements, the most a function may make")
	errNumber   = errors.New("the number is too large or too small, or infinite")
)

// checkNumber refuses numbers whose text would be enormous.
func checkNumber(f *big.Float) error {
	if e := f.MantExp(nil); f.IsInf() || e > maxExponent || e < -maxExponent {
		return errNumber
	}
	return nil
}

// budget walks values and adds up what they hold.
type budget struct{ left int }

var errInput = errors.New("the argument holds more than 64 MiB of text or elements")

// spend walks one value. Unknown and null parts cost nothing.
func (b *budget) spend(v cty.Value) error {
	v, _ = v.Unmark()
	if !v.IsKnown() || v.IsNull() {
		return nil
	}
	b.left--
	ty := v.Type()
	switch {
	case ty == cty.Number:
		return checkNumber(v.AsBigFloat())
	case ty == cty.String:
		b.left -= len(v.AsString())
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			if err := b.spend(e); err != nil {
				return err
			}
		}
	}
	if b.left < 0 {
		return errInput
	}
	return nil
}

// checkResult holds a function's result against the limits.
func checkResult(v cty.Value) error {
	bare, _ := v.Unmark()
	if !bare.IsKnown() || bare.IsNull() {
		return nil
	}
	ty := bare.Type()
	switch {
	case ty == cty.Number:
		return checkNumber(bare.AsBigFloat())
	case ty == cty.String:
		if len(bare.AsString()) > MaxText {
			return errText
		}
	case ty.IsObjectType():
		if len(ty.AttributeTypes()) > MaxElements {
			return errElements
		}
	case bare.CanIterateElements():
		if n := bare.Length(); n.IsKnown() && bare.LengthInt() > MaxElements {
			return errElements
		}
	}
	return nil
}

// guarded is fn with limits. Its parameters take any type and are converted
// here: HCL would convert them before the function could look, and the text
// of a number such as 1e600000000 does not fit into memory. check, if any,
// sees the known, converted arguments before the call.
func guarded(fn function.Function, check func(args []cty.Value) error) function.Function {
	params, rest := fn.Params(), fn.VarParam()
	prepare := func(args []cty.Value) ([]cty.Value, error) {
		out := make([]cty.Value, len(args))
		known := true
		for i, v := range args {
			want := cty.DynamicPseudoType
			if i < len(params) {
				want = params[i].Type
			} else if rest != nil {
				want = rest.Type
			}
			v, err := argument(v, want)
			if err != nil {
				return nil, function.NewArgError(i, err)
			}
			out[i] = v
			known = known && v.IsWhollyKnown() && !v.IsNull()
		}
		if check != nil && known {
			return out, check(unmarked(out))
		}
		return out, nil
	}
	return prepared(fn, prepare, checkResult)
}

// argument checks one argument and converts it to its parameter's type.
func argument(v cty.Value, want cty.Type) (cty.Value, error) {
	b := budget{left: maxInput}
	if err := b.spend(v); err != nil {
		return v, err
	}
	if want == cty.DynamicPseudoType || v.Type() == want {
		return v, nil
	}
	if bare, marks := v.Unmark(); want == cty.Number && bare.Type() == cty.String && bare.IsKnown() && !bare.IsNull() {
		n, ok := parseNumber(bare.AsString())
		if !ok {
			return v, errors.New("a number is required")
		}
		return cty.NumberVal(n.Big()).WithMarks(marks), nil
	}
	v, err := convert.Convert(v, want)
	if err != nil {
		return v, err
	}
	b = budget{left: maxInput}
	return v, b.spend(v)
}

// parseNumber reads a decimal number within the limits.
func parseNumber(s string) (plan.Value, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return plan.Value{}, false
	}
	v, ok := plan.ParseNumber(s)
	if !ok || checkNumber(v.Big()) != nil {
		return plan.Value{}, false
	}
	return v, true
}

func unmarked(args []cty.Value) []cty.Value {
	out := make([]cty.Value, len(args))
	for i, v := range args {
		out[i], _ = v.UnmarkDeep()
	}
	return out
}

// anything is a parameter that leaves every check to the function behind it.
func anything(name string) function.Parameter {
	return function.Parameter{
		Name: name, Type: cty.DynamicPseudoType,
		AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
	}
}

// product checks that n pieces of size bytes stay within MaxText.
func product(n, size int) error {
	if n > 0 && size > MaxText/n {
		return errText
	}
	return nil
}

// checkFormat refuses widths, precisions and indexes that would make
// enormous texts.
func checkFormat(format string) error {
	inVerb, value := false, 0
	for i := range len(format) {
		switch c := format[i]; {
		case c == '%':
			inVerb, value = !inVerb, 0
		case !inVerb:
		case isDigit(c):
			if value = value*10 + int(c-'0'); value > maxWidth {
				return fmt.Errorf("a width or precision in the format is larger than %d", maxWidth)
			}
		case strings.IndexByte(" +-#.[]*", c) >= 0:
			value = 0
		default:
			inVerb = false
		}
	}
	return nil
}
