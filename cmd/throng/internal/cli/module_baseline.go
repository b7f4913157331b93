package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"throng/dsl/library"
	"throng/dsl/module/tree"
)

// baseline is an older version of a library, in a temporary directory.
type baseline struct {
	name    string // as it is shown
	version string // where the name is one
	temp    string // holds oldDir and nowDir; to be removed afterwards
	inside  string // the library's directory in either, "." for all
}

// The directories of a comparison: the older version with what stands around
// the library, and the same with the library as it is now.
const (
	oldDir = "old"
	nowDir = "now"
)

// library is the library's directory in one of the two.
func (b *baseline) library(in string) string {
	return filepath.Join(b.temp, in, filepath.FromSlash(b.inside))
}

func (b *baseline) close() { _ = os.RemoveAll(b.temp) }

// hide takes the directories of the comparison out of a text, so that files
// are called as in the library.
func (b *baseline) hide(text string) string {
	for _, in := range []string{oldDir, nowDir} {
		text = strings.ReplaceAll(text, filepath.ToSlash(b.library(in))+"/", "")
		text = strings.ReplaceAll(text, filepath.ToSlash(filepath.Join(b.temp, in))+"/", "")
	}
	return text
}

// findBaseline copies what a library is compared with into a directory; nil
// where there is nothing.
func findBaseline(dir string, f checkFlags) (*baseline, error) {
	if f.against == "none" {
		return nil, nil
	}
	temp, err := os.MkdirTemp("", "throng-check-")
	if err != nil {
		return nil, err
	}
	b := &baseline{temp: temp, inside: "."}
	found, err := b.fill(dir, f.against, f.version)
	if err != nil || !found {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *baseline) fill(dir, against, planned string) (found bool, err error) {
	old := filepath.Join(b.temp, oldDir)
	if err := os.Mkdir(old, 0o755); err != nil {
		return false, err
	}
	if info, err := os.Stat(against); against != "" && err == nil && info.IsDir() {
		b.name = against
		return true, copyTree(against, old)
	}
	repo := openRepository(dir)
	switch {
	case repo == nil && against != "":
		return false, fmt.Errorf("--against %s: there is no such directory, and %s is in no git repository", against, dir)
	case repo == nil:
		return false, nil
	case against == "":
		if against, err = repo.lastVersion(planned); err != nil || against == "" {
			return false, err
		}
	}
	commit, err := repo.commit(against)
	if err != nil {
		return false, fmt.Errorf("--against: %w", err)
	}
	if err := repo.export(commit, old); err != nil {
		return false, fmt.Errorf("%s: %w", against, err)
	}
	b.name, b.inside = against, repo.inside
	if _, err := library.Next(against, library.Patch); err == nil {
		b.version = against
	}
	if _, err := os.Stat(b.library(oldDir)); errors.Is(err, fs.ErrNotExist) {
		return false, nil // the library is younger
	}
	return true, nil
}

// copyTree copies a directory's files into another one. Links, .git and
// results are left out. What is larger than a module may be is an error.
func copyTree(from, to string) error {
	files, left := 0, int64(tree.MaxBytes)
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "results") && rel != ".":
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if files, left = files+1, left-info.Size(); files > tree.MaxFiles || left < 0 {
			return fmt.Errorf("%s is larger than a module may be: %d files, %d MiB", from, tree.MaxFiles, tree.MaxBytes>>20)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), text, 0o644)
	})
}

// renew puts the library as it is now where the older version stood, so that
// what it names beside itself is there.
func (b *baseline) renew(dir string) error {
	if err := copyTree(filepath.Join(b.temp, oldDir), filepath.Join(b.temp, nowDir)); err != nil {
		return err
	}
	if err := os.RemoveAll(b.library(nowDir)); err != nil {
		return err
	}
	return copyTree(dir, b.library(nowDir))
}

// swapExamples gives a library the examples of another version of it.
func swapExamples(from, to string) error {
	to = filepath.Join(to, examplesDir)
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	err := copyTree(filepath.Join(from, examplesDir), to)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has none
	}
	return err
}
