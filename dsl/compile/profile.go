package compile

import (
	"strings"
	"time"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
	"throng/stdlib"
)

const defaultGrace = 30 * time.Second

// profile compiles the profile that is to run.
func (c *compiler) profile() {
	b := c.chosenProfile()
	if b == nil {
		return
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
	load, ok := c.load(b)
	if !ok {
		return
	}
	for i, class := range c.plan.Classes {
		if class.Weight > 0 {
			load.Classes = append(load.Classes, i)
		}
	}
	p.Loads = []plan.Load{load}
	if len(load.Classes) == 0 && peak(load.Stages) > 0 && c.fixedUsers() > 0 {
		c.fail(b, diag.InvalidProfile, b.Range, "%s asks for load beside the users with a fixed_count, but every user has one, so nobody would make it. Give a user a weight, or the profile users = 0.", b.Title())
	}
	c.checkProfile(b, p)
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
	b, diags := resolve.Use(c.root, declared)
	c.diags.Extend(diags)
	return b
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

// load compiles a profile's schedule.
func (c *compiler) load(b *config.Block) (plan.Load, bool) {
	users, hasUsers := c.count(b, "users")
	if c.options.Users != nil {
		if b.Arg("stages") != nil || b.Arg("rate") != nil {
			c.diags.Append(diag.General(diag.ConflictingArguments, "--users cannot be given for the profile %q: its load is set by stages or a rate.", b.Name()))
			return plan.Load{}, false
		}
		users, hasUsers = int64(*c.options.Users), true
	}
	rate, hasRate := c.rate(b, "rate")
	stages := b.Arg("stages")
	var given []*config.Arg
	for _, name := range []string{"users", "rate", "stages"} {
		if a := b.Arg(name); a != nil {
			given = append(given, a)
		}
	}
	switch {
	case len(given) > 1:
		c.fail(b, diag.ConflictingArguments, given[1].Range, "A profile has one of users, rate and stages.").
			Relate("the other one is here", given[0].Range)
		return plan.Load{}, false
	case hasUsers:
		return c.usersLoad(b, float64(users))
	case hasRate:
		return c.rateLoad(b, rate)
	case stages != nil && !stages.Bad:
		return c.stagesLoad(b, stages)
	}
	c.ending(b) // for what is wrong with it
	if len(given) == 0 && !b.Broken {
		c.fail(b, diag.InvalidProfile, b.Range, "%s says neither users, nor rate, nor stages, so it cannot start.", b.Title())
	}
	return plan.Load{}, false
}

// ending reads duration or hold: the planned end, and whether it is counted
// from full load.
func (c *compiler) ending(b *config.Block) (d time.Duration, hold, ok bool) {
	duration, hasDuration := c.duration(b, "duration")
	held, hasHold := c.duration(b, "hold")
	wrong := b.Arg("duration") != nil && !hasDuration || b.Arg("hold") != nil && !hasHold
	if c.options.Duration != nil {
		parsed, err := stdlib.ParseDuration(*c.options.Duration)
		if err != nil {
			c.diags.Append(diag.General(diag.InvalidDuration, "--duration: %s", sentence(err)))
			return 0, false, false
		}
		if b.Arg("stages") != nil {
			c.diags.Append(diag.General(diag.ConflictingArguments, "--duration cannot be given for the profile %q: its stages say how long it lasts.", b.Name()))
			return 0, false, false
		}
		duration, hasDuration, hasHold = parsed, true, false
	}
	switch {
	case wrong:
		return 0, false, false
	case hasDuration && hasHold:
		c.fail(b, diag.ConflictingArguments, b.Arg("hold").Range, "A profile has a duration (counted from the first user) or a hold (counted from full load), not both.")
		return 0, false, false
	case hasDuration:
		return duration, false, true
	case hasHold:
		return held, true, true
	}
	return 0, false, true
}

func (c *compiler) usersLoad(b *config.Block, users float64) (plan.Load, bool) {
	var over time.Duration
	spawn, hasSpawn := c.number(b, "spawn_rate")
	if c.options.SpawnRate != nil {
		spawn, hasSpawn = *c.options.SpawnRate, true
	}
	if hasSpawn {
		least := users / maxDuration.Seconds()
		switch {
		case spawn <= 0:
			c.option(b, "spawn_rate", c.options.SpawnRate != nil, "The spawn rate must be above 0: so many users are started a second.")
			return plan.Load{}, false
		case spawn < least:
			c.option(b, "spawn_rate", c.options.SpawnRate != nil, "At this spawn rate, starting %g users takes more than a year.", users)
			return plan.Load{}, false
		}
		over = time.Duration(users / spawn * float64(time.Second))
	}
	if users < 0 || users == 0 && c.fixedUsers() == 0 {
		c.option(b, "users", c.options.Users != nil, "%g users make no load.", users)
		return plan.Load{}, false
	}
	return c.oneStage(b, plan.Closed, users, over)
}

// option reports a number that is too small, at its argument or, where the
// command line gave it, at no place.
func (c *compiler) option(b *config.Block, name string, given bool, format string, args ...any) {
	if given {
		c.diags.Append(diag.General(diag.OutOfRange, "--"+strings.ReplaceAll(name, "_", "-")+": "+format, args...))
		return
	}
	c.fail(b, diag.OutOfRange, b.Arg(name).Expr.Range(), format, args...)
}

func (c *compiler) fixedUsers() (n int) {
	for _, class := range c.plan.Classes {
		n += class.FixedCount
	}
	return n
}

// oneStage makes a load of one ramp and one hold.
func (c *compiler) oneStage(b *config.Block, model plan.Model, level float64, over time.Duration) (plan.Load, bool) {
	end, hold, ok := c.ending(b)
	if !ok {
		return plan.Load{}, false
	}
	p := &c.plan.Profile
	switch {
	case hold:
		p.Duration = over + end
	case end > 0:
		p.Duration = end
	case p.Iterations == 0:
		c.fail(b, diag.InvalidProfile, b.Range, "%s says neither how long it lasts (duration or hold) nor how many iterations it makes, so it would never end.", b.Title())
		return plan.Load{}, false
	}
	stage := plan.Stage{Level: level, Over: over, Hold: p.Duration - over}
	if p.Duration > 0 && over > p.Duration {
		c.warnAt(b, "users", diag.InvalidProfile, "Starting %g users takes %s, longer than the profile lasts (%s), so full load is never reached.", level, over, p.Duration)
		stage.Level = level * p.Duration.Seconds() / over.Seconds()
		stage.Over, stage.Hold = p.Duration, 0
	}
	if p.Duration == 0 {
		stage.Hold = maxDuration
	}
	return plan.Load{Model: model, Stages: []plan.Stage{stage}}, true
}

func (c *compiler) rateLoad(b *config.Block, rate float64) (plan.Load, bool) {
	if rate <= 0 {
		c.fail(b, diag.NoLoad, b.Arg("rate").Expr.Range(), "A rate of 0 starts nothing.")
		return plan.Load{}, false
	}
	load, ok := c.oneStage(b, plan.Open, rate, 0)
	return c.openLoad(b, load, ok)
}

// openLoad completes a load of arrivals with the users it may make.
func (c *compiler) openLoad(b *config.Block, load plan.Load, ok bool) (plan.Load, bool) {
	n, has := c.count(b, "max_users")
	if !has {
		if b.Arg("max_users") == nil {
			c.fail(b, diag.MissingArgument, b.Range, "A profile with a rate needs max_users: how many users may be made to serve the arrivals. An arrival that finds none free is counted as missed.")
		}
		return load, false
	}
	if n == 0 {
		c.fail(b, diag.OutOfRange, b.Arg("max_users").Expr.Range(), "With max_users = 0 nobody could serve an arrival.")
		return load, false
	}
	load.Model, load.MaxUsers = plan.Open, int(n)
	for i, class := range c.plan.Classes {
		if class.Weight > 0 && hasWait(&c.plan.Classes[i]) {
			c.warn(nil, diag.WaitIgnored, c.root.Named("user", class.Name).Range, "%s is an open model: arrivals come at their rate, so the wait of %q is not used.", b.Title(), class.Name).In(`user "` + class.Name + `"`)
		}
	}
	return load, ok
}

func hasWait(class *plan.Class) bool {
	for _, t := range class.Tasks {
		if t.Wait.Kind != plan.WaitNone {
			return true
		}
	}
	return false
}

func (c *compiler) warnAt(b *config.Block, arg, code, format string, args ...any) {
	at := b.Range
	if a := b.Arg(arg); a != nil {
		at = a.Range
	}
	c.warn(b, code, at, format, args...)
}

func (c *compiler) checkProfile(b *config.Block, p *plan.Profile) {
	if p.Duration > 0 && p.Warmup >= p.Duration {
		c.fail(b, diag.InvalidProfile, b.Arg("warmup").Range, "The warm-up (%s) lasts as long as the whole load (%s), so nothing would be measured.", p.Warmup, p.Duration)
	}
	load := p.Loads[0]
	if load.Model == plan.Closed {
		prev := 0.0
		for i, s := range load.Stages {
			if jump := s.Level - prev; s.Over == 0 && jump >= 100 {
				c.warnAt(b, "stages", diag.InvalidProfile, "Stage %d starts %g users at one instant. If that is not meant, give it over = \"10s\".", i+1, jump)
			}
			prev = s.Level
		}
	}
	if load.Model == plan.Open && c.plan.Profile.Duration == 0 && p.Iterations == 0 {
		c.fail(b, diag.InvalidProfile, b.Range, "%s needs a duration.", b.Title())
	}
}
