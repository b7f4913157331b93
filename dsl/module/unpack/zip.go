package unpack

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Zip unpacks a zip archive into dir, which must be there and empty.
//
// Programs differ in what they read of a zip whose parts contradict each
// other. So one is taken only if it has one meaning: the entries follow each
// other without a gap from the first byte, each says the same in front of its
// content as in the directory at the end, and nothing follows.
func Zip(archive []byte, dir string) error {
	return Into(dir, func(w *Writer) error {
		if len(archive) > MaxArchive {
			return errTooLarge
		}
		r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			return fmt.Errorf("it is no zip archive, or a damaged one: %w", err)
		}
		for _, f := range r.File {
			if f.Flags&(1|1<<6|1<<13) != 0 {
				return fmt.Errorf("%s is encrypted", show(f.Name))
			}
		}
		if err := checkLayout(archive, r); err != nil {
			return err
		}
		w.packed = func() int64 { return int64(len(archive)) }
		for _, f := range r.File {
			if err := w.zipped(f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *Writer) zipped(f *zip.File) error {
	mode := f.Mode()
	named := strings.HasSuffix(f.Name, "/")
	switch {
	case named && f.UncompressedSize64 == 0 && (mode.IsDir() || mode.IsRegular()):
		return w.Dir(f.Name)
	case named || !mode.IsRegular():
		return notRegular(f.Name, mode)
	case mode&(os.ModeSetuid|os.ModeSetgid) != 0:
		return fmt.Errorf("%s would run with another's rights (setuid)", show(f.Name))
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("%s is packed in a way (%d) that few programs read: use deflate", show(f.Name), f.Method)
	case f.UncompressedSize64 > MaxArchive:
		return errTooLarge
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", show(f.Name), err)
	}
	defer r.Close()
	return w.File(f.Name, int64(f.UncompressedSize64), mode&0o111 != 0, damage{r})
}

// damage words the errors of a packed stream.
type damage struct{ r io.Reader }

func (d damage) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errTooLarge) {
		err = fmt.Errorf("the archive is damaged: %w", err)
	}
	return n, err
}

func notRegular(name string, mode os.FileMode) error {
	what := "neither a file nor a directory"
	switch {
	case mode&os.ModeSymlink != 0:
		what = "a symbolic link"
	case mode&(os.ModeDevice|os.ModeCharDevice) != 0:
		what = "a device"
	case mode&os.ModeNamedPipe != 0:
		what = "a named pipe"
	case mode&os.ModeSocket != 0:
		what = "a socket"
	}
	return fmt.Errorf("%s is %s: a module holds regular files only", show(name), what)
}

// The records of a zip (APPNOTE.TXT, sections 4.3.7, 4.3.9, 4.3.12, 4.3.16).
const (
	localSignature      = 0x04034b50
	descriptorSignature = 0x08074b50
	centralSignature    = 0x02014b50
	endSignature        = 0x06054b50
	localSize           = 30
	endSize             = 22
	fromZip64           = 0xffffffff
	hasDescriptor       = 1 << 3
)

// checkLayout holds that every byte of the archive has one meaning.
func checkLayout(b []byte, r *zip.Reader) error {
	files := slices.Clone(r.File)
	at := make(map[*zip.File]int64, len(files))
	for _, f := range files {
		offset, err := f.DataOffset()
		if err != nil {
			return fmt.Errorf("%s: the archive is damaged: %w", show(f.Name), err)
		}
		at[f] = offset
	}
	slices.SortStableFunc(files, func(x, y *zip.File) int { return cmp.Compare(at[x], at[y]) })
	pos := int64(0)
	for _, f := range files {
		next, err := checkLocal(b, pos, at[f], f)
		if err != nil {
			return fmt.Errorf("%s: %w", show(f.Name), err)
		}
		pos = next
	}
	return checkEnd(b, pos, len(r.Comment))
}

// checkLocal compares the header in front of a content with the directory's,
// and gives the position of what follows the content.
func checkLocal(b []byte, pos, data int64, f *zip.File) (int64, error) {
	le := binary.LittleEndian
	if data < pos+localSize || data > int64(len(b)) || f.CompressedSize64 > uint64(int64(len(b))-data) || le.Uint32(b[pos:]) != localSignature {
		return 0, errors.New("its content overlaps another's, or bytes before it belong to none")
	}
	h := b[pos:data]
	name, extra := int64(le.Uint16(h[26:])), int64(le.Uint16(h[28:]))
	switch {
	case data != pos+localSize+name+extra:
		return 0, errors.New("its content overlaps another's, or bytes before it belong to none")
	case string(h[localSize:localSize+name]) != f.Name:
		return 0, errors.New("it has another name in front of its content than in the archive's directory")
	case le.Uint16(h[6:]) != f.Flags || le.Uint16(h[8:]) != f.Method:
		return 0, errContradiction
	}
	end := data + int64(f.CompressedSize64)
	if f.Flags&hasDescriptor != 0 {
		return afterDescriptor(b, end, f)
	}
	if le.Uint32(h[14:]) != f.CRC32 || !same(le.Uint32(h[18:]), f.CompressedSize64) || !same(le.Uint32(h[22:]), f.UncompressedSize64) {
		return 0, errContradiction
	}
	return end, nil
}

var errContradiction = errors.New("what is said of it in front of its content is not what the archive's directory says")

func same(local uint32, central uint64) bool {
	return local == fromZip64 || uint64(local) == central
}

// afterDescriptor is the position after the record that follows a content
// whose size was not known before. It has four forms: with a signature and
// without, with sizes of four bytes and of eight.
func afterDescriptor(b []byte, pos int64, f *zip.File) (int64, error) {
	le := binary.LittleEndian
	for _, signed := range []bool{true, false} {
		for _, long := range []bool{false, true} {
			var want []byte
			if signed {
				want = le.AppendUint32(want, descriptorSignature)
			}
			want = le.AppendUint32(want, f.CRC32)
			if long {
				want = le.AppendUint64(le.AppendUint64(want, f.CompressedSize64), f.UncompressedSize64)
			} else {
				want = le.AppendUint32(le.AppendUint32(want, uint32(f.CompressedSize64)), uint32(f.UncompressedSize64))
			}
			if bytes.HasPrefix(b[pos:], want) {
				return pos + int64(len(want)), nil
			}
		}
	}
	return 0, errContradiction
}

// checkEnd holds that the archive's directory begins at pos, and that its end
// is the archive's.
func checkEnd(b []byte, pos int64, comment int) error {
	le := binary.LittleEndian
	end := int64(len(b) - endSize - comment)
	if end < pos || le.Uint32(b[end:]) != endSignature || int(le.Uint16(b[end+20:])) != comment {
		return errors.New("bytes follow the end of the archive")
	}
	if le.Uint16(b[end+10:]) == 0xffff || le.Uint32(b[end+12:]) == fromZip64 || le.Uint32(b[end+16:]) == fromZip64 {
		return errors.New("it is a zip64 archive, which is for sizes that a module never has")
	}
	size, start := int64(le.Uint32(b[end+12:])), int64(le.Uint32(b[end+16:]))
	if start != pos || start+size != end || size > 0 && le.Uint32(b[start:]) != centralSignature {
		return errors.New("it holds bytes that belong to no entry")
	}
	return nil
}
