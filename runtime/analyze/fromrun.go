package analyze

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// most is into how many stretches a run is cut.
const most = 120

// FromRun is the input of a run. It reads its time twice.
func FromRun(run *results.Run) (*Input, error) {
	rep := run.Report
	in := &Input{
		Name: cmp.Or(run.Dir, rep.Plan.Scenario+" "+rep.Plan.Profile), Kind: "run",
		Ended: cmp.Or(run.Broken, rep.Run.Incomplete), Open: rep.Plan.Model == plan.Open.String(),
		Generator: Generator{Known: rep.Generator.Cores > 0, CPU: float64(rep.Generator.CPUPeak), Saturated: rep.Generator.Saturated},
	}
	rows := []int{} // of the requests
	for i, r := range run.Rows {
		if r.Kind == plan.RequestSeries {
			rows = append(rows, i)
			in.Requests = append(in.Requests, Request{Label: r.Label, Method: r.Method, Name: r.Name, Tags: r.Tags, Total: figuresOf(r.Total)})
		}
	}
	if err := in.course(run, rows); err != nil {
		return nil, fmt.Errorf("reading the course of the run: %w", err)
	}
	in.promises(run)
	if len(in.Limits) == 0 {
		in.UseBands()
		in.Notes = append(in.Notes, "The run judged no limit, so the built-in bands were used.")
	}
	return in, nil
}

// course cuts the run's time into stretches of like length.
func (in *Input) course(run *results.Run, rows []int) error {
	var length time.Duration
	if err := run.Spans(func(s results.Span) {
		if !s.Warmup {
			length += s.Length
		}
	}); err != nil {
		return err
	}
	width := max(time.Second, (length/most + time.Second - 1).Truncate(time.Second))
	g := gatherer{in: in, rows: rows, width: width, parts: make([][]*record.Stats, len(rows)), end: stopOf(run)}
	if err := run.Each(g.take); err != nil {
		return err
	}
	g.flush()
	return nil
}

// stopOf is when no new work was begun any more.
func stopOf(run *results.Run) time.Duration {
	for _, m := range run.Marks {
		if m.Kind == results.MarkStop {
			return m.At
		}
	}
	return math.MaxInt64
}

// gatherer makes stretches of seconds.
type gatherer struct {
	in    *Input
	rows  []int
	width time.Duration
	end   time.Duration // from here on users only end what they began
	now   Stretch
	parts [][]*record.Stats // of the present stretch, by request
}

func (g *gatherer) take(s *results.Second) error {
	if s.Warmup || s.Length <= 0 || s.At+s.Length > g.end {
		return nil
	}
	if g.now.Length == 0 {
		g.now.At = s.At
	}
	var ended int64
	for k, row := range g.rows {
		if row < len(s.Rows) && s.Rows[row] != nil {
			g.parts[k] = append(g.parts[k], s.Rows[row])
			ended += s.Rows[row].Count()
		}
	}
	if ended == 0 && s.InFlight > 0 && s.Users > 0 {
		g.now.Silent = append(g.now.Silent, Span{s.At, s.At + s.Length})
	}
	g.now.Length = s.At + s.Length - g.now.At
	g.now.InFlight, g.now.Load = s.InFlight, float64(s.Users)
	if g.in.Open {
		g.now.Load = s.Wanted
	}
	if 4*g.now.Length >= 4*g.width-s.Length { // seconds are never quite as long as they should be
		g.flush()
	}
	return nil
}

// flush ends the stretch. A last one that is too short to say something about
// rates is left out.
func (g *gatherer) flush() {
	if 2*g.now.Length >= g.width {
		g.in.Stretches = append(g.in.Stretches, g.now)
		for k := range g.rows {
			g.in.Requests[k].Cells = append(g.in.Requests[k].Cells, figuresOf(record.Merge(g.parts[k]...)))
		}
	}
	g.now = Stretch{}
	for k := range g.parts {
		g.parts[k] = nil
	}
}

func figuresOf(s *record.Stats) Figures {
	f := Figures{Mean: math.NaN(), P50: math.NaN(), P95: math.NaN(), P99: math.NaN(), Max: math.NaN()}
	if s.Count() == 0 {
		return f
	}
	f.Count, f.Failed, f.TimedOut = s.Count(), s.Failed, s.Censored
	set := func(l record.Latency, to *float64) bool {
		if l.Valid {
			*to = float64(l.Ns)
		}
		return l.Censored
	}
	set(s.MeanLatency(), &f.Mean)
	set(s.Quantile(0.5), &f.P50)
	f.CensoredP95 = set(s.Quantile(0.95), &f.P95) && s.Censored > 0
	f.Censored = set(s.Quantile(0.99), &f.P99) && s.Censored > 0
	set(s.MaxLatency(), &f.Max)
	f.Steps = s.Buckets()
	return f
}

// promises are the run's own limits.
func (in *Input) promises(run *results.Run) {
	rep := run.Report
	for i := range rep.SLAs {
		s := &rep.SLAs[i]
		latency := s.Metric == "percentile" || s.Metric == "mean" || s.Metric == "max"
		for k := range s.All {
			j := &s.All[k]
			l := Limit{
				SLA: slaPrefix + s.Name, Rule: s.Rule, Request: j.Request, Limit: float64(s.Limit), Unit: unitOf(s.Unit), Floor: s.Floor,
				Latency: latency && !s.Metrics, Warns: s.Warning, Samples: j.Samples, Needed: j.Needed,
				Broken: j.State == text.Fail || j.State == text.Warn, Unproven: j.State == text.Inconclusive,
				Part: partial(s), Title: text.Clean(s.RuleText()), Counts: s.Metric == "counter", Bounded: j.Censored,
			}
			if l.Request == "" {
				l.Judged = togetherIn(run.Plan, s.Name)
			}
			if j.Measured == nil {
				l.Unproven, l.Broken, l.Measured = true, false, math.NaN()
			} else {
				l.Measured = float64(*j.Measured)
			}
			in.Limits = append(in.Limits, l)
		}
	}
	in.Promised = len(in.Limits) > 0
}

// partial reports whether a rule is about something else than the response
// times and failures of the whole run.
func partial(s *report.SLA) bool {
	return len(s.Stages) > 0 || s.Window != nil || s.Metrics || s.Metric == "counter" || s.Measure != "" && s.Measure != plan.MeasureResponse.String()
}

func unitOf(u string) Unit {
	switch u {
	case "ms":
		return Milliseconds
	case "ratio":
		return Ratio
	case "per_s":
		return PerSecond
	case "bytes":
		return Bytes
	}
	return Plain
}
