package compile

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"throng/dsl/diag"
	"throng/dsl/plan"
)

const maxColumns = 1000

// csvReader reads RFC 4180, with any line ends: every field is a string,
// unless types says otherwise.
type csvReader struct {
	*table
	file   *csv.Reader
	types  []string // by column; "" for strings
	header bool     // the first line names the columns
	bad    plan.BadRows
}

func (t *table) csv() bool {
	comma, ok := t.delimiter()
	names, named := t.c.stringList(t.block, "columns")
	if !ok || t.block.Arg("columns") != nil && !named {
		return false
	}
	if problem := t.names(names); problem != "" || named && len(names) == 0 {
		if problem == "" {
			problem = "there must be at least one column"
		}
		t.c.fail(t.block, diag.InvalidValue, t.block.Arg("columns").Expr.Range(), "columns: %s.", problem)
		return false
	}
	r := &csvReader{table: t, header: !named, bad: plan.BadRows{Word: "line"}}
	name, _ := t.c.str(t.block, "file")
	return t.read(func(f *dataFile) (bool, error) {
		r.file = csv.NewReader(f)
		r.file.Comma, r.file.ReuseRecord = comma, true
		if r.header {
			if err := r.readHeader(); err != nil {
				return false, err
			}
		}
		if !r.readTypes() {
			return false, nil
		}
		return true, r.rows()
	}) && t.rowsFit("file", name, &r.bad)
}

// delimiter reads the character between fields.
func (t *table) delimiter() (rune, bool) {
	if t.block.Arg("delimiter") == nil {
		return ',', true
	}
	text, ok := t.c.str(t.block, "delimiter")
	if !ok {
		return 0, false
	}
	r, size := utf8.DecodeRuneInString(text)
	if size != len(text) || strings.ContainsRune("\"\r\n\x00", r) || r == utf8.RuneError {
		t.c.fail(t.block, diag.InvalidValue, t.block.Arg("delimiter").Expr.Range(), "A delimiter is one character that is neither a quote nor a line break: \",\", \";\", \"|\" or \"\\t\".")
		return 0, false
	}
	return r, true
}

func (r *csvReader) readHeader() error {
	header, err := r.file.Read()
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the file is empty; its first line names the columns, unless columns does")
	case isParse(err):
		return fmt.Errorf("line %d: %s", lineOf(err), quoteRule)
	case err != nil:
		return err
	case len(header) > maxColumns:
		return fmt.Errorf("the header line names more than %d columns", maxColumns)
	}
	names := make([]string, len(header))
	for i, name := range header {
		if names[i] = strings.Clone(strings.TrimSpace(name)); !utf8.ValidString(name) {
			return errors.New("the header line is not UTF-8")
		}
	}
	if problem := r.names(names); problem != "" {
		return fmt.Errorf("the header line: %s", problem)
	}
	return nil
}

// readTypes reads what the columns hold: { age = number }.
func (r *csvReader) readTypes() bool {
	r.types = make([]string, len(r.Columns))
	a := r.block.Arg("types")
	if a == nil {
		return true
	}
	pairs, diags := hcl.ExprMap(a.Expr)
	if diags.HasErrors() {
		r.c.fail(r.block, diag.WrongType, a.Expr.Range(), "types names columns and what they hold: { age = number, active = bool }.")
		return false
	}
	good := true
	for _, p := range pairs {
		name := hcl.ExprAsKeyword(p.Key)
		if name == "" {
			if v, diags := p.Key.Value(nil); !diags.HasErrors() {
				name = fromCty(v).Text()
			}
		}
		column, word := r.Column(name), hcl.ExprAsKeyword(p.Value)
		switch {
		case column < 0:
			r.c.fail(r.block, diag.UnknownAttribute, p.Key.Range(), "There is no column %q.", name).DidYouMean(name, r.ColumnNames())
			good = false
		case word != "string" && word != "number" && word != "bool":
			r.c.fail(r.block, diag.InvalidValue, p.Value.Range(), "A column holds string, number or bool.").
				DidYouMean(word, []string{"string", "number", "bool"})
			good = false
		case word != "string":
			r.types[column] = word
		}
	}
	return good
}

const quoteRule = "a quote is missing or stands where none may be; a field that holds quotes is itself quoted, and its quotes are doubled"

// rows reads all rows. The error is of the file; what is wrong with rows is
// noted in bad.
func (r *csvReader) rows() error {
	values := make([]plan.Value, len(r.Columns))
	r.file.FieldsPerRecord = len(values)
	for {
		row, err := r.file.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, csv.ErrFieldCount):
			want := "the header line"
			if !r.header {
				want = "columns"
			}
			r.bad.Add(lineOf(err), "", "it has %s, and %s has %d", fields(len(row)), want, len(values))
			continue
		case isParse(err):
			r.bad.Add(lineOf(err), "", quoteRule)
			continue
		case err != nil:
			return err
		}
		if r.row(row, values) && r.bad.Count() == 0 {
			for i := range values {
				r.Columns[i].Append(values[i])
			}
			r.Rows++
		}
	}
}

// row reads the fields of one row into values.
func (r *csvReader) row(row []string, values []plan.Value) bool {
	good := true
	for i, text := range row {
		v, problem := readField(text, r.types[i])
		if problem != "" {
			if line, _ := r.file.FieldPos(i); r.Columns[i].Sensitive {
				r.bad.Add(line, r.Columns[i].Name, "its value is %s", problem)
			} else {
				r.bad.Add(line, r.Columns[i].Name, "%s is %s", quoteShort(text), problem)
			}
			good = false
		}
		values[i] = v
	}
	return good
}

// readField reads a field as a type; it says what is wrong with it, or "".
func readField(text, kind string) (v plan.Value, problem string) {
	if kind == "" {
		if !utf8.ValidString(text) {
			return v, "not UTF-8; save the file as UTF-8"
		}
		return plan.StringValue(text), ""
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return plan.NullValue(), ""
	case kind == "number":
		if v, ok := plan.ParseNumber(text); ok {
			return v, ""
		}
		return v, "not a number"
	case strings.EqualFold(text, "true"), strings.EqualFold(text, "false"):
		return plan.BoolValue(len(text) == 4), ""
	}
	return v, "neither true nor false"
}

func isParse(err error) bool {
	var p *csv.ParseError
	return errors.As(err, &p)
}

func lineOf(err error) int {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.StartLine
	}
	return 0
}

func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}
