package openmetrics

import (
	"regexp"
	"strings"
	"testing"

	"throng/runtime/export/exporttest"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/results"
)

func write(t *testing.T, run *results.Run) string {
	t.Helper()
	return string(exporttest.Written(t, run, Write))
}

func TestGolden(t *testing.T) {
	golden.Check(t, "failed.txt", write(t, exporttest.Run(reporttest.Failed())))
}

var (
	label  = `[a-z]+="(?:[^"\\\n]|\\[\\"n])*"`
	sample = regexp.MustCompile(`^([a-z_]+)(?:\{` + label + `(?:,` + label + `)*\})? -?[0-9][0-9.]*(?:e[+-][0-9]+)?$`)
	meta   = regexp.MustCompile(`^# (TYPE|UNIT|HELP) ([a-z_]+) (.+)$`)
)

// Every line is one of the form: families one after another, each with its
// type first, no series twice, and the end.
func TestForm(t *testing.T) {
	for name, run := range map[string]*results.Run{
		"failed": exporttest.Run(reporttest.Failed()), "empty": exporttest.Run(reporttest.Empty()),
		"unjudged": exporttest.Run(reporttest.Unjudged()), "hostile": exporttest.Hostile(),
	} {
		lines := strings.Split(strings.TrimSuffix(write(t, run), "\n"), "\n")
		if lines[len(lines)-1] != "# EOF" {
			t.Errorf("%s ends with %q", name, lines[len(lines)-1])
		}
		seen, family := map[string]bool{}, ""
		for _, line := range lines[:len(lines)-1] {
			if m := meta.FindStringSubmatch(line); m != nil {
				if m[1] == "TYPE" {
					if family = m[2]; seen["# "+family] || m[3] != "gauge" {
						t.Errorf("%s: %s", name, line)
					}
					seen["# "+family] = true
				}
				if m[2] != family || m[1] == "UNIT" && !strings.HasSuffix(family, "_"+m[3]) {
					t.Errorf("%s: %s, in the family %s", name, line, family)
				}
				continue
			}
			m := sample.FindStringSubmatch(line)
			if m == nil || m[1] != family {
				t.Fatalf("%s: no sample of %s: %s", name, family, line)
			}
			if series := line[:strings.LastIndexByte(line, ' ')]; seen[series] {
				t.Errorf("%s: twice: %s", name, series)
			} else {
				seen[series] = true
			}
		}
	}
}
