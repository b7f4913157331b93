package testfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/stdlib"
)

// place is what the expression of an argument may read: a rule for each root
// that is known there. A rule reports what is wrong with a traversal.
type place map[string]func(t hcl.Traversal) *diag.Diagnostic

// roots of a test file's expressions, and where each can be read.
var roots = map[string]string{
	"var":      "in mocks and asserts",
	"request":  "in the status, headers, json and body of a route, and in its socket",
	"message":  "in the replies of a socket",
	"plan":     "in asserts",
	"requests": "in asserts",
	"result":   "in asserts",
	"run":      "in asserts",
}

// checkNames holds an expression against the names and functions it may use,
// and marks the argument as Bad where it reads others.
func (d *decoder) checkNames(b *config.Block, a *config.Arg, p place) {
	before := len(d.diags)
	for _, t := range a.Expr.Variables() {
		var found *diag.Diagnostic
		if rule := p[t.RootName()]; rule != nil {
			found = rule(t)
		} else {
			found = unknownRoot(t, p, a)
		}
		if found != nil {
			d.report(b, found)
			a.Bad = true
		}
	}
	if node, ok := a.Expr.(hclsyntax.Node); ok {
		d.checkCalls(b, a, node)
	}
	a.Bad = a.Bad || len(d.diags) > before
}

func unknownRoot(t hcl.Traversal, p place, a *config.Arg) *diag.Diagnostic {
	word, at := t.RootName(), t.SourceRange()
	legal := slices.Sorted(maps.Keys(p))
	inQuotes := fmt.Sprintf("For the text itself write it in quotes: %q.", word)
	if where, exists := roots[word]; exists {
		found := diag.New(diag.NotAvailable, at, "%q can be read %s, and not in %s.", word, where, a.Name)
		if len(p) == 0 && len(t) == 1 {
			found.Suggestion = inQuotes
		}
		return found
	}
	if len(legal) == 0 {
		found := diag.New(diag.NotConstant, at, "%s is known before anything runs: it is made of plain values and functions, and %q is the name of neither.", a.Name, word)
		if len(t) == 1 {
			found.Suggestion = inQuotes
		}
		return found
	}
	found := diag.New(diag.UnknownName, at, "There is no value called %q. Values that can be read here begin with %s.", word, strings.Join(legal, ", "))
	if found.DidYouMean(word, legal); found.Suggestion == "" && len(t) == 1 {
		found.Suggestion = inQuotes
	}
	return found
}

// checkCalls checks every call in an expression: a law stands in latency
// only, as a whole.
func (d *decoder) checkCalls(b *config.Block, a *config.Arg, node hclsyntax.Node) {
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		call, ok := n.(*hclsyntax.FunctionCallExpr)
		if !ok {
			return nil
		}
		fn, found := stdlib.Lookup(call.Name)
		law := slices.Contains(laws, call.Name)
		switch {
		case !found:
			d.fail(b, diag.UnknownFunction, call.NameRange, "There is no function called %q.", call.Name).DidYouMean(call.Name, stdlib.Names())
		case law && a.Name == "latency" && n == node:
		case law && a.Name == "latency":
			d.fail(b, diag.FunctionNotAvailable, call.NameRange, "%s(…) is a law by which each latency is drawn, so it stands alone: latency = %s.", call.Name, fn.Signature)
		case fn.Phase == stdlib.User || fn.WaitOnly:
			d.fail(b, diag.FunctionNotAvailable, call.NameRange, "%s(…) gives another value each time, so a test that reads it would not end the same way twice.", call.Name)
		case !fn.Special && wrongArity(fn, call) != "":
			d.fail(b, diag.FunctionArguments, call.Range(), "%s", wrongArity(fn, call))
		}
		return nil
	})
}

// wrongArity says that a call has too few or too many arguments, or "".
func wrongArity(fn *stdlib.Function, call *hclsyntax.FunctionCallExpr) string {
	least, given := len(fn.Impl.Params()), len(call.Args)
	if call.ExpandFinal || given == least || given > least && fn.Impl.VarParam() != nil {
		return ""
	}
	noun := "arguments"
	if given == 1 {
		noun = "argument"
	}
	return fmt.Sprintf("%s is called with %d %s here; its form is %s.", fn.Name, given, noun, fn.Signature)
}

// ofVariables is the rule of var: run is whose variables they are, nil where
// they are the file's.
func ofVariables(vars *variables, run *config.Block, reader string) func(hcl.Traversal) *diag.Diagnostic {
	return func(t hcl.Traversal) *diag.Diagnostic {
		if len(t) < 2 {
			return nil
		}
		name := stepName(t[1])
		if _, known := vars.values[name]; known || name == "" {
			return nil
		}
		at := t.SourceRange()
		if run == nil || reader == "run" {
			return diag.New(diag.UnknownName, at, "No variables block gives %q a value, and a test reads as var.NAME what it gives itself.", name).DidYouMean(name, vars.names())
		}
		return diag.New(diag.UnknownName, at, "%s talks to this mock, and no variables block gives its var.%s a value.", capital(run.Title()), name).
			DidYouMean(name, vars.names()).Relate("the run is here", run.Range)
	}
}

// placeOfRoute is what an argument of a route may read when it serves a run.
func (d *decoder) placeOfRoute(rt *route, a *config.Arg, vars *variables, run *config.Block) place {
	p := place{"var": ofVariables(vars, run, "mock")}
	switch a.Name {
	case "status", "headers", "json", "body":
		p["request"] = rt.ofRequest
	}
	return p
}

// ofRequest is the rule of request.
func (rt *route) ofRequest(t hcl.Traversal) *diag.Diagnostic {
	if len(t) < 2 {
		return nil
	}
	name, at := stepName(t[1]), t.SourceRange()
	if !slices.Contains(requestAttributes, name) {
		return diag.New(diag.UnknownAttribute, at, "A request has no %q. It has %s.", name, strings.Join(requestAttributes, ", ")).DidYouMean(name, requestAttributes)
	}
	if len(t) < 3 || stepName(t[2]) == "" {
		return nil
	}
	switch word := stepName(t[2]); name {
	case "params":
		if slices.Contains(rt.params, word) {
			return nil
		}
		has := "The route has no parameters."
		if len(rt.params) > 0 {
			has = "The route has " + strings.Join(rt.params, ", ") + "."
		}
		return diag.New(diag.UnknownAttribute, at, "There is no request.params.%s: %q does not stand in the route. %s", word, ":"+word, has).DidYouMean(word, rt.params)
	case "headers":
		if lower := strings.ToLower(word); lower != word {
			found := diag.New(diag.UnknownAttribute, at, "The headers of a request are read by their names in lower case.")
			found.Suggestion = fmt.Sprintf("Write request.headers[%q].", lower)
			return found
		}
	}
	return nil
}
