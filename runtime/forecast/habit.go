package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"throng/dsl/plan"
	"throng/runtime/pace"
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
	requests    float64 // an iteration
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
}

// deed is one request or group, and how long after the task's start the last
// pause or wait before it is over.
type deed struct {
	series  int
	request bool
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
	h.start, h.begins = b.once(d, c.Start)
	h.stop, _ = b.once(d, c.Stop)
	var square [numAnswers]float64
	for i := range c.Tasks {
		r, share := d.rhythm(&c.Tasks[i]), h.shares[i]
		if share == 0 {
			continue
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
	return h
}

func (h *habit) add(deeds []deed, share float64) {
	for _, x := range deeds {
		h.iteration[x.series] += share
		if x.request {
			h.requests += share
		}
		if x.waited {
			h.deferred = append(h.deferred, deferral{x.series, share, x.after})
		} else {
			h.prompt[x.series] += share
		}
	}
}

// once is what a list of steps outside the tasks records, and how long it
// takes.
func (b *builder) once(d *dice, steps []plan.Step) (counts []float64, takes [numAnswers]float64) {
	counts = make([]float64, len(b.plan.Series))
	r := d.rhythm(&plan.Task{Steps: steps})
	for _, x := range r.deeds {
		counts[x.series]++
	}
	return counts, r.busy
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
	if len(t.Sequence) == 0 {
		return d.leaf(t)
	}
	var r rhythm
	for i := range t.Sequence {
		entry := d.rhythm(&t.Sequence[i])
		for _, x := range entry.deeds {
			for a := range answers {
				x.after[a] += r.mean[a]
			}
			x.waited = x.waited || i > 0
			r.deeds = append(r.deeds, x)
		}
		for a := range answers {
			r.busy[a] += entry.busy[a]
			r.mean[a] += entry.mean[a]
			r.variance[a] += entry.variance[a]
		}
	}
	return r
}

// leaf is the rhythm of a task that holds steps.
func (d *dice) leaf(t *plan.Task) rhythm {
	var r rhythm
	waited := false
	var now, after [numAnswers]float64
	walk(t.Steps, 0, func(s plan.Step, _ int) {
		switch s := s.(type) {
		case *plan.Request:
			r.deeds = append(r.deeds, deed{s.Series, true, waited, after})
			for a, answer := range answers {
				now[a] += answer
			}
		case *plan.Group:
			r.deeds = append(r.deeds, deed{s.Series, false, waited, after})
		case *plan.Pause:
			mean, _ := d.average(func() (float64, error) { return d.number(s.For) })
			for a := range answers {
				now[a] += mean.Seconds()
			}
			waited, after = true, now
		}
	})
	r.busy = now
	for a := range answers {
		var sum, square float64
		d.each(func() {
			length := d.length(t, answers[a])
			sum += length
			square += length * length
		})
		r.mean[a] = sum / float64(d.draws)
		r.variance[a] = math.Max(0, square/float64(d.draws)-r.mean[a]*r.mean[a])
	}
	return r
}

// tally visits what a task records, by series.
func tally(t *plan.Task, visit func(series int, request bool)) {
	for i := range t.Sequence {
		tally(&t.Sequence[i], visit)
	}
	walk(t.Steps, 0, func(s plan.Step, _ int) {
		switch s := s.(type) {
		case *plan.Request:
			visit(s.Series, true)
		case *plan.Group:
			visit(s.Series, false)
		}
	})
}

// walk visits steps in order, those of a group after it and one deeper.
func walk(steps []plan.Step, depth int, visit func(s plan.Step, depth int)) {
	for _, s := range steps {
		visit(s, depth)
		if g, ok := s.(*plan.Group); ok {
			walk(g.Steps, depth+1, visit)
		}
	}
}

// How often a law is drawn to find its mean: fewer times where there are so
// many laws that it would take long.
const (
	maxDraws   = 2000
	minDraws   = 100
	totalDraws = 1_000_000
)

// dice draws what the users of a class may draw. Every draw comes with its
// mirror image, made of the complements of the same random bits: what is
// symmetric, such as between(), then has exactly its mean.
type dice struct {
	frame  plan.Frame
	source mirror
	draws  int
	draw   int
	seed   uint64
}

type mirror struct {
	rand.PCG
	flip bool
}

func (m *mirror) Uint64() uint64 {
	if m.flip {
		return ^m.PCG.Uint64()
	}
	return m.PCG.Uint64()
}

func (b *builder) newDice(class, draws int) *dice {
	p := b.plan
	c := &p.Classes[class]
	d := &dice{draws: draws, seed: pace.Mix(p.Seed, uint64(class))}
	d.frame = plan.Frame{
		Plan: p, Rand: rand.New(&d.source),
		User: plan.UserInfo{Class: c.Name}, Run: plan.RunInfo{Profile: p.Profile.Name},
		Slots: make([]plan.Value, len(c.Slots)), Rows: make([]int, len(p.Data)), Private: make([]any, len(p.Fallbacks)),
		NextRow: func(data int) (int, error) {
			n := p.Data[data].Rows
			if n <= 0 {
				return 0, fmt.Errorf("data %q has no row", p.Data[data].Name)
			}
			return d.frame.Rand.IntN(n), nil
		},
	}
	d.rewind()
	for _, s := range c.Initial {
		if v, err := d.eval(s.Value); err == nil && s.Slot < len(d.frame.Slots) {
			d.frame.Slots[s.Slot] = v
		}
	}
	return d
}

// each calls f once for every draw.
func (d *dice) each(f func()) {
	for d.draw = 0; d.draw < d.draws; d.draw++ {
		d.rewind()
		f()
	}
	d.draw = 0
}

// rewind begins the current draw anew.
func (d *dice) rewind() {
	d.source.Seed(d.seed, uint64(d.draw/2))
	d.source.flip = d.draw%2 == 1
	d.frame.User.Index, d.frame.User.Iteration = int64(d.draw), int64(d.draw)
	d.frame.User.ID = d.frame.User.Class + "-" + strconv.Itoa(d.draw)
	for i := range d.frame.Rows {
		d.frame.Rows[i] = -1
	}
}

func (d *dice) eval(e plan.Expr) (v plan.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it cannot be evaluated before the run (%v)", p)
		}
	}()
	return e.Eval(&d.frame)
}

