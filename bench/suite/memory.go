package main

import (
	"fmt"
	"strings"
	"time"
)

// memory measures what a user costs who has made one request and waits: with
// its connection open, and with one that the server has closed.
func (s *suite) memory() error {
	n, err := s.startNginx(targetCore)
	if err != nil {
		return err
	}
	defer n.stop()
	fmt.Fprintf(s.out, "## Memory\n\nEach user makes one GET over a connection of its own, then waits ten minutes; the users come evenly over 20 s "+
		"and are looked at when all wait. Resident memory of throng's process (VmRSS then, VmHWM at most); one run each. "+
		"A user's share is the difference to the run with 1,000 users.\n\n")
	rows := [][]string{{"users", "connections", "resident MiB", "at most MiB", "KiB a user", "failed"}}
	for _, c := range []struct {
		connections, url string
		users            []int
	}{
		{"open", n.url, []int{1_000, 15_000}},
		{"closed", n.closing, []int{1_000, 15_000, 100_000}},
	} {
		var base usage
		for i, users := range c.users {
			note("memory: %d users, connections %s", users, c.connections)
			profile := fmt.Sprintf("users = %d\n  spawn_rate = %d\n  duration = \"25s\"", users, users/20)
			scenario := waiting(oneGet(c.url, profile))
			u, sum, err := s.runThrong(bothCores, 2*time.Minute, scenario)
			if err != nil {
				return err
			}
			share := "–"
			if i == 0 {
				base = u
			} else {
				share = fmt.Sprintf("%.1f", float64(u.steady-base.steady)/1024/float64(users-c.users[0]))
			}
			rows = append(rows, []string{
				fmt.Sprint(users), c.connections, mib(u.steady), mib(u.peak), share, fmt.Sprint(sum.Books.Failed),
			})
		}
	}
	s.write("", rows)
	return nil
}

// waiting is a scenario whose users wait after their first request.
func waiting(scenario string) string {
	return strings.Replace(scenario, "user \"u\" {", "user \"u\" {\n  wait = constant(\"10m\")", 1)
}
