// Command test is the project's whole test: formatting, staticcheck, compiling
// for every supported system, and vet and all tests, nearly all of them under
// the race detector.
//
// It installs what a test needs beyond Go where it can (Debian, as root).
// Where it cannot, the tests that need it are skipped with a visible line;
// with CI=true a skip is a failure.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

const staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"

// needs are the programs and files tests use, and the Debian packages that
// hold them.
var needs = []struct{ program, pkg string }{
	{"gcc", "gcc libc6-dev"}, // the race detector links with it
	{"nginx", "nginx-light"},
	{"git", "git"},
	{"docker-registry", "docker-registry"},
	{"chromium", "chromium"}, // looks at the HTML report
	{"/usr/lib/python3/dist-packages/uvicorn/__init__.py", "python3-uvicorn"},
	{"/usr/lib/python3/dist-packages/fastapi/__init__.py", "python3-fastapi"},
	{"/usr/lib/python3/dist-packages/websockets/__init__.py", "python3-websockets"},
	{"/usr/lib/python3/dist-packages/pandas/__init__.py", "python3-pandas"},
	{"locust", "python3-locust"},
	{"/usr/share/java/hdrhistogram.jar", "libhdrhistogram-java default-jre-headless"},
}

// plain are the packages whose tests run without the race detector: it would
// find next to nothing in them, and take minutes for it. What runs at the same
// time in them is in the tests of others too: dsl parses by dsl/config and
// compiles by dsl/compile. The rest of it is in racedTests.
var plain = []string{
	"throng/cmd/throng/internal/cli", // hundreds of processes, each a command from start to end
	"throng/dsl/compile",             // scenarios that mean harm, in their full size
	"throng/runtime/report/html",     // its tests wait for a browser
	"throng/dsl/config", "throng/dsl/module/unpack", "throng/runtime/analyze", "throng/runtime/compare",
	"throng/runtime/forecast", "throng/runtime/webform", "throng/stdlib", "throng/stdlib/convert",
	// No goroutine is in these, nor in their tests.
	"throng/runtime/changes", "throng/runtime/estimate", "throng/runtime/pace", "throng/runtime/report", "throng/runtime/sla",
	"throng/runtime/export", "throng/runtime/export/github", "throng/runtime/export/gitlab", "throng/runtime/export/hlog", "throng/runtime/export/junit",
	"throng/runtime/export/locust", "throng/runtime/export/markdown", "throng/runtime/export/openmetrics", "throng/runtime/export/series",
}

// racedTests are the tests of plain packages that the race detector is for:
// those of the command line with runs in them, and users who share a plan. They
// run under it, and not once more without.
const racedTests = "^TestInterrupt$|^TestInterruptSuite$|^TestCanary$|^TestScripts$/^(run|suite|sockets|guard|nogreen)$|^TestSharedByUsers$"

var withRacedTests = []string{"throng/cmd/throng/internal/cli", "throng/dsl/compile"}

// long are packages whose tests take a minute: they begin first, so that no
// processor is idle while the last of them ends alone.
var long = []string{"throng/scenarios", "throng/runtime/truth", "throng/runtime/engine"}

// platforms are one of each system, on two architectures. A release builds them
// all.
var platforms = []string{"linux/arm64", "darwin/arm64", "windows/amd64"}

func main() {
	ci := os.Getenv("CI") == "true"
	install()
	ok := check("gofmt", gofmt) &&
		check("staticcheck", command("go", "run", staticcheck, "./...")) &&
		check("builds", builds) &&
		check("go test", func() error { return tests(ci) })
	if !ok {
		os.Exit(1)
	}
}

func check(name string, step func() error) bool {
	start := time.Now()
	err := step()
	if err != nil {
		fmt.Printf("FAIL %s: %v\n", name, err)
		return false
	}
	fmt.Printf("ok   %s (%.1fs)\n", name, time.Since(start).Seconds())
	return true
}

func command(name string, args ...string) func() error {
	return func() error {
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	}
}

