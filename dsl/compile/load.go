package compile

import (
	"strings"
	"time"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/stdlib"
)

// loadBlock is a block that says how much load: a profile, or a user block in
// one. What the command line changes, it changes in the profile's own load.
type loadBlock struct {
	*config.Block
	c       *compiler
	profile bool
}

// what names the thing in sentences.
func (l loadBlock) what() string {
	if l.profile {
		return "profile"
	}
	return "load"
}

// load compiles the schedule of a block. Its Duration is 0 where the block
// says no end.
func (l loadBlock) load() (plan.Load, bool) {
	users, hasUsers := l.c.count(l.Block, "users")
	if l.profile && l.c.options.Users != nil {
		if l.Arg("stages") != nil || l.Arg("rate") != nil || l.Block.First("user") != nil && l.Arg("users") == nil {
			l.c.diags.Append(diag.General(diag.ConflictingArguments, "--users cannot be given for the profile %q: its load is set by %s.", l.Name(), l.setBy()))
			return plan.Load{}, false
		}
		users, hasUsers = int64(*l.c.options.Users), true
	}
	rate, hasRate := l.c.rate(l.Block, "rate")
	stages := l.Arg("stages")
	given := l.given()
	switch {
	case len(given) > 1:
		l.c.fail(l.Block, diag.ConflictingArguments, given[1].Range, "A %s has one of users, rate and stages.", l.what()).
			Relate("the other one is here", given[0].Range)
		return plan.Load{}, false
	case hasUsers:
		return l.usersLoad(float64(users))
	case hasRate:
		return l.rateLoad(rate)
	case stages != nil && !stages.Bad:
		return l.stagesLoad(stages)
	}
	l.ending() // for what is wrong with it
	if len(given) == 0 && !l.Broken {
		l.c.fail(l.Block, diag.InvalidProfile, l.Range, "%s says neither users, nor rate, nor stages, so it cannot start.", l.Title())
	}
	return plan.Load{}, false
}

func (l loadBlock) setBy() string {
	if l.Arg("stages") == nil && l.Arg("rate") == nil {
		return "its user blocks"
	}
	return "stages or a rate"
}

// given are the arguments that say how much; one of them may be there.
func (l loadBlock) given() (list []*config.Arg) {
	for _, name := range []string{"users", "rate", "stages"} {
		if a := l.Arg(name); a != nil {
			list = append(list, a)
		}
	}
	return list
}

// ending reads duration or hold: how long the load lasts, and whether that is
// counted from its full level.
func (l loadBlock) ending() (d time.Duration, hold, ok bool) {
	c := l.c
	duration, hasDuration := c.duration(l.Block, "duration")
	held, hasHold := c.duration(l.Block, "hold")
	wrong := l.Arg("duration") != nil && !hasDuration || l.Arg("hold") != nil && !hasHold
	if l.profile && c.options.Duration != nil {
		parsed, err := stdlib.ParseDuration(*c.options.Duration)
		if err != nil {
			c.diags.Append(diag.General(diag.InvalidDuration, "--duration: %s", sentence(err)))
			return 0, false, false
		}
		if l.Arg("stages") != nil {
			c.diags.Append(diag.General(diag.ConflictingArguments, "--duration cannot be given for the profile %q: its stages say how long it lasts.", l.Name()))
			return 0, false, false
		}
		duration, hasDuration, hasHold = parsed, true, false
	}
	switch {
	case wrong:
		return 0, false, false
	case hasDuration && hasHold:
		c.fail(l.Block, diag.ConflictingArguments, l.Arg("hold").Range, "A %s has a duration (counted from the first user) or a hold (counted from full load), not both.", l.what())
		return 0, false, false
	case hasDuration:
		return duration, false, true
	case hasHold:
		return held, true, true
	}
	return 0, false, true
}

func (l loadBlock) usersLoad(users float64) (plan.Load, bool) {
	c, b := l.c, l.Block
	if !l.only("users", "max_users", "spacing", "arrival") {
		return plan.Load{}, false
	}
	over, ok := l.ramp(users)
	if !ok {
		return plan.Load{}, false
	}
	if users < 0 || users == 0 && (!l.profile || c.fixedUsers() == 0) {
		c.option(b, "users", l.profile && c.options.Users != nil, "%g users make no load.", users)
		return plan.Load{}, false
	}
	return l.oneStage(plan.Closed, users, over)
}

// ramp is how long it takes to start so many users.
func (l loadBlock) ramp(users float64) (time.Duration, bool) {
	c, b := l.c, l.Block
	asked := l.profile && c.options.SpawnRate != nil
	spawn, has := c.number(b, "spawn_rate")
	if asked {
		spawn, has = *c.options.SpawnRate, true
	}
	switch {
	case !has:
		return 0, b.Arg("spawn_rate") == nil
	case spawn <= 0:
		c.option(b, "spawn_rate", asked, "The spawn rate must be above 0: so many users are started a second.")
		return 0, false
	case spawn < users/maxDuration.Seconds():
		c.option(b, "spawn_rate", asked, "At this spawn rate, starting %g users takes more than a year.", users)
		return 0, false
	}
	return time.Duration(users / spawn * float64(time.Second)), true
}

