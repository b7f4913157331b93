package html

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report"
	"throng/runtime/report/text"
)

// howSection is what was run, and how to run it again.
type howSection struct {
	Again     string
	Facts     []fact
	Loads     table
	Variables table
	Data      table
	Plan      string // its text; "" where the plan is not known
	PlanMore  string // how much of it is left out
	Files     []string
}

type term struct{ Word, Means string }

var glossary = []term{
	{"p95", "95 of 100 requests were at most this slow. p50 is the median; p99 and max show the tail."},
	{"response time", "From when the request was due to the last byte of its answer."},
	{"service time", "From when the request was actually sent. It differs from the response time only where arrivals are scheduled (open model)."},
	{"closed, open model", "Closed: a number of users, each waiting for its answer before it goes on. Open: arrivals at a given rate, whatever the target does."},
	{"margin", "How far a figure is from its limit, as a share of the limit; 2 × is twice the limit."},
	{"95 % interval", "Where the true value lies with 95 % confidence, given so many samples."},
	{"unproven, *", "Too few samples to say that a percentile is right. It is neither a pass nor a failure."},
	{"≥ 2 s", "Timeouts reach the percentile: the true value is at least this."},
	{"–", "No data."},
	{"stage, warm-up", "A piece of the load's schedule. The warm-up is left out of every figure."},
	{"books", "Every request that was meant to happen is accounted for: succeeded, failed, missed or cut off."},
}

// maxPlan is how much of the plan's text the page holds, in bytes.
const maxPlan = 48 << 10

func (b *builder) how() howSection {
	r := b.r
	p := &r.Plan
	s := howSection{Again: text.Clean(r.Again)}
	add := func(name, value string) {
		if value != "" {
			s.Facts = append(s.Facts, fact{name, value})
		}
	}
	add("Scenario", text.Clean(p.Scenario))
	add("Description", text.Clean(p.Description))
	add("Directory", text.Clean(p.Dir))
	add("Profile", text.Clean(p.Profile))
	add("Model", p.Model)
	add("Seed", p.Seed)
	add("Planned", b.planned())
	if p.Warmup > 0 {
		add("Warm-up", text.Whole(time.Duration(p.Warmup)))
	}
	add("Grace at the end", text.Whole(time.Duration(p.Grace)))
	add("Started", when(r.Run.Started))
	add("Ran", text.Whole(time.Duration(r.Run.Elapsed))+", measured over "+text.Whole(time.Duration(r.Run.Measured)))
	add("Run", text.Clean(r.Run.ID))
	add("Tool", text.Clean(r.Tool.Name+" "+r.Tool.Version))
	for _, t := range p.Targets {
		add("Target "+text.Clean(t.Name), text.Clean(t.URL))
	}
	add("Exit code", fmt.Sprint(r.Verdict.ExitCode))
	for _, o := range []struct {
		name string
		*report.Once
	}{{"Setup", r.Setup}, {"Teardown", r.Teardown}} {
		if o.Once != nil && o.Problem == "" {
			add(o.name, fmt.Sprintf("%s in %s, in no other figure", counted(o.Requests, "request"), text.Duration(float64(o.Elapsed))))
		}
	}
	s.Loads, s.Variables, s.Data = loadTable(r), variableTable(p), dataTable(p)
	b.planText(&s)
	for _, name := range r.Files {
		s.Files = append(s.Files, text.Clean(name))
	}
	return s
}

func (b *builder) planText(s *howSection) {
	if b.run.Plan == nil {
		return
	}
	var dump strings.Builder
	if err := plan.Dump(&dump, b.run.Plan); err != nil {
		return // a builder refuses nothing
	}
	sum := sha256.Sum256([]byte(dump.String()))
	s.Facts = append(s.Facts, fact{"Plan", "sha256 " + hex.EncodeToString(sum[:8])})
	full := lines(b.run.Plan.Mask().Replace(dump.String()))
	s.Plan = full
	if len(full) > maxPlan {
		cut := strings.LastIndexByte(full[:maxPlan], '\n')
		s.Plan, s.PlanMore = full[:max(cut, 0)], text.Bytes(int64(len(full)-cut))+" more: throng plan shows all of it"
	}
}

func loadTable(r *report.Report) table {
	t := table{ID: "load-table", Title: "Loads", Cols: []column{{Title: "load"}, {Title: "model"}, {Title: "schedule", Plain: true}, {Title: "users made", Num: true}, {Title: "arrivals", Num: true}, {Title: "missed", Num: true}}}
	for i := range r.Plan.Loads {
		l := &r.Plan.Loads[i]
		cells := []cellView{words(text.Clean(report.LoadName(l))), words(l.Model), words(schedule(l))}
		if i < len(r.Loads) {
			k := &r.Loads[i]
			arrivals, missed := cellView{Text: text.None}, cellView{Text: text.None}
			if l.Model == plan.Open.String() {
				arrivals, missed = number(k.Arrivals), number(k.Missed)
			}
			cells = append(cells, number(k.Users), arrivals, missed)
		} else {
			cells = append(cells, cellView{Text: text.None}, cellView{Text: text.None}, cellView{Text: text.None})
		}
		t.Rows = append(t.Rows, row{Slot: -1, Cells: cells})
	}
	return t
}

// schedule is a load's stages in words.
func schedule(l *report.Load) string {
	unit := " users"
	if l.Model == plan.Open.String() {
		unit = "/s"
	}
	var parts []string
	for _, s := range l.Stages {
		p := text.Figure(float64(s.Level), text.Number) + unit
		if s.Over > 0 {
			p = "to " + p + " in " + text.Whole(time.Duration(s.Over))
		}
		if s.Hold > 0 {
			p += " for " + text.Whole(time.Duration(s.Hold))
		}
		if s.Name != "" {
			p = text.Clean(s.Name) + ": " + p
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return text.None
	}
	return strings.Join(parts, " → ")
}

func variableTable(p *report.PlanFacts) table {
	t := table{ID: "variable-table", Title: "Variables", Cols: []column{{Title: "variable"}, {Title: "value"}, {Title: "from"}}}
	for _, v := range p.Variables {
		value := text.Clean(v.Value)
		if v.Sensitive {
			value = "(sensitive)"
		}
		t.Rows = append(t.Rows, row{Slot: -1, Cells: []cellView{words(text.Clean(v.Name)), words(value), words(text.Clean(v.Origin))}})
	}
	return t
}

func dataTable(p *report.PlanFacts) table {
	t := table{ID: "data-table", Title: "Data", Cols: []column{{Title: "data"}, {Title: "file"}, {Title: "rows", Num: true}, {Title: "sha256"}}}
	for _, d := range p.Data {
		t.Rows = append(t.Rows, row{Slot: -1, Cells: []cellView{words(text.Clean(d.Name)), words(text.Clean(d.File)), number(int64(d.Rows)), words(d.SHA256[:min(16, len(d.SHA256))])}})
	}
	return t
}
