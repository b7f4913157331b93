package compile

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
	"throng/dsl/schema"
	"throng/stdlib"
)

// Console evaluates expressions that stand in no file, with what the scenario
// declares. What is settled before the run is evaluated by HCL; the rest is
// lowered as for a run, and evaluated in the frame of a made-up first user.
// It belongs to one goroutine.
type Console struct {
	c         *compiler
	block     *config.Block
	frame     *plan.Frame
	fallbacks int // of the scenario itself, and
	sites     int // its places in the source
}

// NewConsole evaluates a scenario's variables, locals and outputs, and loads
// its data. Its findings are about those alone; what they leave unknown
// cannot be read, the rest can. answer is what response means, nil for none.
func NewConsole(scope *resolve.Scope, o Options, answer *plan.Response) (*Console, diag.Diagnostics) {
	c := newCompiler(scope, o)
	c.scenario()
	c.values()
	c.data()
	c.plan.Secrets = c.secrets.list()
	c.hide()
	f := &plan.Frame{
		Plan: c.plan, Rand: rand.New(rand.NewPCG(o.Seed, 0)), Response: answer,
		User: plan.UserInfo{ID: "user-0", Class: "user"},
		Run:  plan.RunInfo{ID: "console", Profile: "console"},
		Rows: make([]int, len(c.plan.Data)),
	}
	for i := range f.Rows {
		f.Rows[i] = -1
	}
	f.NextRow = func(data int) (int, error) {
		if d := &c.plan.Data[data]; d.Rows == 0 && !d.Endless {
			return 0, fmt.Errorf("the rows of data.%s are not known before the run's setup has made them", d.Name)
		}
		return 0, nil
	}
	for _, b := range scope.Tree.Config.Root.Of("user") {
		if b.Arg("abstract") == nil {
			f.User.ID, f.User.Class = b.Name()+"-0", b.Name()
			break
		}
	}
	module := *scope.Tree.Config
	return &Console{
		c: c, block: &config.Block{Type: "console", Schema: &schema.Block{Type: "console"}, Module: &module}, frame: f,
		fallbacks: len(c.plan.Fallbacks), sites: len(c.plan.Sites),
	}, c.diags
}

// Evaluated is what an expression gives. Parts that must not be shown are
// marked. Absent says, in words, what of the answer the expression asks for
// and does not find: a condition reads null there, a capture fails.
type Evaluated struct {
	Value  cty.Value
	Absent string
}

// Eval evaluates one expression, src, whose diagnostics name it name.
func (k *Console) Eval(src []byte, name string) (Evaluated, diag.Diagnostics) {
	c := k.c
	c.diags = nil
	if c.meter != nil {
		*c.meter = *config.NewMeter() // each expression has the allowance of a compilation
	}
	k.block.Module.Sources = map[string][]byte{name: src}
	e, diags := config.ReadExpression(src, name)
	if diags.HasErrors() {
		return Evaluated{}, diags
	}
	if diags := k.unavailable(e); diags.HasErrors() {
		return Evaluated{}, diags
	}
	a := &config.Arg{
		Module: c.root.Tree.Config, Name: "expression", Expr: e, Range: e.Range(), NameRange: e.Range(),
		Schema: &schema.Arg{Name: "expression", Type: schema.Any, Phase: schema.Response},
	}
	if diags := resolve.CheckArg(c.root, k.block, a); diags.HasErrors() {
		return Evaluated{}, diags
	}
	v := k.evaluate(a, e, name)
	c.plan.Secrets = c.secrets.list()
	c.hide()
	return v, c.diags
}

func (k *Console) evaluate(a *config.Arg, e hclsyntax.Expression, name string) Evaluated {
	c := k.c
	if !c.lowering(a, k.block, nil).static(e) {
		return k.lowered(a, e, name)
	}
	env := c.env(a.Module)
	v, hclDiags := e.Value(c.context(env, nil, e.Variables()))
	c.evaluatorSaid(k.block, hclDiags)
	if hclDiags.HasErrors() {
		return Evaluated{}
	}
	if !v.IsWhollyKnown() {
		c.fail(k.block, diag.NotAvailable, e.Range(), "The value is not known: something it is made of is wrong in the scenario. throng validate says what.")
		return Evaluated{}
	}
	if _, err := stdlib.FromCty(v); err != nil { // infinite
		c.fail(k.block, diag.OperationFailed, e.Range(), "%s", sentence(err))
	}
	return Evaluated{Value: v}
}

