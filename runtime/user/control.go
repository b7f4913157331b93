package user

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"throng/dsl/plan"
)

// defect is a step that cannot be done with the values it has.
func defect(site plan.SiteID, format string, args ...any) error {
	return &plan.EvalError{Site: site, Class: plan.FailExpression, Message: fmt.Sprintf(format, args...)}
}

// assign keeps a value in the session. A lane also notes which, for the
// merge at the end of its block.
func (u *User) assign(slot int, v plan.Value) {
	u.frame.Slots[slot] = v
	if u.lane != nil {
		u.lane.changed = append(u.lane.changed, slot)
	}
}

// evaluated are the values of several slots, all evaluated before any of
// them is changed.
func (u *User) evaluated(list []plan.SlotInit) ([]plan.Value, error) {
	values := make([]plan.Value, len(list))
	for i := range list {
		v, err := list[i].Value.Eval(&u.frame)
		if err != nil {
			return nil, err
		}
		values[i] = clone(v)
	}
	return values, nil
}

// set changes session values.
func (u *User) set(s *plan.Set) flow {
	values, err := u.evaluated(s.Values)
	if err != nil {
		return u.broken(s.Site, err)
	}
	for i, v := range values {
		u.assign(s.Values[i].Slot, v)
		if u.env.trace != nil {
			u.tell(Event{Kind: EventSet, Site: s.Site, Name: u.class.Slots[s.Values[i].Slot], Value: u.slotText(s.Values[i].Slot)})
		}
	}
	return goOn
}

// call does a task that is written elsewhere. Its inputs are its own: in a
// parallel block they are not merged.
func (u *User) call(c *plan.Call) flow {
	if len(c.Inputs) > 0 {
		values, err := u.evaluated(c.Inputs)
		if err != nil {
			return u.broken(c.Site, err)
		}
		for i, v := range values {
			u.frame.Slots[c.Inputs[i].Slot] = v
		}
	}
	return u.steps(c.Steps)
}

// holds evaluates a condition. Null does not hold; what is neither that nor
// true or false is an error.
func (u *User) holds(e plan.Expr, site plan.SiteID) (bool, error) {
	v, err := e.Eval(&u.frame)
	if err == nil && !v.IsNull() && v.Kind() != plan.Bool {
		err = defect(site, "a condition must be true or false, this one is %s", v.TypeName())
	}
	return v.True(), err
}

func (u *User) when(w *plan.When) flow {
	ok, err := u.holds(w.Condition, w.Site)
	switch {
	case err != nil:
		return u.broken(w.Site, err)
	case ok:
		u.remark(w.Site, "the condition holds")
		return u.steps(w.Then)
	}
	u.remark(w.Site, "the condition does not hold")
	return u.steps(w.Else)
}

// count evaluates a number of times: below 0 is none, and what is not whole
// is rounded down.
func (u *User) count(e plan.Expr, site plan.SiteID) (int64, error) {
	v, err := e.Eval(&u.frame)
	if err != nil {
		return 0, err
	}
	if !v.IsNumber() {
		return 0, defect(site, "a count must be a number, this one is %s", v.TypeName())
	}
	const most = 1 << 53
	return int64(min(max(v.Float64(), 0), most)), nil
}

// repeat does rounds until they are counted off, or its condition ends it.
func (u *User) repeat(r *plan.Repeat) flow {
	rounds := int64(-1)
	if r.Count != nil {
		n, err := u.count(r.Count, r.Site)
		if err != nil {
			return u.broken(r.Site, err)
		}
		rounds = n
	}
	for n := int64(0); n != rounds; n++ {
		started := u.env.Clock.Now()
		if over, f := u.ended(r.While, false, r.Site); over {
			return f
		}
		if r.Count == nil && r.Max > 0 && n == r.Max {
			return u.unending(r)
		}
		if u.env.trace != nil {
			u.remark(r.Site, "round %d", n+1)
		}
		if f := u.round(r.Steps); f != goOn {
			return f
		}
		if over, f := u.ended(r.Until, true, r.Site); over {
			return f
		}
		if last := n+1 == rounds || r.Until != nil && n+1 == r.Max; r.Every == nil || last {
			continue
		}
		every, err := u.number(r.Every, "the time between rounds")
		if err != nil {
			return u.broken(r.Site, err)
		}
		if f := u.think(later(started, every)); f != goOn {
			return f
		}
	}
	return goOn
}

// round does the steps of one round. Rounds of nothing end with the run too.
func (u *User) round(steps []plan.Step) flow {
	if len(steps) == 0 && u.env.isCut.Load() {
		return endCut
	}
	return u.steps(steps)
}

// ended asks a repeat's condition whether it is over, with what; nil never
// is.
func (u *User) ended(e plan.Expr, by bool, site plan.SiteID) (over bool, f flow) {
	if e == nil {
		return false, goOn
	}
	ok, err := u.holds(e, site)
	if err != nil {
		return true, u.broken(site, err)
	}
	return ok == by, goOn
}

// unending is a repeat that has not ended within its bound: its task fails,
// and so does the group around it.
func (u *User) unending(r *plan.Repeat) flow {
	what := "still " + r.Text
	if r.Until != nil {
		what = "still not " + r.Text
	}
	if u.group != nil {
		u.group.fail(plan.FailExpect)
	}
	return u.broken(r.Site, defect(r.Site, "%s after %d rounds", what, r.Max))
}

