package user

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// maxLanes is how many steps of one parallel block are done at once, whatever
// its limit: what fans out may be as long a list as the target likes to send.
const maxLanes = 1000

// lanes are what a user has of its parallel blocks. In a lane one child after
// another is done, by a user of the lane's own: with a client of its own, kept
// from block to block as a browser keeps its connections, a frame, and a
// random source; with its root's cookies, rows and counts.
//
// A user is one line of thought. So a lane holds the baton whenever it is not
// waiting for an exchange or for a time, and nothing but that overlaps.
type lanes struct {
	baton sync.Mutex
	all   []*User
	free  []*User
}

// lane is what the user of a lane has beside what all users have.
type lane struct {
	source  rand.PCG
	changed []int // slots assigned by the child under way
}

// yield lets the other lanes go on while this one waits; regain waits until
// none of them does.
func (u *User) yield() {
	if u.lane != nil {
		u.root.lanes.baton.Unlock()
	}
}

func (u *User) regain() {
	if u.lane != nil {
		u.root.lanes.baton.Lock()
	}
}

// take gives so many lanes to a block.
func (l *lanes) take(root *User, n int) []*User {
	for len(l.free) < n {
		u := root.newLane()
		l.all = append(l.all, u)
		l.free = append(l.free, u)
	}
	at := len(l.free) - n
	taken := slices.Clone(l.free[at:])
	l.free = l.free[:at]
	return taken
}

func (u *User) newLane() *User {
	l := &lane{}
	c := &User{
		ID: u.ID, root: u, lane: l, env: u.env, class: u.class, tally: u.tally, client: u.branch(),
		writer: u.writer, rows: u.rows, jar: u.jar, stop: u.stop, frame: u.frame,
	}
	c.frame.Rand = rand.New(&l.source)
	c.frame.Slots = make([]plan.Value, len(u.frame.Slots))
	c.frame.Private = make([]any, len(u.frame.Private))
	c.frame.Cookie = c.cookie
	if u.frame.NextRow != nil {
		c.frame.NextRow = c.nextRow
	}
	return c
}

// branch is a client beside the user's own, which shares its connections where
// the transport can.
func (u *User) branch() transport.Client {
	if b, ok := u.client.(transport.Brancher); ok {
		return b.Branch()
	}
	return u.env.Factory.Client()
}

// closeLanes drops the lanes' connections.
func (u *User) closeLanes() {
	if u.lanes == nil {
		return
	}
	for _, l := range u.lanes.all {
		l.client.Close()
	}
	u.lanes = nil
}

// block is a parallel step under way. All but owner, parts and seed belongs
// to whoever holds the baton.
type block struct {
	owner *User
	parts []part
	seed  uint64
	n     int64 // children begun
	worst flow
	again int   // with tryAgain: the depth of the outermost retry
	due   int64 // what is left of the owner's, by the first child
	ends  []end

	quiet, refused bool // as the user's
	out            *exhausted
}

// part is a step of a block: one child, or with fan-out as many as it has
// rounds.
type part struct {
	steps []plan.Step
	left  int64
	next  int
	loop  *plan.Loop
	over  elements
	every plan.Expr // seconds between the starts of rounds
	site  plan.SiteID
	start int64 // of the next round, on the clock; 0 at once
}

// end is what a child leaves behind.
type end struct {
	child  int64
	class  plan.ErrorClass // of the first request that failed in it
	values []slotValue
}

type slotValue struct {
	slot  int
	value plan.Value
}

// parallel does its children at the same time, in lanes, and waits for all of
// them. A child that ends more than itself lets the others finish, and no
// further one begin; what reaches farthest is how the step ends. What
// children captured is merged in their order. A group around measures the
// whole block; pauses within it are part of that.
func (u *User) parallel(p *plan.Parallel) flow {
	b := &block{owner: u, due: u.due, quiet: u.quiet}
	children := int64(0)
	for _, s := range p.Steps {
		one, err := u.part(s)
		if err != nil {
			return u.broken(one.site, err)
		}
		b.parts = append(b.parts, one)
		children += min(one.left, maxLanes)
	}
	width := min(children, maxLanes)
	if p.Limit > 0 {
		width = min(width, int64(p.Limit))
	}
	if width == 0 {
		return goOn
	}
	if u.env.trace != nil && width > 1 {
		u.remark(p.Site, "its %d steps are done one after another here", children)
		width = 1
	}
	if u.root.lanes == nil {
		u.root.lanes = &lanes{}
	}
	b.seed = u.frame.Rand.Uint64()
	u.due = -1
	all := u.root.lanes
	crew := all.take(u.root, int(width))
	u.yield()
	var joined sync.WaitGroup
	for _, l := range crew {
		joined.Go(func() { l.attend(b) })
	}
	joined.Wait()
	u.regain()
	all.free = append(all.free, crew...)
	return u.join(b)
}

