package schema

// loadArgs say how much load; a profile takes them for the load its classes
// share, a user block in it for a class's own.
var loadArgs = []Arg{
	{Name: "users", Type: Count, Doc: "Users at full load."},
	{Name: "spawn_rate", Type: Number, Doc: "Users started a second until full load; all at once when left out."},
	{Name: "rate", Type: Rate, Doc: "Arrivals: \"1000/s\", \"156/m\", \"120/20s\". An arrival is one task by an idle user."},
	{Name: "stages", Type: Stages, Doc: "A list of { users = N or rate = \"N/s\", over = \"…\", hold = \"…\", name = \"…\" }. over ramps from the stage before (0 at first), hold stays. A for expression makes any curve."},
	{Name: "spacing", Type: Keyword, Words: []string{"even", "poisson"}, Default: `"even"`, Doc: "Open model: how arrivals lie about their rate. \"even\" at equal distances; \"poisson\" independent of one another, as strangers come, the same in every run with the same seed."},
	{Name: "arrival", Type: Keyword, Words: []string{"iteration", "user"}, Default: `"iteration"`, Doc: "Open model: what an arrival brings. \"iteration\" one task by an idle user; \"user\" a new user who does start, one task and stop, and is gone."},
	{Name: "iterations_per_user", Type: Count, Doc: "Closed model: a user ends after so many tasks, and is not replaced."},
}

var profileBlock = &Block{
	Type: "profile", Labels: []string{"name"},
	Doc: "How much load, and for how long. users is the closed model: so many users, each waiting for its answers. rate is the open model: so many arrivals, however slow the answers. Users named in a block of their own have their own load; the others share the profile's by weight.",
	Args: args([]Arg{descriptionArg}, loadArgs, []Arg{
		{Name: "max_users", Type: Count, Doc: "Open model: how many users may be made. Required with rate. Loads in user blocks that say none of their own share it."},
		{Name: "duration", Type: Duration, Doc: "From the first user to the end of load, ramp included."},
		{Name: "hold", Type: Duration, Doc: "Instead of duration: time at full load, after the ramp."},
		{Name: "iterations", Type: Count, Doc: "A bound on tasks begun by all users together, beside duration."},
		{Name: "warmup", Type: Duration, Doc: "What begins in this time is left out of the figures."},
		{Name: "grace", Type: Duration, Default: `"30s"`, Doc: "How long tasks under way may take after the end."},
		{Name: "slas", Type: Strings, Doc: "The SLAs this profile is judged by, by name or glob; all when left out."},
		useArg,
	}),
	Blocks:  []*Nested{many(profileUserBlock), many(profileSLABlock)},
	Example: "profile \"baseline\" {\n  users      = 30\n  spawn_rate = 5\n  duration   = \"5m\"\n}",
}

var profileUserBlock = &Block{
	Type: "user", Labels: []string{"name"},
	Doc: "The load of one class of users, beside the load the others share: closed or open, at a time of its own. One that says no end lasts as long as the profile.",
	Args: args(loadArgs, []Arg{
		{Name: "max_users", Type: Count, Doc: "Open model: how many users may be made for this load. Without it the profile's max_users holds, for all such loads together."},
		{Name: "duration", Type: Duration, Doc: "From this load's first user to its end, ramp included."},
		{Name: "hold", Type: Duration, Doc: "Instead of duration: time at this load's full level, after the ramp."},
		{Name: "iterations", Type: Count, Doc: "A bound on tasks begun by these users together."},
		{Name: "delay", Type: Duration, Doc: "It begins so long after the run, or after the load it follows has ended."},
		{Name: "after", Type: Reference, Doc: "Begins when the load of this user has ended and its users have gone: user.writer."},
	}),
	Example: "user \"writer\" {\n  rate      = \"120/20s\"\n  spacing   = \"poisson\"\n  max_users = 50\n  delay     = \"1m\"\n}",
}

var profileSLABlock = &Block{
	Type: "sla", Labels: []string{"name"},
	Doc:     "Limits of a named SLA that hold in this profile, in place of its own or beside them.",
	Args:    args(limitArgs, judgingArgs),
	Blocks:  []*Nested{one(&Block{Type: "warn", Doc: "Limits whose breach is a warning, in this profile.", Args: limitArgs, Example: "warn { p95 = \"800ms\" }"})},
	Example: "sla \"read\" { error_rate = \"2%\" }",
}
