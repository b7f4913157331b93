package main

import (
	"context"
	"os"
	"os/exec"
	"time"
)

// harm is done to a generator while it runs, until ctx is done.
type harm func(ctx context.Context, b *battery, generator *os.Process)

// tight is a promise that makes a generator strict with itself: steps may
// begin 5 ms late.
const tight = `p99 = "100ms"`

// quota lets the generator run for 20 ms of every 100, as the kernel does
// with a process that has used up its share.
func quota(ctx context.Context, _ *battery, generator *os.Process) {
	defer resume(generator)
	for wait(ctx, 20*ms) {
		pause(generator)
		if !wait(ctx, 80*ms) {
			return
		}
		resume(generator)
	}
}

// freeze stops the generator once, for half a second.
func freeze(ctx context.Context, _ *battery, generator *os.Process) {
	defer resume(generator)
	if wait(ctx, 4*sec) {
		pause(generator)
		wait(ctx, frozenFor)
	}
}

// spinners spin on the generator's core.
func spinners(ctx context.Context, b *battery, _ *os.Process) {
	var list []*exec.Cmd
	for range 4 {
		command := append(b.placed(generatorCore), b.self[len(b.self)-2], "spin", "2m")
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		if cmd.Start() == nil {
			list = append(list, cmd)
		}
	}
	<-ctx.Done()
	for _, cmd := range list {
		_ = cmd.Wait()
	}
}

// spin is a process that does nothing else, for at most a limit.
func spin(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); {
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
