// Command profile runs a scenario and writes CPU and allocation profiles of
// the generator:
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

	"throng/dsl"
	"throng/runtime/engine"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

func main() {
	cpu := flag.String("cpu", "", "write a CPU profile to `FILE`")
	allocs := flag.String("allocs", "", "write an allocation profile to `FILE`")
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
	options := dsl.Options{Profile: *profile, Seed: 1, Inputs: inputs}
	if err := run(flag.Arg(0), options, *cpu, *allocs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(scenario string, options dsl.Options, cpu, allocs string) error {
	r := dsl.Compile(scenario, options)
	if r.Plan == nil {
		return r.Diagnostics.Err()
	}
	if allocs != "" {
		runtime.MemProfileRate = 1
	}
	if cpu != "" {
		file, err := os.Create(cpu)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	e := engine.New(r.Plan, engine.Options{Factory: func(clock *transport.Clock) transport.Factory {
		return http1.New(http1.Config{Clock: clock})
	}})
	o, err := e.Run(context.Background())
	if err != nil {
		return err
	}
	b := o.Conditions.Books
	fmt.Printf("%d requests, %d failed, %.0f/s\n", b.Intended, b.Failed, float64(b.Succeeded)/o.Elapsed.Seconds())
	if allocs == "" {
		return nil
	}
	file, err := os.Create(allocs)
	if err != nil {
		return err
	}
	defer file.Close()
	return pprof.Lookup("allocs").WriteTo(file, 0)
}
