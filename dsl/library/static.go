package library

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/config"
	"throng/dsl/resolve"
	"throng/stdlib"
)

// static evaluates what can be known of a library without its inputs, which
// are unknown values of their types. What fails is not known: the compiler
// reports why.
type static struct {
	scope     *resolve.Scope
	vars      map[string]cty.Value
	locals    map[string]cty.Value // unknown while it is evaluated, so that a circle ends
	functions map[string]function.Function
	meter     *config.Meter
}

func newStatic(s *resolve.Scope) *static {
	x := &static{scope: s, vars: map[string]cty.Value{}, locals: map[string]cty.Value{}, meter: config.NewMeter()}
	x.functions = stdlib.CheckFunctions(stdlib.Functions(s.Tree.Files))
	x.functions["try"], x.functions["can"] = tryfunc.TryFunc, tryfunc.CanFunc
	for _, name := range s.Names("function") {
		x.functions[name] = unknownFunction(len(resolve.Params(s.Named("function", name))))
	}
	x.meter.Functions(x.functions)
	for _, name := range s.Names("variable") {
		x.vars[name] = cty.UnknownVal(typeOf(s.Named("variable", name).Arg("type")).ty)
	}
	return x
}

// unknownFunction is a function of the library's own, whose result is not
// known.
func unknownFunction(params int) function.Function {
	spec := &function.Spec{Type: function.StaticReturnType(cty.DynamicPseudoType), Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
		return cty.DynamicVal, nil
	}}
	for range params {
		spec.Params = append(spec.Params, function.Parameter{Name: "p", Type: cty.DynamicPseudoType,
			AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true})
	}
	return function.New(spec)
}

// value is what an expression is known to be; an unknown value where nothing
// is known.
func (x *static) value(e hcl.Expression) cty.Value {
	vars := map[string]cty.Value{
		"var": cty.ObjectVal(x.vars), "path": cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal("."), "root": cty.UnknownVal(cty.String)}),
		config.MeterName: x.meter.Value(),
	}
	locals := map[string]cty.Value{}
	for _, t := range e.Variables() {
		root := t.RootName()
		switch path := resolve.Path(t); {
		case root == "local" && len(path) > 1:
			locals[path[1]] = x.local(path[1])
		case vars[root] == cty.NilVal:
			vars[root] = cty.DynamicVal
		}
	}
	vars["local"] = cty.ObjectVal(locals)
	v, diags := e.Value(&hcl.EvalContext{Variables: vars, Functions: maps.Clone(x.functions)})
	if diags.HasErrors() {
		return cty.DynamicVal
	}
	v, _ = v.UnmarkDeep()
	return v
}

func (x *static) local(name string) cty.Value {
	if v, done := x.locals[name]; done {
		return v
	}
	x.locals[name] = cty.DynamicVal
	if a := x.scope.Locals[name]; a != nil {
		x.locals[name] = x.value(a.Expr)
	}
	return x.locals[name]
}

// text is the text that an argument is, if it is one.
func (x *static) text(a *config.Arg) (string, bool) {
	if a == nil {
		return "", false
	}
	v := x.value(a.Expr)
	if v.Type() != cty.String || v.IsNull() || !v.IsKnown() {
		return "", false
	}
	return v.AsString(), true
}

// bool is the truth that an argument is, if it is one.
func (x *static) bool(a *config.Arg) (value, known bool) {
	if a == nil {
		return false, false
	}
	v := x.value(a.Expr)
	if v.Type() != cty.Bool || v.IsNull() || !v.IsKnown() {
		return false, false
	}
	return v.True(), true
}

// texts are the texts of a list, or the one text.
func (x *static) texts(a *config.Arg) []string {
	if a == nil {
		return nil
	}
	v := x.value(a.Expr)
	if v.IsNull() || !v.IsWhollyKnown() {
		return nil
	}
	if v.Type() == cty.String {
		return []string{v.AsString()}
	}
	if !v.CanIterateElements() || v.Type().IsObjectType() || v.Type().IsMapType() {
		return nil
	}
	var all []string
	for _, e := range v.AsValueSlice() {
		if e.Type() != cty.String || e.IsNull() {
			return nil
		}
		all = append(all, e.AsString())
	}
	return all
}

// typeOf reads the type that a variable or input declares; any without
// one.
func typeOf(a *config.Arg) typing {
	if a != nil {
		if ty, defaults, diags := typeexpr.TypeConstraintWithDefaults(a.Expr); !diags.HasErrors() {
			return typing{ty, defaults}
		}
	}
	return typing{ty: cty.DynamicPseudoType}
}
