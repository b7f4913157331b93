package live

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/text"
)

// view is what is known of the run. It belongs to the goroutine that shows.
type view struct {
	plan    *plan.Plan
	st      text.Style
	history *history
	now     *outcome.Progress // the newest tick; nil before the first
	slas    []report.SLA
}

// take brings the view up to date and returns the tick's own figures.
func (v *view) take(p *outcome.Progress) *record.Stats {
	if p.Snapshot == nil {
		empty := *p
		empty.Snapshot = &record.Snapshot{At: p.Elapsed}
		p = &empty
	}
	v.now = p
	v.slas = report.SLAs(v.plan, p.Judged)
	return v.history.add(p)
}

// measured is the time the run's figures cover so far.
func (v *view) measured() time.Duration {
	return max(0, v.now.Elapsed-v.plan.Profile.Warmup)
}

// state is where the run stands, in a word.
func (v *view) state() string {
	if v.now.State == outcome.Running && v.now.Elapsed < v.plan.Profile.Warmup {
		return "WARM-UP"
	}
	return v.now.State.String()
}

// title names the run, what it runs against, and the load's model.
func (v *view) title() string {
	s := v.plan.Scenario
	if v.plan.Profile.Name != "" {
		s += " · " + v.plan.Profile.Name
	}
	s += ", " + report.Model(v.plan) + " model"
	for i := range v.plan.Targets {
		if i == 1 {
			s += fmt.Sprintf(" +%d", len(v.plan.Targets)-1)
			break
		}
		t := &v.plan.Targets[i]
		if t.Example != "" {
			s += " → " + t.URL()
			continue
		}
		s += " → " + t.Authority()
	}
	return v.st.Text(text.Clean(s))
}

// clock says how far along the run is.
func (v *view) clock() string {
	p := v.now
	s := text.Clock(p.Elapsed)
	switch {
	case p.State == outcome.Done && p.Planned > 0:
		return v.st.Text(s + " of " + text.Clock(p.Planned))
	case p.State == outcome.Stopping:
		return v.st.Text(fmt.Sprintf("%s · waiting for %s", s, requests(p.InFlight)))
	case p.Planned == 0:
		return s
	case p.Elapsed >= p.Planned:
		return v.st.Text(s + " of " + text.Clock(p.Planned) + " · finishing")
	}
	left := (p.Planned - p.Elapsed + time.Second - 1).Truncate(time.Second)
	return v.st.Text(s + " of " + text.Clock(p.Planned) + " · " + text.Clock(left) + " left")
}

func requests(n int64) string {
	if n == 1 {
		return "1 request"
	}
	return text.Count(n) + " requests"
}

// stages are those of the profile's load; nil where there are several.
func (v *view) stages() []plan.Stage {
	if len(v.plan.Profile.Loads) != 1 {
		return nil
	}
	return v.plan.Profile.Loads[0].Stages
}

// stage says in which stage the run is: "stage 2/3 hold 60"; where there are
// several loads, which of them are at work.
func (v *view) stage() string {
	if len(v.plan.Profile.Loads) > 1 {
		return v.loads()
	}
	stages := v.stages()
	i := v.now.Stage
	if i < 0 || i >= len(stages) {
		return ""
	}
	return fmt.Sprintf("stage %d/%d", i+1, len(stages)) + v.level(&v.plan.Profile.Loads[0], i)
}

// level is a load's stage: its name, and how much it leads to.
func (v *view) level(l *plan.Load, stage int) (s string) {
	if stage < 0 || stage >= len(l.Stages) {
		return ""
	}
	if name := l.Stages[stage].Name; name != "" {
		s += " " + v.st.Cut(v.st.Text(text.Clean(name)), 16)
	}
	s += " " + strconv.FormatFloat(l.Stages[stage].Level, 'f', -1, 64)
	if l.Model == plan.Open {
		s += "/s"
	}
	return s
}

// loads says which loads are at work: "writer 6/s · reader climb 75/s".
func (v *view) loads() string {
	var parts []string
	for i := range min(len(v.now.Loads), len(v.plan.Profile.Loads)) {
		l, now := &v.plan.Profile.Loads[i], &v.now.Loads[i]
		if now.State != outcome.Working {
			continue
		}
		name := l.Name
		if name == "" {
			name = "shared"
		}
		parts = append(parts, v.st.Cut(v.st.Text(text.Clean(name)), 20)+v.level(l, now.Stage))
	}
	if len(parts) == 0 {
		return "no load at work"
	}
	return v.st.Text(strings.Join(parts, " · "))
}

// counts of SLA lines by state.
func (v *view) counts() (n [text.NoSLA + 1]int) {
	for i := range v.slas {
		n[v.slas[i].State]++
	}
	return n
}

var countWords = [...]string{"fail", "too few", "warn", "ok"}

// tally is the SLAs' counts: "2 fail · 1 too few · 5 ok".
func (v *view) tally() string {
	var parts []string
	for s, n := range v.counts() {
		if n > 0 && s < len(countWords) {
			parts = append(parts, fmt.Sprintf("%d %s", n, countWords[s]))
		}
	}
	if n := len(v.plan.Unjudged); n > 0 {
		parts = append(parts, fmt.Sprintf("%d not judged in this profile", n))
	}
	if len(parts) == 0 {
		return "none declared"
	}
	return v.st.Text(strings.Join(parts, " · "))
}

// status is the run in one plain line: latency of s, rate and errors of n
// requests that finished in a window.
func (v *view) status(s *record.Stats, n tally, window time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s users=%d", text.Clock(v.now.Elapsed), v.now.Users)
	rate := 0.0
	if window > 0 {
		rate = float64(n.count()) / window.Seconds()
	}
	fmt.Fprintf(&b, " rps=%s", tight(text.Rate(rate)))
	p95, failed := text.None, text.None
	if l := s.Quantile(0.95); l.Valid {
		p95 = tight(latency(l))
	}
	if n.count() > 0 {
		failed = tight(text.Percent(share(n.failed, n.count()))) + "%"
	}
	fmt.Fprintf(&b, " p95=%s err=%s", p95, failed)
	var slas []string
	for i, n := range v.counts() {
		if n > 0 && i < len(countWords) {
			slas = append(slas, fmt.Sprintf("%d%s", n, strings.TrimPrefix(countWords[i], "too ")))
		}
	}
	if len(slas) > 0 {
		b.WriteString(" sla=" + strings.Join(slas, ","))
	}
	gen := "ok"
	if !v.now.Health.OK() {
		gen = "SATURATED"
	}
	b.WriteString(" gen=" + gen)
	if v.now.Missed > 0 {
		b.WriteString(" missed=" + text.Count(v.now.Missed))
	}
	if s := v.state(); s != "RUNNING" {
		b.WriteString(" " + strings.ToLower(s))
	}
	return v.st.Text(b.String())
}

// tight leaves the spaces out of a figure.
func tight(s string) string { return strings.ReplaceAll(s, " ", "") }

func latency(l record.Latency) string {
	switch {
	case !l.Valid:
		return text.None
	case l.Censored:
		return text.AtLeast(float64(l.Ns))
	}
	return text.Duration(float64(l.Ns))
}
