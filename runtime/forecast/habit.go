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
	tasks       []rhythm
	start, stop []float64 // by series, each once
	iteration   []float64 // by series, on average
	requests    float64   // an iteration
	begins      [numAnswers]float64
	busy        [numAnswers]float64 // an iteration without its wait
	mean        [numAnswers]float64 // from one iteration's start to the next
	square      [numAnswers]float64
}

// rhythm is the course of one task.
type rhythm struct {
	series       []float64
	requests     int
	pauses       float64
	busy         [numAnswers]float64
	mean, square [numAnswers]float64
}

// begun is how many iterations a user begins in so many seconds of life.
// Beside those that fit it is the one that is under way at the end: in a
// renewal process half an iteration more, and more where lengths vary.
func (h *habit) begun(answer int, life float64) float64 {
	life -= h.begins[answer]
	mean := h.mean[answer]
	switch {
	case life <= 0 || len(h.tasks) == 0:
		return 0
	case mean <= 0:
		return math.Inf(1)
	}
	return math.Max(1, life/mean+h.square[answer]/(mean*mean)/2)
}

func (b *builder) habit(class int) *habit {
	c := &b.plan.Classes[class]
	d := b.dice[class]
	h := &habit{shares: shares(c.Tasks), iteration: make([]float64, len(b.plan.Series))}
	start, stop := b.course(d, c.Start), b.course(d, c.Stop)
	h.start, h.stop, h.begins = start.series, stop.series, start.busy
	for i := range c.Tasks {
		r := b.rhythm(d, &c.Tasks[i])
		h.tasks = append(h.tasks, r)
		share := h.shares[i]
		h.requests += share * float64(r.requests)
		for s, n := range r.series {
			h.iteration[s] += share * n
		}
		for a := range answers {
			h.busy[a] += share * r.busy[a]
			h.mean[a] += share * r.mean[a]
			h.square[a] += share * r.square[a]
		}
	}
	return h
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

// course is the rhythm of a list of steps without a wait.
func (b *builder) course(d *dice, steps []plan.Step) rhythm {
	return b.rhythm(d, &plan.Task{Steps: steps})
}

func (b *builder) rhythm(d *dice, t *plan.Task) rhythm {
	r := rhythm{series: make([]float64, len(b.plan.Series))}
	tally(t, func(s int, request bool) {
		r.series[s]++
		if request {
			r.requests++
		}
	})
	d.each(func() {
		for a, answer := range answers {
			d.rewind()
			length, busy, pauses := d.length(t, answer)
			r.mean[a] += length
			r.square[a] += length * length
			r.busy[a] += busy
			if a == atOnce {
				r.pauses += pauses
			}
		}
	})
	n := float64(d.draws)
	r.pauses /= n
	for a := range answers {
		r.mean[a] /= n
		r.square[a] /= n
		r.busy[a] /= n
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

// length draws how long it is from a task's start to the next one's, if an
// answer takes so long, and how much of it the task itself and its pauses are.
func (d *dice) length(t *plan.Task, answer float64) (length, busy, pauses float64) {
	for i := range t.Sequence {
		l, b, p := d.length(&t.Sequence[i], answer)
		length, busy, pauses = length+l, busy+b, pauses+p
	}
	if len(t.Sequence) > 0 {
		return length, busy, pauses
	}
	walk(t.Steps, 0, func(s plan.Step, _ int) {
		switch s := s.(type) {
		case *plan.Request:
			busy += answer
		case *plan.Pause:
			seconds, _ := d.number(s.For)
			busy, pauses = busy+seconds, pauses+seconds
		}
	})
	wait, _ := d.wait(t.Wait)
	switch t.Wait.Kind {
	case plan.WaitFor:
		return busy + wait, busy, pauses
	case plan.WaitPacing, plan.WaitThroughput:
		return math.Max(busy, wait), busy, pauses
	}
	return busy, busy, pauses
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
