package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/estimate"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// Compare compares two sides.
func Compare(base, now Side, o Options) (*Comparison, error) {
	o.Relative, o.Absolute = cmp.Or(o.Relative, DefaultRelative), cmp.Or(o.Absolute, DefaultAbsolute)
	n, paired, err := blocksFor(base.Runs, now.Runs)
	if err != nil {
		return nil, fmt.Errorf("reading the course of the runs: %w", err)
	}
	j := &judging{o: o, noise: map[string]float64{}}
	for _, s := range []struct {
		Side
		to *side
	}{{base, &j.base}, {now, &j.now}} {
		s.to.name, s.to.paired, s.to.blocks = s.Name, paired, n
		for _, r := range s.Runs {
			c, err := cut(r, n)
			if err != nil {
				return nil, fmt.Errorf("reading the course of %s: %w", cmp.Or(r.Dir, s.Name), err)
			}
			s.to.courses = append(s.to.courses, c)
		}
	}
	c := &Comparison{
		FormatVersion: FormatVersion, Base: factsOf(base), Now: factsOf(now), Paired: paired,
		Relative: Num(o.Relative), Absolute: Num(float64(o.Absolute) / 1e6), Confidence: Confidence,
		Doubts: []string{}, Unmade: []string{}, Noise: []Noise{}, Requests: []Request{}, SLAs: []SLA{},
	}
	c.Plans = plansOf(base, now)
	j.learn(c)
	j.requests(c)
	if err := j.slas(c); err != nil {
		return nil, err
	}
	j.settle(c)
	c.conclude()
	return c, nil
}

// judging is a comparison in the making.
type judging struct {
	o         Options
	base, now side
	noise     map[string]float64 // by figure: variance between repeats
	repeats   float64            // degrees of freedom the noise was learned from
	open      []*open            // figures that have a test, until all are known
}

// open is a change whose word waits for the other tests.
type open struct {
	f      figure
	change *Change
	d      difference
	p      float64
}

// learn estimates from repeats how much runs of the same differ beyond what
// their samples explain: by the method of moments, over all requests
// (DerSimonian and Laird 1986).
func (j *judging) learn(c *Comparison) {
	if len(j.base.courses) < 2 && len(j.now.courses) < 2 {
		return
	}
	for _, f := range figures {
		var excess, degrees float64
		for _, label := range j.labels() {
			for _, s := range []*side{&j.base, &j.now} {
				m := s.of([]string{label})
				if len(m.runs) < 2 || f.samples(&m) < f.needs()*int64(len(m.runs)) {
					continue
				}
				e, d := f.scatter(&m)
				excess, degrees = excess+e, degrees+d
			}
		}
		if degrees == 0 {
			continue
		}
		j.noise[f.name] = max(0, excess/degrees)
		j.repeats = max(j.repeats, degrees)
		c.Noise = append(c.Noise, Noise{f.name, Num(math.Sqrt(j.noise[f.name])), len(j.base.courses) + len(j.now.courses)})
	}
}

// scatter is by how much the squares of what runs differ exceed those that
// their samples explain, and over how many degrees of freedom.
func (f figure) scatter(m *material) (excess, degrees float64) {
	var values []float64
	inside := 0.0
	for r := range m.runs {
		one := m.only(r)
		if one.total.Count() == 0 {
			return 0, 0
		}
		e := f.estimate(&one)
		v := math.Log(e.value)
		if f.metric == plan.ErrorRate {
			v = e.value
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, 0
		}
		own, _ := variance(e.influence[0])
		values, inside = append(values, v), inside+own/float64(len(m.runs))
	}
	mean := estimate.Mean(values)
	degrees = float64(len(values) - 1)
	for _, v := range values {
		excess += (v - mean) * (v - mean)
	}
	return excess - inside*degrees, degrees
}

// labels are the requests and groups of both sides, the base's first.
func (j *judging) labels() (list []string) {
	for _, s := range []*side{&j.base, &j.now} {
		for _, c := range s.courses {
			for _, r := range c.run.Rows {
				if c.cells[r.Label] != nil && !slices.Contains(list, r.Label) {
					list = append(list, r.Label)
				}
			}
		}
	}
	return list
}

func (j *judging) requests(c *Comparison) {
	labels := j.labels()
	c.Requests = make([]Request, 0, len(labels)) // it grows no more: tests point into it
	for _, label := range labels {
		a, b := j.base.of([]string{label}), j.now.of([]string{label})
		if a.total.Count() == 0 && b.total.Count() == 0 {
			c.Unmade = append(c.Unmade, label)
			continue
		}
		c.Requests = append(c.Requests, Request{})
		r := &c.Requests[len(c.Requests)-1]
		*r = Request{Request: label, Figures: make([]Change, len(figures)), Slower: slower(a.total, b.total), base: a.total, now: b.total}
		switch {
		case a.total.Count() == 0 && b.total.Count() > 0:
			r.OnlyIn = "candidate"
		case b.total.Count() == 0 && a.total.Count() > 0:
			r.OnlyIn = "base"
		}
		for k, f := range figures {
			j.compare(f, &a, &b, &r.Figures[k])
		}
	}
}

