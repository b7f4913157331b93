package compile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/plan"
	"throng/dsl/resolve"
	"throng/stdlib"
)

// loadData compiles one data block called d over a directory's files. The
// source is nil when it cannot be used.
func loadData(t testing.TB, block string, files fstest.MapFS) (*plan.Plan, diag.Diagnostics) {
	t.Helper()
	cfg, diags := config.Parse([]byte(block+"\n"), "main.hcl")
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	return loadTree(t, &module.Tree{Config: cfg, Files: files})
}

func loadTree(t testing.TB, tree *module.Tree) (*plan.Plan, diag.Diagnostics) {
	t.Helper()
	scope, diags := resolve.Build(tree)
	diags.Extend(resolve.Check(scope))
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	c := newCompiler(scope, Options{Seed: 1})
	c.values()
	c.data()
	if c.diags.HasErrors() != (len(c.plan.Data) == 0) {
		t.Fatalf("data and errors at once, or neither: %v", c.diags.Err())
	}
	return c.plan, c.diags
}

// table shows a table as text: the names, then the rows in JSON.
func tableText(d *plan.Data) string {
	var out strings.Builder
	out.WriteString(strings.Join(d.ColumnNames(), ","))
	for row := range d.Rows {
		out.WriteString("|")
		for i := range d.Columns {
			if i > 0 {
				out.WriteString(",")
			}
			out.Write(d.Columns[i].At(row).AppendJSON(nil, false))
		}
	}
	return out.String()
}

