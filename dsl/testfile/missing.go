package testfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/diag"
)

// explained turns what HCL's evaluator found into diagnostics. Where a step
// leads to something that is not there, it is said what there is instead. v
// is nil where nothing has been seen yet.
func explained(found hcl.Diagnostics, v *view) diag.Diagnostics {
	var out diag.Diagnostics
	limited := false
	for _, h := range found {
		all := diag.FromHCL(hcl.Diagnostics{h})
		if len(all) == 1 && all[0].Code == diag.LimitExceeded {
			if limited {
				continue // it is one limit, however many places come to it
			}
			limited = true
		}
		if len(all) == 1 && h.Expression != nil && h.EvalContext != nil {
			if s, ok := missingStep(h); ok {
				s.tell(all[0], v)
			}
		}
		out.Extend(all)
	}
	return out.Dedupe()
}

// step is one that leads nowhere: from a value, to a key.
type step struct {
	path string // what has been gone so far, as written
	from cty.Value
	key  cty.Value
}

// missingStep finds the step of an expression that fails.
func missingStep(h *hcl.Diagnostic) (step, bool) {
	switch e := h.Expression.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		v, found := e.Traversal[:1].TraverseAbs(h.EvalContext)
		if found.HasErrors() {
			return step{}, false
		}
		return failing(v, e.Traversal.RootName(), e.Traversal[1:])
	case *hclsyntax.RelativeTraversalExpr:
		v, found := e.Source.Value(h.EvalContext)
		if found.HasErrors() {
			return step{}, false
		}
		return failing(v, "", e.Traversal)
	case *hclsyntax.IndexExpr:
		v, found := e.Collection.Value(h.EvalContext)
		key, more := e.Key.Value(h.EvalContext)
		if found.HasErrors() || more.HasErrors() {
			return step{}, false
		}
		path := ""
		if t, ok := e.Collection.(*hclsyntax.ScopeTraversalExpr); ok {
			path = pathText(t.Traversal)
		}
		return failing(v, path, hcl.Traversal{hcl.TraverseIndex{Key: key}})
	}
	return step{}, false
}

func failing(v cty.Value, path string, steps hcl.Traversal) (step, bool) {
	for _, s := range steps {
		next, found := s.TraversalStep(v)
		if !found.HasErrors() {
			v, path = next, path+stepText(s)
			continue
		}
		out := step{path: path, from: v}
		switch s := s.(type) {
		case hcl.TraverseAttr:
			out.key = cty.StringVal(s.Name)
		case hcl.TraverseIndex:
			out.key = s.Key
		}
		return out, out.key != cty.NilVal && out.key.IsKnown() && !out.key.IsNull()
	}
	return step{}, false
}

// tell says in a diagnostic what there is in place of what was looked for.
func (s step) tell(d *diag.Diagnostic, v *view) {
	from := s.path
	if from == "" {
		from = "The value"
	}
	d.Values = nil
	switch ty := s.from.Type(); {
	case !s.from.IsKnown():
	case s.from.IsNull():
		d.Detail = fmt.Sprintf("%s is null, so there is nothing in it.", from)
		if strings.HasSuffix(s.path, ".json") {
			d.Detail += " The json of a request whose body is not JSON is null."
		}
	case ty.IsObjectType() || ty.IsMapType():
		if s.key.Type() == cty.String {
			s.attribute(d, v, from)
		}
	case ty.IsTupleType() || ty.IsListType():
		n := s.from.LengthInt()
		d.Code, d.Summary = diag.InvalidIndex, diag.Summary(diag.InvalidIndex)
		if s.key.Type() != cty.Number {
			d.Detail = fmt.Sprintf("%s is a list, whose elements are read by number, counted from 0: %s[0].", from, strings.TrimPrefix(from, "The value"))
			return
		}
		d.Detail = fmt.Sprintf("%s has %s, counted from 0.", from, count(n, "element"))
	}
}

// attribute tells of a name that an object does not have.
func (s step) attribute(d *diag.Diagnostic, v *view, from string) {
	name := s.key.AsString()
	names := slices.Sorted(maps.Keys(s.from.AsValueMap()))
	d.Code, d.Summary, d.Suggestion = diag.UnknownAttribute, diag.Summary(diag.UnknownAttribute), ""
	d.DidYouMean(name, names)
	if v != nil && (from == "requests" || strings.HasPrefix(from, "run") && strings.HasSuffix(from, ".requests")) {
		d.Detail = fmt.Sprintf("No request of %q was made, and no mock of the run has such a route.", short(name))
		if all := listed(s.from, v.declared()); len(all) > 0 {
			d.Detail += " There are " + enough(all) + "."
		}
		return
	}
	d.Detail = fmt.Sprintf("%s has no %q.", from, short(name))
	if len(names) == 0 {
		d.Detail += " It is empty."
		return
	}
	d.Detail += " It has " + enough(names) + "."
}

// declared are the requests that the routes of the run's mocks and of those
// it reads are about.
func (v *view) declared() []string {
	var keys []string
	add := func(r *Run) {
		for _, name := range r.mocks() {
			for _, rt := range r.file.mocks[name].routes {
				if rt.Method != "" {
					keys = append(keys, rt.keys()...)
				}
				if rt.socket != nil {
					keys = append(keys, rt.messages())
				}
			}
		}
	}
	add(v.run)
	for _, name := range v.run.needs {
		if other, _ := v.run.file.run(name); other != nil {
			add(other)
		}
	}
	return keys
}

// enough is a list of names as a sentence shows it.
func enough(names []string) string {
	const most = 16
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func pathText(t hcl.Traversal) string {
	text := t.RootName()
	for _, s := range t[1:] {
		text += stepText(s)
	}
	return text
}

func stepText(s hcl.Traverser) string {
	switch s := s.(type) {
	case hcl.TraverseAttr:
		return "." + s.Name
	case hcl.TraverseIndex:
		return "[" + shown(s.Key) + "]"
	}
	return "[*]"
}
