package analyze

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// table is a CSV file with a header.
type table struct {
	file    string
	header  []string
	columns map[string]int // by name in lower case
	rows    [][]string
}

// maxTable bounds what is read of a file, in bytes.
const maxTable = 1 << 30

func openTable(file string) (*table, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxTable {
		return nil, fmt.Errorf("%s has more than 1 GiB", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	all, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s is no CSV file of Locust: %w", file, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s is empty", file)
	}
	t := &table{file: file, header: all[0], columns: map[string]int{}, rows: all[1:]}
	for i, name := range all[0] {
		t.columns[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	return t, nil
}

// find is the column that has one of some names; -1 where none has.
func (t *table) find(names ...string) int {
	for _, name := range names {
		if i, ok := t.columns[strings.ToLower(name)]; ok {
			return i
		}
	}
	return -1
}

func (t *table) has(names ...string) bool { return t.find(names...) >= 0 }

// reader reads the fields of a row; the first fault stays in err.
func (t *table) reader(row int) *fields { return &fields{t: t, row: row} }

type fields struct {
	t   *table
	row int
	err error
}

// text is the field of the column with one of the names. A column that is not
// there is an error, never an empty field.
func (f *fields) text(names ...string) string {
	i := f.t.find(names...)
	if i < 0 {
		f.fail(fmt.Errorf("%s has no column %q%s; its columns are: %s", f.t.file, names[0], also(names[1:]), strings.Join(f.t.header, ", ")))
		return ""
	}
	return f.t.rows[f.row][i]
}

func (f *fields) optional(names ...string) string {
	if !f.t.has(names...) {
		return ""
	}
	return f.text(names...)
}

func also(names []string) string {
	if len(names) == 0 {
		return ""
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	return ", nor " + strings.Join(quoted, " or ")
}

// count is a whole number.
func (f *fields) count(names ...string) int64 {
	s := f.text(names...)
	if f.err != nil {
		return 0
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || n < 0 || n > 1e15 {
		f.fail(fmt.Errorf("%s, line %d, column %q: %q is no count", f.t.file, f.row+2, names[0], s))
	}
	return int64(n)
}

// time is a number of milliseconds, as ns; NaN for the "N/A" of no request.
func (f *fields) time(names ...string) float64 {
	s := strings.TrimSpace(f.text(names...))
	if f.err != nil || s == "N/A" || s == "" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v < 0 || math.IsInf(v, 0) {
		f.fail(fmt.Errorf("%s, line %d, column %q: %q is no number of milliseconds", f.t.file, f.row+2, names[0], s))
	}
	return v * 1e6
}

func (f *fields) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}
