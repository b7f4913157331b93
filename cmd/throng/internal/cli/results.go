package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/dsl/planfile"
	"throng/runtime/compare"
	"throng/runtime/journal"
	"throng/runtime/outcome"
	"throng/runtime/report"
	"throng/runtime/report/html"
	"throng/runtime/results"
	"throng/runtime/runs"
)

// Names in a run's directory, and of the folder that runs lie in by default.
const (
	resultsFolder = "results"
	planName      = "run.plan"
)

// Files a run is saved in, beside its journal and plan file. The summary comes
// last, since it says how all else went.
const (
	pageName    = "report.html"
	summaryName = "summary.json"
)

func summaryFile() results.Writer {
	return results.Writer{Name: summaryName, Write: func(w io.Writer, run *results.Run) error { return report.WriteJSON(w, run.Report) }}
}

// pageFile is the HTML report, with what changed against the baseline that
// lies beside the run. What is wrong with that one harms no report: it is
// told.
func pageFile(tell func(string)) results.Writer {
	return results.Writer{Name: pageName, Write: func(w io.Writer, run *results.Run) error {
		c, err := againstBaseline(run)
		if err != nil {
			tell("the report shows no comparison with the baseline: " + oneLine(err))
		}
		return html.WriteAgainst(w, run, c)
	}}
}

// againstBaseline compares a run with its baseline; nil where there is none.
func againstBaseline(run *results.Run) (*compare.Comparison, error) {
	if run.Dir == "" {
		return nil, nil
	}
	dir := runs.Baseline(run.Dir, run.Report)
	if dir == "" {
		return nil, nil
	}
	base, err := results.Open(dir)
	if err != nil {
		return nil, err
	}
	return compare.Compare(compare.Side{Name: dir, Runs: []*results.Run{base}}, compare.Side{Name: run.Dir, Runs: []*results.Run{run}}, compare.Options{})
}

// target is the directory a run's files go to; without one they are kept in
// memory while the run goes on.
type target struct {
	dir   string
	plan  []byte // the plan file; nil where there is none
	fresh bool   // this process made the directory
}

// defaultDir names a directory for runs of a profile, new by its time.
func defaultDir(scenario, profile string, now time.Time) string {
	name := fileName(scenario) + "-" + fileName(profile) + "-" + now.UTC().Format("20060102T150405Z")
	dir := filepath.Join(resultsFolder, name)
	for i := 2; ; i++ {
		if _, err := os.Lstat(dir); err != nil {
			return dir // it is new, or will be said to be unusable
		}
		dir = filepath.Join(resultsFolder, fmt.Sprintf("%s-%d", name, i))
	}
}

// fileName is a name as part of a file's name on any system.
func fileName(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, name)
	safe = strings.TrimLeft(safe, ".-")
	if len(safe) > 60 {
		safe = safe[:60]
	}
	if safe == "" {
		return "run"
	}
	return safe
}

// makeResultsFolder makes the folder that runs lie in by default, and keeps
// version control from it.
func makeResultsFolder() error {
	err := os.Mkdir(resultsFolder, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(resultsFolder, ".gitignore"), []byte("# Results of throng, made by throng run. Remove this file to commit them.\n*\n"), 0o644)
}

// openTarget makes the directory before the run, so that a run is never made
// in vain. It refuses one that holds anything: runs are not overwritten.
func openTarget(dir string) (target, error) {
	if dir == "" {
		return target{}, nil
	}
	t := target{dir: dir}
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return target{}, fmt.Errorf("the directory %s cannot be made: %w", dir, err)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			return target{}, fmt.Errorf("the directory %s cannot be made: %w", dir, err)
		}
		t.fresh = true
	case err != nil:
		return target{}, fmt.Errorf("--out %s is no directory that can be used: %w", dir, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return target{}, fmt.Errorf("--out %s is a link; name the directory itself", dir)
	case !info.IsDir():
		return target{}, fmt.Errorf("--out %s is a file; name a new directory", dir)
	default:
		if err := empty(dir); err != nil {
			return target{}, err
		}
	}
	probe := filepath.Join(dir, ".throng-probe")
	file, err := os.OpenFile(probe, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		t.discard()
		return target{}, fmt.Errorf("nothing can be written into --out %s: %w", dir, err)
	}
	_ = file.Close()
	_ = os.Remove(probe)
	return t, nil
}

func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case err != nil:
		return fmt.Errorf("--out %s is no directory that can be used: %w", dir, err)
	case len(entries) > 0:
		return fmt.Errorf("--out %s holds files already; a run is never overwritten, so name a new directory", dir)
	}
	return nil
}

// discard removes a directory that was made for a run which did not come
// about.
func (t target) discard() {
	if t.fresh {
		_ = os.Remove(t.dir) // only where it is empty
	}
}

