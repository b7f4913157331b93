package install_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/module/constraint"
	"throng/dsl/module/fetch"
	"throng/dsl/module/install"
	"throng/dsl/module/lock"
	"throng/dsl/module/source"
)

// origin is where the fake fetcher fetches from: by address, then by tag,
// branch or commit ("" is the default branch), the files.
type origin struct {
	mu      sync.Mutex
	files   map[string]map[string]map[string]string
	fetched []string // ADDRESS@WHAT, of each Fetch
	listed  []string
	down    map[string]error // by address
	busy    int              // fetches that are going on
	most    int              // of them, at the same time
	gate    chan struct{}    // if not nil, fetches wait for it
}

func newOrigin() *origin {
	return &origin{files: map[string]map[string]map[string]string{}, down: map[string]error{}}
}

// publish has an address offer files by a tag or branch.
func (o *origin) publish(addr, what string, files map[string]string) {
	if o.files[addr] == nil {
		o.files[addr] = map[string]map[string]string{}
	}
	o.files[addr][what] = files
}

func commitOf(files map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s\x00%s\x00", name, files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (o *origin) Versions(_ context.Context, s source.Source) ([]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.listed = append(o.listed, s.Addr)
	if err := o.down[s.Addr]; err != nil {
		return nil, err
	}
	var all []string
	for what := range o.files[s.Addr] {
		if constraint.IsVersion(what) {
			all = append(all, what)
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		if constraint.Meets(a, []string{"> " + b}) {
			return -1
		}
		return 1
	})
	return all, nil
}

func (o *origin) Fetch(ctx context.Context, s source.Source, at, dir string) (fetch.Found, error) {
	o.mu.Lock()
	o.busy++
	o.most = max(o.most, o.busy)
	err, gate := o.down[s.Addr], o.gate
	if at == "" {
		at = s.Ref
	}
	o.fetched = append(o.fetched, s.Addr+"@"+at)
	offers := o.files[s.Addr]
	files, ok := offers[at]
	for _, other := range offers {
		if commit := commitOf(other); !ok && (at == commit || at == "sha256:"+commit) {
			files, ok = other, true
		}
	}
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		o.busy--
		o.mu.Unlock()
	}()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return fetch.Found{}, ctx.Err()
		}
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fetch.Found{}, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return fetch.Found{}, err
		}
		if err != nil {
			break // it ends in the middle
		}
	}
	switch {
	case err != nil:
		return fetch.Found{}, err
	case !ok:
		return fetch.Found{}, fmt.Errorf("there is no %q", at)
	case s.Kind == source.Git:
		return fetch.Found{Commit: commitOf(files)}, nil
	}
	return fetch.Found{Digest: "sha256:" + commitOf(files)}, nil
}

// offline is a fetcher that nobody may call.
type offline struct{ t *testing.T }

func (f offline) Versions(_ context.Context, s source.Source) ([]string, error) {
	f.t.Errorf("the versions of %s were asked for", s)
	return nil, errors.New("offline")
}

func (f offline) Fetch(_ context.Context, s source.Source, at, _ string) (fetch.Found, error) {
	f.t.Errorf("%s at %q was fetched", s, at)
	return fetch.Found{}, errors.New("offline")
}

// place is a scenario and a cache of a test.
type place struct {
	t          *testing.T
	dir, cache string
	origin     *origin
}

func newPlace(t *testing.T, main string) *place {
	p := &place{t: t, dir: filepath.Join(t.TempDir(), "load"), cache: filepath.Join(t.TempDir(), "cache"), origin: newOrigin()}
	p.write("main.hcl", main)
	return p
}

func (p *place) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) init(o install.Options) *install.Result {
	if o.Cache = p.cache; o.Fetcher == nil {
		o.Fetcher = p.origin
	}
	return install.Init(context.Background(), p.dir, o)
}

// ok is init where nothing may go wrong.
func (p *place) ok(o install.Options) *install.Result {
	p.t.Helper()
	r := p.init(o)
	if err := r.Diagnostics.Err(); err != nil {
		p.t.Fatalf("%v\n%s", err, shown(r.Diagnostics, r.Sources))
	}
	return r
}

// refused is init where an error of a code has to hold these words.
func (p *place) refused(o install.Options, code string, words ...string) {
	p.t.Helper()
	before := p.state()
	r := p.init(o)
	p.holds(r.Diagnostics, r.Sources, code, words...)
	if after := p.state(); after != before {
		p.t.Errorf("it failed and changed something:\n%s\nnow\n%s", before, after)
	}
	if len(r.Changes) > 0 {
		p.t.Errorf("it failed and says that it changed %v", r.Changes)
	}
}

func (p *place) holds(diags diag.Diagnostics, sources map[string][]byte, code string, words ...string) {
	p.t.Helper()
	if len(diags) == 0 || !diags.HasErrors() || diags[0].Code != code {
		p.t.Errorf("no %s:\n%s", code, shown(diags, sources))
		return
	}
	text := strings.Join(strings.Fields(strings.ReplaceAll(shown(diags, sources), "│", "")), " ")
	for _, w := range words {
		if !strings.Contains(text, w) {
			p.t.Errorf("nothing of %q in:\n%s", w, shown(diags, sources))
		}
	}
}

func shown(diags diag.Diagnostics, sources map[string][]byte) string {
	var b strings.Builder
	_ = diag.WriteText(&b, diags, sources, diag.Options{Width: 100})
	return b.String()
}

// state is the lock file, and what the cache holds.
func (p *place) state() string {
	text, _ := os.ReadFile(filepath.Join(p.dir, lock.Name))
	return string(text) + "\n" + strings.Join(p.cached(), "\n")
}

// cached are the names in the cache.
func (p *place) cached() []string {
	entries, _ := os.ReadDir(p.cache)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// load loads the scenario as all other commands do.
func (p *place) load() (*module.Tree, diag.Diagnostics) {
	return module.Load(p.dir, module.Options{Cache: p.cache})
}

// loads is load where nothing may go wrong.
func (p *place) loads() *module.Tree {
	p.t.Helper()
	t, diags := p.load()
	if err := diags.Err(); err != nil || t.Broken() {
		p.t.Fatalf("%v (broken: %v)\n%s", err, t.Broken(), shown(diags, t.Sources()))
	}
	return t
}

// loadFails is load where an error of a code has to hold these words.
func (p *place) loadFails(code string, words ...string) {
	p.t.Helper()
	t, diags := p.load()
	p.holds(diags, t.Sources(), code, words...)
	if !t.Broken() {
		p.t.Error("the tree is taken as whole")
	}
}

// locked is the lock file.
func (p *place) locked() *lock.File {
	p.t.Helper()
	f, _, src, diags := module.ReadLock(p.dir)
	if src == nil || diags.HasErrors() {
		p.t.Fatalf("no lock file: %v", diags.Err())
	}
	return f
}

// versions are the locked ones, KEY VERSION.
func (p *place) versions() string {
	p.t.Helper()
	var all []string
	for _, m := range p.locked().Modules {
		all = append(all, strings.TrimSpace(m.Key+" "+m.Version))
	}
	return strings.Join(all, "\n")
}
