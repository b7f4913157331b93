package compile

import (
	"maps"

	"throng/dsl/plan"
)

// names are what input and the labels of loops mean at a place: the inputs of
// the task that is called there, and the loops around it within that task. A
// nil one knows none.
type names struct {
	inputs map[string]plan.Expr
	loops  map[string]map[string]plan.Expr
}

func (n *names) input(name string) plan.Expr {
	if n == nil || n.inputs[name] == nil {
		return nil
	}
	return n.inputs[name]
}

func (n *names) element(label, name string) plan.Expr {
	if n == nil || n.loops[label] == nil {
		return nil
	}
	return n.loops[label][name]
}

// within are the names inside a loop.
func (n *names) within(label string, element map[string]plan.Expr) *names {
	out := &names{loops: map[string]map[string]plan.Expr{}}
	if n != nil {
		out.inputs = n.inputs
		maps.Copy(out.loops, n.loops)
	}
	out.loops[label] = element
	return out
}
