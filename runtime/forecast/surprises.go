package forecast

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report"
	"throng/runtime/report/text"
)

// surprises are what a careful reader would want to know before the run:
// first what keeps it from a pass, then what makes the load another than one
// may think, then notes.
func (b *builder) surprises(f *Forecast) []Surprise {
	b.watch = &watch{list: []Surprise{}}
	b.withoutSLA(f)
	b.tooFew(f)
	b.outOfReach(f)
	b.dataShort(f)
	b.openLoads()
	b.unknownWaits(f)
	b.restless(f)
	b.crowds()
	b.ramps()
	b.spentEarly()
	b.nobody(f)
	b.rare(f)
	b.off(f)
	b.slow(f)
	slices.SortStableFunc(b.watch.list, func(x, y Surprise) int { return cmp.Compare(rank(x), rank(y)) })
	return b.watch.list
}

func rank(s Surprise) int {
	if s.Warning {
		return 0
	}
	return 1
}

// watch collects surprises.
type watch struct{ list []Surprise }

func (b *builder) warn(kind string, site *report.Site, detail []string, format string, args ...any) {
	b.note(kind, site, detail, format, args...)
	b.watch.list[len(b.watch.list)-1].Warning = true
}

func (b *builder) note(kind string, site *report.Site, detail []string, format string, args ...any) {
	if detail == nil {
		detail = []string{}
	}
	b.watch.list = append(b.watch.list, Surprise{Kind: kind, Text: fmt.Sprintf(format, args...), Detail: detail, Site: site})
}

func (b *builder) withoutSLA(f *Forecast) {
	binding := 0
	for i := range f.SLAs {
		for _, r := range f.SLAs[i].Rules {
			if !r.Warning {
				binding++
			}
		}
	}
	switch {
	case len(f.SLAs) == 0:
		b.warn("no_sla", nil, nil, "no SLA judges this profile: nothing is promised, so the run would end as inconclusive")
	case binding == 0:
		b.warn("no_sla", nil, nil, "every limit only warns: nothing can fail, so the run would end as inconclusive")
	}
}

// tooFew warns of rules that will rest on fewer samples than they need, in
// one sentence for each.
func (b *builder) tooFew(f *Forecast) {
	for i := range b.plan.SLAs {
		s := &b.plan.SLAs[i]
		for r := range s.Rules {
			if rule := &f.SLAs[i].Rules[r]; rule.Short > 0 || b.scarce(s, rule) > 0 {
				b.tooFewFor(s, rule)
			}
		}
	}
}

// scarce counts the judgements that are expected to get enough samples, but
// hardly more than that.
func (b *builder) scarce(s *plan.SLA, r *Rule) (n int) {
	for i := range s.Groups {
		if x := b.samples(&s.Groups[i], assumed); r.Needed > 1 && !short(x, r.Needed) && x < 1.1*float64(r.Needed) {
			n++
		}
	}
	return n
}

