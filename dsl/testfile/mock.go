package testfile

import (
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// mock is a mock as it is declared: what it answers depends on the variables
// and the seed of the run it serves.
type mock struct {
	name   string
	block  *config.Block
	routes []*route
}

// route is a route as it is declared.
type route struct {
	pattern
	block                       *config.Block
	language                    *language
	stream                      uint64 // of random numbers, its own within a seed
	status, headers, json, body *expression
	latency                     *expression
	fault                       Fault
	socket                      *socket // nil for none
}

// arguments of a route that are answered with, in the order they are checked.
func (rt *route) answering() []*expression {
	return []*expression{rt.status, rt.headers, rt.json, rt.body}
}

func (d *decoder) readMocks(root *config.Block, common *variables) map[string]*mock {
	all := map[string]*mock{}
	for _, b := range root.Of("mock") {
		if first := all[b.Name()]; first != nil {
			d.fail(b, diag.DuplicateName, b.Labels[0].Range, "There are two mocks called %q.", b.Name()).Relate("the first is declared here", first.block.Range)
			continue
		}
		d.checkLabel(b)
		m := &mock{name: b.Name(), block: b}
		for _, n := range b.Of("route") {
			if rt := d.readRoute(m, n); rt != nil {
				m.routes = append(m.routes, rt)
			}
		}
		if len(m.routes) == 0 && !b.Broken {
			d.fail(b, diag.EmptyBlock, b.Range, "A mock without routes answers nothing. Add route \"GET /\" { status = 200 }.")
		}
		d.unreached(m)
		all[m.name] = m
	}
	return all
}

// readRoute reads what of a route no variable changes.
func (d *decoder) readRoute(m *mock, b *config.Block) *route {
	label := b.Labels[0]
	p, problem := parsePattern(label.Text)
	if problem != "" {
		d.fail(b, diag.InvalidRoute, label.Range, "%s", problem)
		return nil
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%d\x00%s", m.name, len(m.routes), label.Text)
	rt := &route{pattern: p, block: b, language: d.file.language, stream: h.Sum64()}
	for _, a := range b.Args {
		switch a.Name {
		case "status":
			rt.status = newExpression(a.Expr, d.file.language)
		case "headers":
			rt.headers = newExpression(a.Expr, d.file.language)
		case "json":
			rt.json = newExpression(a.Expr, d.file.language)
		case "body":
			rt.body = newExpression(a.Expr, d.file.language)
		case "latency":
			rt.latency = newExpression(a.Expr, d.file.language)
		}
	}
	d.routeConflicts(rt)
	if n := b.First("socket"); n != nil {
		rt.socket = d.readSocket(rt, n)
	}
	return rt
}

// routeConflicts reports arguments that do not go together.
func (d *decoder) routeConflicts(rt *route) {
	b := rt.block
	if json, body := b.Arg("json"), b.Arg("body"); json != nil && body != nil {
		d.fail(b, diag.ConflictingArguments, body.NameRange, "An answer has one body: json or body, not both.").Relate("the other one is here", json.NameRange)
	}
	if a := b.Arg("fault"); a != nil {
		d.checkNames(b, a, nil) // what a fault is no variable changes
		if fault, ok := d.keyword(b, "fault", nil); ok {
			rt.fault = Fault(fault)
		}
	}
	switch rt.fault {
	case NoFault:
	case Truncate:
		if b.Arg("json") == nil && b.Arg("body") == nil {
			d.fail(b, diag.MissingArgument, b.Arg("fault").Expr.Range(), "There is no body that the answer could break off in. Give it json or body.")
		}
	default:
		for _, name := range []string{"status", "headers", "json", "body"} {
			if a := b.Arg(name); a != nil {
				d.fail(b, diag.ConflictingArguments, a.NameRange, "With fault = %q there is no answer, so it has no %s. Only \"truncate\" stands beside an answer.", rt.fault, name)
				break
			}
		}
	}
}

// unreached warns of routes that never get a request, since one above takes
// them all.
func (d *decoder) unreached(m *mock) {
	first := map[string]*route{}
	for _, rt := range m.routes {
		key := rt.Method + " " + rt.shape()
		above := first[key]
		if above == nil {
			above = first[" "+rt.shape()]
		}
		if above != nil {
			d.report(rt.block, diag.NewWarning(diag.Unused, rt.block.Labels[0].Range, "This route never answers: one above takes every such request. Give that one times or share, if they are to take turns.").
				Relate("that one is here", above.block.Range))
			continue
		}
		if rt.block.Arg("times") == nil && rt.block.Arg("share") == nil {
			first[key] = rt
		}
	}
}

// checkLabel reports a name that no traversal can read.
func (d *decoder) checkLabel(b *config.Block) {
	if !identifier(b.Name()) {
		d.fail(b, diag.InvalidName, b.Labels[0].Range, "%q cannot be used as a name in expressions: it must begin with a letter and hold only letters, digits, - and _.", b.Name())
	}
}

// checkMocks holds what mocks say against the variables of each run that
// talks to them. A mock that no run talks to is checked with the file's own.
func (d *decoder) checkMocks(common *variables) {
	used := map[string]bool{}
	for i := range d.file.Runs {
		r := &d.file.Runs[i]
		for _, name := range r.mocks() {
			m := d.file.mocks[name]
			if own := r.block.First("variables"); m == nil || used[name] && own == nil {
				continue
			}
			used[name] = used[name] || r.block.First("variables") == nil
			d.checkMock(m, r.own, r.block)
		}
	}
	for name, m := range d.file.mocks {
		if !d.targeted(name) {
			d.report(m.block, diag.NewWarning(diag.Unused, m.block.Range, "No run talks to this mock. A run does where it says targets = { TARGET = mock.%s }.", name))
			d.checkMock(m, common, nil)
		}
	}
}

func (d *decoder) targeted(mock string) bool {
	return slices.ContainsFunc(d.file.Runs, func(r Run) bool { return slices.Contains(r.mocks(), mock) })
}

// checkMock checks a mock's routes with the variables of a run, nil for
// none.
func (d *decoder) checkMock(m *mock, vars *variables, run *config.Block) {
	for _, rt := range m.routes {
		if len(d.diags) > maxFindings || d.meter.Spent() {
			return
		}
		for _, a := range rt.block.Args {
			if a.Name != "fault" {
				d.checkNames(rt.block, a, d.placeOfRoute(rt, a, vars, run))
			}
		}
		if rt.socket != nil {
			d.checkSocketNames(rt, vars, run)
		}
		_, found := rt.serve(vars, 1, d.meter)
		for _, f := range found {
			d.report(rt.block, f)
		}
	}
}

// serve is the mock for one run.
func (m *mock) serve(vars *variables, seed uint64) Mock {
	out := Mock{Name: m.name}
	for _, rt := range m.routes {
		r, _ := rt.serve(vars, seed, config.NewMeter())
		out.Routes = append(out.Routes, r)
	}
	return out
}

// serve is the route for one run. It is checked with the requests unknown.
func (rt *route) serve(vars *variables, seed uint64, meter *config.Meter) (Route, diag.Diagnostics) {
	d := &decoder{file: &File{language: rt.language}, meter: meter}
	b := rt.block
	r := Route{Method: rt.Method, Path: rt.Path, Site: siteOf(b.Range), Share: 1, Fault: rt.fault}
	if n, ok := d.count(b, "times", 1, vars); ok {
		r.Times = int(n)
	}
	if share, ok := d.share(b, vars); ok {
		r.Share = share
	}
	if rt.latency != nil && !b.Arg("latency").Bad {
		law, found := rt.latency.law(vars, meter)
		r.Latency = law.draws(seed, rt.stream)
		d.diags.Extend(found)
	}
	if rt.socket != nil {
		r.Socket = rt.socket.serve(d, vars, seed)
		return r, d.diags
	}
	if rt.fault == NoFault || rt.fault == Truncate {
		d.diags.Extend(rt.check(vars, meter))
		r.Answer = rt.answer(vars)
	}
	return r, d.diags
}

// Mocks are the mocks that the run talks to, each its own: their routes read
// the run's variables and draw with its seed.
func (r *Run) Mocks() []Mock {
	var all []Mock
	for _, name := range r.mocks() {
		if m := r.file.mocks[name]; m != nil {
			all = append(all, m.serve(r.own, r.Seed))
		}
	}
	return all
}

// mocks are the names of the mocks that the run talks to, sorted.
func (r *Run) mocks() []string {
	var names []string
	for _, name := range r.Targets {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (vars *variables) roots() map[string]cty.Value {
	return map[string]cty.Value{"var": vars.root()}
}
