package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"throng/dsl/plan"
	"throng/runtime/pace"
)

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
	frame   plan.Frame
	source  mirror
	draws   int
	draw    int
	seed    uint64
	class   int
	unsure  []int // slots that steps change: their first values say nothing of a condition
	assumed []assumption
}

// assumption is something that the reckoning takes for granted, as it is not
// known before the run.
type assumption struct {
	site plan.SiteID
	text string
}

func (d *dice) assume(site plan.SiteID, format string, args ...any) {
	a := assumption{site, fmt.Sprintf(format, args...)}
	if !slices.Contains(d.assumed, a) {
		d.assumed = append(d.assumed, a)
	}
}

func (d *dice) plan() *plan.Plan { return d.frame.Plan }

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
	d := &dice{draws: draws, seed: pace.Mix(p.Seed, uint64(class)), class: class, unsure: changed(c)}
	d.frame = plan.Frame{
		Plan: p, Rand: rand.New(&d.source),
		User: plan.UserInfo{Class: c.Name}, Run: plan.RunInfo{Profile: p.Profile.Name},
		Slots: make([]plan.Value, len(c.Slots)), Rows: make([]int, len(p.Data)), Private: make([]any, len(p.Fallbacks)),
		NextRow: func(data int) (int, error) {
			n := p.Data[data].Rows
			if p.Data[data].Endless {
				n = 1 << 20
			}
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

// changed are the slots that steps of a class change.
func changed(c *plan.Class) []int {
	var slots []int
	captured := func(list []plan.Capture) {
		for i := range list {
			slots = append(slots, list[i].Slot)
		}
	}
	note := func(s plan.Step) {
		switch s := s.(type) {
		case *plan.Request:
			captured(s.Captures)
		case *plan.Receive:
			captured(s.Captures)
		case *plan.Send:
			if s.Reply != nil {
				captured(s.Reply.Captures)
			}
		case *plan.Socket:
			for i := range s.Handlers {
				captured(s.Handlers[i].Captures)
			}
		case *plan.Set:
			for i := range s.Values {
				slots = append(slots, s.Values[i].Slot)
			}
		}
	}
	var tasks func([]plan.Task)
	tasks = func(list []plan.Task) {
		for i := range list {
			plan.Walk(list[i].Steps, note)
			tasks(list[i].Children())
		}
	}
	plan.Walk(c.Start, note)
	tasks(c.Tasks)
	plan.Walk(c.Stop, note)
	slices.Sort(slots)
	return slices.Compact(slots)
}

// sure evaluates what decides the way a user takes: without the values that
// steps change, which makes it an error where one is needed.
func (d *dice) sure(e plan.Expr) (plan.Value, error) {
	kept := slices.Clone(d.frame.Slots)
	for _, i := range d.unsure {
		if i < len(d.frame.Slots) {
			d.frame.Slots[i] = plan.Value{}
		}
	}
	v, err := d.eval(e)
	copy(d.frame.Slots, kept)
	return v, err
}

// expect is the mean of what draw gives; false where it cannot be told.
func (d *dice) expect(draw func() (float64, error)) (mean float64, ok bool) {
	sum, ok := 0.0, true
	d.each(func() {
		if !ok {
			return
		}
		x, err := draw()
		if err != nil {
			ok = false
		}
		sum += x
	})
	return sum / float64(d.draws), ok
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

// delay draws what is a length of time already, without making a number of it
// that holds every digit.
func (d *dice) delay(x plan.Delayer) (delay time.Duration, ok bool) {
	defer func() { ok = recover() == nil && ok }()
	return x.Delay(&d.frame)
}

// number draws a time in seconds, or a rate. Below 0 counts as 0.
func (d *dice) number(e plan.Expr) (float64, error) {
	const century = 100 * 365 * 24 * 3600
	if e == nil {
		return 0, nil
	}
	if x, ok := e.(plan.Delayer); ok {
		if delay, ok := d.delay(x); ok {
			return math.Min(century, math.Max(0, delay.Seconds())), nil
		}
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

// length draws how long it is from the start of a task whose steps are one
// course to the next one's, if an answer takes so long.
func (d *dice) length(t *plan.Task, answer float64) float64 {
	busy := 0.0
	plan.Walk(t.Steps, func(s plan.Step) {
		if awaits(s) {
			busy += answer
		}
		if s, ok := s.(*plan.Pause); ok {
			seconds, _ := d.number(s.For)
			busy += seconds
		}
	})
	return d.paced(t, busy)
}

// paced draws how long it is to the start of the next task, after one that
// took so long.
func (d *dice) paced(t *plan.Task, busy float64) float64 {
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
