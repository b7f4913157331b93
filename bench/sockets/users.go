package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
)

// Times of a run of users: they come evenly over ramp, then stay.
const (
	ramp  = 20 * time.Second
	stays = 25 * time.Second
)

// crowd is what a run of users came to.
type crowd struct {
	Alive                    int    // when it was looked at
	Before, Working, Settled uint64 // resident bytes: before the run, with all users as they are, and after a collection
	Goroutines, Files        int    // with all users
	Sent, Answered           int64  // messages of the whole run
}

// users prints what virtual users cost that hold a socket each, and such as
// hold none; each kind in a process of its own.
func users(n int, out io.Writer) error {
	n, err := affordable(n)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d virtual users, who come over %v, each with a socket that sends a message every 10 s and pings every 25 s, or idle; "+
		"resident memory of the process that runs them, the engine's own included, divided by the users.\n\n", n, ramp)
	fmt.Fprintln(out, "| users | alive | sockets the server saw | KiB a user at work | KiB after a collection | goroutines a user | descriptors | messages sent | answered |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	var of [2]*crowd
	for i, profile := range []string{"idle", "hold"} {
		if of[i], err = usersOf(self, profile, n, out); err != nil {
			return fmt.Errorf("%s: %w", profile, err)
		}
	}
	idle, hold := of[0], of[1]
	fmt.Fprintf(out, "\nA user's socket adds %.1f KiB at work, %.1f KiB after a collection.\n",
		hold.each(hold.Working, n)-idle.each(idle.Working, n), hold.each(hold.Settled, n)-idle.each(idle.Settled, n))
	return nil
}

// each is what one of n users adds to what was resident before, in KiB.
func (c *crowd) each(resident uint64, n int) float64 {
	return (float64(resident) - float64(c.Before)) / 1024 / float64(n)
}

// usersOf runs one kind and prints its row.
func usersOf(self, profile string, n int, out io.Writer) (*crowd, error) {
	server, err := startServer(false)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	cmd := exec.Command(self, "run", profile, strconv.Itoa(n), server.addr)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	c := &crowd{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, err
	}
	seen, err := server.book()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "| %s | %d | %d | %.1f | %.1f | %.2f | %d | %d | %d |\n", profile, c.Alive, seen.Sockets, c.each(c.Working, n), c.each(c.Settled, n),
		float64(c.Goroutines)/float64(n), c.Files, c.Sent, c.Answered)
	if got := int64(len(seen.Held)); got != c.Answered {
		return nil, fmt.Errorf("the server answered %d messages, the run counts %d", got, c.Answered)
	}
	return c, nil
}

// runUsers runs a profile with many users, looks at this process when all of
// them are there, and prints that as JSON.
func runUsers(args []string, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("run needs profile, number and address")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	p, err := compile(args[0], args[2], n, ramp, ramp+stays)
	if err != nil {
		return err
	}
	before, err := measured()
	if err != nil {
		return err
	}
	c := crowd{Before: before.resident}
	var alive atomic.Int64
	looked := make(chan error, 1)
	look := time.AfterFunc(ramp+stays/2, func() {
		c.Alive = int(alive.Load())
		looked <- c.look()
	})
	defer look.Stop()
	o, err := run(p, func(now *outcome.Progress) { alive.Store(int64(now.Users)) })
	if err != nil {
		return err
	}
	select {
	case err = <-looked:
	case <-time.After(limit):
		err = fmt.Errorf("nobody looked at the process")
	}
	if err != nil {
		return err
	}
	if err := failed(p, o); err != nil {
		return err
	}
	if sent := row(p, o, "SEND message"); sent != nil {
		c.Answered = sent.Count()
	}
	if sockets := row(p, o, "WS /"); sockets != nil {
		c.Sent = sockets.Counter(plan.CountOut)
	}
	return json.NewEncoder(out).Encode(c)
}

// look measures this process as it is, then without its garbage.
func (c *crowd) look() (err error) {
	if c.Working, err = resident(); err != nil {
		return err
	}
	after, err := measured()
	c.Settled, c.Goroutines = after.resident, after.goroutines
	if err != nil {
		return err
	}
	files, err := os.ReadDir("/proc/self/fd")
	c.Files = len(files)
	return err
}
