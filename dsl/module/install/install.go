// Package install has a scenario's modules on this machine: it chooses
// versions, fetches what is not there, and maintains the lock file. It is the
// algorithm of `throng init` and `throng vendor`; all other commands only read
// what these two left.
//
// Init walks the tree of modules as far as it is known, chooses one version
// for each source that was met, fetches these, and walks again, until a walk
// meets nothing new. Constraints that a module deeper in the tree adds are
// seen by the next walk. Nothing is written before all of it has succeeded.
package install

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/module/fetch"
	"throng/dsl/module/lock"
	"throng/dsl/module/tree"
	"throng/dsl/resolve"
	"throng/dsl/wholefile"
	"throng/stdlib"
)

// Limits on what one scenario brings in.
const (
	maxRounds  = 64
	maxModules = 1000
	maxBytes   = 8 * tree.MaxBytes
	parallel   = 4 // fetches at the same time
)

// Options choose how modules are had.
type Options struct {
	Fetcher fetch.Fetcher
	Cache   string // directory of fetched modules
	Upgrade bool   // choose versions anew, whatever is locked
	Locked  bool   // the lock file must not change
	Offline bool   // fetch nothing

	// Report, if it is set, hears of each fetch as it begins, by the
	// module's name. It is not called twice at the same time.
	Report func(name string)
}

// Module is a module block whose source had to be fetched.
type Module struct {
	Path    string // module.NAME…
	Source  string // as written
	Name    string // ADDRESS@VERSION
	Version string // see module.VersionOf
	Lock    lock.Module
	From    module.From
}

// Fetched says that a module was fetched just now.
const Fetched module.From = "fetched"

// Result is what Init did.
type Result struct {
	Modules     []Module // in the order of the tree
	LockFile    string
	Changes     []lock.Change // of the lock file, which is written where there are any
	Diagnostics diag.Diagnostics
	Sources     map[string][]byte // for snippets
}

// Init has the modules of a scenario in the vendor directory or the cache, and
// its lock file in order. With errors lock file and cache are as they were.
func Init(ctx context.Context, scenario string, o Options) *Result {
	cfg, diags := config.Load(scenario)
	if cfg == nil {
		return &Result{Diagnostics: diags}
	}
	n := &run{
		ctx: ctx, o: o, scenario: scenario, config: cfg, result: &Result{Sources: cfg.Sources},
		shelf: module.NewShelf(cfg.Dir, o.Cache),
		picks: map[string]*pick{}, offers: map[string][]string{}, held: map[string]*pick{},
	}
	old, name, src, found := module.ReadLock(cfg.Dir)
	n.old, n.result.LockFile = old, name
	n.add(diags...)
	n.add(found...)
	if old == nil {
		n.result.Sources = map[string][]byte{name: src}
		return n.result
	}
	n.install()
	n.result.Diagnostics = resolve.Traced(n.tree, n.result.Diagnostics)
	n.result.Diagnostics = n.result.Diagnostics.Dedupe()
	n.result.Diagnostics.Sort()
	return n.result
}

// run is one Init.
type run struct {
	ctx      context.Context
	o        Options
	scenario string
	config   *config.Module
	shelf    module.Shelf
	old      *lock.File
	result   *Result

	tree  *module.Tree
	keys  []string // of the sources that the last walk met, in its order
	asks  map[string][]*module.Request
	picks map[string]*pick

	mu     sync.Mutex          // of what follows, and of Report
	offers map[string][]string // versions that sources offer, by key
	held   map[string]*pick    // what was fetched, by key and what of it
}

func (n *run) add(ds ...*diag.Diagnostic) { n.result.Diagnostics = append(n.result.Diagnostics, ds...) }

func (n *run) install() {
	for range maxRounds {
		diags := n.walk()
		if len(n.keys) > maxModules {
			n.add(diag.General(diag.LimitExceeded, "The scenario brings in more than %d modules from elsewhere.", maxModules))
			return
		}
		moved, refused, failed := n.settle()
		switch {
		case len(failed) > 0:
			n.add(failed...)
			return
		case moved:
			continue
		}
		n.add(refused...)
		n.add(diags...)
		if !n.result.Diagnostics.HasErrors() {
			n.finish()
		}
		return
	}
	n.add(diag.General(diag.VersionConflict, "The versions that are chosen bring in constraints that choose other ones, again and again. Ask for fewer versions of one of these: %s.", strings.Join(n.keys, ", ")))
}

