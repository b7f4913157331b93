package user

import (
	"throng/dsl/plan"
	"throng/runtime/pace"
)

// weighSets works out once what all users need to pick in sets of tasks.
func (e *Env) weighSets(tasks []plan.Task) {
	for i := range tasks {
		t := &tasks[i]
		if t.Set != nil {
			weights := make([]float64, len(t.Set.Tasks))
			for k := range weights {
				weights[k] = t.Set.Tasks[k].Weight
			}
			if e.sets == nil {
				e.sets = make(map[*plan.TaskSet]*pace.Weights)
			}
			e.sets[t.Set] = pace.NewWeights(weights)
		}
		e.weighSets(t.Children())
	}
}

// inSet stays in a set of tasks: it picks one after another, each followed
// by its wait, until the picks are counted off or one of them leaves. A task
// of it that fails ends nothing but itself; the set ends as its worst task.
func (u *User) inSet(t *plan.Task) flow {
	set := t.Set
	left := int64(-1)
	if set.Iterations != nil {
		f := u.guard(t.Site, func() flow {
			n, err := u.count(set.Iterations, t.Site)
			if err != nil {
				return u.broken(t.Site, err)
			}
			left = n
			return goOn
		})
		if f != goOn {
			return f
		}
	}
	if len(set.Tasks) == 0 {
		return goOn
	}
	if u.env.trace != nil {
		return u.eachOnce(t)
	}
	picks := u.picker(set)
	worst := goOn
	for n := int64(0); n != left; n++ {
		if n > 0 {
			if f := u.between(left < 0); f != goOn {
				return f
			}
		}
		f := u.task(&set.Tasks[picks()])
		if f >= leaveTask {
			return f
		}
		worst = worseTask(worst, f)
	}
	return worst
}

// between is the wait between two picks of a set. Users of an open load do
// not wait, but in a set that only a leave ends they hear a stop, and do not
// spin.
func (u *User) between(endless bool) flow {
	if endless && u.served {
		if u.quiet || u.refused {
			return u.slept(u.sleep(u.env.Clock.Now()+breather, nil))
		}
		return u.slept(!u.stopped())
	}
	return u.slept(u.rest(u.last, nil))
}

// picker gives one pick of a set after another. By weight alone they are as
// even as those of the traffic table, from a place that is drawn each time
// the set begins; what follows from the pick before is drawn.
func (u *User) picker(set *plan.TaskSet) func() int {
	weights := u.env.sets[set]
	if set.Next == nil && u.class.Pick == plan.PickEven {
		even := pace.NewSequence(weights, u.frame.Rand.Uint64(), 0)
		return even.Next
	}
	before := -1
	return func() int {
		if before >= 0 && before < len(set.Next) && set.Next[before] != nil {
			row := set.Next[before]
			before = drawn(len(row), func(i int) float64 { return row[i] }, u.frame.Rand.Float64())
		} else {
			before = weights.Draw(u.frame.Rand)
		}
		return before
	}
}
