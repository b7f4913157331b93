package schema

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
