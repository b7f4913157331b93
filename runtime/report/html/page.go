package html

import (
	"crypto/sha256"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/analyze"
	"throng/runtime/compare"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// page is everything the templates show, as texts that are ready to be shown.
type page struct {
	Title    string
	CSP      string
	Style    template.HTML
	Script   template.HTML
	Data     template.HTML // base64, which needs no escaping
	Verdict  verdictView
	Toc      []link
	SLAs     slaSection
	Timeline timelineSection
	Findings findingSection
	Load     loadSection
	Requests requestSection
	Tables   []table // of what some runs have: groups, metrics, sockets, times, loads
	Phases   []phaseRow
	Errors   errorSection
	Mix      mixSection
	Health   healthSection
	Against  *comparisonSection // nil without a baseline
	How      howSection
	Glossary []term
}

// state is a state's symbol and word, which always stand together, and the
// class that gives them a colour.
type state struct {
	Symbol, Word, Class string
	Rank                int
}

var stateWords = [...]string{"fail", "too few", "warn", "pass", "no SLA"}

func stateOf(s text.State) state {
	v := state{text.Style{}.Symbol(s), stateWords[s], s.String(), int(s)}
	if s == text.Inconclusive {
		v.Word = "unproven"
	}
	return v
}

// incomplete is the state of a run whose end is not known.
var incomplete = state{"◌", "incomplete", "incomplete", 1}

type link struct{ Href, Text string }

type fact struct{ Name, Text string }

// verdictView is the first screen.
type verdictView struct {
	State       state
	Word        string
	Sentence    string
	Why         string
	Name        string
	Ran         string
	When        string
	Banners     []banner
	Reasons     []string
	MoreReasons []string
	Findings    []finding // the three worst
	Trust       []fact
	Against     string // what changed against a baseline; "" without one
	Again       string
	Tiles       []tile
	Promises    bool
}

// banner is a loud label.
type banner struct{ Word, Text string }

// tile is one figure of the whole run.
type tile struct{ Name, Value, Beside string }

// builder turns a run into a page.
type builder struct {
	run   *results.Run
	r     *report.Report
	t     *timeline
	words report.Words
	order []int // rows of the run, in the order of the page's tables
	slots []int // of each line of these tables: its place in order, -1 for none
	found []finding

	analysis *analyze.Result // nil without any second
}

func newPage(run *results.Run, c *compare.Comparison) (*page, error) {
	b := &builder{run: run, r: run.Report, words: run.Report.Words()}
	if err := b.read(); err != nil {
		return nil, fmt.Errorf("reading the run's seconds: %w", err)
	}
	b.matchRows()
	b.found = b.findings()
	p := &page{Title: b.title(), Findings: b.findingSection(), Glossary: glossary}
	p.Verdict = b.verdict()
	if p.Against = against(c); p.Against != nil {
		p.Verdict.Against = p.Against.Brief
	}
	p.SLAs = b.slas()
	p.Timeline = b.timelineSection()
	p.Requests = b.requests()
	p.Tables = b.tables()
	p.Phases = b.phases()
	p.Errors = b.errors()
	p.Mix = b.mix()
	p.Health = b.health()
	p.How = b.how()
	p.Toc = []link{
		{"#slas", "SLAs"}, {"#timeline", "Timeline"}, {"#findings", "Findings"}, {"#requests", "Requests"}, {"#errors", "Errors"},
		{"#load", "Load"}, {"#mix", "Mix"}, {"#generator", "Generator"},
	}
	if p.Against != nil {
		p.Toc = append(p.Toc, link{"#comparison", "Comparison"})
	}
	p.Toc = append(p.Toc, link{"#how", "How it was run"})
	knee, says := b.knee()
	p.Load = loadSection{Axis: b.loadAxis(), Says: says}
	data := newChartData(run, b.t, b.order, b.sharedLimits(), b.about)
	data.Knee = report.Num(knee)
	packed, err := data.packed()
	if err != nil {
		return nil, fmt.Errorf("packing the charts' data: %w", err)
	}
	p.Data = template.HTML(packed)
	return p, nil
}

// matchRows finds the row of the run behind each line of the report's tables:
// requests, then groups. Rows of the same label keep their own order.
func (b *builder) matchRows() {
	used := make([]bool, len(b.run.Rows))
	find := func(kind plan.SeriesKind, name string) {
		for i := range b.run.Rows {
			if r := &b.run.Rows[i]; !used[i] && r.Kind == kind && r.Label == name {
				used[i] = true
				b.slots = append(b.slots, len(b.order))
				b.order = append(b.order, i)
				return
			}
		}
		b.slots = append(b.slots, -1)
	}
	for i := range b.r.Requests {
		find(plan.RequestSeries, b.r.Requests[i].Name)
	}
	for i := range b.r.Groups {
		find(plan.GroupSeries, b.r.Groups[i].Name)
	}
}

// loadSection is what came out at each load.
type loadSection struct{ Axis, Says string }

func (b *builder) loadAxis() string {
	if b.r.Plan.Model == plan.Open.String() {
		return "users at work; arrivals come at their own rate"
	}
	return "users"
}

func (b *builder) name() string {
	s := text.Clean(b.r.Plan.Scenario)
	if b.r.Plan.Profile != "" {
		s += " · " + text.Clean(b.r.Plan.Profile)
	}
	return s
}

func (b *builder) word() string {
	if b.run.Broken != "" {
		return "INCOMPLETE"
	}
	return b.words.Verdict
}

func (b *builder) title() string { return b.word() + " " + b.name() }

func (b *builder) verdict() verdictView {
	r := b.r
	v := verdictView{
		State: stateOf(r.Verdict.State), Word: b.word(), Sentence: capital(b.words.Sentence), Name: b.name(),
		Ran: text.Clean(r.Plan.Description), When: when(r.Run.Started), Again: text.Clean(r.Again), Promises: len(r.SLAs) > 0,
	}
	if d := &r.Verdict; d.State == text.Inconclusive && d.Passed > 0 && d.Failed+d.Inconclusive == 0 {
		v.Sentence += ", but the run does not prove it"
	}
	if v.Sentence == "" {
		v.Sentence = "The scenario promises nothing for this profile: there is no SLA to keep or break"
	}
	if b.run.Broken != "" {
		v.State = incomplete
		v.Sentence = "The run's end is not known, so it proves nothing. So far: " + b.words.Sentence
		if b.words.Sentence == "" {
			v.Sentence = "The run's end is not known, so it proves nothing"
		}
		v.Banners = append(v.Banners, banner{"INCOMPLETE", text.Clean(b.run.Broken)})
	}
	for _, e := range b.words.Early {
		word := "INCOMPLETE"
		switch {
		case strings.HasPrefix(e, "interrupted"):
			word = "INTERRUPTED"
		case strings.HasPrefix(e, "ended early"):
			word = "ABORTED"
		}
		v.Banners = append(v.Banners, banner{word, text.Clean(strings.TrimPrefix(e, "incomplete: "))})
	}
	for _, e := range b.words.Reasons {
		v.Banners = append(v.Banners, banner{"NOT RUN", text.Clean(e)})
	}
	if !r.Generator.OK {
		v.Banners = append(v.Banners, banner{"GENERATOR", "the machine that made the load was itself a limit: " + b.generatorFault()})
	}
	reasons := r.Verdict.Beside
	if len(r.SLAs) == 0 && len(reasons) == 0 {
		reasons = r.Verdict.Reasons
	}
	v.Reasons = b.reasons(reasons)
	if len(v.Reasons) > maxReasons {
		v.Reasons, v.MoreReasons = v.Reasons[:maxReasons], v.Reasons[maxReasons:]
	}
	v.Findings = b.found[:min(3, len(b.found))]
	v.Tiles = b.tiles()
	v.Trust = b.trust()
	return v
}

// maxReasons is how many reasons are shown before the rest is folded.
const maxReasons = 4

// interrupted is the reason that the banner of an interrupted run says.
const interrupted = "the run was interrupted"

// reasons are those that no banner says already.
func (b *builder) reasons(list []string) []string {
	var out []string
	for _, s := range list {
		said := func(fault string) bool { return strings.Contains(s, fault) }
		if slices.ContainsFunc(b.r.Generator.Saturated, said) || s == b.run.Broken || s == interrupted && b.r.Run.Interrupted {
			continue
		}
		if rest, found := strings.CutPrefix(s, "sla "); found {
			s = "SLA " + rest
		}
		out = append(out, capital(text.Clean(s)))
	}
	return out
}

func (b *builder) generatorFault() string {
	g := &b.r.Generator
	if len(g.Saturated) > 0 {
		return text.Clean(strings.Join(g.Saturated, " "))
	}
	return counted(g.LocalFailures, "failure") + " of this machine, not of the target"
}

func (b *builder) tiles() []tile {
	t := &b.r.Total
	p95, mark := t.Latency.Figure("p95")
	p50, _ := t.Latency.Figure("p50")
	errors := text.None
	if t.Samples > 0 {
		errors = text.Percent(float64(t.ErrorRate)) + " %"
	}
	return []tile{
		{"requests", text.Count(t.Samples), text.Rate(float64(t.Rate)) + " a second"},
		{"users at most", text.Count(int64(b.r.Run.PeakUsers)), b.r.Plan.Model + " model"},
		{"p95 of all", p95 + mark, "median " + p50},
		{"errors", errors, text.Count(t.Failed) + " failed"},
		{"duration", text.Whole(time.Duration(b.r.Run.Elapsed)), "of " + b.planned() + " planned"},
	}
}

func (b *builder) planned() string {
	if d := b.r.Plan.Duration; d > 0 {
		return text.Whole(time.Duration(d))
	}
	return "no length"
}

func (b *builder) trust() []fact {
	g := &b.r.Generator
	health := fmt.Sprintf("ok · CPU %s %% of %s · start lag p99 %s", text.Percent(float64(g.CPU)), counted(int64(g.Cores), "core"), text.Duration(float64(g.StartLagP99)))
	if !g.OK {
		health = "! it was itself a limit, as said above"
	}
	list := []fact{{"Books", strings.TrimPrefix(b.words.Books, "books ")}, {"Generator", health}}
	if w := b.r.Warmup; w.Length > 0 {
		s := fmt.Sprintf("first %s left out of all figures: %s", text.Whole(time.Duration(w.Length)), counted(w.Samples, "request"))
		if w.Failed > 0 {
			s += ", " + text.Count(w.Failed) + " failed"
		}
		list = append(list, fact{"Warm-up", s})
	}
	var targets []string
	for _, t := range b.r.Plan.Targets {
		targets = append(targets, text.Clean(t.URL))
	}
	list = append(list, fact{"Target", shortList(targets, 3)})
	return list
}

func when(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04:05 UTC") }

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return text.Count(n) + " " + noun
}

// shortList joins the first few of a list and says how many more there are.
func shortList(list []string, most int) string {
	if len(list) > most {
		list = append(list[:most:most], fmt.Sprintf("%d more", len(list)-most))
	}
	if len(list) == 0 {
		return text.None
	}
	return strings.Join(list, ", ")
}

func site(s *report.Site) string {
	if s == nil {
		return text.None
	}
	return text.Clean(fmt.Sprintf("%s:%d", s.File, s.Line))
}

// hashOf is the source expression that lets a content security policy run one
// script only.
func hashOf(script string) string {
	sum := sha256.Sum256([]byte(script))
	return "'sha256-" + base64Of(sum[:]) + "'"
}
