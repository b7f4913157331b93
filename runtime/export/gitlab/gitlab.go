// Package gitlab writes the artefact of GitLab's load performance widget
// (artifacts:reports:load_performance), which compares two branches in a
// merge request. The widget reads three metrics of the JSON that k6's
// --summary-export writes: checks, http_reqs and http_req_waiting; the others
// here are for people and for other tools that read that form.
package gitlab

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

type summary struct {
	Metrics metrics `json:"metrics"`
}

// metrics are named as in k6. Times are milliseconds.
type metrics struct {
	Checks   checks  `json:"checks"`                     // judgements of limits
	Requests counter `json:"http_reqs"`                  //
	Failed   failed  `json:"http_req_failed"`            //
	Duration *trend  `json:"http_req_duration"`          // response times; null where there is none
	Waiting  *trend  `json:"http_req_waiting,omitempty"` // times to first byte
	Received counter `json:"data_received"`
	Sent     counter `json:"data_sent"`
	Users    gauge   `json:"vus_max"`
}

type checks struct {
	Passes int        `json:"passes"`
	Fails  int        `json:"fails"` // broken or undecided
	Value  report.Num `json:"value"` // share that passes
}

type counter struct {
	Count int64      `json:"count"`
	Rate  report.Num `json:"rate"`
}

type failed struct {
	Passes int64      `json:"passes"` // k6 counts a failed request as a hit of this metric
	Fails  int64      `json:"fails"`
	Value  report.Num `json:"value"`
}

type gauge struct {
	Value int `json:"value"`
}

type trend struct {
	Avg report.Ms `json:"avg"`
	Min report.Ms `json:"min"`
	Med report.Ms `json:"med"`
	Max report.Ms `json:"max"`
	P90 report.Ms `json:"p(90)"`
	P95 report.Ms `json:"p(95)"`
}

// Write writes the artefact. Times to first byte are in it where the run kept
// their distribution for all of its requests, which it does where an SLA is
// about measure = "first_byte"; nothing else is put in their place, so that
// the widget compares nothing it does not name.
func Write(w io.Writer, run *results.Run) error {
	data, err := json.MarshalIndent(summary{build(run)}, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the load performance artefact: %w", err)
	}
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("writing the load performance artefact: %w", err)
	}
	return nil
}

func build(run *results.Run) metrics {
	rep := run.Report
	t := &rep.Total
	all := total(run)
	m := metrics{
		Checks:   judged(rep),
		Requests: counter{t.Samples, t.Rate},
		Failed:   failed{t.Failed, t.OK, t.ErrorRate},
		Duration: times(all),
		Received: counter{t.BytesIn, perSecond(rep, t.BytesIn)},
		Sent:     counter{t.BytesOut, perSecond(rep, t.BytesOut)},
		Users:    gauge{rep.Run.PeakUsers},
	}
	if first := all.Of(plan.MeasureFirstByte); first.Count() > 0 && first.OK >= all.OK {
		m.Waiting = times(first)
	}
	return m
}

func judged(rep *report.Report) checks {
	var c checks
	for i := range rep.SLAs {
		for k := range rep.SLAs[i].All {
			switch rep.SLAs[i].All[k].State {
			case text.Pass, text.Warn:
				c.Passes++
			default:
				c.Fails++
			}
		}
	}
	if rep.Verdict.State != text.Pass && c.Fails == 0 {
		c.Fails++ // the run itself is not to be trusted
	}
	if n := c.Passes + c.Fails; n > 0 {
		c.Value = report.Num(float64(c.Passes) / float64(n))
	}
	return c
}

func total(run *results.Run) *record.Stats {
	var list []*record.Stats
	for i := range run.Rows {
		if run.Rows[i].Kind == plan.RequestSeries {
			list = append(list, run.Rows[i].Total)
		}
	}
	return record.Merge(list...)
}

func times(s *record.Stats) *trend {
	if s.Judged() == 0 {
		return nil
	}
	at := func(q float64) report.Ms { return report.Ms(s.Quantile(q).Ns) }
	return &trend{
		Avg: report.Ms(s.MeanLatency().Ns), Min: at(0), Med: at(0.5), Max: report.Ms(s.MaxLatency().Ns), P90: at(0.9), P95: at(0.95),
	}
}

func perSecond(rep *report.Report, n int64) report.Num {
	seconds := time.Duration(rep.Run.Measured).Seconds()
	if seconds <= 0 {
		return 0
	}
	return report.Num(float64(n) / seconds)
}
