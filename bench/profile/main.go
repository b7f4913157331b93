// Command profile runs a scenario and writes profiles of the generator:
//
//	go run ./bench/profile -cpu cpu.pprof -var NAME=VALUE [-profile NAME] SCENARIO
//	go tool pprof -top cpu.pprof
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"throng/dsl"
	"throng/runtime/engine"
	"throng/runtime/outcome"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

// files are where profiles are written; "" for those that are not wanted.
type files struct{ cpu, allocs, heap string }

func main() {
	var f files
	flag.StringVar(&f.cpu, "cpu", "", "write a CPU profile to `FILE`")
	flag.StringVar(&f.allocs, "allocs", "", "write a profile of all allocations to `FILE`")
	flag.StringVar(&f.heap, "heap", "", "write a profile of what is held two seconds before the planned end to `FILE`")
	profile := flag.String("profile", "", "load profile `NAME`")
	inputs := map[string]dsl.Input{}
	flag.Func("var", "`NAME=VALUE` of a variable; may be given several times", func(s string) error {
		name, value, found := strings.Cut(s, "=")
		if !found {
			return errors.New("want NAME=VALUE")
		}
		inputs[name] = dsl.Input{Text: value, Origin: "--var"}
		return nil
	})
	flag.Parse()
	if f.allocs != "" || f.heap != "" {
		runtime.MemProfileRate = 512
	}
	if err := run(flag.Arg(0), dsl.Options{Profile: *profile, Seed: 1, Inputs: inputs}, f); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(scenario string, options dsl.Options, f files) error {
	r := dsl.Compile(scenario, options)
	if r.Plan == nil {
		return r.Diagnostics.Err()
	}
	if f.cpu != "" {
		file, err := os.Create(f.cpu)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	e := engine.New(r.Plan, engine.Options{
		Factory: func(clock *transport.Clock) transport.Factory {
			return http1.New(http1.Config{Clock: clock})
		},
		OnProgress: held(f.heap),
	})
	o, err := e.Run(context.Background())
	if err != nil {
		return err
	}
	b := o.Conditions.Books
	fmt.Printf("%d requests, %d failed, %.0f/s\n", b.Intended, b.Failed, float64(b.Succeeded)/o.Elapsed.Seconds())
	if f.allocs == "" {
		return nil
	}
	return write("allocs", f.allocs)
}

func write(profile, name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return pprof.Lookup(profile).WriteTo(file, 0)
}

// held writes a heap profile once, near the planned end.
func held(name string) func(*outcome.Progress) {
	done := name == ""
	return func(p *outcome.Progress) {
		if done || p.Elapsed < p.Planned-2*time.Second {
			return
		}
		done = true
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Printf("%d users: heap %d KiB live or garbage, %d in use, %d idle and not returned; stacks %d; %d collections\n", p.Users,
			m.HeapAlloc>>10, m.HeapInuse>>10, (m.HeapIdle-m.HeapReleased)>>10, m.StackInuse>>10, m.NumGC)
		runtime.GC()
		runtime.ReadMemStats(&m)
		fmt.Printf("after a collection: heap %d KiB, stacks %d\n", m.HeapAlloc>>10, m.StackInuse>>10)
		if err := write("heap", name); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}
