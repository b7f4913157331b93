package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"throng/runtime/export/exporttest"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/results"
)

func write(t *testing.T, run *results.Run, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, run, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for name, made := range map[string]*reporttest.Run{
		"failed": reporttest.Failed(), "inconclusive": reporttest.Inconclusive(), "passed": reporttest.Passed(), "empty": reporttest.Empty(), "unjudged": reporttest.Unjudged(),
	} {
		golden.Check(t, name+".md", write(t, exporttest.Run(made), Options{}))
	}
	golden.Check(t, "hostile.md", write(t, exporttest.Hostile(), Options{}))
}

// TestNamesDoNothing has no element but ours, no cell but ours, nobody
// notified.
func TestNamesDoNothing(t *testing.T) {
	run := *exporttest.Hostile()
	rep := *run.Report
	rep.Requests = slices.Clone(rep.Requests)
	for i, name := range []string{"a|b", "`code`", "![x](http://evil.example/p.png)", "@everyone", "</code><img src=x onerror=alert(1)>", "$x$", "**b** _i_ ~~s~~", "<!-- "} {
		rep.Requests[i].Name = name
	}
	rep.Verdict.Beside = []string{"@team broke #12 | see http://evil.example <b>now</b>"}
	run.Report = &rep
	text := write(t, &run, Options{})
	exporttest.Printable(t, text)
	for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(text, -1) {
		if !slices.Contains([]string{"<code>", "</code>", "<sub>", "</sub>"}, tag) {
			t.Errorf("the text has the element %s", tag)
		}
	}
	if outside := regexp.MustCompile(`(?s)<code>.*?</code>|\x60\x60\x60.*?\x60\x60\x60`).ReplaceAllString(text, ""); strings.Contains(outside, "@") || strings.Contains(outside, "](") || strings.Contains(outside, "://") {
		t.Errorf("something acts in\n%s", outside)
	}
	columns := 0
	for line := range strings.Lines(text) {
		n := strings.Count(line, "|")
		switch {
		case !strings.HasPrefix(line, "|"):
			columns = 0
		case columns == 0:
			columns = n
		case n != columns:
			t.Errorf("%d bars instead of %d in %s", n, columns, line)
		}
	}
}

// TestBound has more requests and errors than a comment can hold: the worst
// are there, the others counted.
func TestBound(t *testing.T) {
	run := *exporttest.Run(reporttest.Failed())
	rep := *run.Report
	for i := range 3000 {
		r := rep.Requests[i%11]
		r.Name = fmt.Sprintf("GET /r%d/%s", i, strings.Repeat("ü|", 100))
		rep.Requests = append(rep.Requests, r)
		e := rep.Errors[0]
		e.Detail = strings.Repeat("<", 300)
		rep.Errors = append(rep.Errors, e)
	}
	rep.Again = "throng run " + strings.Repeat("--var x=y ", 500)
	run.Report = &rep
	for _, most := range []int{0, 4096, 10000, 1 << 20} {
		text := write(t, &run, Options{Most: most})
		bound := most
		if most == 0 {
			bound = Limit
		}
		if len(text) > bound {
			t.Errorf("%d bytes, at most %d allowed", len(text), bound)
		}
		if !strings.Contains(text, "left out for length") && most < 1<<20 {
			t.Errorf("with %d bytes nothing is said to be left out", bound)
		}
		if !strings.Contains(text, "FAIL") || !strings.Contains(text, "too few samples to prove it</sub>") {
			t.Errorf("with %d bytes the head or the end is missing", bound)
		}
	}
}
