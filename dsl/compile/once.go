package compile

import (
	"slices"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// setupAndTeardown compiles both: a small plan of its own, with one class.
// What its steps capture is what every other block reads as setup.NAME.
func (c *compiler) setupAndTeardown() {
	root := c.root.Tree.Config.Root
	setup, teardown := root.First("setup"), root.First("teardown")
	if setup == nil && teardown == nil {
		return
	}
	b := &config.Block{Schema: root.Schema, Type: "once", Module: c.root.Tree.Config, Parent: root}
	for _, n := range []*config.Block{setup, teardown} {
		if n != nil {
			b.Blocks = append(b.Blocks, c.grown(c.used(c.root, n)))
		}
	}
	of := *c.plan
	outer := c.tables()
	c.begin(plan.Plan{Targets: of.Targets})
	k := newClassBuilder(c, 0, b)
	c.once = k
	k.survey(b)
	class := plan.Class{Name: "setup"}
	s := settings{target: -1, timeout: -1, redirects: -1}
	if n := b.First("setup"); n != nil {
		class.Site = c.site(n.Range, n)
		class.Start = k.part(n, s, plan.FailureRun)
	}
	if n := b.First("teardown"); n != nil {
		if class.Site == 0 {
			class.Site = c.site(n.Range, n)
		}
		class.Stop = k.part(n, s, plan.FailureContinue)
	}
	class.Slots, class.Sockets = k.slots, k.sockets.made
	k.keepPages(&class)
	once := *c.plan
	once.Classes = []plan.Class{class}
	c.restore(of, outer)
	c.plan.Once = &plan.Once{Plan: &once}
}

// part compiles setup or teardown. What is captured stays known.
func (k *classBuilder) part(n *config.Block, s settings, onFailure plan.Failure) []plan.Step {
	s.task, s.onFailure = n.Type, onFailure
	k.where = n.Type
	if n.Type == "teardown" { // setup may have ended anywhere
		for name := range k.captured {
			k.pend(name)
		}
		k.dead = false
	}
	if len(n.Blocks) == 0 && !n.Broken {
		k.c.fail(n, diag.EmptyBlock, n.Range, "%s holds no step.", n.Title())
	}
	return k.steps(n.Blocks, k.inherit(s, n))
}

// tables are what series and rows are found by while they are compiled.
type tables struct {
	rows   map[rowKey]int
	series map[seriesKey]int
	tasks  [][]string
}

func (c *compiler) tables() tables { return tables{c.rows, c.series, c.tasks} }

// begin compiles into a plan of its own, which shares the sites.
func (c *compiler) begin(p plan.Plan) {
	p.Scenario, p.Dir, p.Seed, p.Tool = c.plan.Scenario, c.plan.Dir, c.plan.Seed, c.plan.Tool
	p.Sites, p.Data, p.Fallbacks, p.Targets = c.plan.Sites, c.plan.Data, c.plan.Fallbacks, c.plan.Targets
	*c.plan = p
	c.rows, c.series, c.tasks = map[rowKey]int{}, map[seriesKey]int{}, nil
}

// restore goes back to the scenario's plan, with what was added to what the
// two share.
func (c *compiler) restore(p plan.Plan, t tables) {
	p.Sites, p.Fallbacks, p.Targets = c.plan.Sites, c.plan.Fallbacks, c.plan.Targets
	*c.plan = p
	c.rows, c.series, c.tasks = t.rows, t.series, t.tasks
}

// finishOnce gives setup's plan what was known only at the end.
func (c *compiler) finishOnce() {
	if c.plan.Once == nil {
		return
	}
	p := c.plan.Once.Plan
	p.Sites, p.Fallbacks, p.Targets, p.Data = c.plan.Sites, c.plan.Fallbacks, c.plan.Targets, c.plan.Data
	p.Secrets = slices.Clone(c.plan.Secrets)
	p.Variables = c.plan.Variables
	p.Classes[0].Slots = c.once.slots
}
