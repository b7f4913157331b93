// Package scaffold writes starting scenarios: a small one from nothing, or one
// request for each operation of an OpenAPI document. It makes texts and files,
// and knows nothing of how they are compiled: what it writes has to be valid as
// any author's is. Where only a human can decide, it writes a comment.
package scaffold

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"throng/dsl/format"
)

// File is one file of a scenario.
type File struct {
	Name string // within the scenario's directory
	Text []byte
}

//go:embed starter.hcl
var starter string

// Starter is a small scenario of a name, commented for a newcomer. It runs as
// it is, against an example API that throng brings along.
func Starter(name string) ([]File, error) {
	return formatted(File{"main.hcl", []byte(strings.Replace(starter, `"NAME"`, quote(name), 1))})
}

// formatted lays files out in canonical form.
func formatted(files ...File) ([]File, error) {
	for i, f := range files {
		text, diags := format.Source(f.Text, f.Name)
		if err := diags.Err(); err != nil {
			return nil, fmt.Errorf("what was written of %s is not HCL, which is a defect of throng: %w", f.Name, err)
		}
		files[i].Text = text
	}
	return files, nil
}

// Write writes files into dir, which it makes where it is missing. A directory
// that holds a scenario already is refused, and no file is ever replaced.
func Write(dir string, files []File) error {
	there, err := filepath.Glob(filepath.Join(globbed(dir), "*.hcl*"))
	if err != nil {
		return err
	}
	info, statErr := os.Stat(dir)
	switch {
	case statErr == nil && !info.IsDir():
		return fmt.Errorf("%q is a file; name a directory, which need not exist yet", dir)
	case len(there) > 0:
		return fmt.Errorf("%q holds a scenario already (%s), and nothing is ever overwritten: name another directory", dir, filepath.Base(there[0]))
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("the directory cannot be made: %w", err)
	}
	for _, f := range files {
		if err := create(filepath.Join(dir, f.Name), f.Text); err != nil {
			return err
		}
	}
	return nil
}

// globbed is a directory's name as a pattern that means only itself.
func globbed(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

func create(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%q exists already, and nothing is ever overwritten", name)
	case err != nil:
		return fmt.Errorf("the file cannot be made: %w", err)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
