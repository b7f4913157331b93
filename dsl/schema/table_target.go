package schema

var targetBlock = &Block{
	Type: "target", Labels: []string{"name"},
	Doc: "A system under test. Users use the only one by default.",
	Args: []Arg{
		{Name: "base_url", Type: String, Required: true, Doc: "http:// or https:// address, with a path if all routes share one. example://NAME is the embedded example API of that name, served while the run lasts."},
		descriptionArg, headersArg, timeoutArg, redirectsArg, useArg,
	},
	Example: "target \"api\" {\n  base_url = var.base_url\n  headers  = { Accept = \"application/json\" }\n  timeout  = \"10s\"\n}",
}
