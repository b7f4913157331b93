package runs

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

// store writes the summary of a run that began at a time into a directory.
func store(t *testing.T, dir, profile string, began time.Time) {
	t.Helper()
	r := report.Report{FormatVersion: report.FormatVersion, Tool: report.Tool{Name: tool}}
	r.Verdict.State = text.Pass
	r.Run.Started = began
	r.Plan.Scenario, r.Plan.Profile = "shop", profile
	var b bytes.Buffer
	if err := report.WriteJSON(&b, &r); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, summaryName), b.String())
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

var day = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// names are the last elements of runs' directories.
func names(list []Run) string {
	var out []string
	for _, r := range list {
		out = append(out, filepath.Base(r.Dir))
	}
	return strings.Join(out, " ")
}

func TestExcess(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a", "b", "c", "d", "e"} { // e is the newest
		store(t, filepath.Join(dir, name), "p", day.AddDate(0, 0, i))
	}
	write(t, filepath.Join(dir, "bad", summaryName), "{")
	write(t, filepath.Join(dir, "mine", "notes.txt"), "no run")
	write(t, filepath.Join(dir, "theirs", summaryName), `{"format_version":"1.0","tool":{"name":"other"},"run":{"started_at":"2020-01-01T00:00:00Z"}}`)
	if _, err := Label(filepath.Join(dir, "b"), "baseline", false); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		rule Rule
		want string
	}{
		{"all but those with a label", Rule{}, "e d c a"},
		{"a label does not count", Rule{Keep: 3}, "a"},
		{"as many as there are", Rule{Keep: 4}, ""},
		{"more than there are", Rule{Keep: 40}, ""},
		{"by age", Rule{Before: day.AddDate(0, 0, 3)}, "c a"},
		{"by age, but the newest stay", Rule{Keep: 3, Before: day.AddDate(0, 0, 3)}, "a"},
		{"began at the very moment", Rule{Before: day}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			list, err := Excess(dir, tc.rule)
			if err != nil {
				t.Fatal(err)
			}
			if got := names(list); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRemoveKeepsWhatWasLabelledMeanwhile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	store(t, dir, "p", day)
	r := Read(dir)
	if _, err := Label(dir, "baseline", false); err != nil {
		t.Fatal(err)
	}
	if err := Remove(r); err == nil {
		t.Error("a run that was labelled after it had been listed was removed")
	}
	if !IsRun(dir) {
		t.Error("the run is gone")
	}
}

func TestRemoveFollowsNoLinks(t *testing.T) {
	dir := t.TempDir()
	run, outside := filepath.Join(dir, "run"), filepath.Join(dir, "outside")
	store(t, run, "p", day)
	write(t, filepath.Join(outside, "keep"), "x")
	if err := os.Symlink(outside, filepath.Join(run, "link")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(run, filepath.Join(dir, "alias")); err != nil {
		t.Skip(err)
	}
	if err := Remove(Run{Dir: filepath.Join(dir, "alias")}); err == nil {
		t.Error("a link to a run was removed as a run")
	}
	if err := Remove(Read(run)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(run); err == nil {
		t.Error("the run is still there")
	}
	if _, err := os.Stat(filepath.Join(outside, "keep")); err != nil {
		t.Error(err)
	}
}

func TestLabels(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	store(t, a, "p", day)
	store(t, b, "p", day.Add(time.Hour))
	if _, err := Label(a, "baseline", false); err != nil {
		t.Fatal(err)
	}
	if _, err := Label(b, "baseline", false); err == nil {
		t.Error("two runs have one label")
	}
	if got, err := Resolve(dir, "baseline"); err != nil || got != a {
		t.Errorf("the label means %q, %v", got, err)
	}
	from, err := Label(b, "baseline", true)
	if err != nil || !slices.Equal(from, []string{a}) {
		t.Errorf("the label was taken from %q, %v", from, err)
	}
	if got, err := Resolve(dir, "baseline"); err != nil || got != b {
		t.Errorf("after the move the label means %q, %v", got, err)
	}
	if got := Read(a).Label; got != "" {
		t.Errorf("the first run still has %q", got)
	}
	if err := Unlabel(b); err != nil {
		t.Fatal(err)
	}
	if got, err := Resolve(dir, "baseline"); err != nil || got != "baseline" {
		t.Errorf("a label that nothing has means %q, %v", got, err)
	}
	for _, bad := range []string{"", "none", "-x", ".x", "a/b", "..", "a b", "a\n", "ä", strings.Repeat("a", 41)} {
		if _, err := Label(a, bad, true); err == nil {
			t.Errorf("%q is a label", bad)
		}
	}
}

// A label is one run's in the whole results directory, suites included.
func TestLabelsOfSuites(t *testing.T) {
	dir := t.TempDir()
	alone, suite := filepath.Join(dir, "alone"), filepath.Join(dir, "suite")
	store(t, alone, "p", day)
	store(t, filepath.Join(suite, "p"), "p", day)
	write(t, filepath.Join(suite, suiteName), "{}")
	if _, err := Label(alone, "baseline", false); err != nil {
		t.Fatal(err)
	}
	if _, err := Label(filepath.Join(suite, "p"), "baseline", false); err == nil {
		t.Error("a run of a suite has the label of another run")
	}
	t.Chdir(filepath.Join(suite, "p"))
	if _, err := Label(".", "baseline", false); err == nil {
		t.Error("the run one stands in has the label of another run")
	}
	if from, err := Label(".", "baseline", true); err != nil || len(from) != 1 {
		t.Errorf("taken from %q, %v", from, err)
	}
	if got := labelOf(alone); got != "" {
		t.Errorf("the other run still has %q", got)
	}
}

func TestNewest(t *testing.T) {
	dir := t.TempDir()
	store(t, filepath.Join(dir, "a1"), "a", day)
	store(t, filepath.Join(dir, "a2"), "a", day.Add(2*time.Hour))
	store(t, filepath.Join(dir, "b1"), "b", day.Add(time.Hour))
	write(t, filepath.Join(dir, "bad", summaryName), "{")
	list, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(list), "a2 b1 a1 bad"; got != want {
		t.Errorf("list %q, want %q", got, want)
	}
	if got, want := names(Newest(list)), "a2 b1"; got != want {
		t.Errorf("newest %q, want %q", got, want)
	}
}

// No text keeps a control character, and no line but a directory's is wider
// than it may be.
func TestWriteHostile(t *testing.T) {
	const evil = "\x1b[31mred\nline\u202e"
	rep := &report.Report{}
	rep.Plan.Scenario, rep.Plan.Profile = strings.Repeat(evil, 9), strings.Repeat(evil, 9)
	list := []Run{
		{Dir: "results/" + evil, State: Whole, Label: strings.Repeat("l", 40), Report: rep},
		{Dir: "results/bad", State: Unreadable, Problem: evil},
	}
	for _, st := range []text.Style{{}, {ASCII: true}} {
		var table, summary bytes.Buffer
		if err := WriteList(&table, list, st, 80); err != nil {
			t.Fatal(err)
		}
		if err := WriteSummary(&summary, Newest(list), st, 80); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(table.String() + summary.String()) {
			line = strings.TrimSuffix(line, "\n")
			if strings.ContainsAny(line, "\x1b\u202e") {
				t.Errorf("%q acts on a terminal", line)
			}
			if text.Width(line) > 80 && !strings.Contains(line, "results/") {
				t.Errorf("%q is %d wide", line, text.Width(line))
			}
		}
		if got := strings.Count(table.String(), "\n"); got != 1+2*len(list) {
			t.Errorf("the table has %d lines", got)
		}
	}
	var b bytes.Buffer
	if err := WriteJSON(&b, list); err != nil {
		t.Fatal(err)
	}
	var back struct{ Runs []struct{ Dir string } }
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back.Runs) != 2 || back.Runs[0].Dir != list[0].Dir {
		t.Errorf("JSON gives %+v, %v", back, err)
	}
}
