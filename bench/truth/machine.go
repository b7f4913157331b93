package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Cores the two sides are pinned to, so that neither takes the other's time.
const (
	serverCore    = "0"
	generatorCore = "1"
)

// pin is the beginning of a command that may use one core only; nothing where
// that cannot be had.
func pin(core string) []string {
	if runtime.NumCPU() < 2 {
		return nil
	}
	if path, err := exec.LookPath("taskset"); err == nil {
		return []string{path, "-c", core}
	}
	return nil
}

// placed is the beginning of a command on a core, ahead of everything else on
// it where that is asked for.
func (b *battery) placed(core string) []string {
	if !b.first {
		return pin(core)
	}
	return append([]string{"chrt", "-r", "1"}, pin(core)...)
}

// keepAwake has a process on each core that the kernel runs only when nothing
// else wants to run there, until rest is called. A core that has gone to sleep
// takes as long to wake up as a request takes here, in a virtual machine above
// all; no program can do anything about that.
func (b *battery) keepAwake() (rest func(), err error) {
	ctx, cancel := context.WithCancel(b.ctx)
	var list []*exec.Cmd
	rest = func() {
		cancel()
		for _, cmd := range list {
			_ = cmd.Wait()
		}
	}
	for core := range runtime.NumCPU() {
		command := append([]string{"nice", "-n", "19", "chrt", "-i", "0"}, pin(strconv.Itoa(core))...)
		command = append(command, b.self[len(b.self)-2], "spin", "1h")
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		if err := cmd.Start(); err != nil {
			rest()
			return nil, err
		}
		list = append(list, cmd)
	}
	return rest, nil
}

// machineTime is what all processes together had of the machine, by a moment.
type machineTime struct {
	at   time.Time
	busy time.Duration
	ok   bool
}

// tick is the unit of /proc/stat: 1/100 s on every Linux that Go runs on.
const tick = 10 * time.Millisecond

func (b *battery) readMachine() machineTime {
	m := machineTime{at: time.Now()}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return m
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, f := range strings.Fields(line) {
		// cpu user nice system idle iowait irq softirq steal
		if i == 0 || i == 4 || i == 5 || i > 8 || i == 2 && b.awake {
			continue
		}
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return m
		}
		m.busy += time.Duration(n) * tick
	}
	m.ok = true
	return m
}

// others is how much of all cores others than our processes took since then;
// -1 where it cannot be told.
func (m machineTime) others(now machineTime, own time.Duration) float64 {
	if !m.ok || !now.ok {
		return -1
	}
	whole := now.at.Sub(m.at) * time.Duration(runtime.NumCPU())
	return max(0, float64(now.busy-m.busy-own)/float64(whole))
}

// quiet is the share of the machine that others may take before a figure that
// is off says nothing.
const quiet = 0.05

// machine says where and how this is measured.
func (b *battery) machine(wanted []string) {
	cpu := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "model name"); ok {
			cpu, _, _ = strings.Cut(strings.TrimLeft(rest, "\t: "), "\n")
		}
	}
	load := "unknown"
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	fmt.Fprintf(b.out, "Machine: %d cores, %s, %s/%s, %s, load before %s; %s.\n\n", runtime.NumCPU(), cpu,
		runtime.GOOS, runtime.GOARCH, runtime.Version(), load, time.Now().UTC().Format("2006-01-02 15:04 UTC"))
	fmt.Fprintf(b.out, "Command: `go run ./bench/truth -rounds %d -peers %d -first=%v -awake=%v %s`\n\n", b.rounds, b.peers, b.first, b.awake, strings.Join(wanted, " "))
	if pin(serverCore) == nil {
		fmt.Fprint(b.out, "Server and generators are not pinned to cores: `taskset` is missing, or there is one core only.\n\n")
	}
}
