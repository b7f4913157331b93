package compile

import (
	"errors"
	"math/big"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
	"throng/stdlib/convert"
)

// The nodes of lowered expressions. Each gives the value that HCL's own
// evaluator would give; a differential fuzz test holds them to it.

// failing makes the errors of a node: where, and in which class.
type failing struct {
	site  plan.SiteID
	class plan.ErrorClass
}

func (f failing) error(message string) error {
	return &plan.EvalError{Site: f.site, Class: f.class, Message: message}
}

type tuple []plan.Expr

func (t tuple) Eval(f *plan.Frame) (plan.Value, error) {
	items := make([]plan.Value, len(t))
	for i, e := range t {
		v, err := e.Eval(f)
		if err != nil {
			return v, err
		}
		items[i] = v
	}
	return plan.ListValue(items), nil
}

type object struct {
	names  []string // sorted, unique
	values []plan.Expr
}

func (o *object) Eval(f *plan.Frame) (plan.Value, error) {
	fields := make([]plan.Field, len(o.names))
	for i, e := range o.values {
		v, err := e.Eval(f)
		if err != nil {
			return v, err
		}
		fields[i] = plan.Field{Name: o.names[i], Value: v}
	}
	return plan.ObjectValue(fields), nil
}

type equality struct {
	x, y plan.Expr
	not  bool
}

func (e *equality) Eval(f *plan.Frame) (plan.Value, error) {
	x, err := e.x.Eval(f)
	if err != nil {
		return x, err
	}
	y, err := e.y.Eval(f)
	if err != nil {
		return y, err
	}
	return plan.BoolValue(x.Equal(y) != e.not), nil
}

// logic is && and ||. As in HCL either side can settle the answer, whatever
// is wrong with the other, as long as that gives no value of a wrong type; and
// null is not true.
type logic struct {
	x, y plan.Expr
	or   bool
	at   failing
}

func (e *logic) Eval(f *plan.Frame) (plan.Value, error) {
	x, xErr := e.side(e.x, f)
	y, yErr := e.side(e.y, f)
	switch {
	case xErr == errNoBool || yErr == errNoBool:
		return plan.Value{}, e.at.error("true or false is needed on both sides of && and ||")
	case xErr == nil && e.settles(x), yErr == nil && e.settles(y):
		return plan.BoolValue(e.or), nil
	case xErr != nil:
		return plan.Value{}, xErr
	case yErr != nil:
		return plan.Value{}, yErr
	case x.IsNull() || y.IsNull():
		return plan.Value{}, e.at.error("true or false is needed here, and this is null")
	}
	return plan.BoolValue(!e.or), nil
}

var errNoBool = errors.New("not a bool")

// side is one side as a bool or null.
func (e *logic) side(x plan.Expr, f *plan.Frame) (plan.Value, error) {
	v, err := x.Eval(f)
	if err != nil || v.IsNull() {
		return v, err
	}
	b, ok := asBool(v)
	if !ok {
		return v, errNoBool
	}
	return plan.BoolValue(b), nil
}

// settles reports whether one side alone decides the answer.
func (e *logic) settles(v plan.Value) bool { return v.True() == e.or }

// asBool converts a value to a bool, as HCL does; null is none.
func asBool(v plan.Value) (value, ok bool) {
	switch v.Kind() {
	case plan.Bool:
		return v.True(), true
	case plan.String:
		switch v.Str() {
		case "true", "1":
			return true, true
		case "false", "0":
			return false, true
		}
	}
	return false, false
}

func evalBool(e plan.Expr, f *plan.Frame, at failing) (bool, error) {
	v, err := e.Eval(f)
	if err != nil {
		return false, err
	}
	b, ok := asBool(v)
	if !ok {
		return false, at.error("true or false is needed here, and this is " + v.TypeName())
	}
	return b, nil
}

func evalNumber(e plan.Expr, f *plan.Frame, at failing) (plan.Value, error) {
	v, err := e.Eval(f)
	if err != nil || v.IsNumber() {
		return v, err
	}
	if v.Kind() == plan.String {
		if n, ok := plan.ParseNumber(v.Str()); ok {
			return n, nil
		}
	}
	return v, at.error("a number is needed here, and this is " + v.TypeName())
}

