package compile

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

const maxDataFile = 512 << 20

var (
	orders    = map[string]plan.Order{"sequential": plan.Sequential, "shuffle": plan.Shuffle, "random": plan.Random, "unique": plan.Unique}
	lifetimes = map[string]plan.Per{"user": plan.PerUser, "iteration": plan.PerIteration, "shared": plan.PerShared}
	exhausted = map[string]plan.Exhausted{"recycle": plan.Recycle, "stop": plan.StopUser, "error": plan.FailRun}
)

// data loads the tables of the scenario and of its libraries.
func (c *compiler) data() { c.dataOf(c.root) }

func (c *compiler) dataOf(s *resolve.Scope) {
	for _, name := range s.Names("data") {
		c.source(s, s.Named("data", name))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Children)) {
		c.dataOf(s.Children[name])
	}
}

func (c *compiler) source(s *resolve.Scope, b *config.Block) {
	d := plan.Data{Name: b.Name(), Site: c.site(b.Range, b)}
	format := b.Labels[0]
	if format.Text != "csv" && format.Text != "json" {
		c.fail(b, diag.InvalidValue, format.Range, "Data is read from \"csv\" or \"json\"; %q is neither.", format.Text).
			DidYouMean(format.Text, []string{"csv", "json"})
		return
	}
	if word, ok := c.keyword(b, "order"); ok {
		d.Order = orders[word]
	}
	if word, ok := c.keyword(b, "per"); ok {
		d.Per = lifetimes[word]
	}
	if d.Order == plan.Unique {
		d.OnExhausted = plan.StopUser
	}
	if word, ok := c.keyword(b, "on_exhausted"); ok {
		d.OnExhausted = exhausted[word]
	}
	file, ok := c.str(b, "file")
	if !ok {
		return
	}
	src, ok := c.openData(s, b, file)
	if !ok {
		return
	}
	sum := sha256.Sum256(src)
	d.File, d.SHA256 = file, hex.EncodeToString(sum[:])
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	var err error
	if format.Text == "csv" {
		err = readCSV(&d, src)
	} else {
		err = readJSON(&d, src)
	}
	if err != nil {
		c.fail(b, diag.InvalidData, b.Arg("file").Expr.Range(), "%s: %s.", file, err)
		return
	}
	if d.Rows == 0 {
		c.fail(b, diag.EmptyData, b.Arg("file").Expr.Range(), "%s holds no rows.", file)
		return
	}
	c.sensitiveColumns(&d, b)
	c.dataIDs[b] = len(c.plan.Data)
	c.plan.Data = append(c.plan.Data, d)
}

// openData reads a file of the module's own directory; nothing outside it.
func (c *compiler) openData(s *resolve.Scope, b *config.Block, name string) ([]byte, bool) {
	at := b.Arg("file").Expr.Range()
	clean := path.Clean(filepath.ToSlash(name))
	if !fs.ValidPath(clean) {
		c.fail(b, diag.FileUnreadable, at, "%q lies outside the scenario's directory. Data files stand beside the scenario or below it.", name)
		return nil, false
	}
	info, err := fs.Stat(s.Tree.Files, clean)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d := c.fail(b, diag.FileNotFound, at, "There is no file %q in the directory %q.", name, s.Tree.Config.Dir)
		if entries, err := fs.ReadDir(s.Tree.Files, path.Dir(clean)); err == nil {
			var names []string
			for _, e := range entries[:min(len(entries), 1000)] {
				names = append(names, path.Join(path.Dir(clean), e.Name()))
			}
			d.DidYouMean(clean, names)
		}
		return nil, false
	case err != nil:
		c.fail(b, diag.FileUnreadable, at, "%q cannot be read: %s.", name, err)
		return nil, false
	case !info.Mode().IsRegular():
		c.fail(b, diag.FileUnreadable, at, "%q is not a regular file.", name)
		return nil, false
	case info.Size() > maxDataFile:
		c.fail(b, diag.LimitExceeded, at, "%q is larger than %d MiB.", name, maxDataFile>>20)
		return nil, false
	}
	src, err := fs.ReadFile(s.Tree.Files, clean)
	if err != nil {
		c.fail(b, diag.FileUnreadable, at, "%q cannot be read: %s.", name, err)
		return nil, false
	}
	return src, true
}

// readCSV reads RFC 4180 with a header line. Every value is a string.
func readCSV(d *plan.Data, src []byte) error {
	r := csv.NewReader(bytes.NewReader(src))
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty; its first line names the columns")
	}
	if err != nil {
		return csvError(err, 0, 0)
	}
	seen := map[string]bool{}
	for _, name := range header {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
			return errors.New("a column has no name in the header line")
		case seen[name]:
			return fmt.Errorf("two columns are called %q", name)
		}
		seen[name] = true
		d.Columns = append(d.Columns, plan.DataColumn{Name: name})
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return csvError(err, len(row), len(header))
		}
		for i, text := range row {
			d.Columns[i].Values = append(d.Columns[i].Values, plan.StringValue(text))
		}
		d.Rows++
	}
}

func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}

// csvError says what is wrong with a line that holds have fields where the
// header line has want.
func csvError(err error, have, want int) error {
	var p *csv.ParseError
	switch {
	case !errors.As(err, &p):
		return err
	case errors.Is(p.Err, csv.ErrFieldCount):
		return fmt.Errorf("line %d does not match the header line: it has %s instead of %d", p.Line, fields(have), want)
	}
	return fmt.Errorf("line %d, column %d: a quote is missing or stands where none may be; a value that holds quotes is itself quoted, and its quotes are doubled", p.Line, p.Column)
}

// readJSON reads a list of objects with the same attributes.
func readJSON(d *plan.Data, src []byte) error {
	if tooDeep(src) || !gjson.ValidBytes(src) {
		return errors.New("the file is not JSON")
	}
	list := gjson.ParseBytes(src)
	if !list.IsArray() {
		return errors.New("the file must hold a list of objects: [ { … }, … ]")
	}
	rows := fromJSON(list).Items()
	for n, row := range rows {
		if row.Kind() != plan.Object {
			return fmt.Errorf("row %d is %s; every row must be an object", n+1, row.TypeName())
		}
		if n == 0 {
			for _, f := range row.Fields() {
				d.Columns = append(d.Columns, plan.DataColumn{Name: f.Name})
			}
		}
		for i := range d.Columns {
			v := row.Field(d.Columns[i].Name)
			if v.Kind() == plan.Missing {
				return fmt.Errorf("row %d has no %q, which row 1 has", n+1, d.Columns[i].Name)
			}
			d.Columns[i].Values = append(d.Columns[i].Values, v)
		}
		if len(row.Fields()) != len(d.Columns) {
			return fmt.Errorf("row %d has attributes that row 1 has not", n+1)
		}
	}
	d.Rows = len(rows)
	return nil
}

func (c *compiler) sensitiveColumns(d *plan.Data, b *config.Block) {
	names, _ := c.stringList(b, "sensitive")
	var columns []string
	for _, col := range d.Columns {
		columns = append(columns, col.Name)
	}
	for _, name := range names {
		i := slices.Index(columns, name)
		if i < 0 {
			c.fail(b, diag.UnknownAttribute, b.Arg("sensitive").Expr.Range(), "There is no column %q.", name).DidYouMean(name, columns)
			continue
		}
		d.Columns[i].Sensitive = true
		for _, v := range d.Columns[i].Values {
			c.keepSecretText(v.Text())
		}
	}
}

// readData notes that the class under compilation reads a source.
func (c *compiler) readData(id int) {
	if c.reads != nil {
		c.reads[id] = true
	}
}
