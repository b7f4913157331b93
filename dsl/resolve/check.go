package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/schema"
	"throng/stdlib"
)

// Roots of expressions, and the phase from which on each is known.
var roots = map[string]schema.Phase{
	"var": schema.Static, "local": schema.Static, "path": schema.Static, "module": schema.Static,
	"session": schema.User, "user": schema.User, "data": schema.User, "run": schema.User,
	"setup": schema.User, "cookies": schema.User,
	"response": schema.Response, "message": schema.Message, "sent": schema.Reply, "event": schema.Event,
}

// reserved are the names a loop, an iterator or a parameter may not have:
// the roots, and what is one in some places only.
func reserved(name string) bool {
	_, root := roots[name]
	return root || slices.Contains([]string{"each", "input", "self"}, name)
}

// Check holds every expression of the tree against the names it may use, and
// marks the arguments whose names do not resolve as Bad.
func Check(s *Scope) diag.Diagnostics {
	c := &checker{used: map[any]bool{}, checked: map[string]bool{}}
	c.scope(s)
	if len(c.diags) < maxFindings {
		c.unused(s)
	}
	return c.diags
}

// maxFindings ends the check of names: who has so many has one mistake.
const maxFindings = 100

type checker struct {
	diags diag.Diagnostics
	used  map[any]bool // *config.Block and *config.Arg that something reads

	checked map[string]bool // directories of libraries: what is wrong in one is said once
}

func (c *checker) scope(s *Scope) {
	before := len(c.diags)
	c.block(s, s.Tree.Config.Root)
	c.circles(s)
	if dir := s.Tree.Config.Dir; s.Parent != nil {
		if c.checked[dir] {
			c.diags = c.diags[:before]
		}
		c.checked[dir] = true
	}
	for _, name := range s.childNames() {
		c.scope(s.Children[name])
	}
}

func (c *checker) block(s *Scope, b *config.Block) {
	c.names(b)
	if b.Parent != nil && b.Parent.Parent == nil {
		c.exports(s, b)
	}
	for _, a := range b.Args {
		c.arg(s, b, a)
	}
	for _, n := range b.Blocks {
		c.block(s, n)
	}
}

// names checks the names that a block gives to what its content reads.
func (c *checker) names(b *config.Block) {
	check := func(name string, at hcl.Range) {
		switch {
		case !hclIdentifier(name):
			c.report(diag.New(diag.InvalidName, at, "%q cannot be used as a name in expressions: it must begin with a letter and hold only letters, digits, - and _.", name), b)
		case reserved(name):
			c.report(diag.New(diag.ReservedName, at, "%q has a meaning of its own in expressions, so nothing else can be called so.", name), b)
		}
	}
	switch b.Type {
	case "loop", "input":
		if len(b.Labels) == 1 && (b.Type == "loop" || !hclIdentifier(b.Name())) {
			check(b.Name(), b.Labels[0].Range)
		}
	case "dynamic":
		if len(b.Labels) == 1 && b.Name() == "loop" {
			if name, ok := literalLabel(b); ok {
				check(name, b.Arg("labels").Expr.Range())
			} else if a := b.Arg("labels"); a != nil {
				c.report(diag.New(diag.NotConstant, a.Expr.Range(), "The label of a loop is what its content reads the element by, so a dynamic block must write it out: labels = [\"item\"]."), b)
			}
		}
		if a := b.Arg("iterator"); a != nil {
			check(hcl.ExprAsKeyword(a.Expr), a.Expr.Range())
		}
	case "function":
		if _, taken := stdlib.Lookup(b.Name()); taken && len(b.Labels) == 1 {
			c.report(diag.New(diag.ReservedName, b.Labels[0].Range, "There is a function called %q already; a scenario's own needs another name.", b.Name()), b)
		}
		for _, p := range Params(b) {
			check(p.Name, p.Range)
		}
	}
}

func (c *checker) arg(s *Scope, b *config.Block, a *config.Arg) {
	phase, kind := b.Schema.FreeMay, schema.Any
	if a.Schema != nil {
		phase, kind = a.Schema.Phase, a.Schema.Type
	}
	switch kind {
	case schema.TypeExpr:
		return
	case schema.Names:
		if b.Type == "function" && Params(b) == nil {
			if list, diags := hcl.ExprList(a.Expr); diags.HasErrors() || len(list) > 0 {
				c.report(diag.New(diag.InvalidName, a.Expr.Range(), "%s takes plain names in brackets: [a, b].", a.Name), b)
				a.Bad = true
			}
		}
		return
	case schema.Reference:
		if len(c.diags) >= maxFindings {
			a.Bad = true
			return
		}
		c.reference(s, b, a)
		return
	case schema.References:
		c.targets(s, b, a)
		return
	}
	if len(c.diags) >= maxFindings {
		a.Bad = true // as it may be: nobody reads so far, and to look for what was meant takes long
		return
	}
	expr := a.Expr
	before := len(c.diags)
	for _, t := range expr.Variables() {
		if b.Type == "variable" && a.Name == "default" {
			c.report(diag.New(diag.NotConstant, t.SourceRange(),
				"A default is a plain value. To make a value from others, use locals."), b)
			continue
		}
		c.traversal(s, b, a, phase, t)
	}
	if node, ok := expr.(hclsyntax.Node); ok {
		c.functions(s, b, phase, kind, node)
	}
	for _, d := range c.diags[before:] {
		if d.Severity == diag.Error {
			a.Bad = true
		}
	}
}

