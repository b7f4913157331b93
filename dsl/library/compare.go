package library

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"throng/dsl/diag"
)

// Severity is what a change asks of the next version's number.
//
//   - Major: a caller's files that were valid may no longer be, or something
//     they say no longer has its effect.
//   - Minor: they stay valid, and there is more, or what they do may differ.
//   - Patch: only words for people.
type Severity string

// Severities.
const (
	Major Severity = "major"
	Minor Severity = "minor"
	Patch Severity = "patch"
)

var severities = []Severity{Patch, Minor, Major}

// Worst is the severest of changes; Patch without any.
func Worst(changes []Change) Severity {
	worst := Patch
	for _, c := range changes {
		if slices.Index(severities, c.Severity) > slices.Index(severities, worst) {
			worst = c.Severity
		}
	}
	return worst
}

// Change is a difference between two versions of a library that its callers
// should hear of.
type Change struct {
	Severity Severity `json:"severity"`
	Kind     string   `json:"kind"` // input, output, one of Kinds, module, library, or example
	Name     string   `json:"name"`
	Sentence string   `json:"sentence"`
	Site     *Site    `json:"site"` // in the new version; null for what is no longer there
}

// Compare says what changed from an old version of a library to a new one,
// the severest first. Names of libraries do not count: callers give their own.
func Compare(old, now *API) []Change {
	d := &differ{}
	if old.Description != now.Description {
		d.add(Patch, "library", now.Name, nil, "The library is described in other words.")
	}
	d.inputs("input", "", old.Inputs, now.Inputs)
	d.outputs(old.Outputs, now.Outputs)
	for _, kind := range Kinds {
		if kind == "target" {
			continue
		}
		d.exports(kind, ofKind(old.Exports, kind), ofKind(now.Exports, kind))
	}
	d.targets(old.Targets, now.Targets)
	d.modules(old.Modules, now.Modules)
	Sort(d.changes)
	return d.changes
}

// Sort puts the severest changes first and keeps the order of others.
func Sort(changes []Change) {
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Compare(slices.Index(severities, b.Severity), slices.Index(severities, a.Severity))
	})
}

func ofKind(all []Export, kind string) []Export {
	return slices.DeleteFunc(slices.Clone(all), func(e Export) bool { return e.Kind != kind })
}

type differ struct{ changes []Change }

func (d *differ) add(s Severity, kind, name string, at *Site, format string, args ...any) {
	d.changes = append(d.changes, Change{Severity: s, Kind: kind, Name: name, Sentence: fmt.Sprintf(format, args...), Site: at})
}

// sides pairs what has one name in both lists.
func sides[T any](old, now []T, name func(*T) string, both func(o, n *T), gone func(o *T, instead string), fresh func(n *T)) {
	find := func(in []T, want string) *T {
		for i := range in {
			if name(&in[i]) == want {
				return &in[i]
			}
		}
		return nil
	}
	var added, lost []string
	for i := range now {
		if find(old, name(&now[i])) == nil {
			added = append(added, name(&now[i]))
		}
	}
	for i := range old {
		if find(now, name(&old[i])) == nil {
			lost = append(lost, name(&old[i]))
		}
	}
	for i := range old {
		if n := find(now, name(&old[i])); n != nil {
			both(&old[i], n)
		} else {
			gone(&old[i], instead(name(&old[i]), lost, added))
		}
	}
	for i := range now {
		if slices.Contains(added, name(&now[i])) {
			fresh(&now[i])
		}
	}
}

// instead suggests what something was renamed to, where there is little doubt.
func instead(name string, lost, added []string) string {
	to := diag.Suggest(name, added)
	if len(lost) == 1 && len(added) == 1 {
		to = added[0]
	}
	if to == "" {
		return ""
	}
	return fmt.Sprintf(" Perhaps it is called %q now.", to)
}

func (d *differ) outputs(old, now []Output) {
	const kind = "output"
	sides(old, now, func(o *Output) string { return o.Name },
		func(o, n *Output) {
			switch {
			case o.Type == n.Type:
			case n.Type == "any":
				d.add(Minor, kind, n.Name, &n.Site, "The type of the output %q was %s, and is known only with the inputs now.", n.Name, o.Type)
			case o.Type != "any" && !provides(n.kind.ty, o.kind.ty):
				d.add(Major, kind, n.Name, &n.Site, "The output %q was %s and is %s: what reads it as the one may not take the other.", n.Name, o.Type, n.Type)
			default:
				d.add(Minor, kind, n.Name, &n.Site, "The output %q is %s now; it was %s.", n.Name, n.Type, o.Type)
			}
			d.sensitive(kind, fmt.Sprintf("The output %q", n.Name), n.Name, o.Sensitive, n.Sensitive, &n.Site)
			d.words(kind, "output", n.Name, o.Description, n.Description, &n.Site)
		},
		func(o *Output, instead string) {
			d.add(Major, kind, o.Name, nil, "The output %q is gone, or private.%s", o.Name, instead)
		},
		func(n *Output) { d.add(Minor, kind, n.Name, &n.Site, "The output %q is new.", n.Name) })
}

// sensitive tells of a value that became, or is no longer, sensitive.
func (d *differ) sensitive(kind, title, name string, was, is bool, at *Site) {
	switch {
	case is && !was:
		d.add(Major, kind, name, at, "%s is sensitive now: what is made of it may no longer stand where it is shown, such as in a name or a tag.", title)
	case was && !is:
		d.add(Minor, kind, name, at, "%s is no longer sensitive: it may be shown.", title)
	}
}

