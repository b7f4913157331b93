// Package hlog writes a run as a HdrHistogram interval log, format 1.3, as
// HistogramLogWriter of the Java library defines it: its plotters, log
// analysers and readers in other languages open it.
//
// A line is what ended in one stretch of the run, without the warm-up. Lines
// without a tag are of all requests together; the others have a request or
// group as their tag. Values are nanoseconds and response times: of
// successes, and under the tag with "!failed" behind it of failures, timeouts
// at the time the user gave up.
package hlog

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"throng/runtime/record"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// failedMark is behind the tags of failures.
const failedMark = "!failed"

// Write writes the log. Timestamps are seconds since the run's start, which
// stands in the head as start time and as base time.
func Write(w io.Writer, run *results.Run) error {
	l := &log{w: w, tags: Tags(run.Rows)}
	rep := run.Report
	start := rep.Run.Started.UTC()
	seconds := float64(start.UnixMilli()) / 1e3
	l.printf("#[Response times of %s by %s %s, in nanoseconds]\n", clean(rep.Plan.Scenario), rep.Tool.Name, clean(rep.Tool.Version))
	l.printf("#[Histogram log format version 1.3]\n")
	l.printf("#[BaseTime: %.3f (seconds since epoch)]\n", seconds)
	l.printf("#[StartTime: %.3f (seconds since epoch), %s]\n", seconds, start.Format(time.RFC3339))
	l.printf("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n")
	err := run.Each(func(s *results.Second) error {
		if !s.Warmup {
			l.second(s, s.Total(run.Rows))
		}
		return l.err
	})
	if err != nil {
		return err
	}
	if l.beyond > 0 {
		l.printf("#[%d times beyond 60 s are in their histograms as 60 s]\n", l.beyond)
	}
	return l.err
}

func clean(s string) string { return strings.NewReplacer("[", "(", "]", ")").Replace(text.Clean(s)) }

type log struct {
	w      io.Writer
	tags   []string
	beyond int64
	err    error
}

func (l *log) printf(format string, args ...any) {
	if l.err != nil {
		return
	}
	if _, err := fmt.Fprintf(l.w, format, args...); err != nil {
		l.err = fmt.Errorf("writing the histogram log: %w", err)
	}
}

func (l *log) second(s *results.Second, total *record.Stats) {
	l.line("", s, total.Encode)
	for i, tag := range l.tags {
		l.line(tag, s, s.Rows[i].Encode)
		l.line(tag+failedMark, s, s.Rows[i].EncodeFailed)
	}
}

// line writes one distribution, if there is anything in it.
func (l *log) line(tag string, s *results.Second, encode func() (record.Encoded, error)) {
	e, err := encode()
	switch {
	case l.err != nil || err == nil && e.Count == 0:
		return
	case err != nil:
		l.err = err
		return
	}
	if tag == "" {
		l.printf("%.3f,%.3f,%.3f,%s\n", s.At.Seconds(), s.Length.Seconds(), float64(e.Max)/1e6, e.Payload)
		return
	}
	l.beyond += e.Beyond
	l.printf("Tag=%s,%.3f,%.3f,%.3f,%s\n", tag, s.At.Seconds(), s.Length.Seconds(), float64(e.Max)/1e6, e.Payload)
}

// Tags are the rows' tags: their labels without what the format forbids in a
// tag (commas, spaces, line breaks) or what people cannot see. Rows whose
// labels would come out the same get a number.
func Tags(rows []results.Row) []string {
	tags := make([]string, len(rows))
	taken := make(map[string]bool)
	for i := range rows {
		label := strings.Map(func(r rune) rune {
			switch r {
			case ' ', ',', '\u00a0', '\u3000', '=', '"', '#', '!':
				return '_'
			}
			return r
		}, text.Clean(rows[i].Label))
		base := cmp.Or(strings.Join(strings.Fields(label), "_"), "_")
		tag := base
		for n := 2; taken[tag]; n++ {
			tag = fmt.Sprintf("%s~%d", base, n)
		}
		taken[tag] = true
		tags[i] = tag
	}
	return tags
}
