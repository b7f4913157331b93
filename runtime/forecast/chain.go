package forecast

import (
	"errors"
	"math"

	"throng/dsl/plan"
	"throng/runtime/report"
)

var errNumber = errors.New("it gives no number")

// endless is how many picks of a set count that nothing is known to end.
const endless = 1000

// set is the rhythm of a set of tasks: each child's own, as often as it is
// picked. The picks are a Markov chain, by weight or by what follows what,
// which ends after the iterations or where a child leaves.
func (d *dice) set(t *plan.Task) rhythm {
	r := rhythm{alive: 1}
	children, visits, alive := d.picked(t)
	if children == nil {
		return r
	}
	first := shares(t.Set.Tasks)
	r.alive = alive
	for i, c := range children {
		for a := range answers {
			r.busy[a] += visits[i] * c.busy[a]
			r.mean[a] += visits[i] * c.mean[a]
			r.variance[a] += visits[i] * c.variance[a]
		}
	}
	for i, c := range children {
		again := visits[i] - math.Min(first[i], visits[i])
		for _, x := range c.deeds {
			prompt, later := x, x
			prompt.times *= visits[i] - again
			later.times *= again
			r.deeds = append(r.deeds, prompt)
			if later.times == 0 {
				continue
			}
			later.waited = true
			for a := range answers {
				later.after[a] += r.mean[a] / 2
			}
			r.deeds = append(r.deeds, later)
		}
	}
	return r
}

// picked is how often each task of a set is picked, with their rhythms and how
// many users are left at its end; nil where none is.
func (d *dice) picked(t *plan.Task) (children []rhythm, counts []float64, alive float64) {
	set := t.Set
	picks := math.Inf(1)
	if set.Iterations != nil {
		n, ok := d.expect(func() (float64, error) { return d.times(set.Iterations) })
		if picks = n; !ok {
			picks = 1
			d.assume(t.Site, "how many tasks of the set are picked is not known before the run; it counts as one")
		}
	}
	if len(set.Tasks) == 0 || picks == 0 {
		return nil, nil, 1
	}
	children = make([]rhythm, len(set.Tasks))
	stays := make([]float64, len(set.Tasks))
	for i := range set.Tasks {
		children[i] = d.rhythm(&set.Tasks[i])
		stays[i] = children[i].alive
	}
	first := shares(set.Tasks)
	counts, alive, ends := visits(first, steps(set, first), stays, picks)
	if !ends {
		d.assume(t.Site, "nothing that is known before the run ends this set; it counts as %d picks", endless)
	}
	return children, counts, alive
}

// follows are the shares of what follows each task of a Markov chain.
func follows(set *plan.TaskSet, name func(i int) string) []Follow {
	var all []Follow
	for i, row := range set.Next {
		if row == nil {
			continue
		}
		f := Follow{After: name(i), Tasks: []Share{}}
		for j, share := range normal(row) {
			if share > 0 {
				f.Tasks = append(f.Tasks, Share{Task: name(j), Share: report.Num(share)})
			}
		}
		all = append(all, f)
	}
	return all
}

// steps are the probabilities of what follows each task of a set.
func steps(set *plan.TaskSet, first []float64) [][]float64 {
	rows := make([][]float64, len(set.Tasks))
	for i := range rows {
		rows[i] = first
		if i < len(set.Next) && set.Next[i] != nil {
			rows[i] = normal(set.Next[i])
		}
	}
	return rows
}

// visits are how often each state of a chain is visited in so many steps, if
// it goes on from each with such a probability; how many are left at the end;
// and whether the chain ends. Beyond the endless it is not followed.
func visits(first []float64, next [][]float64, stays []float64, steps float64) (counts []float64, alive float64, ends bool) {
	const gone = 1e-9
	counts = make([]float64, len(first))
	now := append([]float64(nil), first...)
	here := 1.0
	for n := 0.0; ; n++ {
		if n >= steps {
			return counts, here, true
		}
		if here < gone {
			return counts, 0, true
		}
		if n >= endless {
			return counts, here, finish(counts, now, steps-n)
		}
		whole := math.Min(1, steps-n) // the mean of the iterations need not be whole
		after := make([]float64, len(now))
		for i, x := range now {
			counts[i] += whole * x
			for j, p := range next[i] {
				after[j] += x * stays[i] * p
			}
		}
		sum := 0.0
		for _, x := range after {
			sum += x
		}
		here += whole * (sum - here)
		now = after
	}
}

// finish adds what is left of a known number of steps, by the shares that
// the chain has come to. It reports whether the number is known.
func finish(counts, now []float64, left float64) bool {
	if math.IsInf(left, 1) {
		return false
	}
	for i, x := range now {
		counts[i] += left * x
	}
	return true
}
