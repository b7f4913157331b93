package forecast

import (
	"math"

	"throng/dsl/plan"
)

// The two answer times every figure is reckoned for: none, and the assumed.
const (
	atOnce = iota
	assumed
	numAnswers
)

var answers = [numAnswers]float64{0, Assumed.Seconds()}

// habit is what the users of a class do, on average. Times are in seconds,
// lists by series count how often a request or group happens.
type habit struct {
	shares      []float64 // of tasks
	start, stop []float64 // by series, each once
	iteration   []float64 // by series, all of it
	prompt      []float64 // by series, what an iteration that is begun also sends
	deferred    []deferral
	requests    float64   // an iteration
	beats       []float64 // by series, a second of a user's life: what the sockets of start do again and again
	pulse       float64   // requests among them
	begins      [numAnswers]float64
	busy        [numAnswers]float64 // an iteration without its wait
	mean        [numAnswers]float64 // from one iteration's start to the next
	variance    [numAnswers]float64 // of a task's length about the mean of all
}

// deferral is something in a task behind a pause, or behind a wait in a
// sequence: a user that is stopped there does not come to it.
type deferral struct {
	series int
	share  float64             // how often an iteration
	after  [numAnswers]float64 // from the task's start
}

// rhythm is the course of one task.
type rhythm struct {
	deeds          []deed
	busy           [numAnswers]float64
	mean, variance [numAnswers]float64
	alive          float64 // share of times that it is not left for good
}

// deed is one request or group, how often it happens each time, and how long
// after the task's start the last pause or wait before it is over.
type deed struct {
	series  int
	request bool
	times   float64
	waited  bool
	after   [numAnswers]float64
}

// begun is how many iterations a user begins in so many seconds of life.
// Beside those that fit it is the one that is under way at the end: in a
// renewal process half an iteration more, and more where lengths vary.
func (h *habit) begun(answer int, life float64) float64 {
	life -= h.begins[answer]
	mean := h.mean[answer]
	switch {
	case life <= 0 || len(h.shares) == 0:
		return 0
	case mean <= 0:
		return math.Inf(1)
	}
	return math.Max(1, life/mean+(1+h.variance[answer]/(mean*mean))/2)
}

func (b *builder) habit(class int) *habit {
	c := &b.plan.Classes[class]
	d := b.dice[class]
	n := len(b.plan.Series)
	h := &habit{shares: shares(c.Tasks), iteration: make([]float64, n), prompt: make([]float64, n)}
	beats := d.beatsOf(c.Start)
	start, stop := d.rhythm(&plan.Task{Steps: c.Start}), d.rhythm(&plan.Task{Steps: c.Stop})
	fresh := c.Lifetime == plan.LifetimeIteration && len(c.Tasks) > 0
	if fresh {
		h.start, h.stop = make([]float64, n), make([]float64, n)
		h.beating(nil, n)
	} else {
		h.beating(beats, n)
		h.start, h.begins = counts(start.deeds, n), start.busy
		h.stop = counts(stop.deeds, n)
	}
	var square [numAnswers]float64
	for i := range c.Tasks {
		r, share := d.rhythm(&c.Tasks[i]), h.shares[i]
		if share == 0 {
			continue
		}
		if fresh {
			task := r.busy[assumed]
			r = d.another(start, r, stop, &c.Tasks[i])
			r.deeds = append(r.deeds, lasting(beats, task)...)
		}
		h.add(r.deeds, share)
		for a := range answers {
			h.busy[a] += share * r.busy[a]
			h.mean[a] += share * r.mean[a]
			square[a] += share * (r.variance[a] + r.mean[a]*r.mean[a])
		}
	}
	for a := range answers {
		h.variance[a] = math.Max(0, square[a]-h.mean[a]*h.mean[a])
	}
	h.ownTokens(c, fresh)
	return h
}

func (h *habit) add(deeds []deed, share float64) {
	for _, x := range deeds {
		times := share * x.times
		h.iteration[x.series] += times
		if x.request {
			h.requests += times
		}
		if x.waited {
			h.deferred = append(h.deferred, deferral{x.series, times, x.after})
		} else {
			h.prompt[x.series] += times
		}
	}
}

// counts are how often each series happens in a course.
func counts(deeds []deed, series int) []float64 {
	list := make([]float64, series)
	for _, x := range deeds {
		list[x.series] += x.times
	}
	return list
}