func TestReaders(t *testing.T) {
	for _, c := range []struct {
		name, block, file string
		want              string // the table, or what the diagnostics say
	}{
		{"header", `data "csv" "d" { file = "f" }`, "a,b\n1,x\n", `a,b|"1","x"`},
		{"leading zeros and spaces stay", `data "csv" "d" { file = "f" }`, "a,b\n007, x \n", `a,b|"007"," x "`},
		{"no newline at the end", `data "csv" "d" { file = "f" }`, "a\n1", `a|"1"`},
		{"CRLF and byte order mark", `data "csv" "d" { file = "f" }`, "\xef\xbb\xbfa,b\r\n1,2\r\n", `a,b|"1","2"`},
		{"mark before a quoted name", `data "csv" "d" { file = "f" }`, "\xef\xbb\xbf\"a\"\n1\n", `a|"1"`},
		{"quotes", `data "csv" "d" { file = "f" }`, "a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n", `a,b|"x, \"y\"","two\nlines"`},
		{"blank lines", `data "csv" "d" { file = "f" }`, "a,b\n\n1,2\n\n", `a,b|"1","2"`},
		{"empty fields", `data "csv" "d" { file = "f" }`, "a,b\n,\n", `a,b|"",""`},
		{"names are trimmed", `data "csv" "d" { file = "f" }`, " a , b\n1,2\n", `a,b|"1","2"`},
		{"no header line", "data \"csv\" \"d\" {\n  file = \"f\"\n  columns = [\"a\", \"b\"]\n}", "1,2\n3,4\n", `a,b|"1","2"|"3","4"`},
		{"tabs", "data \"csv\" \"d\" {\n  file = \"f\"\n  delimiter = \"\\t\"\n}", "a\tb\n1,5\t2\n", `a,b|"1,5","2"`},
		{"numbers", "data \"csv\" \"d\" {\n  file = \"f\"\n  types = { a = number }\n}", "a\n7\n-3\n0010\n9223372036854775807\n", `a|7|-3|10|9223372036854775807`},
		{"numbers keep their digits", "data \"csv\" \"d\" {\n  file = \"f\"\n  types = { a = number }\n}", "a\n1\n2.50\n123456789012345678901234567890\n\" 4 \"\n", `a|1|2.5|123456789012345678901234567890|4`},
		{"empty is null", "data \"csv\" \"d\" {\n  file = \"f\"\n  types = { a = number, b = bool }\n}", "a,b\n1,true\n,\n3,FALSE\n", `a,b|1,true|null,null|3,false`},
		{"not a number", "data \"csv\" \"d\" {\n  file = \"f\"\n  types = { a = number }\n}", "a\nInf\n0x10\n1e999\n", "3 places"},
		{"line of a row of several lines", "data \"csv\" \"d\" {\n  file = \"f\"\n  types = { b = number }\n}", "a,b\n\"x\ny\",1\n\"x\ny\",z\n", `line 5, column "b"`},
		{"ragged", `data "csv" "d" { file = "f" }`, "a,b\n1\n", "line 2: it has 1 field, and the header line has 2"},
		{"too many columns", `data "csv" "d" { file = "f" }`, strings.Repeat("a,", 1000) + "a\n", "more than 1000 columns"},
		{"json", `data "json" "d" { file = "f" }`, `[{"b": 1, "a": null}, {"a": [1], "b": "x"}]`, `a,b|null,1|[1],"x"`},
		{"json with a mark", `data "json" "d" { file = "f" }`, "\xef\xbb\xbf[{\"a\": 1}]", `a|1`},
		{"json too deep", `data "json" "d" { file = "f" }`, strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "not JSON"},
		{"ndjson", `data "ndjson" "d" { file = "f" }`, "{\"a\": 1}\r\n\r\n{\"a\": \"2\"}", `a|1|"2"`},
		{"ndjson that is a list", `data "ndjson" "d" { file = "f" }`, "[{\"a\": 1}]", "line 1: it is a list, and must be an object"},
		{"ndjson, empty", `data "ndjson" "d" { file = "f" }`, "\n\n", "holds no rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, diags := loadData(t, c.block, fstest.MapFS{"f": {Data: []byte(c.file)}})
			got := ""
			if len(p.Data) == 1 {
				got = tableText(&p.Data[0])
				if p.Data[0].SHA256 == "" || p.Data[0].File != "f" {
					t.Error("the file is not told")
				}
			}
			for _, d := range diags {
				got += d.Detail
			}
			if got != c.want && (len(p.Data) == 1 || !strings.Contains(got, c.want)) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// A file that is sensitive is not quoted in what is said about it.
func TestBadRowsKeepSecrets(t *testing.T) {
	_, diags := loadData(t, "data \"csv\" \"d\" {\n  file = \"f\"\n  types = { a = number, b = number }\n  sensitive = [\"a\"]\n}", fstest.MapFS{"f": {Data: []byte("a,b\nhunter2,open\n")}})
	text := fmt.Sprint(diags.Err())
	for _, d := range diags {
		text += d.Detail
	}
	if strings.Contains(text, "hunter2") || !strings.Contains(text, "open") {
		t.Error(text)
	}
}

// Files stay in the module's own directory, also through symbolic links.
func TestDataStaysInside(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	for name, dir := range map[string]string{"secret.csv": outside, "own.csv": inside} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("a\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"out.csv": filepath.Join(outside, "secret.csv"), "dir": outside, "in.csv": "own.csv"} {
		if err := os.Symlink(to, filepath.Join(inside, link)); err != nil {
			t.Skip("no symbolic links here")
		}
	}
	for file, good := range map[string]bool{
		"own.csv": true, "./own.csv": true, "in.csv": true,
		"out.csv": false, "dir/secret.csv": false, "../own.csv": false, filepath.Join(outside, "secret.csv"): false, "dir": false, ".": false,
	} {
		cfg, _ := config.Parse(fmt.Appendf(nil, "data \"csv\" \"d\" { file = %q }\n", file), "main.hcl")
		p, diags := loadTree(t, &module.Tree{Config: cfg, Files: stdlib.Dir(inside)})
		if (len(p.Data) == 1) != good {
			t.Errorf("%s: %v", file, diags.Err())
		}
	}
}

// growing is a file that has more in it than its size says.
type growing struct{ left int }

func (g *growing) Read(p []byte) (int, error) {
	n := min(len(p), g.left)
	if n == 0 {
		return 0, io.EOF
	}
	g.left -= n
	for i := range p[:n] {
		p[i] = "x\n"[i%2]
	}
	return n, nil
}

func (g *growing) Close() error { return nil }

func (g *growing) Stat() (os.FileInfo, error) { return nil, errors.New("not asked for") }

func TestFileTooLarge(t *testing.T) {
	f := &dataFile{file: &growing{left: 2 * maxDataFile}, sum: noHash{}}
	buffer := make([]byte, 1<<20)
	for {
		if _, err := f.fill(buffer); err != nil {
			if !errors.Is(err, errTooLarge) || f.size > maxDataFile+1<<20 {
				t.Errorf("%v after %d bytes", err, f.size)
			}
			return
		}
	}
}

type noHash struct{}

func (noHash) Write(p []byte) (int, error) { return len(p), nil }
func (noHash) Sum(b []byte) []byte         { return b }
func (noHash) Reset()                      {}
func (noHash) Size() int                   { return 0 }
func (noHash) BlockSize() int              { return 1 }

// A generated cell is the same whoever reads it, whenever; two columns and
// two rows differ.
func TestGeneratedRows(t *testing.T) {
	p, _ := loadData(t, "data \"generated\" \"d\" {\n  row = { n = each.key * 10, id = uuid(), other = uuid(), k = [for i in [1, 2] : i + each.key] }\n}", nil)
	one, two := &plan.Frame{Plan: p}, &plan.Frame{Plan: p}
	cell := func(f *plan.Frame, column, row int) string {
		v, err := f.Cell(0, column, row)
		if err != nil {
			t.Fatal(err)
		}
		return string(v.AppendJSON(nil, false))
	}
	if got := cell(one, 0, 1_000_000_000); got != "10000000000" {
		t.Errorf("n = %s", got)
	}
	if got := cell(one, 3, 5); got != "[6,7]" {
		t.Errorf("k = %s", got)
	}
	a := cell(one, 1, 7)
	for _, f := range []*plan.Frame{two, one} {
		cell(f, 2, 7)
		cell(f, 1, 8)
		if b := cell(f, 1, 7); a != b {
			t.Errorf("row 7 is %s and %s", a, b)
		}
	}
	if a == cell(one, 2, 7) || a == cell(one, 1, 8) {
		t.Error("cells repeat")
	}
	seen := map[string]bool{}
	for row := range 1000 {
		seen[cell(one, 1, row)] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d of 1000 rows differ", len(seen))
	}
	p.Seed++
	if a == cell(one, 1, 7) {
		t.Error("another seed gives the same rows")
	}
}

func TestRowsNeeded(t *testing.T) {
	const source = `
data "inline" "d" {
  rows         = [{ a = 1 }, { a = 2 }, { a = 3 }]
  order        = "unique"
  per          = "%s"
  on_exhausted = "error"
}
target "api" { base_url = "http://127.0.0.1" }
user "u" {
  weight = 1
  get "/" { query = { a = data.d.a } }
}
user "v" {
  weight = 1
  get "/v" {}
}
user "f" {
  fixed_count = 1
  get "/f" { query = { a = data.d.a } }
}
profile "p" {
  %s
}
`
	const timed = "duration = \"10s\"\n  "
	for _, c := range []struct {
		per, load string
		short     bool
	}{
		{"user", timed + "users = 4", false},
		{"user", timed + "users = 6", true}, // 3 of 6, and the fixed one
		{"user", timed + "users = 5", false},
		{"iteration", timed + "users = 6", true},
		{"shared", timed + "users = 6", true},                        // unique wins
		{"user", timed + "rate = \"100/s\"\n  max_users = 9", false}, // users are made when they are needed
		{"iteration", timed + "rate = \"100/s\"\n  max_users = 9", true},
		{"iteration", timed + "rate = \"100/s\"\n  max_users = 9\n  iterations = 3", false},
		{"user", timed + "users = 6\n  iterations = 2", false},
		{"iteration", timed + "users = 1\n  user \"u\" { users = 6 }", true},
		{"iteration", timed + "users = 1\n  user \"u\" {\n    users = 6\n    iterations = 2\n  }", false}, // and no more
		{"iteration", timed + "users = 1\n  user \"u\" {\n    users = 1\n    iterations = 9\n  }", false}, // or the time ends first
		{"iteration", "user \"u\" {\n    users = 1\n    iterations = 9\n  }", true},                       // all of them, surely
		{"iteration", "user \"u\" {\n    users = 1\n    iterations = 2\n  }", false},
		{"iteration", "user \"u\" {\n    users = 2\n    iterations_per_user = 2\n  }", true},
		{"user", "user \"u\" {\n    users = 2\n    iterations_per_user = 2\n  }", false},
	} {
		_, diags := compileText(fmt.Appendf(nil, source, c.per, c.load))
		got := false
		for _, d := range diags {
			got = got || d.Code == diag.TooFewRows
		}
		if got != c.short {
			t.Errorf("per %s, %s: short %v: %v", c.per, c.load, got, diags.Err())
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a\n\"x\"\"y\"\n", "\xef\xbb\xbfa;b\r\n1;2\r\n", "a,b\n\"1,2\n", "a,b\n1\"2,3\n4,5\n", "a\n\xff\n", "\n\n", "a,a\n", "a\n1e400\n"} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, src []byte, typed bool) {
		block := `data "csv" "d" { file = "f" }`
		if typed {
			block = "data \"csv\" \"d\" {\n  file = \"f\"\n  columns = [\"a\", \"b\"]\n  types = { a = number, b = bool }\n  delimiter = \";\"\n}"
		}
		d := fuzzLoad(t, block, src)
		if d == nil || typed {
			return
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))))
		all, err := r.ReadAll()
		if err != nil || len(all) != d.Rows+1 {
			t.Fatalf("%d rows of %d were taken: %v", d.Rows, len(all)-1, err)
		}
		for row, fields := range all[1:] {
			for i, text := range fields {
				if v := d.Columns[i].At(row); v.Str() != text || v.Kind() != plan.String || !utf8.ValidString(text) {
					t.Fatalf("row %d, column %d: %q is %q", row, i, text, v.Str())
				}
			}
		}
	})
}

