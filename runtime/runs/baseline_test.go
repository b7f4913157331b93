package runs

import (
	"path/filepath"
	"testing"

	"throng/runtime/report"
)

// A baseline is of the same profile of the same scenario, and never the run
// itself.
func TestBaseline(t *testing.T) {
	dir := t.TempDir()
	base, now, other := filepath.Join(dir, "base"), filepath.Join(dir, "now"), filepath.Join(dir, "suite", "q")
	store(t, base, "p", day)
	store(t, now, "p", day)
	store(t, other, "q", day)
	write(t, filepath.Join(dir, "suite", suiteName), "{}")
	of := func(profile string) *report.Report {
		r := &report.Report{}
		r.Plan.Scenario, r.Plan.Profile = "shop", profile
		return r
	}
	expect := func(what, run, profile, want string) {
		t.Helper()
		got := Baseline(run, of(profile))
		if got != "" {
			got = filepath.Clean(got)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	expect("no label", now, "p", "")
	if _, err := Label(base, BaselineLabel, false); err != nil {
		t.Fatal(err)
	}
	expect("of the same profile", now, "p", base)
	expect("of another profile", now, "q", "")
	expect("itself", base, "p", "")
	expect("of a run in a suite", other, "p", base)
	expect("nowhere", filepath.Join(dir, "none", "x"), "p", "")
	write(t, filepath.Join(now, "label"), BaselineLabel+"\n")
	expect("of two nobody knows which", other, "p", "")
}
