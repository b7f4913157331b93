package dsl

import (
	"os"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// ReadValues reads a file of values for variables: lines of NAME = value in
// HCL. The sources hold its text, for snippets.
func ReadValues(path string) (values map[string]Input, sources map[string][]byte, diags diag.Diagnostics) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, diag.Diagnostics{diag.General(diag.FileUnreadable, "The file of values %q cannot be read: %s.", path, err)}
	}
	args, diags := config.ParseValues(src, path)
	values = map[string]Input{}
	for name, a := range args {
		values[name] = Input{Arg: a, Origin: path}
	}
	return values, map[string][]byte{path: src}, diags
}
