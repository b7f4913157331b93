package forecast

import (
	"math"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report"
)

// lives are the lifetimes of users as the language has them.
var lives = [...]string{plan.LifetimeRun: "run", plan.LifetimeIteration: "iteration"}

// classes is who comes, and what they do.
func (b *builder) classes() []Class {
	list := []Class{}
	for i := range b.plan.Classes {
		c, h := &b.plan.Classes[i], b.habits[i]
		out := Class{
			Name: c.Name, Weight: report.Num(c.Weight), Fixed: c.FixedCount, Site: b.site(c.Site),
			Off: c.FixedCount == 0 && b.shared[i] == 0, Share: report.Num(b.shared[i]),
			Life: lives[c.Lifetime], Users: int64(math.Round(b.users[i])), Started: int64(math.Round(b.run.started[i])),
			Iterations: report.Num(b.run.iterations[i][assumed]), MostIterations: num(b.run.iterations[i][atOnce]),
			PerIteration: report.Num(h.requests), Extra: report.Num(b.extra(i)), Traffic: b.classTraffic(i),
			Start: b.steps(i, c.Start), Stop: b.steps(i, c.Stop), Tasks: []Task{},
		}
		for t := range c.Tasks {
			task := b.task(i, &c.Tasks[t])
			task.Share, task.Off = report.Num(h.shares[t]), h.shares[t] == 0
			task.Iterations = report.Num(h.shares[t] * b.run.iterations[i][assumed])
			out.TotalWeight += task.Weight
			out.Tasks = append(out.Tasks, task)
		}
		out.Wait = classWait(out.Tasks)
		out.Wait.Ignored = b.isOpen(i) && out.Wait.Law != "none"
		list = append(list, out)
	}
	return list
}

func (b *builder) classTraffic(class int) Traffic {
	var sum, peak [numAnswers]float64
	for a := range answers {
		for s := range b.plan.Series {
			if b.counted(class, s) {
				sum[a] += b.all[s][a]
			}
		}
		peak[a] = b.pace(class, a)
	}
	return traffic(sum, peak)
}

// counted reports that a series is of requests of a class.
func (b *builder) counted(class, series int) bool {
	s := &b.plan.Series[series]
	return s.Class == class && s.Kind == plan.RequestSeries
}

// extra is how many requests are sent in start and stop steps.
func (b *builder) extra(class int) (sum float64) {
	for s := range b.plan.Series {
		if b.counted(class, s) {
			sum += b.aside(b.run, class, s)
		}
	}
	return sum
}

// product is a·b where nothing of what has no bound is nothing.
func product(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a * b
}

func (b *builder) task(class int, t *plan.Task) Task {
	d := b.dice[class]
	out := Task{
		Name: b.text(t.Name), Weight: report.Num(t.Weight), Site: b.site(t.Site), Sequence: []Task{}, Next: []Follow{},
		Steps: b.steps(class, t.Steps), Wait: b.wait(d, t.Wait),
	}
	for i := range out.Steps {
		out.Pauses += out.Steps[i].Pause
	}
	children := t.Children()
	for i := range children {
		out.Sequence = append(out.Sequence, b.task(class, &children[i]))
		out.Pauses += out.Sequence[i].Pauses
	}
	if n := len(out.Sequence); n > 0 {
		out.Wait = out.Sequence[n-1].Wait
	}
	if out.Set = t.Set != nil; out.Set {
		_, counts, _ := d.picked(t)
		for i, share := range normal(counts) {
			out.Sequence[i].Share, out.Sequence[i].Off = report.Num(share), !t.Set.Picks(i)
		}
		out.Next = append(out.Next, follows(t.Set, func(i int) string { return b.text(t.Set.Tasks[i].Name) })...)
		if t.Set.Iterations != nil {
			n, _ := d.expect(func() (float64, error) { return d.times(t.Set.Iterations) })
			out.Picks = report.Num(n)
		}
	}
	requests := 0.0
	for _, x := range d.rhythm(t).deeds {
		if x.request {
			requests += x.times
		}
	}
	out.Requests = int(math.Round(requests))
	return out
}

