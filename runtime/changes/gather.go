package changes

import (
	"fmt"
	"slices"
	"strings"

	"throng/dsl/plan"
)

// moves recognises what was removed in one place and added, the same, in
// another, where there is no doubt which.
func moves(list []found) []found {
	alike := func(a, b *found) bool {
		return a.What == b.What && a.Name == b.Name && a.In != b.In && a.node.body() == b.node.body()
	}
	count := func(kind string, like *found) (n, at int) {
		for i := range list {
			if list[i].Kind == kind && list[i].node != like.node && alike(&list[i], like) {
				n, at = n+1, i
			}
		}
		return n, at
	}
	gone := map[int]bool{}
	for i := range list {
		c := &list[i]
		if c.Kind != Added || len(c.node.facts) == 0 {
			continue
		}
		if n, at := count(Removed, c); n == 1 {
			if back, _ := count(Added, &list[at]); back == 1 {
				c.Kind, c.Was, c.Details = Moved, list[at].In, nil
				gone[at] = true
			}
		}
	}
	var kept []found
	for i := range list {
		if !gone[i] {
			kept = append(kept, list[i])
		}
	}
	return kept
}

// many is how many parts one and the same change is told of by name.
const many = 3

// gather tells a change once that concerns many parts alike, such as a header
// that all requests of a user inherit.
func gather(list []found) []Change {
	type key struct{ what, name, old, now string }
	keyOf := func(c *found, d *Detail) key {
		k := key{what: c.What, name: d.Name, old: "-", now: "-"}
		if d.Old != nil {
			k.old = "=" + *d.Old
		}
		if d.New != nil {
			k.now = "=" + *d.New
		}
		return k
	}
	where := map[key][]int{}
	for i := range list {
		if list[i].Kind != Changed {
			continue
		}
		for d := range list[i].Details {
			k := keyOf(&list[i], &list[i].Details[d])
			where[k] = append(where[k], i)
		}
	}
	changes := []Change{}
	told := map[key]bool{}
	for i := range list {
		c := list[i]
		var own []Detail
		for _, d := range c.Details {
			k := keyOf(&c, &d)
			if c.Kind != Changed || len(where[k]) < many || c.What == "sla" {
				own = append(own, d)
				continue
			}
			if !told[k] {
				told[k] = true
				changes = append(changes, together(list, where[k], d))
			}
		}
		if c.Kind != Changed || len(own) > 0 {
			c.Change.Details = own
			changes = append(changes, finished(c.Change))
		}
	}
	return changes
}

// together is one detail of many parts.
func together(list []found, at []int, d Detail) Change {
	c := Change{Kind: Changed, What: list[at[0]].What, Name: fmt.Sprintf("%d of them", len(at)), In: list[at[0]].In, Details: []Detail{d}, Site: list[at[0]].Site}
	for _, i := range at {
		c.In = common(c.In, list[i].In)
		c.Requests = append(c.Requests, list[i].node.within(list[i].In))
	}
	return finished(c)
}

// common is the place that holds both.
func common(a, b string) string {
	x, y := strings.Split(a, ", "), strings.Split(b, ", ")
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return strings.Join(x[:n], ", ")
}

// finished has lists where JSON would have null.
func finished(c Change) Change {
	if c.Requests == nil {
		c.Requests = []string{}
	}
	if c.Details == nil {
		c.Details = []Detail{}
	}
	return c
}

// seriesName says which request of which task of which user a series is.
func (w *walker) seriesName(id int) string {
	s := &w.plan.Series[id]
	name := w.plan.Rows[s.Row].Label()
	class := w.className(s.Class)
	where := class
	if s.Task != "" && s.Task != name {
		task := s.Task
		if renamed, ok := w.now[fmt.Sprintf("user %q/%s", class, task)]; ok {
			task = renamed
		}
		where += ", " + task
	}
	return fmt.Sprintf("%s (%s)", name, where)
}

func (w *walker) className(id int) string {
	name := w.plan.Classes[id].Name
	if renamed, ok := w.now["/"+name]; ok {
		return renamed
	}
	return name
}

// sent are the requests of a plan.
func (w *walker) sent() []string {
	var names []string
	for i := range w.plan.Series {
		if w.plan.Series[i].Kind == plan.RequestSeries {
			names = append(names, w.seriesName(i))
		}
	}
	return names
}

// share leaves of what SLAs cover only what both plans send: what a new
// request is covered by is no change of an SLA.
func share(old, now *book) {
	was, is := old.w.sent(), now.w.sent()
	for _, b := range []*book{old, now} {
		for _, n := range b.group("slas") {
			n.covers = slices.DeleteFunc(slices.Clone(n.covers), func(s string) bool {
				return !slices.Contains(was, s) || !slices.Contains(is, s)
			})
		}
	}
}

// scope compares what two forms of an SLA cover.
func scope(o, n *node) []Detail {
	var list []Detail
	minus := func(a, b []string) string {
		return listed(slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) }))
	}
	if lost := minus(o.covers, n.covers); lost != "" {
		list = append(list, Detail{Name: "covers", Old: &lost, Effect: Loosened})
	}
	if won := minus(n.covers, o.covers); won != "" {
		list = append(list, Detail{Name: "covers", New: &won, Effect: Tightened})
	}
	return list
}

// coverage tells which requests no SLA covers any more, and which new ones
// no SLA covers.
func coverage(old, now *book) []Change {
	var list []Change
	had, has := old.w.sent(), now.w.sent()
	before, after := old.w.covered(), now.w.covered()
	none := "no sla"
	for i, name := range has {
		if slices.Contains(after, name) {
			continue
		}
		c := Change{Kind: Changed, What: "request", Name: name, Details: []Detail{{Name: "covered by", New: &none, Effect: Loosened}}}
		switch {
		case slices.Index(has, name) != i:
			continue
		case !slices.Contains(had, name):
			c.Details[0].Effect = ""
		case !slices.Contains(before, name):
			continue
		default:
			some := listed(old.w.coveredBy(name))
			c.Details[0].Old = &some
		}
		list = append(list, finished(c))
	}
	return list
}

// covered are the requests that an SLA covers.
func (w *walker) covered() []string {
	var names []string
	for i := range w.plan.SLAs {
		for _, g := range w.plan.SLAs[i].Groups {
			for _, s := range g.Series {
				names = append(names, w.seriesName(s))
			}
		}
	}
	return names
}

// coveredBy are the SLAs that cover a request.
func (w *walker) coveredBy(request string) []string {
	var names []string
	for i := range w.plan.SLAs {
		for _, g := range w.plan.SLAs[i].Groups {
			if slices.ContainsFunc(g.Series, func(s int) bool { return w.seriesName(s) == request }) {
				names = append(names, w.plan.SLAs[i].Name)
				break
			}
		}
	}
	return names
}
