// Package template renders the templates of templatefile and templatestring:
// HCL's template syntax over named values and pure functions. It looks at a
// template before the parser does, since that recurses without a limit, and
// knows nothing of scenarios.
package template

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/stdlib"
)

// Renderer renders templates that call functions, without those that render
// templates themselves. A template's loops pay from meter; without one, each
// rendering has a meter of its own.
func Renderer(functions map[string]function.Function, meter *config.Meter) stdlib.Render {
	callable := make(map[string]function.Function, len(functions))
	for name, f := range functions {
		if name != "templatefile" && name != "templatestring" {
			callable[name] = f
		}
	}
	return func(src, name string, values map[string]cty.Value) (string, error) {
		m := meter
		if m == nil {
			m = config.NewMeter()
		}
		return render(src, name, values, callable, m)
	}
}

func render(src, name string, values map[string]cty.Value, functions map[string]function.Function, meter *config.Meter) (string, error) {
	if err := guard([]byte(src), name); err != nil {
		return "", err
	}
	if !meter.Weigh(cty.StringVal(src)) {
		return "", diag.LimitError(config.TooMuch)
	}
	parsed, diags := hclsyntax.ParseTemplate([]byte(src), name, hcl.InitialPos)
	if diags.HasErrors() {
		return "", first(diags)
	}
	e, err := config.Metered(parsed)
	if err != nil {
		return "", err
	}
	for _, t := range e.Variables() {
		if _, ok := values[t.RootName()]; !ok {
			return "", fmt.Errorf("%s reads %s, and its values have none of that name; they have %s", at(t.SourceRange()), t.RootName(), names(values))
		}
	}
	if err := callsKnown(e, functions); err != nil {
		return "", err
	}
	values = maps.Clone(values)
	if values == nil {
		values = map[string]cty.Value{}
	}
	values[config.MeterName] = meter.Value()
	v, diags := e.Value(&hcl.EvalContext{Variables: values, Functions: functions})
	if diags.HasErrors() {
		return "", first(diags)
	}
	v, err = convert.Convert(v, cty.String)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s makes a value that is no text", name)
	case v.IsNull():
		return "", fmt.Errorf("%s makes null and no text", name)
	case len(v.AsString()) > stdlib.MaxText:
		return "", fmt.Errorf("%s makes more than 1 MiB of text", name)
	}
	return v.AsString(), nil
}

// callsKnown tells functions that cannot stand in a template apart from ones
// that do not exist.
func callsKnown(e hclsyntax.Expression, functions map[string]function.Function) (err error) {
	_ = hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		call, ok := n.(*hclsyntax.FunctionCallExpr)
		if !ok || err != nil {
			return nil
		}
		if _, ok := functions[call.Name]; ok {
			return nil
		}
		if _, ok := stdlib.Lookup(call.Name); ok {
			err = fmt.Errorf("%s calls %s, which cannot stand in a template; give it what %s makes among its values", at(call.NameRange), call.Name, call.Name)
		} else {
			err = fmt.Errorf("%s calls %s, and there is no function of that name", at(call.NameRange), call.Name)
		}
		return nil
	})
	return err
}

func names(values map[string]cty.Value) string {
	if len(values) == 0 {
		return "none at all"
	}
	var all []string
	for name := range values {
		all = append(all, name)
	}
	slices.Sort(all)
	if len(all) > 10 {
		all = append(all[:10], "…")
	}
	return strings.Join(all, ", ")
}

func first(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		if limit, ok := diag.LimitIn(d); ok {
			return limit
		}
		where := ""
		if d.Subject != nil {
			where = at(*d.Subject) + ": "
		}
		return errors.New(where + d.Summary + ": " + d.Detail)
	}
	return errors.New("the template cannot be read")
}

func at(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }
