package changes

import (
	"fmt"
	"reflect"
	"slices"

	"throng/dsl/plan"
)

// book is a plan as nodes, by subject.
type book struct {
	w      *walker
	groups map[string]*node
}

// newBook reads a plan. now are names that users and tasks have in the plan
// it is compared with.
func newBook(p *plan.Plan, now map[string]string) *book {
	b := &book{w: &walker{plan: p, mask: p.Mask(), now: now}, groups: map[string]*node{}}
	for _, name := range groups {
		b.groups[name] = &node{}
	}
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			b.part(f.Name, v.Field(i))
		}
	}
	return b
}

func (b *book) group(name string) []*node { return b.groups[name].kids }

// left are the fields of a plan that do not alter what a run tests: what it
// is called, where it comes from, what was drawn, how it is computed, and tables that only other
// parts point into.
var left = []string{
	"Scenario", "Dir", "File", "Tool", "Seed", "Overrides", "Rows", "Series", "Sites", "Fallbacks", "Secrets", "Setup",
	"Unjudged",
}

// subjects are the fields of a plan that hold the parts of a subject.
var subjects = map[string]struct{ group, what string }{
	"Variables": {"variables", "variable"},
	"Targets":   {"targets", "target"},
	"Data":      {"data", "data"},
	"Classes":   {"traffic", "user"},
	"SLAs":      {"slas", "sla"},
}

func (b *book) part(name string, v reflect.Value) {
	subject, known := subjects[name]
	switch {
	case slices.Contains(left, name):
	case known:
		for i := range v.Len() {
			b.groups[subject.group].take(b.node(subject.what, v.Index(i)))
		}
	case name == "Once":
		if once := v.Interface().(*plan.Once); once != nil {
			b.once(once)
		}
	case name == "Profile":
		b.profile(&b.w.plan.Profile)
	default: // what a plan says of itself
		n := b.scenario()
		b.w.value(n, word(name), v)
	}
	if name == "Rows" {
		b.metrics()
	}
}

// scenario is the node of what a plan says of itself.
func (b *book) scenario() *node {
	g := b.groups["scenario"]
	if len(g.kids) == 0 {
		g.take(&node{what: "scenario"})
	}
	return g.kids[0]
}

// node is an element of one of the plan's lists.
func (b *book) node(what string, v reflect.Value) *node {
	n := &node{what: what, name: b.w.label(v), named: true, site: b.w.siteOf(v)}
	w := *b.w
	if class, ok := v.Addr().Interface().(*plan.Class); ok {
		w.class = class
		w.fields(n, v, "")
		w.tasks(n, class.Tasks, fmt.Sprintf("%q", class.Name))
		return n
	}
	w.fields(n, v, "")
	return n
}

// once are the setup and the teardown: a class of a plan of its own.
func (b *book) once(o *plan.Once) {
	w := &walker{plan: o.Plan, mask: b.w.mask, class: o.Class()}
	n := &node{what: "setup and teardown"}
	w.value(n, "initial", reflect.ValueOf(w.class.Initial))
	w.value(n, "setup", reflect.ValueOf(w.class.Start))
	w.value(n, "teardown", reflect.ValueOf(w.class.Stop))
	b.groups["traffic"].take(n)
}

// metrics are the rows that no request stands for.
func (b *book) metrics() {
	for i := range b.w.plan.Rows {
		if r := &b.w.plan.Rows[i]; r.Kind == plan.MetricSeries {
			n := &node{what: "metric", name: r.Name, named: true, site: b.w.siteOf(reflect.ValueOf(r).Elem())}
			n.add(fact{name: "unit", text: r.Unit.String()})
			b.groups["traffic"].take(n)
		}
	}
}

// profile is the load: the profile itself, and each of its schedules.
func (b *book) profile(p *plan.Profile) {
	n := &node{what: "profile", site: b.w.siteOf(reflect.ValueOf(p).Elem())}
	b.w.fields(n, reflect.ValueOf(p).Elem(), "")
	b.groups["load"].take(n)
	for i := range p.Loads {
		v := reflect.ValueOf(&p.Loads[i]).Elem()
		k := &node{what: "load"}
		if len(p.Loads) > 1 {
			k.name = listed(b.w.classes(v.FieldByName("Classes")))
		}
		b.w.fields(k, v, "")
		b.groups["load"].take(k)
	}
}

// tasks adds siblings, with what share each has among them.
func (w *walker) tasks(n *node, tasks []plan.Task, of string) {
	total := 0.0
	for i := range tasks {
		total += tasks[i].Weight
	}
	for i := range tasks {
		n.take(w.task(&tasks[i], total, of))
	}
}

// task is a task as a node. One that is a single request is that request.
func (w *walker) task(t *plan.Task, total float64, of string) *node {
	v := reflect.ValueOf(t).Elem()
	n := &node{what: "task", name: t.Name, named: true, site: w.siteOf(v)}
	if total > 0 {
		weight(n, t.Weight, total, of)
	}
	w.fields(n, v, "")
	if t.Sequence != nil {
		n.what, n.ordered = "sequence", true
		w.tasks(n, t.Sequence, "")
	}
	if t.Set != nil {
		w.tasks(n, t.Set.Tasks, fmt.Sprintf("%q", t.Name))
	}
	if len(n.kids) == 1 && n.kids[0].what == "request" && n.kids[0].name == n.name {
		only := n.kids[0]
		n.what, n.kids, n.ordered = "request", nil, false
		for _, f := range only.facts {
			n.add(f)
		}
	}
	return n
}
