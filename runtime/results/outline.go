package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"throng/dsl/plan"
)

// outline is what is kept of a plan in a journal: all that reports, judging
// and comparisons read, and no step, no expression, no row of data. The plan
// file beside the journal makes the plan itself again. Secrets are masked
// before it is written.
type outline struct {
	Scenario    string
	Description string
	Dir         string
	File        string `json:",omitempty"`
	Tool        string
	Seed        uint64
	Overrides   []string        `json:",omitempty"`
	Variables   []plan.Variable `json:",omitempty"`
	Targets     []outlineTarget `json:",omitempty"`
	Data        []outlineData   `json:",omitempty"`
	Series      []plan.Series   `json:",omitempty"`
	Rows        []plan.Row      `json:",omitempty"`
	Classes     []outlineClass  `json:",omitempty"`
	Profile     plan.Profile
	SLAs        []plan.SLA        `json:",omitempty"`
	Unjudged    []string          `json:",omitempty"`
	Sites       []plan.Site       `json:",omitempty"`
	Fallbacks   []outlineFallback `json:",omitempty"`
}

type outlineTarget struct {
	Name     string
	Scheme   string
	Host     string
	Port     int
	BasePath string `json:",omitempty"`
	Example  string `json:",omitempty"`
}

type outlineData struct {
	Name   string
	File   string
	SHA256 string
	Rows   int
}

type outlineClass struct {
	Name       string
	Family     string `json:",omitempty"`
	Site       plan.SiteID
	Weight     float64
	FixedCount int           `json:",omitempty"`
	Sockets    int           `json:",omitempty"`
	Parallel   bool          `json:",omitempty"` // its users may have several requests under way at once
	Tasks      []outlineTask `json:",omitempty"`
}

type outlineTask struct {
	Name   string
	Site   plan.SiteID
	Weight float64
}

type outlineFallback struct {
	Site   plan.SiteID
	Reason string
}

func outlineOf(p *plan.Plan) *outline {
	o := &outline{
		Scenario: p.Scenario, Description: p.Description, Dir: p.Dir, File: p.File, Tool: p.Tool, Seed: p.Seed,
		Overrides: p.Overrides, Variables: slices.Clone(p.Variables), Series: p.Series, Rows: p.Rows, Profile: p.Profile, SLAs: p.SLAs,
		Unjudged: p.Unjudged, Sites: p.Sites,
	}
	for i := range o.Variables {
		if v := &o.Variables[i]; v.Sensitive {
			v.Value, v.Given = "", ""
		}
	}
	for i := range p.Targets {
		t := &p.Targets[i]
		o.Targets = append(o.Targets, outlineTarget{t.Name, t.Scheme, t.Host, t.Port, t.BasePath, t.Example})
	}
	for i := range p.Data {
		d := &p.Data[i]
		o.Data = append(o.Data, outlineData{d.Name, d.File, d.SHA256, d.Rows})
	}
	for i := range p.Classes {
		o.Classes = append(o.Classes, outlineOfClass(&p.Classes[i]))
	}
	for _, f := range p.Fallbacks {
		o.Fallbacks = append(o.Fallbacks, outlineFallback{f.Site, f.Reason})
	}
	return o
}

func outlineOfClass(c *plan.Class) outlineClass {
	out := outlineClass{Name: c.Name, Family: c.Family, Site: c.Site, Weight: c.Weight, FixedCount: c.FixedCount, Sockets: c.Sockets, Parallel: c.InParallel()}
	for i := range c.Tasks {
		t := &c.Tasks[i]
		out.Tasks = append(out.Tasks, outlineTask{t.Name, t.Site, t.Weight})
	}
	return out
}

// plan is the outline as a plan that can be reported on and judged.
func (o *outline) plan() *plan.Plan {
	p := &plan.Plan{
		Scenario: o.Scenario, Description: o.Description, Dir: o.Dir, File: o.File, Tool: o.Tool, Seed: o.Seed,
		Overrides: o.Overrides, Variables: o.Variables, Series: o.Series, Rows: o.Rows, Profile: o.Profile, SLAs: o.SLAs,
		Unjudged: o.Unjudged, Sites: o.Sites,
	}
	for _, t := range o.Targets {
		p.Targets = append(p.Targets, plan.Target{Name: t.Name, Scheme: t.Scheme, Host: t.Host, Port: t.Port, BasePath: t.BasePath, Example: t.Example})
	}
	for _, d := range o.Data {
		p.Data = append(p.Data, plan.Data{Name: d.Name, File: d.File, SHA256: d.SHA256, Rows: d.Rows})
	}
	for i := range o.Classes {
		p.Classes = append(p.Classes, o.Classes[i].class())
	}
	for _, f := range o.Fallbacks {
		p.Fallbacks = append(p.Fallbacks, plan.Fallback{Site: f.Site, Reason: f.Reason})
	}
	return p
}

