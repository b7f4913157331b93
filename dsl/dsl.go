// Package dsl is the one way from source to plan: it reads a scenario, binds
// its names, and compiles it. Everything that shows or runs scenarios begins
// here, and sees no more of the language than a plan and diagnostics.
package dsl

import (
	"throng/dsl/compile"
	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// Options choose what is compiled; see compile.Options.
type Options = compile.Options

// Input is a variable's value given from outside; see compile.Input.
type Input = compile.Input

// Result is what a compilation gave.
type Result struct {
	Plan        *plan.Plan // nil when there are errors
	Diagnostics diag.Diagnostics
	Sources     map[string][]byte // texts of the files, for snippets
	Profiles    []string          // names of the declared profiles, sorted
}

// Compile makes the plan of the scenario at path for one profile.
func Compile(path string, o Options) Result {
	return run(path, o, func(s *resolve.Scope, r *Result) {
		p, diags := compile.Compile(s, o)
		if p != nil {
			p.Dir = path
		}
		r.Plan = p
		r.Diagnostics.Extend(diags)
	})
}

// Validate compiles the scenario for every profile it declares and keeps only
// what was found.
func Validate(path string, o Options) Result {
	return run(path, o, func(s *resolve.Scope, r *Result) {
		if o.Profile != "" {
			_, diags := compile.Compile(s, o)
			r.Diagnostics.Extend(diags)
			return
		}
		r.Diagnostics.Extend(compile.Profiles(s, o))
	})
}

func run(path string, o Options, compile func(*resolve.Scope, *Result)) Result {
	tree, diags := module.Load(path, o.Modules)
	return of(tree, diags, compile)
}

// of compiles a tree, in which diags were found already. It is nil when
// nothing could be read.
func of(tree *module.Tree, diags diag.Diagnostics, compile func(*resolve.Scope, *Result)) Result {
	var r Result
	r.Diagnostics = diags
	if tree == nil {
		return r
	}
	r.Sources = tree.Sources()
	if tree.Broken() { // names would be missed that are only unread
		r.Diagnostics = resolve.Traced(tree, r.Diagnostics.Dedupe())
		r.Diagnostics.Sort()
		return r
	}
	scope, diags := resolve.Build(tree)
	r.Diagnostics.Extend(diags)
	r.Profiles = scope.Names("profile")
	r.Diagnostics.Extend(resolve.Check(scope))
	compile(scope, &r)
	r.Diagnostics = resolve.Traced(tree, r.Diagnostics.Dedupe())
	r.Diagnostics.Sort()
	if r.Diagnostics.HasErrors() {
		r.Plan = nil
	}
	return r
}
