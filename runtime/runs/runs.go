// Package runs is the collection of stored runs: which there are in a results
// directory, the labels they carry, and which of them can go.
//
// It reads summaries, and journals where there is none. It must not know what
// a figure means or how a run is judged.
package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// State says how a run ended.
type State string

// States of stored runs.
const (
	Whole      State = "whole"
	BrokenOff  State = "broken off" // its journal has no end
	UnderWay   State = "under way"  // the same, but the journal still grows
	Unreadable State = "unreadable" // it looks like a run, and nothing is known of it
)

// growing is how long ago a journal without an end was written to, at most,
// where its run may still go on. The journal gets an entry each second.
const growing = 10 * time.Second

// Run is a stored run in brief. Of an unreadable one only the directory, the
// label and the problem are known.
type Run struct {
	Dir     string // as it can be typed
	State   State
	Label   string         // "" for none; Unclear for one that cannot be read
	Problem string         // why it is not whole, in one clause; "" for a whole one
	Report  *report.Report // nil for an unreadable one
}

// Started is when the run began; the zero time where that is not known.
func (r *Run) Started() time.Time {
	if r.Report == nil {
		return time.Time{}
	}
	return r.Report.Run.Started
}

// List gives the runs that lie in some results directories, newest first, and
// unreadable ones last. Links are not followed. A directory of a suite counts
// as a results directory; it may lie in one.
func List(dirs ...string) ([]Run, error) {
	var list []Run
	for _, dir := range dirs {
		found, err := within(dir)
		if err != nil {
			return nil, err
		}
		for _, path := range found {
			list = append(list, Read(path))
		}
	}
	slices.SortStableFunc(list, func(a, b Run) int { return b.Started().Compare(a.Started()) })
	return list, nil
}

// within are the directories of runs in a results directory, by name, those
// in suites included.
func within(dir string) ([]string, error) {
	list, beside, err := sort(dir)
	if err != nil {
		return nil, err
	}
	for _, path := range beside {
		inside, _, err := sort(path)
		if err == nil { // else it is somebody else's
			list = append(list, inside...)
		}
	}
	return list, nil
}

// sort tells the directories in a directory that are runs from those that are
// not.
func sort(dir string) (runs, others []string, err error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("%s: there is no such directory", dir)
	case err != nil:
		return nil, nil, fmt.Errorf("%s is no results directory: %w", dir, err)
	}
	for _, e := range entries {
		if !e.IsDir() { // which a link to a directory is not, either
			continue
		}
		path := filepath.Join(dir, e.Name())
		if IsRun(path) {
			runs = append(runs, path)
		} else {
			others = append(others, path)
		}
	}
	return runs, others, nil
}

const (
	summaryName = "summary.json"
	tool        = "throng" // that wrote it
)

// IsRun reports whether a directory, which is no link, has what throng run
// writes: a journal or a summary.
func IsRun(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	info, err = os.Lstat(filepath.Join(dir, results.JournalDir))
	if err == nil && info.IsDir() {
		return true
	}
	info, err = os.Lstat(filepath.Join(dir, summaryName))
	return err == nil && info.Mode().IsRegular()
}

// Read reads a run in brief: its summary, or its journal where it has none.
func Read(dir string) Run {
	r := Run{Dir: dir, State: Whole, Label: labelOf(dir)}
	if rep, err := summary(dir); err == nil {
		r.Report = rep
		return r
	}
	run, err := results.Open(dir)
	switch {
	case err != nil:
		r.State, r.Problem = Unreadable, err.Error()
		return r
	case run.Broken != "":
		r.State, r.Problem = BrokenOff, run.Broken
		if time.Since(written(dir)) < growing {
			r.State = UnderWay
		}
	}
	r.Report = run.Report
	return r
}

// summary reads a run's summary; what another program called so is none. It
// opens no link and no pipe.
func summary(dir string) (*report.Report, error) {
	path := filepath.Join(dir, summaryName)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := report.ReadJSON(file)
	if err == nil && (r.Tool.Name != tool || r.Run.Started.IsZero()) {
		err = fmt.Errorf("%s is no summary of a run", path)
	}
	return r, err
}

// written is when a run's journal was last written to.
func written(dir string) (last time.Time) {
	entries, _ := os.ReadDir(filepath.Join(dir, results.JournalDir))
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last
}

// Newest keeps of a list, which is newest first, the first run of each
// profile of each scenario; unreadable ones have none.
func Newest(list []Run) []Run {
	seen := map[[2]string]bool{}
	var out []Run
	for _, r := range list {
		if r.Report == nil {
			continue
		}
		key := [2]string{r.Report.Plan.Scenario, r.Report.Plan.Profile}
		if !seen[key] {
			seen[key] = true
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Run) int {
		return strings.Compare(a.Report.Plan.Scenario, b.Report.Plan.Scenario)
	})
	return out
}

// verdict is the word for what a run came to.
func (r *Run) verdict() (string, text.Role) {
	switch {
	case r.State != Whole:
		return string(r.State), text.WarnRole
	case r.Report.Verdict.State == text.Pass, r.Report.Verdict.State == text.Fail:
		return strings.ToUpper(r.Report.Verdict.State.String()), r.Report.Verdict.State.Role()
	}
	return "INCONCLUSIVE", text.InconclusiveRole
}
