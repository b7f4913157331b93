// Package junit writes a run's verdict as JUnit XML: an SLA is a test suite,
// each of its limits and each request it is judged for a test case.
//
// A broken limit is a failure. An undecided one is an error: nothing is
// proven, so nothing may turn green. One that only warns is a passed test
// that says so. Everything else that keeps a run from passing is an error in
// the first suite, which is about the run itself.
package junit

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"throng/runtime/export/junit/xunit"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// Write writes the file.
func Write(w io.Writer, run *results.Run) error { return build(run).Write(w) }

func build(run *results.Run) *xunit.Document {
	rep := run.Report
	name := rep.Plan.Scenario
	if rep.Plan.Profile != "" {
		name += "/" + rep.Plan.Profile
	}
	all := &xunit.Document{Name: clean(name), Time: seconds(rep.Run.Elapsed)}
	all.Suites = append(all.Suites, runSuite(run, all.Name))
	byName := make(map[string]int) // index of an SLA's suite
	for i := range rep.SLAs {
		s := &rep.SLAs[i]
		k, known := byName[s.Name]
		if !known {
			k = len(all.Suites)
			byName[s.Name] = k
			all.Suites = append(all.Suites, newSuite(rep, "SLA "+clean(s.Name)))
		}
		all.Suites[k].Cases = append(all.Suites[k].Cases, cases(all.Name, s)...)
	}
	for _, name := range rep.Unjudged {
		s := newSuite(rep, "SLA "+clean(name))
		s.Cases = []xunit.Case{{
			Name: "not judged", Class: all.Name + "." + clean(name), Time: "0",
			Skipped: &xunit.Outcome{Message: "declared, but not for this profile"},
		}}
		all.Suites = append(all.Suites, s)
	}
	return all
}

func newSuite(rep *report.Report, name string) *xunit.Suite {
	return &xunit.Suite{Name: name, Time: "0", Timestamp: rep.Run.Started.UTC().Format("2006-01-02T15:04:05")}
}

// runSuite is about the run itself, and carries what describes it.
func runSuite(run *results.Run, class string) *xunit.Suite {
	rep := run.Report
	s := newSuite(rep, "run "+class)
	s.Time = seconds(rep.Run.Elapsed)
	s.Properties = &xunit.Properties{List: []xunit.Property{
		{Name: "tool", Value: clean(rep.Tool.Name + " " + rep.Tool.Version)}, {Name: "scenario", Value: clean(rep.Plan.Scenario)}, {Name: "profile", Value: clean(rep.Plan.Profile)},
		{Name: "model", Value: rep.Plan.Model}, {Name: "seed", Value: rep.Plan.Seed}, {Name: "run", Value: clean(rep.Run.ID)}, {Name: "verdict", Value: rep.Verdict.State.String()},
		{Name: "requests", Value: fmt.Sprint(rep.Total.Samples)}, {Name: "failed", Value: fmt.Sprint(rep.Total.Failed)}, {Name: "again", Value: clean(rep.Again)},
	}}
	c := xunit.Case{Name: "the run can be trusted", Class: class, Time: s.Time}
	var why []string
	for _, reason := range run.Doubts() {
		why = append(why, clean(reason))
	}
	if rep.Verdict.State != text.Pass && len(why) == 0 && rep.Verdict.Failed+rep.Verdict.Inconclusive == 0 {
		why = append(why, "the verdict is "+rep.Verdict.State.String())
	}
	if len(why) > 0 {
		c.Error = &xunit.Outcome{Message: why[0], Type: rep.Verdict.State.String(), Text: strings.Join(why, "\n")}
	}
	s.Cases = []xunit.Case{c}
	return s
}

// cases are the test cases of one limit: one for each request it is judged
// for, one where it is judged for all together.
func cases(class string, s *report.SLA) []xunit.Case {
	judged := s.All
	if len(judged) == 0 {
		judged = []report.Judged{s.Judged}
	}
	list := make([]xunit.Case, 0, len(judged))
	for i := range judged {
		list = append(list, judge(class, s, &judged[i]))
	}
	return list
}

func judge(class string, s *report.SLA, j *report.Judged) xunit.Case {
	rule := s.Rule + " " + bounded(s)
	c := xunit.Case{
		Name: clean(rule + " of " + cmp.Or(j.Request, "all requests together")), Class: class + "." + clean(s.Name), Time: "0",
	}
	out := &xunit.Outcome{Message: message(s, j), Type: s.Metric, Text: details(s, j)}
	switch j.State {
	case text.Fail:
		c.Failure = out
	case text.Inconclusive:
		c.Error = out
		out.Message = "undecided: " + out.Message
	case text.Warn:
		c.Out = "warning: " + out.Message + "\n" + out.Text
	default:
		c.Out = out.Text
	}
	return c
}

func bounded(s *report.SLA) string {
	if s.Floor {
		return s.LimitText() // has its sign
	}
	return "≤ " + s.LimitText()
}

func message(s *report.SLA, j *report.Judged) string {
	m := "nothing measured"
	if j.Measured != nil {
		m = "measured " + s.JudgedText(j)
	}
	m += ", limit " + s.LimitText()
	if j.Measured == nil && j.Reason != "" {
		m += ": " + clean(j.Reason)
	}
	return m
}

// details are the figures behind a judgement, a line each.
func details(s *report.SLA, j *report.Judged) string {
	var lines []string
	say := func(name, value string) {
		if value != "" && value != text.None {
			lines = append(lines, name+": "+clean(value))
		}
	}
	say("measured", s.JudgedText(j))
	say("limit", s.LimitText())
	one := *s
	one.Judged = *j
	say("margin", one.MarginText())
	say("samples", fmt.Sprintf("%d, %d needed", j.Samples, j.Needed))
	if j.Over > 0 {
		say("beyond the limit", fmt.Sprint(j.Over))
	}
	say("with 95 % confidence", s.IntervalText(j))
	say("reason", j.Reason)
	if s.Site != nil {
		say("declared at", fmt.Sprintf("%s:%d", s.Site.File, s.Site.Line))
	}
	return strings.Join(lines, "\n")
}

func seconds(m report.Ms) string {
	return fmt.Sprintf("%.3f", time.Duration(m).Seconds())
}

// clean also rids a text of the two characters that XML has no form for and
// that are no control characters.
func clean(s string) string {
	return strings.NewReplacer("\ufffe", `\ufffe`, "\uffff", `\uffff`).Replace(text.Clean(s))
}
