package plan

import (
	"fmt"
	"slices"
	"strings"
)

// AddRow appends an object as the table's next row; at is its number in what
// is read, from 1. The first row names the columns that are not named yet.
// Every other row must have the same attributes. A row that is wrong is left
// out and noted in bad.
func (d *Data) AddRow(row Value, at int, bad *BadRows) {
	switch {
	case row.kind != Object:
		bad.Add(at, "", "it is %s, and must be an object", row.TypeName())
		return
	case d.first == 0:
		if !d.nameColumns(row, at, bad) {
			return
		}
	case !d.sameColumns(row, at, bad):
		return
	}
	for i := range d.Columns {
		c := &d.Columns[i]
		c.Append(row.Field(c.Name))
	}
	d.Rows++
}

// nameColumns makes columns of a first row's attributes. Those that are there
// already, since expressions read them, keep their numbers.
func (d *Data) nameColumns(row Value, at int, bad *BadRows) bool {
	for i := range d.Columns {
		if name := d.Columns[i].Name; row.Field(name).kind == Missing {
			bad.Add(at, "", "it has no %q, which the scenario reads", name)
			return false
		}
	}
	for _, f := range row.Fields() {
		if d.Column(f.Name) < 0 {
			d.Columns = append(d.Columns, DataColumn{Name: f.Name})
		}
	}
	d.first = at
	return true
}

func (d *Data) sameColumns(row Value, at int, bad *BadRows) bool {
	good := true
	for i := range d.Columns {
		if name := d.Columns[i].Name; row.Field(name).kind == Missing {
			bad.Add(at, "", "it has no %q, which %s %d has", name, bad.Word, d.first)
			good = false
		}
	}
	if good && len(row.Fields()) > len(d.Columns) {
		for _, f := range row.Fields() {
			if d.Column(f.Name) < 0 {
				bad.Add(at, "", "it has %q, which %s %d has not", f.Name, bad.Word, d.first)
			}
		}
		good = false
	}
	return good
}

// Fill takes rows that setup made: a list of objects with the same
// attributes, among them those that expressions read. The columns are made
// anew, so that copies of d keep theirs. The error is an *EvalError that
// lists the rows that are wrong, up to a bound.
func (d *Data) Fill(rows Value) error {
	fail := func(format string, args ...any) error {
		return &EvalError{Site: d.Site, Class: FailExpression, Message: fmt.Sprintf("data %q: ", d.Name) + fmt.Sprintf(format, args...)}
	}
	if rows.kind != List {
		return fail("its rows must be a list of objects, and are %s", rows.TypeName())
	}
	d.Columns, d.Rows, d.first = slices.Clone(d.Columns), 0, 0
	bad := &BadRows{Word: "row"}
	for i, row := range rows.Items() {
		d.AddRow(row, i+1, bad)
	}
	switch {
	case bad.Count() > 0:
		return fail("%s", bad)
	case d.Rows == 0:
		return fail("setup left no rows")
	}
	d.Protect()
	return nil
}

// maxBadRows is how many wrong rows are told one by one.
const maxBadRows = 20

// BadRows is what is wrong with the rows of a table.
type BadRows struct {
	Word string // what Row.At counts: "line" of a file, or "row"
	List []BadRow
	More int // rows beyond those listed
}

// BadRow is what is wrong with one row.
type BadRow struct {
	At      int    // its line or number, from 1
	Column  string // "" where it is wrong as a whole
	Message string
}

// Add notes one thing that is wrong.
func (b *BadRows) Add(at int, column, format string, args ...any) {
	if len(b.List) == maxBadRows {
		b.More++
		return
	}
	b.List = append(b.List, BadRow{at, column, fmt.Sprintf(format, args...)})
}

// Count is how many things were noted.
func (b *BadRows) Count() int { return len(b.List) + b.More }

// Lines are what was noted, one line each.
func (b *BadRows) Lines() []string {
	var lines []string
	for _, r := range b.List {
		where := fmt.Sprintf("%s %d", b.Word, r.At)
		if r.Column != "" {
			where += fmt.Sprintf(", column %q", r.Column)
		}
		lines = append(lines, where+": "+r.Message)
	}
	if b.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", b.More))
	}
	return lines
}

func (b *BadRows) String() string { return strings.Join(b.Lines(), "; ") }
