//go:build unix

package cli

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is the throng that TestMain put on the PATH, for tests that send
// it signals: this test, which does what the real program does.
func program(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("throng")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// interrupted runs the quickstart for a long time, sends it signals once it
// makes requests, and gives its exit code, output and summary.
func interrupted(t *testing.T, program string, signals int) (code int, stdout string, summary map[string]any) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	cmd := exec.Command(program, "run", "../../../../scenarios/quickstart", "--duration", "5m", "--out", out)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	var text strings.Builder
	cmd.Stdout = &text
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer deadline.Stop()
	sent := 0
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		running := strings.Contains(lines.Text(), "rps=")
		stopping := strings.Contains(lines.Text(), "stopping:")
		if sent == 0 && running || sent > 0 && sent < signals && stopping {
			sent++
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	raw, err := os.ReadFile(filepath.Join(out, "summary.json"))
	if err != nil {
		t.Fatalf("no summary: %v\n%s", err, text.String())
	}
	if err := json.Unmarshal(raw, &summary); err != nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), text.String(), summary
}

// The first interrupt ends a run in order, the second cuts it; both report,
// save, and exit 130, and neither ever passes.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for signals := 1; signals <= 2; signals++ {
		code, stdout, summary := interrupted(t, program(t), signals)
		if code != ExitInterrupted {
			t.Errorf("%d signals: exit %d, want %d\n%s", signals, code, ExitInterrupted, stdout)
		}
		if !strings.Contains(stdout, "interrupted at") || strings.Contains(stdout, "PASS") {
			t.Errorf("%d signals:\n%s", signals, stdout)
		}
		run, _ := summary["run"].(map[string]any)
		if run["interrupted"] != true {
			t.Errorf("%d signals: summary says interrupted = %v", signals, run["interrupted"])
		}
	}
}

// An interrupt ends a suite: the run under way is reported, the others are
// not run, and the table says so.
func TestInterruptSuite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	scenario := `
target "api" { base_url = "example://quickstart" }
user "u" {
  wait = "20ms"
  get "/products" {}
}
profile "first" {
  users    = 3
  duration = "5m"
}
profile "second" {
  users    = 3
  duration = "5m"
}
sla "all" { error_rate = "100%" }
`
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(scenario), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program(t), "run", "--no-out", "--profile", "all", dir)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	var stdout strings.Builder
	cmd.Stdout = &stdout
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer deadline.Stop()
	sent := false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if !sent && strings.Contains(lines.Text(), "rps=") {
			sent = true
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != ExitInterrupted {
		t.Errorf("exit %d, want %d", code, ExitInterrupted)
	}
	for _, want := range []string{"interrupted at", "SUITE", "1 not run", "second: the suite was interrupted in first", "exit 130"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%q is not in\n%s", want, stdout.String())
		}
	}
}
