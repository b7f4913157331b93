package scaffold

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed library
var libraryFiles embed.FS

// Library is a small library of a name, commented for who writes their first:
// an example uses it and runs as it is, against an example API that throng
// brings along. The tables of its README.md are still to be made.
func Library(name string) ([]File, error) {
	var files []File
	err := fs.WalkDir(libraryFiles, "library", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := libraryFiles.ReadFile(path)
		if err != nil {
			return err
		}
		f := File{strings.TrimPrefix(path, "library/"), named(string(text), name)}
		switch {
		case f.Name == "throngignore": // a name with a dot would not be embedded
			f.Name = ".throngignore"
		case strings.HasSuffix(f.Name, ".hcl"):
			laid, err := formatted(f)
			if err != nil {
				return err
			}
			f = laid[0]
		}
		files = append(files, f)
		return nil
	})
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, err
}

// named puts a library's name into a text, and the one that its callers use.
func named(text, name string) []byte {
	module := strings.ReplaceAll(ident(name), "-", "_")
	beside := module // a path that needs no quoting
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == "" {
		beside = name
	}
	return []byte(strings.NewReplacer(
		`"NAME"`, quote(name), "NAME", strings.Join(strings.Fields(name), " "),
		"./IDENT", "./"+beside, "IDENT", module,
	).Replace(text))
}

// WriteTree writes files into dir, which it makes where it is missing, with
// the directories that they stand in. A directory that holds a scenario
// already, or one of the files, is refused, and no file is ever replaced.
func WriteTree(dir string, files []File) error {
	var top, below []File
	for _, f := range files {
		if strings.Contains(f.Name, "/") {
			below = append(below, f)
			continue
		}
		top = append(top, f)
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if _, err := os.Lstat(name); err == nil && (strings.Contains(f.Name, "/") || !strings.HasSuffix(f.Name, ".hcl")) { // for others Write has words
			return fmt.Errorf("%q exists already, and nothing is ever overwritten: name another directory", name)
		}
	}
	if err := Write(dir, top); err != nil {
		return err
	}
	for _, f := range below {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return fmt.Errorf("the directory cannot be made: %w", err)
		}
		if err := create(name, f.Text); err != nil {
			return err
		}
	}
	return nil
}
