// Package changes says what differs between two plans, in the words of
// somebody who reviews a load test: traffic, load and promises, not fields.
//
// It knows no list of fields. Every part of a plan is turned into named
// texts by reflection (facts.go), and what is left out, or needs a name
// instead of an index, stands in one table (rules.go). A new argument of the
// language is therefore compared from the day it is in the plan; at worst it
// is shown under its field's name.
package changes

import (
	"cmp"
	"slices"

	"throng/dsl/plan"
)

// FormatVersion is the version of the JSON form. The first number changes
// when a reader of the old form would misread the new one.
const FormatVersion = "1.0"

// Kinds of changes.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
	Renamed = "renamed" // under another name the same
	Moved   = "moved"   // elsewhere the same
)

// Effects of a change on what is promised.
const (
	Tightened = "tightened"
	Loosened  = "loosened"
)

// Changes is what differs between an old and a new plan. It is also the JSON
// form.
type Changes struct {
	FormatVersion string  `json:"format_version"`
	Old           Side    `json:"old"`
	New           Side    `json:"new"`
	Groups        []Group `json:"groups"` // those with changes, in a fixed order
}

// Side is one of the two plans.
type Side struct {
	Scenario string `json:"scenario"`
	Profile  string `json:"profile"`
	Dir      string `json:"dir"`
	File     string `json:"plan_file"` // "" for a scenario's directory
}

// Group is one subject.
type Group struct {
	Name    string   `json:"name"` // scenario, targets, variables, data, traffic, load or slas
	Changes []Change `json:"changes"`
}

// Change is one thing that was added, removed, changed, renamed or moved.
type Change struct {
	Kind     string   `json:"kind"`
	What     string   `json:"what"`     // user, task, request, …
	Name     string   `json:"name"`     // its name in the new plan, or in the old one where it was removed
	In       string   `json:"in"`       // what it stands in: user "buyer", task "order"
	Was      string   `json:"was"`      // renamed: the old name; moved: what it stood in
	Requests []string `json:"requests"` // where one change concerns many steps: each of them
	Details  []Detail `json:"details"`
	Site     *Site    `json:"site"`
}

// Detail is one property.
type Detail struct {
	Name   string  `json:"name"`
	Old    *string `json:"old"`    // null: it was not there
	New    *string `json:"new"`    // null: it is not there any more
	Effect string  `json:"effect"` // "", tightened or loosened
}

// Site is a place in the source: of the new plan, except for what was
// removed.
type Site struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Empty reports whether there are no changes.
func (c *Changes) Empty() bool { return len(c.Groups) == 0 }

// Count is the number of changes.
func (c *Changes) Count() int {
	n := 0
	for i := range c.Groups {
		n += len(c.Groups[i].Changes)
	}
	return n
}

// Between says what changed from an old plan to a new one. It is pure. The
// seed, the origins of variables and the order of weighted tasks are no
// changes: they do not alter what the run tests.
func Between(old, now *plan.Plan) *Changes {
	c := &Changes{FormatVersion: FormatVersion, Old: side(old), New: side(now), Groups: []Group{}}
	was, is := newBook(old, nil), newBook(now, nil)
	if names := renames(was, is); len(names) > 0 {
		was = newBook(old, names)
	}
	share(was, is)
	for _, name := range groups {
		d := &differ{}
		d.nodes("", was.group(name), is.group(name))
		list := gather(moves(d.changes))
		if name == "slas" {
			list = append(list, coverage(was, is)...)
		}
		if len(list) > 0 {
			c.Groups = append(c.Groups, Group{Name: name, Changes: list})
		}
	}
	return c
}

// renames are the users and tasks that are called otherwise now, so that what
// names them is not taken for another change.
func renames(was, is *book) map[string]string {
	d := &differ{}
	d.nodes("", was.group("traffic"), is.group("traffic"))
	names := map[string]string{}
	for _, c := range d.changes {
		if c.Kind == Renamed && c.What != "request" {
			names[c.In+"/"+c.Was] = c.Name
		}
	}
	return names
}

// groups are the subjects in the order a reviewer reads them.
var groups = []string{"scenario", "targets", "variables", "data", "traffic", "load", "slas"}

func side(p *plan.Plan) Side {
	return Side{Scenario: p.Scenario, Profile: p.Profile.Name, Dir: p.Dir, File: p.File}
}

// differ compares trees of nodes.
type differ struct{ changes []found }

