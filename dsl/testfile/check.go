package testfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// Check evaluates the run's asserts, in order, on what it showed. earlier has
// what the runs it Needs showed, by name.
func (r *Run) Check(s Seen, earlier map[string]Seen) []Verdict {
	v := &view{run: r, seen: s, earlier: earlier, roots: r.own.roots(), bytes: s.size()}
	for _, e := range earlier {
		v.bytes += e.size()
	}
	verdicts := make([]Verdict, 0, len(r.asserts))
	for i := range r.asserts {
		verdicts = append(verdicts, v.judge(&r.asserts[i]))
	}
	return verdicts
}

func (s Seen) size() int { return len(s.Plan) + len(s.Requests) + len(s.Result) }

// view is what the asserts of one run can see. Documents are read when the
// first assert asks for them.
type view struct {
	run     *Run
	seen    Seen
	earlier map[string]Seen
	roots   map[string]cty.Value
	bytes   int
}

// judge evaluates one assert.
func (v *view) judge(a *assert) Verdict {
	verdict := Verdict{Site: siteOf(a.block.Range)}
	roots, found := v.context(a)
	if found == nil {
		if found = v.holds(a, roots); found == nil {
			found = v.vacuous(a, roots)
		}
	}
	if found == nil {
		verdict.Pass = true
		return verdict
	}
	found.In(a.block.Place(*found.Subject))
	verdict.Finding = found
	said, problem := v.message(a, roots)
	if verdict.Message = said; said == "" {
		verdict.Message = short(sourceLine(v.run.file.module.Text(a.condition.at))) + " is not true."
		said = "The condition is false."
	}
	if found.Code == diag.AssertionFailed {
		found.Detail = strings.TrimSpace(said + "\n\n" + found.Detail)
	}
	found.Detail += problem
	return verdict
}

func (v *view) meter() *config.Meter {
	m := config.NewMeter()
	m.Grant(v.bytes * workOfByte)
	return m
}

// holds evaluates a condition, and says why it does not hold.
func (v *view) holds(a *assert, roots map[string]cty.Value) *diag.Diagnostic {
	x := a.condition
	meter := v.meter()
	value, failed := x.syntax.Value(x.context(roots, meter))
	at := x.at
	switch {
	case failed.HasErrors():
		return explained(failed, v)[0]
	case meter.Spent():
		return diag.New(diag.LimitExceeded, at, "%s", config.TooMuch)
	case value.IsNull() || !value.IsKnown() || value.Type() != cty.Bool:
		return diag.New(diag.InvalidCondition, at, "A condition must be true or false; this is %s.", shown(value))
	case value.True():
		return nil
	}
	w := &witness{ctx: x.context(roots, v.meter()), text: v.run.file.module.Text}
	return w.of(x.syntax)
}

// message is what an assert says where it does not hold, "" where it says
// nothing; problem is why its message could not be made.
func (v *view) message(a *assert, roots map[string]cty.Value) (text, problem string) {
	if a.message == nil || roots == nil {
		return "", ""
	}
	value, found := a.message.value(roots, v.meter())
	switch {
	case found.HasErrors():
		return "", "\n\nIts error_message could not be made: " + found[0].Detail
	case value.IsNull() || !value.IsKnown() || value.Type() != cty.String:
		return "", "\n\nIts error_message is no text: it is " + shown(value) + "."
	}
	return value.AsString(), ""
}

// context is the values of the roots that an assert reads.
func (v *view) context(a *assert) (map[string]cty.Value, *diag.Diagnostic) {
	roots := map[string]cty.Value{}
	runs := map[string]map[string]cty.Value{}
	for _, x := range []*expression{a.condition, a.message} {
		if x == nil {
			continue
		}
		for _, t := range x.syntax.Variables() {
			root := t.RootName()
			if root != "run" {
				value, found := v.document(v.run, v.seen, "", root, t.SourceRange())
				if found != nil {
					return nil, found
				}
				roots[root] = value
				continue
			}
			name, doc := runNamed(t), stepName(t[2])
			other, _ := v.run.file.run(name)
			seen, ok := v.earlier[name]
			if !ok {
				return nil, diag.New(diag.NotAvailable, t.SourceRange(), "The run %q came to nothing that could be read.", name)
			}
			value, found := v.document(other, seen, name, doc, t.SourceRange())
			if found != nil {
				return nil, found
			}
			if runs[name] == nil {
				runs[name] = map[string]cty.Value{}
			}
			runs[name][doc] = value
		}
	}
	if len(runs) > 0 {
		all := map[string]cty.Value{}
		for name, docs := range runs {
			all[name] = cty.ObjectVal(docs)
		}
		roots["run"] = cty.ObjectVal(all)
	}
	return roots, nil
}

// document is one document that a run showed, read once. name is the run's,
// "" for the one that is judged.
func (v *view) document(r *Run, s Seen, name, root string, at hcl.Range) (cty.Value, *diag.Diagnostic) {
	key := root
	if name != "" {
		key = "run." + name + "." + root
	}
	if value, ok := v.roots[key]; ok {
		return value, nil
	}
	var value cty.Value
	ok := false
	switch root {
	case "plan":
		value, ok = parseDocument(s.Plan)
	case "result":
		value, ok = parseDocument(s.Result)
	case "requests":
		value, ok = r.requests(s.Requests)
	}
	if !ok || value.IsNull() {
		return cty.NilVal, diag.New(diag.NotAvailable, at, "%s is not known: the run did not come so far.", root)
	}
	v.roots[key] = value
	return value, nil
}

// requests is the root of this name: each route of the run's mocks has a
// list, be it empty.
func (r *Run) requests(text json.RawMessage) (cty.Value, bool) {
	lists := map[string]cty.Value{}
	for _, name := range r.mocks() {
		for _, rt := range r.file.mocks[name].routes {
			for _, key := range rt.keys() {
				lists[key] = cty.EmptyTupleVal
			}
			if rt.socket != nil {
				lists[rt.messages()] = cty.EmptyTupleVal
			}
		}
	}
	sent, ok := readRequests(text)
	if !ok {
		return cty.NilVal, false
	}
	for key, list := range sent {
		values := make([]cty.Value, len(list))
		for i, q := range list {
			values[i] = requestValue(q, true)
		}
		lists[key] = cty.TupleVal(values)
	}
	return cty.ObjectVal(lists), true
}

// readRequests reads Seen.Requests.
func readRequests(text json.RawMessage) (map[string][]Request, bool) {
	var sent map[string][]Request
	if len(text) == 0 || json.Unmarshal(text, &sent) != nil {
		return nil, len(text) == 0
	}
	return sent, true
}

// keys are what the requests of a route are listed under: one that takes any
// method lists each by its own.
func (p pattern) keys() []string {
	if p.Method != "" {
		return []string{p.Method + " " + p.Path}
	}
	keys := make([]string, len(methods))
	for i, m := range methods {
		keys[i] = m + " " + p.Path
	}
	return keys
}

// listed are the keys of requests that a diagnostic names, each with how many
// there were: those of a route without a method only where there were any.
func listed(requests cty.Value, declared []string) []string {
	var names []string
	all := requests.AsValueMap()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		n := all[key].LengthInt()
		if n > 0 || slices.Contains(declared, key) {
			names = append(names, fmt.Sprintf("%q (%d)", key, n))
		}
	}
	return names
}
