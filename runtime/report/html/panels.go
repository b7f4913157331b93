package html

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/analyze"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// timelineSection are the charts of all requests over time.
type timelineSection struct {
	Says       string
	Resolution string
	Panels     []panel
	Bands      []band
	Stages     table
	Marks      []markView
	Axis       []label
	Empty      bool
}

// panel is one chart: a drawing that fills its place, and its axis.
type panel struct {
	ID, Title, Unit string
	Says            string
	Drawing         template.HTML
	Labels          []label // of the y axis
	Limits          []limitLabel
	Legend          []legend
	Note            string
}

// limitLabel names a line; its places are percentages.
type limitLabel struct{ Right, Top, Text string }

type label struct{ At, Text string } // At is a percentage

type legend struct{ Class, Text string }

// band is a stage on the axis.
type band struct{ Left, Width, Name, Class string }

type markView struct {
	State      state
	At, Text   string
	Left       string
	Href, Kind string
}

func markText(m results.Mark) string {
	name := text.Clean(m.Name)
	switch m.Kind {
	case results.MarkStage:
		return "stage " + name + " begins"
	case results.MarkWarmup:
		return "the warm-up ends"
	case results.MarkAbort:
		return "aborted by " + name
	case results.MarkStop:
		return "no new work from here on"
	case results.MarkAlarm:
		return "generator: " + name
	case results.MarkEnd:
		return "the last user ended"
	case results.MarkBreach:
		return name + " is broken for the first time"
	case results.MarkRecovery:
		return name + " is kept again"
	}
	return name
}

// markStates give marks their symbols and colours.
var markStates = map[results.MarkKind]state{
	results.MarkAbort: stateOf(text.Fail), results.MarkBreach: stateOf(text.Fail), results.MarkAlarm: stateOf(text.Warn),
	results.MarkRecovery: stateOf(text.Pass),
}

// The drawings' own units: they are stretched to the place they get.
const drawWidth, drawHeight = 1000.0, 160.0

func (b *builder) timelineSection() timelineSection {
	t := b.t
	s := timelineSection{Empty: t.end == 0, Says: b.timelineSays()}
	if s.Empty {
		return s
	}
	s.Resolution = "Each point is one second."
	if t.width > time.Second {
		s.Resolution = fmt.Sprintf("Each point merges the histograms of %s; the maximum is kept, and no percentile is an average.", text.Whole(t.width))
	}
	s.Panels = []panel{b.ratePanel(), b.latencyPanel(), b.errorPanel(), b.userPanel()}
	for _, st := range t.stages {
		class := "band"
		if len(s.Bands)%2 == 1 {
			class = "band odd"
		}
		s.Bands = append(s.Bands, band{percent(t.share(st.from)), percent(t.share(st.to) - t.share(st.from)), text.Clean(st.name), class})
	}
	for _, v := range clockTicks(t.end, 8) {
		s.Axis = append(s.Axis, label{percent(t.share(v)), text.Clock(v)})
	}
	s.Stages = b.stageTable()
	for _, m := range b.run.Marks {
		v := markView{At: text.Clock(m.At), Text: markText(m), Left: percent(t.share(m.At)), Href: rangeLink(m.At-10*time.Second, m.At+20*time.Second), Kind: string(m.Kind)}
		v.State = markStates[m.Kind]
		if m.Kind != results.MarkStage {
			s.Marks = append(s.Marks, v)
		}
	}
	return s
}

// share is where a moment lies on the time axis, 0..1.
func (t *timeline) share(at time.Duration) float64 {
	if t.end == 0 {
		return 0
	}
	return min(1, max(0, at.Seconds()/t.end.Seconds()))
}

func percent(share float64) string { return f(share*100) + "%" }

// clockTicks are round moments of a run.
func clockTicks(end time.Duration, count int) []time.Duration {
	step := time.Second
	for _, w := range []time.Duration{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 4 * 3600, 6 * 3600, 12 * 3600, 24 * 3600} {
		if step = w * time.Second; end <= time.Duration(count)*step {
			break
		}
	}
	var list []time.Duration
	for at := time.Duration(0); at <= end; at += step {
		list = append(list, at)
	}
	return list
}

func (b *builder) x(i int) float64 {
	k := &b.t.buckets[i]
	return drawWidth * b.t.share(k.at+b.t.width/2)
}

// frame begins a drawing with what all of them share: the warm-up.
func (b *builder) frame(class, says string) *svg {
	g := &svg{}
	g.stretch(drawWidth, drawHeight, "plot "+class, says)
	if w := b.r.Warmup.Length; w > 0 {
		g.rect("warmup", 0, 0, drawWidth*b.t.share(time.Duration(w)), drawHeight)
	}
	return g
}

// linear is a scale from zero to the last of its round ticks.
func linear(most float64, write func(float64) string) (y func(float64) float64, labels []label) {
	list := ticks(most, 4)
	top := list[len(list)-1]
	for _, v := range list {
		labels = append(labels, label{percent(1 - v/top), write(v)})
	}
	return func(v float64) float64 { return drawHeight * (1 - v/top) }, labels
}

