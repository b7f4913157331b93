package junit

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"throng/runtime/export/exporttest"
	"throng/runtime/report"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

func write(t *testing.T, run *results.Run) string {
	t.Helper()
	return string(exporttest.Written(t, run, Write))
}

func TestGolden(t *testing.T) {
	for name, made := range map[string]*reporttest.Run{
		"failed": reporttest.Failed(), "inconclusive": reporttest.Inconclusive(), "passed": reporttest.Passed(), "metrics": reporttest.Measured(),
	} {
		golden.Check(t, name+".xml", write(t, exporttest.Run(made)))
	}
	golden.Check(t, "hostile.xml", write(t, exporttest.Hostile()))
}

// shape is what the schema of Jenkins' xunit plugin allows: the attributes of
// each element, those that must be there with a *, and its children.
var shape = map[string]struct{ attributes, children string }{
	"testsuites": {"name time tests failures disabled errors", "testsuite"},
	"testsuite":  {"name* tests* failures errors time disabled skipped timestamp hostname id package", "properties testcase system-out system-err"},
	"properties": {"", "property"},
	"property":   {"name* value*", ""},
	"testcase":   {"name* assertions time classname status", "skipped error failure system-out system-err"},
	"skipped":    {"message type", ""}, "error": {"message type", ""}, "failure": {"message type", ""},
	"system-out": {"", ""}, "system-err": {"", ""},
}

// check holds a file against the shape, and its sums against its cases.
func check(t *testing.T, file string) (tests, failed, erred int) {
	t.Helper()
	var path []string
	var declared, counted map[string]int
	sums := func() {
		for k, n := range counted {
			if declared != nil && declared[k] != n {
				t.Errorf("a suite says %d %s and has %d", declared[k], k, n)
			}
		}
	}
	for d := xml.NewDecoder(strings.NewReader(file)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			path = path[:len(path)-1]
			if e.Name.Local == "testsuite" {
				sums()
			}
		case xml.StartElement:
			name := e.Name.Local
			s, known := shape[name]
			if !known || len(path) > 0 && !slices.Contains(strings.Fields(shape[path[len(path)-1]].children), name) {
				t.Errorf("%s in %v", name, path)
			}
			path = append(path, name)
			attributes := map[string]string{}
			for _, a := range e.Attr {
				attributes[a.Name.Local] = a.Value
				if !slices.Contains(strings.Fields(strings.ReplaceAll(s.attributes, "*", "")), a.Name.Local) {
					t.Errorf("%s has the attribute %s", name, a.Name.Local)
				}
			}
			for _, a := range strings.Fields(s.attributes) {
				if must, ok := strings.CutSuffix(a, "*"); ok && attributes[must] == "" && name != "property" {
					t.Errorf("%s has no %s", name, must)
				}
			}
			switch name {
			case "testsuite":
				declared, counted = map[string]int{}, map[string]int{"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
				for k := range counted {
					declared[k], _ = strconv.Atoi(attributes[k])
				}
			case "testcase":
				counted["tests"]++
				tests++
				if _, err := strconv.ParseFloat(attributes["time"], 64); err != nil {
					t.Errorf("the time is %q", attributes["time"])
				}
			case "failure":
				counted["failures"]++
				failed++
			case "error":
				counted["errors"]++
				erred++
			case "skipped":
				counted["skipped"]++
			}
		}
	}
	return tests, failed, erred
}

// TestShapeAndCounts has every judgement once, and red wherever the run did
// not pass.
func TestShapeAndCounts(t *testing.T) {
	runs := map[string]*results.Run{"hostile": exporttest.Hostile()}
	for name, made := range map[string]*reporttest.Run{
		"failed": reporttest.Failed(), "inconclusive": reporttest.Inconclusive(), "passed": reporttest.Passed(), "metrics": reporttest.Measured(),
		"interrupted": reporttest.Interrupted(), "empty": reporttest.Empty(), "unjudged": reporttest.Unjudged(), "sockets": reporttest.Sockets(),
	} {
		runs[name] = exporttest.Run(made)
	}
	for name, run := range runs {
		file := write(t, run)
		exporttest.Printable(t, file)
		tests, failed, erred := check(t, file)
		judged, broken, open := 0, 0, 0
		for i := range run.Report.SLAs {
			s := &run.Report.SLAs[i]
			all := s.All
			if len(all) == 0 {
				all = []report.Judged{s.Judged}
			}
			for _, j := range all {
				judged++
				switch j.State {
				case text.Fail:
					broken++
				case text.Inconclusive:
					open++
				}
			}
		}
		if tests != judged+1 || failed != broken || erred < open || erred > open+1 {
			t.Errorf("%s: %d tests, %d failures, %d errors; judged %d, broken %d, undecided %d", name, tests, failed, erred, judged, broken, open)
		}
		if red := failed+erred > 0; red != (run.Report.Verdict.State != text.Pass) {
			t.Errorf("%s: the verdict is %s, and the file has %d failures and %d errors", name, run.Report.Verdict.State, failed, erred)
		}
	}
}

// TestBroken has a run whose limits are kept but whose end is not known.
func TestBroken(t *testing.T) {
	run := *exporttest.Run(reporttest.Passed())
	run.Broken = "the journal ends within a second"
	if _, failed, erred := check(t, write(t, &run)); failed != 0 || erred != 1 {
		t.Errorf("%d failures, %d errors, want 0 and 1", failed, erred)
	}
}