// walk loads the tree as far as it is known.
func (n *run) walk() diag.Diagnostics {
	n.keys, n.asks = nil, map[string][]*module.Request{}
	t, diags := module.Grow(n.config, "", stdlib.Dir, func(r *module.Request) (*module.Fetched, diag.Diagnostics) {
		key := r.Source.Key()
		if n.asks[key] == nil {
			n.keys = append(n.keys, key)
		}
		n.asks[key] = append(n.asks[key], r)
		p := n.picks[key]
		if p == nil {
			return nil, nil
		}
		return r.Within(&module.Fetched{Name: p.name(), Lock: p.module, Open: module.OpenIn(p.files)}, p.files)
	})
	n.tree, n.result.Sources = t, t.Sources()
	for _, asks := range n.asks { // the scenario's own blocks first
		slices.SortStableFunc(asks, func(a, b *module.Request) int {
			return strings.Count(a.Caller.Path, ".") - strings.Count(b.Caller.Path, ".")
		})
	}
	return diags
}

// finish keeps what was fetched and writes the lock file. What killed processes
// left in the cache goes.
func (n *run) finish() {
	n.shelf.Cache.Sweep()
	next := n.next()
	n.result.Changes = n.old.Changes(next)
	if len(n.result.Changes) > 0 && n.o.Locked {
		n.add(n.mustNotChange())
		return
	}
	added, err := n.keep()
	if err == nil && len(n.result.Changes) > 0 {
		err = wholefile.Write(n.result.LockFile, next.Bytes(), 0o644)
	}
	if err != nil {
		for _, hash := range added {
			_ = n.shelf.Cache.Drop(hash)
		}
		n.add(diag.General(diag.FileUnreadable, "What was fetched cannot be kept: %s.", err))
		return
	}
	n.list()
}

// next is the lock file as it has to be. The lock file of a scenario of one
// file is shared by those beside it, so it keeps what that one does not need.
func (n *run) next() *lock.File {
	next := &lock.File{}
	for _, key := range n.keys {
		m := n.picks[key].module
		m.Constraints = constraintsOf(n.asks[key])
		next.Modules = append(next.Modules, m)
	}
	if info, err := os.Stat(n.scenario); err == nil && !info.IsDir() {
		for _, m := range n.old.Modules {
			if next.Of(m.Key) == nil {
				next.Modules = append(next.Modules, m)
			}
		}
	}
	return next
}

func (n *run) mustNotChange() *diag.Diagnostic {
	var lines strings.Builder
	for _, c := range n.result.Changes {
		fmt.Fprintf(&lines, "\n  %s", c)
	}
	n.result.Changes = nil
	d := diag.General(diag.LockOutdated, "The lock file %s would change, and --locked (the default where CI is set) forbids it:%s", n.result.LockFile, lines.String())
	d.Suggestion = fmt.Sprintf("Run %q where the scenario is written, and commit the lock file.", module.InitCommand(n.scenario))
	return d
}

// keep moves what was fetched into the cache, and says what is new there.
func (n *run) keep() (added []string, err error) {
	for _, key := range n.keys {
		p := n.picks[key]
		if p.from != Fetched {
			continue
		}
		fresh, err := n.shelf.Cache.Put(p.files, p.module.Hash)
		if err != nil {
			return added, err
		}
		if fresh {
			added = append(added, p.module.Hash)
		}
	}
	return added, nil
}

// list says what each module block came to.
func (n *run) list() {
	n.tree.Walk(func(t *module.Tree) {
		if t.Within == nil || !t.Source.Remote() {
			return
		}
		n.result.Modules = append(n.result.Modules, Module{
			Path: t.Path, Source: t.Source.Text, Name: t.Within.Name, Version: module.VersionOf(t.Source, &t.Within.Lock), Lock: t.Within.Lock, From: n.picks[t.Source.Key()].from,
		})
	})
}
