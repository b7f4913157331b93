package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// debian are the programs that Debian has, by package.
var debian = map[string]string{"wrk": "wrk", "nginx": "nginx-light", "ab": "apache2-utils", "locust": "python3-locust", "taskset": "util-linux"}

// modules are the peers that Go builds, at the versions the tables name.
var modules = map[string]string{"k6": "go.k6.io/k6@v1.8.1", "hey": "github.com/rakyll/hey@v0.1.5"}

// prepare builds throng and writes the flows. Without nginx and taskset
// nothing can be measured; every other program may be absent.
func (s *suite) prepare() error {
	s.throng = filepath.Join(s.dir, "throng")
	if out, err := exec.Command("go", "build", "-o", s.throng, "throng/cmd/throng").CombinedOutput(); err != nil {
		return fmt.Errorf("throng cannot be built; run this inside its repository: %w\n%s", err, out)
	}
	if err := os.CopyFS(s.dir, flows); err != nil {
		return err
	}
	s.install("nginx")
	s.install("taskset")
	for _, name := range []string{"nginx", "taskset"} {
		if path(name) == "" {
			return fmt.Errorf("%s is needed, and is not installed", name)
		}
	}
	return nil
}

// install adds a missing program by Debian's package manager, if it may, or
// by go install. It never fails: whoever needs the program looks for it.
func (s *suite) install(name string) {
	if s.find(name) != "" {
		return
	}
	if module := modules[name]; module != "" {
		note("building %s", module)
		cmd := exec.Command("go", "install", module)
		cmd.Env = append(os.Environ(), "GOBIN="+s.cache, "GOFLAGS=")
		cmd.Dir = s.dir // outside this module
		if out, err := cmd.CombinedOutput(); err != nil {
			note("%s: %v %s", module, err, tail(string(out)))
		}
		return
	}
	if path("apt-get") == "" || os.Getuid() != 0 {
		return
	}
	note("installing %s", debian[name])
	_ = exec.Command("apt-get", "update").Run()
	if out, err := exec.Command("apt-get", "install", "-y", "--no-install-recommends", debian[name]).CombinedOutput(); err != nil {
		note("%s: %v %s", debian[name], err, tail(string(out)))
	}
}

// find is where a program is, or "".
func (s *suite) find(name string) string {
	if modules[name] != "" {
		file := filepath.Join(s.cache, name)
		if _, err := os.Stat(file); err != nil {
			return ""
		}
		return file
	}
	return path(name)
}

func path(name string) string {
	file, err := exec.LookPath(name)
	if err != nil {
		if _, err := os.Stat("/usr/sbin/" + name); err == nil {
			return "/usr/sbin/" + name
		}
		return ""
	}
	return file
}

func note(format string, args ...any) { fmt.Fprintf(os.Stderr, "· "+format+"\n", args...) }

// machine says where and how this is measured.
func (s *suite) machine(wanted []string) {
	cpu := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "model name"); ok {
			cpu, _, _ = strings.Cut(strings.TrimLeft(rest, "\t: "), "\n")
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	kernel, _ := output("uname", "-sr")
	date, _ := output("date", "-u", "+%Y-%m-%d %H:%M UTC")
	fmt.Fprintf(s.out, "Machine: %d cores, %s, %s, %s, load before %s; %s.\n\n", runtime.NumCPU(), cpu, kernel,
		runtime.Version(), strings.Join(strings.Fields(string(load))[:3], " "), date)
	fmt.Fprintf(s.out, "Command: `go run ./bench/suite -rounds %d -time %v %s`\n\n", s.rounds, s.span, strings.Join(wanted, " "))
}
