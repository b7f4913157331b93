package prove

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"throng/dsl/diag"
	"throng/dsl/testfile"
	"throng/runtime/export/junit/xunit"
	"throng/runtime/report/text"
)

// JUnit gathers results and writes them as JUnit XML: a suite for each file, a
// test case for each run.
type JUnit struct {
	results []*Result
	broken  *xunit.Outcome // of the test files; nil where they are right
}

// Run takes one result.
func (j *JUnit) Run(r *Result) { j.results = append(j.results, r) }

// Broken takes what is wrong with the test files, so that nothing was run.
func (j *JUnit) Broken(found diag.Diagnostics, sources map[string][]byte) {
	j.broken = saidOf(found, sources)
}

// Write writes the file.
func (j *JUnit) Write(w io.Writer, s *Summary) error {
	all := xunit.Document{Name: "throng test", Time: inSeconds(s.Took)}
	byFile := map[*testfile.File]*xunit.Suite{}
	took := map[*xunit.Suite]time.Duration{}
	for _, r := range j.results {
		one := byFile[r.File]
		if one == nil {
			one = &xunit.Suite{Name: cleaned(r.File.Name)}
			byFile[r.File] = one
			all.Suites = append(all.Suites, one)
		}
		one.Cases = append(one.Cases, caseOf(one.Name, r))
		took[one] += r.Took
		one.Time = inSeconds(took[one])
	}
	if j.broken != nil {
		none := inSeconds(0)
		all.Suites = append(all.Suites, &xunit.Suite{Name: "test files", Time: none, Cases: []xunit.Case{{Name: "can be read", Class: "test files", Time: none, Error: j.broken}}})
	}
	return all.Write(w)
}

func caseOf(class string, r *Result) xunit.Case {
	c := xunit.Case{Name: cleaned(r.Run.Name), Class: class, Time: inSeconds(r.Took)}
	switch r.State {
	case Passed:
		c.Out = cleaned(strings.Join(r.notes(), "\n"))
	case Failed:
		c.Failure = r.said()
	case Errored:
		c.Error = r.said()
	case Skipped:
		c.Skipped = r.said()
	}
	return c
}

// said is why a run did not pass.
func (r *Result) said() *xunit.Outcome {
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
func saidOf(found diag.Diagnostics, sources map[string][]byte) *xunit.Outcome {
	if len(found) == 0 {
		return &xunit.Outcome{}
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
	return &xunit.Outcome{Message: cleaned(first.Summary + ": " + first.Detail), Type: first.Code, Text: cleaned(b.String())}
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