// elements are what a loop goes over: the items of a list, or the fields of
// an object in the order of their names. Null has none.
func (u *User) elements(l *plan.Loop) (elements, error) {
	v, err := l.In.Eval(&u.frame)
	if err != nil {
		return elements{}, err
	}
	switch {
	case v.IsNull():
		return elements{}, nil
	case v.Kind() == plan.List:
		return elements{items: v.Items()}, nil
	case v.Kind() == plan.Object:
		return elements{fields: v.Fields()}, nil
	}
	return elements{}, defect(l.Site, "loop %q goes over a list or an object, this is %s", l.Label, v.TypeName())
}

// elements are a list's items or an object's fields.
type elements struct {
	items  []plan.Value
	fields []plan.Field
}

func (e elements) len() int { return len(e.items) + len(e.fields) }

// put sets a loop's slots to an element.
func (e elements) put(l *plan.Loop, i int, slots []plan.Value) {
	key, value := plan.IntValue(int64(i)), plan.Value{}
	if e.fields != nil {
		key, value = plan.StringValue(e.fields[i].Name), e.fields[i].Value
	} else {
		value = e.items[i]
	}
	if l.Value >= 0 {
		slots[l.Value] = value
	}
	if l.Index >= 0 {
		slots[l.Index] = plan.IntValue(int64(i))
	}
	if l.Key >= 0 {
		slots[l.Key] = key
	}
}

// loop does its steps for every element.
func (u *User) loop(l *plan.Loop) flow {
	all, err := u.elements(l)
	if err != nil {
		return u.broken(l.Site, err)
	}
	for i := range all.len() {
		all.put(l, i, u.frame.Slots)
		if u.env.trace != nil {
			u.remark(l.Site, "round %d of %d", i+1, all.len())
		}
		if f := u.round(l.Steps); f != goOn {
			return f
		}
	}
	return goOn
}

// choose does one branch.
func (u *User) choose(c *plan.Choose) flow {
	if c.On == nil {
		i := drawn(len(c.Branches), func(i int) float64 { return c.Branches[i].Weight }, u.frame.Rand.Float64())
		if u.env.trace != nil {
			u.remark(c.Branches[i].Site, "branch %q, drawn by weight: %s", c.Branches[i].Name, weights(c))
		}
		return u.steps(c.Branches[i].Steps)
	}
	v, err := c.On.Eval(&u.frame)
	if err != nil {
		return u.broken(c.Site, err)
	}
	name := v.Text()
	for i := range c.Branches {
		if c.Branches[i].Name == name && !v.IsNull() {
			if u.env.trace != nil {
				u.remark(c.Branches[i].Site, "branch %q, as the value says", name)
			}
			return u.steps(c.Branches[i].Steps)
		}
	}
	if c.HasElse {
		if u.env.trace != nil {
			u.remark(c.Site, "else, since no branch is called %s", u.valueText(v))
		}
		return u.steps(c.Else)
	}
	return u.broken(c.Site, noBranch(c, v))
}

// drawn is the index of a weighted thing, at a point of 0..1. It is the
// first where no weight is above zero.
func drawn(n int, weight func(int) float64, at float64) int {
	total, last := 0.0, 0
	for i := range n {
		if w := weight(i); w > 0 {
			total += w
			last = i
		}
	}
	if total == 0 {
		return 0
	}
	for i := range n {
		if at -= max(0, weight(i)) / total; at < 0 {
			return i
		}
	}
	return last
}

// noBranch says which branches there are.
func noBranch(c *plan.Choose, v plan.Value) error {
	var names []string
	for i := range c.Branches {
		names = append(names, strconv.Quote(c.Branches[i].Name))
	}
	what := v.TypeName()
	if text := v.Text(); !v.IsNull() && v.Kind() != plan.List && v.Kind() != plan.Object {
		what = strconv.Quote(begin(text, 40))
	}
	return defect(c.Site, "no branch for %s, and no else; the branches are %s", what, strings.Join(names, ", "))
}

// begin is the beginning of a text, of so many bytes at most.
func begin(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// leave ends the pick of the traffic table, the user or the run, in order.
func (u *User) leave(l *plan.Leave) flow {
	message := ""
	if l.Message != nil {
		v, err := l.Message.Eval(&u.frame)
		if err != nil {
			return u.broken(l.Site, err)
		}
		message = begin(u.mask().text(v.Text(), false), maxMessage)
	}
	u.env.leaves.add(Leave{Class: u.ID.Class, Site: l.Site, Reach: l.Reach, Message: message})
	if u.env.trace != nil {
		u.remark(l.Site, "leaves the %s: %s", [...]string{plan.FailureTask: "task", plan.FailureUser: "user", plan.FailureRun: "run"}[l.Reach], message)
	}
	switch l.Reach {
	case plan.FailureUser:
		return leaveUser
	case plan.FailureRun:
		if message == "" {
			message = "a user of " + u.class.Name + " left the run, as the scenario says"
		}
		u.env.Halt(message)
		return leaveUser
	}
	return leaveTask
}

// maxMessage is how many bytes of a leave's message are kept.
const maxMessage = 200
