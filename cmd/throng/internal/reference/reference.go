// Package reference writes the reference pages of docs/reference from the
// tables the program itself works by: the schema of blocks, the functions,
// the diagnostics and the command line. A page that does not follow from its
// table fails the package's test, so that no page can outlive the code.
//
// It knows the tables and Markdown, and nothing of how they are used.
package reference

import (
	"fmt"
	"strings"

	"throng/cmd/throng/internal/cli"
	"throng/dsl/diag"
	"throng/dsl/schema"
	"throng/stdlib"
)

// Page is one generated file of docs/reference.
type Page struct {
	Name string // of the file
	Text string
}

// Pages are all generated pages. An error is one of reading the embedded
// libraries.
func Pages() ([]Page, error) {
	std, err := Std()
	return []Page{
		{"blocks.md", Blocks(schema.Root)},
		{"test-files.md", TestFiles(schema.TestFile)},
		{"functions.md", Functions(stdlib.Table)},
		{"diagnostics.md", Diagnostics(diag.Codes)},
		{"commands.md", Commands(cli.Commands())},
		{"std.md", std},
	}, err
}

// page begins a page; it says how to make it anew.
func page(title string) *strings.Builder {
	b := &strings.Builder{}
	b.WriteString("<!-- Generated from the program's own tables. Do not edit; run:\n")
	b.WriteString("     go test ./cmd/throng/internal/reference -update -->\n\n")
	fmt.Fprintf(b, "# %s\n\n", title)
	return b
}

// cell makes a text fit into a cell of a table.
func cell(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "|", "\\|"), "\n", " ")
}

// code is s as code, "" if it is empty.
func code(s string) string {
	switch {
	case s == "":
		return ""
	case strings.Contains(s, "`"):
		return "`` " + s + " ``"
	}
	return "`" + s + "`"
}
