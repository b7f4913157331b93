package source

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Find reports, in words that say what is there instead, that a tree does not
// hold the directory Sub.
func (s Source) Find(tree fs.FS) error {
	if s.Sub == "" {
		return nil
	}
	if info, err := fs.Stat(tree, s.Sub); err == nil && info.IsDir() {
		return nil
	}
	above := path.Dir(s.Sub)
	for above != "." {
		if info, err := fs.Stat(tree, above); err == nil && info.IsDir() {
			break
		}
		above = path.Dir(above)
	}
	there := directories(tree, above)
	where := "in it"
	if above != "." {
		where = fmt.Sprintf("in its directory %q", above)
	}
	if len(there) == 0 {
		return fmt.Errorf("there is no directory %q in it, and no directory at all %s", s.Sub, where)
	}
	err := fmt.Errorf("there is no directory %q in it. Directories %s: %s", s.Sub, where, strings.Join(there, ", "))
	if s.Kind == Archive && above == "." && len(there) == 1 {
		s.Sub = strings.Trim(there[0], `"`) + "/" + s.Sub
		if info, bad := fs.Stat(tree, s.Sub); bad == nil && info.IsDir() {
			err = fmt.Errorf("%w. Write %q", err, s.String())
		}
	}
	return err
}

// directories are the names of those in a directory, quoted; the first few.
func directories(tree fs.FS, dir string) []string {
	const enough = 12
	entries, _ := fs.ReadDir(tree, dir)
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if len(names) == enough {
			return append(names, "…")
		}
		names = append(names, fmt.Sprintf("%q", e.Name()))
	}
	return names
}