func (b *builder) tooFewFor(s *plan.SLA, r *Rule) {
	head := fmt.Sprintf("%s, %s", s.Name, r.Name)
	if r.Short == 0 {
		b.note("samples_scarce", r.Site, nil, "%s will rest on about %s samples, hardly more than the %s it needs: slower answers would leave it inconclusive",
			head, text.Count(whole(float64(r.Fewest))), text.Count(r.Needed))
		return
	}
	type poor struct {
		name string
		n    float64
	}
	var list []poor
	for i := range s.Groups {
		g := &s.Groups[i]
		if n := b.samples(g, assumed); short(n, r.Needed) {
			list = append(list, poor{b.judgedName(g), n})
		}
	}
	slices.SortStableFunc(list, func(x, y poor) int { return cmp.Compare(x.n, y.n) })
	var detail []string
	for _, p := range list {
		detail = append(detail, fmt.Sprintf("%s %s", p.name, about(p.n)))
	}
	least := list[0].n
	end := "it would end as inconclusive"
	if r.Short > 1 {
		end = "they would end as inconclusive"
	}
	if r.Warning {
		end = "the warning would decide nothing"
	}
	needs := fmt.Sprintf("%s are needed to prove it", text.Count(r.Needed))
	if r.Needed == 1 {
		needs = "it needs one"
	}
	switch {
	case r.Judged == 1:
		b.warn("samples_short", r.Site, detail, "%s will rest on %s; %s: %s%s", head, aboutSamples(least), needs, end, b.patience(least, r.Needed))
	case r.Short == 1:
		b.warn("samples_short", r.Site, detail, "%s of %s will rest on %s; %s: %s%s", head, list[0].name, aboutSamples(least), needs, end, b.patience(least, r.Needed))
	default:
		b.warn("samples_short", r.Site, detail, "%s: %d of its %s will rest on fewer samples than the %s that prove it, from %s on (%s): %s%s",
			head, r.Short, plural(int64(r.Judged), "request"), text.Count(r.Needed), about(least), list[0].name, end, b.patience(least, r.Needed))
	}
}

func aboutSamples(n float64) string {
	if math.Floor(n+0.5) == 0 {
		return "no sample"
	}
	return fmt.Sprintf("about %s samples", about(n))
}

// patience says how long it would take to get the samples.
func (b *builder) patience(n float64, needed int64) string {
	measured := b.measured().Seconds()
	if n <= 0 || measured <= 0 || b.spent {
		return ""
	}
	seconds := b.plan.Profile.Warmup.Seconds() + measured*float64(needed)/n
	if seconds > 7*24*3600 {
		return ""
	}
	d := time.Duration(math.Ceil(seconds)) * time.Second
	switch {
	case d > time.Hour:
		d = roundUp(d, 10*time.Minute)
	case d > 2*time.Minute:
		d = roundUp(d, time.Minute)
	default:
		d = roundUp(d, 5*time.Second)
	}
	return "; this mix needs a run of about " + span(d)
}

func roundUp(d, unit time.Duration) time.Duration { return (d + unit - 1) / unit * unit }

func (b *builder) judgedName(g *plan.Judged) string {
	if g.Row >= 0 && g.Row < len(b.plan.Rows) {
		return b.text(b.plan.Rows[g.Row].Label())
	}
	return "all of its requests"
}

// outOfReach warns of throughput limits that the load cannot keep.
func (b *builder) outOfReach(f *Forecast) {
	seconds := b.measured().Seconds()
	if seconds <= 0 {
		return
	}
	for i := range b.plan.SLAs {
		s := &b.plan.SLAs[i]
		for r := range s.Rules {
			rule := &s.Rules[r]
			if rule.Metric != plan.Throughput {
				continue
			}
			for g := range s.Groups {
				n, most := b.samples(&s.Groups[g], assumed)/seconds, b.samples(&s.Groups[g], atOnce)/seconds
				head := fmt.Sprintf("%s, %s", s.Name, words(rule))
				site := b.site(rule.Site)
				switch {
				case rule.AtLeast && most < rule.Limit:
					b.warn("throughput_out_of_reach", site, nil, "%s cannot be reached: these users and waits make at most %s/s over the run, even if answers took no time", head, text.Rate(most))
				case rule.AtLeast && n < rule.Limit:
					b.warn("throughput_out_of_reach", site, nil, "%s is reached only if answers are faster than %s: at that time the run makes about %s/s", head, span(Assumed), text.Rate(n))
				case !rule.AtLeast && n > rule.Limit:
					b.warn("throughput_out_of_reach", site, nil, "%s would be broken by the load itself: the run makes about %s/s if an answer takes %s", head, text.Rate(n), span(Assumed))
				}
			}
		}
	}
}

