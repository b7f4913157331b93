package compile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/module"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// HCL's own evaluator is the truth about an expression's value: the lowered
// form is held against it on generated expressions. One is only allowed to
// differ from the other where this is meant:
//
//   - HCL brings texts into Unicode's normal form C; lowered expressions leave
//     them as the target sent them. The texts used here are in that form.
//   - HCL tells lists from tuples and maps from objects, by the function that
//     made them; values of a run have no such types. Here, only functions
//     whose results are primitive or tuples take part in comparisons.
//   - A session value that holds nothing fails an expression of HCL as a whole,
//     and a lowered one only where it is read. All hold something here.
//   - Where an absent JSON path reads as null, HCL is given that null, which
//     is not possible beyond the end of a list or below a text, where HCL
//     fails, and shows when what is above it is read as well.
//   - HCL knows the type of a value that could not be computed, and holds it
//     against the other side of a condition or an operator.
//   - A constant part that can never be evaluated is a mistake, although it
//     may stand where HCL would not look: behind ? or ||.
//   - HCL has a minus zero.
//   - A number beyond 2^16384 is an error, and no infinity.
const differentialScenario = `
variable "n" { default = 7 }
variable "s" { default = "seven" }
locals {
  list = [1, "2", true]
  obj  = { a = 1, b = "x", n = null }
}
data "json" "rows" { file = "rows.json" }
target "api" { base_url = "http://127.0.0.1" }
user "u" {
  session = { int = 1, num = 1, str = 1, digits = 1, yes = 1, null = 1, list = 1, obj = 1, empty = 1, big = 1 }
  get "/" {}
}
`

const differentialRows = `[{"name": "Ann", "age": 41, "tags": ["x", "y"], "nick": null, "deep": {"a": [1, {"b": 2.5}]}}]`

const differentialBody = `{"id": 17, "name": "w", "ok": true, "none": null, "price": 12.50, "neg": -3, "text": "17",
	"items": [{"id": 1, "tag": "a"}, {"id": 2}, {"id": null, "tag": "c"}], "nested": {"a": {"b": [10, 20, [30]]}, "x.y": 1, "0": "zero"},
	"empty": [], "hole": {}, "flag": "true", "big": 123456789012345678901234567890, "exp": 1e3}`

// bench compiles single expressions of one scenario.
type bench struct {
	c     *compiler
	k     *classBuilder
	block *config.Block
	arg   config.Arg
}

func newBench(t testing.TB) *bench {
	t.Helper()
	cfg, diags := config.Parse([]byte(differentialScenario), "main.hcl")
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	tree := &module.Tree{Config: cfg, Files: fstest.MapFS{"rows.json": {Data: []byte(differentialRows)}}}
	scope, diags := resolve.Build(tree)
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	resolve.Check(scope)
	b := &bench{c: newCompiler(scope, Options{}), block: scope.Named("user", "u")}
	b.c.values()
	b.c.data()
	b.k = newClassBuilder(b.c, 0, b.block)
	b.k.streams = true
	b.k.initial(b.block)
	if b.c.diags.HasErrors() {
		t.Fatal(b.c.diags.Err())
	}
	b.arg = config.Arg{Module: cfg, Name: "json"}
	return b
}

func (b *bench) frame() *plan.Frame {
	values := map[string]plan.Value{
		"int": plan.IntValue(3), "num": plan.FloatValue(2.5), "str": plan.StringValue("héllo"),
		"digits": plan.StringValue("42"), "yes": plan.StringValue("true"), "null": plan.NullValue(),
		"list":  plan.ListValue([]plan.Value{plan.IntValue(1), plan.StringValue("b"), plan.ListValue([]plan.Value{plan.BoolValue(true)})}),
		"obj":   plan.ObjectValue([]plan.Field{{Name: "a", Value: plan.IntValue(1)}, {Name: "b", Value: plan.StringValue("x")}, {Name: "n", Value: plan.NullValue()}}),
		"empty": plan.ListValue(nil), "big": mustNumber("9223372036854775807"),
	}
	f := &plan.Frame{
		Plan: b.c.plan, Rand: rand.New(rand.NewPCG(1, 2)),
		User:     plan.UserInfo{ID: "u-3", Index: 3, Class: "u", Iteration: 5},
		Run:      plan.RunInfo{ID: "r1", Profile: "p"},
		Rows:     []int{-1},
		NextRow:  func(int) (int, error) { return 0, nil },
		Response: &plan.Response{Status: 200, Scheme: "http", Host: "x", URI: []byte("/"), Header: []byte("Content-Type: text/plain\r\nX-N: 5\r\n"), Body: []byte(differentialBody), Size: 9},
		Private:  make([]any, 1+len(b.c.plan.Fallbacks)),
		Message:  &plan.Message{Data: []byte(differentialBody), Binary: true},
		Sent:     &plan.Message{Data: []byte("no JSON")},
		Event:    &plan.Event{Name: "tick", ID: "7", Data: []byte(differentialBody)},
	}
	f.Response.Stream = &plan.StreamInfo{First: time.Second, Total: 2 * time.Second, Gap: 500 * time.Millisecond, Events: 3, Last: *f.Event}
	for _, name := range b.k.slots {
		f.Slots = append(f.Slots, values[name])
	}
	return f
}

