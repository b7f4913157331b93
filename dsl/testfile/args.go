package testfile

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/stdlib"
	"throng/stdlib/convert"
)

// The readers below give the value of a static argument as a Go type. They
// say false where it is not set, null, or wrong; a wrong one is reported.

// evaluate gives a static argument's value.
func (d *decoder) evaluate(b *config.Block, a *config.Arg, vars *variables) (cty.Value, bool) {
	if a.Bad || d.meter.Spent() {
		return cty.NilVal, false
	}
	x := newExpression(a.Expr, d.file.language)
	if x == nil {
		return cty.NilVal, false
	}
	roots := map[string]cty.Value{}
	if vars != nil {
		roots["var"] = vars.root()
	}
	v, found := x.value(roots, d.meter)
	for _, f := range found {
		d.report(b, f)
	}
	return v, !found.HasErrors()
}

// known is the value of an argument, converted; NilVal where there is none.
func (d *decoder) known(b *config.Block, name string, want cty.Type, vars *variables) (cty.Value, *config.Arg, bool) {
	a := b.Arg(name)
	if a == nil {
		return cty.NilVal, nil, false
	}
	v, ok := d.evaluate(b, a, vars)
	if !ok || v.IsNull() || !v.IsWhollyKnown() {
		return cty.NilVal, a, false
	}
	converted, err := convert.Convert(v, want)
	if err != nil {
		d.fail(b, diag.WrongType, a.Expr.Range(), "%s must be %s; this is %s.", name, article(a.Schema.Type.String()), article(typeName(v.Type())))
		return cty.NilVal, a, false
	}
	return converted, a, true
}

func (d *decoder) text(b *config.Block, name string) (string, bool) {
	v, _, ok := d.known(b, name, cty.String, nil)
	if !ok {
		return "", false
	}
	return v.AsString(), true
}

func (d *decoder) keyword(b *config.Block, name string, vars *variables) (string, bool) {
	v, a, ok := d.known(b, name, cty.String, vars)
	if !ok {
		return "", false
	}
	word := v.AsString()
	if slices.Contains(a.Schema.Words, word) {
		return word, true
	}
	d.fail(b, diag.InvalidValue, a.Expr.Range(), "%s must be one of %s.", name, quoted(a.Schema.Words)).DidYouMean(word, a.Schema.Words)
	return "", false
}

// count reads a whole number from least up.
func (d *decoder) count(b *config.Block, name string, least uint64, vars *variables) (uint64, bool) {
	v, a, ok := d.known(b, name, cty.Number, vars)
	if !ok {
		return 0, false
	}
	n, accuracy := v.AsBigFloat().Uint64()
	most := uint64(1_000_000_000)
	if name == "seed" {
		most = math.MaxUint64
	}
	if accuracy != big.Exact || n < least || n > most {
		d.fail(b, diag.OutOfRange, a.Expr.Range(), "%s must be a whole number from %d to %d.", name, least, most)
		return 0, false
	}
	return n, true
}

// duration reads a length of time, above 0.
func (d *decoder) duration(b *config.Block, name string, vars *variables) (time.Duration, bool) {
	v, a, ok := d.known(b, name, cty.DynamicPseudoType, vars)
	if !ok {
		return 0, false
	}
	length, problem := durationOf(v, a.Expr)
	if problem == "" && length == 0 {
		problem = name + " must be longer than nothing."
	}
	if problem != "" {
		d.fail(b, diag.InvalidDuration, a.Expr.Range(), "%s", problem)
		return 0, false
	}
	return length, true
}

// maxDuration bounds a duration.
const maxDuration = 366 * 24 * time.Hour

// durationOf reads a duration: a text with units, or a number of seconds that
// an expression computed.
func durationOf(v cty.Value, expr hcl.Expression) (time.Duration, string) {
	switch v.Type() {
	case cty.String:
		length, err := stdlib.ParseDuration(v.AsString())
		switch {
		case err != nil:
			return 0, sentence(err)
		case length > maxDuration:
			return 0, "A duration may be a year at most."
		}
		return length, ""
	case cty.Number:
		f, _ := v.AsBigFloat().Float64()
		if _, literal := expr.(*hclsyntax.LiteralValueExpr); literal && f != 0 {
			text := v.AsBigFloat().Text('f', -1)
			return 0, fmt.Sprintf("A duration needs a unit: write \"%ss\" or \"%sms\".", text, text)
		}
		if f < 0 || f > maxDuration.Seconds() {
			return 0, "A duration must lie between 0 and a year."
		}
		return time.Duration(f * float64(time.Second)), ""
	}
	return 0, fmt.Sprintf("A duration is a string with a unit, such as \"500ms\" or \"2m30s\"; this is %s.", article(typeName(v.Type())))
}

// share reads a part of all, above 0.
func (d *decoder) share(b *config.Block, vars *variables) (float64, bool) {
	v, a, ok := d.known(b, "share", cty.DynamicPseudoType, vars)
	if !ok {
		return 0, false
	}
	share, problem := 0.0, ""
	switch v.Type() {
	case cty.String:
		var err error
		if share, err = stdlib.ParseRatio(v.AsString()); err != nil {
			problem = sentence(err)
		}
	case cty.Number:
		share, _ = v.AsBigFloat().Float64()
	default:
		problem = fmt.Sprintf("A share is a percentage such as \"10%%\", or a number from 0 to 1; this is %s.", article(typeName(v.Type())))
	}
	if problem == "" && (share <= 0 || share > 1) {
		problem = "A share is more than nothing and at most \"100%\"."
	}
	if problem != "" {
		d.fail(b, diag.InvalidRatio, a.Expr.Range(), "%s", problem)
		return 0, false
	}
	return share, true
}

// word is one of a list of texts, and where it stands.
type word struct {
	text string
	at   hcl.Range
}

// words reads a list of texts, or one.
func (d *decoder) words(b *config.Block, name string) ([]word, bool) {
	v, a, ok := d.known(b, name, cty.DynamicPseudoType, nil)
	if !ok {
		return nil, false
	}
	at := a.Expr.Range()
	if v.Type() == cty.String {
		return []word{{v.AsString(), at}}, true
	}
	list, err := convert.Convert(v, cty.List(cty.String))
	if err != nil {
		d.fail(b, diag.WrongType, at, "%s must be a list of strings, or one string; this is %s.", name, article(typeName(v.Type())))
		return nil, false
	}
	places, _ := a.Expr.(*hclsyntax.TupleConsExpr)
	var all []word
	for it := list.ElementIterator(); it.Next(); {
		_, item := it.Element()
		if item.IsNull() {
			d.fail(b, diag.NullValue, at, "%s must not hold null.", name)
			return nil, false
		}
		w := word{item.AsString(), at}
		if places != nil && len(all) < len(places.Exprs) {
			w.at = places.Exprs[len(all)].Range()
		}
		all = append(all, w)
	}
	return all, true
}

func quoted(words []string) string {
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(shown, ", ")
}

func article(noun string) string {
	if strings.HasPrefix(noun, "any") {
		return "a " + strings.TrimPrefix(noun, "any ")
	}
	switch noun[0] {
	case 'a', 'e', 'i', 'o':
		return "an " + noun
	}
	return "a " + noun
}

// typeName is a type in the language's words: what HCL calls a tuple is
// written as a list.
func typeName(ty cty.Type) string {
	if ty.IsTupleType() {
		return "list"
	}
	return ty.FriendlyName()
}

// sentence is an error's text with a capital letter and a full stop.
func sentence(err error) string {
	s := capital(err.Error())
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
