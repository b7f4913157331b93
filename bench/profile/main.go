// Command profile runs a scenario and writes CPU and allocation profiles of
// the generator:
//
//	go run ./bench/profile -cpu cpu.pprof SCENARIO [-profile NAME]
//	go tool pprof -top cpu.pprof
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"

	"throng/dsl"
	"throng/runtime/engine"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

func main() {
	cpu := flag.String("cpu", "", "write a CPU profile to `FILE`")
	allocs := flag.String("allocs", "", "write an allocation profile to `FILE`")
	profile := flag.String("profile", "", "load profile `NAME`")
	flag.Parse()
	if err := run(flag.Arg(0), *profile, *cpu, *allocs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(scenario, profile, cpu, allocs string) error {
	r := dsl.Compile(scenario, dsl.Options{Profile: profile, Seed: 1})
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
