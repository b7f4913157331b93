package forecast

import (
	"math"
	"net"
	"strconv"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report"
)

// New says what a plan will do. It is pure.
func New(p *plan.Plan) *Forecast {
	b := &builder{plan: p, mask: p.Mask()}
	b.study()
	f := &Forecast{
		FormatVersion: FormatVersion, Tool: report.Tool{Name: "throng", Version: p.Tool},
		Scenario: p.Scenario, Description: b.text(p.Description), Dir: p.Dir,
		Profile: p.Profile.Name, ProfileDescription: b.text(p.Profile.Description),
		Model: report.Model(p), Seed: strconv.FormatUint(p.Seed, 10),
		Duration: report.Ms(p.Profile.Duration), Floats: p.Profile.Floats, Ends: report.Ms(b.end), Grace: report.Ms(p.Profile.Grace),
		Warmup: report.Ms(p.Profile.Warmup), Iterations: p.Profile.Iterations,
		Targets: b.targets(), Variables: b.variables(), Loads: b.loads(), Curves: b.curves(),
		PeakUsers: b.peakUsers(), Assumed: report.Ms(Assumed), Run: b.text(report.Again(p)),
	}
	if len(p.Profile.Loads) == 1 && p.Profile.Loads[0].Model == plan.Open {
		f.PeakArrivals = report.Num(b.peak[0])
	} else {
		_, arrivals, _ := b.together()
		f.PeakArrivals = report.Num(arrivals)
	}
	for _, n := range b.arrivals() {
		f.Arrivals += n
	}
	f.Classes = b.classes()
	f.Requests, f.Groups, f.Metrics, f.Total = b.requests()
	f.SLAs, f.Unjudged = b.slas(f), b.unjudged()
	f.Data = b.data()
	f.Sockets, f.PeakSockets = b.sockets(), b.peakSockets()
	f.Uncovered = uncovered(f.Requests)
	f.Surprises = b.surprises(f)
	return f
}

// builder turns a plan into the parts of a forecast.
type builder struct {
	plan   *plan.Plan
	watch  *watch
	mask   *plan.Mask
	dice   []*dice
	habits []*habit
	turn   []turn        // by load
	end    time.Duration // when no more work is begun
	spent  bool          // as the iterations are used up
	peak   []float64     // by load: users, or arrivals a second
	shared []float64     // by class: share of its load
	users  []float64     // by class: at the peak
	rates  [][numAnswers]float64
	run    *outlook
	all    [][numAnswers]float64 // by series: the whole run
	judged [][numAnswers]float64 // by series: after the warm-up
	// handled are the series that handlers of sockets record into; nil until asked for.
	handled map[int]bool

	shares  map[int]bool                            // series of requests for tokens that all users share
	moments map[time.Duration][][numAnswers]float64 // by, as far as it was asked for
	staged  map[*plan.SLA][][numAnswers]float64     // judgedBy, of SLAs about stages
}

// study reckons what everything else is made of.
func (b *builder) study() {
	p := b.plan
	laws := 1
	for i := range p.Classes {
		laws += len(p.Classes[i].Tasks)
	}
	draws := min(maxDraws, max(minDraws, totalDraws/laws)) &^ 1
	for i := range p.Classes {
		b.dice = append(b.dice, b.newDice(i, draws))
		b.habits = append(b.habits, b.habit(i))
	}
	b.horizon()
	b.run = b.whole()
	b.all = b.counts(b.run)
	b.sharedTokens()
	b.judged = b.all
	if w := p.Profile.Warmup; w > 0 {
		before := b.counts(b.outlook(min(w, b.end)))
		b.judged = make([][numAnswers]float64, len(b.all))
		for s := range b.all {
			for a := range answers {
				if d := b.all[s][a] - before[s][a]; d > 0 {
					b.judged[s][a] = d
				}
			}
		}
	}
	b.summit()
}

// summit reckons users and rates at the peak.
func (b *builder) summit() {
	p := b.plan
	n := len(p.Classes)
	b.shared, b.users, b.rates = make([]float64, n), make([]float64, n), make([][numAnswers]float64, n)
	for i := range p.Profile.Loads {
		l := &p.Profile.Loads[i]
		classes, weights := b.weighted(l)
		for k, share := range normal(weights) {
			b.shared[classes[k]] = share
		}
		if l.Model == plan.Open {
			peak := peakRate(l.Stages, b.turn[i].length(b.end))
			b.peak = append(b.peak, peak)
			for _, c := range classes {
				b.users[c] = b.run.started[c]
				if l.Arrival == plan.ArriveUser {
					b.users[c] = math.Min(b.users[c], math.Ceil(peak*b.shared[c]*b.stay(c)))
				}
				for a := range answers {
					b.rates[c][a] = peak * b.shared[c]
				}
			}
			continue
		}
		peak := peakUsers(l.Stages, b.turn[i].length(b.end))
		b.peak = append(b.peak, float64(peak))
		for k, users := range deal(weights, int64(peak)) {
			b.settle(classes[k], users)
		}
	}
	for c := range p.Classes {
		if count := p.Classes[c].FixedCount; count > 0 {
			b.settle(c, float64(count))
		}
	}
}

