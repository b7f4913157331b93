package dsl

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"io/fs"
	"sync"

	"throng/dsl/module"
	"throng/dsl/planfile"
)

// reading notes what a compilation reads beside the sources: the files of
// data blocks and of functions.
type reading struct {
	mu    sync.Mutex
	files map[place]*noted
}

// place is a file of a module's directory.
type place struct{ dir, path string }

// noted is what was read of a file.
type noted struct {
	sum  string
	size int64
	text []byte // nil for a file that is too large for a plan file
}

// watch makes every module of a tree read through r.
func (r *reading) watch(tree *module.Tree) {
	r.files = map[place]*noted{}
	tree.Walk(func(m *module.Tree) {
		if m.Folder != "" {
			w := &watched{files: m.Files, dir: m.Folder, most: planfile.MaxText, r: r}
			if m.Within != nil {
				w.most = planfile.MaxFetched
			}
			m.Files = w
		}
	})
}

// watched is a directory whose readers are noted.
type watched struct {
	files fs.FS
	dir   string
	most  int64 // bytes of a file that are kept
	r     *reading
}

// Open opens a file and notes what is read of it.
func (w *watched) Open(name string) (fs.File, error) {
	f, err := w.files.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return f, nil // whoever reads it will see what is wrong
	}
	return &watchedFile{File: f, at: place{w.dir, name}, most: w.most, r: w.r, hash: sha256.New(), text: []byte{}}, nil
}

// Stat does not count as reading.
func (w *watched) Stat(name string) (fs.FileInfo, error) { return fs.Stat(w.files, name) }

type watchedFile struct {
	fs.File
	at   place
	most int64
	r    *reading
	hash hash.Hash
	size int64
	text []byte
}

// Read reads, and hashes what was read.
func (f *watchedFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.hash.Write(p[:n])
	f.size += int64(n)
	if f.text = append(f.text, p[:n]...); f.size > f.most {
		f.text = nil
	}
	return n, err
}

// Close reads what is left, so that the hash is that of the whole file.
func (f *watchedFile) Close() error {
	_, err := io.Copy(io.Discard, struct{ io.Reader }{f})
	if err == nil {
		f.r.mu.Lock()
		defer f.r.mu.Unlock()
		f.r.files[f.at] = &noted{sum: hex.EncodeToString(f.hash.Sum(nil)), size: f.size, text: f.text}
	}
	if closing := f.File.Close(); err == nil {
		err = closing
	}
	return err
}
