package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/journal"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

// scripted are runs of every kind there is.
var scripted = map[string]func() *reporttest.Run{
	"failed": reporttest.Failed, "passed": reporttest.Passed, "inconclusive": reporttest.Inconclusive,
	"interrupted": reporttest.Interrupted, "empty": reporttest.Empty, "unjudged": reporttest.Unjudged,
	"hostile": reporttest.Hostile, "sockets": reporttest.Sockets, "measured": reporttest.Measured,
}

// play keeps the first ticks of a scripted run, as its engine would. A
// negative number is all of them.
func play(t testing.TB, files journal.Files, run *reporttest.Run, ticks int, o Options) *Recorder {
	t.Helper()
	o.RunID = run.Outcome.RunID
	r, err := Record(files, run.Plan, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range run.Ticks {
		if i == ticks {
			break
		}
		r.Keep(known(run, p))
	}
	return r
}

// known is a tick with what the run would have come to.
func known(run *reporttest.Run, p *outcome.Progress) *outcome.Progress {
	kept := *p
	o := *run.Outcome
	if p.State != outcome.Done {
		o.Elapsed, o.Measured, o.Final, o.Judged, o.Interrupted, o.Cut = p.Elapsed, max(0, p.Elapsed-run.Plan.Profile.Warmup), p.Snapshot, p.Judged, false, false
		o.Conditions.Books, o.Conditions.Interrupted, o.Verdict = booksOf(run.Plan, p.Snapshot), false, sla.Verdict{}
		o.Conditions.Recorded = o.Conditions.Books.Succeeded + o.Conditions.Books.Failed
		o.Conditions.Ran = p.Elapsed
	}
	kept.SoFar = &o
	return &kept
}

func booksOf(p *plan.Plan, s *record.Snapshot) (b sla.Books) {
	for i := range p.Series {
		for _, x := range []*record.Stats{s.Total[i], s.Warmup[i]} {
			if x != nil && p.Series[i].Kind == plan.RequestSeries {
				b.Succeeded, b.Failed = b.Succeeded+x.OK, b.Failed+x.Failed
			}
		}
	}
	b.Intended = b.Succeeded + b.Failed
	return b
}

func readBack(t testing.TB, files journal.Files) *journaled {
	t.Helper()
	j := &journaled{source: func(visit func(journal.Entry) error) error { return journal.Read(files, visit) }}
	if err := j.read(); err != nil {
		t.Fatal(err)
	}
	return j
}

func written(t testing.TB, r *report.Report) (summary, text string) {
	t.Helper()
	var a, b bytes.Buffer
	if err := errors.Join(report.WriteJSON(&a, r), report.WriteText(&b, r, report.TextOptions{Width: 100, All: true})); err != nil {
		t.Fatal(err)
	}
	return a.String(), b.String()
}

// A whole run is read as it was written: the same report to the last byte,
// the same rows and marks, and its seconds add up to it.
func TestWholeRunIsTheSame(t *testing.T) {
	for name, script := range scripted {
		t.Run(name, func(t *testing.T) {
			run := script()
			files := Memory()
			r := play(t, files, run, -1, Options{})
			if err := r.End(run.Outcome, 42); err != nil {
				t.Fatal(err)
			}
			facts := report.Facts{ExitCode: 42}
			want := report.New(run.Plan, run.Outcome, facts)
			back := readBack(t, files).run(facts)
			if back.Broken != "" {
				t.Fatalf("a whole run is broken: %s", back.Broken)
			}
			wantJSON, wantText := written(t, want)
			gotJSON, gotText := written(t, back.Report)
			if name == "hostile" { // bytes that are no UTF-8 are replaced once, on the way into the journal
				wantJSON = strings.ReplaceAll(wantJSON, `\ufffd`, "\ufffd")
			}
			if diff := cmp.Diff(wantJSON, gotJSON); diff != "" {
				t.Errorf("summary differs:\n%s", diff)
			}
			if diff := cmp.Diff(wantText, gotText); diff != "" && name != "hostile" {
				t.Errorf("text differs:\n%s", diff)
			}
			memory := r.Run("", run.Outcome, want)
			same(t, memory, back)
			addUp(t, memory)
			addUp(t, back)
		})
	}
}

// same compares what two runs say beside their reports.
func same(t *testing.T, a, b *Run) {
	t.Helper()
	if diff := cmp.Diff(a.Marks, b.Marks); diff != "" {
		t.Errorf("marks differ:\n%s", diff)
	}
	if a.Hash != b.Hash || len(a.Rows) != len(b.Rows) {
		t.Fatalf("hash %.8s and %.8s, %d and %d rows", a.Hash, b.Hash, len(a.Rows), len(b.Rows))
	}
	for i := range a.Rows {
		x, y := a.Rows[i], b.Rows[i]
		if got, want := asJSON(t, x.Total), asJSON(t, y.Total); got != want {
			t.Errorf("row %d: %s, want %s", i, got, want)
		}
		x.Total, y.Total = nil, nil
		if diff := cmp.Diff(x, y); diff != "" {
			t.Errorf("row %d differs:\n%s", i, diff)
		}
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// addUp holds a run's seconds against its rows: nothing is lost and nothing
// is counted twice, and each begins where the one before ended.
func addUp(t *testing.T, run *Run) {
	t.Helper()
	sums := make([]*record.Stats, len(run.Rows))
	at := time.Duration(0)
	err := run.Each(func(s *Second) error {
		if s.At != at {
			t.Fatalf("a second begins at %v, the one before ended at %v", s.At, at)
		}
		at += s.Length
		for i, x := range s.Rows {
			if !s.Warmup {
				sums[i] = record.Merge(sums[i], x)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range sums {
		if got, want := asJSON(t, sums[i]), asJSON(t, run.Rows[i].Total); got != want {
			t.Errorf("the seconds of %s add up to\n%s, its total is\n%s", run.Rows[i].Label, got, want)
		}
	}
	stop := errors.New("enough")
	n := 0
	if err := run.Each(func(*Second) error { n++; return stop }); at > 0 && (!errors.Is(err, stop) || n != 1) {
		t.Errorf("after %d seconds: %v", n, err)
	}
}

// A run that was broken off is judged by what is there: no pass, the reason
// first, and the same figures as the last tick's.
func TestBrokenRun(t *testing.T) {
	for name, script := range scripted {
		run := script()
		for _, ticks := range []int{0, 1, 12} {
			ticks = min(ticks, len(run.Ticks))
			files := Memory()
			r := play(t, files, run, ticks, Options{})
			if err := r.End(nil, 0); err != nil {
				t.Fatal(err)
			}
			back := readBack(t, files).run(report.Facts{})
			v := back.Report.Verdict
			if back.Broken == "" || !strings.Contains(back.Broken, "its journal ends") || v.State.String() == "pass" {
				t.Errorf("%s after %d ticks: %s, broken %q", name, ticks, v.State, back.Broken)
			}
			if len(v.Beside) == 0 || v.Beside[0] != back.Broken || back.Report.Run.Incomplete == "" || back.Report.Books.Balance != 0 {
				t.Errorf("%s after %d ticks: reasons %q, incomplete %q, balance %d", name, ticks, v.Beside, back.Report.Run.Incomplete, back.Report.Books.Balance)
			}
			addUp(t, back)
			if ticks == 0 {
				continue
			}
			s := run.Ticks[ticks-1].Snapshot
			if diff := cmp.Diff(asJSON(t, rowsOf(back.Plan, s.Total)), asJSON(t, back.Rows)); diff != "" {
				t.Errorf("%s after %d ticks differs:\n%s", name, ticks, diff)
			}
			if got, want := asJSON(t, back.Report.Errors), asJSON(t, report.New(run.Plan, &outcome.Outcome{Final: s}, report.Facts{}).Errors); got != want {
				if name == "hostile" {
					continue // of bytes that are no UTF-8 something is lost
				}
				t.Errorf("%s after %d ticks: errors\n%s, want\n%s", name, ticks, got, want)
			}
		}
	}
}

// Ticks that wait for the disk are merged, and a long journal is thinned;
// both lose resolution only.
func TestMergedTicksAddUp(t *testing.T) {
	run := reporttest.Sockets()
	for name, o := range map[string]Options{
		"thinned": {Journal: journal.Options{SegmentBytes: 6_000, Segments: 4}}, "as it is": {},
	} {
		files := Memory()
		r := play(t, files, run, -1, o)
		if err := r.End(run.Outcome, 0); err != nil {
			t.Fatal(err)
		}
		back := readBack(t, files).run(report.Facts{})
		addUp(t, back)
		n := 0
		if err := back.Each(func(*Second) error { n++; return nil }); err != nil || n == 0 || name == "thinned" && n >= len(run.Ticks) {
			t.Errorf("%s: %d of %d seconds, %v", name, n, len(run.Ticks), err)
		}
	}
}

// stuck is a disk that takes nothing until it is let go.
type stuck struct {
	journal.Files
	go_ chan struct{}
}

func (s *stuck) Create(name string) (journal.File, error) {
	f, err := s.Files.Create(name)
	return &stuckFile{f, s}, err
}

type stuckFile struct {
	journal.File
	s *stuck
}

func (f *stuckFile) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(`"kind":"tick"`)) {
		<-f.s.go_
	}
	return f.File.Write(p)
}

func TestSlowDiskHoldsNobodyUp(t *testing.T) {
	run := reporttest.Failed()
	disk := &stuck{Memory(), make(chan struct{})}
	r := play(t, disk, run, -1, Options{}) // returns, although nothing is written
	r.mu.Lock()
	waiting := len(r.pending)
	r.mu.Unlock()
	if waiting > maxPending {
		t.Errorf("%d ticks wait", waiting)
	}
	close(disk.go_)
	if err := r.End(run.Outcome, 0); err != nil {
		t.Fatal(err)
	}
	addUp(t, readBack(t, disk.Files).run(report.Facts{}))
}

var errDisk = errors.New("no space left on device")

// faulty lets the n-th operation fail, or all from there on.
type faulty struct {
	journal.Files
	n, at   int
	forever bool
}

func (f *faulty) fails() bool {
	f.n++
	return f.n == f.at || f.forever && f.n > f.at
}

func (f *faulty) Create(name string) (journal.File, error) {
	if f.fails() {
		return nil, errDisk
	}
	file, err := f.Files.Create(name)
	return &faultyFile{file, f}, err
}

func (f *faulty) Rename(a, b string) error {
	if f.fails() {
		return errDisk
	}
	return f.Files.Rename(a, b)
}

func (f *faulty) Remove(name string) error {
	if f.fails() {
		return errDisk
	}
	return f.Files.Remove(name)
}

func (f *faulty) Open(name string) (io.ReadCloser, error) {
	if f.fails() {
		return nil, errDisk
	}
	return f.Files.Open(name)
}

func (f *faulty) Names() ([]string, error) {
	if f.fails() {
		return nil, errDisk
	}
	return f.Files.Names()
}

type faultyFile struct {
	journal.File
	f *faulty
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if f.f.fails() {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, errDisk
	}
	return f.File.Write(p)
}

func (f *faultyFile) Sync() error {
	if f.f.fails() {
		return errDisk
	}
	return f.File.Sync()
}

func (f *faultyFile) Close() error {
	if f.f.fails() {
		return errDisk
	}
	return f.File.Close()
}

// Whichever operation fails, once or from then on: the run is told of it, it
// is never read as a whole one that it is not, and what was written before is
// there.
func TestEveryFailureIsTold(t *testing.T) {
	run := reporttest.Passed()
	run.Ticks = run.Ticks[:9] // some ten segments, so that the journal is thinned, too
	run.Outcome.Final = run.Ticks[8].Snapshot
	for _, forever := range []bool{false, true} {
		for n := 1; ; n++ {
			disk := &faulty{Files: Memory(), at: n, forever: forever}
			told := make(chan error, 2)
			o := Options{RunID: "x", Failed: func(err error) { told <- err }, Journal: journal.Options{SegmentBytes: 6_000, Segments: 4}}
			r, err := Record(disk, run.Plan, o)
			if err != nil {
				if !errors.Is(err, errDisk) {
					t.Fatalf("operation %d: %v", n, err)
				}
				continue
			}
			for _, p := range run.Ticks {
				r.Keep(known(run, p))
			}
			err = r.End(run.Outcome, 0)
			if disk.n < n {
				if err != nil {
					t.Fatalf("nothing failed, but: %v", err)
				}
				if n < 20 {
					t.Errorf("only %d operations", n)
				}
				break
			}
			if !errors.Is(err, errDisk) || !errors.Is(<-told, errDisk) {
				t.Errorf("operation %d fails, forever %v: %v", n, forever, err)
			}
			j := &journaled{source: func(visit func(journal.Entry) error) error { return journal.Read(disk.Files, visit) }}
			if err := j.read(); err == nil {
				addUp(t, j.run(report.Facts{}))
			}
		}
	}
}

func TestJournalHoldsNoSecret(t *testing.T) {
	run := reporttest.Failed()
	const secret = "S3cretWord"
	run.Plan.Secrets = []string{secret, "tick", "timeout", "2026", "1"}
	run.Plan.Description = "with " + secret
	run.Plan.Sites[1].Text = "password = " + secret
	run.Outcome.Notes = []string{"note " + secret}
	for _, p := range run.Ticks {
		for i := range p.Snapshot.Errors {
			p.Snapshot.Errors[i].Detail, p.Snapshot.Errors[i].Sent = "detail "+secret, "sent "+secret
		}
	}
	files := Memory()
	r := play(t, files, run, -1, Options{})
	if err := r.End(run.Outcome, 0); err != nil {
		t.Fatal(err)
	}
	if err := journal.Read(files, func(e journal.Entry) error {
		if strings.Contains(string(e.Data), secret) {
			t.Errorf("%s entry %d holds the secret", e.Kind, e.From)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if back := readBack(t, files); back.broken != "" {
		t.Errorf("it cannot be read whole: %s", back.broken) // secrets that are words of the format harm nothing
	}
}

func TestForeignJournals(t *testing.T) {
	for want, entries := range map[string][]any{
		"none of a run":                         {"tick", &tick{}},
		"format 2, and this throng reads":       {"begin", map[string]any{"format": "2", "tool": "9.9", "plan": 7}},
		"the begin of its journal does not han": {"begin", map[string]any{"format": "1", "tick_ns": 1e9, "plan": map[string]any{"Rows": []any{map[string]any{"Site": 7}}}}},
		"its journal is empty":                  {},
		"a tick of 1ns":                         {"begin", map[string]any{"format": "1", "tick_ns": 1, "plan": map[string]any{}}},
	} {
		files := Memory()
		w, err := journal.Create(files, journal.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(entries); i += 2 {
			if err := w.Append(entries[i].(string), entries[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		j := &journaled{source: func(visit func(journal.Entry) error) error { return journal.Read(files, visit) }}
		if err := j.read(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Whatever stands in a journal whose checksums are right, it is an error or a
// run that can be reported.
func FuzzRead(f *testing.F) {
	run := reporttest.Sockets()
	run.Ticks = run.Ticks[len(run.Ticks)-3:]
	files := Memory()
	r := play(f, files, run, -1, Options{})
	if err := r.End(run.Outcome, 0); err != nil {
		f.Fatal(err)
	}
	var data [3][]byte
	if err := journal.Read(files, func(e journal.Entry) error {
		data[map[string]int{"begin": 0, "tick": 1, "end": 2}[e.Kind]] = e.Data
		return nil
	}); err != nil {
		f.Fatal(err)
	}
	f.Add(data[0], data[1], data[2])
	f.Add(data[0], data[1], []byte(nil))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		if len(a)+len(b)+len(c) > 1<<18 {
			return
		}
		j := &journaled{source: func(visit func(journal.Entry) error) error {
			for i, e := range []journal.Entry{{Kind: beginEntry, Data: a}, {Kind: tickEntry, Data: b}, {Kind: endEntry, Data: c}} {
				if e.From = int64(i); i == 2 && c == nil {
					break
				}
				if err := visit(e); err != nil {
					return err
				}
			}
			return nil
		}}
		if j.read() != nil {
			return
		}
		run := j.run(report.Facts{})
		if math.IsNaN(float64(run.Report.Total.Rate)) {
			return
		}
		_ = report.WriteText(io.Discard, run.Report, report.TextOptions{Width: 80})
		_ = run.Each(func(*Second) error { return nil })
	})
}

// What could not be written is a reason, and a reason is one line.
func TestUnwrittenIsOneReason(t *testing.T) {
	v := Unwritten(sla.Verdict{State: sla.Pass}, errors.Join(errors.New("one: no space"), errors.New("two: no space")))
	if v.State != sla.Inconclusive || len(v.Reasons) != 1 || v.Reasons[0] != "the results could not be written: one: no space; two: no space" {
		t.Errorf("%v %q", v.State, v.Reasons)
	}
}

// A label is about a run and no file of it; why a run is no pass is said once.
func TestFilesAndDoubts(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"summary.json", LabelName} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := Files(dir); len(got) != 1 || filepath.Base(got[0]) != "summary.json" {
		t.Errorf("files %q", got)
	}
	run := &Run{Report: &report.Report{}, Broken: "the run was broken off"}
	run.Report.Verdict.State, run.Report.Verdict.Beside = text.Inconclusive, []string{"the run was broken off", "another"}
	if got := run.Doubts(); !slices.Equal(got, []string{"the run was broken off", "another"}) {
		t.Errorf("doubts %q", got)
	}
	run.Report.Verdict.State = text.Pass
	if got := run.Doubts(); !slices.Equal(got, []string{"the run was broken off"}) {
		t.Errorf("doubts of a run whose end is not known %q", got)
	}
}
