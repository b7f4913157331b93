package resolve

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/schema"
)

// output checks what is read through a module: an output, or rows of data.
func (c *checker) output(s *Scope, b *config.Block, a *config.Arg, phase schema.Phase, t hcl.Traversal) {
	at := t.SourceRange()
	child, rest, d := s.Enter(t, diag.UnknownName)
	if child == nil {
		if d != nil {
			c.report(d, b)
		}
		return
	}
	name, path := child.Tree.Call.Name(), names(rest)
	if len(path) == 0 {
		if len(t) > 2 || !child.Each() { // else all of its instances are meant
			if child.Each() {
				name += "[\"KEY\"]"
			}
			c.report(diag.New(diag.InvalidExpression, at, "Name one of the module's outputs: module.%s.NAME.", name), b)
		}
		return
	}
	out := child.Named("output", path[0])
	switch word := schema.Root.Nested(path[0]); {
	case path[0] == "data":
		c.rows(child, b, a, phase, path, at)
	case path[0] == "module" && len(path) > 1:
		c.report(nested(child, path[1], strings.Join(path[2:min(len(path), 3)], ""), at), b)
	case out != nil && IsPrivate(out):
		c.report(private(child, out, at), b)
	case out != nil:
	case path[0] == "var" || path[0] == "local":
		d := diag.New(diag.Private, at, "A library's variables and locals are its own.")
		d.Suggestion = "The library hands a value out with an output: output \"NAME\" { value = " + path[0] + ".NAME }."
		c.report(d, b)
	case path[0] == "function":
		c.report(diag.New(diag.InvalidExpression, at, "A library's function is called module::%s::NAME(…).", name), b)
	case word != nil && word.Exported && path[0] != "output":
		c.report(diag.New(diag.InvalidExpression, at, "module.%s.%s names a block, and a block is no value: it is taken in with use.", name, path[0]), b)
	default:
		c.report(diag.New(diag.UnknownName, at, "The module %q has no output called %q.", name, path[0]).
			DidYouMean(path[0], child.Exported("output")), b)
	}
}

// rows checks module.M.data.NAME.
func (c *checker) rows(child *Scope, b *config.Block, a *config.Arg, phase schema.Phase, path []string, at hcl.Range) {
	switch {
	case !phase.Knows(roots["data"]):
		c.report(notAvailable("data", roots["data"], phase, a, at), b)
	case len(path) < 2:
		c.report(diag.New(diag.InvalidExpression, at, "Name one of the module's data blocks: module.%s.data.NAME.", child.Tree.Call.Name()), b)
	case child.Named("data", path[1]) == nil:
		c.report(diag.New(diag.UnknownName, at, "There is no data block called %q%s.", path[1], child.where()).DidYouMean(path[1], child.Exported("data")), b)
	case IsPrivate(child.Named("data", path[1])):
		c.report(private(child, child.Named("data", path[1]), at), b)
	}
}

// moduleFunction checks the name of a call that goes through a module. It says
// whether a function may be called so.
func (c *checker) moduleFunction(s *Scope, b *config.Block, call *hclsyntax.FunctionCallExpr) bool {
	path := strings.Split(call.Name, "::")
	child, name, ok := s.owner(call.Name)
	fail := func(code, format string, args ...any) *diag.Diagnostic {
		return c.report(diag.New(code, call.NameRange, format, args...), b)
	}
	switch {
	case !ok && len(path) > 3 && path[2] == "module":
		d := fail(diag.Private, "What a library brings in is its own. module.%s hands a function on by one that calls it.", path[1])
		relateCall(d, s.Children[path[1]], path[3])
	case !ok:
		fail(diag.UnknownFunction, "A library's function is called module::NAME::FUNCTION(…).")
	case child == nil:
		fail(diag.UnknownFunction, "There is no module called %q here.", path[1]).DidYouMean(path[1], s.childNames())
	case child.Each():
		fail(diag.FunctionNotAvailable, "module.%s has for_each, so it stands for several, and a function is called of one. Bring the library in once more without for_each, or hand the value out as an output: module.%s[\"KEY\"].NAME.", path[1], path[1]).
			Relate("it is brought in here", child.Tree.Call.Range)
	case child.Named("function", name) == nil:
		fail(diag.UnknownFunction, "There is no function called %q%s.", name, child.where()).DidYouMean(name, child.Exported("function"))
	case IsPrivate(child.Named("function", name)):
		c.report(private(child, child.Named("function", name), call.NameRange), b)
	default:
		return true
	}
	return false
}
