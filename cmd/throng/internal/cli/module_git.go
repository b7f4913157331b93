package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"throng/dsl/library"
	"throng/dsl/module/constraint"
	"throng/dsl/module/tree"
)

// gitTimeout bounds each call of git, which only looks at the local
// repository.
const gitTimeout = time.Minute

// repository is a local git repository, and where a library stands in it.
type repository struct {
	top    string // its working tree
	inside string // the library's directory in it, with slashes; "." for all
}

// openRepository finds the repository that a directory is part of; nil
// without one, or without git.
func openRepository(dir string) *repository {
	out, err := git(dir, "rev-parse", "--show-toplevel", "--show-prefix")
	if err != nil {
		return nil
	}
	top, prefix, _ := strings.Cut(strings.TrimRight(string(out), "\n"), "\n")
	return &repository{filepath.FromSlash(top), path.Clean(strings.TrimSpace(prefix))}
}

// git runs the system's git in a directory.
func git(dir string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), gitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "--no-pager"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("git %s gave no answer within %s", args[0], gitTimeout)
	case err != nil && stderr.Len() > 0:
		return nil, errors.New(strings.TrimSpace(stderr.String()))
	}
	return out, err
}

// lastVersion is the highest release among the tags that lead to the current
// commit, as written, but for the one that is planned; "" without any.
func (r *repository) lastVersion(planned string) (string, error) {
	out, err := git(r.top, "tag", "--merged", "HEAD")
	if err != nil {
		return "", nil // there is no commit yet
	}
	last := ""
	for _, tag := range strings.Fields(string(out)) {
		if !constraint.IsVersion(tag) || strings.Contains(tag, "-") || strings.TrimPrefix(tag, "v") == strings.TrimPrefix(planned, "v") {
			continue
		}
		below := last == ""
		if !below {
			if below, err = library.Below(last, tag); err != nil {
				return "", err
			}
		}
		if below {
			last = tag
		}
	}
	return last, nil
}

// commit is the full name of the commit that a reference leads to.
func (r *repository) commit(ref string) (string, error) {
	out, err := git(r.top, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("the repository has no commit, tag or branch %q", ref)
	}
	return strings.TrimSpace(string(out)), nil
}

// export writes the files of a commit into a directory, which is there and
// empty. Links and submodules are left out.
func (r *repository) export(commit, dir string) error {
	out, err := git(r.top, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return err
	}
	var names, ids []string
	for entry := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		about, name, ok := strings.Cut(entry, "\t")
		words := strings.Fields(about) // mode, type, object
		if !ok || len(words) != 3 || words[1] != "blob" || !strings.HasPrefix(words[0], "100") {
			continue
		}
		if names, ids = append(names, name), append(ids, words[2]); len(names) > tree.MaxFiles {
			return fmt.Errorf("it holds more than %d files, the most that a module may", tree.MaxFiles)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return r.blobs(ids, func(i int, text []byte) error {
		if err := root.MkdirAll(path.Dir(names[i]), 0o755); err != nil {
			return err
		}
		return root.WriteFile(names[i], text, 0o644)
	})
}

// blobs gives the texts of objects, in order.
func (r *repository) blobs(ids []string, each func(i int, text []byte) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), gitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "-C", r.top, "cat-file", "--batch")
	cmd.Stdin = strings.NewReader(strings.Join(ids, "\n") + "\n")
	var out bytes.Buffer
	cmd.Stdout = &atMost{&out, tree.MaxBytes + 200*int64(len(ids))}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the files of the older version cannot be read, or are larger than %d MiB: %w", tree.MaxBytes>>20, err)
	}
	for i := range ids {
		head, err := out.ReadString('\n') // object, type, size
		words := strings.Fields(head)
		if err != nil || len(words) != 3 {
			return fmt.Errorf("git says %q of an object", strings.TrimSpace(head))
		}
		size, err := strconv.Atoi(words[2])
		if err != nil || size > out.Len() {
			return fmt.Errorf("git says %q of an object", strings.TrimSpace(head))
		}
		if err := each(i, out.Next(size)); err != nil {
			return err
		}
		out.Next(1) // a newline
	}
	return nil
}

// atMost refuses to be written more than a number of bytes.
type atMost struct {
	w    io.Writer
	left int64
}

// Write writes, unless it would be too much.
func (w *atMost) Write(p []byte) (int, error) {
	if w.left -= int64(len(p)); w.left < 0 {
		return 0, errors.New("too much")
	}
	return w.w.Write(p)
}

// clean reports whether the working tree has no change below the library's
// directory.
func (r *repository) clean() (bool, error) {
	out, err := git(r.top, "status", "--porcelain", "--", r.inside)
	return len(out) == 0, err
}

// uncommitted are those of the library's files, by their names in it, that are
// not in the repository as they are here: changed, new, or ignored by git.
func (r *repository) uncommitted(files []string) ([]string, error) {
	out, err := git(r.top, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignored", "--", r.inside)
	if err != nil {
		return nil, err
	}
	differ := map[string]bool{}
	for entry := range strings.SplitSeq(string(out), "\x00") {
		if len(entry) > 3 { // two letters and a space
			differ[entry[3:]] = true
		}
	}
	var all []string
	for _, name := range files {
		if differ[path.Join(r.inside, name)] {
			all = append(all, name)
		}
	}
	return all, nil
}

// versionTag is a tag that is to be made at the current commit.
type versionTag struct {
	repo       *repository
	name, head string
	message    string
	there      bool
}

// newTag holds that a version can be tagged. The tag's form is that of the
// last one.
func newTag(dir, version, last string) (*versionTag, error) {
	repo := openRepository(dir)
	if repo == nil {
		return nil, fmt.Errorf("%s is in no git repository", dir)
	}
	if last == "" || strings.HasPrefix(last, "v") {
		version = "v" + version
	}
	head, err := repo.commit("HEAD")
	if err != nil {
		return nil, err
	}
	clean, err := repo.clean()
	switch {
	case err != nil:
		return nil, err
	case !clean:
		return nil, errors.New("the library has changes that are not committed, which the tag would not hold: commit them first")
	}
	t := &versionTag{repo: repo, name: version, head: head, message: path.Base(filepath.ToSlash(repo.top)) + " " + version}
	if at, err := repo.commit("refs/tags/" + version); err == nil {
		if t.there = true; at != head {
			return nil, fmt.Errorf("the tag %s is there already, at another commit, and what is published does not change: choose the next version", version)
		}
	}
	return t, nil
}

// make makes the tag, annotated, unless it is there already.
func (t *versionTag) make() error {
	if t.there {
		return nil
	}
	_, err := git(t.repo.top, "tag", "--annotate", "--message="+t.message, t.name, t.head)
	return err
}
