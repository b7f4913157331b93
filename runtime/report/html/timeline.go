package html

import (
	"errors"
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/record"
	"throng/runtime/results"
)

// maxPoints is how many points a chart has at most.
const maxPoints = 300

// timeline is a run's time cut into equal buckets, and into its stages.
type timeline struct {
	width   time.Duration // of a bucket
	end     time.Duration // of the last second, or of the run
	buckets []bucket
	stages  []stage
}

// bucket is what ended in a stretch of time.
type bucket struct {
	at, length time.Duration // length is of the seconds in it: the last may lack some
	users      int           // at its end
	wanted     float64       // likewise
	inFlight   int64
	missed     int64
	warmup     bool
	seen       bool // a second lies in it
	health     health.Report
	total      cell
	rows       []cell // by Run.Rows
}

// cell is what a request did in a bucket.
type cell struct {
	ok, failed, timedOut int64
	p50, p95, p99, max   record.Latency
	service50, service95 record.Latency
	classes              []classCount
	heat                 []int64 // pairs: bin, successes
}

type classCount struct {
	class plan.ErrorClass
	n     int64
}

// stage is a stretch of the run with a name, and what all requests did in it.
type stage struct {
	name     string
	from, to time.Duration
	users    int // at most
	warmup   bool
	total    *record.Stats
	seconds  time.Duration
}

// widths are the lengths a bucket may have.
var widths = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
}

// widthFor is the smallest of the widths that cuts a run into few enough
// buckets, none shorter than what the run is known by.
func widthFor(end, longest time.Duration) time.Duration {
	for _, w := range widths {
		if w >= longest && end <= maxPoints*w {
			return w
		}
	}
	return max(longest, (end+maxPoints-1)/maxPoints).Round(time.Second) + time.Second
}

// newTimeline reads a run's seconds. also hears of each as well.
func newTimeline(run *results.Run, also func(*results.Second) error) (*timeline, error) {
	t := &timeline{}
	if run.Report != nil {
		t.end = time.Duration(run.Report.Run.Elapsed)
	}
	longest := time.Duration(0)
	err := run.Spans(func(s results.Span) {
		t.end, longest = max(t.end, s.At+s.Length), max(longest, s.Length)
	})
	if err != nil {
		return nil, err
	}
	t.width = widthFor(t.end, longest.Round(time.Second)) // a tick is not exact
	t.buckets = make([]bucket, (t.end+t.width-1)/t.width)
	for i := range t.buckets {
		t.buckets[i].at = time.Duration(i) * t.width
		t.buckets[i].rows = make([]cell, len(run.Rows))
	}
	t.stages = stagesOf(run, t.end)
	g := gatherer{t: t, rows: run.Rows, bucket: -1, stage: -1, piece: make([][]*record.Stats, len(run.Rows)), sums: make([]*record.Stats, len(run.Rows))}
	if run.Each != nil {
		err := run.Each(func(s *results.Second) error { return errors.Join(g.second(s), also(s)) })
		if err != nil {
			return nil, err
		}
	}
	g.endPiece()
	g.endBucket()
	return t, nil
}

// stagesOf are the stages as they came, else as they were planned.
func stagesOf(run *results.Run, end time.Duration) []stage {
	var list []stage
	last := end
	for _, m := range run.Marks {
		switch m.Kind {
		case results.MarkStage:
			list = append(list, stage{name: m.Name, from: m.At})
		case results.MarkStop:
			last = min(last, m.At)
		}
	}
	if len(list) == 0 && run.Report != nil && len(run.Report.Plan.Loads) == 1 {
		at := time.Duration(run.Report.Plan.Loads[0].Delay)
		for _, s := range run.Report.Plan.Loads[0].Stages {
			list = append(list, stage{name: s.Name, from: at})
			at += time.Duration(s.Over + s.Hold)
		}
		last = min(last, at)
	}
	slices.SortStableFunc(list, func(a, b stage) int { return int(a.from - b.from) })
	for i := range list {
		list[i].to = max(last, list[i].from)
		if i+1 < len(list) {
			list[i].to = list[i+1].from
		}
	}
	if len(list) == 1 && list[0].name == "" {
		return nil
	}
	return slices.DeleteFunc(list, func(s stage) bool { return s.to <= s.from || s.from >= end })
}

// users are the most there were in a part of the run.
func (t *timeline) users(from, to time.Duration) (most int) {
	for i := range t.buckets {
		if k := &t.buckets[i]; k.at < to && k.at+t.width > from {
			most = max(most, k.users)
		}
	}
	return most
}
