package forecast

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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
	b.fewInWindows(f)
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
	b.guarded(f)
	b.insecure()
	b.off(f)
	b.slow(f)
	b.assumptions()
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
		if l.Arrival == plan.ArriveUser {
			service, requests = b.asUsers(classes)
		}
		b.fewUsers(l, b.peak[i], service, requests)
	}
}

// asUsers is what fewUsers wants to know where each arrival is a new user,
// who does start and stop steps too.
func (b *builder) asUsers(classes []int) (pauses, requests float64) {
	for _, c := range classes {
		h := b.habits[c]
		n := h.requests
		for s := range b.plan.Series {
			if b.counted(c, s) {
				n += h.start[s] + h.stop[s]
			}
		}
		pauses += b.shared[c] * (h.begins[atOnce] + h.busy[atOnce])
		requests += b.shared[c] * n
	}
	return pauses, requests
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
		b.note("no_wait", nil, names, "%s %s: only the time of the answers sets their rate", strings.Join(names, ", "), verb(len(names), "never waits", "never wait"))
	}
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
	var names, idle []string
	for i := range f.Classes {
		c := &f.Classes[i]
		if c.Off && c.Weight > 0 && len(b.plan.Profile.Loads) > 0 {
			idle = append(idle, c.Name)
			continue
		}
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
	if len(idle) > 0 {
		b.note("not_in_profile", b.site(b.plan.Profile.Site), idle, "this profile has no load for %s: %s off in it", few(idle, 4), verb(len(idle), "it is", "they are"))
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

// guarded warns of a target that is likely to get more requests a second than
// its guard allows: the run would be ended.
func (b *builder) guarded(f *Forecast) {
	for i := range b.plan.Targets {
		t := &b.plan.Targets[i]
		rate := 0.0
		for _, r := range f.Requests {
			if r.Target == b.text(t.Name) && !r.Off {
				rate += float64(r.PeakExpected)
			}
		}
		if most := t.Guard.MaxRate; most > 0 && rate > most {
			b.warn("max_rate", b.site(t.Site), nil, "target %s would get about %s requests/s, and its max_rate is %s: a run that makes more is ended",
				t.Name, text.Rate(rate), text.Rate(most))
		}
	}
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

// assumptions says what the reckoning takes for granted.
func (b *builder) assumptions() {
	for c := range b.plan.Classes {
		for _, a := range b.dice[c].assumed {
			b.note("assumed", b.site(a.site), nil, "in %s: %s", b.plan.Classes[c].Name, b.text(a.text))
		}
	}
}
