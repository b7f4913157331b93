//go:build unix

package cli

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Ctrl-C cuts what is under way, skips the rest, and all of it is told.
func TestInterruptedTest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("main.hcl", "target \"api\" { base_url = \"https://api.example.com\" }\nuser \"u\" {\n  get \"/x\" { timeout = \"5m\" }\n}\nprofile \"p\" {\n  users = 1\n  duration = \"1s\"\n}\n")
	write("a.throngtest.hcl", `mock "api" {
  route "GET /x" { fault = "hang" }
}
run "first" {
}
run "hangs" {
  command = "render"
  targets = { api = mock.api }
  timeout = "5m"
}
run "last" {
  assert { condition = length(run.hangs.requests) == 1 && plan.profile == "p" }
}
`)
	cmd := exec.Command(program(t), "test", "--junit", filepath.Join(dir, "junit.xml"), dir)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer deadline.Stop()
	var text strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "  pass   first") {
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != ExitInterrupted {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"  skip   hangs", "       - interrupted", "  skip   last", "CUT  exit 130  1 passed (1 without a check), 2 skipped"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
	if junit, err := os.ReadFile(filepath.Join(dir, "junit.xml")); err != nil || !strings.Contains(string(junit), `skipped="2"`) {
		t.Errorf("%v\n%s", err, junit)
	}
}
