package testfile

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/template"
	"throng/stdlib"
)

// language is what the expressions of a test file call: the pure functions of
// the standard library. Those of files read below the test file's directory.
type language struct {
	dir       string
	functions map[string]function.Function
}

func newLanguage(dir string) *language {
	files := stdlib.Dir(dir)
	functions := stdlib.Functions(files)
	functions["try"], functions["can"] = tryfunc.TryFunc, tryfunc.CanFunc
	maps.Copy(functions, stdlib.TemplateFunctions(files, template.Renderer(functions, nil)))
	return &language{dir: dir, functions: functions}
}

// paying are the functions called calls, which pay from meter. Making one
// costs as much as a call, so none is made that is not called.
func (l *language) paying(calls []string, meter *config.Meter) map[string]function.Function {
	made := make(map[string]function.Function, len(calls))
	renders := false
	for _, name := range calls {
		if fn, ok := l.functions[name]; ok {
			made[name] = fn
			renders = renders || name == "templatefile" || name == "templatestring"
		}
	}
	if renders { // a template calls what it likes
		all := maps.Clone(l.functions)
		meter.Functions(all)
		for name, fn := range stdlib.TemplateFunctions(stdlib.Dir(l.dir), template.Renderer(all, meter)) {
			made[name] = fn
		}
	}
	meter.Functions(made)
	return made
}

// expression is an argument's expression. It can be evaluated by many
// goroutines at a time: each evaluation has a context of its own.
type expression struct {
	syntax   hclsyntax.Expression
	at       hcl.Range
	calls    []string
	language *language
}

func newExpression(e hcl.Expression, l *language) *expression {
	syntax, ok := e.(hclsyntax.Expression)
	if !ok {
		return nil
	}
	x := &expression{syntax: syntax, at: e.Range(), language: l}
	_ = hclsyntax.VisitAll(syntax, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok {
			x.calls = append(x.calls, call.Name)
		}
		return nil
	})
	return x
}

// context is an evaluation's own, which pays from meter.
func (x *expression) context(vars map[string]cty.Value, meter *config.Meter) *hcl.EvalContext {
	all := make(map[string]cty.Value, len(vars)+1)
	maps.Copy(all, vars)
	all[config.MeterName] = meter.Value()
	return &hcl.EvalContext{Variables: all, Functions: x.language.paying(x.calls, meter)}
}

// value evaluates with the roots' values.
func (x *expression) value(vars map[string]cty.Value, meter *config.Meter) (cty.Value, diag.Diagnostics) {
	v, found := x.syntax.Value(x.context(vars, meter))
	if found.HasErrors() {
		return cty.DynamicVal, explained(found, nil)
	}
	if meter.Spent() {
		return cty.DynamicVal, diag.Diagnostics{diag.New(diag.LimitExceeded, x.at, "%s", config.TooMuch)}
	}
	v, _ = v.UnmarkDeep()
	return v, nil
}

// reads reports whether the expression begins to read at a root, and under
// it a name; "" is any.
func (x *expression) reads(root, name string) bool {
	if x == nil {
		return false
	}
	for _, t := range x.syntax.Variables() {
		if t.RootName() == root && (name == "" || len(t) < 2 || stepName(t[1]) == name) {
			return true
		}
	}
	return false
}

// stepName is the name a step of a traversal goes to: .name or ["name"]; ""
// for any other step.
func stepName(step hcl.Traverser) string {
	switch s := step.(type) {
	case hcl.TraverseAttr:
		return s.Name
	case hcl.TraverseIndex:
		if s.Key.IsKnown() && !s.Key.IsNull() && s.Key.Type() == cty.String {
			return s.Key.AsString()
		}
	}
	return ""
}