// number draws a time in seconds, or a rate. Below 0 counts as 0.
func (d *dice) number(e plan.Expr) (float64, error) {
	const century = 100 * 365 * 24 * 3600
	if e == nil {
		return 0, nil
	}
	v, err := d.eval(e)
	if err != nil {
		return 0, err
	}
	if !v.IsNumber() {
		return 0, fmt.Errorf("it gives %s, not a number", v.TypeName())
	}
	return math.Min(century, math.Max(0, v.Float64())), nil
}

// length draws how long it is from the start of a task that holds steps to
// the next one's, if an answer takes so long.
func (d *dice) length(t *plan.Task, answer float64) float64 {
	busy := 0.0
	walk(t.Steps, 0, func(s plan.Step, _ int) {
		switch s := s.(type) {
		case *plan.Request:
			busy += answer
		case *plan.Pause:
			seconds, _ := d.number(s.For)
			busy += seconds
		}
	})
	wait, _ := d.wait(t.Wait)
	switch t.Wait.Kind {
	case plan.WaitFor:
		return busy + wait
	case plan.WaitPacing, plan.WaitThroughput:
		return math.Max(busy, wait)
	}
	return busy
}

// wait draws a wait, or for pacing and throughput the time between starts.
func (d *dice) wait(w plan.Wait) (float64, error) {
	if w.Kind == plan.WaitNone {
		return 0, nil
	}
	seconds, err := d.number(w.For)
	if err == nil && w.Kind == plan.WaitThroughput {
		if seconds <= 0 {
			return 0, fmt.Errorf("a throughput must be above 0")
		}
		return 1 / seconds, nil
	}
	return seconds, err
}

// average is the mean of what draw gives, and the first thing that was wrong.
func (d *dice) average(draw func() (float64, error)) (mean time.Duration, problem string) {
	sum := 0.0
	d.each(func() {
		x, err := draw()
		if err != nil && problem == "" {
			problem = err.Error()
		}
		sum += x
	})
	return time.Duration(math.Round(sum / float64(d.draws) * 1e9)), problem
}
