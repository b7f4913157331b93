package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"throng/runtime/record"
)

// soak records very many samples in this process, as users do and with a
// snapshot a million, and follows what the process holds.
func (s *suite) soak() error {
	const series, parts, every = 40, 10, 1_000_000
	fmt.Fprintf(s.out, "## Soak\n\n%d samples through package record: %d series, open model, two thresholds each, a snapshot each %d samples. "+
		"Latencies are drawn over 100 µs to 100 ms.\n\n", s.soakN, series, every)
	config := record.Config{Series: series, Open: true}
	for range series {
		config.Thresholds = append(config.Thresholds, []int64{5e7, 2e8})
	}
	r := record.New(config)
	w := r.Writer(0)
	rows := [][]string{{"samples", "resident MiB", "goroutines", "descriptors", "ns a sample, snapshots included"}}
	var first, last int64
	var at time.Duration
	value := uint64(1)
	for part := range parts {
		begin := time.Now()
		for i := range s.soakN / parts {
			value = value*6364136223846793005 + 1442695040888963407
			start := int64(i) * 1000
			w.Add(record.Sample{
				Series: int32(i % series), Status: 200, Intended: start, Start: start + 1000, Sent: start + 1000,
				First: start + 50_000, End: start + 100_000 + int64(value>>37)%100_000_000, BytesIn: 300, BytesOut: 200,
			})
			if i%every == every-1 {
				at += time.Second
				r.Snapshot(at, false)
			}
		}
		spent := time.Since(begin)
		debug.FreeOSMemory() // what is left is held, not waiting to be collected
		_, now := residence(os.Getpid())
		if part == 0 {
			first = now
		}
		last = now
		rows = append(rows, []string{
			fmt.Sprint(int64(part+1) * (s.soakN / parts)), mib(now), strconv.Itoa(runtime.NumGoroutine()), strconv.Itoa(descriptors()),
			fmt.Sprintf("%.0f", float64(spent.Nanoseconds())/float64(s.soakN/parts)),
		})
	}
	final := r.Snapshot(at+time.Second, true)
	count := int64(0)
	for _, t := range final.Total {
		count += t.Count()
	}
	s.write("", rows)
	slope := float64(last-first) / (1 << 20) / float64(parts-1) / (float64(s.soakN) / parts / 1e7)
	fmt.Fprintf(s.out, "Counted at the end: %d. Slope from the first to the last row: %.3f MiB per 10⁷ samples.\n\n", count, slope)
	if count != s.soakN/parts*parts {
		return fmt.Errorf("%d samples were recorded, %d are in the books", s.soakN/parts*parts, count)
	}
	return nil
}

// descriptors is how many files this process has open; 0 where it cannot be
// told.
func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
