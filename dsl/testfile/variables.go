package testfile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl"
	"throng/dsl/config"
)

// variables are the values a test gives to a scenario's variables.
type variables struct {
	values map[string]cty.Value
	inputs map[string]dsl.Input
}

// variables reads a block of them, nil for none, that goes over others.
func (d *decoder) variables(b *config.Block, under *variables) *variables {
	v := &variables{values: map[string]cty.Value{}, inputs: map[string]dsl.Input{}}
	if under != nil {
		maps.Copy(v.values, under.values)
		maps.Copy(v.inputs, under.inputs)
	}
	if b == nil {
		return v
	}
	for _, a := range b.Args {
		d.checkNames(b, a, nil)
		value, ok := d.evaluate(b, a, nil)
		if !ok {
			value = cty.DynamicVal // so that nothing else is said about it
		}
		v.values[a.Name] = value
		known := *a
		known.Expr = &hclsyntax.LiteralValueExpr{Val: value, SrcRange: a.Expr.Range()}
		v.inputs[a.Name] = dsl.Input{Arg: &known, Origin: fmt.Sprintf("%s:%d", a.NameRange.Filename, a.NameRange.Start.Line)}
	}
	return v
}

// root is var as expressions read it.
func (v *variables) root() cty.Value { return cty.ObjectVal(v.values) }

func (v *variables) names() []string { return slices.Sorted(maps.Keys(v.values)) }