// part is a step of a block as its children.
func (u *User) part(s plan.Step) (p part, err error) {
	switch s := s.(type) {
	case *plan.Repeat:
		if s.Count != nil {
			p = part{steps: s.Steps, every: s.Every, site: s.Site}
			p.left, err = u.count(s.Count, s.Site)
			return p, err
		}
	case *plan.Loop:
		p = part{steps: s.Steps, loop: s, site: s.Site}
		p.over, err = u.elements(s)
		p.left = int64(p.over.len())
		return p, err
	}
	return part{steps: []plan.Step{s}, left: 1}, nil
}

// child is the next one to begin.
type child struct {
	number int64
	steps  []plan.Step
	loop   *plan.Loop
	over   elements
	index  int
	start  int64
}

// pull gives out the next child, in their order.
func (b *block) pull() (c child, ok bool) {
	for len(b.parts) > 0 && b.parts[0].left == 0 {
		b.parts = b.parts[1:]
	}
	if len(b.parts) == 0 || b.worst != goOn {
		return child{}, false
	}
	p := &b.parts[0]
	c = child{number: b.n, steps: p.steps, loop: p.loop, over: p.over, index: p.next, start: p.start}
	b.n++
	p.next++
	p.left--
	if p.every != nil && p.left > 0 {
		b.pace(p)
	}
	return c, true
}

// pace sets when the round after the one at hand begins.
func (b *block) pace(p *part) {
	u := b.owner
	if p.start == 0 {
		p.start = u.env.Clock.Now()
	}
	f := u.guard(p.site, func() flow {
		s, err := u.number(p.every, "the time between rounds")
		if err != nil {
			return u.broken(p.site, err)
		}
		p.start = later(p.start, s)
		return goOn
	})
	b.worst = max(b.worst, f)
}

// attend does children of a block until none is left.
func (u *User) attend(b *block) {
	u.regain()
	defer u.yield()
	for c, ok := b.pull(); ok; c, ok = b.pull() {
		f := u.child(b, &c)
		if f == tryAgain && (b.worst < tryAgain || u.again < b.again) {
			b.again = u.again
		}
		b.worst = max(b.worst, f)
	}
	u.unload()
}

// child does one child. Its draws follow from the block's seed and its
// number, whatever else goes on.
func (u *User) child(b *block, c *child) flow {
	o := b.owner
	u.lane.source.Seed(b.seed, uint64(c.number))
	u.lane.changed = u.lane.changed[:0]
	copy(u.frame.Slots, o.frame.Slots)
	u.frame.Plan, u.frame.User = o.frame.Plan, o.frame.User
	u.leaving, u.brisk, u.served, u.retry = o.leaving, o.brisk, o.served, o.retry
	u.quiet, u.refused, u.out, u.target = true, false, nil, o.target
	u.trail = o.trail
	u.due = -1
	if c.number == 0 {
		u.due = b.due
	}
	mine := groupFrame{}
	u.group = &mine
	if c.loop != nil {
		c.over.put(c.loop, c.index, u.frame.Slots)
	}
	f := u.guard(u.class.Site, func() flow {
		if c.start > 0 {
			if f := u.slept(u.sleep(c.start, nil)); f != goOn {
				return f
			}
		}
		return u.steps(c.steps)
	})
	if c.number == 0 {
		b.due = u.due
	}
	b.quiet, b.refused = b.quiet && u.quiet, b.refused || u.refused
	if b.out == nil {
		b.out = u.out
	}
	if mine.class != plan.OK || len(u.lane.changed) > 0 {
		e := end{child: c.number, class: mine.class}
		for _, slot := range u.lane.changed {
			e.values = append(e.values, slotValue{slot, u.frame.Slots[slot]})
		}
		b.ends = append(b.ends, e)
	}
	return f
}

// join takes what the children left.
func (u *User) join(b *block) flow {
	slices.SortFunc(b.ends, func(x, y end) int { return cmp.Compare(x.child, y.child) })
	for i := range b.ends {
		e := &b.ends[i]
		if u.group != nil {
			u.group.fail(e.class)
		}
		for _, v := range e.values {
			u.assign(v.slot, v.value)
		}
	}
	u.due, u.quiet, u.refused = b.due, b.quiet, u.refused || b.refused
	if b.out != nil {
		u.out = b.out
		if b.worst < endCut {
			return u.outOfRows()
		}
	}
	if b.worst == tryAgain {
		u.again = b.again
	}
	return b.worst
}
