package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// task compiles one entry of a table. prefix is the path of what holds it.
func (k *classBuilder) task(n *config.Block, s settings, prefix string) plan.Task {
	t := plan.Task{Site: k.c.site(n.Range, n), Weight: k.c.weight(n)}
	defer k.c.via(n)()
	if isRequest(n) {
		t.Name = k.c.requestName(n) + n.Key
		s.task, s.tasks = prefix+t.Name, append(slices.Clone(s.tasks), t.Name, k.c.requestName(n))
		if w, ok := k.wait(n); ok {
			s.wait = w
		}
		t.Wait = s.wait
		t.Steps = k.steps([]*config.Block{n}, s)
		return t
	}
	t.Name = n.Instance()
	s.task, s.tasks = prefix+t.Name, append(slices.Clone(s.tasks), t.Name, n.Name())
	outer := k.names
	k.names = k.defaults(n)
	defer func() { k.names = outer }()
	s = k.inherit(k.c.entering(s, n), n)
	t.Wait = s.wait
	switch {
	case n.Type == "sequence":
		t.Sequence = k.sequence(n, s)
	case n.First("task") != nil || n.First("next") != nil:
		t.Set = k.set(n, s)
	default:
		for _, in := range n.Of("input") {
			k.usedInput(n, in)
		}
		t.Steps = k.steps(n.Blocks, s)
		if len(n.Blocks) == len(n.Of("input")) && !n.Broken {
			k.c.fail(n, diag.EmptyBlock, n.Range, "%s holds no step.", n.Title())
		}
		if a := n.Arg("iterations"); a != nil {
			k.c.fail(n, diag.InvalidValue, a.Range, "iterations counts the picks of a task that holds tasks of its own; %s holds steps. To do steps several times, write repeat { count = … }.", n.Title())
		}
	}
	return t
}

// sequence compiles the tasks of a sequence.
func (k *classBuilder) sequence(n *config.Block, s settings) []plan.Task {
	var all []plan.Task
	names := map[string]*config.Block{}
	for _, inner := range n.Blocks {
		child := k.task(inner, s, s.task+"/")
		k.dead = false // what leaves is not reached again; what follows it was not left
		child.Weight = 0
		if k.twice(names, n, inner, child.Name) {
			continue
		}
		all = append(all, child)
	}
	if len(all) == 0 && !n.Broken {
		k.c.fail(n, diag.EmptyBlock, n.Range, "%s holds no task.", n.Title())
	}
	return all
}

// twice reports a second task of one name.
func (k *classBuilder) twice(names map[string]*config.Block, in, n *config.Block, name string) bool {
	first := names[name]
	if first == nil {
		names[name] = n
		return false
	}
	d := k.c.fail(n, diag.DuplicateName, n.Range, "%s has two tasks called %q.", in.Title(), name).Relate("the first one is here", first.Range)
	if isRequest(n) {
		d.Detail += " A request standing alone is a task of its own; give one of them a name = \"…\", or add their weights."
	}
	return true
}

// set compiles a task that holds tasks.
func (k *classBuilder) set(n *config.Block, s settings) *plan.TaskSet {
	for _, b := range n.Blocks {
		if b.Type != "task" && b.Type != "next" {
			k.c.fail(b, diag.MixedBody, b.Range, "%s holds tasks, so it cannot hold steps beside them. Put the step into a task of its own.", n.Title())
			return nil
		}
	}
	k.assigned(n, func(name string, _ hcl.Range) { k.pend(name) }) // in any order, in an earlier pick
	set := &plan.TaskSet{}
	names := map[string]*config.Block{}
	total := 0.0
	after := k.flow
	for _, inner := range n.Of("task") {
		before := k.flow
		k.flow = before.clone()
		child := k.task(inner, s, s.task+"/")
		after = after.perhaps(k.flow)
		k.flow = before
		if k.twice(names, n, inner, child.Name) {
			continue
		}
		total += child.Weight
		set.Tasks = append(set.Tasks, child)
	}
	k.flow = after
	if total == 0 && len(set.Tasks) > 0 {
		k.c.fail(n, diag.InvalidWeight, n.Range, "Every task of %s has weight 0, so none would ever be picked. Give at least one a weight above 0.", n.Title())
	}
	k.next(n, set)
	if a := n.Arg("iterations"); a != nil {
		set.Iterations, _ = k.value(n, "iterations", cty.Number)
	} else if !k.c.leaves(n) && !n.Broken {
		k.c.fail(n, diag.MissingArgument, n.Range, "A user that enters %s would never come out: give it iterations = … (how many tasks it picks there), or a leave \"task\" in one of them.", n.Title())
	}
	return set
}

