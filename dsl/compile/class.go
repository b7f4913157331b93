package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// classBuilder compiles one class of users and follows which session values
// are certain, and which can exist, at each step: the definite-assignment
// pass of the language.
type classBuilder struct {
	c     *compiler
	id    int
	block *config.Block
	slots []string
	taken map[string]int // slots, by the names of session values

	captured map[string]hcl.Range // every session value some step captures, and where first
	first    map[string]bool      // values with a first value
	types    map[string]string    // their kinds, where known
	secret   map[string]bool      // values that may be sensitive
	unread   bool                 // what has a value is not known: session or a capture is wrong
	byTask   map[string][]string  // captured value → tasks that capture it

	elsewhere func(part string) nameSet // values that parts other than this one and stop capture

	flow                    // what is known at the current step
	left    []flow          // what was known where start is left
	told    bool            // that a list of steps goes on after it was left
	where   string          // the part of the class being compiled: "start", "stop" or a task
	submits bool            // a step fills in a form
	renew   bool            // lifetime = "iteration": nothing is left of the tasks before
	names   *names          // what input and the labels of loops mean at the current step
	local   map[string]int  // slots of inputs and of loops, by their blocks' places
	calls   []*config.Block // tasks under way, outermost first

	sockets sockets
	streams bool // the request being compiled reads its answer as a stream

	auths      map[authKey]authentication      // made so far
	headerSent map[*config.Arg]map[string]bool // headers that read the session, and whether any request sends them
	headerAt   map[string]headerPlace
}

type headerPlace struct {
	block *config.Block
	at    hcl.Range
	name  string
	reads []string
}

func newClassBuilder(c *compiler, id int, b *config.Block) *classBuilder {
	return &classBuilder{
		c: c, id: id, block: b,
		captured: map[string]hcl.Range{}, first: map[string]bool{}, types: map[string]string{}, secret: map[string]bool{}, byTask: map[string][]string{},
		taken: map[string]int{},
		flow:  newFlow(), local: map[string]int{},
		headerSent: map[*config.Arg]map[string]bool{}, headerAt: map[string]headerPlace{},
	}
}

// slot is the number of a session value.
func (k *classBuilder) slot(name string) int {
	i, ok := k.taken[name]
	if !ok {
		i = len(k.slots)
		k.slots = append(k.slots, name)
		k.taken[name] = i
		k.nameSlot(i, name)
	}
	return i
}

// initial compiles session = { … }, the first values.
func (k *classBuilder) initial(b *config.Block) []plan.SlotInit {
	a := b.Arg("session")
	if a == nil {
		return nil
	}
	var all []plan.SlotInit
	for _, lv := range levels(a, b) {
		e, ok := k.c.syntax(lv.arg, b)
		if !ok {
			k.unread = true
			continue
		}
		object, ok := e.(*hclsyntax.ObjectConsExpr)
		if !ok {
			k.c.fail(b, diag.WrongType, e.Range(), "session must be written out: { NAME = value, … }.")
			k.unread = true
			continue
		}
		l := k.c.lowering(lv.arg, b, nil)
		v, ok := l.check(lv.arg, cty.DynamicPseudoType)
		if !ok {
			continue
		}
		items, _ := l.unsorted(object)
		for _, i := range items {
			k.first[i.name] = true
			k.assign(i.name)
			if bare, _ := v.UnmarkDeep(); bare.Type().IsObjectType() && bare.Type().HasAttribute(i.name) {
				k.types[i.name] = kindOf(bare.Type().AttributeType(i.name))
			}
			each := k.c.lowering(lv.arg, b, nil)
			init := plan.SlotInit{Slot: k.slot(i.name), Value: each.lower(i.expr)}
			k.secret[i.name] = k.secret[i.name] || each.secret
			all = slices.DeleteFunc(all, func(s plan.SlotInit) bool { return s.Slot == init.Slot })
			all = append(all, init)
		}
	}
	return all
}

// survey notes every value that the class captures or sets, and where.
func (k *classBuilder) survey(b *config.Block) {
	for _, n := range b.Blocks {
		part := partName(n)
		k.assigned(n, func(name string, at hcl.Range) {
			if _, seen := k.captured[name]; !seen {
				k.captured[name] = at
			}
			if parts := k.byTask[name]; len(parts) == 0 || parts[len(parts)-1] != part {
				k.byTask[name] = append(parts, part)
			}
		})
	}
	all, own := k.pending.clone(), map[string]nameSet{}
	for name, parts := range k.byTask {
		parts = slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "stop" })
		if len(parts) > 0 {
			all.add(name)
		}
		if len(parts) == 1 {
			only := own[parts[0]]
			only.numbers = all.numbers
			only.add(name)
			own[parts[0]] = only
		}
	}
	k.elsewhere = func(part string) nameSet {
		others := all.clone()
		others.drop(own[part])
		return others
	}
}

func isObject(e hcl.Expression) bool {
	_, ok := e.(*hclsyntax.ObjectConsExpr)
	return ok
}

// partName names a direct part of a user: start, stop, or a task's key.
func partName(n *config.Block) string {
	if n.Type == "start" || n.Type == "stop" {
		return n.Type
	}
	return fmt.Sprintf("%s at %d", n.Title(), n.Range.Start.Byte)
}

// enter begins a part of the class: what can exist there at its first step.
func (k *classBuilder) enter(part string) (leave func()) {
	before := k.flow
	k.flow, k.where, k.left = before.clone(), part, nil
	if part == "stop" || part != "start" && !k.renew {
		k.pending.merge(k.elsewhere(part))
	}
	return func() {
		if part == "start" {
			for _, f := range k.left { // who leaves start goes on to the tasks
				k.flow = k.flow.join(f)
			}
			k.dead = false
			return // what start captures stays for the tasks
		}
		k.flow = before
	}
}