func mustNumber(s string) plan.Value {
	v, ok := plan.ParseNumber(s)
	if !ok {
		panic(s)
	}
	return v
}

// lowering prepares for one expression.
func (b *bench) lowering(e hclsyntax.Expression, strict bool) *lowering {
	a := b.arg
	a.Expr = e
	l := b.c.lowering(&a, b.block, b.k)
	l.strict = strict
	return l
}

// forms are the lowered form of an expression and HCL's; ok is false when
// the compiler refuses it, with what it said.
func (b *bench) forms(e hclsyntax.Expression, strict bool) (lowered plan.Expr, truth *evaluated, ok bool) {
	b.c.diags, b.c.plan.Fallbacks = nil, nil
	a := b.arg
	a.Expr = e
	l := b.lowering(e, strict)
	_, ok = l.check(&a, cty.DynamicPseudoType)
	if ok {
		lowered = l.lower(e)
		ok = !b.c.diags.HasErrors()
	}
	truth = b.lowering(e, strict).evaluated(e, len(b.c.plan.Fallbacks))
	return lowered, truth, ok
}

// compare says how the two forms of an expression differ, or "".
func (b *bench) compare(source string, strict bool) string {
	e, diags := hclsyntax.ParseExpression([]byte(source), "e.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		return "the generator made nonsense: " + diags.Error()
	}
	lowered, truth, ok := b.forms(e, strict)
	said := b.c.diags.Err()
	f := b.frame()
	want, wantErr := truth.Eval(f)
	if !ok {
		if wantErr == nil && !strings.ContainsAny(source, "?|&") {
			return fmt.Sprintf("the compiler refuses it (%v), and HCL gives %s", said, show(want))
		}
		return ""
	}
	got, gotErr := lowered.Eval(f)
	problem := ""
	switch {
	case gotErr != nil && strings.Contains(gotErr.Error(), "too large or too small"):
	case (gotErr == nil) != (wantErr == nil):
		problem = fmt.Sprintf("got %s, %v; want %s, %v", show(got), gotErr, show(want), wantErr)
	case gotErr != nil:
		var eval *plan.EvalError
		if !errors.As(gotErr, &eval) || eval.Site == 0 {
			return fmt.Sprintf("an error without a place: %v", gotErr)
		}
	case !same(got, want):
		problem = fmt.Sprintf("got %s, want %s", show(got), show(want))
	}
	if problem == "" && gotErr == nil {
		problem = b.asBody(e, strict, f, got)
	}
	if problem != "" && b.dividesByZero(e) {
		return "" // an error at once; HCL carries an infinity on
	}
	if problem != "" && gotErr == nil && (b.typeOfFailure(e) || wantErr != nil && strings.Contains(wantErr.Error(), "infinite")) {
		return ""
	}
	return problem
}

// asBody says how an expression differs from its value when it is rendered
// as a JSON body.
func (b *bench) asBody(e hclsyntax.Expression, strict bool, f *plan.Frame, value plan.Value) string {
	body := &plan.Template{}
	b.lowering(e, strict).json(e, body)
	f.Private = make([]any, len(b.c.plan.Fallbacks))
	text, err := body.Append(f, nil)
	switch {
	case err != nil:
		return fmt.Sprintf("as a body: %v", err)
	case !json.Valid(text):
		return fmt.Sprintf("the body is not JSON: %s", text)
	case string(text) != show(value):
		return fmt.Sprintf("the body is %s, and the value %s", text, show(value))
	}
	return ""
}

// dividesByZero reports whether a divisor in an expression is, or may be, 0.
func (b *bench) dividesByZero(e hclsyntax.Expression) bool {
	found := false
	_ = hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		op, ok := n.(*hclsyntax.BinaryOpExpr)
		if !ok || op.Op != hclsyntax.OpDivide && op.Op != hclsyntax.OpModulo {
			return nil
		}
		for _, strict := range []bool{false, true} {
			v, err := b.lowering(op.RHS, strict).evaluated(op.RHS, len(b.c.plan.Fallbacks)).Eval(b.frame())
			if n, isNumber := plan.ParseNumber(v.Text()); err != nil || isNumber && n.Big().Sign() == 0 {
				found = true
			}
		}
		return nil
	})
	return found
}

