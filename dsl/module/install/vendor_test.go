package install_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/module/cache"
	"throng/dsl/module/install"
)

func (p *place) vendor() *install.Vendoring {
	p.t.Helper()
	return install.Vendor(p.dir, module.Options{Cache: p.cache})
}

func (p *place) vendored() *install.Vendoring {
	p.t.Helper()
	v := p.vendor()
	if err := v.Diagnostics.Err(); err != nil {
		p.t.Fatalf("%v\n%s", err, shown(v.Diagnostics, v.Sources))
	}
	return v
}

// inVendor are the names in the vendor directory.
func (p *place) inVendor() []string {
	entries, _ := os.ReadDir(filepath.Join(p.dir, module.VendorDir))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestVendor(t *testing.T) {
	p := newPlace(t, using("shop", key, "~> 1.0")+using("zip", "https://example.com/a/My%20Lib.tar.gz?x=1", ""))
	p.origin.publish(shop, "v1.0.0", library("1"))
	p.origin.publish(shop, "v1.1.0", library("1.1"))
	p.origin.publish("https://example.com/a/My%20Lib.tar.gz?x=1", "", library("zip"))
	v := p.vendor()
	p.holds(v.Diagnostics, v.Sources, diag.ModuleNotInstalled, "throng init")
	if p.inVendor() != nil {
		t.Errorf("vendor holds %q", p.inVendor())
	}
	p.ok(install.Options{})
	v = p.vendored()
	if len(v.Written) != 2 || len(v.Kept)+len(v.Removed)+len(v.Left) > 0 {
		t.Errorf("%+v", v)
	}
	for i, want := range []string{`^my-20lib-[0-9a-f]{16}$`, `^shop-v1\.1\.0-[0-9a-f]{16}$`} {
		if !regexp.MustCompile(want).MatchString(v.Written[i]) {
			t.Errorf("%q is not %s", v.Written[i], want)
		}
	}

	// Without the cache everything is there, and again nothing is to be done.
	if err := os.RemoveAll(p.cache); err != nil {
		t.Fatal(err)
	}
	p.loads()
	if r := p.ok(install.Options{Fetcher: offline{t}, Locked: true}); r.Modules[0].From != module.Vendored {
		t.Errorf("%+v", r.Modules)
	}
	if v := p.vendored(); len(v.Kept) != 2 || len(v.Written) != 0 {
		t.Errorf("%+v", v)
	}
	if _, err := os.Stat(p.cache); err == nil {
		t.Error("a cache was made")
	}

	// Another version takes the first one's place.
	p.write("main.hcl", using("shop", key, "1.0.0"))
	p.ok(install.Options{})
	if v := p.vendored(); len(v.Written) != 1 || len(v.Removed) != 2 || strings.Join(p.inVendor(), " ") != v.Written[0] {
		t.Errorf("%+v, vendor holds %q", v, p.inVendor())
	}
	p.loads()

	// Nothing fetched is needed any more.
	p.write("main.hcl", "target \"api\" { base_url = \"http://127.0.0.1\" }\n")
	if v := p.vendored(); len(v.Removed) != 1 || p.inVendor() != nil {
		t.Errorf("%+v, vendor holds %q", v, p.inVendor())
	}
}

// A vendored module that was changed is used by nobody, replaced by nobody,
// and nothing else stands in for it.
func TestTamperedVendor(t *testing.T) {
	p := newPlace(t, using("shop", key, "~> 1.0"))
	p.origin.publish(shop, "v1.0.0", library("1"))
	p.ok(install.Options{})
	dir := filepath.Join(p.dir, module.VendorDir, p.vendored().Written[0])
	flip(t, filepath.Join(dir, "main.hcl"), 1)
	p.loadFails(diag.ModuleChanged, "What "+dir+" holds is not "+key+"@v1.0.0", "throng vendor "+p.dir)
	p.refused(install.Options{}, diag.ModuleChanged, dir, "throng vendor")
	v := p.vendor()
	p.holds(v.Diagnostics, v.Sources, diag.ModuleChanged, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	p.loads() // from the cache
	if v := p.vendored(); len(v.Written) != 1 {
		t.Errorf("%+v", v)
	}
}

// What throng did not write it does not remove.
func TestVendorLeavesTheRest(t *testing.T) {
	p := newPlace(t, using("shop", key, "1.0.0"))
	p.origin.publish(shop, "v1.0.0", library("1"))
	p.origin.publish(shop, "v2.0.0", library("2"))
	p.ok(install.Options{})
	old := p.vendored().Written[0]
	p.write("vendor/"+old+"/note.txt", "mine")
	p.write("vendor/mine/main.hcl", "x")
	p.write("vendor/README", "x")
	p.write("vendor/file-0123456789abcdef", "x")
	p.write("main.hcl", using("shop", key, "2.0.0"))
	p.ok(install.Options{})
	v := p.vendored()
	if len(v.Written) != 1 || len(v.Removed) != 0 || strings.Join(v.Left, " ") != old {
		t.Errorf("%+v", v)
	}
	if len(p.inVendor()) != 5 {
		t.Errorf("vendor holds %q", p.inVendor())
	}
}

// What killed processes left in the cache and in vendor goes once it is old,
// and the neighbours' that is in use stays.
func TestAbandonedDirectoriesGo(t *testing.T) {
	p := newPlace(t, using("shop", key, "~> 1.0"))
	p.origin.publish(shop, "v1.0.0", library("1"))
	p.ok(install.Options{})
	leave := func(dir string) (old, young string) {
		past := time.Now().Add(-cache.Abandoned)
		old, young = filepath.Join(dir, ".tmp-1"), filepath.Join(dir, ".tmp-2")
		for _, name := range []string{old, young} {
			if err := os.MkdirAll(filepath.Join(name, "objects", "pack"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(old, past, past); err != nil {
			t.Fatal(err)
		}
		return old, young
	}
	for dir, do := range map[string]func(){
		p.cache:                                func() { p.ok(install.Options{Locked: true}) }, // which fetches nothing
		filepath.Join(p.dir, module.VendorDir): func() { p.vendored() },
	} {
		old, young := leave(dir)
		do()
		if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there still: %v", old, err)
		}
		if _, err := os.Stat(young); err != nil {
			t.Errorf("%s: %v", young, err)
		}
	}
}
