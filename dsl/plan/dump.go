package plan

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Dump writes p as text for people and for golden files: equal plans give
// equal texts, whatever the process. It shows no sensitive value.
func Dump(w io.Writer, p *Plan) error {
	d := &dumper{w: bufio.NewWriter(w), p: p}
	d.line("scenario %q", p.Scenario)
	d.in(func() {
		d.text("description", p.Description)
		d.line("seed %d", p.Seed)
		for _, v := range p.Variables {
			value := v.Value
			if v.Sensitive {
				value = sensitive
			}
			d.line("var.%s = %s (%s)", v.Name, value, v.Origin)
		}
	})
	for _, t := range p.Targets {
		d.line("target %q %s%s", t.Name, t.URL(), d.at(t.Site))
	}
	for i := range p.Data {
		d.data(&p.Data[i])
	}
	for i := range p.Classes {
		d.class(&p.Classes[i])
	}
	for i := range p.Series {
		d.series(i)
	}
	d.profile(&p.Profile)
	for i := range p.SLAs {
		d.sla(&p.SLAs[i])
	}
	for _, f := range p.Fallbacks {
		d.line("fallback: %s%s", f.Reason, d.at(f.Site))
	}
	if n := len(p.Secrets); n > 0 {
		d.line("secrets: %d texts to mask", n)
	}
	return d.w.Flush()
}

// dumper writes indented lines. Its writer keeps the first error for Flush.
type dumper struct {
	w      *bufio.Writer
	p      *Plan
	indent int
}

func (d *dumper) in(body func()) {
	d.indent++
	body()
	d.indent--
}

// line writes one line. Secrets are masked here once more, for texts that a
// sensitive value was worked into.
func (d *dumper) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, s := range d.p.Secrets {
		text = strings.ReplaceAll(text, s, sensitive)
	}
	d.w.WriteString(strings.Repeat("  ", d.indent) + strings.TrimRight(text, " ") + "\n")
}

func (d *dumper) text(name, value string) {
	if value != "" {
		d.line("%s %q", name, value)
	}
}

func (d *dumper) at(id SiteID) string {
	if s := d.p.Sites[id].String(); s != "" {
		return "  # " + s
	}
	return ""
}

func (d *dumper) data(t *Data) {
	d.line("data %q %s, %d rows, sha256 %.12s%s", t.Name, t.File, t.Rows, t.SHA256, d.at(t.Site))
	d.in(func() {
		d.line("order %s, per %s, then %s", orderNames[t.Order], perNames[t.Per], exhaustedNames[t.OnExhausted])
		for _, c := range t.Columns {
			first := sensitive
			if !c.Sensitive {
				first = Describe(d.p, Const{Value: c.Values[0]})
			}
			d.line("column %s = %s …", c.Name, first)
		}
	})
}

var (
	orderNames     = [...]string{"sequential", "shuffle", "random", "unique"}
	perNames       = [...]string{"user", "iteration", "shared"}
	exhaustedNames = [...]string{"recycle", "stop", "error"}
	failureNames   = [...]string{"continue", "task", "user", "run"}
)

func (d *dumper) class(c *Class) {
	share := "weight " + number(c.Weight)
	if c.FixedCount > 0 {
		share = fmt.Sprintf("fixed_count %d", c.FixedCount)
	}
	pick := ""
	if c.Pick == PickRandom {
		pick = ", pick random"
	}
	d.line("user %q %s%s%s", c.Name, share, pick, d.at(c.Site))
	d.in(func() {
		if len(c.Slots) > 0 {
			d.line("session %s", strings.Join(c.Slots, ", "))
		}
		for _, s := range c.Initial {
			d.line("first session.%s = %s", c.Slots[s.Slot], Describe(d.p, s.Value))
		}
		d.part("start", c.Start)
		for i := range c.Tasks {
			d.task(&c.Tasks[i])
		}
		d.part("stop", c.Stop)
	})
}

func (d *dumper) part(name string, steps []Step) {
	if len(steps) > 0 {
		d.line("%s", name)
		d.in(func() { d.steps(steps) })
	}
}

func (d *dumper) task(t *Task) {
	kind := "task"
	if t.Sequence != nil {
		kind = "sequence"
	}
	d.line("%s %q weight %s%s%s", kind, t.Name, number(t.Weight), d.wait(t.Wait), d.at(t.Site))
	d.in(func() {
		d.steps(t.Steps)
		for i := range t.Sequence {
			d.task(&t.Sequence[i])
		}
	})
}

func (d *dumper) wait(w Wait) string {
	if w.Kind == WaitNone {
		return ""
	}
	kind := [...]string{"", "seconds", "pacing, seconds", "throughput, a second"}[w.Kind]
	return fmt.Sprintf(", wait %s (%s: %s)", w.Text, kind, Describe(d.p, w.For))
}

func (d *dumper) steps(steps []Step) {
	for _, s := range steps {
		switch s := s.(type) {
		case *Request:
			d.request(s)
		case *Group:
			d.line("group %q series %d%s", s.Name, s.Series, d.at(s.Site))
			d.in(func() { d.steps(s.Steps) })
		case *Pause:
			d.line("pause %s seconds%s", Describe(d.p, s.For), d.at(s.Site))
		}
	}
}

