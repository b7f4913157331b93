package user

import (
	"fmt"

	"throng/dsl/plan"
)

// countNumber counts what the sequence of a socket's messages tells of them.
func (u *User) countNumber(l *link, at int64) {
	if l.of.Sequence == nil {
		return
	}
	v, err := l.of.Sequence.Eval(&u.frame)
	if err == nil && v.Kind() == plan.String {
		if n, ok := plan.ParseNumber(v.Str()); ok {
			v = n
		}
	}
	switch {
	case err != nil:
	case v.IsNull():
		return
	case v.Kind() != plan.Int:
		err = fmt.Errorf("the number of a message must be a whole number, this one is %s", v.TypeName())
	}
	if err != nil {
		u.reaches(u.broken(l.of.Site, err))
		return
	}
	s := int32(l.of.Series)
	switch lost, was := l.numbered.see(v.Int64(), at); was {
	case numberInOrder:
		if lost > 0 {
			u.writer.Count(s, plan.CountLost, lost, at)
		}
	case numberLate:
		u.writer.Count(s, plan.CountOutOfOrder, 1, at)
		if lost > 0 { // it had been counted so, in the part of the run that its gap was seen in
			u.writer.Count(s, plan.CountLost, -1, l.numbered.seen)
		}
	case numberAgain:
		u.writer.Count(s, plan.CountDuplicated, 1, at)
	}
}

// order is what a number says of its message.
type order uint8

const (
	numberInOrder order = iota // above all before it
	numberLate                 // behind later ones
	numberAgain                // it had come before
)

// numbering remembers which numbers of a sequence have come. It begins with
// the first one that does.
type numbering struct {
	begun bool
	low   int64 // of the numbers known of
	high  int64 // the highest that came
	gaps  []gap // between, ascending: those that did not come
	seen  int64 // when the gap of the late number at hand was noticed
}

// gap is a range of numbers that have not come, both ends included.
type gap struct{ from, to, at int64 }

// maxGaps bounds what is remembered; of numbers below the gaps that are
// forgotten it is not known any more whether they came.
const maxGaps = 1024

// see takes a number. lost is how many before it are missing now, or 1 where
// it was missing itself until now.
func (n *numbering) see(x, at int64) (lost int64, was order) {
	switch {
	case !n.begun:
		*n = numbering{begun: true, low: x, high: x}
		return 0, numberInOrder
	case x > n.high:
		lost = x - n.high - 1
		if lost > 0 {
			n.gaps = append(n.gaps, gap{n.high + 1, x - 1, at})
			if len(n.gaps) > maxGaps {
				n.low = n.gaps[0].to + 1
				n.gaps = append(n.gaps[:0], n.gaps[1:]...)
			}
		}
		n.high = x
		return lost, numberInOrder
	case x < n.low:
		return 0, numberLate
	}
	for i := range n.gaps {
		g := n.gaps[i]
		if x < g.from || x > g.to {
			continue
		}
		n.fill(i, x)
		n.seen = g.at
		return 1, numberLate
	}
	return 0, numberAgain
}

// fill takes a number out of a gap.
func (n *numbering) fill(i int, x int64) {
	g := n.gaps[i]
	var rest []gap
	if g.from < x {
		rest = append(rest, gap{g.from, x - 1, g.at})
	}
	if x < g.to {
		rest = append(rest, gap{x + 1, g.to, g.at})
	}
	n.gaps = append(n.gaps[:i:i], append(rest, n.gaps[i+1:]...)...)
}
