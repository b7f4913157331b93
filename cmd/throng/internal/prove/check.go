package prove

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/testfile"
	"throng/dsl/wholefile"
)

// check holds what the run showed against its asserts and its snapshot.
func (t *trial) check(p *plan.Plan) {
	earlier := map[string]testfile.Seen{}
	for name, j := range t.job.needs {
		earlier[name] = j.seen
	}
	for _, v := range t.job.run.Check(t.job.seen, earlier) {
		t.result.Checked = true
		if !v.Pass {
			t.fail(told(v, p.Mask()))
		}
	}
	if t.job.run.Snapshot != "" {
		t.result.Checked = true
		t.snapshot()
	}
	if t.bad && !t.result.Checked {
		t.unmeant()
	}
}

// unmeant fails a run that went wrong and has no check which could say that
// it must.
func (t *trial) unmeant() {
	what := "Not everything that was sent went through"
	if t.job.run.Wants(testfile.Load) {
		what = "The verdict is not PASS"
	}
	d := t.job.run.Problem("command", diag.TestFailed, "%s, and the run has no assert or snapshot that this could be meant by.", what)
	d.Suggestion = "Where it is meant, say so: assert { condition = … }."
	t.fail(d)
}

// told is why an assert does not hold, without secrets.
func told(v testfile.Verdict, mask *plan.Mask) *diag.Diagnostic {
	d := *v.Finding
	d.Detail = mask.Replace(d.Detail)
	d.Values = slices.Clone(d.Values)
	for i := range d.Values {
		d.Values[i].Text = mask.Replace(d.Values[i].Text)
	}
	return &d
}

// maxSnapshot bounds the file of a snapshot.
const maxSnapshot = 64 << 20

// snapshot holds the requests against those in the run's file, or writes them
// there.
func (t *trial) snapshot() {
	run, name, now := t.job.run, t.job.run.Snapshot, t.result.Requests
	if twin := t.job.twin; twin != nil {
		t.error(run.Problem("snapshot", diag.DuplicateName, "The run %q of %s keeps its requests in this file, too. Each run needs one of its own.", twin.run.Name, twin.file.Name))
		return
	}
	before, err := readSnapshot(name)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !missing:
		t.error(run.Problem("snapshot", diag.FileUnreadable, "The snapshot %q cannot be read: %s.", name, err))
	case !missing && before == now:
	case t.o.Update:
		if err := writeSnapshot(name, now); err != nil {
			t.error(run.Problem("snapshot", diag.FileUnreadable, "The snapshot %q cannot be written: %s.", name, err))
			return
		}
		t.result.Written = name
	case missing:
		d := run.Problem("snapshot", diag.FileNotFound, "The snapshot %q does not exist.", name)
		d.Suggestion = "throng test --update writes it. Read it before you commit it."
		t.fail(d)
	default:
		d := run.Problem("snapshot", diag.TestFailed, "What was sent is not what the snapshot %q holds.", name)
		d.Suggestion = "If the change is meant, throng test --update writes it."
		t.fail(d)
		t.result.Difference = testfile.Difference(before, now)
	}
}

func readSnapshot(name string) (string, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", errors.New("it is no regular file")
	case info.Size() > maxSnapshot:
		return "", errors.New("it is larger than any snapshot")
	}
	data, err := os.ReadFile(name)
	return string(data), err
}

// writeSnapshot writes the file whole or not at all.
func writeSnapshot(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return wholefile.Write(name, []byte(content), 0o644)
}
