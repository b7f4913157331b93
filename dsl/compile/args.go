package compile

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/stdlib"
	"throng/stdlib/convert"
)

// The readers below give the value of a static argument as a Go type. They
// say false when the argument is not set, null, or wrong; a wrong one is
// reported. A sensitive value loses its mark here and is remembered as a
// secret where it was declared.

// known is a static argument's value, converted to a type.
func (c *compiler) known(b *config.Block, name string, want cty.Type) (cty.Value, *config.Arg, bool) {
	a := b.Arg(name)
	if a == nil {
		return cty.NilVal, nil, false
	}
	value, ok := c.static(a, b)
	if !ok {
		return cty.NilVal, a, false
	}
	value, marks := value.UnmarkDeep()
	if len(marks) > 0 && slices.Contains(shownArgs, name) {
		c.fail(b, diag.SensitiveValue, a.Expr.Range(), "%s is shown in reports, so it must not be made of a sensitive value.", name)
		return cty.NilVal, a, false
	}
	if value.IsNull() {
		return cty.NilVal, a, false
	}
	if want == cty.DynamicPseudoType {
		return value, a, true
	}
	converted, err := convert.Convert(value, want)
	if err != nil {
		c.fail(b, diag.WrongType, a.Expr.Range(), "%s must be %s; this is %s.", name, article(a.Schema.Type.String()), article(typeName(value.Type())))
		return cty.NilVal, a, false
	}
	return converted, a, true
}

// shownArgs are the arguments whose values stand in tables and files.
var shownArgs = []string{"name", "tags", "description", "base_url"}

func article(noun string) string {
	if strings.HasPrefix(noun, "list") || strings.HasPrefix(noun, "any") {
		return "a " + noun
	}
	switch noun[0] {
	case 'a', 'e', 'i', 'o':
		return "an " + noun
	}
	return "a " + noun
}

func (c *compiler) str(b *config.Block, name string) (string, bool) {
	v, _, ok := c.known(b, name, cty.String)
	if !ok {
		return "", false
	}
	return v.AsString(), true
}

func (c *compiler) boolean(b *config.Block, name string) (value, ok bool) {
	v, _, ok := c.known(b, name, cty.Bool)
	return ok && v.True(), ok
}

func (c *compiler) number(b *config.Block, name string) (float64, bool) {
	v, _, ok := c.known(b, name, cty.Number)
	if !ok {
		return 0, false
	}
	f, _ := v.AsBigFloat().Float64()
	return f, true
}

// maxCount bounds whole numbers: more users or iterations than this is a
// slip of the keyboard.
const maxCount = 1_000_000_000

func (c *compiler) count(b *config.Block, name string) (int64, bool) {
	f, ok := c.number(b, name)
	if !ok {
		return 0, false
	}
	if f != math.Trunc(f) || f < 0 || f > maxCount {
		c.fail(b, diag.OutOfRange, b.Arg(name).Expr.Range(), "%s must be a whole number from 0 to %d.", name, maxCount)
		return 0, false
	}
	return int64(f), true
}

// weight reads a share among siblings.
func (c *compiler) weight(b *config.Block) float64 {
	w, ok := c.number(b, "weight")
	switch {
	case !ok:
		return 1
	case w < 0:
		c.fail(b, diag.InvalidWeight, b.Arg("weight").Expr.Range(), "A weight is a share, so it cannot be negative. 0 switches %s off.", b.Title())
		return 1
	case w > maxCount:
		c.fail(b, diag.InvalidWeight, b.Arg("weight").Expr.Range(), "A weight may be at most %d.", maxCount)
		return 1
	}
	return w
}

func (c *compiler) keyword(b *config.Block, name string) (string, bool) {
	word, ok := c.str(b, name)
	if !ok {
		return "", false
	}
	a := b.Arg(name)
	if slices.Contains(a.Schema.Words, word) {
		return word, true
	}
	c.fail(b, diag.InvalidValue, a.Expr.Range(), "%s must be one of %s.", name, quoted(a.Schema.Words)).DidYouMean(word, a.Schema.Words)
	return "", false
}

func quoted(words []string) string {
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(shown, ", ")
}

// stringList reads a list of strings, or one string. The ranges of a literal
// list's elements are kept by the caller through itemRange.
func (c *compiler) stringList(b *config.Block, name string) ([]string, bool) {
	v, a, ok := c.known(b, name, cty.DynamicPseudoType)
	if !ok {
		return nil, false
	}
	if v.Type() == cty.String {
		return []string{v.AsString()}, true
	}
	list, err := convert.Convert(v, cty.List(cty.String))
	if err != nil {
		c.fail(b, diag.WrongType, a.Expr.Range(), "%s must be a list of strings, or one string; this is %s.", name, article(typeName(v.Type())))
		return nil, false
	}
	var all []string
	for it := list.ElementIterator(); it.Next(); {
		_, item := it.Element()
		if item.IsNull() {
			c.fail(b, diag.NullValue, a.Expr.Range(), "%s must not hold null.", name)
			return nil, false
		}
		all = append(all, item.AsString())
	}
	return all, true
}