// found is a change, and the node it is about.
type found struct {
	Change
	node *node
}

// nodes compares two lists of siblings.
func (d *differ) nodes(in string, old, now []*node) {
	was := index(old)
	var gone, fresh []*node
	pairs := map[*node]*node{} // new to old
	for _, n := range now {
		if o := was[n.key]; o != nil {
			pairs[n] = o
			delete(was, n.key)
		} else {
			fresh = append(fresh, n)
		}
	}
	for _, o := range old {
		if was[o.key] == o {
			gone = append(gone, o)
		}
	}
	gone = d.renamed(in, gone, fresh, pairs)
	for _, n := range now {
		if o := pairs[n]; o != nil {
			d.pair(in, o, n)
		} else {
			d.add(Added, in, n, nil)
		}
	}
	for _, o := range gone {
		d.add(Removed, in, o, nil)
	}
}

// renamed pairs what went with what came where the two are the same but for
// the name, and there is no doubt which. It returns what has gone for good.
func (d *differ) renamed(in string, gone, fresh []*node, pairs map[*node]*node) []*node {
	return slices.DeleteFunc(gone, func(o *node) bool {
		same := func(n *node) bool { return n.what == o.what && n.named && o.named && n.body() == o.body() }
		var match []*node
		for _, n := range fresh {
			if pairs[n] == nil && same(n) {
				match = append(match, n)
			}
		}
		alike := 0
		for _, g := range gone {
			if g.what == o.what && g.body() == o.body() {
				alike++
			}
		}
		if len(match) != 1 || alike != 1 {
			return false
		}
		pairs[match[0]] = o
		d.changes = append(d.changes, found{Change{Kind: Renamed, What: o.what, Name: match[0].name, Was: o.name, In: in, Site: match[0].site}, match[0]})
		return true
	})
}

// pair compares two nodes that are the same thing.
func (d *differ) pair(in string, o, n *node) {
	details := slices.DeleteFunc(differences(o, n), func(f Detail) bool {
		return f.Name == "method" && o.name != n.name // said by its name
	})
	if len(details) > 0 {
		d.add(Changed, in, n, details)
	}
	d.nodes(n.within(in), o.kids, n.kids)
}

func (d *differ) add(kind, in string, n *node, details []Detail) {
	if details == nil && kind == Added {
		details = n.summary()
	}
	d.changes = append(d.changes, found{Change{Kind: kind, What: n.what, Name: n.name, In: in, Details: details, Site: n.site}, n})
}

// differences are the properties that two nodes do not share.
func differences(o, n *node) []Detail {
	var list []Detail
	for _, f := range n.facts {
		switch was, ok := o.fact(f.name); {
		case !ok:
			list = append(list, detail(f.name, nil, &f))
		case was.text != f.text:
			list = append(list, detail(f.name, &was, &f))
		}
	}
	for _, f := range o.facts {
		if _, ok := n.fact(f.name); !ok {
			list = append(list, detail(f.name, &f, nil))
		}
	}
	if o.ordered && n.ordered {
		if was, is := order(o, n); was != is {
			list = append(list, Detail{Name: "order", Old: &was, New: &is})
		}
	}
	return append(list, scope(o, n)...)
}

func detail(name string, old, now *fact) Detail {
	d := Detail{Name: name}
	stricter := 0
	switch {
	case old == nil:
		text := now.shown(false)
		d.New = &text
		stricter = 1
	case now == nil:
		text := old.shown(false)
		d.Old = &text
		stricter = -1
	default:
		plain := old.show == now.show // what is shown does not tell them apart
		was, is := old.shown(plain), now.shown(plain)
		d.Old, d.New = &was, &is
		stricter = cmp.Compare(now.strict, old.strict)
	}
	if limit := cmp.Or(old, now).limit; limit && stricter > 0 {
		d.Effect = Tightened
	} else if limit && stricter < 0 {
		d.Effect = Loosened
	}
	return d
}

// order is the order of the steps that two nodes share, in each of them.
func order(o, n *node) (was, is string) {
	shared := func(a, b *node) (names []string) {
		other := index(b.kids)
		for _, k := range a.kids {
			if other[k.key] != nil {
				names = append(names, k.name)
			}
		}
		return names
	}
	return listed(shared(o, n)), listed(shared(n, o))
}

func index(list []*node) map[string]*node {
	m := make(map[string]*node, len(list))
	for _, n := range list {
		m[n.key] = n
	}
	return m
}