func (b *builder) dataShort(f *Forecast) {
	for i := range f.Data {
		d := &f.Data[i]
		if !d.Short {
			continue
		}
		rows, needed := text.Count(int64(d.Rows)), about(float64(d.Needed))
		readers := strings.Join(d.Classes, ", ")
		switch {
		case d.Order == "unique" || d.Then != "recycle":
			what := "a user that finds none left ends"
			if d.Then == "error" {
				what = "the run ends there"
			}
			kind := ""
			if d.Order == "unique" {
				kind = " unique"
			}
			b.warn("rows_short", d.Site, nil, "data %s has %s%s rows, and %s are needed by %s: %s", d.Name, rows, kind, needed, readers, what)
		default:
			b.note("rows_again", d.Site, nil, "data %s has %s rows for %s reads by %s: rows come again", d.Name, rows, needed, readers)
		}
	}
}

// openLoads says what an open load leaves aside, and whether it has users
// enough.
func (b *builder) openLoads() {
	for i := range b.plan.Profile.Loads {
		l := &b.plan.Profile.Loads[i]
		if l.Model != plan.Open {
			continue
		}
		classes, _ := b.weighted(l)
		var ignored []string
		var service, requests float64
		for _, c := range classes {
			if slices.ContainsFunc(b.plan.Classes[c].Tasks, func(t plan.Task) bool { return t.Wait.Kind != plan.WaitNone }) {
				ignored = append(ignored, b.plan.Classes[c].Name)
			}
			service += b.shared[c] * b.habits[c].busy[atOnce]
			requests += b.shared[c] * b.habits[c].requests
		}
		if len(ignored) > 0 {
			b.note("wait_ignored", nil, nil, "arrivals come at their rate, so the wait of %s is not used", strings.Join(ignored, ", "))
		}
		b.fewUsers(l, b.peak[i], service, requests)
	}
}

// fewUsers applies Little's law: users busy = arrivals a second × seconds an
// iteration takes.
func (b *builder) fewUsers(l *plan.Load, rate, pauses, requests float64) {
	if rate <= 0 || requests <= 0 || l.MaxUsers <= 0 {
		return
	}
	most := float64(l.MaxUsers)
	at := func(answer float64) float64 { return rate * (pauses + requests*answer) }
	enough := (most/rate - pauses) / requests
	switch {
	case at(0) > most:
		b.warn("max_users", nil, nil, "max_users = %s cannot serve %s arrivals/s: the pauses alone keep %s users busy, so arrivals would be missed",
			text.Count(int64(l.MaxUsers)), text.Rate(rate), text.Count(ceil(at(0))))
	case at(Assumed.Seconds()) > most:
		b.warn("max_users", nil, nil, "max_users = %s serves %s arrivals/s only while an answer takes less than %s; at %s it takes about %s users, and arrivals that find none free are missed",
			text.Count(int64(l.MaxUsers)), text.Rate(rate), text.Duration(enough*1e9), span(Assumed), text.Count(ceil(at(Assumed.Seconds()))))
	case at(1) > most:
		b.warn("max_users", nil, nil, "max_users = %s serves %s arrivals/s while an answer takes less than %s; answers of 1 s would need about %s users, and arrivals that find none free are missed",
			text.Count(int64(l.MaxUsers)), text.Rate(rate), text.Duration(enough*1e9), text.Count(ceil(at(1))))
	}
}

func (b *builder) unknownWaits(f *Forecast) {
	for i := range f.Classes {
		c := &f.Classes[i]
		if c.Wait.Unknown != "" && !c.Off && !b.isOpen(i) {
			b.warn("wait_unknown", c.Site, nil, "the wait of %s is not known before the run (%s); it counts as 0 here, so there will be fewer requests than shown", c.Name, c.Wait.Unknown)
		}
	}
}

func (b *builder) isOpen(class int) bool {
	if b.plan.Classes[class].FixedCount > 0 {
		return false
	}
	for _, l := range b.plan.Profile.Loads {
		if slices.Contains(l.Classes, class) {
			return l.Model == plan.Open
		}
	}
	return false
}

