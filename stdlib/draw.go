package stdlib

import (
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/plan"
)

// drawer is a function of phase User whose arguments have been read: all
// that is left is to draw. It is immutable and shared by all users.
type drawer interface {
	value(f *plan.Frame) plan.Value

	// appendText appends what value would give, as text, drawing as often.
	appendText(f *plan.Frame, dst []byte) []byte
}

// prepare reads the arguments of a function of phase User.
type prepare func(args []plan.Value) (drawer, error)

// drawNode draws from arguments that never change.
type drawNode struct {
	spoken
	d drawer
}

// Eval draws a value.
func (n drawNode) Eval(f *plan.Frame) (plan.Value, error) { return n.d.value(f), nil }

// textNode is a drawNode whose values have a text form.
type textNode struct {
	drawNode
	isString bool
}

// AppendText draws a value and appends its text.
func (n textNode) AppendText(f *plan.Frame, dst []byte) ([]byte, error) {
	return n.d.appendText(f, dst), nil
}

// YieldsString reports whether the values are strings.
func (n textNode) YieldsString() bool { return n.isString }

// Delay draws a length of time, where that is what the values are.
func (n textNode) Delay(f *plan.Frame) (time.Duration, bool) {
	d, ok := n.d.(lengthDraw)
	if !ok {
		return 0, false
	}
	return d.draw(f), true
}

// prepareNode reads its arguments anew each time.
type prepareNode struct {
	spoken
	prepare prepare
	site    plan.SiteID
}

// Eval evaluates the arguments and draws a value.
func (n *prepareNode) Eval(f *plan.Frame) (plan.Value, error) {
	args, err := evalArgs(f, n.args)
	if err != nil {
		return plan.Value{}, err
	}
	d, err := n.prepare(args)
	if err != nil {
		return plan.Value{}, &plan.EvalError{Site: n.site, Class: plan.FailExpression, Message: n.name + ": " + err.Error()}
	}
	return d.value(f), nil
}

// impure fills in the forms of a function that draws or reads a clock. Its
// parameters accept anything: prepare says what is wrong with an argument.
func impure(f Function, result cty.Type, params int, p prepare) Function {
	return impureUpTo(f, result, params, params, p)
}

// impureUpTo is impure for a function whose last arguments may be left out.
func impureUpTo(f Function, result cty.Type, least, most int, p prepare) Function {
	f.Phase = User
	f.Lower = func(call Call) (plan.Expr, error) {
		if err := checkCount(f.Name, least, most, len(call.Args)); err != nil {
			return nil, err
		}
		said := spoken{f.Name, call.Args}
		consts := make([]plan.Value, 0, len(call.Args))
		for _, a := range call.Args {
			if c, ok := a.(plan.Const); ok {
				consts = append(consts, c.Value)
			}
		}
		if len(consts) < len(call.Args) {
			return &prepareNode{spoken: said, prepare: p, site: call.Site}, nil
		}
		d, err := p(consts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if result == cty.DynamicPseudoType {
			return drawNode{said, d}, nil
		}
		return textNode{drawNode{said, d}, result == cty.String}, nil
	}
	f.Bind = func(frame *plan.Frame) function.Function { return bind(f.Name, frame, result, least, most, p) }
	return f
}

// bind is the form of an impure function that HCL can call for one user.
func bind(name string, frame *plan.Frame, result cty.Type, least, most int, p prepare) function.Function {
	spec := &function.Spec{}
	for i := range least {
		spec.Params = append(spec.Params, function.Parameter{
			Name: fmt.Sprintf("argument%d", i+1), Type: cty.DynamicPseudoType, AllowDynamicType: true,
		})
	}
	if most > least {
		spec.VarParam = &function.Parameter{Name: "options", Type: cty.DynamicPseudoType, AllowDynamicType: true}
	}
	read := func(args []cty.Value) (drawer, error) {
		in := make([]plan.Value, len(args))
		for i, a := range args {
			b := budget{left: maxInput}
			err := b.spend(a)
			if err == nil {
				in[i], err = FromCty(a)
			}
			if err != nil {
				return nil, function.NewArgError(i, err)
			}
		}
		return p(in)
	}
	spec.Type = func(args []cty.Value) (cty.Type, error) {
		if err := checkCount(name, least, most, len(args)); err != nil {
			return cty.NilType, err
		}
		for _, a := range args {
			if !a.IsWhollyKnown() {
				return result, nil
			}
		}
		_, err := read(args)
		return result, err
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		d, err := read(args)
		if err != nil || frame == nil {
			return cty.UnknownVal(result), err
		}
		return dynamic(d.value(frame)), nil
	}
	return function.New(spec)
}

// always is the prepare of a function without arguments.
func always(d drawer) prepare {
	return func([]plan.Value) (drawer, error) { return d, nil }
}
