package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// IgnoreName is the file that says what is left out of a package. Each line
// is a pattern of path.Match: with a slash in it or before it one from the
// library's directory on, otherwise one for names at any depth; a slash at its
// end means directories only. Lines that begin with # are comments.
const IgnoreName = ".throngignore"

const maxIgnore = 64 << 10

// rules are the lines of such a file.
type rules []rule

type rule struct {
	pattern  string
	anchored bool // from the library's directory on
	dirs     bool // directories only
}

func readIgnore(fsys fs.FS) (rules, error) {
	info, err := fs.Stat(fsys, IgnoreName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", IgnoreName, err)
	case !info.Mode().IsRegular() || info.Size() > maxIgnore:
		return nil, fmt.Errorf("%s has to be a file of at most %d KiB", IgnoreName, maxIgnore>>10)
	}
	text, err := fs.ReadFile(fsys, IgnoreName)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", IgnoreName, err)
	}
	return parseIgnore(string(text))
}

func parseIgnore(text string) (rules, error) {
	var all rules
	number := 0
	for line := range strings.Lines(text) {
		number++
		pattern := strings.TrimSpace(line)
		if pattern == "" || strings.HasPrefix(pattern, "#") {
			continue
		}
		if strings.HasPrefix(pattern, "!") || strings.Contains(pattern, "**") {
			return nil, fmt.Errorf("%s line %d: %q: a pattern has neither ! nor **; one without a slash holds at any depth", IgnoreName, number, pattern)
		}
		r := rule{dirs: strings.HasSuffix(pattern, "/")}
		pattern = strings.TrimSuffix(pattern, "/")
		r.anchored = strings.Contains(pattern, "/")
		r.pattern = strings.TrimPrefix(pattern, "/")
		if _, err := path.Match(r.pattern, ""); err != nil || r.pattern == "" {
			return nil, fmt.Errorf("%s line %d: %q is no pattern: * and ? stand for characters, [a-z] for one of several", IgnoreName, number, pattern)
		}
		all = append(all, r)
	}
	return all, nil
}

// match reports whether a name is left out.
func (rs rules) match(name string, dir bool) bool {
	for _, r := range rs {
		if r.dirs && !dir {
			continue
		}
		at := name
		if !r.anchored {
			at = path.Base(name)
		}
		if ok, _ := path.Match(r.pattern, at); ok {
			return true
		}
	}
	return false
}