// files are the paths of what a saved run consists of.
func (t target) files() []string {
	if t.dir == "" {
		return nil
	}
	names := []string{results.JournalDir, pageName, summaryName}
	if t.plan != nil {
		names = append(names, planName)
	}
	slices.Sort(names)
	for i := range names {
		names[i] = filepath.Join(t.dir, names[i])
	}
	return names
}

// keeper keeps one run: its journal while it goes on, the rest at its end.
type keeper struct {
	target
	recorder *results.Recorder
	root     *os.Root // of the journal; nil in memory
	say      *sayer

	// Of a run that has ended.
	planned *plan.Plan
	outcome *outcome.Outcome
	facts   report.Facts
}

// sayer says something to the user, at the place that is right at the time.
type sayer struct {
	mu  sync.Mutex
	say func(string)
}

func (s *sayer) set(say func(string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say = say
}

func (s *sayer) tell(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say(text)
}

// memoryJournal bounds what a run takes that nobody keeps.
var memoryJournal = journal.Options{SegmentBytes: 1 << 20, Segments: 16}

// begin writes what is known of a run before its first request.
func (a *app) begin(t target, p *plan.Plan, id string) (*keeper, error) {
	k := &keeper{target: t, say: &sayer{say: func(text string) { fmt.Fprintf(a.env.Stderr, "throng: %s\n", text) }}}
	o := results.Options{RunID: id, Failed: func(err error) {
		k.say.tell(fmt.Sprintf("the journal cannot be written any more, and the run goes on without: %s", err))
	}}
	files := results.Memory()
	if t.dir == "" {
		o.Journal = memoryJournal
	} else {
		if t.plan != nil {
			if err := os.WriteFile(filepath.Join(t.dir, planName), t.plan, 0o600); err != nil {
				return nil, err
			}
		}
		dir := filepath.Join(t.dir, results.JournalDir)
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, err
		}
		k.root, files = root, journal.InDir(root)
	}
	var err error
	if k.recorder, err = results.Record(files, p, o); err != nil {
		k.close()
		return nil, err
	}
	return k, nil
}

func (k *keeper) close() {
	if k.root != nil {
		_ = k.root.Close()
	}
}

// end writes what a run came to, but for its summary, and gives it; its seconds
// can be read until close. Where the journal cannot be written, the run is no
// pass, and its exit code says so.
func (k *keeper) end(p *plan.Plan, o *outcome.Outcome, code int) *results.Run {
	k.planned, k.outcome, k.facts = p, o, report.Facts{ExitCode: code, Files: k.files()}
	if err := k.recorder.End(o, code); err != nil { // the recorder has told of it
		k.doubt(err)
	}
	run := k.recorder.Run(k.dir, k.outcome, report.New(p, k.outcome, k.facts))
	k.save(run, pageFile(k.say.tell))
	return run
}

// save writes one form of a run. A file that cannot be written takes nothing
// from the verdict as long as the journal is whole, from which it is made
// again; but the exit code is no pass then, since not all was done that was to
// be.
func (k *keeper) save(run *results.Run, w results.Writer) {
	if k.dir == "" {
		return
	}
	err := results.Save(run, []results.Writer{w})
	if err == nil {
		return
	}
	more := run.Report.Files[len(k.facts.Files):] // of exports
	if kept, reading := results.Open(k.dir); reading != nil || kept.Broken != "" {
		k.say.tell("the results could not be written: " + oneLine(err))
		k.doubt(err)
		run.Report = report.New(k.planned, k.outcome, k.facts)
	} else {
		k.facts.Files = slices.DeleteFunc(k.facts.Files, func(path string) bool { return filepath.Base(path) == w.Name })
		k.say.tell(w.Name + " could not be written: " + oneLine(err))
		incomplete(run.Report, fmt.Sprintf("%s could not be written; the verdict stands, since the journal is whole: throng report shows it again", w.Name))
	}
	run.Report.Files = append(slices.Clone(k.facts.Files), more...)
}

// incomplete is for a run whose verdict is known, while something else that
// was asked for could not be done.
func incomplete(r *report.Report, why string) {
	r.Verdict.ExitCode = worse(r.Verdict.ExitCode, ExitError)
	r.Verdict.Reasons = append(r.Verdict.Reasons, why)
	r.Verdict.Beside = append(r.Verdict.Beside, why)
}

func (k *keeper) doubt(err error) {
	doubted := *k.outcome
	doubted.Verdict = results.Unwritten(k.outcome.Verdict, err)
	k.outcome = &doubted
	k.facts.ExitCode, k.facts.Files = worse(k.facts.ExitCode, ExitError), results.Files(k.dir)
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// planBytes are the plan file of a scenario, nil where it cannot be made.
func (a *app) planBytes(f *planfile.File) []byte {
	data, err := planfile.Encode(f)
	if err != nil {
		fmt.Fprintf(a.env.Stderr, "throng: the results will hold no plan file: %s\n", err)
		return nil
	}
	return data
}

// finish writes a file that has been made, to the disk.
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
