package locust

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"throng/runtime/export/exporttest"
	"throng/runtime/report/reporttest"
)

// TestGuide has Python read the files as the second guide does.
func TestGuide(t *testing.T) {
	const python = "/usr/bin/python3" // the one that Debian's packages are for
	if _, err := os.Stat("/usr/lib/python3/dist-packages/pandas/__init__.py"); err != nil {
		t.Skip("needs pandas for Python (python3-pandas)")
	}
	run := exporttest.Run(reporttest.Failed())
	dir := t.TempDir()
	for prefix, o := range map[string]Options{"old": {Legacy: true}, "new": {}} {
		for suffix, text := range write(t, run, o) {
			if err := os.WriteFile(filepath.Join(dir, prefix+suffix), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := exec.Command(python, "testdata/guide.py", filepath.Join(dir, "old"), filepath.Join(dir, "new")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := fmt.Sprintf("slowest /api/config/audit 1111.0\nfailing /api/logs,/api/nonexistent,/api/workflows/:id/execute,Aggregated\naverage /api/config/audit\njudged 10 violations 6\ntotal %d\n", run.Report.Total.Samples)
	if string(out) != want {
		t.Errorf("Python says\n%s\nwant\n%s", out, want)
	}
}
