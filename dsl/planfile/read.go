package planfile

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// VersionError says that a plan file is whole, and of another throng.
type VersionError struct{ Wrote, Reads string }

func (e *VersionError) Error() string {
	return fmt.Sprintf("it was made by throng %s, and this is throng %s. The same scenario may mean something else there: make the plan file anew, or run it with throng %s", e.Wrote, e.Reads, e.Wrote)
}

var errDamaged = errors.New("the file is damaged, cut off, or was changed after throng wrote it; make it anew with throng plan --out")

// Open reads the plan file at name for the version tool of throng.
func Open(name, tool string) (*File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	return Decode(data, tool)
}

// Decode reads a plan file for the version tool of throng. Other versions'
// files are a *VersionError.
func Decode(data []byte, tool string) (*File, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("it is larger than %d MiB, the most a plan file may be", maxFile>>20)
	}
	if !bytes.HasPrefix(data, []byte("PK")) {
		return nil, errors.New("it is no plan file, which throng plan --out writes, and no scenario: that is a directory of *.hcl files, or one such file")
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(archive.File) == 0 || len(archive.File) > maxTexts+1 {
		return nil, errDamaged
	}
	f := &File{Texts: map[string][]byte{}}
	if err := f.manifest(archive.File[0], tool); err != nil {
		return nil, err
	}
	for _, entry := range archive.File[1:] {
		text, err := read(entry, MaxFetched)
		sum, named := strings.CutPrefix(entry.Name, textsPrefix)
		if err != nil || !named || sum != Sum(text) {
			return nil, errDamaged
		}
		f.Texts[sum] = text
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	again, err := Encode(f)
	if err != nil || !bytes.Equal(again, data) {
		return nil, errDamaged
	}
	return f, nil
}

// manifest reads the first entry, and its version before all else.
func (f *File) manifest(entry *zip.File, tool string) error {
	text, err := read(entry, maxManifest)
	if err != nil || entry.Name != manifestName {
		return errDamaged
	}
	var version struct {
		Format int    `json:"format_version"`
		Tool   string `json:"throng"`
	}
	if err := json.Unmarshal(text, &version); err != nil || version.Tool == "" {
		return errDamaged
	}
	if version.Format != FormatVersion || version.Tool != tool {
		return &VersionError{Wrote: version.Tool, Reads: tool}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&f.Manifest); err != nil {
		return errDamaged
	}
	return nil
}

// read is an entry's text. Only stored entries are read: their size is that
// of the archive's own bytes.
func read(entry *zip.File, most uint64) ([]byte, error) {
	if entry.Method != zip.Store || entry.UncompressedSize64 > most {
		return nil, errDamaged
	}
	r, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, int64(most)+1))
}

// check holds the list of files against the texts: each listed text is
// there, none is without an entry, and no path leaves its directory.
func (f *File) check() error {
	listed := map[string]bool{}
	for _, e := range f.Files {
		_, held := f.Texts[e.SHA256]
		if !validPath(e.Path) || e.Stored != held || e.Stored && e.Size != int64(len(f.Texts[e.SHA256])) {
			return errDamaged
		}
		listed[e.SHA256] = true
	}
	for sum := range f.Texts {
		if !listed[sum] {
			return errDamaged
		}
	}
	return nil
}
