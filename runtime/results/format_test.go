package results

import (
	"testing"
	"time"
)

// A journal of format 1 is read for as long as the format is called so, by
// every later version alike. Never write this one anew.
func TestFormat1(t *testing.T) {
	run, err := Open("testdata/format1")
	if err != nil {
		t.Fatal(err)
	}
	r := run.Report
	if run.Broken != "" || r.Verdict.State.String() != "fail" || r.Verdict.ExitCode != 99 || r.Total.Samples != 84 || r.Run.PeakUsers != 2 ||
		time.Duration(*r.Total.Latency.P95) != 39_321_599 || len(r.SLAs) == 0 || r.Plan.Seed != "7" {
		t.Errorf("broken %q, verdict %+v, total %+v", run.Broken, r.Verdict, r.Total)
	}
	addUp(t, run)
	n := 0
	if err := run.Each(func(s *Second) error { n += s.Users; return nil }); err != nil || n == 0 {
		t.Errorf("%d users, %v", n, err)
	}
}
