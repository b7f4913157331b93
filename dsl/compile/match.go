package compile

import (
	"maps"
	"slices"
	"strings"

	"throng/dsl/plan"
)

// offered are the names that series of one kind offer to one key of a match
// block.
type offered struct {
	names []string         // sorted
	ids   map[string][]int // series, by name
}

type offeredKey struct {
	kind plan.SeriesKind
	key  string
}

// offer is what series of a kind offer to a selector. It is found out once:
// an SLA does not look at every request.
func (c *compiler) offer(kind plan.SeriesKind, sel selector) *offered {
	key := offeredKey{kind, sel.key}
	if known := c.offers[key]; known != nil {
		return known
	}
	o := &offered{ids: map[string][]int{}}
	for id := range c.plan.Series {
		if c.plan.Series[id].Kind != kind {
			continue
		}
		for _, name := range sel.of(c, id) {
			ids := o.ids[name]
			if ids == nil {
				o.names = append(o.names, name)
			}
			if len(ids) == 0 || ids[len(ids)-1] != id {
				o.ids[name] = append(ids, id)
			}
		}
	}
	slices.Sort(o.names)
	c.offers[key] = o
	return o
}

// hits marks the series that a pattern selects, and says whether it selects
// any.
func (o *offered) hits(pattern string, marked map[int]bool) bool {
	mark := func(ids []int) {
		for _, id := range ids {
			marked[id] = true
		}
	}
	if !strings.Contains(pattern, "*") {
		ids := o.ids[pattern]
		mark(ids)
		return len(ids) > 0
	}
	found := false
	for _, name := range o.names {
		if glob(pattern, name) {
			found = true
			mark(o.ids[name])
		}
	}
	return found
}

// among are the marked ones of ids, which are sorted.
func among(marked map[int]bool, ids []int) []int {
	var all []int
	for _, id := range slices.Sorted(maps.Keys(marked)) {
		if _, found := slices.BinarySearch(ids, id); found {
			all = append(all, id)
		}
	}
	return all
}

// seriesOf are the series of one kind.
func (c *compiler) seriesOf(kind plan.SeriesKind) []int {
	ids, known := c.ofKind[kind]
	if !known {
		for id := range c.plan.Series {
			if c.plan.Series[id].Kind == kind {
				ids = append(ids, id)
			}
		}
		ids = slices.Clip(ids)
		c.ofKind[kind] = ids
	}
	return ids
}
