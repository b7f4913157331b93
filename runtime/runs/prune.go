package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// settled is how long the journal of a run without an end must have been
// still, before the run can be removed: a slow disk must not look like a dead
// process.
const settled = 10 * time.Minute

// Rule says which runs of a results directory go: beyond the newest Keep those
// that began before Before. Labelled runs stay and count for nothing; so do
// those that may be under way, and what cannot be read.
type Rule struct {
	Keep   int
	Before time.Time // zero: no matter when
}

// Excess are the runs in a results directory that a rule lets go, newest
// first.
func Excess(dir string, rule Rule) ([]Run, error) {
	dir = filepath.Clean(dir)
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such directory", dir)
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, fmt.Errorf("%s is a link; name the directory itself", dir)
	}
	if IsRun(dir) {
		return nil, fmt.Errorf("%s is a run itself; name the directory that runs lie in", dir)
	}
	list, err := List(dir)
	if err != nil {
		return nil, err
	}
	var out []Run
	kept := 0
	for _, r := range list {
		if r.Label != "" || r.State == Unreadable || r.State != Whole && time.Since(written(r.Dir)) < settled {
			continue
		}
		if kept < rule.Keep {
			kept++
			continue
		}
		if rule.Before.IsZero() || r.Started().Before(rule.Before) {
			out = append(out, r)
		}
	}
	return out, nil
}

// Remove removes the directory of a run that Excess named, whole, and that of
// its suite where nothing but the suite's own summary is left in it. Links in
// it are removed, not followed.
func Remove(r Run) error {
	if err := mustBeRun(r.Dir); err != nil {
		return err
	}
	if labelOf(r.Dir) != "" {
		return fmt.Errorf("%s has been labelled meanwhile", r.Dir)
	}
	parent := filepath.Dir(r.Dir)
	root, err := os.OpenRoot(parent)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.RemoveAll(filepath.Base(r.Dir)); err != nil {
		return fmt.Errorf("removing %s: %w", r.Dir, err)
	}
	return removeSuite(parent)
}

const suiteName = "suite.json"

// removeSuite removes the directory of a suite without runs.
func removeSuite(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) != 1 || entries[0].Name() != suiteName || !entries[0].Type().IsRegular() {
		return nil
	}
	if err := os.Remove(filepath.Join(dir, suiteName)); err != nil {
		return err
	}
	return os.Remove(dir)
}