func (g *svg) grid(labels []label) {
	for _, l := range labels {
		var at float64
		fmt.Sscanf(l.At, "%f%%", &at)
		g.line("grid", 0, drawHeight*at/100, drawWidth, drawHeight*at/100)
	}
}

// rate is a number a second in a bucket.
func (k *bucket) rate(n int64) float64 {
	if k.length <= 0 {
		return 0
	}
	return float64(n) / k.length.Seconds()
}

func (b *builder) ratePanel() panel {
	var rates []float64
	most := 0.0
	failures, missed := false, false
	for i := range b.t.buckets {
		k := &b.t.buckets[i]
		r := k.rate(k.total.ok + k.total.failed)
		if k.seen && !k.warmup {
			rates = append(rates, r)
		}
		most = max(most, r, k.rate(k.missed))
		failures, missed = failures || k.total.failed > 0, missed || k.missed > 0
	}
	says := "No request was finished."
	if len(rates) > 0 && most > 0 {
		slices.Sort(rates)
		says = fmt.Sprintf("Requests finished a second: %s in the middle of the run's points, %s at most, %s at least.",
			text.Rate(rates[len(rates)/2]), text.Rate(rates[len(rates)-1]), text.Rate(rates[0]))
	}
	y, labels := linear(most, amountLabel)
	g := b.frame("rate", says)
	g.grid(labels)
	step := drawWidth * b.t.width.Seconds() / b.t.end.Seconds()
	for i := range b.t.buckets {
		if k := &b.t.buckets[i]; k.total.failed > 0 {
			top := y(k.rate(k.total.failed))
			g.rect("failed", b.x(i)-step/2, top, step, drawHeight-top)
		}
	}
	seen := func(of func(*bucket) int64) func(int) (float64, bool) {
		return func(i int) (float64, bool) { k := &b.t.buckets[i]; return y(k.rate(of(k))), k.seen }
	}
	g.printf(`<path class="ok" d="%s"/>`, curve(len(b.t.buckets), b.x, seen(func(k *bucket) int64 { return k.total.ok })))
	p := panel{ID: "rate", Title: "Requests finished", Unit: "a second", Says: says, Labels: labels, Legend: []legend{{"ok", "ok"}}}
	if failures {
		p.Legend = append(p.Legend, legend{"failed", "failed"})
	}
	if missed {
		g.printf(`<path class="missed" d="%s"/>`, curve(len(b.t.buckets), b.x, seen(func(k *bucket) int64 { return k.missed })))
		p.Legend = append(p.Legend, legend{"missed", "missed arrivals"})
	}
	p.Drawing = g.close()
	return p
}

func amountLabel(v float64) string { return text.Figure(v, text.Number) }

func (b *builder) latencyPanel() panel {
	low, high := math.Inf(1), 0.0
	for i := range b.t.buckets {
		c := &b.t.buckets[i].total
		if c.p50.Valid {
			low, high = min(low, float64(c.p50.Ns)), max(high, float64(c.max.Ns))
		}
	}
	l := &b.r.Total.Latency
	figure := func(name string) string { s, mark := l.Figure(name); return s + mark }
	says := "No response time is known."
	if high > 0 {
		says = fmt.Sprintf("Response times over the whole run: median %s, p95 %s, p99 %s, max %s.", figure("p50"), figure("p95"), figure("p99"), figure("max"))
	}
	limits := b.sharedLimits()
	for _, l := range limits {
		low, high = min(low, float64(l.At)*1e3), max(high, float64(l.At)*1e3)
	}
	also, note := b.limitsSay(limits)
	says += also
	y, labels := logarithmic(low, high)
	g := b.frame("latency", says)
	g.grid(labels)
	for _, line := range []struct {
		class string
		of    func(*cell) (int64, bool)
	}{
		{"max", func(c *cell) (int64, bool) { return c.max.Ns, c.max.Valid }}, {"p99", func(c *cell) (int64, bool) { return c.p99.Ns, c.p99.Valid }},
		{"p50", func(c *cell) (int64, bool) { return c.p50.Ns, c.p50.Valid }}, {"p95", func(c *cell) (int64, bool) { return c.p95.Ns, c.p95.Valid }},
	} {
		g.printf(`<path class="%s" d="%s"/>`, line.class, curve(len(b.t.buckets), b.x, func(i int) (float64, bool) {
			ns, ok := line.of(&b.t.buckets[i].total)
			return y(float64(ns)), ok
		}))
	}
	b.drawLimits(g, limits, y)
	p := panel{
		ID: "latency", Title: "Response time", Unit: "log scale", Says: says, Labels: labels, Drawing: g.close(), Limits: b.limitLabels(limits, y), Note: note,
		Legend: []legend{{"p50", "p50"}, {"p95", "p95"}, {"p99", "p99"}, {"max", "max"}},
	}
	if len(limits) > 0 {
		p.Legend = append(p.Legend, legend{"limit", "limit"})
	}
	return p
}

