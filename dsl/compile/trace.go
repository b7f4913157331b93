package compile

import (
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/resolve"
)

// hop is where a module takes in what stands in another one.
type hop struct {
	at   hcl.Range
	what string // happens here
}

// via notes that what is compiled from here on is what a block's use brings
// in, until back is called.
func (c *compiler) via(b *config.Block) (back func()) {
	a := b.Arg("use")
	if a == nil {
		return func() {}
	}
	what := "used here"
	if b.Type == "call" {
		what = "called here"
	}
	return c.through(hop{a.Expr.Range(), what})
}

// through is via for any place.
func (c *compiler) through(h hop) (back func()) {
	n := len(c.hops)
	c.hops = append(c.hops, h)
	return func() { c.hops = c.hops[:n] }
}

// inside is via for the values of a module itself: its caller is where it is
// brought in.
func (c *compiler) inside(s *resolve.Scope) (back func()) {
	if s.Parent == nil {
		return func() {}
	}
	return c.through(hop{s.Tree.Call.Range, "brought in here"})
}

// trace says in which block of a library a finding stands, and shows by which
// place of its caller it came about: the nearest, and the scenario's own.
func (c *compiler) trace(b *config.Block, d *diag.Diagnostic) {
	at := *d.Subject
	home := c.root.Home(at.Filename)
	switch {
	case home == nil:
	case b == nil && d.Block == "" || b != nil && !contains(b.Module, at):
		d.In(home.Place(at))
	}
	if home == nil || home == c.root {
		return
	}
	found := -1
	for i := len(c.hops) - 1; i >= 0; i-- {
		h := c.hops[i]
		if contains(home.Tree.Config, h.at) || found >= 0 && !contains(c.root.Tree.Config, h.at) {
			continue
		}
		if found < 0 {
			d.Relate(h.what, h.at)
			found = i
		} else if h.at != c.hops[found].at {
			d.Relate("and that "+h.what, h.at)
			return
		}
		if contains(c.root.Tree.Config, h.at) {
			return
		}
	}
}

// contains reports whether a place stands in a file of a module.
func contains(m *config.Module, at hcl.Range) bool {
	_, ok := m.Sources[at.Filename]
	return ok
}

// used is a block with its use worked in.
func (c *compiler) used(s *resolve.Scope, declared *config.Block) *config.Block {
	b, diags := resolve.Use(s, declared)
	for _, d := range diags {
		c.report(nil, d)
	}
	return b
}

// bodyError is what went wrong within a function of the scenario's own.
type bodyError struct {
	text string
	at   hcl.Range
}

func (e *bodyError) Error() string { return e.text }

// evaluatorSaid adds what HCL's evaluator found about an expression in b, and
// shows the place within a library's function that failed.
func (c *compiler) evaluatorSaid(b *config.Block, found hcl.Diagnostics) {
	for _, d := range diag.FromHCL(found) {
		c.report(b, d)
		for _, h := range found {
			var body *bodyError
			call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](h)
			if !ok || d.Subject == nil || h.Subject == nil || *h.Subject != *d.Subject || !errors.As(call.FunctionCallError(), &body) {
				continue
			}
			if home := c.root.Home(d.Subject.Filename); home != nil && !contains(home.Tree.Config, body.at) {
				d.Relate("it fails here", body.at)
			}
		}
	}
}