func FuzzNDJSON(f *testing.F) {
	for _, s := range []string{"{\"a\":1}\n{\"a\":2}\n", "{}\n{}\n", "{\"a\":1}\n\n[1]", "{\"a\":{\"b\":[1,\"x\"]}}\r\n", "nul", "{\"a\":1}{\"a\":2}", "{\"a\":1e999}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) { fuzzLoad(t, `data "ndjson" "d" { file = "f" }`, src) })
}

func FuzzJSONRows(f *testing.F) {
	for _, s := range []string{"[{\"a\":1},{\"a\":2}]", "[]", "{}", "[{},{}]", "[[[[", "[{\"a\":1,\"a\":2}]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) { fuzzLoad(t, `data "json" "d" { file = "f" }`, src) })
}

// fuzzLoad reads a file of rows in bounded time, and every cell of what came
// of it; nil when it was refused.
func fuzzLoad(t *testing.T, block string, src []byte) *plan.Data {
	start := time.Now()
	p, diags := loadData(t, block, fstest.MapFS{"f": {Data: src}})
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("%d bytes took %s", len(src), took)
	}
	for _, d := range diags {
		if len(d.Detail) > 10_000 {
			t.Errorf("%d bytes are said about it", len(d.Detail))
		}
	}
	if len(p.Data) == 0 {
		return nil
	}
	d := &p.Data[0]
	if d.Rows == 0 {
		t.Error("a table without rows")
	}
	tableText(d)
	return d
}

// millionRows is a CSV of three columns.
func millionRows() []byte {
	var src bytes.Buffer
	src.WriteString("email,password,age\n")
	for i := range 1_000_000 {
		fmt.Fprintf(&src, "user-%07d@example.com,pw-%08x,%d\n", i, uint32(i)*2654435761, i%100)
	}
	return src.Bytes()
}

// BenchmarkCSVMillion tells the time and the memory of a million rows of
// three columns: texts, and one column of numbers.
func BenchmarkCSVMillion(b *testing.B) {
	src := millionRows()
	for _, c := range []struct{ name, more string }{
		{"strings", ""}, {"typed", "  types = { age = number }\n"}, {"sensitive", "  sensitive = [\"password\"]\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			block := "data \"csv\" \"d\" {\n  file = \"f\"\n" + c.more + "}"
			files := fstest.MapFS{"f": {Data: src}}
			b.SetBytes(int64(len(src)))
			var kept []*plan.Plan
			before := heap()
			for b.Loop() {
				p, _ := loadData(b, block, files)
				if p.Data[0].Rows != 1_000_000 {
					b.Fatal("rows are missing")
				}
				kept = append(kept[:0], p)
			}
			b.ReportMetric(float64(heap()-before)/1e6, "MB-kept")
			runtime.KeepAlive(kept)
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A column of texts must not cost an allocation a row, or a value's size.
func TestCSVIsCompact(t *testing.T) {
	var src bytes.Buffer
	src.WriteString("a,b\n")
	for i := range 50_000 {
		fmt.Fprintf(&src, "text-%06d,%d\n", i, i)
	}
	files := fstest.MapFS{"f": {Data: src.Bytes()}}
	before := heap()
	p, _ := loadData(t, "data \"csv\" \"d\" {\n  file = \"f\"\n  types = { b = number }\n}", files)
	kept := int64(heap()) - int64(before)
	if kept > 3<<20 { // 15 bytes and 8 a row, and what growing leaves over
		t.Errorf("%d bytes are kept for %d", kept, src.Len())
	}
	if v := p.Data[0].Columns[0].At(49_999).Str(); v != "text-049999" || p.Data[0].Columns[1].At(49_999).Int64() != 49_999 {
		t.Error(v)
	}
	if !slices.Equal(p.Data[0].ColumnNames(), []string{"a", "b"}) {
		t.Error(p.Data[0].ColumnNames())
	}
}