func (c *outlineClass) class() plan.Class {
	out := plan.Class{Name: c.Name, Family: c.Family, Site: c.Site, Weight: c.Weight, FixedCount: c.FixedCount, Sockets: c.Sockets}
	for _, t := range c.Tasks {
		out.Tasks = append(out.Tasks, plan.Task{Name: t.Name, Site: t.Site, Weight: t.Weight})
	}
	if c.Parallel {
		out.Start = []plan.Step{&plan.Parallel{}} // stands for those there are
	}
	return out
}

// readPlan reads a plan's outline. Every number in it that stands for
// something else leads somewhere.
func readPlan(data json.RawMessage) (*plan.Plan, error) {
	var o outline
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	return o.plan(), nil
}

// hash identifies what is run, whatever it is seeded with and wherever the
// scenario lies. It is made of the plan's dump, which shows no sensitive
// value.
func hash(p *plan.Plan) string {
	same := *p
	same.Seed = 0
	h := sha256.New()
	_ = plan.Dump(h, &same) // a hash takes every byte
	return hex.EncodeToString(h.Sum(nil))
}

// masked is v as JSON in which no text holds a secret. Texts that mean
// something to the reader of the JSON must not be in it.
func masked(m *plan.Mask, v any) (json.RawMessage, error) {
	data, err := json.Marshal(v)
	if err != nil || m.Empty() {
		return data, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	return json.Marshal(mask(m, tree))
}

func mask(m *plan.Mask, v any) any {
	switch v := v.(type) {
	case string:
		return m.Replace(v)
	case []any:
		for i := range v {
			v[i] = mask(m, v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = mask(m, v[k])
		}
	}
	return v
}

// checker holds numbers against what they stand for, and keeps the first that
// leads nowhere.
type checker struct{ err error }

func (c *checker) index(what string, i, n int) {
	if c.err == nil && (i < 0 || i >= n) {
		c.err = fmt.Errorf("%s %d of %d", what, i, n)
	}
}

// maxWindow bounds what windows take of memory, in seconds.
const maxWindow = 100_000

func (o *outline) check() error {
	c := &checker{}
	if len(o.Sites) == 0 {
		o.Sites = []plan.Site{{}}
	}
	site := func(id plan.SiteID) { c.index("site", int(id), len(o.Sites)) }
	for _, r := range o.Rows {
		site(r.Site)
		c.index("kind of row", int(r.Kind), int(plan.MetricSeries)+1)
		c.index("unit", int(r.Unit), int(plan.UnitRatio)+1)
	}
	for _, k := range o.Classes {
		site(k.Site)
	}
	for _, s := range o.Series {
		site(s.Site)
		c.index("kind of series", int(s.Kind), int(plan.MetricSeries)+1)
		c.index("row", s.Row, len(o.Rows))
		c.index("class", s.Class, len(o.Classes))
	}
	for i := range o.Profile.Loads {
		o.checkLoad(c, &o.Profile.Loads[i])
	}
	for i := range o.SLAs {
		o.checkSLA(c, &o.SLAs[i])
	}
	for _, f := range o.Fallbacks {
		site(f.Site)
	}
	return c.err
}

func (o *outline) checkLoad(c *checker, l *plan.Load) {
	c.index("model", int(l.Model), int(plan.Open)+1)
	c.index("spacing", int(l.Spacing), int(plan.Poisson)+1)
	c.index("arrival", int(l.Arrival), int(plan.ArriveUser)+1)
	for _, k := range l.Classes {
		c.index("class", k, len(o.Classes))
	}
	for _, a := range l.After {
		c.index("load", a, len(o.Profile.Loads))
	}
}

func (o *outline) checkSLA(c *checker, s *plan.SLA) {
	c.index("site", int(s.Site), len(o.Sites))
	c.index("measure", int(s.Measure), int(plan.NumMeasures))
	if w := s.Window; w != nil {
		c.index("window of seconds", int(w.Length.Seconds()), maxWindow)
	}
	for _, g := range s.Groups {
		c.index("row", g.Row+1, len(o.Rows)+1)
		for _, i := range g.Series {
			c.index("series", i, len(o.Series))
		}
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		c.index("site", int(r.Site), len(o.Sites))
		c.index("metric", int(r.Metric), int(plan.Tally)+1)
		c.index("counter", int(r.Counter), int(plan.NumCounters))
		c.index("scale", int(r.Scale), int(plan.PerSecond)+1)
		c.index("unit", int(r.Unit), int(plan.UnitRatio)+1)
	}
}
