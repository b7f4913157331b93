package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"throng/runtime/results"
)

// Unclear stands for a label that cannot be read. It is no label's name.
const Unclear = "?"

// NoLabel is the word that takes a label away.
const NoLabel = "none"

var labelForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,39}$`)

func checkLabel(name string) error {
	if name == NoLabel || !labelForm.MatchString(name) {
		return fmt.Errorf("%q is no label: a label has up to 40 letters, digits, dots, dashes and underscores, begins with a letter, digit or underscore, and is not %q", name, NoLabel)
	}
	return nil
}

// labelOf is the label of a run's directory: "" for none, Unclear where there
// is something that is no label.
func labelOf(dir string) string {
	path := filepath.Join(dir, results.LabelName)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ""
	case err != nil || !info.Mode().IsRegular() || info.Size() > 64:
		return Unclear
	}
	data, err := os.ReadFile(path)
	name := strings.TrimSuffix(string(data), "\n")
	if err != nil || checkLabel(name) != nil {
		return Unclear
	}
	return name
}

// Labelled are the directories of the runs with a label, in a results
// directory: one, or several where a move of the label was broken off or a run
// was copied.
func Labelled(results, name string) ([]string, error) {
	found, err := within(results)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, dir := range found {
		if labelOf(dir) == name {
			list = append(list, dir)
		}
	}
	return list, nil
}

// Resolve is the directory that a user means: the run with a label in the
// results directory, where there is no such directory and one run is labelled
// so; else dir as it is.
func Resolve(results, dir string) (string, error) {
	if _, err := os.Lstat(dir); err == nil || checkLabel(dir) != nil {
		return dir, nil
	}
	list, err := Labelled(results, dir)
	switch {
	case err != nil || len(list) == 0:
		return dir, nil // whoever opens it says that it is not there
	case len(list) > 1:
		return "", fmt.Errorf("the label %s is on several runs: %s", dir, strings.Join(list, ", "))
	}
	return list[0], nil
}

// Label labels the run in a directory, in place of the label it may have. A
// label that another run beside it has is moved only with force. It gives the
// directories that lost the label.
func Label(dir, name string, force bool) (from []string, err error) {
	if err := checkLabel(name); err != nil {
		return nil, err
	}
	dir = filepath.Clean(dir)
	if err := mustBeRun(dir); err != nil {
		return nil, err
	}
	list, err := Labelled(collection(dir), name)
	if err != nil {
		return nil, err
	}
	here, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		if info, err := os.Lstat(d); err == nil && !os.SameFile(info, here) {
			from = append(from, d)
		}
	}
	if len(from) > 0 && !force {
		return nil, fmt.Errorf("the label %s is on %s; --force moves it", name, strings.Join(from, ", "))
	}
	if err := writeLabel(dir, name); err != nil {
		return nil, err
	}
	for _, d := range from {
		if err := Unlabel(d); err != nil {
			return nil, err
		}
	}
	return from, nil
}

// collection is the results directory that a run lies in, be it in a suite.
func collection(dir string) string {
	parent := filepath.Join(dir, "..") // Dir would give "." for "."
	if info, err := os.Lstat(filepath.Join(parent, suiteName)); err == nil && info.Mode().IsRegular() {
		return filepath.Join(parent, "..")
	}
	return parent
}

// Unlabel takes the label from the run in a directory, if it has one.
func Unlabel(dir string) error {
	dir = filepath.Clean(dir)
	if err := mustBeRun(dir); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, results.LabelName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func mustBeRun(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such directory", dir)
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a link; name the directory itself", dir)
	case !IsRun(dir):
		return fmt.Errorf("%s holds no run", dir)
	}
	return nil
}

// writeLabel puts a label in place of the one that is there, in one step.
func writeLabel(dir, name string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	const fresh = results.LabelName + ".new"
	if err := root.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := root.WriteFile(fresh, []byte(name+"\n"), 0o600); err != nil {
		return errors.Join(err, root.Remove(fresh))
	}
	return root.Rename(fresh, results.LabelName)
}
