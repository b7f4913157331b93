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

// FromRun is the input of a run. It reads its time.
func FromRun(run *results.Run) (*Input, error) {
	r, err := NewReader(run)
	if err == nil {
		err = run.Each(r.Take)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the course of the run: %w", err)
	}
	return r.Input(), nil
}

// Reader makes an input of a run while its seconds are read: by FromRun, or by
// whoever reads them for other ends as well.
type Reader struct {
	run *results.Run
	in  *Input
	g   gatherer
}

// NewReader is one that expects all of a run's seconds, in order.
func NewReader(run *results.Run) (*Reader, error) {
	rep := run.Report
	r := &Reader{run: run, in: &Input{
		Name: cmp.Or(run.Dir, rep.Plan.Scenario+" "+rep.Plan.Profile), Kind: "run",
		Ended: cmp.Or(run.Broken, rep.Run.Incomplete), Open: rep.Plan.Model == plan.Open.String(),
		Generator: Generator{Known: rep.Generator.Cores > 0, CPU: float64(rep.Generator.CPUPeak), Saturated: rep.Generator.Saturated},
	}}
	r.g = gatherer{in: r.in, end: stopOf(run)}
	for i, row := range run.Rows {
		if row.Kind == plan.RequestSeries {
			r.g.rows = append(r.g.rows, i)
			r.in.Requests = append(r.in.Requests, Request{Label: row.Label, Method: row.Method, Name: row.Name, Tags: row.Tags, Total: figuresOf(row.Total)})
		}
	}
	r.g.parts = make([][]*record.Stats, len(r.g.rows))
	var length time.Duration
	err := run.Spans(func(s results.Span) {
		if !s.Warmup {
			length += s.Length
		}
	})
	r.g.width = max(time.Second, (length/most + time.Second - 1).Truncate(time.Second))
	return r, err
}

// Take takes in the next second. Its error is always nil.
func (r *Reader) Take(s *results.Second) error {
	r.g.take(s)
	return nil
}

// Input is what the seconds come to. No more may be taken in.
func (r *Reader) Input() *Input {
	r.g.flush()
	r.in.promises(r.run)
	if len(r.in.Limits) == 0 {
		r.in.UseBands()
		r.in.Notes = append(r.in.Notes, "The run judged no limit, so the built-in bands were used.")
	}
	return r.in
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

// gatherer cuts the run's time into stretches of like length.
type gatherer struct {
	in    *Input
	rows  []int
	width time.Duration
	end   time.Duration // from here on users only end what they began
	now   Stretch
	parts [][]*record.Stats // of the present stretch, by request
}

func (g *gatherer) take(s *results.Second) {
	if s.Warmup || s.Length <= 0 || s.At+s.Length > g.end {
		return
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