// only refuses arguments that mean nothing beside the one that is there.
func (l loadBlock) only(there string, others ...string) bool {
	model := map[bool]string{true: "users who wait for their answers", false: "arrivals at a rate"}[there == "users"]
	good := true
	for _, name := range others {
		a := l.Arg(name)
		if a == nil || l.profile && name == "max_users" && l.First("user") != nil {
			continue // a profile's max_users is also its user blocks'
		}
		l.c.fail(l.Block, diag.ConflictingArguments, a.Range, "%s means nothing here: this %s is of %s.", name, l.what(), model)
		good = false
	}
	return good
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
func (l loadBlock) oneStage(model plan.Model, level float64, over time.Duration) (plan.Load, bool) {
	end, hold, ok := l.ending()
	if !ok {
		return plan.Load{}, false
	}
	load := plan.Load{Model: model, Duration: end}
	if hold {
		load.Duration = over + end
	}
	if !l.bounds(&load) {
		return load, false
	}
	stage := plan.Stage{Level: level, Over: over, Hold: load.Duration - over}
	switch {
	case load.Duration == 0:
		stage.Hold = maxDuration
	case over > load.Duration:
		l.c.warnAt(l.Block, "users", diag.InvalidProfile, "Starting %g users takes %s, longer than the %s lasts (%s), so full load is never reached.", level, over, l.what(), load.Duration)
		stage.Level = level * load.Duration.Seconds() / over.Seconds()
		stage.Over, stage.Hold = load.Duration, 0
	}
	load.Stages = []plan.Stage{stage}
	return load, true
}

// bounds reads the bounds on iterations. Those of a profile hold for all its
// loads together, and are read there.
func (l loadBlock) bounds(load *plan.Load) bool {
	least := func(name string) (int64, bool) {
		n, has := l.c.count(l.Block, name)
		if has && n == 0 {
			l.c.fail(l.Block, diag.OutOfRange, l.Arg(name).Expr.Range(), "With %s = 0 nothing would be done.", name)
			return 0, false
		}
		return n, has || l.Arg(name) == nil
	}
	perUser, ok := least("iterations_per_user")
	load.IterationsPerUser = perUser
	iterations, ok2 := least("iterations")
	if !l.profile {
		load.Iterations = iterations
	}
	return ok && ok2
}

func (l loadBlock) rateLoad(rate float64) (plan.Load, bool) {
	if !l.only("rate", "spawn_rate", "iterations_per_user") {
		return plan.Load{}, false
	}
	if rate <= 0 {
		l.c.fail(l.Block, diag.NoLoad, l.Arg("rate").Expr.Range(), "A rate of 0 starts nothing.")
		return plan.Load{}, false
	}
	load, ok := l.oneStage(plan.Open, rate, 0)
	return l.openLoad(load, ok)
}

// openLoad completes a load of arrivals: the users it may make, and how the
// arrivals come.
func (l loadBlock) openLoad(load plan.Load, ok bool) (plan.Load, bool) {
	load.Model = plan.Open
	if word, has := l.c.keyword(l.Block, "spacing"); has && word == "poisson" {
		load.Spacing = plan.Poisson
	}
	if word, has := l.c.keyword(l.Block, "arrival"); has && word == "user" {
		load.Arrival = plan.ArriveUser
	}
	n, has := l.c.count(l.Block, "max_users")
	switch {
	case has && n == 0:
		l.c.fail(l.Block, diag.OutOfRange, l.Arg("max_users").Expr.Range(), "With max_users = 0 nobody could serve an arrival.")
		return load, false
	case has:
		load.MaxUsers = int(n)
		load.Pooled = l.profile
		return load, ok
	case l.Arg("max_users") != nil:
		return load, false
	}
	if shared := l.c.chosen; !l.profile && shared.Arg("max_users") != nil {
		n, has = l.c.count(shared, "max_users")
		if load.MaxUsers, load.Pooled = int(n), true; has && n == 0 {
			l.c.fail(shared, diag.OutOfRange, shared.Arg("max_users").Expr.Range(), "With max_users = 0 nobody could serve an arrival.")
		}
		return load, ok && n > 0
	}
	l.c.fail(l.Block, diag.MissingArgument, l.Range, "A %s with a rate needs max_users: how many users may be made to serve the arrivals. An arrival that finds none free is counted as missed.", l.what())
	return load, false
}

// waitIgnored warns of waits that a load of arrivals does not use.
func (c *compiler) waitIgnored(b *config.Block, load *plan.Load) {
	if c.many {
		return // said by plan, about the profile that is planned
	}
	for _, i := range load.Classes {
		class := &c.plan.Classes[i]
		if load.Model == plan.Open && hasWait(class) {
			c.warn(nil, diag.WaitIgnored, c.declared(class.Name).Range, "%s is an open model: arrivals come at their rate, so the wait of %q is not used.", b.Title(), class.Name).In(`user "` + class.Name + `"`)
		}
	}
}

func hasWait(class *plan.Class) bool {
	for _, t := range class.Tasks {
		if t.Wait.Kind != plan.WaitNone {
			return true
		}
	}
	return false
}

// declared is the block a class was made of; its instances share it.
func (c *compiler) declared(class string) *config.Block {
	name, _, _ := strings.Cut(class, "[")
	if b := c.root.Named("user", class); b != nil {
		return b
	}
	return c.root.Named("user", name)
}