// read checks that session.name can hold a value here.
func (k *classBuilder) read(l *lowering, name string, r hcl.Range) {
	if k.pending.has(name) || k.unread {
		return
	}
	if _, captured := k.captured[name]; captured && l.asking {
		return // try and can ask whether it is there
	}
	at, captured := k.captured[name]
	if !captured {
		d := l.c.fail(l.block, diag.NotCaptured, r, "session.%s is never captured: no step of %s has capture = { %s = … }.", name, k.block.Title(), name)
		d.DidYouMean(name, slices.Sorted(maps.Keys(k.captured)))
		k.pend(name) // once is enough
		return
	}
	d := l.c.fail(l.block, diag.NotCaptured, r, "session.%s has no value here when a user first comes by: it is captured only later, so the task would end there.", name)
	d.Relate("captured here", at)
	d.Suggestion = "Move the capturing step before this one, give a first value with session = { " + name + " = … } in the user, or ask with try(session." + name + ", null)."
	k.pend(name)
}

func (k *classBuilder) startSteps(b *config.Block, s settings) []plan.Step {
	n := b.First("start")
	leave := k.enter("start")
	defer leave()
	if n == nil {
		return nil
	}
	s.task, s.onFailure = "start", plan.FailureUser
	return k.within(n.Blocks, k.inherit(s, n))
}

func (k *classBuilder) stopSteps(b *config.Block, s settings) []plan.Step {
	n := b.First("stop")
	if n == nil {
		return nil
	}
	leave := k.enter("stop")
	defer leave()
	s.task = "stop"
	return k.steps(n.Blocks, k.inherit(s, n))
}

// tasks compiles the traffic table: stand-alone requests, tasks, sequences.
func (k *classBuilder) tasks(b *config.Block, s settings) []plan.Task {
	var all []plan.Task
	names := map[string]*config.Block{}
	total := 0.0
	for _, n := range b.Blocks {
		if n.Type == "start" || n.Type == "stop" || n.Type == "auth" {
			continue
		}
		leave := k.enter(partName(n))
		t := k.task(n, s, "")
		leave()
		if k.twice(names, b, n, t.Name) {
			continue
		}
		total += t.Weight
		all = append(all, t)
	}
	if len(all) > 0 && total == 0 {
		k.c.fail(b, diag.InvalidWeight, b.Range, "Every task of %s has weight 0, so it would never do anything. Give at least one a weight above 0.", b.Title())
	}
	return all
}

// headersNeverSent warns of a header that waits for a session value which is
// certain nowhere.
func (k *classBuilder) headersNeverSent() {
	for a, names := range k.headerSent {
		for name, sent := range names {
			if sent {
				continue
			}
			place := k.headerAt[fmt.Sprint(a.Range, name)]
			what := "The header " + name
			if place.block.Type == "auth" {
				what = place.block.Title()
			}
			k.c.warn(place.block, diag.NotCaptured, place.at,
				"%s is never sent: session.%s is certain at no request of %s. Capture it in start, where a failure ends the user.", what, strings.Join(place.reads, ", session."), k.block.Title())
		}
	}
}

type seriesKey struct {
	kind   plan.SeriesKind
	class  int
	task   string
	target int
	method string
	name   string
	tags   string // one request with other tags, or in other groups, is matched apart
	groups string
}

type rowKey struct {
	kind   plan.SeriesKind
	target int
	method string
	name   string
}

// series is the number of the series that a request or group records into.
func (k *classBuilder) series(key seriesKey, s settings, b *config.Block) int {
	key.class, key.task = k.id, s.task
	key.tags, key.groups = strings.Join(s.tags, "\x00"), strings.Join(s.groups, "\x00")
	if id, ok := k.c.series[key]; ok {
		return id
	}
	rk := rowKey{key.kind, key.target, key.method, key.name}
	row, ok := k.c.rows[rk]
	if !ok {
		row = len(k.c.plan.Rows)
		k.c.rows[rk] = row
		r := plan.Row{Kind: key.kind, Target: key.target, Method: key.method, Name: key.name, Site: k.c.site(b.Range, b)}
		if key.kind == plan.RequestSeries {
			r.Pattern = b.Name()
		}
		k.c.plan.Rows = append(k.c.plan.Rows, r)
	}
	id := len(k.c.plan.Series)
	k.c.series[key] = id
	k.c.plan.Series = append(k.c.plan.Series, plan.Series{
		Kind: key.kind, Row: row, Class: k.id, Task: s.task, Groups: s.groups, Tags: s.tags, Site: k.c.site(b.Range, b),
	})
	k.c.tasks = append(k.c.tasks, slices.Compact(append(slices.Clone(s.tasks), s.task)))
	return id
}

// union is the sorted union of two lists of words.
func union(a, b []string) []string {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

func (c *compiler) mergeTags(have []string, b *config.Block) []string {
	a := b.Arg("tags")
	if a == nil {
		return have
	}
	for _, lv := range levels(a, b) {
		own := *b
		own.Args = []*config.Arg{lv.arg}
		if tags, ok := c.stringList(&own, "tags"); ok {
			for _, t := range tags {
				if strings.TrimSpace(t) != t || t == "" {
					c.fail(b, diag.InvalidName, lv.arg.Expr.Range(), "A tag must not be empty or begin or end with a space.")
				}
			}
			have = union(have, tags)
		}
	}
	return have
}
