package plan

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
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
		d.line("target %q %s%s%s", t.Name, t.URL(), d.guard(&t.Guard), d.at(t.Site))
		d.in(func() { d.speech(&t) })
	}
	for i := range p.Data {
		d.data(&p.Data[i])
	}
	if p.Once != nil {
		d.once(p.Once)
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
	if len(p.Unjudged) > 0 {
		d.line("not judged: %s", strings.Join(p.Unjudged, ", "))
	}
	for _, f := range p.Fallbacks {
		d.line("fallback: %s%s", f.Reason, d.at(f.Site))
	}
	if n := len(p.Secrets); n > 0 {
		d.line("secrets: %d texts to mask", n)
	}
	return d.w.Flush()
}

func (d *dumper) guard(g *Guard) string {
	text := ""
	if g.Environment != "" {
		text += fmt.Sprintf(", environment %q", g.Environment)
	}
	if len(g.Hosts) > 0 {
		text += ", only at " + strings.Join(g.Hosts, " ")
	}
	if g.MaxUsers > 0 {
		text += fmt.Sprintf(", at most %d users", g.MaxUsers)
	}
	if g.MaxRate > 0 {
		text += fmt.Sprintf(", at most %s/s", number(g.MaxRate))
	}
	return text
}

// dumper writes indented lines. Its writer keeps the first error for Flush.
type dumper struct {
	w      *bufio.Writer
	p      *Plan
	slots  []string // names of the slots of the class at hand
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

var (
	orderNames     = [...]string{"sequential", "shuffle", "random", "unique"}
	perNames       = [...]string{"user", "iteration", "shared"}
	exhaustedNames = [...]string{"recycle", "stop", "error"}
	failureNames   = [...]string{"continue", "task", "user", "run"}
)

func (d *dumper) class(c *Class) {
	d.slots = c.Slots
	share := "weight " + number(c.Weight)
	if c.FixedCount > 0 {
		share = fmt.Sprintf("fixed_count %d", c.FixedCount)
	}
	pick := ""
	if c.Pick == PickRandom {
		pick = ", pick random"
	}
	if c.Lifetime == LifetimeIteration {
		pick += ", lifetime iteration"
	}
	d.line("user %q %s%s%s", c.Name, share, pick, d.at(c.Site))
	d.in(func() {
		if len(c.Slots) > 0 {
			d.line("session %s", strings.Join(d.slotNames(c), ", "))
		}
		d.auths(c)
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

// slotNames are the names of session values; of those that authenticate it
// says so.
func (d *dumper) slotNames(c *Class) []string {
	names := slices.Clone(c.Slots)
	for i, secret := range c.Secret {
		if secret {
			names[i] += " (secret)"
		}
	}
	return names
}

func (d *dumper) part(name string, steps []Step) {
	if len(steps) > 0 {
		d.line("%s", name)
		d.in(func() { d.steps(steps) })
	}
}

func (d *dumper) task(t *Task) {
	kind := "task"
	switch {
	case t.Sequence != nil:
		kind = "sequence"
	case t.Set != nil:
		kind = "set of tasks"
	}
	d.line("%s %q weight %s%s%s", kind, t.Name, number(t.Weight), d.wait(t.Wait), d.at(t.Site))
	d.in(func() {
		d.steps(t.Steps)
		if t.Set != nil && t.Set.Iterations != nil {
			d.line("iterations %s", Describe(d.p, t.Set.Iterations))
		}
		children := t.Children()
		for i := range children {
			d.task(&children[i])
		}
		if t.Set != nil {
			d.next(t.Set)
		}
	})
}

func (d *dumper) next(set *TaskSet) {
	for from, weights := range set.Next {
		var to []string
		for i, w := range weights {
			if w > 0 {
				to = append(to, fmt.Sprintf("%q %s", set.Tasks[i].Name, number(w)))
			}
		}
		if to != nil {
			d.line("after %q: %s", set.Tasks[from].Name, strings.Join(to, ", "))
		}
	}
}

// once dumps setup and teardown, which are a plan of their own.
func (d *dumper) once(o *Once) {
	c := o.Class()
	inner := &dumper{w: d.w, p: o.Plan, slots: c.Slots, indent: d.indent}
	if len(c.Slots) > 0 {
		inner.line("setup captures %s", strings.Join(d.slotNames(c), ", "))
	}
	inner.auths(c)
	inner.part("setup", c.Start)
	inner.part("teardown", c.Stop)
}

func (d *dumper) wait(w Wait) string {
	if w.Kind == WaitNone {
		return ""
	}
	kind := [...]string{"", "seconds", "pacing, seconds", "throughput, a second"}[w.Kind]
	return fmt.Sprintf(", wait %s (%s: %s)", w.Text, kind, Describe(d.p, w.For))
}

func (d *dumper) request(r *Request) {
	d.line("%s %s to %s, series %d%s", r.Method, Describe(d.p, r.Path), d.p.Targets[r.Target].Name, r.Series, d.at(r.Site))
	d.in(func() {
		d.pairs("query", r.Query)
		if r.Host != nil {
			d.line("header Host: %s", Describe(d.p, r.Host))
		}
		d.pairs("header", r.Headers)
		d.auth(r.Auth)
		if r.Body != nil {
			d.body(r.Body)
		}
		d.line("timeout %s, redirects %d, on_failure %s%s", r.Timeout, r.Redirects, failureNames[r.OnFailure], reads(r.ReadsBody))
		if r.URL != nil {
			d.line("url %s", Describe(d.p, r.URL))
		}
		if r.Submit != nil {
			d.line("submit form %s", Describe(d.p, r.Submit.Form))
			d.in(func() { d.pairs("field", r.Submit.Fields) })
		}
		if r.KeepsPage {
			d.line("keeps the page")
		}
		if r.Stream != nil {
			d.stream(r.Stream)
		}
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
		for _, c := range r.Records {
			d.line("record series %d = %s%s", c.Series, Describe(d.p, c.Value), d.at(c.Site))
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
	switch b.Kind {
	case BodyForm:
		d.pairs("form", b.Form)
	case BodyBytes:
		d.line("body %s", d.bytes(b.Bytes, b.File))
	case BodyMultipart:
		for _, part := range b.Parts {
			d.bodyPart(&part)
		}
	default:
		d.line("body %s", Describe(d.p, b.Text))
	}
}

func (d *dumper) bytes(b []byte, file string) string {
	sum := sha256.Sum256(b)
	if file == "" {
		file = "generated"
	}
	return fmt.Sprintf("%s, %d bytes, sha256 %.6x", file, len(b), sum)
}

func (d *dumper) bodyPart(p *BodyPart) {
	value := ""
	switch {
	case p.Secret:
		value = sensitive
	case p.Value != nil:
		value = Describe(d.p, p.Value)
	default:
		value = d.bytes(p.Bytes, Describe(d.p, p.Filename))
	}
	kind := ""
	if p.ContentType != "" {
		kind = " (" + p.ContentType + ")"
	}
	d.line("part %s = %s%s%s", p.Name, value, kind, d.at(p.Site))
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
	kind := [...]string{"series", "group series", "metric series in " + row.Unit.String()}[s.Kind]
	d.line("%s %d: row %d %q%s, user %q, task %q%s%s%s", kind, id, s.Row, row.Label(), where,
		d.p.Classes[s.Class].Name, s.Task, listed(", groups ", s.Groups), listed(", tags ", s.Tags), d.at(s.Site))
}

func listed(lead string, words []string) string {
	if len(words) == 0 {
		return ""
	}
	return lead + strings.Join(words, " ")
}

func (d *dumper) sla(s *SLA) {
	match := "everything"
	if s.Match != "" {
		match = s.Match
	}
	d.line("sla %q about %s%s", s.Name, match, d.at(s.Site))
	d.in(func() {
		if s.Measure != MeasureResponse {
			d.line("measure %s", s.Measure)
		}
		for _, r := range s.Rules {
			d.rule(r)
		}
		for _, p := range s.Stages {
			d.line("in stage %q, from %s to %s", p.Name, p.Begin, p.End)
		}
		if w := s.Window; w != nil {
			d.line("in every window of %s%s", w.Length, w.tolerance())
		}
		if s.Abort != nil {
			d.line("abort after %s%s", s.Abort.After, s.Abort.patience())
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
	bound, warn := "at most", ""
	if r.AtLeast {
		bound = "at least"
	}
	if r.Warn {
		warn = ", else warn"
	}
	if r.Confidence > 0 {
		warn += fmt.Sprintf(", %s%% sure", number(r.Confidence*100))
	}
	d.line("%s %s %s%s%s%s", r.Name, bound, limitText(r), warn, d.override(r), d.at(r.Site))
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
