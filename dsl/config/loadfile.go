package config

import (
	"io/fs"

	"throng/dsl/diag"
)

// LoadFile reads one file of fsys as a whole scenario. display is how the
// file's directory is called in diagnostics.
func LoadFile(fsys fs.FS, name, display string) (*Module, diag.Diagnostics) {
	return loadFiles(fsys, []string{name}, display)
}