type comparison struct {
	x, y plan.Expr
	at   failing
	op   string
	want func(order int) bool
}

func (e *comparison) Eval(f *plan.Frame) (plan.Value, error) {
	x, err := evalNumber(e.x, f, e.at)
	if err != nil {
		return x, err
	}
	y, err := evalNumber(e.y, f, e.at)
	if err != nil {
		return y, err
	}
	return plan.BoolValue(e.want(x.Compare(y))), nil
}

type arithmetic struct {
	x, y plan.Expr
	at   failing
	op   string
	do   func(x, y plan.Value) plan.Value
}

// maxBits bounds the size of a number that arithmetic may make, as a power
// of two: a value that is squared at every turn would soon fill the memory
// when it is printed.
const maxBits = 1 << 14

func (e *arithmetic) Eval(f *plan.Frame) (plan.Value, error) {
	x, err := evalNumber(e.x, f, e.at)
	if err != nil {
		return x, err
	}
	y, err := evalNumber(e.y, f, e.at)
	if err != nil {
		return y, err
	}
	if (e.op == "/" || e.op == "%") && y.Big().Sign() == 0 { // HCL would carry an infinity on
		return y, e.at.error("division by zero")
	}
	v := e.do(x, y)
	if v.Kind() == plan.Number {
		if bits := v.Big().MantExp(nil); bits > maxBits || bits < -maxBits {
			return v, e.at.error("the result is too large or too small")
		}
	}
	return v, nil
}

// divide gives the quotient to NumberPrec bits, as HCL does.
func divide(x, y plan.Value) plan.Value {
	if x.Kind() == plan.Int && y.Kind() == plan.Int && y.Int64() != -1 {
		if a, b := x.Int64(), y.Int64(); a%b == 0 {
			return plan.IntValue(a / b)
		}
	}
	return plan.BigValue(bigResult().Quo(x.Big(), y.Big()))
}

// modulo gives what is left after dividing towards zero.
func modulo(x, y plan.Value) plan.Value {
	if x.Kind() == plan.Int && y.Kind() == plan.Int {
		return plan.IntValue(x.Int64() % y.Int64())
	}
	whole, _ := bigResult().Quo(x.Big(), y.Big()).Int(nil)
	part := bigResult().SetInt(whole)
	part.Mul(y.Big(), part)
	return plan.BigValue(part.Sub(x.Big(), part))
}

func bigResult() *big.Float { return new(big.Float).SetPrec(plan.NumberPrec) }

func add(x, y plan.Value) plan.Value {
	if x.Kind() == plan.Int && y.Kind() == plan.Int {
		a, b := x.Int64(), y.Int64()
		if s := a + b; (s > a) == (b > 0) {
			return plan.IntValue(s)
		}
	}
	return plan.BigValue(bigResult().Add(x.Big(), y.Big()))
}

func subtract(x, y plan.Value) plan.Value {
	if x.Kind() == plan.Int && y.Kind() == plan.Int {
		a, b := x.Int64(), y.Int64()
		if d := a - b; (d < a) == (b > 0) {
			return plan.IntValue(d)
		}
	}
	return plan.BigValue(bigResult().Sub(x.Big(), y.Big()))
}

func multiply(x, y plan.Value) plan.Value {
	if x.Kind() == plan.Int && y.Kind() == plan.Int {
		a, b := x.Int64(), y.Int64()
		const safe = 1 << 31
		if -safe < a && a < safe && -safe < b && b < safe {
			return plan.IntValue(a * b)
		}
	}
	return plan.BigValue(bigResult().Mul(x.Big(), y.Big()))
}

type unary struct {
	not bool
	x   plan.Expr
	at  failing
}

func (e *unary) Eval(f *plan.Frame) (plan.Value, error) {
	if e.not {
		b, err := evalBool(e.x, f, e.at)
		return plan.BoolValue(!b), err
	}
	n, err := evalNumber(e.x, f, e.at)
	if err != nil {
		return n, err
	}
	return subtract(plan.IntValue(0), n), nil
}

// conditional is c ? a : b. As in HCL both sides take one type, so a number
// beside a string becomes a string; the side not chosen may fail.
type conditional struct {
	cond, yes, no plan.Expr
	at            failing
}

