package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"throng/runtime/report/text"
)

// Suite is several profiles of one scenario, run one after another. It is
// also the JSON form, whose profiles hold the summaries of their runs.
type Suite struct {
	FormatVersion string       `json:"format_version"`
	Tool          Tool         `json:"tool"`
	Scenario      string       `json:"scenario"`
	Dir           string       `json:"dir"`
	Verdict       SuiteVerdict `json:"verdict"`
	Profiles      []SuiteRun   `json:"profiles"` // in the order in which they run
	Files         []string     `json:"files"`
}

// SuiteVerdict is the worst verdict of a suite's runs.
type SuiteVerdict struct {
	State    text.State `json:"state"`
	ExitCode int        `json:"exit_code"`
}

// SuiteRun is one profile of a suite.
type SuiteRun struct {
	Profile string  `json:"profile"`
	NotRun  string  `json:"not_run"` // why it was not, or came to nothing; "" when it ran
	Summary *Report `json:"summary"` // null when it did not
}

// Decide sets a suite's verdict: a run that failed before one that proves
// nothing, one that was not run among these, before a pass.
func (s *Suite) Decide(exitCode int) {
	s.Verdict = SuiteVerdict{State: text.Pass, ExitCode: exitCode}
	if len(s.Profiles) == 0 {
		s.Verdict.State = text.Inconclusive
	}
	for i := range s.Profiles {
		state := text.Inconclusive
		if r := s.Profiles[i].Summary; r != nil {
			state = r.Verdict.State
		}
		s.Verdict.State = min(s.Verdict.State, state)
	}
}

// WriteSuiteJSON writes a suite for programs.
func WriteSuiteJSON(w io.Writer, s *Suite) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the suite: %w", err)
	}
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("writing the suite: %w", err)
	}
	return nil
}

// WriteSuiteText writes a suite as one table of verdicts, with the reasons of
// those that are no pass, and the suite's own verdict.
func WriteSuiteText(w io.Writer, s *Suite, o TextOptions) error {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	t := &textWriter{o: o, st: o.Style, width: max(o.Width, minWidth)}
	t.line(t.st.Paint(text.Bold, "SUITE") + "  " + t.st.Text(text.Clean(s.Scenario)+" · "+s.tally()))
	t.line("")
	table := &text.Table{Style: t.st, Min: 8, Columns: []text.Column{
		{Title: "PROFILE", Shrink: true}, {Title: "VERDICT"}, {Title: "model"}, {Title: "ran", Right: true}, {Title: "users", Right: true, Drop: 3},
		{Title: "requests", Right: true, Drop: 2}, {Title: "req/s", Right: true, Drop: 1}, {Title: "p95", Right: true}, {Title: "errors %", Right: true},
	}}
	for i := range s.Profiles {
		table.Rows = append(table.Rows, t.suiteRun(&s.Profiles[i]))
	}
	for _, l := range table.Lines(t.width) {
		t.line(l)
	}
	for i := range s.Profiles {
		t.suiteReasons(&s.Profiles[i])
	}
	t.line("")
	for i, f := range s.Files {
		label := ""
		if i == 0 {
			label = "FILES"
		}
		t.section(label, text.Clean(f))
	}
	t.line(t.st.Paint(s.Verdict.State.Role(), verdictWord(s.Verdict.State)) + fmt.Sprintf("  exit %d", s.Verdict.ExitCode))
	return t.flush(w)
}

// tally says how many profiles there are and how they came out.
func (s *Suite) tally() string {
	var passed, notRun int
	for i := range s.Profiles {
		r := s.Profiles[i].Summary
		switch {
		case r == nil:
			notRun++
		case r.Verdict.State == text.Pass:
			passed++
		}
	}
	out := fmt.Sprintf("%d of %s passed", passed, plural(len(s.Profiles), "profile"))
	if notRun > 0 {
		out += fmt.Sprintf(", %d not run", notRun)
	}
	return out
}

func (t *textWriter) suiteRun(p *SuiteRun) []text.Cell {
	name := text.Cell{Text: t.outside(p.Profile), Role: text.Bold}
	if p.Summary == nil {
		none := text.Cell{Text: t.st.Text(text.None), Role: text.Dim}
		return []text.Cell{name, {Text: "not run", Role: text.WarnRole}, none, none, none, none, none, none, none}
	}
	r := p.Summary
	p95 := t.st.Text(text.None)
	if l := r.Total.Latency; l.P95 != nil {
		p95 = text.Duration(float64(*l.P95))
		for _, b := range l.Bounded {
			if b == "p95_ms" || b == "p95" {
				p95 = text.AtLeast(float64(*l.P95))
			}
		}
	}
	errors := t.st.Text(text.None)
	if r.Total.Samples > 0 {
		errors = text.Percent(float64(r.Total.ErrorRate))
	}
	return []text.Cell{
		name, {Text: verdictWord(r.Verdict.State), Role: r.Verdict.State.Role()}, {Text: r.Plan.Model}, {Text: text.Clock(time.Duration(r.Run.Elapsed))},
		{Text: text.Count(int64(r.Run.PeakUsers))}, {Text: text.Count(r.Total.Samples)}, {Text: text.Rate(float64(r.Total.Rate))},
		{Text: t.st.Text(p95)}, {Text: errors},
	}
}

// suiteReasons says why a profile is no pass.
func (t *textWriter) suiteReasons(p *SuiteRun) {
	var reasons []string
	switch {
	case p.Summary == nil:
		reasons = []string{p.NotRun}
	case p.Summary.Verdict.State != text.Pass:
		reasons = p.Summary.Verdict.Reasons
	}
	const most = 3
	for i, reason := range reasons {
		if i == most {
			t.bullet(0, fmt.Sprintf("%s: and %s", text.Clean(p.Profile), plural(len(reasons)-most, "reason")))
			return
		}
		t.bullet(0, text.Clean(p.Profile)+": "+text.Clean(reason))
	}
}
