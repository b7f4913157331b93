package install_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/module/install"
	"throng/dsl/module/lock"
	"throng/dsl/module/tree"
)

const (
	shop = "https://git.example.com/load/shop.git"
	auth = "https://git.example.com/load/auth.git"
	key  = "git::" + shop
)

// library are the files of a library that says which version it is.
func library(version string, more ...string) map[string]string {
	return map[string]string{"main.hcl": fmt.Sprintf("output \"version\" { value = %q }\n%s", version, strings.Join(more, "\n"))}
}

// using is a module block.
func using(name, source, version string) string {
	if version != "" {
		version = fmt.Sprintf("  version = %q\n", version)
	}
	return fmt.Sprintf("module %q {\n  source = %q\n%s}\n", name, source, version)
}

func TestFetchLockAndLoad(t *testing.T) {
	p := newPlace(t, using("shop", "git::"+shop+"//api", "~> 1.2")+using("again", "git::"+shop, ">= 1.1"))
	files := library("1.3")
	files["api/main.hcl"] = "data \"csv\" \"people\" { file = \"people.csv\" }\n"
	files["api/people.csv"] = "name\na\n"
	p.origin.publish(shop, "v1.2.0", library("1.2"))
	p.origin.publish(shop, "v1.3.0", files)
	p.origin.publish(shop, "v2.0.0", library("2"))
	p.loadFails(diag.ModuleNotInstalled, "there is no lock file", "throng init "+p.dir)
	r := p.ok(install.Options{})
	if len(r.Changes) != 1 || r.Changes[0].Old != nil || r.Changes[0].String() != key+" v1.3.0" {
		t.Errorf("changes: %v", r.Changes)
	}
	if len(r.Modules) != 2 || r.Modules[0].Path != "module.again" || r.Modules[1].From != install.Fetched || r.Modules[1].Name != key+"@v1.3.0" {
		t.Errorf("modules: %+v", r.Modules)
	}
	m := p.locked().Of(key)
	if !slices.Equal(m.Constraints, []string{">= 1.1", "~> 1.2"}) || m.Commit != commitOf(files) {
		t.Errorf("locked: %+v", m)
	}
	if len(p.origin.fetched) != 1 {
		t.Errorf("fetched %q", p.origin.fetched)
	}
	tree := p.loads()
	api := tree.Calls["shop"]
	if api.Config.Dir != key+"@v1.3.0//api" || api.Config.Sources[key+"@v1.3.0//api/main.hcl"] == nil {
		t.Errorf("it is called %q, its files %q", api.Config.Dir, slices.Collect(keysOf(api.Config.Sources)))
	}
	if text, err := fs.ReadFile(api.Files, "people.csv"); err != nil || string(text) != "name\na\n" {
		t.Errorf("its file: %q, %v", text, err)
	}
	if _, err := api.Files.Open("../main.hcl"); err == nil {
		t.Error("a file outside of its directory was opened")
	}
	if root := tree.Calls["again"]; root.Config.Dir != key+"@v1.3.0" {
		t.Errorf("the whole of it is called %q", root.Config.Dir)
	}
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Once all is there, nothing asks the network, and nothing is written.
func TestNothingIsFetchedTwice(t *testing.T) {
	p := newPlace(t, using("shop", key, "~> 1.2"))
	p.origin.publish(shop, "v1.2.0", library("1.2"))
	p.ok(install.Options{})
	name := filepath.Join(p.dir, lock.Name)
	before, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []install.Options{{}, {Locked: true}, {Offline: true}} {
		o.Fetcher = offline{t}
		r := p.ok(o)
		if len(r.Changes) != 0 || r.Modules[0].From != module.Cached {
			t.Errorf("%+v: changes %v, modules %+v", o, r.Changes, r.Modules)
		}
	}
	if after, err := os.Stat(name); err != nil || !os.SameFile(before, after) {
		t.Errorf("the lock file was written again: %v", err)
	}
}

func TestNothingToFetch(t *testing.T) {
	p := newPlace(t, using("here", "./lib", "")+using("std", "std/slas", ""))
	p.write("lib/main.hcl", "output \"x\" { value = 1 }\n")
	r := p.ok(install.Options{Fetcher: offline{t}, Locked: true})
	if len(r.Modules) != 0 || len(r.Changes) != 0 || strings.TrimSpace(p.state()) != "" {
		t.Errorf("%+v\n%s", r, p.state())
	}
}

// A constraint that the locked version does not meet: no command runs, and
// init chooses anew.
// One flipped bit in the cache: nothing runs, and init repairs it.
func TestTamperedCache(t *testing.T) {
	p := newPlace(t, using("shop", key, "1.2.0"))
	p.origin.publish(shop, "v1.2.0", library("1.2"))
	p.ok(install.Options{})
	hash := p.locked().Modules[0].Hash
	dir := filepath.Join(p.cache, p.cached()[0])
	flip(t, filepath.Join(dir, "main.hcl"), 17)
	p.loadFails(diag.ModuleChanged, "What "+dir+" holds is not "+key+"@v1.2.0 as it was locked", "have the hash h1:", "wants "+hash, "throng init")
	p.refused(install.Options{Offline: true}, diag.ModuleNotInstalled, "--offline")
	p.ok(install.Options{Locked: true})
	p.loads()
}

// flip flips one bit of a file.
func flip(t *testing.T, name string, bit int) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text[bit/8%len(text)] ^= 1 << (bit % 8)
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Whichever byte of the lock file has a flipped bit: no command runs and init
// does nothing, or the file says what it said.
func TestTamperedLock(t *testing.T) {
	p := newPlace(t, using("shop", key, "~> 1.2"))
	p.origin.publish(shop, "v1.2.0", library("1.2"))
	p.ok(install.Options{})
	name := filepath.Join(p.dir, lock.Name)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want := p.locked()
	for at := bytes.Index(whole, []byte("format")); at < len(whole); at++ {
		spoilt := bytes.Clone(whole)
		spoilt[at] ^= 1 << (at % 8)
		p.write(lock.Name, string(spoilt))
		f, _, _, _ := module.ReadLock(p.dir)
		if _, diags := p.load(); f != nil && !reflect.DeepEqual(f, want) || diags.HasErrors() != (f == nil) {
			t.Errorf("byte %d, %q for %q: the lock file is read as %+v, and the scenario %v", at, spoilt[at], whole[at], f, diags.Err())
		}
	}
	for _, value := range []string{"~> 1.2", "v1.2.0", want.Modules[0].Commit, want.Modules[0].Hash[:20], "shop.git"} {
		spoilt := bytes.Clone(whole)
		at := bytes.LastIndex(whole, []byte(value)) + len(value) - 1
		spoilt[at] ^= 1
		p.write(lock.Name, string(spoilt))
		p.loadFails(diag.ModuleChanged, "This entry of the lock file is not what \"throng init\" wrote")
		p.refused(install.Options{}, diag.ModuleChanged, "delete this entry and run \"throng init\"")
		p.refused(install.Options{Upgrade: true}, diag.ModuleChanged)
	}
	// An entry that says another hash, and is whole, is not taken for what it is either.
	want.Modules[0].Hash = hashOf(t, library("1.3"))
	p.write(lock.Name, string(want.Bytes()))
	p.loadFails(diag.ModuleNotInstalled, "throng init")
	p.refused(install.Options{}, diag.ModuleChanged, "the lock file", "wants h1:")
}

// hashOf is the hash of a tree of these files.
func hashOf(t *testing.T, files map[string]string) string {
	t.Helper()
	all := fstest.MapFS{}
	for name, text := range files {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	hash, err := tree.Hash(all)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestMovedTag(t *testing.T) {
	for _, c := range []struct{ name, block string }{
		{"version", using("shop", key, "~> 1.2")},
		{"ref", using("shop", key+"?ref=v1.2.0", "")},
		{"oci", using("shop", "oci://example.com/load/shop", "1.2.0")},
		{"oci tag", using("shop", "oci://example.com/load/shop?tag=v1.2.0", "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t, c.block)
			addr := shop
			if strings.HasPrefix(c.name, "oci") {
				addr = "example.com/load/shop"
			}
			was, is := library("1.2"), library("1.2 moved")
			p.origin.publish(addr, "v1.2.0", was)
			p.ok(install.Options{})
			p.origin.publish(addr, "v1.2.0", is)
			p.ok(install.Options{}) // what is here is what is locked
			if err := os.RemoveAll(p.cache); err != nil {
				t.Fatal(err)
			}
			for _, o := range []install.Options{{}, {Locked: true}, {Upgrade: true}} {
				p.refused(o, diag.ModuleChanged, "was moved", commitOf(was), commitOf(is), "delete the entry")
				if len(p.cached()) != 0 {
					t.Errorf("the cache holds %q", p.cached())
				}
			}
		})
	}
}

// A branch is locked to a commit, and followed by an upgrade.
func TestBranch(t *testing.T) {
	p := newPlace(t, using("shop", key+"?ref=main", "")+using("auth", "git::"+auth, ""))
	first, second := library("1"), library("2")
	p.origin.publish(shop, "main", first)
	p.origin.publish(auth, "", first)
	p.ok(install.Options{})
	for _, addr := range []string{shop, auth} {
		p.origin.publish(addr, commitOf(first), first)
	}
	p.origin.publish(shop, "main", second)
	p.origin.publish(auth, "", second)
	if err := os.RemoveAll(p.cache); err != nil {
		t.Fatal(err)
	}
	if r := p.ok(install.Options{Locked: true}); r.Modules[0].Name != "git::"+auth+"@"+commitOf(first)[:12] {
		t.Errorf("modules: %+v", r.Modules)
	}
	r := p.ok(install.Options{Upgrade: true})
	if len(r.Changes) != 2 || !strings.Contains(r.Changes[0].String(), commitOf(first)[:12]+" → "+commitOf(second)[:12]) {
		t.Errorf("changes: %v", r.Changes)
	}
}

func TestArchive(t *testing.T) {
	const addr = "https://example.com/shop-1.2.0.zip"
	p := newPlace(t, using("shop", addr, ""))
	p.origin.publish(addr, "", library("1.2"))
	p.ok(install.Options{})
	p.origin.publish(addr, "", library("1.2 changed"))
	if err := os.RemoveAll(p.cache); err != nil {
		t.Fatal(err)
	}
	p.refused(install.Options{}, diag.ModuleChanged, "holds other files than when it was locked", "--upgrade")
	if r := p.ok(install.Options{Upgrade: true}); len(r.Changes) != 1 || r.Modules[0].Name != addr {
		t.Errorf("changes %v, modules %+v", r.Changes, r.Modules)
	}
}

// A library brings in another: that one is locked by the scenario, too, and
// what it asks of versions counts.
// A version that is given up in a later round takes its constraints with it.
// Each version brings in what forbids it: there is no end, and it is said.
// A fetched module stays within what was fetched with it, and what came over
// the network does not reach for this machine's repositories.
// What fails leaves lock file and cache as they were, though other modules
// were fetched at the same time.
func TestPartialFailure(t *testing.T) {
	p := newPlace(t, using("shop", key, "~> 1.0"))
	p.origin.publish(shop, "v1.0.0", library("1"))
	p.ok(install.Options{})
	p.write("main.hcl", using("shop", key, "~> 1.0")+using("auth", "git::"+auth, "")+using("zip", "https://example.com/x.zip", ""))
	p.origin.publish(shop, "v1.1.0", library("1.1"))
	p.origin.publish(auth, "", library("auth"))
	p.origin.publish("https://example.com/x.zip", "", library("zip"))
	p.origin.down["https://example.com/x.zip"] = errors.New("the connection was reset after 7 bytes.")
	p.refused(install.Options{Upgrade: true}, diag.FetchFailed, `in module "zip"`, "https://example.com/x.zip could not be fetched: the connection was reset after 7 bytes.")
	p.origin.down["https://example.com/x.zip"] = nil
	p.origin.down[shop] = errors.New("connection refused")
	p.refused(install.Options{Upgrade: true}, diag.FetchFailed, "The versions of "+key+" could not be listed: connection refused")
	p.ok(install.Options{Fetcher: nil})
}

// A cache that cannot be written to, and a lock file that cannot.
func TestNoPlaceToWrite(t *testing.T) {
	p := newPlace(t, using("shop", key, ""))
	p.origin.publish(shop, "", library("1"))
	if err := os.WriteFile(p.cache, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.refused(install.Options{}, diag.FetchFailed, "no place to fetch modules to")
	if err := os.Remove(p.cache); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(p.dir, lock.Name), 0o700); err != nil {
		t.Fatal(err)
	}
	p.refused(install.Options{}, diag.FileUnreadable, lock.Name)
}

func TestBrokenLock(t *testing.T) {
	p := newPlace(t, using("shop", key, "")+using("auth", "git::"+auth, ""))
	p.origin.publish(shop, "", library("1"))
	p.write(lock.Name, "format = 9\n")
	p.refused(install.Options{Fetcher: offline{t}}, diag.UnsupportedVersion, "newer throng", lock.Name+" line 1", "format = 9")
	p.loadFails(diag.UnsupportedVersion, "newer throng", "format = 9")
	if _, diags := p.load(); len(diags) != 1 {
		t.Errorf("it is said %d times", len(diags))
	}
}

func TestManyAtOnceAreBounded(t *testing.T) {
	var blocks strings.Builder
	p := newPlace(t, "")
	for i := range 20 {
		addr := fmt.Sprintf("https://example.com/%d.git", i)
		blocks.WriteString(using(fmt.Sprintf("m%d", i), "git::"+addr, ""))
		p.origin.publish(addr, "", library(fmt.Sprint(i)))
	}
	p.write("main.hcl", blocks.String())
	p.origin.gate = make(chan struct{})
	done := make(chan *install.Result)
	go func() { done <- p.init(install.Options{}) }()
	for range 20 {
		p.origin.gate <- struct{}{}
	}
	if r := <-done; r.Diagnostics.HasErrors() || len(r.Modules) != 20 {
		t.Fatal(r.Diagnostics.Err())
	}
	if p.origin.most > 4 {
		t.Errorf("%d at the same time", p.origin.most)
	}
}

func TestGivenUp(t *testing.T) {
	p := newPlace(t, using("shop", key, ""))
	p.origin.publish(shop, "", library("1"))
	p.origin.gate = make(chan struct{})
	ctx, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	r := install.Init(ctx, p.dir, install.Options{Fetcher: p.origin, Cache: p.cache})
	p.holds(r.Diagnostics, r.Sources, diag.FetchFailed, "in time")
	if got := p.cached(); len(got) != 0 {
		t.Errorf("the cache holds %q", got)
	}
}

// The lock file of a scenario of one file serves those beside it.
func TestScenarioOfOneFile(t *testing.T) {
	p := newPlace(t, using("shop", key, ""))
	p.write("other.hcl", using("auth", "git::"+auth, ""))
	p.origin.publish(shop, "", library("1"))
	p.origin.publish(auth, "", library("2"))
	for _, name := range []string{"main.hcl", "other.hcl", "main.hcl"} {
		file := filepath.Join(p.dir, name)
		if r := install.Init(context.Background(), file, install.Options{Fetcher: p.origin, Cache: p.cache}); r.Diagnostics.HasErrors() {
			t.Fatal(r.Diagnostics.Err())
		}
		if _, diags := module.Load(file, module.Options{Cache: p.cache}); diags.HasErrors() {
			t.Error(diags.Err())
		}
	}
	if len(p.locked().Modules) != 2 || len(p.origin.fetched) != 2 {
		t.Errorf("locked %q, fetched %q", p.versions(), p.origin.fetched)
	}
}

// What stands where a version does not belong is said before anything is fetched.
// Two scenarios are initialised at the same time with one cache.
func TestTwoAtOnce(t *testing.T) {
	a, b := newPlace(t, using("shop", key, "")), newPlace(t, using("shop", key, ""))
	b.cache, b.origin = a.cache, a.origin
	a.origin.publish(shop, "", library("1"))
	done := make(chan *install.Result)
	for _, p := range []*place{a, b} {
		go func() { done <- p.init(install.Options{}) }()
	}
	for range 2 {
		if r := <-done; r.Diagnostics.HasErrors() {
			t.Error(r.Diagnostics.Err())
		}
	}
	a.loads()
	b.loads()
	if len(a.cached()) != 1 {
		t.Errorf("the cache holds %q", a.cached())
	}
}
