package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/diag"
	"throng/dsl/schema"
)

// Limits on what is read, so that hostile input ends in an error and not in
// the machine's memory.
const (
	maxFile = 1 << 20
	maxTree = 8 << 20

	maxBlocks = 20_000 // in one module
)

// Load reads the scenario at name, a directory or one file.
func Load(name string) (*Module, diag.Diagnostics) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, general(diag.FileNotFound, fmt.Sprintf("There is no file or directory %q. Name a scenario directory, or one .hcl file.", name))
	case err != nil:
		return nil, general(diag.FileNotFound, fmt.Sprintf("%q cannot be read: %s.", name, err))
	case info.IsDir():
		return LoadFS(os.DirFS(name), ".", name)
	}
	dir, base := filepath.Split(name)
	if dir == "" {
		dir = "."
	}
	return loadFiles(os.DirFS(dir), []string{base}, dir)
}

// LoadFS reads the *.hcl files of a directory of fsys. display is how the
// directory is called in diagnostics.
func LoadFS(fsys fs.FS, dir, display string) (*Module, diag.Diagnostics) {
	entries, err := fs.ReadDir(fsys, dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, general(diag.FileNotFound, fmt.Sprintf("There is no directory %q.", display))
	case err != nil:
		return nil, general(diag.FileNotFound, fmt.Sprintf("The directory %q cannot be read: %s.", display, err))
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && isSource(e.Name()) {
			names = append(names, path.Join(dir, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, general(diag.FileNotFound, fmt.Sprintf("The directory %q holds no .hcl file. A scenario is a directory of *.hcl files, or one such file.", display))
	}
	slices.Sort(names)
	return loadFiles(fsys, names, display)
}

// isSource reports whether a file is part of a scenario: *.hcl or
// *.hcl.json, but neither values for variables (*.vars.hcl), tests nor hidden
// files.
func isSource(name string) bool {
	name = strings.TrimSuffix(name, ".json")
	return strings.HasSuffix(name, ".hcl") && !strings.HasPrefix(name, ".") &&
		!strings.HasSuffix(name, ".vars.hcl") && !strings.HasSuffix(name, ".throngtest.hcl")
}

// loadFiles reads and decodes files.
func loadFiles(fsys fs.FS, names []string, display string) (*Module, diag.Diagnostics) {
	m := newModule(display)
	var diags diag.Diagnostics
	var texts []*text
	total, broken := 0, false
	for _, name := range names {
		shown := shownAs(display, name)
		src, err := readBounded(fsys, name)
		if err != nil {
			texts = append(texts, &text{found: general(diag.FileUnreadable, fmt.Sprintf("%s cannot be read: %s.", shown, err))})
			continue
		}
		if total += len(src); total > maxTree {
			return m, append(diags, general(diag.LimitExceeded, fmt.Sprintf("The files of %s are larger than %d MiB together.", display, maxTree>>20))...)
		}
		m.Sources[shown] = src
		texts = append(texts, &text{name: shown, src: src})
	}
	parseAll(texts)
	for _, t := range texts {
		diags = append(diags, m.take(t)...)
		broken = broken || m.Broken
	}
	m.Broken = broken
	return m, diags
}

// shownAs is how diagnostics call a file of a directory, which is a path on
// disk or the address of what was fetched.
func shownAs(display, name string) string {
	if strings.Contains(display, "://") {
		return display + "/" + path.Base(name)
	}
	return path.Join(filepath.ToSlash(display), path.Base(name))
}

// text is one file and what became of it; body is nil where it is broken.
type text struct {
	name  string
	src   []byte
	body  *hclsyntax.Body
	found diag.Diagnostics
}

// parseAll parses files, as many at once as there are processors.
func parseAll(texts []*text) {
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(texts); i = int(next.Add(1)) - 1 {
			if texts[i].name != "" { // it could be read
				texts[i].parse()
			}
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(texts)) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}

// parse reads one file's syntax.
func (t *text) parse() {
	body, diags := parse(t.src, t.name, schema.Root)
	t.found = diags
	if body == nil || diags.HasErrors() {
		return
	}
	if refused := meter(body); refused != nil {
		t.found = append(diags, refused[:min(len(refused), maxFindings)]...)
		return
	}
	t.body = body
}

// take decodes a parsed file, unless its syntax is broken.
func (m *Module) take(t *text) diag.Diagnostics {
	if t.body == nil {
		m.Broken = true
		return t.found
	}
	return append(t.found, decodeBody(t.body, m.Root)...)
}

// add parses one file and decodes it.
func (m *Module) add(src []byte, name string) diag.Diagnostics {
	t := &text{name: name, src: src}
	t.parse()
	return m.take(t)
}

func readBounded(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	return fs.ReadFile(fsys, name)
}

// Parse decodes one source text, for tests and tools that hold no file.
func Parse(src []byte, name string) (*Module, diag.Diagnostics) {
	m := newModule(".")
	m.Sources[name] = src
	return m, m.add(src, name)
}

// ParseExpression reads an expression that was typed on the command line.
func ParseExpression(text, name string) (hclsyntax.Expression, bool) {
	if guard([]byte(text), name).HasErrors() {
		return nil, false
	}
	e, diags := hclsyntax.ParseExpression([]byte(text), name, hcl.InitialPos)
	if diags.HasErrors() || doubling(e) != nil {
		return nil, false
	}
	return metered(e), true
}

// parse reads a file, in JSON syntax if its name says so. The schema of what
// its top level holds is needed there only.
func parse(src []byte, name string, row *schema.Block) (*hclsyntax.Body, diag.Diagnostics) {
	if isJSON(name) {
		return parseJSON(src, name, row)
	}
	if diags := guard(src, name); diags.HasErrors() {
		return nil, diags
	}
	file, hclDiags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	diags := untilBrokenString(diag.FromHCL(hclDiags[:min(len(hclDiags), maxFindings)]))
	if file == nil {
		return nil, diags
	}
	for _, d := range diags {
		if d.Block == "" && d.Subject != nil {
			d.In(outermost(file, d.Subject.Start))
		}
	}
	body, _ := file.Body.(*hclsyntax.Body)
	return body, diags
}

// untilBrokenString leaves out what follows the first string that does not
// end: from there on inside and outside are mistaken for each other.
func untilBrokenString(diags diag.Diagnostics) diag.Diagnostics {
	for i, d := range diags {
		if d.Code == diag.InvalidString {
			return diags[:i+1]
		}
	}
	return diags
}

// outermost names the top-level block around a place, "" outside of all.
func outermost(file *hcl.File, at hcl.Pos) string {
	b := file.OutermostBlockAtPos(at)
	if b == nil {
		return ""
	}
	title := b.Type
	for _, l := range b.Labels {
		title += fmt.Sprintf(" %q", l)
	}
	return title
}

// values is the schema of a file of values.
var values = &schema.Block{Type: "file of values", Free: true}

// ParseValues reads a file of NAME = value lines, as --var-file names it, or
// a JSON object of them.
func ParseValues(src []byte, name string) (map[string]*Arg, diag.Diagnostics) {
	body, diags := parse(src, name, values)
	if body == nil {
		return nil, diags
	}
	for _, b := range body.Blocks {
		diags = append(diags, diag.New(diag.UnknownBlock, b.DefRange(), "A file of values holds lines such as base_url = \"http://127.0.0.1:8000\", and no blocks."))
	}
	if refused := meter(body); refused != nil {
		return nil, append(diags, refused...)
	}
	values := map[string]*Arg{}
	for _, a := range body.Attributes {
		values[a.Name] = &Arg{Name: a.Name, Expr: a.Expr, Range: a.Range(), NameRange: a.NameRange}
	}
	return values, diags
}

func general(code, detail string) diag.Diagnostics {
	return diag.Diagnostics{diag.General(code, "%s", detail)}
}

func newModule(dir string) *Module {
	m := &Module{Dir: dir, Sources: map[string][]byte{}}
	m.Root = &Block{Schema: schema.Root, Type: schema.Root.Type, Module: m}
	return m
}

// CheckSyntax reports what keeps a text from being HCL, whatever its blocks
// mean.
func CheckSyntax(src []byte, name string) diag.Diagnostics {
	_, diags := parse(src, name, schema.Root)
	return diags
}

// IsSource reports whether a file of this name is part of a scenario.
func IsSource(name string) bool { return isSource(name) }
