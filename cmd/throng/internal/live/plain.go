package live

import (
	"fmt"
	"io"
	"time"

	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/text"
)

// lineEvery is how often a plain line is written, in the run's time.
const lineEvery = 5 * time.Second

// plain shows a run as lines, without any control codes.
type plain struct {
	w     io.Writer
	view  *view
	quiet bool

	recent  *record.Stats // since the last line
	counted tally         // finished at the last line
	since   time.Duration // the run's time at the last line
	next    time.Duration
	stage   string // as it was told last
	broken  map[string]bool
	alarms  alarms
	modeled bool // the load's model has been told
	dead    bool
}

func (p *plain) take(m message) bool {
	switch {
	case m.kind == aNote:
		p.line(p.view.st.Text(text.Clean(m.note)))
	case m.kind == aTick && !p.quiet:
		p.tick(m)
	}
	return false
}

func (p *plain) tick(m message) {
	p.recent = record.Merge(p.recent, p.view.take(m.progress))
	if !p.modeled {
		p.modeled = true
		p.line(text.Clock(p.view.now.Elapsed) + " " + report.Model(p.view.plan) + " model")
		if list := p.view.plan.Unjudged; len(list) > 0 {
			p.line(p.view.st.Text(p.view.plan.Mask().Replace(report.Unjudged(list))))
		}
	}
	p.stages()
	for _, s := range p.alarms.news(m.progress.Health.Saturated) {
		p.line(p.view.st.Text(text.Clock(p.view.now.Elapsed) + " generator SATURATED: " + text.Clean(s)))
	}
	p.breaches()
	if p.view.now.Elapsed >= p.next {
		p.status()
	}
}

func (p *plain) status() {
	now := p.view.now.Elapsed
	finished := p.view.history.finished
	p.line(p.view.status(p.recent, finished.minus(p.counted), now-p.since))
	p.recent, p.since, p.counted = nil, now, finished
	p.next = now.Truncate(lineEvery) + lineEvery
}

// stages tells of a stage that has begun.
func (p *plain) stages() {
	v := p.view
	if s := v.stage(); s != p.stage {
		p.stage = s
		p.line(text.Clock(v.now.Elapsed) + " " + s)
	}
}

// breaches tells of the rules that are broken for the first time.
func (p *plain) breaches() {
	for i := range p.view.slas {
		s := &p.view.slas[i]
		key := fmt.Sprint(s.Name, "\x00", s.Rule, "\x00", s.Limit)
		if s.State != text.Fail && s.State != text.Warn || p.broken[key] {
			continue
		}
		if p.broken == nil {
			p.broken = make(map[string]bool)
		}
		p.broken[key] = true
		p.line(p.view.breach(s))
	}
}

// breach is a broken rule in one line.
func (v *view) breach(s *report.SLA) string {
	word := "FAIL"
	if s.State == text.Warn {
		word = "WARN"
	}
	line := fmt.Sprintf("%s %s so far: %s %s", text.Clock(v.now.Elapsed), word, text.Clean(s.Title()), text.Clean(s.RuleText()))
	if s.Request != "" {
		line += " " + text.Clean(s.Request)
	}
	line += fmt.Sprintf(": %s, limit %s, n %s", s.MeasuredText(), s.LimitText(), text.Count(s.Samples))
	if s.Site != nil {
		line += text.Clean(fmt.Sprintf(" (%s:%d)", s.Site.File, s.Site.Line))
	}
	return v.st.Text(line)
}

func (p *plain) paint() {}

// close writes the figures since the last line, so that none is missing.
func (p *plain) close() {
	if !p.quiet && p.view.now != nil && p.view.now.Elapsed > p.since {
		p.status()
	}
}

func (p *plain) line(s string) {
	if p.dead {
		return
	}
	if _, err := io.WriteString(p.w, s+"\n"); err != nil {
		p.dead = true
	}
}
