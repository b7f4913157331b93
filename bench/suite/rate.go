package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// rate measures the open model: whether the arrivals that were declared are
// made, when they were due, and at what cost. They are counted and timed by
// the suite's own server, on the other core.
func (s *suite) rate() error {
	fmt.Fprintf(s.out, "## Open model\n\nTarget: the suite's own server on core %s, which notes the time of every request; throng on core %s. "+
		"CV is the standard deviation over the mean of the arrivals in windows, as the server saw them; what is sent and missed is of the whole run. The third and fourth load rise over two seconds. Medians of %d rounds, worst round in brackets.\n\n",
		targetCore, generatorCore, s.rounds)
	rows := [][]string{{"declared", "sent", "CV of 100 ms", "CV of 1 s", "worst second", "CPU µs/req", "core", "start lag p99", "missed"}}
	for _, d := range []declared{
		{"2,000/s for 10 s", "rate = \"2000/s\"\n  duration = \"10s\"", 2_000, 0},
		{"20,000/s for 10 s, at once", "rate = \"20000/s\"\n  duration = \"10s\"", 20_000, 0},
		{"20,000/s, seconds 6 to 15", `stages = [{ rate = "20000/s", over = "2s", hold = "13s" }]`, 20_000, 5},
		{"40,000/s, seconds 6 to 15", `stages = [{ rate = "40000/s", over = "2s", hold = "13s" }]`, 40_000, 5},
	} {
		row, err := s.rateRow(d)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	s.write("", rows)
	return nil
}

// declared is an open load and the ten seconds of it that are looked at.
type declared struct {
	name, profile string
	rate          int
	skip          int // seconds before those
}

const (
	rateSeconds = 10
	rateLimit   = time.Minute // for a run of it to end
)

func (s *suite) rateRow(d declared) ([]string, error) {
	var sent, missed []string
	var tens, ones, off, cost, core, lag []float64
	for range s.rounds {
		note("open model, %s", d.name)
		t, err := s.startTarget(targetCore)
		if err != nil {
			return nil, err
		}
		u, sum, err := s.runThrong(generatorCore, rateLimit, oneGet(t.url, d.profile+"\n  max_users = 1000"))
		if err != nil {
			t.stop()
			return nil, err
		}
		r, err := t.report()
		t.stop()
		if err != nil {
			return nil, err
		}
		if books := sum.Books.Intended - sum.Books.Missed; r.Count != books {
			return nil, fmt.Errorf("throng says it sent %d requests, the server had %d", books, r.Count)
		}
		if want := 10 * (d.skip + rateSeconds); len(r.Tens) < want {
			return nil, fmt.Errorf("the requests of %s came within %d windows of 100 ms", d.name, len(r.Tens))
		}
		windows := r.Tens[10*d.skip : 10*(d.skip+rateSeconds)]
		seconds := sums(windows, 10)
		sent = append(sent, fmt.Sprint(r.Count))
		missed = append(missed, fmt.Sprint(sum.Books.Missed))
		tens = append(tens, 100*variation(windows))
		ones = append(ones, 100*variation(seconds))
		off = append(off, 100*worst(seconds, float64(d.rate)))
		cost = append(cost, float64(u.cpu.Microseconds())/float64(r.Count))
		core = append(core, 100*u.cpu.Seconds()/u.wall.Seconds())
		lag = append(lag, sum.Generator.StartLagP99)
	}
	both := func(format string, list []float64) string {
		return fmt.Sprintf(format+" ("+format+")", median(list), slices.Max(list))
	}
	return []string{
		d.name, strings.Join(slices.Compact(sent), ", "),
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
