package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Options bound a journal. Zero values are the defaults.
type Options struct {
	SegmentBytes int64 // of one segment, about; 0: 4 MiB
	Segments     int   // kept at most, at least 4; 0: 32
	// Merge makes one entry's data of two neighbours of the same kind, the
	// earlier one first. With false they stay apart. nil never merges: then
	// the journal is not bounded.
	Merge func(kind string, a, b json.RawMessage) (json.RawMessage, bool)
}

const (
	defaultSegmentBytes = 4 << 20
	defaultSegments     = 32
	leastSegments       = 4
)

// Writer appends to a journal. It belongs to one goroutine.
type Writer struct {
	files    Files
	o        Options
	segments []segment // in order; the last one is open
	open     File
	next     int64 // number of the next entry
	broken   error // the first failure; nothing is appended after it
}

// segment is a file and how much it holds.
type segment struct {
	number int
	bytes  int64
	thin   int // how often its entries were merged
}

// Create begins a journal in a directory that holds none.
func Create(files Files, o Options) (*Writer, error) {
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = defaultSegmentBytes
	}
	if o.Segments <= 0 {
		o.Segments = defaultSegments
	}
	o.Segments = max(o.Segments, leastSegments)
	names, err := files.Names()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, ok := segmentNumber(name); ok {
			return nil, fmt.Errorf("%s: %w", name, fs.ErrExist)
		}
	}
	w := &Writer{files: files, o: o}
	if err := w.begin(1); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *Writer) begin(number int) error {
	f, err := w.files.Create(segmentName(number))
	if err != nil {
		return err
	}
	w.open = f
	w.segments = append(w.segments, segment{number: number})
	return nil
}

// Append writes an entry, which v is encoded as JSON for. When it returns the
// entry survives the process, though not the machine. After a failure, which
// may have torn the last line, every call returns that failure.
func (w *Writer) Append(kind string, v any) error {
	if w.broken != nil {
		return w.broken
	}
	if w.open == nil {
		return fs.ErrClosed
	}
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	b, err := encode(Entry{Kind: kind, From: w.next, To: w.next, Data: data})
	if err != nil {
		return err
	}
	w.next++
	last := &w.segments[len(w.segments)-1]
	if last.bytes > 0 && last.bytes+int64(len(b)) > w.o.SegmentBytes {
		if err := w.rotate(); err != nil {
			return w.fail(err)
		}
		last = &w.segments[len(w.segments)-1]
	}
	n, err := w.open.Write(b)
	last.bytes += int64(n)
	return w.fail(err)
}

func (w *Writer) fail(err error) error {
	if err != nil && w.broken == nil {
		w.broken = err
	}
	return err
}

// rotate closes the open segment, makes room where there are too many, and
// begins the next.
func (w *Writer) rotate() error {
	number := w.segments[len(w.segments)-1].number + 1
	err := errors.Join(w.open.Sync(), w.open.Close())
	w.open = nil
	if err == nil && len(w.segments) >= w.o.Segments && w.o.Merge != nil {
		err = w.thin()
	}
	if err != nil {
		return err
	}
	return w.begin(number)
}

// thin merges the two neighbouring segments whose entries are the finest, of
// equals the oldest, into one.
func (w *Writer) thin() error {
	at := 0
	for i := 0; i+1 < len(w.segments); i++ {
		if w.coarseness(i) < w.coarseness(at) {
			at = i
		}
	}
	merged, err := w.merge(at)
	if err != nil {
		return err
	}
	w.segments[at] = merged
	w.segments = slices.Delete(w.segments, at+1, at+2)
	return nil
}

// coarseness orders pairs of neighbours for thinning. The newer of the pair
// decides, so that the resolution never gets finer towards the past.
func (w *Writer) coarseness(i int) int {
	return max(w.segments[i].thin, w.segments[i+1].thin)
}

const thinning = "journal-thinning.tmp"

// merge writes what segments i and i+1 hold into one, which takes the place
// of the first. A crash in between leaves both or a reader sees the second
// one's entries twice; it knows them by their numbers.
func (w *Writer) merge(i int) (segment, error) {
	a, b := w.segments[i], w.segments[i+1]
	var entries []Entry
	for _, s := range []segment{a, b} {
		if err := readSegment(w.files, segmentName(s.number), func(e Entry) { entries = append(entries, e) }); err != nil {
			return segment{}, err
		}
	}
	merged := segment{number: a.number, thin: max(a.thin, b.thin) + 1}
	f, err := w.files.Create(thinning)
	if err != nil {
		return segment{}, err
	}
	for _, e := range w.pairs(entries) {
		line, encodeErr := encode(e)
		if encodeErr == nil {
			_, encodeErr = f.Write(line)
		}
		if err = encodeErr; err != nil {
			break
		}
		merged.bytes += int64(len(line))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = w.files.Rename(thinning, segmentName(a.number))
	}
	if err != nil {
		return segment{}, errors.Join(err, w.files.Remove(thinning))
	}
	return merged, w.files.Remove(segmentName(b.number))
}

// pairs are entries with neighbours merged two by two.
func (w *Writer) pairs(list []Entry) []Entry {
	out := list[:0:0]
	for i := 0; i < len(list); i++ {
		e := list[i]
		if i+1 < len(list) && list[i+1].Kind == e.Kind && list[i+1].From == e.To+1 {
			if data, ok := w.o.Merge(e.Kind, e.Data, list[i+1].Data); ok {
				e.Data, e.To = data, list[i+1].To
				i++
			}
		}
		out = append(out, e)
	}
	return out
}

// Close makes the journal durable and ends it.
func (w *Writer) Close() error {
	if w.open == nil {
		return w.broken
	}
	err := errors.Join(w.open.Sync(), w.open.Close())
	w.open = nil
	return errors.Join(w.broken, err)
}