// typeOfFailure reports whether an expression has a condition or an operator
// with a side that fails: then HCL may know that side's type.
func (b *bench) typeOfFailure(e hclsyntax.Expression) bool {
	fails := func(part hclsyntax.Expression) bool {
		for _, strict := range []bool{false, true} { // within try it may be either
			if _, err := b.lowering(part, strict).evaluated(part, len(b.c.plan.Fallbacks)).Eval(b.frame()); err != nil {
				return true
			}
		}
		return false
	}
	found := false
	_ = hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.ConditionalExpr:
			found = found || fails(n.TrueResult) || fails(n.FalseResult)
		case *hclsyntax.BinaryOpExpr:
			found = found || fails(n.LHS) || fails(n.RHS)
		}
		return nil
	})
	return found
}

// same is equality that tells kinds apart, but not null from what is absent.
func same(v, w plan.Value) bool {
	x, y := show(v), show(w)
	minusZero := strings.Contains(y, "-0")
	return x == y || minusZero && strings.ReplaceAll(x, "-", "") == strings.ReplaceAll(y, "-", "")
}

func show(v plan.Value) string { return string(v.AppendJSON(nil, false)) }

// generator makes expressions from a stream of choices.
type generator struct {
	next func(n int) int
}

func (g *generator) pick(words ...string) string { return words[g.next(len(words))] }

func (g *generator) leaf() string {
	switch g.next(5) {
	case 0:
		return g.pick("0", "1", "2", "-1", "2.5", "1e3", "9223372036854775807", "0.1", "true", "false", "null",
			`"a"`, `"2"`, `"true"`, `""`, `"x y"`, `"1e2"`, `"0"`, `"-0"`, `" 1"`, `"é"`, "100000000000000000000")
	case 1:
		return g.pick("session.int", "session.num", "session.str", "session.digits", "session.yes", "session.null",
			"session.list", "session.obj", "session.empty", "session.big", "session.list[0]", "session.list[5]", "session.obj.a",
			"session.obj.zz", `session.obj["b"]`, "session.list[2][0]", "session.null.x", "session.int.x", "session.list.1")
	case 2:
		return g.pick("user.id", "user.index", "user.iteration", "user.class", "run.id", "run.profile",
			"data.rows.name", "data.rows.age", "data.rows.tags", "data.rows.nick", "data.rows.deep.a[1].b", "data.rows.tags[0]", "data.rows")
	case 3:
		return g.pick("response.status", "response.json.id", "response.json.name", "response.json.ok", "response.json.none",
			"response.json.price", "response.json.neg", "response.json.text", "response.json.items[0].id",
			"response.json.items[1].tag", "response.json.items[*].id", "response.json.nested.a.b[1]", "response.json.nested.a.b[2][0]",
			`response.json.nested["x.y"]`, "response.json.absent", "response.json.gone.deeper",
			"response.json.empty", "response.json.flag", "response.json.big", "response.json.exp",
			"response.headers.content-type", "response.headers.X-N", `response.headers["X-N"]`, "response.headers.Gone", "response.size", "response.url",
			"response.json.empty[*].id", "response.json.id[*]", "response.json.none[*].x", "response.json.nested[*].a", "response.json.hole[*].x",
			`response.json.nested["0"]`, "response.json.nested.a.b", "response.json.items[*].absent", "response.json.nested.absent",
			"message.json.id", "message.json.absent", "message.json.items[*].id", "message.size", "message.binary", "event.name", "event.id",
			"event.json.nested.a.b", "event.json.gone.deeper", "response.stream.first", "response.stream.gap", "response.stream.events",
			"response.stream.last.name", "response.stream.last.json.price", "response.stream.last.json.absent")
	}
	return g.pick("var.n", "var.s", "local.list", "local.obj", "local.obj.b", "local.list[1]")
}

