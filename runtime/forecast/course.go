package forecast

import (
	"math"

	"throng/dsl/plan"
)

// stretch is a part of a task, on average: what happens in it, how long it
// takes, and for how many it is not the last.
type stretch struct {
	deeds  []deed // their times and afters from the part's own start
	busy   [numAnswers]float64
	alive  float64 // share that does not leave the task in it
	waited bool    // there is a pause in it
	after  [numAnswers]float64
}

// course is a list of steps as one part.
func (d *dice) course(steps []plan.Step) stretch {
	p := stretch{alive: 1}
	var beats [][]deed
	var since []float64
	for _, s := range steps {
		p.then(d.part(s))
		if o, ok := s.(*plan.Socket); ok && len(o.Beats) > 0 {
			beats, since = append(beats, lasting(d.beats(o), p.alive)), append(since, p.busy[assumed])
		}
	}
	for i := range beats { // of sockets that are open until here
		p.deeds = append(p.deeds, lasting(beats[i], p.busy[assumed]-since[i])...)
	}
	return p
}

// then goes on with another part.
func (p *stretch) then(q stretch) {
	for _, x := range q.deeds {
		x.times *= p.alive
		switch {
		case x.waited:
			for a := range answers {
				x.after[a] += p.busy[a]
			}
		case p.waited:
			x.waited, x.after = true, p.after
		}
		p.deeds = append(p.deeds, x)
	}
	for a := range answers {
		if q.waited {
			p.after[a] = p.busy[a] + q.after[a]
		}
		p.busy[a] += p.alive * q.busy[a]
	}
	p.waited = p.waited || q.waited
	p.alive *= q.alive
}

// part is one step.
func (d *dice) part(s plan.Step) stretch {
	switch s := s.(type) {
	case *plan.Request:
		p := stretch{deeds: []deed{{series: s.Series, request: true, times: 1}}, busy: answers, alive: 1}
		p.deeds = append(p.deeds, recorded(s.Records)...)
		if s.Stream != nil {
			d.assume(s.Stream.Site, "how long the stream goes on is not known before the run; it counts as any other answer")
		}
		return p
	case *plan.Socket:
		return d.socketPart(s)
	case *plan.Send:
		return sendPart(s)
	case *plan.Receive:
		return receivePart(s)
	case *plan.Group:
		p := stretch{deeds: []deed{{series: s.Series, times: 1}}, alive: 1}
		p.then(d.course(s.Steps))
		return p
	case *plan.Pause:
		return d.pausePart(s)
	case *plan.When:
		return d.whenPart(s)
	case *plan.Repeat:
		return d.repeatPart(s)
	case *plan.Loop:
		return d.loopPart(s)
	case *plan.Choose:
		return d.choosePart(s)
	case *plan.Parallel:
		return d.parallelPart(s)
	case *plan.Retry:
		return d.course(s.Steps) // if every step succeeds
	case *plan.Call:
		for i := range s.Inputs {
			v, _ := d.eval(s.Inputs[i].Value)
			d.put(s.Inputs[i].Slot, v)
		}
		return d.course(s.Steps)
	case *plan.Leave:
		if s.Reach != plan.FailureTask {
			d.assume(s.Site, "who leaves here is counted as if its next task followed")
		}
		return stretch{}
	}
	return stretch{alive: 1}
}

func (d *dice) put(slot int, v plan.Value) {
	if slot >= 0 && slot < len(d.frame.Slots) {
		d.frame.Slots[slot] = v
	}
}

func (d *dice) pausePart(s *plan.Pause) stretch {
	mean, problem := d.average(func() (float64, error) { return d.number(s.For) })
	if problem != "" {
		d.assume(s.Site, "the pause is not known before the run and counts as 0")
	}
	p := stretch{alive: 1, waited: true}
	for a := range answers {
		p.busy[a] = mean.Seconds()
	}
	p.after = p.busy
	return p
}

// branches are parts of which one is taken, with such shares.
func branches(parts []stretch, shares []float64) stretch {
	var out stretch
	out.alive = 1
	for i, p := range parts {
		share := shares[i]
		if share == 0 {
			continue
		}
		for _, x := range p.deeds {
			x.times *= share
			out.deeds = append(out.deeds, x)
		}
		for a := range answers {
			out.busy[a] += share * p.busy[a]
			out.after[a] += share * p.after[a]
		}
		out.waited = out.waited || p.waited
		out.alive -= share * (1 - p.alive)
	}
	return out
}

func (d *dice) whenPart(s *plan.When) stretch {
	holds, ok := d.expect(func() (float64, error) {
		v, err := d.sure(s.Condition)
		if v.True() {
			return 1, err
		}
		return 0, err
	})
	if !ok {
		holds = 0.5
		d.assume(s.Site, "whether the condition holds is not known before the run; it counts as every other time")
	}
	return branches([]stretch{d.course(s.Then), d.course(s.Else)}, []float64{holds, 1 - holds})
}

