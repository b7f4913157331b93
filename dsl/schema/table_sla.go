package schema

var limitArgs = args([]Arg{
	{Name: "p50", Type: Limit, Doc: "Limit on the median response time, or value of a metric."},
	{Name: "p75", Type: Limit, Doc: "Limit on the 75th percentile."},
	{Name: "p90", Type: Limit, Doc: "Limit on the 90th percentile."},
	{Name: "p95", Type: Limit, Doc: "Limit on the 95th percentile."},
	{Name: "p98", Type: Limit, Doc: "Limit on the 98th percentile."},
	{Name: "p99", Type: Limit, Doc: "Limit on the 99th percentile."},
	{Name: "p99_9", Type: Limit, Doc: "Limit on the 99.9th percentile."},
	{Name: "mean", Type: Limit, Doc: "Limit on the mean response time, or value."},
	{Name: "max", Type: Limit, Doc: "Limit on the slowest response, or the largest value."},
	{Name: "error_rate", Type: Ratio, Doc: "Limit on the share of failed requests: \"0.5%\" or 0.005."},
	{Name: "requests_per_second", Type: Floor, Doc: "A floor, or { min = 1000, max = 2000 }. Always judged together."},
}, counterLimits)

// judgingArgs say how limits are judged.
var judgingArgs = []Arg{
	{Name: "window", Type: Duration, Doc: "Each limit must hold in every stretch of the run of this length (whole seconds, up to 1h), beside the whole run."},
	{Name: "all_but", Type: Count, Doc: "How many windows may be broken; needs window. The windows alone decide then, not the whole run.", Default: "0"},
	{Name: "for", Type: Duration, Doc: "Broken windows count only where they follow on one another for so long; needs window. The windows alone decide then.", Default: `"0s"`},
	{Name: "confidence", Type: Ratio, Doc: "How sure percentiles and error_rate must be to keep their limits or to break them: \"95%\". In between the run is inconclusive. Without it the requests that were made are judged, and not what they say of others."},
}

// Judging are the names of the arguments that say how limits are judged.
func Judging() []string {
	names := make([]string, len(judgingArgs))
	for i, a := range judgingArgs {
		names[i] = a.Name
	}
	return names
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
	Args: args(limitArgs, judgingArgs, []Arg{
		measureArg,
		{Name: "judge", Type: Keyword, Words: []string{"each", "together"}, Doc: "Whether every matched request is judged by itself, or all as one. The default is each with match, together without it."},
		descriptionArg, forEachArg, useArg,
	}),
	Blocks: []*Nested{
		one(&Block{
			Type: "match", Doc: "Which requests, groups or metrics it is about. Keys are and, values in a list are or, * in a value matches anything; every value must match something.",
			Args: []Arg{
				{Name: "tags", Type: Strings, Doc: "Requests with one of these tags."},
				{Name: "not_tags", Type: Strings, Doc: "Requests with none of these tags."},
				{Name: "requests", Type: Strings, Doc: "By label: \"GET /health\", \"/api/*\", or a request's name."},
				{Name: "users", Type: Strings, Doc: "Requests of these classes of users."},
				{Name: "tasks", Type: Strings, Doc: "Requests of these tasks."},
				{Name: "groups", Type: Strings, Doc: "These groups, as transactions of their own."},
				{Name: "stages", Type: Strings, Doc: "Only what began, by its intended start, in stages of these names: \"spike\", or \"writer/spike\" for that of one user's load."},
				{Name: "metrics", Type: Strings, Doc: "The values of these metrics, in place of response times. Limits are in their unit: \"500ms\" for s, 250 for number, \"64KiB\" for B, \"5%\" for ratio."},
			},
			Example: "match {\n  tags  = [\"read\"]\n  users = [\"operator\"]\n}",
		}),
		one(&Block{Type: "warn", Doc: "Limits whose breach is a warning and never decides the verdict.", Args: limitArgs,
			Example: "warn { p95 = \"200ms\" }"}),
		one(&Block{Type: "abort", Doc: "Ends the run early once the SLA is broken.",
			Args: []Arg{
				{Name: "after", Type: Duration, Default: `"0s"`, Doc: "Not before this time into the run."},
				{Name: "grace", Type: Duration, Default: `"0s"`, Doc: "How long it must have been broken without a break: over the run so far, or in the latest window where it has one."},
			},
			Example: "abort {\n  after = \"30s\"\n  grace = \"10s\"\n}"}),
		many(&Block{Type: "profile", Labels: []string{"name"},
			Doc:     "Limits that hold in one profile, in place of those above or beside them. A profile's sla block says the same from the other side.",
			Args:    args(limitArgs, judgingArgs),
			Blocks:  []*Nested{one(&Block{Type: "warn", Doc: "Limits whose breach is a warning, in this profile.", Args: limitArgs, Example: "warn { p95 = \"800ms\" }"})},
			Example: "profile \"peak\" { error_rate = \"2%\" }"}),
	},
	Example: "sla \"read\" {\n  match { tags = [\"read\"] }\n  p95        = \"500ms\"\n  error_rate = \"0.5%\"\n}",
}
