package stdlib

import (
	"errors"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/plan"
)

// native is a pure function written over plan values. Its arguments are as
// many as its signature allows.
type native func(args []plan.Value) (plan.Value, error)

// errDecline is what a native function returns for arguments it leaves to
// the cty form.
var errDecline = errors.New("declined")

// callNode is a call of a pure function: the native form first, if there is
// one, and the cty form for what that declines.
type callNode struct {
	spoken
	types  []cty.Type
	native native
	impl   function.Function
	site   plan.SiteID
}

// Eval evaluates the arguments and the function.
func (c *callNode) Eval(f *plan.Frame) (plan.Value, error) {
	args, err := evalArgs(f, c.args)
	if err != nil {
		return plan.Value{}, err
	}
	v, err := plan.Value{}, errDecline
	if c.native != nil {
		v, err = c.native(args)
	}
	if err == errDecline {
		v, err = callCty(c.impl, args, c.types)
	}
	if err != nil {
		return plan.Value{}, &plan.EvalError{Site: c.site, Class: plan.FailExpression, Message: c.name + ": " + err.Error()}
	}
	return v, nil
}

func evalArgs(f *plan.Frame, exprs []plan.Expr) ([]plan.Value, error) {
	args := make([]plan.Value, len(exprs))
	for i, e := range exprs {
		v, err := e.Eval(f)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	return args, nil
}

// callCty calls a cty function with run-time values.
func callCty(fn function.Function, args []plan.Value, types []cty.Type) (plan.Value, error) {
	in := make([]cty.Value, len(args))
	for i, a := range args {
		want := cty.DynamicPseudoType
		if i < len(types) {
			want = types[i]
		}
		v, err := ToCty(a, want)
		if err != nil {
			return plan.Value{}, err
		}
		in[i] = v
	}
	out, err := fn.Call(in)
	if err != nil {
		return plan.Value{}, err
	}
	return FromCty(out)
}

// checkArity holds the number of arguments against a function's parameters.
func checkArity(name string, fn function.Function, n int) error {
	least := len(fn.Params())
	if fn.VarParam() != nil {
		return checkCount(name, least, n, n)
	}
	return checkCount(name, least, least, n)
}

// checkCount holds a number of arguments against bounds.
func checkCount(name string, least, most, n int) error {
	switch {
	case n < least:
		return fmt.Errorf("%s needs %s, and was given %d", name, arguments(least), n)
	case n > most && most > least:
		return fmt.Errorf("%s takes at most %s, and was given %d", name, arguments(most), n)
	case n > most:
		return fmt.Errorf("%s takes %s, and was given %d", name, arguments(most), n)
	}
	return nil
}

func arguments(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// pure fills in the forms of a function without side effects. typed says that
// the native form is only right for values without a static collection type:
// with lists and maps the function unifies element types, which run-time
// values do not carry.
func pure(f Function, impl function.Function, check func([]cty.Value) error, n native, typed bool) Function {
	f.Impl = guarded(impl, check)
	f.Lower = func(call Call) (plan.Expr, error) {
		if err := checkArity(f.Name, f.Impl, len(call.Args)); err != nil {
			return nil, err
		}
		node := &callNode{spoken: spoken{f.Name, call.Args}, native: n, impl: f.Impl, site: call.Site}
		for i := range call.Args {
			ty := call.typeOf(i)
			node.types = append(node.types, ty)
			if typed && holdsCollection(ty) {
				node.native = nil
			}
		}
		return node, nil
	}
	return f
}

// plain fills in the forms of a function without side effects that is
// written over plan values alone. It takes from least to most arguments of
// any type, nulls among them: what is wrong with one is the function's to
// say. Its cty form calls the same code, so that both agree.
func plain(f Function, result cty.Type, least, most int, n native) Function {
	f.Impl = guarded(overValues(f.Name, result, least, most, n), nil)
	f.Lower = func(call Call) (plan.Expr, error) {
		if err := checkCount(f.Name, least, most, len(call.Args)); err != nil {
			return nil, err
		}
		return &callNode{spoken: spoken{f.Name, call.Args}, native: n, site: call.Site}, nil
	}
	return f
}

// overValues is a native function as a cty function.
func overValues(name string, result cty.Type, least, most int, n native) function.Function {
	spec := &function.Spec{}
	any := function.Parameter{Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true}
	for i := range least {
		any.Name = fmt.Sprintf("argument%d", i+1)
		spec.Params = append(spec.Params, any)
	}
	if most > least {
		any.Name = "options"
		spec.VarParam = &any
	}
	spec.Type = func(args []cty.Value) (cty.Type, error) {
		return result, checkCount(name, least, most, len(args))
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		in := make([]plan.Value, len(args))
		for i, a := range args {
			if !a.IsWhollyKnown() {
				return cty.UnknownVal(result), nil
			}
			v, err := FromCty(a)
			if err != nil {
				return cty.NilVal, function.NewArgError(i, err)
			}
			in[i] = v
		}
		v, err := n(in)
		if err != nil {
			return cty.NilVal, err
		}
		return ToCty(v, result)
	}
	return function.New(spec)
}

// holdsCollection reports whether a type is, or has in it, a list, set or map:
// the types whose elements are of one type.
func holdsCollection(ty cty.Type) bool {
	switch {
	case ty.IsCollectionType():
		return true
	case ty.IsTupleType():
		return slices.ContainsFunc(ty.TupleElementTypes(), holdsCollection)
	case ty.IsObjectType():
		for _, a := range ty.AttributeTypes() {
			if holdsCollection(a) {
				return true
			}
		}
	}
	return false
}

// newFunction makes a cty function of fixed parameter types.
func newFunction(result cty.Type, impl func(args []cty.Value) (cty.Value, error), params ...cty.Type) function.Function {
	spec := &function.Spec{
		Type: function.StaticReturnType(result),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return impl(args) },
	}
	for i, ty := range params {
		spec.Params = append(spec.Params, function.Parameter{Name: fmt.Sprintf("argument%d", i+1), Type: ty, AllowDynamicType: true})
	}
	return function.New(spec)
}

// Reading arguments, with HCL's conversions among strings, numbers and bools.

var (
	errNull   = errors.New("argument must not be null")
	errString = errors.New("string required")
)

func text(v plan.Value) (string, error) {
	switch v.Kind() {
	case plan.String:
		return v.Str(), nil
	case plan.Bool, plan.Int:
		return v.Text(), nil
	case plan.Number:
		if err := checkNumber(v.Big()); err != nil {
			return "", err
		}
		return v.Text(), nil
	case plan.Missing, plan.Null:
		return "", errNull
	}
	return "", errString
}

func number(v plan.Value) (plan.Value, error) {
	switch v.Kind() {
	case plan.Int:
		return v, nil
	case plan.Number:
		return v, checkNumber(v.Big())
	case plan.String:
		if n, ok := parseNumber(v.Str()); ok {
			return n, nil
		}
	case plan.Missing, plan.Null:
		return v, errNull
	}
	return v, errors.New("a number is required")
}

// textOf is a native result of type string, within the limit.
func textOf(s string) (plan.Value, error) {
	if len(s) > MaxText {
		return plan.Value{}, errText
	}
	return plan.StringValue(s), nil
}

// texts1 makes a native function of one string.
func texts1(fn func(s string) (plan.Value, error)) native {
	return func(args []plan.Value) (plan.Value, error) {
		s, err := text(args[0])
		if err != nil {
			return plan.Value{}, err
		}
		return fn(s)
	}
}

// texts2 makes a native function of two strings.
func texts2(fn func(a, b string) (plan.Value, error)) native {
	return func(args []plan.Value) (plan.Value, error) {
		a, err := text(args[0])
		if err != nil {
			return plan.Value{}, err
		}
		b, err := text(args[1])
		if err != nil {
			return plan.Value{}, err
		}
		return fn(a, b)
	}
}
