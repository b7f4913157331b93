package prove

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"throng/dsl/diag"
	"throng/dsl/testfile"
	"throng/runtime/report/text"
)

// JUnit gathers results and writes them as JUnit XML, the form that the schema
// of Jenkins' xunit plugin describes: a suite for each file, a test case for
// each run.
type JUnit struct {
	results []*Result
	broken  *said // of the test files; nil where they are right
}

type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []*xsuite
}

type xsuite struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Time     string   `xml:"time,attr"`
	Cases    []xcase
	took     time.Duration
}

type xcase struct {
	XMLName xml.Name `xml:"testcase"`
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Time    string   `xml:"time,attr"`
	Skipped *said    `xml:"skipped"`
	Error   *said    `xml:"error"`
	Failure *said    `xml:"failure"`
	Out     string   `xml:"system-out,omitempty"`
}

type said struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// Run takes one result.
func (j *JUnit) Run(r *Result) { j.results = append(j.results, r) }

// Broken takes what is wrong with the test files, so that nothing was run.
func (j *JUnit) Broken(found diag.Diagnostics, sources map[string][]byte) {
	j.broken = saidOf(found, sources)
}

// Write writes the file.
func (j *JUnit) Write(w io.Writer, s *Summary) error {
	all := suites{Name: "throng test", Time: inSeconds(s.Took)}
	byFile := map[*testfile.File]*xsuite{}
	for _, r := range j.results {
		one := byFile[r.File]
		if one == nil {
			one = &xsuite{Name: cleaned(r.File.Name)}
			byFile[r.File] = one
			all.Suites = append(all.Suites, one)
		}
		one.add(r)
	}
	if j.broken != nil {
		all.Suites = append(all.Suites, &xsuite{Name: "test files", Tests: 1, Errors: 1, Cases: []xcase{{Name: "can be read", Class: "test files", Time: inSeconds(0), Error: j.broken}}})
	}
	for _, one := range all.Suites {
		all.Tests, all.Failures, all.Errors = all.Tests+one.Tests, all.Failures+one.Failures, all.Errors+one.Errors
		one.Time = inSeconds(one.took)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (x *xsuite) add(r *Result) {
	c := xcase{Name: cleaned(r.Run.Name), Class: x.Name, Time: inSeconds(r.Took)}
	switch r.State {
	case Passed:
		c.Out = cleaned(strings.Join(r.notes(), "\n"))
	case Failed:
		c.Failure = r.said()
		x.Failures++
	case Errored:
		c.Error = r.said()
		x.Errors++
	case Skipped:
		c.Skipped = r.said()
		x.Skipped++
	}
	x.Tests++
	x.took += r.Took
	x.Cases = append(x.Cases, c)
}

// said is why a run did not pass.
func (r *Result) said() *said {
	out := saidOf(r.Findings, r.Sources)
	if notes := r.notes(); len(r.Findings) == 0 && len(notes) > 0 {
		out.Message = cleaned(notes[0])
	}
	more := r.Difference
	for _, n := range r.notes() {
		more += n + "\n"
	}
	out.Text += cleaned(more)
	return out
}

// saidOf is what was found, under the first error, or else the first finding.
func saidOf(found diag.Diagnostics, sources map[string][]byte) *said {
	if len(found) == 0 {
		return &said{}
	}
	first := found[0]
	for _, d := range found {
		if d.Severity == diag.Error {
			first = d
			break
		}
	}
	var b bytes.Buffer
	_ = diag.WriteText(&b, found, sources, diag.Options{Width: 100})
	return &said{Message: cleaned(first.Summary + ": " + first.Detail), Type: first.Code, Text: cleaned(b.String())}
}

func inSeconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// cleaned is a text that XML can hold, line by line.
func cleaned(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.NewReplacer("\ufffe", `\ufffe`, "\uffff", `\uffff`).Replace(text.Clean(l))
	}
	return strings.Join(lines, "\n")
}
