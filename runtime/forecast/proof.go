package forecast

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report/text"
)

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
	if r.Unknown {
		return 0
	}
	for i := range s.Groups {
		if x := b.samples(s, &s.Groups[i], assumed); r.Needed > 1 && !short(x, r.Needed) && x < 1.1*float64(r.Needed) {
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
		name  string
		n     float64
		group *plan.Judged
	}
	var list []poor
	for i := range s.Groups {
		g := &s.Groups[i]
		if n := b.samples(s, g, assumed); short(n, r.Needed) {
			list = append(list, poor{b.judgedName(s, g), n, g})
		}
	}
	slices.SortStableFunc(list, func(x, y poor) int { return cmp.Compare(x.n, y.n) })
	var detail []string
	for _, p := range list {
		detail = append(detail, fmt.Sprintf("%s %s", p.name, about(p.n)))
	}
	least := list[0].n
	say, end := b.warn, "it would end as inconclusive"
	if r.Short > 1 {
		end = "they would end as inconclusive"
	}
	if r.Warning {
		say, end = b.note, "nobody would be warned"
	}
	needs := fmt.Sprintf("%s are needed to prove it", text.Count(r.Needed))
	if r.Needed == 1 {
		needs = "it needs one"
	}
	switch {
	case r.Judged == 1:
		say("samples_short", r.Site, detail, "%s will rest on %s; %s: %s%s", head, aboutSamples(least), needs, end, b.patience(s, list[0].group, r.Needed))
	case r.Short == 1:
		say("samples_short", r.Site, detail, "%s of %s will rest on %s; %s: %s%s", head, list[0].name, aboutSamples(least), needs, end, b.patience(s, list[0].group, r.Needed))
	default:
		say("samples_short", r.Site, detail, "%s: %s will rest on fewer samples than the %s that prove it (%s): %s%s",
			head, partOf(r.Short, r.Judged, noun(s)), text.Count(r.Needed), few(detail, 3), end, b.patience(s, list[0].group, r.Needed))
	}
}

func partOf(n, all int, noun string) string {
	if n == all {
		return fmt.Sprintf("all %d of its %ss", n, noun)
	}
	return fmt.Sprintf("%d of its %s", n, plural(int64(all), noun))
}

// noun is what an SLA judges.
func noun(s *plan.SLA) string {
	if len(s.Rules) > 0 && s.Rules[0].Unit != plan.UnitNone {
		return "metric"
	}
	return "request"
}

func aboutSamples(n float64) string {
	if math.Floor(n+0.5) == 0 {
		return "no sample"
	}
	return fmt.Sprintf("about %s samples", about(n))
}

// patience says what it would take to get the samples.
func (b *builder) patience(s *plan.SLA, g *plan.Judged, needed int64) string {
	n, once := b.samples(s, g, assumed), 0.0
	for _, id := range g.Series {
		once += b.aside(b.run, b.plan.Series[id].Class, id)
	}
	measured := b.measured().Seconds()
	switch {
	case n <= 0 || measured <= 0 || b.spent || s.Stages != nil:
		return ""
	case once >= n:
		return fmt.Sprintf("; what is sent once a user needs %s times as many users", trimmed(math.Ceil(10*float64(needed)/n)/10))
	}
	seconds := b.plan.Profile.Warmup.Seconds() + measured*math.Max(1, (float64(needed)-once)/(n-once))
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

func (b *builder) judgedName(s *plan.SLA, g *plan.Judged) string {
	if g.Row >= 0 && g.Row < len(b.plan.Rows) {
		return b.text(b.plan.Rows[g.Row].Label())
	}
	return "all of its " + noun(s) + "s"
}

// outOfReach warns of throughput limits that the load cannot keep.
func (b *builder) outOfReach(f *Forecast) {
	for i := range b.plan.SLAs {
		s := &b.plan.SLAs[i]
		seconds := b.seconds(s)
		if seconds <= 0 {
			continue
		}
		for r := range s.Rules {
			rule := &s.Rules[r]
			if rule.Metric != plan.Throughput {
				continue
			}
			for g := range s.Groups {
				n, most := b.samples(s, &s.Groups[g], assumed)/seconds, b.samples(s, &s.Groups[g], atOnce)/seconds
				head := fmt.Sprintf("%s, %s", s.Name, words(s, rule))
				site := b.site(rule.Site)
				switch {
				case rule.AtLeast && most < rule.Limit:
					b.warn("throughput_out_of_reach", site, nil, "%s cannot be reached: the load makes at most %s/s over the run, even if answers took no time", head, text.Rate(most))
				case rule.AtLeast && n < rule.Limit:
					b.warn("throughput_out_of_reach", site, nil, "%s is reached only if answers are faster than %s: at that time the run makes about %s/s", head, span(Assumed), text.Rate(n))
				case !rule.AtLeast && n > rule.Limit:
					b.warn("throughput_out_of_reach", site, nil, "%s would be broken by the load itself: the run makes about %s/s if an answer takes %s", head, text.Rate(n), span(Assumed))
				}
			}
		}
	}
}
