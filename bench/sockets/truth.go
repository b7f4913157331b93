package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"throng/runtime/truth/trace"
)

// allowed is by how much a reported time may differ from the server's log.
const allowed = time.Millisecond

// truth runs users that send once a second, and prints what the run reports
// of their round trips beside what the server noted of the same messages. The
// server's clock stops when it writes, so what is left is the way there and
// back, and the measurement.
func truth(n int, length time.Duration, out io.Writer) error {
	n, err := affordable(n)
	if err != nil {
		return err
	}
	server, err := startServer(false)
	if err != nil {
		return err
	}
	defer server.stop()
	const ramp = time.Second // the sends of a second are spread over it
	p, err := compile("message", server.addr, n, ramp, ramp+length)
	if err != nil {
		return err
	}
	load := loadAverage()
	o, err := run(p, nil)
	if err != nil {
		return err
	}
	if err := failed(p, o); err != nil {
		return err
	}
	seen, err := server.book()
	if err != nil {
		return err
	}
	slices.Sort(seen.Held)
	ours := row(p, o, "SEND message")
	fmt.Fprintf(out, "%d users with a socket each, a message a second for %v, held by the server for up to %v; load before %s; verdict %v.\n\n",
		n, length, maxHold, load, o.Verdict.State)
	fmt.Fprintln(out, "| figure | the server's log | the run | difference | within 1 ms |\n| --- | --- | --- | --- | --- |")
	tell(out, "mean", trace.Mean(seen.Held), ours.Mean())
	for _, q := range []struct {
		name string
		p    float64
	}{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}} {
		tell(out, q.name, trace.Percentile(seen.Held, q.p), ours.Quantile(q.p).Ns)
	}
	tell(out, "max", trace.Percentile(seen.Held, 1), ours.Max())
	fmt.Fprintf(out, "| messages | %d | %d | %d | |\n", len(seen.Held), ours.Count(), ours.Count()-int64(len(seen.Held)))
	if ours.Count() != int64(len(seen.Held)) {
		return fmt.Errorf("the server answered %d messages, the run counts %d", len(seen.Held), ours.Count())
	}
	return nil
}

func tell(out io.Writer, figure string, truth time.Duration, ns int64) {
	off := time.Duration(ns) - truth
	word := "yes"
	if off.Abs() > allowed {
		word = "no"
	}
	at := func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
	fmt.Fprintf(out, "| %s | %v | %v | %v | %s |\n", figure, at(truth), at(time.Duration(ns)), at(off), word)
}

// loadAverage is how busy the machine has been in the last minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