func (c *checker) reference(s *Scope, b *config.Block, a *config.Arg) {
	kind := a.Name
	switch a.Name {
	case "use":
		kind = UseKind(b.Type)
	case "after":
		kind = "user"
	}
	ref, diags := s.Refer(a, kind)
	if diags.HasErrors() {
		a.Bad = true
	}
	c.used[ref.Block] = true
	for _, d := range diags {
		c.report(d, b)
	}
}

func (c *checker) report(d *diag.Diagnostic, b *config.Block) *diag.Diagnostic {
	c.diags.Append(d.In(b.Place(*d.Subject)))
	return d
}

func (c *checker) traversal(s *Scope, b *config.Block, a *config.Arg, phase schema.Phase, t hcl.Traversal) {
	path := names(t)
	word, at := path[0], t.SourceRange()
	if inner, ok := around(b, a, word); ok {
		c.inner(b, a, inner, phase, path, at)
		return
	}
	known, exists := roots[word]
	if b.Type == "function" {
		phase = schema.Static // but its functions may draw
	}
	if !exists {
		c.unknownRoot(s, b, a, t, phase)
		return
	}
	if !phase.Knows(known) {
		c.report(notAvailable(word, known, phase, a, at), b)
		return
	}
	if len(path) < 2 {
		c.report(diag.New(diag.InvalidExpression, at, "%q needs a name after it: %s.NAME.", word, word), b)
		return
	}
	name := path[1]
	if word == "path" && name == "root" && s.Parent != nil {
		c.report(diag.New(diag.NotAvailable, at, "A library knows only its own directory: path.module."), b)
		return
	}
	if fixed := attributes[word]; fixed != nil {
		c.attribute(b, word, path[1:], at)
		return
	}
	switch word {
	case "setup":
		c.setup(s, b, at)
	case "var":
		c.declared(s, b, at, "variable", name, "input variable")
	case "data":
		c.declared(s, b, at, "data", name, "data block")
	case "local":
		if local := s.Locals[name]; local != nil {
			c.used[local] = true
			return
		}
		all := c.suggestible(func() []string { return slices.Sorted(maps.Keys(s.Locals)) })
		c.meant(s.Locals[diag.Suggest(name, all)])
		c.report(diag.New(diag.UnknownName, at, "There is no local value called %q.", name).DidYouMean(name, all), b)
	case "module":
		c.output(s, b, a, phase, t)
	}
}

func (c *checker) declared(s *Scope, b *config.Block, at hcl.Range, kind, name, noun string) {
	if block := s.Named(kind, name); block != nil {
		c.used[block] = true
		return
	}
	all := c.suggestible(func() []string { return s.Names(kind) })
	c.meant(s.Named(kind, diag.Suggest(name, all)))
	c.report(diag.New(diag.UnknownName, at, "There is no %s called %q%s.", noun, name, s.where()).
		DidYouMean(name, all), b)
}

// suggestible are the names that may have been meant, for the first findings:
// to compare with thousands of names takes long.
func (c *checker) suggestible(names func() []string) []string {
	if len(c.diags) >= 20 {
		return nil
	}
	return names()
}

// meant notes what a misspelled name was likely about: nobody needs to hear
// that it is unused, too.
func (c *checker) meant(declared any) { c.used[declared] = true }

