package results

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Writer is a form that a run is saved in: the name of a file in its
// directory, and what writes it.
type Writer struct {
	Name  string
	Write func(io.Writer, *Run) error
}

// Save writes a run into its directory, a file for each writer. No file is
// overwritten, and one that could not be finished is removed. All are tried;
// the error joins what failed.
func Save(run *Run, writers []Writer) error {
	root, err := os.OpenRoot(run.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, w := range writers {
		err = errors.Join(err, save(root, run, w))
	}
	return err
}

func save(root *os.Root, run *Run, w Writer) error {
	file, err := root.OpenFile(w.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(file)
	err = w.Write(b, run)
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return errors.Join(err, root.Remove(w.Name))
	}
	return nil
}

// LabelName is the file in a run's directory that throng runs label writes. It
// is about the run, and no part of it.
const LabelName = "label"

// Files are the paths of what a run's directory holds, sorted, folders as
// such; its label is left out.
func Files(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		if e.Name() != LabelName {
			list = append(list, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(list)
	return list
}