var waitLaws = [...]string{"none", "for", "pacing", "throughput"}

func (b *builder) wait(d *dice, w plan.Wait) Wait {
	out := Wait{Law: waitLaws[w.Kind], Text: b.text(w.Text)}
	mean, problem := d.average(func() (float64, error) { return d.wait(w) })
	out.Mean, out.Unknown = report.Ms(mean), b.text(problem)
	return out
}

// classWait is the wait that the tasks of a class have in common, or their
// mean by share.
func classWait(tasks []Task) Wait {
	mixed, mean := false, 0.0
	var first *Wait
	unknown := ""
	for i := range tasks {
		t := &tasks[i]
		if t.Share == 0 {
			continue
		}
		if first == nil {
			first = &t.Wait
		}
		mixed = mixed || t.Wait.Law != first.Law || t.Wait.Text != first.Text
		mean += float64(t.Share) * float64(t.Wait.Mean)
		if unknown == "" {
			unknown = t.Wait.Unknown
		}
	}
	switch {
	case first == nil:
		return Wait{Law: "none"}
	case !mixed:
		return *first
	}
	return Wait{Law: "mixed", Mean: report.Ms(math.Round(mean)), Unknown: unknown}
}

// requests are the rows with what they will count, and the sum of requests.
func (b *builder) requests() (requests, groups, metrics []Request, total Traffic) {
	requests, groups, metrics = []Request{}, []Request{}, []Request{}
	n := len(b.plan.Rows)
	counts, peaks := make([][numAnswers]float64, n), make([][numAnswers]float64, n)
	measured, off := make([]float64, n), make([]bool, n)
	var sum, peak [numAnswers]float64
	for r := range off {
		off[r] = true
	}
	for s := range b.plan.Series {
		series := &b.plan.Series[s]
		row := series.Row
		off[row] = off[row] && !b.happens(s)
		measured[row] += b.judged[s][assumed]
		for a := range answers {
			rate := b.rate(s, a)
			counts[row][a] += b.all[s][a]
			peaks[row][a] += rate
			if series.Kind == plan.RequestSeries {
				sum[a] += b.all[s][a]
				peak[a] += rate
			}
		}
	}
	for i := range b.plan.Rows {
		row := &b.plan.Rows[i]
		out := Request{
			Name: b.text(row.Label()), Site: b.site(row.Site), Off: off[i], SLAs: []string{},
			Traffic: traffic(counts[i], peaks[i]), Measured: report.Num(measured[i]),
		}
		switch row.Kind {
		case plan.GroupSeries:
			groups = append(groups, out)
			continue
		case plan.MetricSeries:
			metrics = append(metrics, out)
			continue
		}
		if row.Target >= 0 && row.Target < len(b.plan.Targets) {
			out.Target = b.plan.Targets[row.Target].Name
		}
		if sum[assumed] > 0 && !math.IsInf(sum[assumed], 0) {
			out.Share = report.Num(counts[i][assumed] / sum[assumed])
		}
		requests = append(requests, out)
	}
	if len(b.plan.Profile.Loads) > 1 {
		_, _, peak = b.together() // not all of them are there at once
	}
	return requests, groups, metrics, traffic(sum, peak)
}

// happens reports whether a series can have samples at all: its class is on,
// and so is its task.
func (b *builder) happens(series int) bool {
	class := b.plan.Series[series].Class
	h := b.habits[class]
	on := b.plan.Classes[class].FixedCount > 0 || b.shared[class] > 0
	return on && (b.shares[series] || h.start[series]+h.stop[series]+h.iteration[series]+h.beats[series] > 0)
}

// measured is how long figures are taken: from the end of the warm-up on.
func (b *builder) measured() time.Duration {
	return max(0, b.end-b.plan.Profile.Warmup)
}
