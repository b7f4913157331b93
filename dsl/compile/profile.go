package compile

import (
	"math"
	"strconv"
	"strings"
	"time"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

const defaultGrace = 30 * time.Second

// profile compiles the profile that is to run.
func (c *compiler) profile() {
	c.chosen = nil
	b := c.chosenProfile()
	if b == nil {
		return
	}
	c.chosen = b
	defer c.via(b)()
	c.ownLimits(b)
	if b.Name() == "all" {
		c.fail(b, diag.ReservedName, b.Labels[0].Range, "--profile all runs every profile of a scenario, so none can be called so.")
	}
	p := &c.plan.Profile
	p.Name, p.Site = b.Name(), c.site(b.Range, b)
	p.Description, _ = c.str(b, "description")
	p.Grace = defaultGrace
	if d, ok := c.duration(b, "grace"); ok {
		p.Grace = d
	}
	p.Warmup, _ = c.duration(b, "warmup")
	p.Iterations, _ = c.count(b, "iterations")
	if c.loads(b) {
		c.checkProfile(b, p)
	}
}

// chosenProfile is the profile named by --profile, by the scenario block, or
// the only one; with none declared, one made of --users and --duration.
func (c *compiler) chosenProfile() *config.Block {
	names := c.root.Names("profile")
	wanted := c.options.Profile
	asked := "--profile"
	var scenario *config.Block
	if wanted == "" {
		if scenario = c.root.Tree.Config.Root.First("scenario"); scenario != nil {
			wanted, _ = c.str(scenario, "profile")
			asked = "The scenario block"
		}
	}
	if wanted == "" && len(names) == 1 {
		wanted = names[0]
	}
	switch {
	case wanted == "" && len(names) == 0 && c.options.Users != nil && c.options.Duration != nil:
		return c.adHocProfile()
	case wanted == "" && len(names) == 0 && c.root.Tree.Config.Root.Broken:
		return nil // it may be there
	case wanted == "" && len(names) == 0:
		c.diags.Append(diag.General(diag.NoProfile, "The scenario declares no profile, so nobody knows how much load to make. Add a profile block with users and a duration, or give --users and --duration."))
		return nil
	case wanted == "":
		c.diags.Append(diag.General(diag.NoProfile, "The scenario declares several profiles; choose one with --profile: %s.", strings.Join(names, ", ")))
		return nil
	}
	declared := c.root.Named("profile", wanted)
	if declared == nil {
		d := diag.General(diag.NoProfile, "%s asks for the profile %q, which the scenario does not declare. It has: %s.", asked, wanted, orNone(names))
		if scenario != nil {
			r := scenario.Arg("profile").Expr.Range()
			d.Subject = &r
			d.In(scenario.Title())
		}
		c.diags.Append(d.DidYouMean(wanted, names))
		return nil
	}
	return c.used(c.root, declared)
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// adHocProfile is a profile for a scenario that declares none.
func (c *compiler) adHocProfile() *config.Block {
	m := c.root.Tree.Config
	return &config.Block{
		Schema: m.Root.Schema.Nested("profile").Block, Type: "profile", Module: m,
		Labels: []config.Label{{Text: "ad-hoc"}},
	}
}

func (c *compiler) checkProfile(b *config.Block, p *plan.Profile) {
	if w := b.Arg("warmup"); w != nil && p.Duration > 0 && p.Warmup >= p.Duration {
		c.fail(b, diag.InvalidProfile, w.Range, "The warm-up (%s) lasts as long as the whole load (%s), so nothing would be measured.", p.Warmup, p.Duration)
	}
	for i := range p.Loads {
		c.checkJumps(b, &p.Loads[i])
	}
}

// checkJumps warns of many users that start at one instant.
func (c *compiler) checkJumps(b *config.Block, load *plan.Load) {
	if load.Model == plan.Open {
		return
	}
	prev := 0.0
	for i, s := range load.Stages {
		if jump := s.Level - prev; s.Over == 0 && jump >= 100 {
			users := strconv.FormatFloat(math.Round(jump), 'f', -1, 64)
			declared := c.blockOf(b, load)
			arg := "users"
			if declared.Arg(arg) == nil {
				arg = "stages"
			}
			c.warnAt(declared, arg, diag.InvalidProfile, "Stage %d starts %s users at one instant. If that is not meant, give it over = \"10s\".", i+1, users)
		}
		prev = s.Level
	}
}

// blockOf is where a load is declared: the profile, or a user block in it.
func (c *compiler) blockOf(profile *config.Block, load *plan.Load) *config.Block {
	for _, n := range profile.Of("user") {
		if instanceOf(load.Name, n.Name()) {
			return n
		}
	}
	return profile
}

func (c *compiler) warnAt(b *config.Block, arg, code, format string, args ...any) {
	at := b.Range
	if a := b.Arg(arg); a != nil {
		at = a.Range
	}
	c.warn(b, code, at, format, args...)
}

// instanceOf reports whether a class or SLA is the one called name, or one of
// those that a for_each under that name makes.
func instanceOf(declared, name string) bool {
	rest, found := strings.CutPrefix(declared, name)
	return found && (rest == "" || rest[0] == '[')
}
