package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

// Facts are what the caller knows beside plan and outcome.
type Facts struct {
	ExitCode int
	Files    []string // what was written, as the user would type it
	Again    string   // the command that runs this again; "" to reckon it from the plan
}

// New computes the report of a finished run.
func New(p *plan.Plan, o *outcome.Outcome, f Facts) *Report {
	b := builder{plan: p, mask: p.Mask(), measured: o.Measured}
	snap := o.Final
	if snap == nil {
		snap = &record.Snapshot{}
	}
	r := &Report{
		FormatVersion: FormatVersion,
		Tool:          Tool{Name: "throng", Version: p.Tool},
		Run:           b.run(o),
		Plan:          b.facts(),
		SLAs:          b.slas(o.Judged),
		Unjudged:      b.texts(p.Unjudged),
		Series:        b.series(snap.Total),
		Classes:       b.classes(o, snap),
		Loads:         b.loads(o.Loads),
		Mix:           b.mix(o),
		Errors:        b.errors(snap.Errors),
		Abandoned:     b.abandoned(snap.Abandoned),
		Leaves:        b.leaves(o.Leaves),
		Setup:         b.once(o.Setup),
		Teardown:      b.once(o.Teardown),
		Books:         books(&o.Conditions),
		Generator:     b.generator(o, snap),
		Stalls:        b.stalls(o, snap),
		Warmup:        b.warmup(snap),
		Notes:         append(b.texts(o.Notes), b.connections(snap)...),
		Files:         append([]string{}, f.Files...),
		Again:         f.Again,
	}
	r.Requests, r.Groups = b.requests(snap.Total, snap.Losses, o.Judged)
	r.Metrics = b.metrics(snap.Metrics, o.Judged)
	r.Total = b.figures(b.merge(snap.Total, func(s *plan.Series) bool { return s.Kind == plan.RequestSeries }))
	r.Verdict = b.verdict(o.Verdict, r.SLAs, f.ExitCode)
	if r.Again == "" {
		r.Again = b.mask.Replace(Again(p))
	}
	return r
}

// builder turns plan and outcome into the parts of a report.
type builder struct {
	plan     *plan.Plan
	mask     *plan.Mask
	measured time.Duration // what rates are reckoned over
}

func (b *builder) texts(list []string) []string {
	masked := make([]string, 0, len(list))
	for _, s := range list {
		masked = append(masked, b.mask.Replace(s))
	}
	return masked
}

// merge sums up the series that are wanted; nil where nothing was recorded.
func (b *builder) merge(stats []*record.Stats, want func(*plan.Series) bool) *record.Stats {
	var picked []*record.Stats
	for i, s := range stats {
		if s != nil && i < len(b.plan.Series) && want(&b.plan.Series[i]) {
			picked = append(picked, s)
		}
	}
	return record.Merge(picked...)
}

func (b *builder) site(ids ...plan.SiteID) *Site {
	for _, id := range ids {
		if int(id) >= len(b.plan.Sites) {
			continue
		}
		if s := b.plan.Site(id); s.File != "" {
			return &Site{File: s.File, Line: s.Line}
		}
	}
	return nil
}

func (b *builder) class(i int) string {
	if i < 0 || i >= len(b.plan.Classes) {
		return ""
	}
	return b.plan.Classes[i].Name
}

func (b *builder) verdict(v sla.Verdict, lines []SLA, exit int) Verdict {
	out := Verdict{ExitCode: exit, Reasons: b.texts(v.Reasons), Beside: b.texts(v.Beside), State: stateOf(v.State, false)}
	for i := range lines {
		switch lines[i].State {
		case text.Fail:
			out.Failed++
		case text.Inconclusive:
			out.Inconclusive++
		case text.Warn:
			out.Warned++
		case text.Pass:
			out.Passed++
		}
	}
	return out
}

func (b *builder) run(o *outcome.Outcome) Run {
	return Run{
		ID: o.RunID, Started: o.Started.UTC().Round(0), Elapsed: ms(o.Elapsed), Measured: ms(o.Measured),
		PeakUsers: o.PeakUsers, Interrupted: o.Interrupted || o.Conditions.Interrupted, Cut: o.Cut,
		Aborted: b.mask.Replace(o.Conditions.Aborted), Incomplete: b.mask.Replace(o.Conditions.Incomplete),
	}
}

func books(c *sla.Conditions) Books {
	k := c.Books
	return Books{
		Intended: k.Intended, Succeeded: k.Succeeded, Failed: k.Failed, Missed: k.Missed, InFlight: k.InFlight,
		Balance: k.Balance(), Recorded: c.Recorded, Lost: k.Succeeded + k.Failed - c.Recorded,
	}
}

func (b *builder) generator(o *outcome.Outcome, snap *record.Snapshot) Generator {
	h := &o.Health
	saturated := slices.Clone(o.Conditions.Saturated)
	for _, s := range h.Saturated {
		if !slices.Contains(saturated, s) {
			saturated = append(saturated, s)
		}
	}
	return Generator{
		OK: len(saturated) == 0 && o.Conditions.LocalFailures == 0, CPU: Num(h.CPU), CPUPeak: Num(h.CPUPeak), Cores: h.Cores,
		StartLagP50: ms(h.StartLagP50), StartLagP99: ms(h.StartLagP99), StartLagMax: ms(h.StartLagMax),
		TickLagP99: ms(h.TickLagP99), SchedP99: ms(h.SchedP99), GCPauseMax: ms(h.GCPauseMax), GCPauseTotal: ms(h.GCPauseTotal),
		MemoryPeak: h.MemoryPeak, Goroutines: h.Goroutines, LocalFailures: o.Conditions.LocalFailures,
		Clamped: snap.Clamped, Saturated: b.texts(saturated), Network: network(h.Network),
	}
}

func network(n health.Network) *Network {
	if !n.Known {
		return nil
	}
	return &Network{SegmentsOut: n.SegmentsOut, Retransmitted: n.Retransmitted, ListenDrops: n.ListenDrops, BufferPressed: n.BufferPressed}
}

func (b *builder) warmup(snap *record.Snapshot) Warmup {
	s := b.merge(snap.Warmup, func(s *plan.Series) bool { return s.Kind == plan.RequestSeries })
	w := Warmup{Length: ms(b.plan.Profile.Warmup), Samples: s.Count()}
	if s != nil {
		w.Failed = s.Failed
	}
	return w
}

// Again is the command that runs a plan again: same profile, seed and
// variables, as a POSIX shell reads it. Variables from files and from the
// environment are left to the user, sensitive ones too.
func Again(p *plan.Plan) string {
	if p.File != "" {
		return "throng run " + quote(p.File)
	}
	words := []string{"throng", "run", p.Dir}
	if p.Profile.Name != "" {
		words = append(words, "--profile", p.Profile.Name)
	}
	words = append(words, "--seed", strconv.FormatUint(p.Seed, 10))
	for _, v := range p.Variables {
		if v.Origin == "--var" && !v.Sensitive {
			words = append(words, "--var", v.Name+"="+v.Given)
		}
	}
	words = append(words, p.Overrides...)
	for i, w := range words {
		words[i] = quote(w)
	}
	return strings.Join(words, " ")
}

// quote writes a word so that a POSIX shell reads it back.
func quote(w string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r)
	}
	if w != "" && strings.IndexFunc(w, func(r rune) bool { return !safe(r) }) < 0 {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}
