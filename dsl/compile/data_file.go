package compile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"

	"throng/dsl/diag"
)

// maxDataFile is how many bytes a file of rows may have.
const maxDataFile = 512 << 20

// dataFile is a file of rows being read. What is read of it is hashed.
type dataFile struct {
	*bufio.Reader
	name string
	file fs.File
	sum  hash.Hash
	size int64
}

// fill reads on, and fails beyond the bound: the file may have grown since
// its size was asked for.
func (f *dataFile) fill(p []byte) (int, error) {
	n, err := f.file.Read(p)
	f.size += int64(n)
	f.sum.Write(p[:n])
	if f.size > maxDataFile {
		return 0, errTooLarge
	}
	return n, err
}

var errTooLarge = errors.New("the file is too large")

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// read opens the table's file, skips a byte order mark and has its rows read.
// rows reports what is wrong with them by its error, or itself and then says
// false.
func (t *table) read(rows func(f *dataFile) (bool, error)) bool {
	f, ok := t.open()
	if !ok {
		return false
	}
	defer f.file.Close()
	good, err := t.decoded(f, rows)
	if err == nil && good {
		_, err = io.Copy(io.Discard, f) // what follows the rows belongs to the hash
	}
	at := t.block.Arg("file").Expr.Range()
	var beyond *fs.PathError
	switch {
	case errors.Is(err, errTooLarge):
		t.c.fail(t.block, diag.LimitExceeded, at, "%q is larger than %d MiB.", f.name, maxDataFile>>20)
	case errors.As(err, &beyond):
		t.c.fail(t.block, diag.FileUnreadable, at, "%q cannot be read: %s.", f.name, beyond.Err)
	case err != nil:
		t.c.fail(t.block, diag.InvalidData, at, "%s: %s.", f.name, err)
	}
	t.File, t.SHA256 = f.name, hex.EncodeToString(f.sum.Sum(nil))
	return good && err == nil
}

func (t *table) decoded(f *dataFile, rows func(f *dataFile) (bool, error)) (bool, error) {
	head, err := f.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = f.Discard(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return false, errors.New("the file is UTF-16; save it as UTF-8")
	}
	return rows(f)
}

// open opens a file of the module's own directory; nothing outside it.
func (t *table) open() (*dataFile, bool) {
	c, b := t.c, t.block
	name, ok := c.str(b, "file")
	if !ok {
		return nil, false
	}
	file, ok := c.openFile(b, b.Arg("file"), name, maxDataFile)
	if !ok {
		return nil, false
	}
	f := &dataFile{name: name, file: file, sum: sha256.New()}
	f.Reader = bufio.NewReaderSize(readerFunc(f.fill), 64<<10)
	return f, true
}
