// Command library measures how long a library of many files takes to
// validate, as a process and by the parts of the work:
//
//	go run ./bench/library [-files 1000] [-cpu FILE]
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"time"

	"throng/bench/internal/library"
	"throng/dsl"
	"throng/dsl/compile"
	"throng/dsl/module"
	"throng/dsl/resolve"
)

func main() {
	files := flag.Int("files", 1000, "how many files the library has")
	rounds := flag.Int("rounds", 9, "how often each figure is measured")
	cpu := flag.String("cpu", "", "write a CPU profile of the parts to `FILE`")
	dir := flag.String("dir", "", "keep the library in `DIR`")
	flag.Parse()
	if err := run(*files, *rounds, *cpu, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "library:", err)
		os.Exit(1)
	}
}

func run(files, rounds int, cpu, keep string) error {
	temp, err := os.MkdirTemp("", "throng-library-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	dir := keep
	if dir == "" {
		dir = filepath.Join(temp, "library")
	}
	if err := library.Write(dir, files); err != nil {
		return err
	}
	throng := filepath.Join(temp, "throng")
	if out, err := exec.Command("go", "build", "-o", throng, "./cmd/throng").CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./cmd/throng, in the repository's root: %w\n%s", err, out)
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Printf("load %s\n", bytes.Join(bytes.Fields(load)[:3], []byte(" ")))
	}
	var wall, user []float64
	for range rounds {
		start := time.Now()
		c := exec.Command(throng, "validate", dir)
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("throng validate: %w\n%s", err, out[:min(len(out), 2000)])
		}
		wall = append(wall, ms(time.Since(start)))
		user = append(user, ms(c.ProcessState.UserTime()+c.ProcessState.SystemTime()))
	}
	fmt.Printf("throng validate, %d files: %s; CPU %s\n", files, median(wall), median(user))
	return parts(dir, rounds, cpu)
}

// parts are the steps of a validation, each by itself.
func parts(dir string, rounds int, cpu string) error {
	if cpu != "" {
		f, err := os.Create(cpu)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	var read, bind, comp []float64
	for range rounds {
		start := time.Now()
		tree, diags := module.Load(dir, module.Options{})
		read = append(read, ms(time.Since(start)))
		start = time.Now()
		scope, more := resolve.Build(tree)
		diags.Extend(more)
		diags.Extend(resolve.Check(scope))
		bind = append(bind, ms(time.Since(start)))
		start = time.Now()
		diags.Extend(compile.Profiles(scope, dsl.Options{Seed: 1, Tool: "0.1.0"}))
		comp = append(comp, ms(time.Since(start)))
		if err := diags.Err(); err != nil {
			return err
		}
	}
	fmt.Printf("read and parse %s\nresolve        %s\ncompile        %s\n", median(read), median(bind), median(comp))
	return nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

// median is the middle of the figures, with the least and the most.
func median(list []float64) string {
	slices.Sort(list)
	return fmt.Sprintf("%.0f ms (%.0f–%.0f)", list[len(list)/2], list[0], list[len(list)-1])
}