func (c *compiler) duration(b *config.Block, name string) (time.Duration, bool) {
	v, a, ok := c.known(b, name, cty.DynamicPseudoType)
	if !ok {
		return 0, false
	}
	d, problem := durationOf(v, a.Expr)
	if problem != "" {
		c.fail(b, diag.InvalidDuration, a.Expr.Range(), "%s", problem)
		return 0, false
	}
	return d, true
}

// maxDuration bounds a duration to what a run may sensibly last.
const maxDuration = 366 * 24 * time.Hour

// durationOf reads a duration: a string with units, or a number of seconds
// that an expression computed. A literal number is refused, since nobody can
// tell whether it means seconds or milliseconds.
func durationOf(v cty.Value, expr any) (time.Duration, string) {
	switch v.Type() {
	case cty.String:
		d, err := stdlib.ParseDuration(v.AsString())
		if err != nil {
			return 0, sentence(err)
		}
		if d < 0 || d > maxDuration {
			return 0, "A duration must lie between 0 and a year."
		}
		return d, ""
	case cty.Number:
		f, _ := v.AsBigFloat().Float64()
		if lit, literal := expr.(*hclsyntax.LiteralValueExpr); literal && f != 0 {
			text := lit.Val.AsBigFloat().Text('f', -1)
			return 0, fmt.Sprintf("A duration needs a unit: write \"%ss\" or \"%sms\".", text, text)
		}
		if f < 0 || f > maxDuration.Seconds() {
			return 0, "A duration must lie between 0 and a year."
		}
		return time.Duration(f * float64(time.Second)), ""
	}
	return 0, fmt.Sprintf("A duration is a string with a unit, such as \"500ms\" or \"2m30s\"; this is %s.", article(typeName(v.Type())))
}

// sentence is an error's text with a capital letter and a full stop.
func sentence(err error) string {
	s := err.Error()
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

func (c *compiler) rate(b *config.Block, name string) (float64, bool) {
	v, a, ok := c.known(b, name, cty.DynamicPseudoType)
	if !ok {
		return 0, false
	}
	r, problem := rateOf(v, a.Expr)
	if problem != "" {
		c.fail(b, diag.InvalidRate, a.Expr.Range(), "%s", problem)
		return 0, false
	}
	return r, true
}

// maxRate bounds a rate, in events a second.
const maxRate = 1e9

// rateOf reads a rate: a string such as "1000/s", or a number a second that
// an expression computed. A literal number is refused, as for durations.
func rateOf(v cty.Value, expr any) (float64, string) {
	switch v.Type() {
	case cty.String:
		r, err := stdlib.ParseRate(v.AsString())
		if err != nil {
			return 0, sentence(err)
		}
		return r, ""
	case cty.Number:
		f, _ := v.AsBigFloat().Float64()
		if lit, literal := expr.(*hclsyntax.LiteralValueExpr); literal && f != 0 {
			text := lit.Val.AsBigFloat().Text('f', -1)
			return 0, fmt.Sprintf("A rate needs a unit of time: write \"%s/s\" or \"%s/m\".", text, text)
		}
		if f < 0 || f > maxRate {
			return 0, fmt.Sprintf("A rate must lie between 0 and %.0f a second.", maxRate)
		}
		return f, ""
	}
	return 0, "A rate is a string such as \"1000/s\" or \"156/m\"."
}

func (c *compiler) ratio(b *config.Block, name string) (float64, bool) {
	v, a, ok := c.known(b, name, cty.DynamicPseudoType)
	if !ok {
		return 0, false
	}
	var r float64
	switch v.Type() {
	case cty.String:
		parsed, err := stdlib.ParseRatio(v.AsString())
		if err != nil {
			c.fail(b, diag.InvalidRatio, a.Expr.Range(), "%s", sentence(err))
			return 0, false
		}
		r = parsed
	case cty.Number:
		r, _ = v.AsBigFloat().Float64()
	default:
		r = -1
	}
	if r < 0 || r > 1 {
		d := c.fail(b, diag.InvalidRatio, a.Expr.Range(), "%s is a share: a percentage such as \"0.5%%\", or a number from 0 to 1.", name)
		if r > 1 && r <= 100 {
			d.Suggestion = fmt.Sprintf("For %g of 100 write \"%g%%\".", r, r)
		}
		return 0, false
	}
	return r, true
}