func (c *checker) unknownRoot(s *Scope, b *config.Block, a *config.Arg, t hcl.Traversal, phase schema.Phase) {
	word, at := t.RootName(), t.SourceRange()
	legal := innerNames(b, a)
	for name, p := range roots {
		if phase.Knows(p) && (name != "setup" || s.Root().Tree.Config.Root.First("setup") != nil) {
			legal = append(legal, name)
		}
	}
	slices.Sort(legal)
	legal = slices.Compact(legal)
	d := diag.New(diag.UnknownName, at, "There is no value called %q. Values that can be read here begin with %s.", word, joined(legal))
	aliases := map[string]string{"variable": "var", "variables": "var", "locals": "local", "vars": "var", "res": "response", "resp": "response"}
	switch {
	case aliases[word] != "":
		d.Suggestion = fmt.Sprintf("Did you mean %q?", aliases[word])
	case word == "each" && makesInstances(b):
		d.Detail += " " + a.Name + " is settled before there is an element."
	case word == "each":
		d.Detail += " each is known only within a block that has for_each."
	case word == "input":
		d.Detail += " input is known only within a task of the top level that declares it: input \"name\" {}."
	case len(t) == 1 && s.Named("variable", word) != nil:
		d.Suggestion = fmt.Sprintf("Did you mean var.%s?", word)
		c.meant(s.Named("variable", word))
	case len(t) == 1 && s.Locals[word] != nil:
		d.Suggestion = fmt.Sprintf("Did you mean local.%s?", word)
		c.meant(s.Locals[word])
	case diag.Suggest(word, legal) != "":
		d.DidYouMean(word, legal)
	case len(t) == 1 && takesText(a):
		d.Suggestion = fmt.Sprintf("For the text itself write it in quotes: %q.", word)
	}
	c.report(d, b)
}

// takesText reports whether an argument's value may be, or hold, a text.
func takesText(a *config.Arg) bool {
	if a.Schema == nil {
		return true
	}
	switch a.Schema.Type {
	case schema.Number, schema.Count, schema.Bool:
		return false
	}
	return true
}

// functions checks every call in an expression.
func (c *checker) functions(s *Scope, b *config.Block, phase schema.Phase, kind schema.Type, node hclsyntax.Node) {
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		call, ok := n.(*hclsyntax.FunctionCallExpr)
		if !ok {
			return nil
		}
		if strings.Contains(call.Name, "::") && !c.moduleFunction(s, b, call) {
			return nil
		}
		if own := s.Function(call.Name); own != nil {
			c.ownFunction(s, b, phase, own, call)
			return nil
		}
		fn, found := stdlib.Lookup(call.Name)
		switch {
		case !found:
			c.meant(s.Named("function", diag.Suggest(call.Name, s.Names("function"))))
			d := diag.New(diag.UnknownFunction, call.NameRange, "There is no function called %q.", call.Name)
			if d.Suggestion = schema.Foreign(call.Name); d.Suggestion == "" {
				d.DidYouMean(call.Name, append(stdlib.Names(), s.Names("function")...))
			}
			c.report(d, b)
		case !fn.Special && wrongArity(fn, call) != "":
			c.report(diag.New(diag.FunctionArguments, call.Range(), "%s", wrongArity(fn, call)), b)
		case fn.WaitOnly && (kind != schema.Wait || node != n):
			c.report(diag.New(diag.FunctionNotAvailable, call.NameRange, "%s(…) is a law for the pauses between tasks; it stands by itself in wait and nowhere else.", call.Name), b)
		case fn.Phase == stdlib.User && phase == schema.Static:
			c.report(notStatic(call), b)
		}
		return nil
	})
}

func notStatic(call *hclsyntax.FunctionCallExpr) *diag.Diagnostic {
	return diag.New(diag.FunctionNotAvailable, call.NameRange,
		"%s(…) gives a new value each time a user reads it, but this argument is settled once, before the run.", call.Name)
}

// wrongArity says that a call has too few or too many arguments, or "".
func wrongArity(fn *stdlib.Function, call *hclsyntax.FunctionCallExpr) string {
	form := fn.Impl
	if fn.Bind != nil {
		form = fn.Bind(nil)
	}
	least, given := len(form.Params()), len(call.Args)
	if call.ExpandFinal || given == least || given > least && form.VarParam() != nil {
		return ""
	}
	return fmt.Sprintf("%s is called with %d %s here; its form is %s.", fn.Name, given, plural(given, "argument"), fn.Signature)
}

func joined(words []string) string { return strings.Join(words, ", ") }

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// unused warns of variables, locals and data that nothing reads, in the
// scenario itself: a library may well declare more than one caller needs.
func (c *checker) unused(s *Scope) {
	told := 0
	report := func(d *diag.Diagnostic, block string) {
		if told++; told <= maxFindings {
			c.diags.Append(d.In(block))
		}
	}
	for _, kind := range []string{"variable", "data"} {
		for _, name := range s.Names(kind) {
			if b := s.Named(kind, name); !c.used[b] && hclIdentifier(name) {
				report(diag.NewWarning(diag.Unused, b.Range, "Nothing reads %s.%s.", root(kind), name), b.Title())
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Locals)) {
		if a := s.Locals[name]; !c.used[a] && told <= maxFindings {
			report(diag.NewWarning(diag.Unused, a.NameRange, "Nothing reads local.%s.", name), "locals")
		}
	}
	if told > maxFindings {
		more := diag.General(diag.Unused, "Further variables, data and locals are read by nothing; %d are listed.", maxFindings)
		more.Severity = diag.Warning
		c.diags.Append(more)
	}
}
