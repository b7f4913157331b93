package schema

var scenarioBlock = &Block{
	Type: "scenario", Labels: []string{"name"},
	Doc: "Names the scenario.",
	Args: []Arg{
		descriptionArg,
		{Name: "requires", Type: String, Doc: "Versions of throng it works with, such as \">= 0.1\"."},
		{Name: "profile", Type: String, Doc: "The profile that runs when --profile is not given."},
	},
	Example: "scenario \"shop\" {\n  requires = \">= 0.1\"\n  profile  = \"smoke\"\n}",
}

var variableBlock = &Block{
	Type: "variable", Labels: []string{"name"},
	Doc: "An input, read as var.NAME. Set it with --var, --var-file or the environment variable THRONG_VAR_NAME.",
	Args: []Arg{
		{Name: "type", Type: TypeExpr, Doc: "string, number, bool, list(…), map(…), object({…}); any type when left out."},
		{Name: "default", Type: Any, Doc: "Its value when it is not set. Without one it must be set."},
		descriptionArg,
		{Name: "sensitive", Type: Bool, Default: "false", Doc: "Never printed, logged or reported."},
		{Name: "nullable", Type: Bool, Default: "true", Doc: "Whether it may be null."},
	},
	Blocks: []*Nested{many(&Block{
		Type: "validation", Doc: "A condition the value must meet.",
		Args: []Arg{
			{Name: "condition", Type: Bool, Required: true, Doc: "True for a good value. It may read var.NAME."},
			{Name: "error_message", Type: String, Required: true, Doc: "What to say about a bad one."},
		},
		Example: "validation {\n  condition     = startswith(var.base_url, \"http\")\n  error_message = \"base_url must be an http(s) URL.\"\n}",
	})},
	Example: "variable \"base_url\" {\n  type    = string\n  default = \"http://127.0.0.1:8000\"\n}",
}

var localsBlock = &Block{
	Type: "locals", Free: true, FreeDoc: "Names for values, read as local.NAME.",
	Doc:     "Values with names, computed once before the run.",
	Example: "locals {\n  json = { Accept = \"application/json\" }\n}",
}

var moduleBlock = &Block{
	Type: "module", Labels: []string{"name"}, Free: true, FreeDoc: "Inputs: the library's variables.",
	Doc: "Brings a library in. What it declares is used by name: module.NAME.sla.read, module.NAME.profile.peak.",
	Args: []Arg{
		{Name: "source", Type: String, Required: true, Doc: "A path that begins with ./ or ../, or std/NAME for an embedded library."},
	},
	Example: "module \"std\" {\n  source = \"std/slas\"\n}",
}

var outputBlock = &Block{
	Type: "output", Labels: []string{"name"},
	Doc: "A value a library hands to whoever uses it, read as module.M.NAME.",
	Args: []Arg{
		{Name: "value", Type: Any, Required: true, Doc: "The value."},
		descriptionArg,
	},
	Example: "output \"budget\" {\n  value = \"500ms\"\n}",
}

var targetBlock = &Block{
	Type: "target", Labels: []string{"name"},
	Doc: "A system under test. Users use the only one by default.",
	Args: []Arg{
		{Name: "base_url", Type: String, Required: true, Doc: "http:// or https:// address, with a path if all routes share one. example://NAME is the embedded example API of that name, served while the run lasts."},
		descriptionArg, headersArg, timeoutArg, redirectsArg, useArg,
	},
	Example: "target \"api\" {\n  base_url = var.base_url\n  headers  = { Accept = \"application/json\" }\n  timeout  = \"10s\"\n}",
}

