package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
)

// maxLine bounds a line that is read: a hostile file must not exhaust memory.
const maxLine = 64 << 20

// Damage is what of a journal could not be read. What Read gave before it is
// whole.
type Damage struct {
	File   string
	Line   int
	Reason string
}

func (d *Damage) Error() string {
	return fmt.Sprintf("%s, line %d: %s", d.File, d.Line, d.Reason)
}

// Read gives the entries of a journal in order. It stops at the first damage,
// which a process that was killed leaves at the very end, and returns it as a
// *Damage. A directory without a journal is fs.ErrNotExist.
func Read(files Files, visit func(Entry) error) error {
	names, err := files.Names()
	if err != nil {
		return err
	}
	var numbers []int
	for _, name := range names {
		if n, ok := segmentNumber(name); ok {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 {
		return fmt.Errorf("no journal: %w", fs.ErrNotExist)
	}
	slices.Sort(numbers)
	next := int64(0)
	for _, n := range numbers {
		name := segmentName(n)
		var stop error
		lines := 0
		err := readSegment(files, name, func(e Entry) {
			lines++
			switch {
			case stop != nil, e.To < next: // a thinning that was broken off left it twice
			case e.From > next:
				stop = &Damage{name, lines, fmt.Sprintf("entries %d to %d are missing", next, e.From-1)}
			default:
				next = e.To + 1
				stop = visit(e)
			}
		})
		if err = errors.Join(stop, err); err != nil {
			return err
		}
	}
	return nil
}

// readSegment gives the entries of one file up to its end or to the first
// line that is damaged.
func readSegment(files Files, name string, visit func(Entry)) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		b, err := readLine(r)
		switch {
		case err == io.EOF && len(b) == 0:
			return nil
		case err == io.EOF:
			return &Damage{name, n, "the last line is torn"}
		case err != nil:
			return &Damage{name, n, err.Error()}
		}
		e, err := decode(b)
		if err != nil {
			return &Damage{name, n, err.Error()}
		}
		visit(e)
	}
}

// readLine is the next line without its end; io.EOF with what stands after
// the last line end.
func readLine(r *bufio.Reader) ([]byte, error) {
	var long []byte
	for {
		b, err := r.ReadSlice('\n')
		if err == nil && long == nil {
			return b[:len(b)-1], nil
		}
		long = append(long, b...)
		switch {
		case err == nil:
			return long[:len(long)-1], nil
		case err != bufio.ErrBufferFull:
			return long, err
		case len(long) > maxLine:
			return nil, fmt.Errorf("a line longer than %d bytes", maxLine)
		}
	}
}