// restless warns of users that send as fast as they are answered.
func (b *builder) restless(f *Forecast) {
	var names []string
	for i := range f.Classes {
		c := &f.Classes[i]
		if b.users[i] > 0 && !b.isOpen(i) && len(c.Tasks) > 0 && b.habits[i].mean[atOnce] == 0 && c.Wait.Unknown == "" {
			names = append(names, c.Name)
		}
	}
	if len(names) > 0 {
		b.note("no_wait", nil, names, "%s never wait: their rate is set by nothing but the time of the answers", strings.Join(names, ", "))
	}
}

// crowd is so many users at once that one wants to have meant it.
const crowd = 50

// crowds warns of the moment at which most users start within a second.
func (b *builder) crowds() {
	for i := range b.plan.Profile.Loads {
		l := &b.plan.Profile.Loads[i]
		classes, weights := b.weighted(l)
		if l.Model != plan.Closed || len(classes) == 0 {
			continue
		}
		n, at, instant := b.steepest(l.Stages)
		if n < crowd || n == crowd && !instant {
			continue
		}
		when := fmt.Sprintf("%s users start within a second at %s", text.Count(int64(n)), text.Clock(at))
		if instant {
			when = fmt.Sprintf("%s users start at one instant, at %s", text.Count(int64(n)), text.Clock(at))
		}
		if s := stageName(l.Stages, at); s != "" {
			when += " (" + s + ")"
		}
		starts := 0.0
		share := normal(weights)
		for k, c := range classes {
			for s, x := range b.habits[c].start {
				if b.plan.Series[s].Kind == plan.RequestSeries {
					starts += share[k] * float64(n) * x
				}
			}
		}
		if starts > 0 {
			when += fmt.Sprintf(", with about %s of their start steps at once", plural(whole(starts), "request"))
		}
		b.warn("crowd", nil, nil, "%s; a spawn_rate or an over spreads them, if that is not meant", when)
	}
	for i := range b.plan.Classes {
		if n := b.plan.Classes[i].FixedCount; n >= crowd {
			b.warn("crowd", b.site(b.plan.Classes[i].Site), nil, "%s users of %s start at one instant, at 0:00: a fixed_count has no ramp", text.Count(int64(n)), b.plan.Classes[i].Name)
		}
	}
}

// steepest is the most users a schedule starts within a second, or at one
// instant where that is most of them, and when.
func (b *builder) steepest(stages []plan.Stage) (n int, at time.Duration, instant bool) {
	from, t := 0.0, time.Duration(0)
	for _, s := range stages {
		if t >= b.end {
			break
		}
		rise := s.Level - from
		m, once := rise, true
		if s.Over > time.Second {
			m, once = rise*time.Second.Seconds()/s.Over.Seconds(), false
		} else if s.Over > 0 {
			once = false
		}
		if k := int(math.Round(m)); k > n {
			n, at, instant = k, t, once
		}
		from, t = s.Level, t+s.Over+s.Hold
	}
	return n, at, instant
}

func stageName(stages []plan.Stage, at time.Duration) string {
	t := time.Duration(0)
	for i, s := range stages {
		if at >= t && at < t+s.Over+s.Hold {
			switch {
			case s.Name != "":
				return "stage " + s.Name
			case len(stages) > 1:
				return fmt.Sprintf("stage %d", i+1)
			}
			return ""
		}
		t += s.Over + s.Hold
	}
	return ""
}

