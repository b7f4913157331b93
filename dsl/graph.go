package dsl

import (
	"slices"
	"strconv"

	"throng/dsl/compile"
	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// Graph is who uses what in a scenario: profiles load users, users do tasks,
// tasks send requests, requests go to targets; users read data, SLAs judge
// requests, and blocks use others. Its order is the order of the scenario.
type Graph struct {
	Scenario string
	Nodes    []Node
	Edges    []Edge
}

// Kinds of nodes.
const (
	NodeProfile = "profile"
	NodeOnce    = "once" // setup, teardown
	NodeUser    = "user"
	NodeTask    = "task"
	NodeRequest = "request"
	NodeGroup   = "group"
	NodeMetric  = "metric"
	NodeTarget  = "target"
	NodeData    = "data"
	NodeSLA     = "sla"
	NodeModule  = "module"
)

// Node is something a scenario declares. ID is unique and stable: it is made
// of names alone.
type Node struct {
	ID     string
	Kind   string
	Name   string
	Detail string // a few words beside the name, or ""
}

// Kinds of edges.
const (
	EdgeLoads  = "loads"   // profile → user
	EdgeDoes   = "does"    // user → task, or the request that is one
	EdgeSends  = "sends"   // task → request
	EdgeCounts = "counts"  // task → group or metric
	EdgeGoesTo = "goes-to" // request → target
	EdgeReads  = "reads"   // user → data; any block → module whose output it reads
	EdgeJudges = "judges"  // sla → request, group or metric
	EdgeUses   = "uses"    // block → the one it uses, or the module that one is of
)

// Edge says that From uses To.
type Edge struct {
	From, To string // IDs
	Kind     string
	Label    string // a few words, or ""
}

// In this order kinds are listed; within one the scenario's order stays.
var (
	nodeOrder = []string{NodeProfile, NodeOnce, NodeUser, NodeTask, NodeRequest, NodeGroup, NodeMetric, NodeTarget, NodeData, NodeSLA, NodeModule}
	edgeOrder = []string{EdgeLoads, EdgeUses, EdgeDoes, EdgeSends, EdgeCounts, EdgeGoesTo, EdgeReads, EdgeJudges}
)

func (g *Graph) sort() {
	slices.SortStableFunc(g.Nodes, func(a, b Node) int {
		return slices.Index(nodeOrder, a.Kind) - slices.Index(nodeOrder, b.Kind)
	})
	slices.SortStableFunc(g.Edges, func(a, b Edge) int {
		return slices.Index(edgeOrder, a.Kind) - slices.Index(edgeOrder, b.Kind)
	})
}

// Draw compiles the scenario at path for the profile that o names, or for
// each it declares, and gives its graph; nil when there are errors.
func Draw(path string, o Options) (*Graph, Result) {
	var g *Graph
	r := run(path, o, func(s *resolve.Scope, r *Result) {
		d := &drawing{graph: &Graph{Scenario: s.Tree.Name}, nodes: map[string]bool{}, edges: map[Edge]bool{}}
		for _, choice := range choices(s, o) {
			p, diags := compile.Compile(s, choice)
			r.Diagnostics.Extend(withoutPlanNotes(diags))
			if p != nil {
				d.plan(p, len(s.Names("profile")) > 0)
			}
		}
		d.uses(s)
		d.graph.sort()
		g = d.graph
	})
	if r.Diagnostics.HasErrors() {
		return nil, r
	}
	return g, r
}

// choices are the options to compile with: one for each profile that is asked
// for. A scenario without profiles is drawn under a small load of its own.
func choices(s *resolve.Scope, o Options) []Options {
	if o.Profile != "" {
		return []Options{o}
	}
	var all []Options
	for _, name := range s.Names("profile") {
		one := o
		one.Profile = name
		all = append(all, one)
	}
	if len(all) == 0 {
		users, duration := 1, "1m"
		o.Users, o.Duration = &users, &duration
		all = append(all, o)
	}
	return all
}

// withoutPlanNotes leaves out what only who plans a run needs to hear.
func withoutPlanNotes(diags diag.Diagnostics) diag.Diagnostics {
	return slices.DeleteFunc(diags, func(d *diag.Diagnostic) bool { return d.Code == diag.WaitIgnored })
}

type drawing struct {
	graph *Graph
	nodes map[string]bool
	edges map[Edge]bool
}

func (d *drawing) node(kind, id, name, detail string) string {
	if !d.nodes[id] {
		d.nodes[id] = true
		d.graph.Nodes = append(d.graph.Nodes, Node{id, kind, name, detail})
	}
	return id
}

func (d *drawing) edge(from, to, kind, label string) {
	e := Edge{from, to, kind, label}
	if !d.edges[e] {
		d.edges[e] = true
		d.graph.Edges = append(d.graph.Edges, e)
	}
}

func (d *drawing) plan(p *plan.Plan, profile bool) {
	d.graph.Scenario = p.Scenario
	if profile {
		from := d.node(NodeProfile, "profile."+p.Profile.Name, p.Profile.Name, "")
		for _, l := range p.Profile.Loads {
			for _, class := range l.Classes {
				d.edge(from, "user."+p.Classes[class].Name, EdgeLoads, "")
			}
		}
		for i := range p.Classes {
			if p.Classes[i].FixedCount > 0 {
				d.edge(from, "user."+p.Classes[i].Name, EdgeLoads, "")
			}
		}
	}
	if p.Once != nil {
		d.once(p.Once.Plan)
	}
	for i := range p.Classes {
		d.class(p, i)
	}
	for i := range p.SLAs {
		d.sla(p, &p.SLAs[i])
	}
}

// once draws setup and teardown, whose steps are the start and stop of a plan
// of their own.
func (d *drawing) once(p *plan.Plan) {
	words := map[string]string{"start": "setup", "stop": "teardown"}
	for i := range p.Series {
		name, ok := words[p.Series[i].Task]
		if !ok {
			name = p.Series[i].Task
		}
		d.series(p, d.node(NodeOnce, name, name, ""), i, "")
	}
}

func (d *drawing) class(p *plan.Plan, id int) {
	class := &p.Classes[id]
	detail := "weight " + number(class.Weight)
	if class.FixedCount > 0 {
		detail = strconv.Itoa(class.FixedCount) + " always"
	}
	from := d.node(NodeUser, "user."+class.Name, class.Name, detail)
	byTask := map[string][]int{}
	for i := range p.Series {
		if p.Series[i].Class == id {
			byTask[p.Series[i].Task] = append(byTask[p.Series[i].Task], i)
		}
	}
	edgeSteps := func(name string) {
		if len(byTask[name]) > 0 {
			d.task(p, class, from, &plan.Task{Name: name}, "", "", byTask)
		}
	}
	edgeSteps("start")
	for i := range class.Tasks {
		d.task(p, class, from, &class.Tasks[i], "", weight(&class.Tasks[i]), byTask)
	}
	edgeSteps("stop")
	for _, id := range class.Reads {
		d.edge(from, d.node(NodeData, "data."+p.Data[id].Name, p.Data[id].Name, p.Data[id].File), EdgeReads, "")
	}
}

// task draws a task and those within it; prefix is the path of what holds it.
// A request that is a task of its own stands for it.
func (d *drawing) task(p *plan.Plan, class *plan.Class, from string, t *plan.Task, prefix, label string, byTask map[string][]int) {
	path := prefix + t.Name
	all := byTask[path]
	if len(all) == 1 && len(t.Children()) == 0 && p.Rows[p.Series[all[0]].Row].Label() == t.Name {
		d.series(p, from, all[0], label)
		return
	}
	id := d.node(NodeTask, "task."+class.Name+"/"+path, t.Name, "")
	d.edge(from, id, EdgeDoes, label)
	for _, s := range all {
		d.series(p, id, s, "")
	}
	children := t.Children()
	for i := range children {
		childLabel := ""
		if t.Set != nil {
			childLabel = weight(&children[i])
		}
		d.task(p, class, id, &children[i], path+"/", childLabel, byTask)
	}
}

// series draws what a series is recorded of, and where it goes.
func (d *drawing) series(p *plan.Plan, from string, id int, label string) {
	row := &p.Rows[p.Series[id].Row]
	to := d.row(p, row)
	switch {
	case row.Kind != plan.RequestSeries:
		d.edge(from, to, EdgeCounts, label)
	case label != "":
		d.edge(from, to, EdgeDoes, label)
	default:
		d.edge(from, to, EdgeSends, "")
	}
}

func (d *drawing) row(p *plan.Plan, row *plan.Row) string {
	switch row.Kind {
	case plan.GroupSeries:
		return d.node(NodeGroup, "group."+row.Name, row.Name, "")
	case plan.MetricSeries:
		return d.node(NodeMetric, "metric."+row.Name, row.Name, "")
	}
	if row.Target < 0 || row.Target >= len(p.Targets) {
		return d.node(NodeRequest, "request."+row.Label(), row.Label(), "")
	}
	target := &p.Targets[row.Target]
	id := d.node(NodeRequest, "request."+target.Name+"/"+row.Label(), row.Label(), "")
	d.edge(id, d.node(NodeTarget, "target."+target.Name, target.Name, target.URL()), EdgeGoesTo, "")
	return id
}

func (d *drawing) sla(p *plan.Plan, s *plan.SLA) {
	id := d.node(NodeSLA, "sla."+s.Name, s.Name, "")
	for _, g := range s.Groups {
		for _, series := range g.Series {
			d.edge(id, d.row(p, &p.Rows[p.Series[series].Row]), EdgeJudges, "")
		}
	}
}

// weight is a task's weight in words.
func weight(t *plan.Task) string { return "weight " + number(t.Weight) }

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// uses draws what the source says beside the plan: which block uses which, and
// what is read of modules.
func (d *drawing) uses(s *resolve.Scope) {
	for _, b := range s.Tree.Config.Root.Blocks {
		switch b.Type {
		case "module":
			source := ""
			if child := s.Children[b.Name()]; child != nil {
				source = child.Tree.Config.Dir
			}
			d.node(NodeModule, "module."+b.Name(), b.Name(), source)
		case "user":
			d.block(s, b, d.instances("user", b.Name()), "task."+b.Name()+"/")
		case "task":
			d.block(s, b, []string{d.node(NodeTask, "task."+b.Name(), b.Name(), "shared")}, "task."+b.Name()+"/")
		case "sla", "profile", "target", "data":
			if id := b.Type + "." + b.Name(); d.nodes[id] {
				d.block(s, b, []string{id}, "")
			}
		}
	}
}

// instances are the nodes of a declared block: its own, or those that its
// for_each makes; a node that says so where no plan has one.
func (d *drawing) instances(kind, name string) []string {
	if id := kind + "." + name; d.nodes[id] {
		return []string{id}
	}
	var all []string
	for _, n := range d.graph.Nodes {
		if n.Kind == kind && len(n.Name) > len(name) && n.Name[:len(name)+1] == name+"[" {
			all = append(all, n.ID)
		}
	}
	if len(all) == 0 {
		all = []string{d.node(kind, kind+"."+name, name, "abstract")}
	}
	return all
}

// block draws the uses in a block, which owners stand for; path is that of
// the tasks in it.
func (d *drawing) block(s *resolve.Scope, b *config.Block, owners []string, path string) {
	for _, a := range b.Args {
		if a.Name == "use" && !a.Bad {
			d.used(s, owners, a, b.Type)
			continue
		}
		for _, t := range a.Expr.Variables() {
			if parts := resolve.Path(t); len(parts) > 2 && parts[0] == "module" && s.Children[parts[1]] != nil {
				d.toModule(owners, parts[1], EdgeReads, handedOut(s.Children[parts[1]], parts[2:]))
			}
		}
	}
	for _, inner := range b.Blocks {
		inside, below := owners, path
		if id := path + inner.Name(); d.nodes[id] {
			inside, below = []string{id}, id+"/"
		}
		if task := s.Named("task", inner.Name()); inner.Type == "call" && inner.Arg("use") == nil && task != nil {
			for _, from := range inside {
				d.edge(from, d.node(NodeTask, "task."+task.Name(), task.Name(), "shared"), EdgeUses, "call")
			}
		}
		d.block(s, inner, inside, below)
	}
}

// used draws the edge of one `use`.
func (d *drawing) used(s *resolve.Scope, owners []string, a *config.Arg, kind string) {
	kind = resolve.UseKind(kind)
	ref, diags := s.Refer(a, kind)
	if diags.HasErrors() || ref.Block == nil {
		return // reported by resolve
	}
	if ref.Scope != s {
		if parts := modulePath(a); parts != "" {
			d.toModule(owners, parts, EdgeUses, kind+"."+ref.Block.Name())
		}
		return
	}
	to := kind + "." + ref.Block.Name()
	switch kind {
	case "request":
		return // a template is nothing that happens
	case "user":
		to = d.instances(kind, ref.Block.Name())[0]
	case "task":
		d.node(NodeTask, to, ref.Block.Name(), "shared")
	default:
		d.node(kind, to, ref.Block.Name(), "")
	}
	for _, from := range owners {
		if from != to {
			d.edge(from, to, EdgeUses, "")
		}
	}
}

// handedOut is what is read of a module: an output, or rows.
func handedOut(child *resolve.Scope, path []string) string {
	if child.Each() && len(path) > 1 {
		path = path[1:]
	}
	if path[0] == "data" && len(path) > 1 {
		return "data " + path[1]
	}
	return "output " + path[0]
}

// modulePath is the module that a reference goes through, "" for none.
func modulePath(a *config.Arg) string {
	for _, t := range a.Expr.Variables() {
		if parts := resolve.Path(t); len(parts) > 1 && parts[0] == "module" {
			return parts[1]
		}
	}
	return ""
}

func (d *drawing) toModule(owners []string, name, kind, label string) {
	for _, from := range owners {
		d.edge(from, d.node(NodeModule, "module."+name, name, ""), kind, label)
	}
}
