package stdlib

import (
	"embed"
	"io/fs"
)

//go:embed std
var library embed.FS

// Files holds the embedded libraries: the library std/NAME is the directory
// of that name.
func Files() fs.FS { return library }

// Libraries are the names of the embedded libraries, sorted.
func Libraries() []string {
	entries, err := fs.ReadDir(library, "std")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}
