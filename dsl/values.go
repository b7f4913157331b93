package dsl

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
)

// The files of values that are read without being named, beside the
// scenario's own files.
const (
	standardValues = "throng.vars.hcl"
	autoValues     = ".auto.vars.hcl"
	jsonEnding     = ".json"
	maxValues      = 1 << 20 // bytes of one file
)

// ReadValues reads a file of values for variables: lines of NAME = value in
// HCL, or an object in JSON where its name ends so. The sources hold its text
// without the values, for snippets.
func ReadValues(name string) (values map[string]Input, sources map[string][]byte, diags diag.Diagnostics) {
	src, err := readValues(name)
	if err != nil {
		code := diag.FileUnreadable
		if errors.Is(err, fs.ErrNotExist) {
			code = diag.FileNotFound
		}
		return nil, nil, diag.Diagnostics{diag.General(code, "The file of values %q cannot be read: %s.", name, err)}
	}
	args, diags := config.ParseValues(src, name)
	values = map[string]Input{}
	for variable, a := range args {
		if _, problems := a.Expr.Value(nil); problems.HasErrors() { // whose words may repeat a secret
			diags.Append(diag.New(diag.InvalidValue, a.NameRange, "The value of %q must be a text in quotes, a number, true, false, null, a list or an object, written without names and functions.", variable))
			continue
		}
		values[variable] = Input{Arg: a, Origin: fmt.Sprintf("%s:%d", name, a.NameRange.Start.Line)}
	}
	return values, map[string][]byte{name: withoutValues(src)}, diags
}

var (
	named  = regexp.MustCompile(`^\s*(?:[\pL_][\pL\pN_-]*\s*=|"[^"]*"\s*:)`)
	hidden = " (value not shown)"
)

// withoutValues is a file of values as snippets may show it: which of them are
// sensitive is not known where a name is misspelled or the file is broken.
func withoutValues(src []byte) []byte {
	lines := strings.Split(string(src), "\n")
	for i, line := range lines {
		switch name := named.FindString(line); {
		case name != "":
			lines[i] = name + hidden
		case strings.TrimSpace(line) != "":
			lines[i] = "…"
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

func readValues(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	src, err := io.ReadAll(io.LimitReader(file, maxValues+1))
	if err == nil && len(src) > maxValues {
		err = fmt.Errorf("it is larger than %d MiB", maxValues>>20)
	}
	return src, err
}

// AutoValues reads the values that a scenario's own directory gives:
// throng.vars.hcl, and then each *.auto.vars.hcl in the order of their names;
// a later one wins. Each may be in JSON, with .json behind its name.
func AutoValues(scenario string) (values map[string]Input, sources map[string][]byte, diags diag.Diagnostics) {
	values, sources = map[string]Input{}, map[string][]byte{}
	dir := scenario
	if info, err := os.Stat(scenario); err == nil && !info.IsDir() {
		dir = filepath.Dir(scenario)
	}
	for _, name := range autoFiles(dir) {
		read, src, ds := ReadValues(name)
		diags.Extend(ds)
		maps.Copy(values, read)
		maps.Copy(sources, src)
	}
	return values, sources, diags
}

// autoFiles are the files of values of a directory, weakest first.
func autoFiles(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // said where the scenario is read
	}
	var standard, auto []string
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir() || strings.HasPrefix(name, "."):
		case strings.TrimSuffix(name, jsonEnding) == standardValues:
			standard = append(standard, filepath.Join(dir, name))
		case strings.HasSuffix(strings.TrimSuffix(name, jsonEnding), autoValues):
			auto = append(auto, filepath.Join(dir, name))
		}
	}
	slices.Sort(standard)
	slices.Sort(auto)
	return append(standard, auto...)
}

// Declared are the names of the variables that the scenario at name
// declares, as far as it can be read.
func Declared(name string) []string {
	tree, _ := module.Load(name, module.Options{})
	if tree == nil {
		return nil
	}
	var names []string
	for _, b := range tree.Config.Root.Of("variable") {
		names = append(names, b.Name())
	}
	return names
}