// install adds missing programs by Debian's package manager, if there is one
// and it may be used. It never fails: the tests say what they miss.
func install() {
	var missing []string
	for _, n := range needs {
		if !present(n.program) {
			missing = append(missing, strings.Fields(n.pkg)...)
		}
	}
	if len(missing) == 0 {
		return
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Getuid() != 0 {
		fmt.Printf("note: not installed, and cannot be installed here: %s\n", strings.Join(missing, " "))
		return
	}
	fmt.Printf("installing %s\n", strings.Join(missing, " "))
	_ = command("apt-get", "update")()
	args := append([]string{"install", "-y", "--no-install-recommends"}, missing...)
	if err := command("apt-get", args...)(); err != nil {
		fmt.Printf("note: %v\n", err)
	}
}

// present reports whether there is a program, or a file given by its path.
func present(name string) bool {
	if strings.HasPrefix(name, "/") {
		_, err := os.Stat(name)
		return err == nil
	}
	_, err := exec.LookPath(name)
	return err == nil
}

func gofmt() error {
	files, err := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.go").Output()
	if err != nil { // not a checkout, an archive of one
		return command("gofmt", "-l", ".")()
	}
	names := strings.Fields(string(files))
	out, err := exec.Command("gofmt", append([]string{"-l"}, names...)...).CombinedOutput()
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		return fmt.Errorf("gofmt would change:\n%s", out)
	}
	return nil
}

// builds compiles every package for every platform: what is listed with its
// exports is compiled, and no program is linked.
func builds() error {
	for _, p := range platforms {
		system, arch, _ := strings.Cut(p, "/")
		cmd := exec.Command("go", "list", "-export", "-f", "{{/* nothing */}}", "./...")
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", p, err, out)
		}
	}
	return nil
}

// event is a line of `go test -json`.
type event struct {
	Action, Package, Test, Output string
}

// unraced are the packages with tests that hold allocations to a number; the
// race detector allocates by itself, so those tests are built without it, too.
// So are the experiments M13, M16 and M17, which are smaller under it.
var unraced = []string{"./bench", "./runtime/transport/http1", "./runtime/truth"}

// tests runs every test and shows what failed and what was skipped. All of vet
// looks at a package before its tests run, in place of the part of it that go
// test is content with.
func tests(ci bool) error {
	without := []string{"test", "-json", "-vet=all", "-timeout", "10m"}
	args := slices.Clone(without)
	if _, err := exec.LookPath("gcc"); err == nil || runtime.GOOS == "darwin" {
		args = append(args, "-race")
	} else {
		fmt.Println("note: no C compiler, so the race detector is off")
		if ci {
			return fmt.Errorf("with CI=true the race detector is required")
		}
	}
	listed, err := exec.Command("go", "list", "./...").Output()
	if err != nil {
		return err
	}
	raced := slices.DeleteFunc(strings.Fields(string(listed)), func(pkg string) bool { return slices.Contains(plain, pkg) })
	slices.SortStableFunc(raced, func(a, b string) int { return place(a) - place(b) })
	var c counts
	for _, set := range [][]string{
		slices.Concat(args, raced),
		slices.Concat(args, []string{"-run", racedTests}, withRacedTests),
		slices.Concat(without, []string{"-skip", racedTests}, plain),
		slices.Concat(without, []string{"-run", "Alloc|TestM1[367]_"}, unraced),
	} {
		if failed := c.run(set); err == nil {
			err = failed
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", c.passed, c.failed, c.skipped)
	if err == nil && ci && c.skipped > 0 {
		err = fmt.Errorf("%d tests were skipped; with CI=true a skip is a failure", c.skipped)
	}
	return err
}

// place is where the tests of a package are begun: the long ones first.
func place(pkg string) int {
	if slices.Contains(long, pkg) {
		return 0
	}
	return 1
}

// counts are the tests so far, by their ends.
type counts struct{ passed, failed, skipped int }

func (c *counts) run(args []string) error {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=50") // else every process waits for a second at its end
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.follow(bufio.NewScanner(out))
	return cmd.Wait()
}

func (c *counts) follow(lines *bufio.Scanner) {
	lines.Buffer(nil, 1<<22)
	output := map[string][]string{} // of tests that have not ended
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text())
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			if e.Test == "" {
				if s := e.Output; !strings.HasPrefix(s, "PASS") && !strings.Contains(s, "no test files") {
					fmt.Print(s)
				}
				continue
			}
			output[key] = append(output[key], e.Output)
		case "pass", "fail", "skip":
			if e.Test == "" {
				continue
			}
			switch e.Action {
			case "pass":
				c.passed++
			case "fail":
				c.failed++
				fmt.Print(strings.Join(output[key], ""))
			case "skip":
				c.skipped++
				fmt.Printf("SKIP %s: %s", key, strings.Join(output[key], ""))
			}
			delete(output, key)
		}
	}
}