// lowered evaluates what a run would evaluate, in the form it would.
func (k *Console) lowered(a *config.Arg, e hclsyntax.Expression, name string) Evaluated {
	c := k.c
	// What the expression before this one left in the plan is used no more.
	c.plan.Fallbacks, c.plan.Sites, c.sites = c.plan.Fallbacks[:k.fallbacks], c.plan.Sites[:k.sites], map[siteKey]plan.SiteID{}
	l := c.lowering(a, k.block, nil)
	if _, ok := l.check(a, cty.DynamicPseudoType); !ok {
		return Evaluated{}
	}
	x := l.lower(e)
	strict := c.lowering(a, k.block, nil)
	strict.strict = true
	y := strict.lower(e)
	if c.diags.HasErrors() {
		return Evaluated{}
	}
	k.frame.Private = make([]any, len(c.plan.Fallbacks))
	v, err := x.Eval(k.frame)
	if err != nil {
		k.failed(err, e, name)
		return Evaluated{}
	}
	out := Evaluated{Value: toCty(v)}
	if reads(e, "response") {
		again := *k.frame
		again.Rand = rand.New(rand.NewPCG(0, 0)) // draws nothing from the user's own source
		var missing *plan.EvalError
		if _, err := y.Eval(&again); errors.As(err, &missing) {
			out.Absent = missing.Message
		}
	}
	if l.secret {
		out.Value = k.hidden(e, out.Value)
	}
	return out
}

// hidden marks what is sensitive in a value: the columns of a whole row by
// themselves, any other value as a whole.
func (k *Console) hidden(e hclsyntax.Expression, v cty.Value) cty.Value {
	whole, ok := e.(*hclsyntax.ScopeTraversalExpr)
	if !ok || rootOf(whole.Traversal) != "data" || !v.Type().IsObjectType() {
		return v.Mark(sensitive)
	}
	rows, rest := k.c.root.RowsOf(whole.Traversal)
	if rows == nil || len(rest) > 0 {
		return v.Mark(sensitive)
	}
	columns := v.AsValueMap()
	for _, col := range k.c.plan.Data[k.c.dataIDs[rows]].Columns {
		if col.Sensitive {
			columns[col.Name] = columns[col.Name].Mark(sensitive)
		}
	}
	return cty.ObjectVal(columns)
}

func reads(e hclsyntax.Expression, root string) bool {
	for _, t := range e.Variables() {
		if t.RootName() == root {
			return true
		}
	}
	return false
}

// failed reports what went wrong while an expression was evaluated, at the
// part of it that did.
func (k *Console) failed(err error, e hclsyntax.Expression, name string) {
	at := e.Range()
	var eval *plan.EvalError
	if errors.As(err, &eval) {
		if site := k.c.plan.Site(eval.Site); site.File == name {
			at = widest(e, site.Line, site.Column)
		}
	}
	k.c.fail(k.block, diag.OperationFailed, at, "%s", sentence(err))
}

// widest is the range of the largest part of an expression that begins at a
// place; the whole where none does.
func widest(e hclsyntax.Expression, line, column int) hcl.Range {
	at := e.Range()
	found := false
	_ = hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		r := n.Range()
		if r.Start.Line == line && r.Start.Column == column && (!found || r.End.Byte > at.End.Byte) {
			at, found = r, true
		}
		return nil
	})
	return at
}

// Why a console knows nothing of what only a run can know.
const (
	noRun    = "%s is known only while a run goes on, and a console makes none."
	noAnswer = "%s is an answer's, and a console sends no request that could be answered. Save an answer to a file, and name the file with --response; then response reads it as a run would."
)

var unknownHere = map[string]string{
	"session": "%s is what a user has captured from the answers it got, and a console sends no request. To try the capture itself, save an answer to a file and name the file with --response.",
	"setup":   "%s is what the setup steps have captured, and a console does not take them. To try a capture of theirs, save an answer to a file and name the file with --response.",
	"cookies": "%s is in the jar of a user who has been sent it, and a console sends no request.",
	"input":   "%s is given to a task where it is called, and no task is called here.",
	"message": noRun,
	"sent":    noRun,
	"event":   noRun,
}

// unavailable reports the roots a console has no value for, and why.
func (k *Console) unavailable(e hclsyntax.Expression) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, t := range e.Variables() {
		why, unknown := unknownHere[t.RootName()]
		switch {
		case unknown:
		case t.RootName() != "response":
			continue
		case k.frame.Response == nil:
			why = noAnswer
		case len(t) > 1 && (stepName(t[1]) == "url" || stepName(t[1]) == "elapsed" || stepName(t[1]) == "stream"):
			why = "%s is no part of a saved answer: only a run knows it."
		default:
			continue
		}
		shown := t.RootName()
		if len(t) > 1 && stepName(t[1]) != "" {
			shown += "." + stepName(t[1])
		}
		diags.Append(diag.New(diag.NotAvailable, t.SourceRange(), why, shown))
	}
	return diags
}
