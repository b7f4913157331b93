package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"throng/runtime/report"
)

// results is the directory a run's files go to; the zero value keeps none.
type results struct{ dir string }

// openResults makes the directory before the run, so that a run is never
// made in vain. It refuses one that holds anything: runs are not overwritten.
func openResults(dir string) (results, error) {
	if dir == "" {
		return results{}, nil
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return results{}, fmt.Errorf("the directory %s cannot be made: %w", dir, err)
		}
	case err != nil:
		return results{}, fmt.Errorf("--out %s is no directory that can be used: %w", dir, err)
	case len(entries) > 0:
		return results{}, fmt.Errorf("--out %s holds files already; a run is never overwritten, so name a new directory", dir)
	}
	probe := filepath.Join(dir, ".throng-probe")
	file, err := os.OpenFile(probe, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return results{}, fmt.Errorf("nothing can be written into --out %s: %w", dir, err)
	}
	_ = file.Close()
	_ = os.Remove(probe)
	return results{dir}, nil
}

// files are the names of what save writes.
func (r results) files() []string {
	if r.dir == "" {
		return nil
	}
	return []string{filepath.Join(r.dir, "summary.json")}
}

// save writes the run's files. None of them is overwritten, and a file that
// could not be finished is removed.
func (r results) save(rep *report.Report) error {
	for _, name := range r.files() {
		file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		if err := finish(file, func(w io.Writer) error { return report.WriteJSON(w, rep) }); err != nil {
			_ = os.Remove(name)
			return err
		}
	}
	return nil
}

func finish(file *os.File, write func(io.Writer) error) error {
	err := write(file)
	if syncErr := file.Sync(); err == nil {
		err = syncErr
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}