// settle sets how many users of a closed load a class has at the peak.
func (b *builder) settle(class int, users float64) {
	b.users[class] = users
	h := b.habits[class]
	for a := range answers {
		switch {
		case users == 0 || len(h.shares) == 0:
		case h.mean[a] <= 0:
			b.rates[class][a] = math.Inf(1)
		default:
			b.rates[class][a] = users / h.mean[a]
		}
	}
}

// stay is how long a user that is an arrival itself is there, in seconds.
func (b *builder) stay(class int) float64 {
	h := b.habits[class]
	n := 0.0
	for s := range b.plan.Series {
		if b.counted(class, s) {
			n += h.stop[s]
		}
	}
	return h.begins[assumed] + h.busy[assumed] + n*Assumed.Seconds()
}

// peakUsers is the most users that closed loads and fixed counts want at one
// time.
func (b *builder) peakUsers() (n int64) {
	closed := 0
	for i := range b.plan.Profile.Loads {
		if b.plan.Profile.Loads[i].Model == plan.Closed {
			closed++
			n += int64(b.peak[i])
		}
	}
	for c := range b.plan.Classes {
		n += int64(b.plan.Classes[c].FixedCount)
	}
	if closed > 1 {
		users, _, _ := b.together()
		n = int64(math.Round(users))
	}
	return n
}

// arrivals are the exact counts of the open loads.
func (b *builder) arrivals() (counts []int64) {
	for i := range b.plan.Profile.Loads {
		l := &b.plan.Profile.Loads[i]
		if classes, _ := b.weighted(l); l.Model != plan.Open || len(classes) == 0 {
			continue
		}
		n := 0.0
		for _, c := range l.Classes {
			if b.plan.Classes[c].FixedCount == 0 {
				n += b.run.iterations[c][assumed]
			}
		}
		counts = append(counts, int64(math.Round(n)))
	}
	return counts
}

func (b *builder) text(s string) string { return b.mask.Replace(s) }

func (b *builder) site(id plan.SiteID) *report.Site {
	if id < 0 || int(id) >= len(b.plan.Sites) {
		return nil
	}
	if s := b.plan.Site(id); s.File != "" {
		return &report.Site{File: s.File, Line: s.Line}
	}
	return nil
}

func (b *builder) targets() []Target {
	list := []Target{}
	for i := range b.plan.Targets {
		t := &b.plan.Targets[i]
		out := Target{Name: t.Name, URL: b.text(t.URL()), Example: t.Example, Settings: []Setting{}}
		for _, s := range t.Settings() {
			out.Settings = append(out.Settings, Setting{s.Name, b.text(s.Value)})
		}
		if t.Example == "" {
			out.Host = b.text(net.JoinHostPort(t.Host, strconv.Itoa(t.Port)))
		}
		list = append(list, out)
	}
	return list
}

func (b *builder) variables() []report.Variable {
	list := []report.Variable{}
	for _, v := range b.plan.Variables {
		out := report.Variable{Name: v.Name, Value: b.text(v.Value), Sensitive: v.Sensitive, Origin: v.Origin}
		if v.Sensitive {
			out.Value = ""
		}
		list = append(list, out)
	}
	return list
}

// loads are the schedules, with the times at which they are expected.
func (b *builder) loads() []report.Load {
	list := report.Loads(b.plan)
	for i := range list {
		begin, end := report.Ms(b.turn[i].begin), report.Ms(b.turn[i].end)
		list[i].Begin, list[i].End = &begin, &end
	}
	return list
}

// num is a figure, nil where it has no bound.
func num(x float64) *report.Num {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	n := report.Num(x)
	return &n
}

// traffic sums up what has been counted with each answer time.
func traffic(requests, peak [numAnswers]float64) Traffic {
	return Traffic{
		Expected: report.Num(requests[assumed]), Most: num(requests[atOnce]),
		PeakExpected: report.Num(peak[assumed]), PeakMost: num(peak[atOnce]),
	}
}