func (g *generator) expression(depth int) string {
	if depth <= 0 {
		return g.leaf()
	}
	sub := func() string { return g.expression(depth - 1 - g.next(2)) }
	switch g.next(13) {
	case 0:
		return g.leaf()
	case 1:
		return "(" + sub() + g.pick(" + ", " - ", " * ", " / ", " % ") + sub() + ")"
	case 2:
		return "(" + sub() + g.pick(" == ", " != ", " < ", " <= ", " > ", " >= ") + sub() + ")"
	case 3:
		return "(" + sub() + g.pick(" && ", " || ") + sub() + ")"
	case 4:
		return g.pick("!", "-") + "(" + sub() + ")"
	case 5:
		return "(" + sub() + " ? " + sub() + " : " + sub() + ")"
	case 6:
		return "(" + sub() + ")[" + g.pick("0", "1", `"a"`, `"0"`, "session.int", sub()) + "]"
	case 7:
		return `"` + g.pick("", "x", "$${", " ") + "${" + sub() + "}" + g.pick("", "-${"+sub()+"}", "%{ if "+sub()+" }y%{ else }z%{ endif }") + `"`
	case 8:
		return "[" + sub() + ", " + sub() + "]"
	case 9:
		return "{ a = " + sub() + ", " + g.pick("b", `"c d"`, `"${session.str}"`) + " = " + sub() + " }"
	case 10:
		return g.pick("try("+sub()+", "+sub()+")", "can("+sub()+")", "try("+sub()+")")
	case 11:
		return g.call(sub)
	}
	return g.pick("("+sub()+").a", "("+sub()+").a.b", "("+sub()+")[*]", "[for x in "+sub()+" : x]", "("+sub()+").0")
}

func (g *generator) call(sub func() string) string {
	return g.pick(
		"upper("+sub()+")", "lower("+sub()+")", "length("+sub()+")", "tostring("+sub()+")", "tonumber("+sub()+")",
		"tobool("+sub()+")", "abs("+sub()+")", "floor("+sub()+")", "trimspace("+sub()+")", "substr("+sub()+", 0, 1)",
		"max("+sub()+", "+sub()+")", "jsonencode("+sub()+")", "startswith("+sub()+", "+sub()+")", "replace("+sub()+`, "a", "b")`,
		"base64encode("+sub()+")", `format("%v|%s", `+sub()+", "+sub()+")", `join(",", `+sub()+")", "urlencode("+sub()+")", "md5("+sub()+")",
	)
}

func generate(next func(n int) int) string {
	g := &generator{next: next}
	return g.expression(1 + next(4))
}

// TestLoweredIsHCL compares eight thousand expressions, the same ones each
// time.
func TestLoweredIsHCL(t *testing.T) {
	b := newBench(t)
	n := 8_000
	if testing.Short() || underRace {
		n = 2_000 // TestSharedByUsers is the one the race detector is for
	}
	failures := 0
	for i := range n {
		source := generate(rand.New(rand.NewPCG(uint64(i), 7)).IntN)
		if problem := b.compare(source, i%2 == 0); problem != "" {
			t.Errorf("%d (strict %t): %s\n\t%s", i, i%2 == 0, source, problem)
			if failures++; failures > 10 {
				t.FailNow()
			}
		}
	}
}

// FuzzLoweredIsHCL lets the fuzzer make the choices.
func FuzzLoweredIsHCL(f *testing.F) {
	for i := range 20 {
		seed := make([]byte, 60)
		r := rand.New(rand.NewPCG(uint64(i), 3))
		for j := range seed {
			seed[j] = byte(r.IntN(256))
		}
		f.Add(seed, i%2 == 0)
	}
	b := newBench(f)
	f.Fuzz(func(t *testing.T, choices []byte, strict bool) {
		source := generate(chooser(choices))
		if problem := b.compare(source, strict); problem != "" {
			t.Errorf("%s\n\t%s", source, problem)
		}
	})
}

// chooser takes choices from bytes, and always the first when they run out.
func chooser(choices []byte) func(n int) int {
	return func(n int) int {
		if len(choices) == 0 {
			return 0
		}
		c := int(choices[0]) % n
		choices = choices[1:]
		return c
	}
}

// TestSharedByUsers evaluates one set of expressions from several users at
// once: the race detector watches, and all must find the same.
func TestSharedByUsers(t *testing.T) {
	b := newBench(t)
	var exprs []plan.Expr
	for i := range 300 {
		e, _ := hclsyntax.ParseExpression([]byte(generate(rand.New(rand.NewPCG(uint64(i), 9)).IntN)), "e.hcl", hcl.InitialPos)
		a := b.arg
		a.Expr = e
		b.c.diags = nil
		l := b.lowering(e, i%2 == 0)
		if _, ok := l.check(&a, cty.DynamicPseudoType); ok {
			if lowered := l.lower(e); !b.c.diags.HasErrors() {
				exprs = append(exprs, lowered)
			}
		}
	}
	results := make([][]string, 4)
	var wg sync.WaitGroup
	for user := range results {
		wg.Go(func() {
			f := b.frame()
			for _, e := range exprs {
				v, err := e.Eval(f)
				results[user] = append(results[user], fmt.Sprint(show(v), err))
			}
		})
	}
	wg.Wait()
	for user := range results {
		for i := range exprs {
			if results[user][i] != results[0][i] {
				t.Errorf("user %d: %s; user 0: %s", user, results[user][i], results[0][i])
			}
		}
	}
}
