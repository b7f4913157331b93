package schema

var dataBlock = &Block{
	Type: "data", Labels: []string{"format", "name"},
	Doc: "A table of rows, read as data.NAME.COLUMN. The format is csv (a header line names the columns), json (a list of objects), ndjson (one object a line), inline (rows written here, or made by setup) or generated (rows made when they are read).",
	Args: []Arg{
		{Name: "file", Type: String, Doc: "csv, json, ndjson: the file, beside the scenario or below it."},
		{Name: "columns", Type: Strings, Doc: "csv: the names of the columns, for a file without a header line."},
		{Name: "types", Type: TypeExpr, Doc: "csv: what columns hold beside strings: { age = number, active = bool }. An empty field of such a column is null."},
		{Name: "delimiter", Type: String, Default: `","`, Doc: "csv: the one character between fields, such as \";\" or \"\\t\"."},
		{Name: "rows", Type: Any, Phase: User, Doc: "inline: a list of objects with the same attributes, known before the run or made of setup.NAME."},
		{Name: "row", Type: Object, Phase: User, Doc: "generated: the columns of a row, each an expression that may read each.key, the row's number from 0, and draw at random. A row is the same whenever it is read."},
		{Name: "count", Type: Count, Doc: "generated: how many rows there are. Without it they never end."},
		{Name: "order", Type: Keyword, Words: []string{"sequential", "shuffle", "random", "unique"}, Default: `"sequential"`, Doc: "The order in which rows are handed out. unique gives each row to one reader only."},
		{Name: "per", Type: Keyword, Words: []string{"user", "iteration", "shared"}, Default: `"user"`, Doc: "How long a reader keeps a row: a user for its life, or for one task; shared walks one sequence for all users."},
		{Name: "on_exhausted", Type: Keyword, Words: []string{"recycle", "stop", "error"}, Default: `"recycle"`, Doc: "After the last row: begin again, end the user, or end the run. The default is \"stop\" with order = \"unique\"."},
		{Name: "sensitive", Type: Strings, Doc: "Columns that are never shown."},
	},
	Example: "data \"csv\" \"accounts\" {\n  file      = \"accounts.csv\"\n  order     = \"unique\"\n  sensitive = [\"password\"]\n}",
}
