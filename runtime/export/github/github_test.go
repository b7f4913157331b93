package github

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"throng/runtime/export/exporttest"
	"throng/runtime/report"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/results"
)

func write(t *testing.T, run *results.Run) string {
	t.Helper()
	return string(exporttest.Written(t, run, Write))
}

func TestGolden(t *testing.T) {
	for name, made := range map[string]*reporttest.Run{"failed": reporttest.Failed(), "inconclusive": reporttest.Inconclusive(), "passed": reporttest.Passed(), "unjudged": reporttest.Unjudged()} {
		golden.Check(t, name+".txt", write(t, exporttest.Run(made)))
	}
	golden.Check(t, "hostile.txt", write(t, exporttest.Hostile()))
}

// TestOneCommandALine lets no name begin a command of its own, or end a
// property.
func TestOneCommandALine(t *testing.T) {
	run := *exporttest.Hostile()
	rep := *run.Report
	rep.SLAs = slices.Clone(rep.SLAs)
	rep.SLAs[0].Name = "a,line=1::\n::error::b%0A"
	rep.SLAs[0].Site = &report.Site{File: "a:b,c%\n.hcl", Line: 3}
	run.Report = &rep
	text := write(t, &run)
	exporttest.Printable(t, text)
	command := regexp.MustCompile(`^::(error|warning|notice) (file=[^,:]+,line=\d+,)?title=[^,:]+::.+$`)
	for line := range strings.Lines(text) {
		if !command.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("%q is no command", line)
		}
	}
	if want := `::error file=a%3Ab%2Cc%25\x0a.hcl,line=3,title=SLA a%2Cline=1%3A%3A\x0a%3A%3Aerror%3A%3Ab%250A%3A `; !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
}

// TestAtMostTen says how many are missing.
func TestAtMostTen(t *testing.T) {
	run := *exporttest.Run(reporttest.Failed())
	rep := *run.Report
	rep.SLAs = nil
	for i := range 40 {
		s := run.Report.SLAs[0]
		s.Name = fmt.Sprint("sla", i)
		rep.SLAs = append(rep.SLAs, s)
	}
	run.Report = &rep
	text := write(t, &run)
	if n := strings.Count(text, "::error "); n != most || !strings.Contains(text, "and 31 more") {
		t.Errorf("%d errors in\n%s", n, text)
	}
}
