package export_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"throng/runtime/export"
	"throng/runtime/export/exporttest"
	"throng/runtime/report/reporttest"
)

// TestHostileNames writes hostile names in every form.
func TestHostileNames(t *testing.T) {
	run := exporttest.Hostile()
	for _, f := range export.Formats() {
		for _, file := range f.Files(run) {
			t.Run(f.Name+file.Suffix, func(t *testing.T) {
				var b bytes.Buffer
				if err := file.Write(&b); err != nil {
					t.Fatal(err)
				}
				exporttest.Printable(t, b.String())
				if !strings.HasPrefix(f.Name, "locust") && !strings.HasSuffix(f.Name, "csv") {
					return
				}
				for line := range strings.Lines(b.String()) {
					for field := range strings.SplitSeq(line, ",") {
						if field = strings.TrimLeft(field, `"`); field != "" && strings.ContainsRune("=+@", rune(field[0])) {
							t.Errorf("a spreadsheet would take %q for a formula", field)
						}
					}
				}
			})
		}
	}
}

// failing fails at its n-th byte.
type failing struct{ left int }

var errFull = errors.New("no space left")

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestErrorsAreSeen has a disk that is full at once, and one that fills up.
func TestErrorsAreSeen(t *testing.T) {
	run := exporttest.Run(reporttest.Interrupted())
	for _, f := range export.Formats() {
		for _, file := range f.Files(run) {
			size := &failing{left: 1 << 40}
			if err := file.Write(size); err != nil {
				t.Fatalf("%s%s: %v", f.Name, file.Suffix, err)
			}
			length := 1<<40 - size.left
			for _, n := range []int{0, length / 2, length - 1} {
				if err := file.Write(&failing{left: n}); !errors.Is(err, errFull) {
					t.Errorf("%s%s with room for %d of %d bytes: %v", f.Name, file.Suffix, n, length, err)
				}
			}
		}
	}
}

// TestSameTwice has nothing that differs from call to call.
func TestSameTwice(t *testing.T) {
	run := exporttest.Run(reporttest.Interrupted())
	for _, f := range export.Formats() {
		for _, file := range f.Files(run) {
			var a, b bytes.Buffer
			if err := errors.Join(file.Write(&a), file.Write(&b)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a.Bytes(), b.Bytes()) || a.Len() == 0 {
				t.Errorf("%s%s differs from itself, or is empty", f.Name, file.Suffix)
			}
		}
	}
}

func TestNamed(t *testing.T) {
	for _, name := range export.Names() {
		if f, err := export.Named(name); err != nil || f.Name != name {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	if _, err := export.Named("html"); err == nil || !strings.Contains(err.Error(), "junit") {
		t.Errorf("html: %v", err)
	}
}