func (d *dice) repeatPart(s *plan.Repeat) stretch {
	n, ok := 1.0, false
	if s.Count != nil {
		n, ok = d.expect(func() (float64, error) { return d.times(s.Count) })
	}
	if !ok {
		n = 1
		d.assume(s.Site, "how many rounds there will be is not known before the run; it counts as one")
	}
	every := 0.0
	if s.Every != nil {
		mean, _ := d.average(func() (float64, error) { return d.number(s.Every) })
		every = mean.Seconds()
	}
	return rounds(d.course(s.Steps), n, every)
}

// times draws a number of times.
func (d *dice) times(e plan.Expr) (float64, error) {
	v, err := d.sure(e)
	switch {
	case err != nil:
		return 0, err
	case !v.IsNumber():
		return 0, errNumber
	}
	return math.Max(0, math.Floor(v.Float64())), nil
}

func (d *dice) loopPart(s *plan.Loop) stretch {
	first, known := plan.Value{}, false
	n, ok := d.expect(func() (float64, error) {
		v, err := d.sure(s.In)
		if items := v.Items(); len(items) > 0 {
			first, known = items[0], true
		} else if fields := v.Fields(); len(fields) > 0 {
			first, known = fields[0].Value, true
		}
		return float64(len(v.Items()) + len(v.Fields())), err
	})
	if !ok {
		n, known = 1, false
		d.assume(s.Site, "how many elements loop %q has is not known before the run; it counts as one", s.Label)
	}
	d.put(s.Value, plan.Value{})
	if known {
		d.put(s.Value, first)
		d.put(s.Index, plan.IntValue(0))
	}
	return rounds(d.course(s.Steps), n, 0)
}

// rounds are a part again and again, n times on average if nobody leaves it,
// no more often than every so many seconds.
func rounds(q stretch, n, every float64) stretch {
	visits := geometric(q.alive, n)
	once := math.Min(1, visits)
	again := visits - once
	out := stretch{alive: math.Pow(q.alive, n), waited: q.waited && visits > 0 || every > 0 && again > 0}
	var period [numAnswers]float64
	for a := range answers {
		period[a] = math.Max(q.busy[a], every)
		out.busy[a] = once*q.busy[a] + again*period[a]
		out.after[a] = again*period[a] + once*q.after[a]
	}
	for _, x := range q.deeds {
		first, later := x, x
		first.times *= once
		out.deeds = append(out.deeds, first)
		if later.times *= again; later.times == 0 {
			continue
		}
		if q.waited || every > 0 {
			if !x.waited {
				later.waited, later.after = true, [numAnswers]float64{}
			}
			for a := range answers {
				later.after[a] += period[a] * (1 + again) / 2 // in the middle round of those
			}
		}
		out.deeds = append(out.deeds, later)
	}
	return out
}

// geometric is the expected number of n rounds that are begun, if each is
// followed by another one with such a probability.
func geometric(q, n float64) float64 {
	if q >= 1 {
		return n
	}
	return (1 - math.Pow(q, n)) / (1 - q)
}

func (d *dice) choosePart(s *plan.Choose) stretch {
	var parts []stretch
	var weights []float64
	for i := range s.Branches {
		parts = append(parts, d.course(s.Branches[i].Steps))
		weights = append(weights, s.Branches[i].Weight)
	}
	if s.On == nil {
		return branches(parts, normal(weights))
	}
	parts = append(parts, d.course(s.Else))
	counts := make([]float64, len(parts))
	_, ok := d.expect(func() (float64, error) {
		v, err := d.sure(s.On)
		taken := len(s.Branches)
		for i := range s.Branches {
			if s.Branches[i].Name == v.Text() && !v.IsNull() {
				taken = i
				break
			}
		}
		counts[taken]++
		return 0, err
	})
	if !ok {
		d.assume(s.Site, "which branch is taken is not known before the run; all count as equally frequent")
		for i := range counts {
			counts[i] = 1
		}
		if !s.HasElse {
			counts[len(counts)-1] = 0
		}
	}
	return branches(parts, normal(counts))
}

// parallelPart takes as long as its longest child, or as all of them in as
// many lanes as there may be.
func (d *dice) parallelPart(s *plan.Parallel) stretch {
	out := stretch{alive: 1}
	var sum, longest [numAnswers]float64
	for _, step := range s.Steps {
		n := 1.0
		p := d.part(step)
		one := p
		switch step := step.(type) {
		case *plan.Repeat:
			if step.Count != nil {
				one = d.course(step.Steps)
				n, _ = d.expect(func() (float64, error) { return d.times(step.Count) })
			}
		case *plan.Loop:
			one = d.course(step.Steps)
		}
		for a := range answers {
			sum[a] += math.Max(p.busy[a], n*one.busy[a])
			longest[a] = math.Max(longest[a], one.busy[a])
		}
		out.deeds = append(out.deeds, p.deeds...)
		out.alive *= p.alive
		if p.waited {
			out.waited = true
		}
	}
	for a := range answers {
		out.busy[a] = longest[a]
		if s.Limit > 0 {
			out.busy[a] = math.Max(longest[a], sum[a]/float64(s.Limit))
		}
		if out.waited {
			out.after[a] = out.busy[a]
		}
	}
	return out
}
