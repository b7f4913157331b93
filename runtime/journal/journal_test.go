package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// memory is a directory in memory, of which any operation can be made to fail.
type memory struct {
	files  map[string]*bytes.Buffer
	calls  int
	fails  func(call int) bool
	closed int
}

var errDisk = errors.New("no space left on device")

func newMemory() *memory {
	return &memory{files: map[string]*bytes.Buffer{}, fails: func(int) bool { return false }}
}

func (m *memory) failing() bool { m.calls++; return m.fails(m.calls) }

func (m *memory) Create(name string) (File, error) {
	switch {
	case m.failing():
		return nil, errDisk
	case m.files[name] != nil:
		return nil, fs.ErrExist
	}
	m.files[name] = &bytes.Buffer{}
	return &memoryFile{m, m.files[name]}, nil
}

func (m *memory) Open(name string) (io.ReadCloser, error) {
	if m.failing() {
		return nil, errDisk
	}
	f := m.files[name]
	if f == nil {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(f.Bytes())), nil
}

func (m *memory) Rename(from, to string) error {
	if m.failing() {
		return errDisk
	}
	m.files[to] = m.files[from]
	delete(m.files, from)
	return nil
}

func (m *memory) Remove(name string) error {
	if m.failing() {
		return errDisk
	}
	delete(m.files, name)
	return nil
}

func (m *memory) Names() ([]string, error) {
	if m.failing() {
		return nil, errDisk
	}
	var names []string
	for n := range m.files {
		names = append(names, n)
	}
	return names, nil
}

type memoryFile struct {
	m *memory
	b *bytes.Buffer
}

// Write of a full disk takes what still fits.
func (f *memoryFile) Write(p []byte) (int, error) {
	if f.m.failing() {
		n, _ := f.b.Write(p[:len(p)/2])
		return n, errDisk
	}
	return f.b.Write(p)
}

func (f *memoryFile) Sync() error {
	if f.m.failing() {
		return errDisk
	}
	return nil
}

func (f *memoryFile) Close() error {
	f.m.closed++
	if f.m.failing() {
		return errDisk
	}
	return nil
}

// counted is what the tests log: how many entries an entry stands for, so
// that nothing can be lost or doubled unnoticed.
type counted struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

func sum(_ string, a, b json.RawMessage) (json.RawMessage, bool) {
	var x, y counted
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return nil, false
	}
	data, err := json.Marshal(counted{x.N + y.N, x.Text})
	return data, err == nil
}

// read is the entries' sum, their numbers, and what ended the reading.
func read(f Files) (n int, entries []Entry, err error) {
	err = Read(f, func(e Entry) error {
		var c counted
		if err := json.Unmarshal(e.Data, &c); err != nil {
			return err
		}
		n += c.N
		entries = append(entries, Entry{Kind: e.Kind, From: e.From, To: e.To, Data: slices.Clone(e.Data)})
		return nil
	})
	return n, entries, err
}

