package compile

import (
	"strings"

	"github.com/andybalholm/cascadia"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// address compiles where a request goes: its route with its params, or the
// url that an answer gave.
func (k *classBuilder) address(r *plan.Request, b *config.Block, to *plan.Target) {
	url := b.Arg("url")
	if url == nil {
		r.Path = k.path(b, to)
		return
	}
	c := k.c
	label := b.Labels[0]
	r.Path = plan.Literal(to.BasePath + label.Text)
	if _, problem := parseRoute(label.Text); problem != "" {
		c.fail(b, diag.InvalidRoute, label.Range, "%s", problem)
	}
	if a := b.Arg("params"); a != nil {
		c.fail(b, diag.ConflictingArguments, a.Range, "url says where the request goes; the label only names its row, so params have nothing to fill in.").
			Relate("url is here", url.Range)
	}
	k.url(r, b)
}

// submit compiles a request that fills in a form of the page before.
func (k *classBuilder) submit(r *plan.Request, b *config.Block, to *plan.Target) {
	k.submits = true
	r.Path = k.path(b, to)
	r.Submit = &plan.Submit{Fields: pairs(k.named(b.Arg("fields"), b, k))}
	r.Submit.Form, _ = k.value(b, "form", cty.String)
	if v, ok := r.Submit.Form.(plan.Const); ok && v.Value.Kind() == plan.String {
		if _, err := cascadia.ParseGroup(v.Value.Str()); err != nil {
			k.c.fail(b, diag.InvalidValue, b.Arg("form").Expr.Range(), "This is no CSS selector: %s.", err)
		}
	}
}

// keepPages marks the requests whose pages a submit may need.
func (k *classBuilder) keepPages(class *plan.Class) {
	if !k.submits {
		return
	}
	class.EachStep(func(s plan.Step) {
		if r, ok := s.(*plan.Request); ok {
			r.KeepsPage = true
		}
	})
}

// graphql compiles an operation: the POST, and the rule that an answer with
// errors is a failure.
func (k *classBuilder) graphql(r *plan.Request, b *config.Block, to *plan.Target) {
	c := k.c
	path := "/graphql"
	if p, ok := c.str(b, "path"); ok {
		path = p
		if segments, problem := parseRoute(p); problem != "" || len(segments) != 1 {
			if problem == "" {
				problem = "The path of a GraphQL endpoint has no parameters."
			}
			c.fail(b, diag.InvalidRoute, b.Arg("path").Expr.Range(), "%s", problem)
		}
	}
	r.Path = plan.Literal(to.BasePath + asciiPath(path))
	operation := b.Labels[0]
	if !hclsyntax.ValidIdentifier(operation.Text) || strings.Contains(operation.Text, "-") {
		c.fail(b, diag.InvalidName, operation.Range, "The label of graphql is the operation's name: letters, digits and underscores.")
		return
	}
	document, ok := c.str(b, "query")
	if !ok {
		return
	}
	if !strings.Contains(document, operation.Text) {
		c.fail(b, diag.UnknownName, operation.Range, "The document in query holds no operation called %q.", operation.Text)
	}
	t := &plan.Template{}
	t.Add(plan.Part{Lit: `{"operationName":` + quoteJSON(operation.Text) + `,"query":` + quoteJSON(document)})
	if a := b.Arg("variables"); a != nil {
		if e, ok := c.syntax(a, b); ok {
			l := c.lowering(a, b, k)
			if _, ok := l.check(a, cty.DynamicPseudoType); ok {
				t.Add(plan.Part{Lit: `,"variables":`})
				l.json(e, t)
				t.Secret = l.secret
			}
		}
	}
	t.Add(plan.Part{Lit: "}"})
	r.Body = &plan.Body{ContentType: "application/json", Text: t}
	site := c.site(b.Range, b)
	at := failing{site, plan.FailExpect}
	r.Expects = append(r.Expects, plan.Expect{
		Site: site, Text: "no errors in the answer",
		Condition: noErrors{at},
		Message:   &jsonValue{path: "errors.0.message", at: at},
	})
}

func quoteJSON(s string) string { return string(plan.AppendJSONString(nil, s, false)) }

// noErrors holds for a GraphQL answer without errors.
type noErrors struct{ at failing }

func (e noErrors) Eval(f *plan.Frame) (plan.Value, error) {
	found := jsonValue{path: "errors", at: e.at}
	v, err := found.Eval(f)
	if err != nil {
		return v, err
	}
	return plan.BoolValue(v.IsNull() || v.Kind() == plan.List && len(v.Items()) == 0), nil
}

// Describe says what it holds for.
func (e noErrors) Describe(*plan.Plan) string { return "no errors in the answer" }
