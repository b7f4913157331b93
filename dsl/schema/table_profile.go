package schema

var profileBlock = &Block{
	Type: "profile", Labels: []string{"name"},
	Doc: "How much load, and for how long. users is the closed model: so many users, each waiting for its answers. rate is the open model: so many arrivals, however slow the answers.",
	Args: []Arg{
		descriptionArg,
		{Name: "users", Type: Count, Doc: "Users at full load."},
		{Name: "spawn_rate", Type: Number, Doc: "Users started a second until full load; all at once when left out."},
		{Name: "rate", Type: Rate, Doc: "Arrivals: \"1000/s\", \"156/m\". An arrival is one task by an idle user."},
		{Name: "max_users", Type: Count, Doc: "Open model: how many users may be made. Required with rate."},
		{Name: "stages", Type: Stages, Doc: "A list of { users = N or rate = \"N/s\", over = \"…\", hold = \"…\", name = \"…\" }. over ramps from the stage before (0 at first), hold stays."},
		{Name: "duration", Type: Duration, Doc: "From the first user to the end of load, ramp included."},
		{Name: "hold", Type: Duration, Doc: "Instead of duration: time at full load, after the ramp."},
		{Name: "iterations", Type: Count, Doc: "A bound on tasks begun, beside duration."},
		{Name: "warmup", Type: Duration, Doc: "What begins in this time is left out of the figures."},
		{Name: "grace", Type: Duration, Default: `"30s"`, Doc: "How long tasks under way may take after the end."},
		{Name: "slas", Type: Strings, Doc: "The SLAs this profile is judged by, by name or glob; all when left out."},
		useArg,
	},
	Example: "profile \"baseline\" {\n  users      = 30\n  spawn_rate = 5\n  duration   = \"5m\"\n}",
}
