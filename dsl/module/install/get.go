package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/module/constraint"
	"throng/dsl/module/fetch"
	"throng/dsl/module/source"
	"throng/dsl/module/tree"
)

// get has the files of a pick: those that are here where they are locked and
// unchanged, else fetched ones.
func (n *run) get(p *pick, asks []*module.Request) *diag.Diagnostic {
	if p.kept {
		files, from, err := n.shelf.Find(&p.module)
		var changed *tree.Changed
		switch {
		case err == nil:
			p.files, p.from = files, from
			return nil
		case errors.As(err, &changed) && from == module.Vendored:
			d := n.at(asks, diag.ModuleChanged, "%s", module.ChangedText(p.name(), n.result.LockFile, err))
			d.Suggestion = module.VendorRepair(changed.Dir, n.scenario)
			return d
		case changed == nil && !errors.Is(err, fs.ErrNotExist):
			return n.at(asks, diag.FileUnreadable, "%s cannot be read: %s.", p.name(), err)
		}
	}
	held := p.module.Key + "\x00" + p.module.Version + "\x00" + p.module.Hash
	n.mu.Lock()
	had := n.held[held]
	n.mu.Unlock()
	if had != nil {
		p.module, p.files, p.from = had.module, had.files, had.from
		return nil
	}
	if n.o.Offline {
		return n.at(asks, diag.ModuleNotInstalled, "%s is not on this machine, and --offline forbids to fetch it.", p.name())
	}
	if d := n.fetch(p, asks); d != nil {
		return d
	}
	n.mu.Lock()
	n.held[held] = p
	n.mu.Unlock()
	return nil
}

// fetch fetches a pick and holds it against what is locked.
func (n *run) fetch(p *pick, asks []*module.Request) *diag.Diagnostic {
	dir, err := n.shelf.Cache.Temp()
	if err != nil {
		d := n.at(asks, diag.FetchFailed, "There is no place to fetch modules to: %s.", strings.TrimSuffix(err.Error(), "."))
		d.Suggestion = "Name a directory that can be written to: THRONG_CACHE_DIR=DIR."
		return d
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if n.o.Report != nil {
		n.mu.Lock()
		n.o.Report(p.name())
		n.mu.Unlock()
	}
	found, err := n.o.Fetcher.Fetch(n.ctx, p.source, p.at(), dir)
	if err != nil {
		return n.unfetched(asks, p.name(), err)
	}
	files, hash, err := tree.Read(os.DirFS(dir))
	if err != nil {
		return n.unfetched(asks, p.name(), err)
	}
	if d := n.differs(p, found, hash, asks); d != nil {
		return d
	}
	p.files, p.from = files, Fetched
	if p.kept {
		return nil
	}
	p.module.Commit, p.module.Digest, p.module.Hash = found.Commit, found.Digest, hash
	if old := n.old.Of(p.module.Key); old != nil && old.Hash == hash && p.source.Kind == source.Archive {
		p.module.Digest = old.Digest // packed anew, of the same files
	}
	return nil
}

// at is what to fetch of the source: the tag of the version, so that one that
// was moved is found out, or the commit or digest that is locked.
func (p *pick) at() string {
	switch {
	case p.module.Version != "":
		return p.module.Version
	case !p.kept || p.source.Kind == source.Archive || constraint.IsVersion(p.source.Ref) || p.source.Pinned():
		return ""
	case p.source.Kind == source.Git:
		return p.module.Commit
	}
	return p.module.Digest
}

// differs says how what was fetched is not what is locked. The digest of an
// archive may be another where its files are the same.
func (n *run) differs(p *pick, found fetch.Found, hash string, asks []*module.Request) *diag.Diagnostic {
	if !p.kept {
		return nil
	}
	m := &p.module
	was, is := m.Commit, found.Commit
	if p.source.Kind == source.OCI {
		was, is = m.Digest, found.Digest
	}
	var d *diag.Diagnostic
	switch {
	case was != is && was != "" && p.source.Kind != source.Archive:
		d = n.at(asks, diag.ModuleChanged, "The tag of %s was moved: it leads to %s, and led to %s when it was locked. What a published version holds must not change.", p.name(), is, was)
	case hash != m.Hash && p.source.Kind == source.Archive:
		d = n.at(asks, diag.ModuleChanged, "%s holds other files than when it was locked: their hash is %s, and the lock file %s wants %s.", p.name(), hash, n.result.LockFile, m.Hash)
		d.Suggestion = fmt.Sprintf("If that is meant, lock the new files: %q.", module.InitCommand("--upgrade "+n.scenario))
		return d
	case hash != m.Hash:
		d = n.at(asks, diag.ModuleChanged, "What was fetched is not %s as it was locked: its files have the hash %s, and the lock file %s wants %s.", p.name(), hash, n.result.LockFile, m.Hash)
	default:
		return nil
	}
	d.Suggestion = fmt.Sprintf("Ask who publishes it. If the change is meant, delete the entry from %s and run %q.", n.result.LockFile, module.InitCommand(n.scenario))
	return d
}

// unfetched says that a source gave nothing that can be used.
func (n *run) unfetched(asks []*module.Request, what string, err error) *diag.Diagnostic {
	verb := "could not be fetched"
	if strings.HasPrefix(what, "The versions of ") {
		verb = "could not be listed"
	}
	if errors.Is(n.ctx.Err(), context.DeadlineExceeded) {
		return n.at(asks, diag.FetchFailed, "%s %s in time.", what, verb)
	}
	return n.at(asks, diag.FetchFailed, "%s %s: %s.", what, verb, strings.TrimSuffix(err.Error(), "."))
}
