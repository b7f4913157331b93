package results

import (
	"errors"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
)

var errNumbers = errors.New("it holds figures of something that its plan does not have")

// checkFigures holds figures against the plan they are of.
func checkFigures(p *plan.Plan, m metrics, groups []group, tasks []record.Abandoned, all ...series) error {
	c := &checker{}
	n := len(p.Series)
	for _, s := range all {
		for i, x := range s {
			c.index("series", i, n)
			if x == nil {
				return errNumbers
			}
		}
	}
	for i, x := range m {
		c.index("series", i, n)
		if x == nil {
			return errNumbers
		}
	}
	for i := range groups {
		c.index("series", int(groups[i].Series), n)
		c.index("site", int(groups[i].Site), len(p.Sites))
	}
	for _, t := range tasks {
		c.index("class", t.Class, len(p.Classes))
		c.index("site", int(t.Site), len(p.Sites))
	}
	if c.err != nil {
		return errors.Join(errNumbers, c.err)
	}
	return nil
}

func (s *snapshot) check(p *plan.Plan) error {
	return checkFigures(p, s.Metrics, s.Errors, s.Abandoned, append([]series{s.Total, s.Warmup}, s.Phases...)...)
}

// check holds what is known of the run against its plan.
func (s *soFar) check(p *plan.Plan) error {
	c := &checker{}
	for _, k := range s.Classes {
		c.index("class", k.Class, len(p.Classes))
	}
	for _, l := range s.Loads {
		c.index("state", int(l.State), int(outcome.Ended)+1)
	}
	for _, l := range s.Leaves {
		c.index("class", l.Class, len(p.Classes))
		c.index("site", int(l.Site), len(p.Sites))
		c.index("reach", int(l.Reach), int(plan.FailureRun)+1)
	}
	return c.err
}

func (t *tick) check(p *plan.Plan) error {
	c := &checker{}
	c.index("state", int(t.State), int(outcome.Done)+1)
	for _, i := range t.Broken {
		c.index("SLA", i, len(p.SLAs))
	}
	return errors.Join(c.err, t.SoFar.check(p),
		checkFigures(p, t.Metrics, t.Errors, t.Tasks, append([]series{t.Series, t.Warmup}, t.Phases...)...))
}

func (e *ending) check(p *plan.Plan) error {
	c := &checker{}
	c.index("verdict", int(e.Verdict.State), int(sla.Pass)+1)
	for i := range e.Judged {
		j := &e.Judged[i]
		c.index("SLA", j.SLA, len(p.SLAs))
		c.index("state", int(j.State), int(sla.Pass)+1)
		if j.Windows != nil {
			c.index("state", int(j.Windows.Run), int(sla.Pass)+1)
		}
		if c.err == nil {
			c.index("group", j.Group, len(p.SLAs[j.SLA].Groups))
			c.index("rule", j.Rule, len(p.SLAs[j.SLA].Rules))
		}
	}
	return errors.Join(c.err, e.soFar.check(p))
}