var dataBlock = &Block{
	Type: "data", Labels: []string{"format", "name"},
	Doc: "Rows from a file, read as data.NAME.COLUMN. The format is csv (a header line names the columns) or json (a list of objects).",
	Args: []Arg{
		{Name: "file", Type: String, Required: true, Doc: "The file, beside the scenario or below it."},
		{Name: "order", Type: Keyword, Words: []string{"sequential", "shuffle", "random", "unique"}, Default: `"sequential"`, Doc: "The order in which rows are handed out. unique gives each row to one reader only."},
		{Name: "per", Type: Keyword, Words: []string{"user", "iteration", "shared"}, Default: `"user"`, Doc: "How long a reader keeps a row: a user for its life, or for one task; shared walks one sequence for all users."},
		{Name: "on_exhausted", Type: Keyword, Words: []string{"recycle", "stop", "error"}, Default: `"recycle"`, Doc: "After the last row: begin again, end the user, or end the run. The default is \"stop\" with order = \"unique\"."},
		{Name: "sensitive", Type: Strings, Doc: "Columns that are never shown."},
	},
	Example: "data \"csv\" \"accounts\" {\n  file = \"accounts.csv\"\n}",
}

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

var limitArgs = []Arg{
	{Name: "p50", Type: Duration, Doc: "Limit on the median response time."},
	{Name: "p75", Type: Duration, Doc: "Limit on the 75th percentile."},
	{Name: "p90", Type: Duration, Doc: "Limit on the 90th percentile."},
	{Name: "p95", Type: Duration, Doc: "Limit on the 95th percentile."},
	{Name: "p98", Type: Duration, Doc: "Limit on the 98th percentile."},
	{Name: "p99", Type: Duration, Doc: "Limit on the 99th percentile."},
	{Name: "p99_9", Type: Duration, Doc: "Limit on the 99.9th percentile."},
	{Name: "mean", Type: Duration, Doc: "Limit on the mean response time."},
	{Name: "max", Type: Duration, Doc: "Limit on the slowest response."},
	{Name: "error_rate", Type: Ratio, Doc: "Limit on the share of failed requests: \"0.5%\" or 0.005."},
	{Name: "requests_per_second", Type: Floor, Doc: "A floor, or { min = 1000, max = 2000 }. Always judged together."},
}

// Limits are the names of the arguments of an SLA that limit something.
func Limits() []string {
	names := make([]string, len(limitArgs))
	for i, a := range limitArgs {
		names[i] = a.Name
	}
	return names
}

var slaBlock = &Block{
	Type: "sla", Labels: []string{"name"},
	Doc: "A promise the run is judged by. With match each matched request is judged by itself, without it all are judged together.",
	Args: args(limitArgs, []Arg{
		{Name: "judge", Type: Keyword, Words: []string{"each", "together"}, Doc: "Whether every matched request is judged by itself, or all as one. The default is each with match, together without it."},
		descriptionArg, useArg,
	}),
	Blocks: []*Nested{
		one(&Block{
			Type: "match", Doc: "Which requests it is about. Keys are and, values in a list are or, * in a value matches anything; every value must match something.",
			Args: []Arg{
				{Name: "tags", Type: Strings, Doc: "Requests with one of these tags."},
				{Name: "not_tags", Type: Strings, Doc: "Requests with none of these tags."},
				{Name: "requests", Type: Strings, Doc: "By label: \"GET /health\", \"/api/*\", or a request's name."},
				{Name: "users", Type: Strings, Doc: "Requests of these classes of users."},
				{Name: "tasks", Type: Strings, Doc: "Requests of these tasks."},
				{Name: "groups", Type: Strings, Doc: "These groups, as transactions of their own."},
			},
			Example: "match {\n  tags  = [\"read\"]\n  users = [\"operator\"]\n}",
		}),
		one(&Block{Type: "warn", Doc: "Limits whose breach is a warning and never decides the verdict.", Args: limitArgs,
			Example: "warn { p95 = \"200ms\" }"}),
		one(&Block{Type: "abort", Doc: "Ends the run early once the SLA is broken.",
			Args:    []Arg{{Name: "after", Type: Duration, Default: `"0s"`, Doc: "Not before this time into the run."}},
			Example: "abort { after = \"30s\" }"}),
	},
	Example: "sla \"read\" {\n  match { tags = [\"read\"] }\n  p95        = \"500ms\"\n  error_rate = \"0.5%\"\n}",
}
