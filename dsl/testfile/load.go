package testfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/schema"
)

// maxFile bounds a test file, in bytes.
const maxFile = 1 << 20

// folder is where a library keeps its tests, beside those in its directory.
const folder = "tests"

// Discover is the test files of a directory and of its folder tests, by
// name. A directory that cannot be read has none.
func Discover(dir string) []string {
	var found []string
	for _, d := range []string{dir, filepath.Join(dir, folder)} {
		entries, _ := os.ReadDir(d)
		for _, e := range entries {
			if !e.IsDir() && IsTestFile(e.Name()) {
				found = append(found, filepath.Join(d, e.Name()))
			}
		}
	}
	slices.Sort(found)
	return found
}

// IsTestFile reports whether a file of this name is a test file. Hidden ones
// are not.
func IsTestFile(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, ".json"), Suffix) && !strings.HasPrefix(filepath.Base(name), ".")
}

// Read reads a test file. The file is nil where it cannot be read at all; with
// errors it is there for its sources, and nothing of it is to be run.
func Read(path string) (*File, diag.Diagnostics) {
	src, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, diag.Diagnostics{diag.General(diag.FileNotFound, "There is no test file %q.", path)}
	case err != nil:
		return nil, diag.Diagnostics{diag.General(diag.FileUnreadable, "The test file %q cannot be read: %s.", path, err)}
	}
	return Parse(src, path)
}

func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(src) > maxFile {
		err = fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	return src, err
}

// Parse is Read for a text that is at hand. path is where it stands: what
// the file names is looked for beside it.
func Parse(src []byte, path string) (*File, diag.Diagnostics) {
	module, diags := config.ParseAs(src, filepath.ToSlash(path), schema.TestFile)
	f := &File{Name: filepath.ToSlash(path), Sources: module.Sources, module: module, dir: filepath.Dir(path)}
	d := &decoder{file: f, diags: diags, meter: config.NewMeter()}
	if !module.Broken {
		f.language = newLanguage(f.dir)
		d.meter.Grant(workOfBlock * module.Root.Weight())
		d.decode(module.Root)
	}
	d.diags = d.diags.Dedupe()
	d.diags.Sort()
	return f, d.diags
}

// workOfBlock is what each block and argument of a file adds to the work that
// evaluating the file may take.
const workOfBlock = 1000

// maxFindings ends the looking for mistakes: who has so many has one.
const maxFindings = 100

// decoder reads one file. It does not stop at the first mistake.
type decoder struct {
	file  *File
	diags diag.Diagnostics
	meter *config.Meter
	runs  map[string]*config.Block
}

func (d *decoder) decode(root *config.Block) {
	common := d.variables(root.First("variables"), nil)
	d.file.mocks = d.readMocks(root, common)
	d.readRuns(root, common)
	d.checkMocks(common)
	if !d.diags.HasErrors() {
		for _, b := range root.Of("mock") {
			d.file.Mocks = append(d.file.Mocks, d.file.mocks[b.Name()].serve(common, 1))
		}
	}
}

// report adds a finding about something in b.
func (d *decoder) report(b *config.Block, found *diag.Diagnostic) *diag.Diagnostic {
	if found.Block == "" && found.Subject != nil {
		found.In(b.Place(*found.Subject))
	}
	switch {
	case len(d.diags) < maxFindings:
		d.diags.Append(found)
	case len(d.diags) == maxFindings:
		d.diags.Append(diag.General(diag.LimitExceeded, "There are more than %d mistakes. The rest is not looked for.", maxFindings))
	}
	if len(d.diags) > maxFindings/5 {
		found.Terse()
	}
	return found
}

func (d *decoder) fail(b *config.Block, code string, at hcl.Range, format string, args ...any) *diag.Diagnostic {
	return d.report(b, diag.New(code, at, format, args...))
}

func siteOf(r hcl.Range) Site { return Site{File: r.Filename, Line: r.Start.Line} }
