package reference

import (
	"fmt"
	"slices"
	"strings"

	"throng/dsl/diag"
	"throng/stdlib"
)

// Functions is the page of functions, by category.
func Functions(table []stdlib.Function) string {
	b := page("Functions")
	b.WriteString("A **random** function has a new value each time a user reads it, drawn from that user's own\nseeded source, or from the clock where its text says so. It cannot stand in a static argument.\nAll others are pure: the same arguments give the same value, before the run and during it.\n")
	var categories []string
	for _, f := range table {
		if !slices.Contains(categories, f.Category) {
			categories = append(categories, f.Category)
		}
	}
	slices.Sort(categories)
	for _, c := range categories {
		fmt.Fprintf(b, "\n## %s\n\n| function | | example |\n| --- | --- | --- |\n", strings.ToUpper(c[:1])+c[1:])
		for _, f := range table {
			if f.Category == c {
				writeFunction(b, &f)
			}
		}
	}
	return b.String()
}

func writeFunction(b *strings.Builder, f *stdlib.Function) {
	doc := f.Description
	switch {
	case f.WaitOnly:
		doc += " Stands only in `wait`, by itself."
	case f.Phase == stdlib.User:
		doc = "**random.** " + doc
	}
	example := code(f.Example)
	if f.Result != "" {
		sign := " is "
		if f.Phase == stdlib.User {
			sign = " may be "
		}
		example += sign + code(f.Result)
	}
	fmt.Fprintf(b, "| %s | %s | %s |\n", cell(code(f.Signature)), cell(doc), cell(example))
}

// Diagnostics is the page of diagnostic codes.
func Diagnostics(codes []diag.Code) string {
	b := page("Diagnostic codes")
	b.WriteString("Each diagnostic ends its first line with a code in brackets. A code never changes its meaning.\nHow diagnostics are written is told in [Diagnostics](../diagnostics.md).\n\n| code | summary | what it means, and what to do |\n| --- | --- | --- |\n")
	for _, c := range codes {
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(c.ID), cell(c.Summary), cell(c.Explanation))
	}
	return b.String()
}
