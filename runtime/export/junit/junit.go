// Package junit writes a run's verdict as JUnit XML, the form that the
// schema of Jenkins' xunit plugin describes and that GitLab, Azure and others
// read: an SLA is a test suite, each of its limits and each request it is
// judged for a test case.
//
// A broken limit is a failure. An undecided one is an error: nothing is
// proven, so nothing may turn green. One that only warns is a passed test
// that says so. Everything else that keeps a run from passing is an error in
// the first suite, which is about the run itself.
package junit

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name       string      `xml:"name,attr"`
	Tests      int         `xml:"tests,attr"`
	Failures   int         `xml:"failures,attr"`
	Errors     int         `xml:"errors,attr"`
	Skipped    int         `xml:"skipped,attr"`
	Time       string      `xml:"time,attr"`
	Timestamp  string      `xml:"timestamp,attr"`
	Properties *properties `xml:"properties"`
	Cases      []testcase  `xml:"testcase"`
}

type properties struct {
	List []property `xml:"property"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testcase struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Time    string   `xml:"time,attr"`
	Skipped *outcome `xml:"skipped"`
	Error   *outcome `xml:"error"`
	Failure *outcome `xml:"failure"`
	Out     string   `xml:"system-out,omitempty"`
}

type outcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// Write writes the file.
func Write(w io.Writer, run *results.Run) error {
	all := build(run)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func build(run *results.Run) suites {
	rep := run.Report
	name := rep.Plan.Scenario
	if rep.Plan.Profile != "" {
		name += "/" + rep.Plan.Profile
	}
	all := suites{Name: clean(name), Time: seconds(rep.Run.Elapsed)}
	all.add(runSuite(run, all.Name))
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
		s.Cases = []testcase{{
			Name: "not judged", Class: all.Name + "." + clean(name), Time: "0",
			Skipped: &outcome{Message: "declared, but not for this profile"},
		}}
		all.Suites = append(all.Suites, s)
	}
	for i := range all.Suites {
		all.count(&all.Suites[i])
	}
	return all
}

func (a *suites) add(s suite) { a.Suites = append(a.Suites, s) }

// count fills in the sums of a suite, and adds them up.
func (a *suites) count(s *suite) {
	for i := range s.Cases {
		s.Tests++
		switch c := &s.Cases[i]; {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	a.Tests, a.Failures, a.Errors = a.Tests+s.Tests, a.Failures+s.Failures, a.Errors+s.Errors
}

func newSuite(rep *report.Report, name string) suite {
	return suite{Name: name, Time: "0", Timestamp: rep.Run.Started.UTC().Format("2006-01-02T15:04:05")}
}

// runSuite is about the run itself, and carries what describes it.
func runSuite(run *results.Run, class string) suite {
	rep := run.Report
	s := newSuite(rep, "run "+class)
	s.Time = seconds(rep.Run.Elapsed)
	s.Properties = &properties{[]property{
		{"tool", clean(rep.Tool.Name + " " + rep.Tool.Version)}, {"scenario", clean(rep.Plan.Scenario)}, {"profile", clean(rep.Plan.Profile)},
		{"model", rep.Plan.Model}, {"seed", rep.Plan.Seed}, {"run", clean(rep.Run.ID)}, {"verdict", rep.Verdict.State.String()},
		{"requests", fmt.Sprint(rep.Total.Samples)}, {"failed", fmt.Sprint(rep.Total.Failed)}, {"again", clean(rep.Again)},
	}}
	c := testcase{Name: "the run can be trusted", Class: class, Time: s.Time}
	var why []string
	for _, reason := range run.Doubts() {
		why = append(why, clean(reason))
	}
	if rep.Verdict.State != text.Pass && len(why) == 0 && rep.Verdict.Failed+rep.Verdict.Inconclusive == 0 {
		why = append(why, "the verdict is "+rep.Verdict.State.String())
	}
	if len(why) > 0 {
		c.Error = &outcome{Message: why[0], Type: rep.Verdict.State.String(), Text: strings.Join(why, "\n")}
	}
	s.Cases = []testcase{c}
	return s
}

// cases are the test cases of one limit: one for each request it is judged
// for, one where it is judged for all together.
func cases(class string, s *report.SLA) []testcase {
	judged := s.All
	if len(judged) == 0 {
		judged = []report.Judged{s.Judged}
	}
	list := make([]testcase, 0, len(judged))
	for i := range judged {
		list = append(list, judge(class, s, &judged[i]))
	}
	return list
}

func judge(class string, s *report.SLA, j *report.Judged) testcase {
	rule := s.Rule + " " + bounded(s)
	c := testcase{
		Name: clean(rule + " of " + cmp.Or(j.Request, "all requests together")), Class: class + "." + clean(s.Name), Time: "0",
	}
	out := &outcome{Message: message(s, j), Type: s.Metric, Text: details(s, j)}
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