// words tells of a description that changed.
func (d *differ) words(kind, noun, name, old, now string, at *Site) {
	if old != now {
		d.add(Patch, kind, name, at, "The %s %q is described in other words.", noun, name)
	}
}

func (d *differ) exports(kind string, old, now []Export) {
	sides(old, now, func(e *Export) string { return e.Name },
		func(o, n *Export) { d.export(o, n) },
		func(o *Export, instead string) {
			d.add(Major, kind, o.Name, nil, "The %s %q is gone, or private.%s", noun(kind), o.Name, instead)
		},
		func(n *Export) { d.add(Minor, kind, n.Name, &n.Site, "The %s %q is new.", noun(kind), n.Name) })
}

func (d *differ) export(o, n *Export) {
	kind := n.Kind
	d.words(kind, noun(kind), n.Name, o.Description, n.Description, &n.Site)
	d.inputs(kind, n.Name, o.Inputs, n.Inputs)
	if was, is := strings.Join(o.Match, ", "), strings.Join(n.Match, ", "); was != is {
		d.add(Major, kind, n.Name, &n.Site, "The SLA %q matches %s; it was %s. A caller whose requests it no longer matches gets an error.", n.Name, orAll(is), orAll(was))
	}
	d.columns(o, n)
	d.parameters(o, n)
}

// noun is how a sentence names a kind.
func noun(kind string) string {
	if kind == "sla" {
		return "SLA"
	}
	return kind
}

func orAll(match string) string {
	if match == "" {
		return "all requests together"
	}
	return match
}

func (d *differ) columns(o, n *Export) {
	if n.Columns == nil && o.Columns != nil {
		d.add(Minor, n.Kind, n.Name, &n.Site, "The columns of the data %q are known only later now.", n.Name)
		return
	}
	for _, c := range missing(o.Columns, n.Columns) {
		d.add(Major, n.Kind, n.Name, &n.Site, "The data %q has no column %q any more.", n.Name, c)
	}
	if o.Columns != nil {
		for _, c := range missing(n.Columns, o.Columns) {
			d.add(Minor, n.Kind, n.Name, &n.Site, "The data %q has a new column %q.", n.Name, c)
		}
	}
	for _, c := range n.Columns {
		d.sensitive(n.Kind, fmt.Sprintf("The column %q of the data %q", c, n.Name), n.Name, slices.Contains(o.Sensitive, c), slices.Contains(n.Sensitive, c), &n.Site)
	}
}

// missing are the words of a that b lacks.
func missing(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(w string) bool { return slices.Contains(b, w) })
}

func (d *differ) parameters(o, n *Export) {
	was, is := strings.Join(o.Parameters, ", "), strings.Join(n.Parameters, ", ")
	switch {
	case was == is:
	case len(o.Parameters) != len(n.Parameters):
		d.add(Major, n.Kind, n.Name, &n.Site, "The function %q takes (%s); it took (%s).", n.Name, is, was)
	case len(missing(o.Parameters, n.Parameters)) == 0:
		d.add(Major, n.Kind, n.Name, &n.Site, "The function %q takes its parameters in another order: (%s) instead of (%s).", n.Name, is, was)
	default:
		d.add(Patch, n.Kind, n.Name, &n.Site, "The parameters of the function %q have other names: (%s) instead of (%s).", n.Name, is, was)
	}
}

func (d *differ) targets(old, now []Target) {
	const kind = "target"
	sides(old, now, func(t *Target) string { return t.Name },
		func(o, n *Target) {
			switch {
			case n.Required && !o.Required:
				d.add(Major, kind, n.Name, &n.Site, "The target %q has no address of its own any more: every caller has to give it one.", n.Name)
			case o.Required && !n.Required:
				d.add(Minor, kind, n.Name, &n.Site, "The target %q has an address of its own now.", n.Name)
			}
			d.words(kind, kind, n.Name, o.Description, n.Description, &n.Site)
		},
		func(o *Target, instead string) {
			d.add(Major, kind, o.Name, nil, "The target %q is gone, or private: a module block that gives it an address is an error.%s", o.Name, instead)
		},
		func(n *Target) {
			if n.Required {
				d.add(Major, kind, n.Name, &n.Site, "The target %q is new and has no address of its own: every caller has to give it one.", n.Name)
			} else {
				d.add(Minor, kind, n.Name, &n.Site, "The target %q is new.", n.Name)
			}
		})
}

func (d *differ) modules(old, now []Module) {
	const kind = "module"
	sides(old, now, func(m *Module) string { return m.Name },
		func(o, n *Module) {
			if o.Source != n.Source || o.Version != n.Version {
				d.add(Minor, kind, n.Name, &n.Site, "The library takes %s; it took %s.", taken(n), taken(o))
			}
		},
		func(o *Module, _ string) {
			d.add(Patch, kind, o.Name, nil, "The library no longer needs %s.", taken(o))
		},
		func(n *Module) { d.add(Minor, kind, n.Name, &n.Site, "The library needs %s now.", taken(n)) })
}

// taken says which versions of which library a module block takes.
func taken(m *Module) string {
	if m.Version == "" {
		return m.Source
	}
	return m.Source + " " + m.Version
}
