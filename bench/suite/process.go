package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Cores the two sides are pinned to, so that neither takes the other's time.
const (
	targetCore    = "0"
	generatorCore = "1"
	bothCores     = "0,1"
)

// usage is what a process cost from its start to its end.
type usage struct {
	cpu    time.Duration // user and system, by wait4
	wall   time.Duration
	peak   int64 // most bytes resident
	steady int64 // bytes resident near the end
	code   int   // exit code
	stdout string
	out    string // and what it said on stderr
}

const pollEvery = 100 * time.Millisecond

// measure runs a command on some cores to its end. limit ends it by force,
// which is an error; an exit code is not.
func (s *suite) measure(cores string, limit time.Duration, command ...string) (usage, error) {
	ctx, cancel := context.WithTimeout(s.ctx, limit)
	defer cancel()
	cmd := pinned(ctx, cores, command...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, err
	}
	var u usage
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		u.watch(cmd.Process.Pid, done)
	}()
	err := cmd.Wait()
	u.wall = time.Since(begin)
	close(done)
	<-watched
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	u.code, u.stdout = cmd.ProcessState.ExitCode(), stdout.String()
	u.out = u.stdout + stderr.String()
	var exit *exec.ExitError
	if ctx.Err() != nil {
		return u, fmt.Errorf("%s did not end within %v:\n%s", command[0], limit, tail(u.out))
	}
	if err != nil && !errors.As(err, &exit) {
		return u, err
	}
	return u, nil
}

// watch follows a process' resident memory until done. Its ru_maxrss would
// not do: a child inherits the size its parent had when it forked.
func (u *usage) watch(pid int, done <-chan struct{}) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		if peak, now := residence(pid); peak > 0 {
			u.peak, u.steady = peak, now
		}
	}
}

// residence is the most and the present resident memory of a process, in
// bytes; 0 where it cannot be told.
func residence(pid int) (peak, now int64) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, 0
	}
	field := func(name string) int64 {
		_, rest, _ := strings.Cut(string(text), name+":")
		n, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		kib, _ := strconv.ParseInt(n, 10, 64)
		return kib << 10
	}
	return field("VmHWM"), field("VmRSS")
}

// pinned is a command that may use certain cores only.
func pinned(ctx context.Context, cores string, command ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "taskset", append([]string{"-c", cores}, command...)...)
}

// output is what a command says, first line only.
func output(command ...string) (string, error) {
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	text := strings.TrimSpace(string(out))
	if text == "" && err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(text, "\n")
	return line, nil
}

// tail is the end of a text, for error messages.
func tail(s string) string { return s[max(0, len(s)-1000):] }
