package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

// rate measures the open model: whether the arrivals that were declared are
// made, when they were due, and at what cost. They are counted and timed by
// the suite's own server, on the other core.
func (s *suite) rate() error {
	fmt.Fprintf(s.out, "## Open model\n\nTarget: the suite's own server on core %s, which notes the time of every request; the generator on core %s. "+
		"CV is the standard deviation over the mean of the arrivals in windows, as the server saw them; what is sent and missed is of the whole run. "+
		"Loads that are looked at from a later second on rise over the first two. Medians of %d rounds, worst round in brackets. "+
		"The bare loop is one thread that sleeps until the next arrival or answer, writes, reads, and does nothing else: "+
		"what this machine asks of whoever sends each request when it is due. "+
		"The bare loop by pairs, or by tens, holds arrivals back to send so many at once, as tools do that wake up every millisecond or less often.\n\n", targetCore, generatorCore, s.rounds)
	rows := [][]string{{"declared", "made by", "sent", "CV of 100 ms", "CV of 1 s", "worst second", "CPU µs/req", "core", "start lag p99", "missed"}}
	for _, d := range []declared{
		{"2,000/s for 10 s", "rate = \"2000/s\"\n  duration = \"10s\"", 2_000, 0, []int{1, 2, 10}},
		{"20,000/s for 10 s, at once", "rate = \"20000/s\"\n  duration = \"10s\"", 20_000, 0, []int{1}},
		{"20,000/s, seconds 6 to 15", `stages = [{ rate = "20000/s", over = "2s", hold = "13s" }]`, 20_000, 5, nil},
		{"40,000/s, seconds 6 to 15", `stages = [{ rate = "40000/s", over = "2s", hold = "13s" }]`, 40_000, 5, nil},
	} {
		row, err := s.rateRow(d, "throng", (*suite).byThrong)
		if err != nil {
			return err
		}
		rows = append(rows, row)
		for _, group := range d.bare {
			row, err := s.rateRow(d, bareName(group), byBareLoop(group))
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
	}
	s.write("", rows)
	return nil
}

// declared is an open load and the ten seconds of it that are looked at.
type declared struct {
	name, profile string
	rate          int
	skip          int   // seconds before those
	bare          []int // groups of so many arrivals in which a bare loop makes it too
}

const (
	rateSeconds = 10
	rateLimit   = time.Minute // for a run of it to end
)

// offered is what a generator says of a load it made.
type offered struct {
	usage
	sent, missed int64
	lag          float64 // p99, ms
}

func (s *suite) byThrong(d declared, url string) (offered, error) {
	u, sum, err := s.runThrong(generatorCore, rateLimit, oneGet(url, d.profile+"\n  max_users = 1000"))
	return offered{u, sum.Books.Intended - sum.Books.Missed, sum.Books.Missed, sum.Generator.StartLagP99}, err
}

func bareName(group int) string {
	switch group {
	case 1:
		return "bare loop"
	case 2:
		return "bare loop, by pairs"
	}
	return fmt.Sprintf("bare loop, by %ds", group)
}

func byBareLoop(group int) func(*suite, declared, string) (offered, error) {
	return func(s *suite, d declared, url string) (o offered, err error) {
		self, err := os.Executable()
		if err != nil {
			return o, err
		}
		o.usage, err = s.measure(generatorCore, rateLimit, self, "floor", strings.TrimPrefix(url, "http://"), fmt.Sprint(d.rate), fmt.Sprint(rateSeconds), fmt.Sprint(group))
		if err != nil {
			return o, err
		}
		var f floored
		if err := json.Unmarshal([]byte(o.stdout), &f); err != nil {
			return o, fmt.Errorf("the bare loop failed:\n%s", tail(o.out))
		}
		o.sent, o.missed, o.lag = f.Sent, f.Missed, f.LagP99
		return o, nil
	}
}

// rateRow has somebody make a load, round after round.
func (s *suite) rateRow(d declared, who string, make func(*suite, declared, string) (offered, error)) ([]string, error) {
	var sent, missed []string
	var tens, ones, off, cost, core, lag []float64
	for range s.rounds {
		note("open model, %s, %s", d.name, who)
		t, err := s.startTarget(targetCore)
		if err != nil {
			return nil, err
		}
		o, err := make(s, d, t.url)
		if err != nil {
			t.stop()
			return nil, err
		}
		r, err := t.report()
		t.stop()
		if err != nil {
			return nil, err
		}
		if r.Count != o.sent {
			return nil, fmt.Errorf("%s says it sent %d requests, the server had %d", who, o.sent, r.Count)
		}
		for len(r.Tens) < 10*(d.skip+rateSeconds) { // the windows begin with the first request, which may be late
			r.Tens = append(r.Tens, 0)
		}
		windows := r.Tens[10*d.skip : 10*(d.skip+rateSeconds)]
		seconds := sums(windows, 10)
		sent = append(sent, fmt.Sprint(r.Count))
		missed = append(missed, fmt.Sprint(o.missed))
		tens = append(tens, 100*variation(windows))
		ones = append(ones, 100*variation(seconds))
		off = append(off, 100*worst(seconds, float64(d.rate)))
		cost = append(cost, float64(o.cpu.Microseconds())/float64(r.Count))
		core = append(core, 100*o.cpu.Seconds()/o.wall.Seconds())
		lag = append(lag, o.lag)
	}
	both := func(format string, list []float64) string {
		return fmt.Sprintf(format+" ("+format+")", median(list), slices.Max(list))
	}
	return []string{
		d.name, who, strings.Join(slices.Compact(sent), ", "),
		both("%.2f %%", tens), both("%.3f %%", ones), both("%.3f %%", off),
		both("%.1f", cost), both("%.0f %%", core), both("%.3f ms", lag), strings.Join(slices.Compact(missed), ", "),
	}, nil
}

// sums adds up each n windows.
func sums(list []int64, n int) []int64 {
	var out []int64
	for part := range slices.Chunk(list, n) {
		if len(part) < n {
			break
		}
		total := int64(0)
		for _, x := range part {
			total += x
		}
		out = append(out, total)
	}
	return out
}

// variation is the standard deviation over the mean.
func variation(list []int64) float64 {
	mean, square := 0.0, 0.0
	for _, x := range list {
		mean += float64(x) / float64(len(list))
	}
	for _, x := range list {
		square += (float64(x) - mean) * (float64(x) - mean) / float64(len(list))
	}
	return math.Sqrt(square) / mean
}

// worst is the largest deviation from what was declared, as a share of it.
func worst(list []int64, want float64) float64 {
	most := 0.0
	for _, x := range list {
		most = max(most, math.Abs(float64(x)-want)/want)
	}
	return most
}
