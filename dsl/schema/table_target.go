package schema

var targetBlock = &Block{
	Type: "target", Labels: []string{"name"},
	Doc: "A system under test. Users use the only one by default. A library may leave base_url out: who brings it in gives the target with targets = { … }.",
	Args: []Arg{
		{Name: "base_url", Type: String, Doc: "http:// or https:// address, with a path if all routes share one. example://NAME is the embedded example API of that name, served while the run lasts."},
		{Name: "environment", Type: String, Doc: "What the system is, such as \"staging\". A run against \"production\" needs --allow TARGET."},
		{Name: "allowed_hosts", Type: Strings, Doc: "Where base_url may lead: names, \"*.example.com\", addresses, networks such as \"10.0.0.0/8\". Elsewhere a run needs --allow TARGET. Names are held against networks when they are resolved."},
		{Name: "max_users", Type: Count, Doc: "How many users a profile may have about it at once."},
		{Name: "max_rate", Type: Rate, Doc: "How many requests a second it may get. A profile that plans more is an error; a run that makes more is ended."},
		descriptionArg, headersArg, timeoutArg, redirectsArg, useArg,
	},
	Blocks:  []*Nested{one(httpBlock), one(tlsBlock), one(authBlock)},
	Example: "target \"api\" {\n  base_url = var.base_url\n  headers  = { Accept = \"application/json\" }\n  timeout  = \"10s\"\n}",
}