// another is a task done by a user that is made for it: between its start
// and its stop steps.
func (d *dice) another(start, r, stop rhythm, t *plan.Task) rhythm {
	out := rhythm{deeds: append([]deed{}, start.deeds...), alive: r.alive}
	waited := hasPause(d.plan().Classes[d.class].Start)
	add := func(deeds []deed, after [numAnswers]float64) {
		for _, x := range deeds {
			if x.waited || waited {
				x.waited = true
				for a := range answers {
					x.after[a] += after[a]
				}
			}
			out.deeds = append(out.deeds, x)
		}
	}
	add(r.deeds, start.busy)
	var done [numAnswers]float64
	for a := range answers {
		done[a] = start.busy[a] + r.busy[a]
	}
	add(stop.deeds, done)
	for a := range answers {
		extra := start.busy[a] + stop.busy[a]
		out.busy[a] = r.busy[a] + extra
		out.mean[a], out.variance[a] = r.mean[a]+extra, r.variance[a]
		if k := t.Wait.Kind; k == plan.WaitPacing || k == plan.WaitThroughput {
			out.mean[a] = math.Max(r.mean[a], out.busy[a])
		}
	}
	return out
}

// hasPause reports whether there is a pause in steps.
func hasPause(steps []plan.Step) (found bool) {
	plan.Walk(steps, func(s plan.Step) {
		if _, ok := s.(*plan.Pause); ok {
			found = true
		}
	})
	return found
}

// shares are the tasks' weights as parts of one.
func shares(tasks []plan.Task) []float64 {
	list := make([]float64, len(tasks))
	for i := range tasks {
		list[i] = tasks[i].Weight
	}
	return normal(list)
}

// normal scales weights to a sum of one; as package pace, it gives everything
// to the first when none is above zero.
func normal(weights []float64) []float64 {
	list := make([]float64, len(weights))
	total := 0.0
	for _, w := range weights {
		total += math.Max(0, w)
	}
	for i, w := range weights {
		switch {
		case total > 0:
			list[i] = math.Max(0, w) / total
		case i == 0:
			list[i] = 1
		}
	}
	return list
}

// rhythm finds a task's course by drawing its pauses and waits. Those of a
// sequence are drawn apart, so that their variances add up.
func (d *dice) rhythm(t *plan.Task) rhythm {
	switch {
	case t.Set != nil:
		return d.set(t)
	case len(t.Sequence) == 0:
		return d.leaf(t)
	}
	r := rhythm{alive: 1}
	for i := range t.Sequence {
		entry := d.rhythm(&t.Sequence[i])
		for _, x := range entry.deeds {
			for a := range answers {
				x.after[a] += r.mean[a]
			}
			x.times *= r.alive
			x.waited = x.waited || i > 0
			r.deeds = append(r.deeds, x)
		}
		for a := range answers {
			r.busy[a] += r.alive * entry.busy[a]
			r.mean[a] += r.alive * entry.mean[a]
			r.variance[a] += r.alive * entry.variance[a]
		}
		r.alive *= entry.alive
	}
	return r
}

// leaf is the rhythm of a task that holds steps. Where they are one course,
// all of it is drawn; else its mean is reckoned.
func (d *dice) leaf(t *plan.Task) rhythm {
	p := d.course(t.Steps)
	r := rhythm{deeds: p.deeds, busy: p.busy, alive: p.alive}
	single := onecourse(t.Steps)
	for a := range answers {
		var sum, square float64
		d.each(func() {
			length := 0.0
			if single {
				length = d.length(t, answers[a])
			} else {
				length = d.paced(t, p.busy[a])
			}
			sum += length
			square += length * length
		})
		r.mean[a] = sum / float64(d.draws)
		r.variance[a] = math.Max(0, square/float64(d.draws)-r.mean[a]*r.mean[a])
	}
	return r
}

// onecourse reports whether steps are done one after another, whatever is
// drawn or answered.
func onecourse(steps []plan.Step) bool {
	one := true
	plan.Walk(steps, func(s plan.Step) {
		switch s.(type) {
		case *plan.When, *plan.Repeat, *plan.Loop, *plan.Choose, *plan.Parallel, *plan.Leave:
			one = false
		}
	})
	return one
}
