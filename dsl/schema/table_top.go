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
	Doc: "Brings a library in. What it declares and does not keep private is used by name: use = module.NAME.user.buyer (also task, request, profile, sla, target), module.NAME.OUTPUT and module.NAME.data.ROWS.column in expressions, module::NAME::FUNCTION(…).",
	Args: []Arg{
		{Name: "source", Type: String, Required: true, Doc: "A path that begins with ./ or ../; std/NAME for an embedded library; or git::…, https://….zip, https://….tar.gz or oci://…, which throng init fetches."},
		{Name: "version", Type: String, Doc: "Versions that will do, such as \"~> 1.2\": of the source's tags that are semantic versions the highest is taken."},
		{Name: "for_each", Type: Any, Doc: "A map, an object or a list or set of strings: the library is brought in once for each element, with inputs and targets that may read each.key and each.value. The instances are module.NAME[\"key\"]."},
		{Name: "targets", Type: References, Doc: "Which targets of this module stand for the library's: { api = target.staging }; with for_each also target[each.key]. A library's target without a base_url needs one."},
	},
	Example: "module \"std\" {\n  source = \"std/slas\"\n}",
}

var outputBlock = &Block{
	Type: "output", Labels: []string{"name"},
	Doc: "A value a library hands to whoever uses it, read as module.M.NAME.",
	Args: []Arg{
		{Name: "value", Type: Any, Required: true, Doc: "The value."},
		descriptionArg,
		{Name: "sensitive", Type: Bool, Default: "false", Doc: "Never printed, logged or reported. What is made of a sensitive value is so without it."},
	},
	Example: "output \"budget\" {\n  value = \"500ms\"\n}",
}

var functionBlock = &Block{
	Type: "function", Labels: []string{"name"},
	Doc: "A function of the scenario's own, called like any other. Its result may draw at random and call other functions; it reads its parameters, var, local and nothing of the user.",
	Args: []Arg{
		{Name: "params", Type: Names, Doc: "Names of the parameters: [a, b]."},
		{Name: "result", Type: Any, Phase: User, Required: true, Doc: "The value, from the parameters by name."},
		descriptionArg,
	},
	Example: "function \"sku\" {\n  params = [kind]\n  result = \"${upper(kind)}-${randint(1000, 9999)}\"\n}",
}

var checkBlock = &Block{
	Type: "check", Labels: []string{"name"},
	Doc: "A condition that must hold before anything runs: about variables, locals and outputs of modules, in any combination.",
	Args: []Arg{
		{Name: "condition", Type: Bool, Required: true, Doc: "True where all is well."},
		{Name: "error_message", Type: String, Required: true, Doc: "What to say otherwise."},
	},
	Example: "check \"staging_only\" {\n  condition     = !strcontains(var.base_url, \"prod\")\n  error_message = \"This scenario deletes data; it is not for production.\"\n}",
}

var metricBlock = &Block{
	Type: "metric", Labels: []string{"name"},
	Doc: "A series of the scenario's own: requests fill it with record, SLAs limit it through match { metrics = […] }.",
	Args: []Arg{
		{Name: "unit", Type: Keyword, Words: []string{"number", "s", "B", "ratio"}, Default: `"number"`, Doc: "What its values are: plain numbers, seconds, bytes, or shares in 0..1."},
		descriptionArg,
	},
	Example: "metric \"queued\" { unit = \"s\" }",
}