// next compiles the Markov rows of a set.
func (k *classBuilder) next(n *config.Block, set *plan.TaskSet) {
	index := func(name string) int {
		return slices.IndexFunc(set.Tasks, func(t plan.Task) bool { return t.Name == name })
	}
	var all []string
	for _, t := range set.Tasks {
		all = append(all, t.Name)
	}
	for _, row := range n.Of("next") {
		from := index(row.Name())
		if from < 0 {
			k.noChild(row, row.Labels[0].Range, n, row.Name(), all)
			continue
		}
		v, a, ok := k.c.known(row, "to", cty.DynamicPseudoType)
		if !ok {
			continue
		}
		if !v.Type().IsObjectType() && !v.Type().IsMapType() {
			k.c.fail(row, diag.WrongType, a.Expr.Range(), "to is an object of shares: { list = 2, detail = 8 }.")
			continue
		}
		weights, total, wrong := make([]float64, len(set.Tasks)), 0.0, len(k.c.diags)
		for it := v.ElementIterator(); it.Next(); {
			key, share := it.Element()
			to := index(key.AsString())
			w, bad := numberOf(share)
			switch {
			case to < 0:
				k.noChild(row, keyRange(a.Expr, key.AsString()), n, key.AsString(), all)
			case bad || w < 0 || w > maxCount:
				k.c.fail(row, diag.InvalidWeight, keyRange(a.Expr, key.AsString()), "The share of %q must be a number, 0 or more.", key.AsString())
			default:
				weights[to] = w
				total += w
			}
		}
		if len(k.c.diags) > wrong {
			continue
		}
		if total == 0 {
			k.c.fail(row, diag.InvalidWeight, a.Expr.Range(), "Nothing would follow %q: give at least one task a share above 0.", row.Name())
			continue
		}
		if set.Next == nil {
			set.Next = make([][]float64, len(set.Tasks))
		}
		if set.Next[from] != nil {
			k.c.fail(row, diag.DuplicateBlock, row.Range, "What follows %q is said twice.", row.Name())
		}
		set.Next[from] = weights
	}
}

// noChild reports the name of a task that a set does not hold.
func (k *classBuilder) noChild(row *config.Block, at hcl.Range, set *config.Block, name string, all []string) {
	d := k.c.fail(row, diag.UnknownReference, at, "%s holds no task called %q.", set.Title(), name).DidYouMean(name, all)
	if i := slices.IndexFunc(all, func(n string) bool { return strings.HasPrefix(n, name+"[") }); i >= 0 {
		d.Suggestion = fmt.Sprintf("Its instances are named one by one: %q.", all[i])
	}
}

// keyRange is where a key stands in an object that is written out.
func keyRange(e hcl.Expression, key string) hcl.Range {
	if object, ok := e.(*hclsyntax.ObjectConsExpr); ok {
		for _, i := range object.Items {
			if v, diags := i.KeyExpr.Value(nil); !diags.HasErrors() && v.Type() == cty.String && v.AsString() == key {
				return i.KeyExpr.Range()
			}
		}
	}
	return e.Range()
}