func (d *dumper) request(r *Request) {
	d.line("%s %s to %s, series %d%s", r.Method, Describe(d.p, r.Path), d.p.Targets[r.Target].Name, r.Series, d.at(r.Site))
	d.in(func() {
		d.pairs("query", r.Query)
		if r.Host != nil {
			d.line("header Host: %s", Describe(d.p, r.Host))
		}
		d.pairs("header", r.Headers)
		if r.Body != nil {
			d.body(r.Body)
		}
		d.line("timeout %s, redirects %d, on_failure %s%s", r.Timeout, r.Redirects, failureNames[r.OnFailure], reads(r.ReadsBody))
		for i := range r.Expects {
			d.expect(&r.Expects[i])
		}
		for _, c := range r.Captures {
			null := ""
			if c.Null {
				null = " or null"
			}
			d.line("capture session.%s = %s%s%s", c.Name, Describe(d.p, c.Value), null, d.at(c.Site))
		}
	})
}

func reads(body bool) string {
	if body {
		return ", reads the body"
	}
	return ""
}

func (d *dumper) pairs(kind string, pairs []Pair) {
	for _, p := range pairs {
		value := sensitive
		if !p.Secret {
			value = Describe(d.p, p.Value)
		}
		d.line("%s %s = %s%s", kind, p.Name, value, d.at(p.Site))
	}
}

func (d *dumper) body(b *Body) {
	if b.Kind == BodyForm {
		d.pairs("form", b.Form)
		return
	}
	d.line("body %s", Describe(d.p, b.Text))
}

func (d *dumper) expect(x *Expect) {
	if x.Status != nil {
		var ranges []string
		for _, r := range x.Status {
			text := strconv.Itoa(r.Min)
			if r.Max != r.Min {
				text += "-" + strconv.Itoa(r.Max)
			}
			ranges = append(ranges, text)
		}
		d.line("expect status %s%s", strings.Join(ranges, ", "), d.at(x.Site))
	}
	if x.Condition != nil {
		d.line("expect %s%s", Describe(d.p, x.Condition), d.at(x.Site))
	}
	if x.Message != nil {
		d.line("else say %s", Describe(d.p, x.Message))
	}
}

func (d *dumper) series(id int) {
	s := &d.p.Series[id]
	row := &d.p.Rows[s.Row]
	where := ""
	if row.Target >= 0 && s.Kind == RequestSeries {
		where = " of " + d.p.Targets[row.Target].Name
	}
	kind := "series"
	if s.Kind == GroupSeries {
		kind = "group series"
	}
	d.line("%s %d: row %d %q%s, user %q, task %q%s%s%s", kind, id, s.Row, row.Label(), where,
		d.p.Classes[s.Class].Name, s.Task, listed(", groups ", s.Groups), listed(", tags ", s.Tags), d.at(s.Site))
}

func listed(lead string, words []string) string {
	if len(words) == 0 {
		return ""
	}
	return lead + strings.Join(words, " ")
}

func (d *dumper) profile(p *Profile) {
	d.line("profile %q, %s, grace %s, warmup %s%s", p.Name, p.Duration, p.Grace, p.Warmup, d.at(p.Site))
	d.in(func() {
		d.text("description", p.Description)
		if p.Iterations > 0 {
			d.line("iterations %d", p.Iterations)
		}
		for i := range p.Loads {
			d.load(&p.Loads[i])
		}
	})
}

func (d *dumper) load(l *Load) {
	var names []string
	for _, c := range l.Classes {
		names = append(names, d.p.Classes[c].Name)
	}
	unit, limit := "users", ""
	if l.Model == Open {
		unit, limit = "arrivals a second", fmt.Sprintf(", at most %d users", l.MaxUsers)
	}
	d.line("%s load of %s%s", l.Model, strings.Join(names, ", "), limit)
	d.in(func() {
		for _, s := range l.Stages {
			name := ""
			if s.Name != "" {
				name = fmt.Sprintf("%q ", s.Name)
			}
			d.line("stage %sto %s %s over %s, hold %s", name, number(s.Level), unit, s.Over, s.Hold)
		}
	})
}

func (d *dumper) sla(s *SLA) {
	match := "everything"
	if s.Match != "" {
		match = s.Match
	}
	d.line("sla %q about %s%s", s.Name, match, d.at(s.Site))
	d.in(func() {
		for _, r := range s.Rules {
			d.rule(r)
		}
		if s.Abort != nil {
			d.line("abort after %s", s.Abort.After)
		}
		for _, g := range s.Groups {
			name := "together"
			if g.Row >= 0 {
				name = strconv.Quote(d.p.Rows[g.Row].Label())
			}
			series := slices.Clone(g.Series)
			slices.Sort(series)
			d.line("judge %s: series %s", name, strings.Trim(fmt.Sprint(series), "[]"))
		}
	})
}

func (d *dumper) rule(r Rule) {
	limit := number(r.Limit)
	switch r.Metric {
	case Quantile, Mean, Max:
		limit = time.Duration(r.Limit).String()
	case Throughput:
		limit += "/s"
	}
	bound, warn := "at most", ""
	if r.AtLeast {
		bound = "at least"
	}
	if r.Warn {
		warn = ", else warn"
	}
	d.line("%s %s %s%s%s", r.Name, bound, limit, warn, d.at(r.Site))
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
