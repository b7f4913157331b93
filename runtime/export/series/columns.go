package series

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/export/sheet"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/results"
)

// column is one figure of a line. Its value is a string, a bool, an int64, a
// report.Num, a report.Ms, or nil where nothing was measured.
type column struct {
	name   string
	sparse bool // zero is left out of NDJSON
	value  func(*point) any
}

// field is the value as CSV has it.
func (c *column) field(p *point) string {
	switch v := c.value(p).(type) {
	case string:
		return sheet.Text(v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return sheet.Int(v)
	case json.Marshaler:
		b, err := v.MarshalJSON()
		if err != nil || string(b) == "null" {
			return ""
		}
		return string(b)
	}
	return ""
}

// shown are the quantiles of response times and of the service time.
var shown = []struct {
	name string
	q    float64
}{{"p50", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}}

// measures are what of a request is timed beside its response and service.
func measures() []plan.Measure {
	var list []plan.Measure
	for m := plan.MeasureDNS; m < plan.NumMeasures; m++ {
		list = append(list, m)
	}
	return list
}

// columns are all columns, in order.
func columns() []column {
	list := []column{
		{name: "time", value: func(p *point) any { return p.moment().Format(time.RFC3339) }},
		{name: "at_s", value: func(p *point) any { return report.Num(p.second.At.Seconds()) }},
		{name: "length_s", value: func(p *point) any { return report.Num(p.second.Length.Seconds()) }},
		{name: "warmup", value: func(p *point) any { return p.second.Warmup }},
		{name: "kind", value: func(p *point) any { return p.kind() }},
		{name: "method", value: func(p *point) any { return p.label(func(r *results.Row) string { return r.Method }) }},
		{name: "name", value: func(p *point) any { return p.label(func(r *results.Row) string { return r.Name }) }},
	}
	list = append(list, load()...)
	list = append(list, counts()...)
	list = append(list, times()...)
	for c := plan.OK + 1; c < plan.NumErrorClasses; c++ {
		list = append(list, column{name: "failed_" + c.String(), sparse: true, value: func(p *point) any {
			if p.stats == nil {
				return int64(0)
			}
			return p.stats.ByClass[c]
		}})
	}
	for _, m := range measures() {
		list = append(list, ofMeasure(m)...)
	}
	for c := range plan.NumCounters {
		list = append(list, column{name: "counted_" + c.String(), sparse: true, value: func(p *point) any { return p.stats.Counter(c) }})
	}
	return list
}

// load is what the run as a whole did; it is on the lines of the total only,
// so that nobody adds it up.
func load() []column {
	of := func(name string, value func(*results.Second) any) column {
		return column{name: name, value: func(p *point) any {
			if p.row != nil {
				return nil
			}
			return value(p.second)
		}}
	}
	return []column{
		of("users", func(s *results.Second) any { return int64(s.Users) }),
		of("wanted", func(s *results.Second) any { return report.Num(s.Wanted) }),
		of("in_flight", func(s *results.Second) any { return s.InFlight }),
		of("missed", func(s *results.Second) any { return s.Missed }),
	}
}

func counts() []column {
	count := func(name string, value func(*record.Stats) int64) column {
		return column{name: name, value: func(p *point) any {
			if p.stats == nil {
				return int64(0)
			}
			return value(p.stats)
		}}
	}
	return []column{
		count("samples", (*record.Stats).Count),
		count("ok", func(s *record.Stats) int64 { return s.OK }),
		count("failed", func(s *record.Stats) int64 { return s.Failed }),
		count("timed_out", func(s *record.Stats) int64 { return s.Censored }),
		count("retried", func(s *record.Stats) int64 { return s.Retried }),
		{name: "rate_per_s", value: func(p *point) any {
			if p.second.Length <= 0 {
				return nil
			}
			return report.Num(float64(p.stats.Count()) / p.second.Length.Seconds())
		}},
		count("bytes_in", func(s *record.Stats) int64 { return s.BytesIn }),
		count("bytes_out", func(s *record.Stats) int64 { return s.BytesOut }),
		{name: "statuses", value: func(p *point) any {
			if p.stats == nil || len(p.stats.Status) == 0 {
				return nil
			}
			var parts []string
			for _, c := range p.stats.Status {
				parts = append(parts, fmt.Sprintf("%d:%d", c.Status, c.Count))
			}
			return strings.Join(parts, " ")
		}},
	}
}

// ms is a time, nil where there is none.
func ms(l record.Latency) any {
	if !l.Valid {
		return nil
	}
	return report.Ms(l.Ns)
}

// times are those of successes and timeouts, and beside them which of them
// timeouts reach, so that the true value is at least the one given.
func times() []column {
	list := []column{
		{name: "min_ms", value: func(p *point) any {
			if p.stats == nil || p.stats.OK == 0 {
				return nil
			}
			return report.Ms(p.stats.Min())
		}},
		{name: "mean_ms", value: func(p *point) any { return ms(p.stats.MeanLatency()) }},
	}
	for _, s := range shown {
		list = append(list, column{name: s.name + "_ms", value: func(p *point) any { return ms(p.stats.Quantile(s.q)) }})
	}
	list = append(list, column{name: "max_ms", value: func(p *point) any { return ms(p.stats.MaxLatency()) }},
		column{name: "lower_bounds", value: bounds})
	for _, s := range shown {
		list = append(list, column{name: "service_" + s.name + "_ms", value: func(p *point) any { return ms(p.stats.ServiceQuantile(s.q)) }})
	}
	for _, q := range []struct {
		name string
		q    float64
	}{{"p50", 0.5}, {"max", 1}} {
		list = append(list, column{name: "failures_" + q.name + "_ms", value: func(p *point) any { return ms(p.stats.FailedQuantile(q.q)) }})
	}
	return list
}

func bounds(p *point) any {
	var names []string
	if p.stats.MeanLatency().Censored {
		names = append(names, "mean")
	}
	for _, s := range shown {
		if p.stats.Quantile(s.q).Censored {
			names = append(names, s.name)
		}
	}
	if p.stats.MaxLatency().Censored {
		names = append(names, "max")
	}
	if names == nil {
		return nil
	}
	return strings.Join(names, " ")
}

func ofMeasure(m plan.Measure) []column {
	name := m.String()
	at := func(q float64) func(*point) any { return func(p *point) any { return ms(p.stats.Of(m).Quantile(q)) } }
	return []column{
		{name: name + "_count", sparse: true, value: func(p *point) any { return p.stats.Of(m).Count() }},
		{name: name + "_p50_ms", value: at(0.5)},
		{name: name + "_p95_ms", value: at(0.95)},
		{name: name + "_max_ms", value: func(p *point) any { return ms(p.stats.Of(m).MaxLatency()) }},
	}
}