// ramps warns of full load that is never reached, or only for a moment.
func (b *builder) ramps() {
	for i := range b.plan.Profile.Loads {
		l := &b.plan.Profile.Loads[i]
		noun, top := "users", 0.0
		if l.Model == plan.Open {
			noun = "arrivals/s"
		}
		sum, held := time.Duration(0), time.Duration(0)
		for _, s := range l.Stages {
			if s.Level > top {
				top, held = s.Level, 0
			}
			if s.Level == top {
				held += max(0, min(sum+s.Over+s.Hold, b.end)-min(sum+s.Over, b.end))
			}
			sum += s.Over + s.Hold
		}
		if n := len(l.Stages); n > 0 && l.Stages[n-1].Level == top && sum < b.end {
			held += b.end - sum
		}
		switch {
		case sum > b.end && !b.spent && b.end < longest:
			b.warn("schedule_cut", nil, nil, "the stages take %s, and the run lasts %s: what is planned after that does not happen", span(sum), span(b.end))
		case top > 0 && held == 0 && !b.spent:
			b.warn("peak_not_held", nil, nil, "the peak of %s %s is reached for a moment only: no stage holds it, the ramp is as long as its stage", text.Rate(top), noun)
		}
	}
}

func (b *builder) spentEarly() {
	p := &b.plan.Profile
	if !b.spent || p.Duration <= 0 || b.end >= p.Duration {
		return
	}
	b.warn("iterations", b.site(p.Site), nil, "%s are used up after about %s, so the run ends before its %s",
		plural(p.Iterations, "iteration"), span(b.end.Round(time.Second)), span(p.Duration))
}

// nobody warns of classes that have a share but get no user.
func (b *builder) nobody(f *Forecast) {
	var names []string
	for i := range f.Classes {
		if c := &f.Classes[i]; !c.Off && c.Fixed == 0 && b.users[i] == 0 && f.PeakUsers > 0 && !b.isOpen(i) {
			names = append(names, fmt.Sprintf("%s (%s %%)", c.Name, text.Percent(float64(c.Share))))
		}
		if c := &f.Classes[i]; !c.Off && len(c.Tasks) == 0 {
			b.note("no_task", c.Site, nil, "%s has no task: after its start steps it does nothing", c.Name)
		}
	}
	if len(names) > 0 {
		b.warn("class_without_users", nil, names, "with %s at the peak, %s no user: %s",
			plural(f.PeakUsers, "user"), verb(len(names), "this class gets", "these classes get"), strings.Join(names, ", "))
	}
}

// rare notes requests that may not be sent even once: with fewer than three
// expected, chance leaves out one in twenty.
func (b *builder) rare(f *Forecast) {
	var names []string
	for i := range f.Requests {
		if r := &f.Requests[i]; !r.Off && r.Expected < 2.95 && r.PeakExpected > 0 {
			names = append(names, fmt.Sprintf("%s %s", r.Name, about(float64(r.Expected))))
		}
	}
	if len(names) > 0 {
		b.note("rare", nil, names, "%s of %s may not be sent even once: %s", text.Count(int64(len(names))),
			plural(int64(len(f.Requests)), "request"), few(names, 3))
	}
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func (b *builder) off(f *Forecast) {
	var names []string
	for i := range f.Classes {
		c := &f.Classes[i]
		if c.Off {
			names = append(names, c.Name)
			continue
		}
		for t := range c.Tasks {
			if c.Tasks[t].Off {
				names = append(names, c.Name+" / "+c.Tasks[t].Name)
			}
		}
	}
	if len(names) > 0 {
		b.note("off", nil, names, "switched off by a weight of 0: %s", few(names, 4))
	}
}

// few are the first of some names, and how many more there are.
func few(names []string, most int) string {
	if len(names) <= most+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// slow notes expressions that HCL evaluates.
func (b *builder) slow(*Forecast) {
	list := b.plan.Fallbacks
	if len(list) == 0 {
		return
	}
	var detail []string
	for _, fb := range list {
		s := b.text(fb.Reason)
		if site := b.site(fb.Site); site != nil {
			s = fmt.Sprintf("%s:%d  %s", site.File, site.Line, s)
		}
		detail = append(detail, s)
	}
	b.note("fallback", nil, detail, "%s evaluated by HCL itself, which takes ten to a hundred times as long",
		verb(len(list), "one expression is", text.Count(int64(len(list)))+" expressions are"))
}
