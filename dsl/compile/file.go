package compile

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// openFile opens a file that an argument names, below the directory of the
// module that the argument was written in; nothing outside it.
func (c *compiler) openFile(b *config.Block, a *config.Arg, name string, most int64) (fs.File, bool) {
	at := a.Expr.Range()
	clean := path.Clean(filepath.ToSlash(name))
	if !fs.ValidPath(clean) {
		whose := "scenario"
		if a.Module != c.root.Tree.Config {
			whose = "library"
		}
		c.fail(b, diag.FileUnreadable, at, "%q lies outside the %s's directory. Files stand beside the %s or below it.", name, whose, whose)
		return nil, false
	}
	tree := c.root.Of(a.Module).Tree
	info, err := fs.Stat(tree.Files, clean)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d := c.fail(b, diag.FileNotFound, at, "There is no file %q in the directory %q.", name, tree.Config.Dir)
		if entries, err := fs.ReadDir(tree.Files, path.Dir(clean)); err == nil {
			var names []string
			for _, e := range entries[:min(len(entries), 1000)] {
				names = append(names, path.Join(path.Dir(clean), e.Name()))
			}
			d.DidYouMean(clean, names)
		}
		return nil, false
	case err != nil:
		c.fail(b, diag.FileUnreadable, at, "%q cannot be read: %s.", name, reason(err))
		return nil, false
	case !info.Mode().IsRegular():
		c.fail(b, diag.FileUnreadable, at, "%q is not a regular file.", name)
		return nil, false
	case info.Size() > most:
		c.fail(b, diag.LimitExceeded, at, "%q is larger than %d MiB.", name, most>>20)
		return nil, false
	}
	file, err := tree.Files.Open(clean)
	if err != nil {
		c.fail(b, diag.FileUnreadable, at, "%q cannot be read: %s.", name, reason(err))
		return nil, false
	}
	return file, true
}

// fileBytes is the whole content of a file that an argument names; of one
// that several name it is read once.
func (c *compiler) fileBytes(b *config.Block, arg string, most int64) (name string, content []byte, ok bool) {
	name, ok = c.str(b, arg)
	if !ok {
		return "", nil, false
	}
	a := b.Arg(arg)
	key := c.root.Of(a.Module).Tree.Path + "\x00" + path.Clean(filepath.ToSlash(name))
	if content, ok := c.files[key]; ok {
		return name, content, true
	}
	file, ok := c.openFile(b, a, name, most)
	if !ok {
		return "", nil, false
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		c.fail(b, diag.FileUnreadable, a.Expr.Range(), "%q cannot be read: %s.", name, reason(err))
		return "", nil, false
	}
	c.files[key] = content
	return name, content, true
}

// reason is what went wrong with a file, without its path.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