func fill(t *testing.T, w *Writer, n int) {
	t.Helper()
	for i := range n {
		if err := w.Append("tick", counted{1, strings.Repeat("x", i%40)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	w, err := Create(InDir(root), Options{SegmentBytes: 500})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w, 100)
	if n, entries, err := read(InDir(root)); err != nil || n != 100 || entries[99].To != 99 {
		t.Fatalf("before the end: %d entries, %v", n, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	n, entries, err := read(InDir(root))
	if err != nil || n != 100 || string(entries[3].Data) != `{"n":1,"text":"xxx"}` {
		t.Fatalf("%d entries, %v", n, err)
	}
	if _, err := Create(InDir(root), Options{}); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("a second journal in the same place: %v", err)
	}
	if err := w.Append("tick", 1); !errors.Is(err, fs.ErrClosed) {
		t.Fatalf("after the end: %v", err)
	}
}

func TestNoJournal(t *testing.T) {
	if _, _, err := read(newMemory()); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// A process that is killed leaves its last line torn at any byte. All before
// is read, and the tear is told.
func TestTornAtAnyByte(t *testing.T) {
	m := newMemory()
	w, err := Create(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w, 5)
	whole := bytes.Clone(m.files[segmentName(1)].Bytes())
	for cut := range len(whole) {
		m.files[segmentName(1)] = bytes.NewBuffer(bytes.Clone(whole[:cut]))
		n, _, err := read(m)
		if want := bytes.Count(whole[:cut], []byte("\n")); n != want {
			t.Fatalf("cut at %d: %d entries, want %d", cut, n, want)
		}
		var d *Damage
		if torn := cut > 0 && whole[cut-1] != '\n'; torn != errors.As(err, &d) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

// No changed bit goes unnoticed.
func TestFlippedBits(t *testing.T) {
	m := newMemory()
	w, err := Create(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w, 3)
	whole := bytes.Clone(m.files[segmentName(1)].Bytes())
	for i := range len(whole) * 8 {
		bad := bytes.Clone(whole)
		bad[i/8] ^= 1 << (i % 8)
		m.files[segmentName(1)] = bytes.NewBuffer(bad)
		_, entries, err := read(m)
		if err == nil {
			t.Fatalf("bit %d: nobody noticed", i)
		}
		for k, e := range entries {
			if e.From != int64(k) || !bytes.Contains(whole, e.Data) {
				t.Fatalf("bit %d: entry %d is %s", i, k, e.Data)
			}
		}
	}
}

// Thinning bounds the journal, keeps every entry in one line or another, and
// the newest ones by themselves.
func TestThinning(t *testing.T) {
	m := newMemory()
	const segments, size = 6, 2000
	w, err := Create(m, Options{SegmentBytes: size, Segments: segments, Merge: sum})
	if err != nil {
		t.Fatal(err)
	}
	const total = 10_000
	fill(t, w, total)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	n, entries, err := read(m)
	if err != nil || n != total {
		t.Fatalf("%d entries of %d, %v", n, total, err)
	}
	if len(m.files) > segments {
		t.Errorf("%d files, want at most %d", len(m.files), segments)
	}
	held := 0
	for _, f := range m.files {
		held += f.Len()
	}
	if held > 2*segments*size {
		t.Errorf("%d bytes, want about %d", held, segments*size)
	}
	width := func(e Entry) int64 { return e.To - e.From + 1 }
	if last := entries[len(entries)-1]; width(last) != 1 {
		t.Errorf("the newest entry stands for %d", width(last))
	}
	middle := entries[len(entries)/2]
	if old, recent := middle.From, total-middle.From; old < 2*recent {
		t.Errorf("half of the lines are about the first %d entries, half about the last %d: not coarser towards the past", old, recent)
	}
}

// What is not to be merged stays as it is.
func TestThinningKeepsOtherKinds(t *testing.T) {
	m := newMemory()
	merge := func(kind string, a, b json.RawMessage) (json.RawMessage, bool) {
		if kind != "tick" {
			return nil, false
		}
		return sum(kind, a, b)
	}
	w, err := Create(m, Options{SegmentBytes: 1000, Segments: 4, Merge: merge})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append("begin", counted{0, "the plan"}); err != nil {
		t.Fatal(err)
	}
	fill(t, w, 2000)
	n, entries, err := read(m)
	if err != nil || n != 2000 {
		t.Fatal(n, err)
	}
	if e := entries[0]; e.Kind != "begin" || e.To != 0 || !strings.Contains(string(e.Data), "the plan") {
		t.Fatalf("the first entry is %+v", e)
	}
}

// Whatever operation fails, once or from then on: the failure is told, nothing
// panics, and what was appended before can be read.
func TestEveryOperationFails(t *testing.T) {
	for _, sticky := range []bool{false, true} {
		for at := 1; ; at++ {
			m := newMemory()
			m.fails = func(call int) bool { return call == at || sticky && call > at }
			appended, failed := runJournal(m)
			calls := m.calls
			m.fails = func(int) bool { return false }
			n, _, err := read(m)
			var d *Damage
			switch {
			case errors.Is(err, fs.ErrNotExist) && appended == 0:
			case err != nil && !errors.As(err, &d):
				t.Fatalf("operation %d (sticky %v): %v", at, sticky, err)
			case n < appended || n > appended+1:
				t.Fatalf("operation %d (sticky %v): %d entries are read, %d were appended", at, sticky, n, appended)
			}
			if calls < at {
				break
			}
			if !failed {
				t.Fatalf("operation %d (sticky %v) failed, and nobody was told", at, sticky)
			}
		}
	}
}

func runJournal(m *memory) (appended int, failed bool) {
	w, err := Create(m, Options{SegmentBytes: 300, Segments: 4, Merge: sum})
	if err != nil {
		return 0, true
	}
	for range 60 {
		if err := w.Append("tick", counted{1, "x"}); err != nil {
			failed = true
			break
		}
		appended++
	}
	return appended, w.Close() != nil || failed
}

// A thinning that was broken off after its rename leaves entries in two
// segments. They are read once.
func TestThinningBrokenOff(t *testing.T) {
	m := newMemory()
	w, err := Create(m, Options{SegmentBytes: 300, Segments: 100, Merge: sum})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w, 30)
	second := bytes.Clone(m.files[segmentName(2)].Bytes())
	if _, err := w.merge(0); err != nil {
		t.Fatal(err)
	}
	m.files[segmentName(2)] = bytes.NewBuffer(second)
	if n, _, err := read(m); err != nil || n != 30 {
		t.Fatal(n, err)
	}
}

func TestMissingSegment(t *testing.T) {
	m := newMemory()
	w, err := Create(m, Options{SegmentBytes: 300})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w, 30)
	delete(m.files, segmentName(2))
	_, _, err = read(m)
	if d := (*Damage)(nil); !errors.As(err, &d) || !strings.Contains(err.Error(), "are missing") {
		t.Fatal(err)
	}
}

func FuzzDecode(f *testing.F) {
	for i := range 3 {
		b, err := encode(Entry{Kind: "tick", From: int64(i), To: int64(i) + 2, Data: json.RawMessage(fmt.Sprint(i))})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:len(b)-1])
	}
	f.Add([]byte(`{"kind":"a","crc":"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decode(b)
		if err != nil {
			return
		}
		again, err := encode(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := decode(again[:len(again)-1])
		if err != nil || back.Kind != e.Kind || back.From != e.From || back.To != e.To {
			t.Fatalf("%q became %q: %v", b, again, err)
		}
	})
}

// Journals of random sizes and bounds keep every entry.
func TestRandomJournals(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		m := newMemory()
		w, err := Create(m, Options{SegmentBytes: int64(100 + r.IntN(3000)), Segments: r.IntN(12), Merge: sum})
		if err != nil {
			t.Fatal(err)
		}
		n := r.IntN(3000)
		fill(t, w, n)
		if got, _, err := read(m); err != nil || got != n {
			t.Fatalf("%d of %d entries, %v", got, n, err)
		}
	}
}