// logarithmic is a scale of whole decades around two values.
func logarithmic(low, high float64) (y func(float64) float64, labels []label) {
	if high <= 0 || math.IsInf(low, 1) {
		low, high = 1e6, 1e9
	}
	from, to := math.Floor(math.Log10(max(low, 1))), math.Ceil(math.Log10(max(high, 1)))
	to = max(to, from+1)
	for d := from; d <= to; d++ {
		labels = append(labels, label{percent(1 - (d-from)/(to-from)), text.Duration(math.Pow(10, d))})
	}
	return func(v float64) float64 {
		return drawHeight * (1 - (math.Log10(max(v, 1))-from)/(to-from))
	}, labels
}

// errorColors is how many kinds of failures have a colour of their own.
const errorColors = 4

func (b *builder) errorPanel() panel {
	sums := make(map[plan.ErrorClass]int64)
	most := 0.0
	var worst *bucket
	for i := range b.t.buckets {
		k := &b.t.buckets[i]
		for _, c := range k.total.classes {
			sums[c.class] += c.n
		}
		if r := k.rate(k.total.failed); r > most {
			most, worst = r, k
		}
	}
	var kinds []plan.ErrorClass
	for c := range sums {
		kinds = append(kinds, c)
	}
	slices.SortFunc(kinds, func(x, y plan.ErrorClass) int {
		if d := sums[y] - sums[x]; d != 0 {
			return int(min(1, max(-1, d)))
		}
		return int(x) - int(y)
	})
	says := fmt.Sprintf("Errors: 0 in %s.", text.Count(b.r.Total.Samples))
	if worst != nil {
		says = fmt.Sprintf("Errors: %s of %s requests failed, most at %s: %s a second.", text.Count(b.r.Total.Failed), text.Count(b.r.Total.Samples), text.Clock(worst.at), text.Rate(most))
	}
	y, labels := linear(max(most, 1), amountLabel)
	g := b.frame("errors", says)
	g.grid(labels)
	p := panel{ID: "errors", Title: "Errors by kind", Unit: "a second", Says: says, Labels: labels}
	step := drawWidth * b.t.width.Seconds() / b.t.end.Seconds()
	for i := range b.t.buckets {
		k, base := &b.t.buckets[i], 0.0
		for n, kind := range kinds {
			for _, c := range k.total.classes {
				if c.class == kind {
					r := k.rate(c.n)
					g.rect(kindClass(n), b.x(i)-step/2, y(base+r), step, y(base)-y(base+r))
					base += r
				}
			}
		}
	}
	for n, kind := range kinds {
		name := (&report.Error{Class: kind.String()}).What()
		if n == errorColors && len(kinds) > errorColors+1 {
			name = fmt.Sprintf("%d other kinds", len(kinds)-errorColors)
		}
		if n > errorColors {
			break
		}
		p.Legend = append(p.Legend, legend{kindClass(n), name})
	}
	p.Drawing = g.close()
	return p
}

func kindClass(n int) string { return fmt.Sprintf("kind kind%d", min(n, errorColors)) }

func (b *builder) userPanel() panel {
	most := 0.0
	closed := b.r.Plan.Model == plan.Closed.String()
	for i := range b.t.buckets {
		k := &b.t.buckets[i]
		most = max(most, float64(k.users))
		if closed {
			most = max(most, k.wanted)
		}
	}
	says := fmt.Sprintf("Users: %s at most.", text.Count(int64(b.r.Run.PeakUsers)))
	y, labels := linear(max(most, 1), amountLabel)
	g := b.frame("users", says)
	g.grid(labels)
	g.printf(`<path class="users" d="%s"/>`, curve(len(b.t.buckets), b.x, func(i int) (float64, bool) {
		k := &b.t.buckets[i]
		return y(float64(k.users)), k.seen
	}))
	return panel{ID: "users", Title: "Users", Unit: "at work", Says: says, Labels: labels, Drawing: g.close(), Legend: []legend{{"users", "users"}}}
}

func (b *builder) timelineSays() string {
	if b.t.end == 0 {
		return "Nothing is known of any second of this run."
	}
	var s string
	switch list := b.foundOf("stall"); len(list) {
	case 0:
		s = "There was no stretch in which nothing was answered."
	case 1:
		from, to := time.Duration(list[0].From), time.Duration(list[0].To)
		s = fmt.Sprintf("Nothing was answered from %s to %s, while %s waited.", text.Clock(from), text.Clock(to), counted(int64(b.t.users(from, to)), "user"))
	default:
		s = fmt.Sprintf("%d times nothing was answered for a while, first at %s.", len(list), earliest(list).When())
	}
	return s
}

func earliest(list []analyze.Finding) *analyze.Finding {
	first := &list[0]
	for i := range list {
		if list[i].From < first.From {
			first = &list[i]
		}
	}
	return first
}