// compare fills in what can be said of a figure now; a test's word waits.
func (j *judging) compare(f figure, a, b *material, to *Change) {
	*to = Change{Figure: f.name, Unit: f.unit(), Word: Few}
	na, nb := f.samples(a), f.samples(b)
	if na == 0 || nb == 0 {
		to.Base, to.Now = f.shown(a), f.shown(b)
		to.Reason = "nothing to compare with"
		return
	}
	ea, eb := f.estimate(a), f.estimate(b)
	to.Base, to.Now, to.Bounded = f.scaled(ea.value), f.scaled(eb.value), eb.bounded
	d := f.between(ea, eb, a.paired)
	to.Change = num(f.change(d.by))
	switch {
	case min(na, nb) < f.needs():
		to.has, to.needs = min(na, nb), f.needs()
		to.Reason = fmt.Sprintf("%s, and %s are needed", plural(int(to.has), "sample"), text.Count(to.needs))
		return
	case a.blocks < least:
		to.Reason = fmt.Sprintf("the runs are too short: %d s are needed", least)
		return
	case ea.bounded:
		to.Reason = "timeouts reach it in the base, so nobody knows what it was"
		return
	}
	if eb.bounded && f.metric == plan.Quantile {
		d = overdue(a, b, int64(ea.value), d, a.paired)
	}
	d = j.withNoise(f, d)
	o := &open{f: f, change: to, d: d, p: estimate.TwoSided(d.by/d.error, d.degrees)}
	if d.error == 0 {
		o.p = 1
		if d.by != 0 {
			o.p = 0
		}
	}
	j.open = append(j.open, o)
}

// overdue keeps the size of a change that timeouts bound from below, and takes
// its error from the share of answers that took longer than the base's
// percentile, which is known.
func overdue(a, b *material, limit int64, d difference, paired bool) difference {
	share := func(m *material) estimated {
		n := float64(m.total.Judged())
		up := 0.0
		for _, run := range m.runs {
			for _, s := range run {
				up += float64(s.Judged() - upTo(s, limit))
			}
		}
		return m.residuals(up/n, n, func(s *record.Stats, _ float64) (float64, float64) {
			return float64(s.Judged() - upTo(s, limit)), float64(s.Judged())
		})
	}
	of := figure{metric: plan.ErrorRate}.between(share(a), share(b), paired)
	d.degrees = of.degrees
	if of.by > 0 && of.error > 0 {
		d.error = d.by * of.error / of.by // as far from zero, in errors, as the shares are apart
	}
	return d
}

// withNoise adds what repeats of the same differ by.
func (j *judging) withNoise(f figure, d difference) difference {
	variance, known := j.noise[f.name]
	if !known && f.metric == plan.Quantile {
		variance = j.noise["p95"] // stands for percentiles that only an SLA names
	}
	between := variance * (1/float64(len(j.base.courses)) + 1/float64(len(j.now.courses)))
	if between == 0 {
		return d
	}
	inside := d.error * d.error
	all := inside + between
	d.degrees = all * all / (inside*inside/max(1, d.degrees) + between*between/max(1, j.repeats))
	d.error = math.Sqrt(all)
	return d
}

// settle gives every test its word, when all are known.
func (j *judging) settle(c *Comparison) {
	p := make([]float64, len(j.open))
	for i, o := range j.open {
		p[i] = o.p
	}
	c.Tests = len(p)
	for i, adjusted := range estimate.Holm(p) {
		j.word(j.open[i], adjusted)
	}
	for i := range c.Requests {
		c.Requests[i].Word = worst(c.Requests[i].Figures)
	}
}

func (j *judging) word(o *open, adjusted float64) {
	to, half := o.change, 0.0
	if o.d.error > 0 {
		half = estimate.Student(Confidence, o.d.degrees) * o.d.error
	}
	to.Low, to.High = num(o.f.change(o.d.by-half)), num(o.f.change(o.d.by+half))
	to.Chance, to.Adjusted, to.Word = num(o.p), num(adjusted), Same
	if o.d.error > 0 {
		to.Effect = num(o.d.by / o.d.error)
	}
	relevant := j.relevant(o)
	switch sure := adjusted <= 1-Confidence; {
	case sure && relevant && (o.d.by > 0) == (o.f.metric != plan.Throughput):
		to.Word = Worse
	case sure && relevant:
		to.Word = Better
	case sure:
		to.Reason = "real, but too small to matter"
	case half > j.blind(o):
		to.Word = Few
		to.Reason = fmt.Sprintf("a change of %s could hide", o.f.size(half))
	case relevant:
		to.Reason = "within the noise"
	}
}

// relevant reports whether a change is large enough to matter.
func (j *judging) relevant(o *open) bool {
	a, b := float64(*o.change.Base), float64(*o.change.Now)
	switch o.f.metric {
	case plan.ErrorRate:
		return math.Abs(b-a) >= max(leastErrors, j.o.Relative*a)
	case plan.Throughput:
		return math.Abs(b-a) >= j.o.Relative*a
	}
	return math.Abs(b-a) >= max(float64(j.o.Absolute)/1e6, j.o.Relative*a)
}

// blind is half the width of an interval from which on "no difference" would
// say nothing.
func (j *judging) blind(o *open) float64 {
	most := max(0.25, 4*j.o.Relative)
	if o.f.metric == plan.ErrorRate {
		return max(0.02, most*float64(*o.change.Base))
	}
	return math.Log1p(most)
}

// change is a difference as the part more than before; of an error rate the
// difference itself.
func (f figure) change(by float64) float64 {
	if f.metric == plan.ErrorRate {
		return by
	}
	return math.Expm1(by)
}

// size writes a change: "12 %", of an error rate "1.2 points".
func (f figure) size(by float64) string {
	if f.metric == plan.ErrorRate {
		return text.Percent(by) + " points"
	}
	return text.Percent(math.Expm1(by)) + " %"
}

// scaled is a value in the figure's unit.
func (f figure) scaled(v float64) *Num {
	if f.unit() == "ms" {
		v /= 1e6
	}
	return num(v)
}

// shown is the figure of a side, nil without a sample.
func (f figure) shown(m *material) *Num {
	if f.samples(m) == 0 {
		return nil
	}
	return f.scaled(f.estimate(m).value)
}
