package locust

import (
	"fmt"
	"io"
	"time"

	"throng/runtime/export/sheet"
	"throng/runtime/record"
	"throng/runtime/results"
)

// Locust's rates are over the ten seconds that ended two seconds before the
// last request, since its workers report late.
const (
	rateFrom = 12 * time.Second
	rateTo   = 2 * time.Second
	// Its percentiles of full histories are over the last ten seconds.
	recentFor = 10 * time.Second
)

// stretch is what one line of the table did in a stretch of the run.
type stretch struct {
	at, length time.Duration
	stats      *record.Stats
}

// course is the history of one line of the table.
type course struct {
	line
	total  *record.Stats
	recent []stretch // those that rates or percentiles still need
}

// add adds a stretch; last is the begin of the last second with a request.
func (c *course) add(s stretch, last time.Duration) {
	c.total = record.Merge(c.total, s.stats)
	c.recent = append(c.recent, s)
	for c.recent[0].at+c.recent[0].length <= last-rateFrom {
		c.recent = c.recent[1:]
	}
}

// rates are the requests and failures a second in from..to; a stretch that
// lies in it in part counts in part.
func (c *course) rates(from, to time.Duration) (requests, failures float64) {
	from = max(from, 0)
	if to <= from {
		return 0, 0
	}
	for _, s := range c.recent {
		common := min(to, s.at+s.length) - max(from, s.at)
		if common <= 0 {
			continue
		}
		share := float64(common) / float64(s.length)
		requests += share * float64(s.stats.Count())
		failures += share * float64(failed(s.stats))
	}
	return requests / (to - from).Seconds(), failures / (to - from).Seconds()
}

// window is what ended in the last ten seconds.
func (c *course) window(end time.Duration) *record.Stats {
	var list []*record.Stats
	for _, s := range c.recent {
		if s.at >= end-recentFor {
			list = append(list, s.stats)
		}
	}
	if len(list) == 0 && len(c.recent) > 0 { // one stretch is longer
		return c.recent[len(c.recent)-1].stats
	}
	return record.Merge(list...)
}

// history writes a second a line, or a line for each request too. Its
// percentiles are those since the start, in a full history those of the last
// ten seconds, as in Locust. The warm-up is left out, as it is everywhere.
func history(w io.Writer, run *results.Run, o Options) error {
	out := sheet.NewCRLF(w)
	out.Line(historyHead(o.Legacy)...)
	list, index := lines(run)
	var courses []*course
	if o.Full {
		for _, l := range list {
			courses = append(courses, &course{line: l})
		}
	}
	all := &course{line: line{"", aggregated, nil}}
	courses = append(courses, all)
	last := time.Duration(0) // begin of the last second with a request
	started := run.Report.Run.Started
	err := run.Each(func(s *results.Second) error {
		if s.Warmup {
			return nil
		}
		end := s.At + s.Length
		total := s.Total(run.Rows)
		if total.Count() > 0 {
			last = (end - 1).Truncate(time.Second)
		}
		for i, c := range courses {
			stats := total
			if c != all {
				stats = s.Rows[index[i]]
			}
			c.add(stretch{s.At, s.Length, stats}, last)
			shown := c.total
			if o.Full {
				shown = c.window(end)
			}
			requests, failures := c.rates(last-rateFrom, last-rateTo)
			fields := []string{sheet.Int(started.Add(end).Unix()), sheet.Int(int64(s.Users)), c.method, c.name, perSecond(requests), perSecond(failures)}
			fields = append(fields, quantiles(shown)...)
			fields = append(fields, sheet.Int(c.total.Count()), sheet.Int(failed(c.total)))
			out.Line(append(fields, figures(c.total)...)...)
		}
		return out.Err()
	})
	if err != nil {
		return err
	}
	return out.Err()
}

func perSecond(v float64) string { return fmt.Sprintf("%.6f", v) }

func historyHead(legacy bool) []string {
	head := []string{"Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s"}
	if legacy {
		head = []string{"Timestamp", "User count", "Type", "Name", "Requests/s", "Requests Failed/s"}
	}
	head = append(head, percentileNames()...)
	return append(head, "Total Request Count", "Total Failure Count", "Total Median Response Time", "Total Average Response Time",
		"Total Min Response Time", "Total Max Response Time", "Total Average Content Size")
}