func (e *conditional) Eval(f *plan.Frame) (plan.Value, error) {
	c, err := evalBool(e.cond, f, e.at)
	if err != nil {
		return plan.Value{}, err
	}
	chosen, other := e.yes, e.no
	if !c {
		chosen, other = e.no, e.yes
	}
	v, err := chosen.Eval(f)
	if err != nil {
		return v, err
	}
	w, otherErr := other.Eval(f)
	if otherErr != nil || v.IsNull() || w.IsNull() || sameType(v, w) {
		return v, nil
	}
	if primitive(v) && primitive(w) && (v.Kind() == plan.String || w.Kind() == plan.String) {
		return plan.StringValue(v.Text()), nil
	}
	if unified, ok := unify(v, w); ok {
		return unified, nil
	}
	return v, e.at.error("the two results of a condition must have one type: these are " + v.TypeName() + " and " + w.TypeName())
}

// sameType reports whether two values have one primitive type.
func sameType(v, w plan.Value) bool {
	return primitive(v) && v.Kind() == w.Kind() || v.IsNumber() && w.IsNumber()
}

// unify converts v to the type that it has in common with w.
func unify(v, w plan.Value) (plan.Value, bool) {
	x, y := toCty(v), toCty(w)
	ty := convert.Unify([]cty.Type{x.Type(), y.Type()})
	if ty == cty.NilType {
		return v, false
	}
	if ty.Equals(x.Type()) {
		return v, true
	}
	converted, err := convert.Convert(x, ty)
	return fromCty(converted), err == nil
}

func primitive(v plan.Value) bool {
	return v.IsNumber() || v.Kind() == plan.String || v.Kind() == plan.Bool
}

// index is collection[key].
type index struct {
	collection, key plan.Expr
	at              failing
}

func (e *index) Eval(f *plan.Frame) (plan.Value, error) {
	c, err := e.collection.Eval(f)
	if err != nil {
		return c, err
	}
	k, err := e.key.Eval(f)
	if err != nil {
		return k, err
	}
	return lookup(c, k, e.at)
}

func lookup(c, k plan.Value, at failing) (plan.Value, error) {
	switch c.Kind() {
	case plan.List:
		n := k
		if k.Kind() == plan.String {
			n, _ = plan.ParseNumber(k.Str())
		}
		if n.Kind() != plan.Int {
			return c, at.error("a list is indexed by a whole number, and this is " + k.TypeName())
		}
		i, items := n.Int64(), c.Items()
		if i < 0 || i >= int64(len(items)) {
			return c, at.error("the list has " + plan.IntValue(int64(len(items))).Text() + " elements, so there is none at " + n.Text())
		}
		return items[i], nil
	case plan.Object:
		if k.IsNull() {
			return c, at.error("an object is indexed by a string, and this is null")
		}
		v := c.Field(k.Text())
		if v.Kind() == plan.Missing {
			return v, at.error("the object has no attribute " + k.Text())
		}
		return v, nil
	}
	return c, at.error(c.TypeName() + " has no elements")
}

// try is its first argument that can be evaluated.
type try struct {
	args []plan.Expr
	at   failing
}

func (e *try) Eval(f *plan.Frame) (plan.Value, error) {
	var last error
	for _, a := range e.args {
		v, err := a.Eval(f)
		if err == nil {
			return v, nil
		}
		last = err
	}
	var eval *plan.EvalError
	if errors.As(last, &eval) {
		return plan.Value{}, e.at.error("no argument of try can be evaluated: " + eval.Message)
	}
	return plan.Value{}, last
}

// failed is an expression that is known to fail, where that is asked for: in
// try and can.
type failed struct {
	message string
	at      failing
}

// unknown stands for an expression that is wrong, which is reported: there
// will be no plan. It is no constant, so that nothing is said about its value.
var unknown = &failed{message: "this can never be evaluated"}

func (e *failed) Eval(*plan.Frame) (plan.Value, error) { return plan.Value{}, e.at.error(e.message) }

// can tells whether its argument can be evaluated.
type can struct{ x plan.Expr }

func (e can) Eval(f *plan.Frame) (plan.Value, error) {
	_, err := e.x.Eval(f)
	return plan.BoolValue(err == nil), nil
}
