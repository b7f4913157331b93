package module_test

import (
	"path/filepath"
	"strings"
	"testing"

	"throng/dsl/module"
	"throng/dsl/module/lock"
	"throng/dsl/module/source"
)

const (
	hash   = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	commit = "0123456789abcdef0123456789abcdef01234567"
	digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// How a module is called, and where its copy lies.
func TestNames(t *testing.T) {
	const sum = "-e3b0c44298fc1c14"
	for _, c := range []struct{ source, version, name, dir string }{
		{"git::https://example.com/load/Shop.git//api", "v1.2.0", "git::https://example.com/load/Shop.git@v1.2.0", "shop-v1.2.0" + sum},
		{"git::https://example.com/load/shop.git", "", "git::https://example.com/load/shop.git@0123456789ab", "shop" + sum},
		{"git::https://example.com/shop.git?ref=main", "", "git::https://example.com/shop.git@main", "shop" + sum},
		{"git::https://example.com/shop.git?ref=" + commit, "", "git::https://example.com/shop.git@0123456789ab", "shop" + sum},
		{"git@example.com:load/shop.git", "1.2.0+b.7", "git::ssh://git@example.com/load/shop.git@1.2.0+b.7", "shop-1.2.0-b.7" + sum},
		{"oci://example.com/load/shop", "1.2.0", "oci://example.com/load/shop@1.2.0", "shop-1.2.0" + sum},
		{"oci://example.com/load/shop?tag=1.2.0", "", "oci://example.com/load/shop@1.2.0", "shop" + sum},
		{"oci://example.com/shop//a?digest=" + digest, "", "oci://example.com/shop@sha256:e3b0c44298fc", "shop" + sum},
		{"https://example.com/a/shop.tar.gz//x?y=1", "", "https://example.com/a/shop.tar.gz?y=1", "shop" + sum},
		{"https://example.com/%20.zip", "", "https://example.com/%20.zip", "20" + sum},
		{"git::https://example.com/%2B.git", "", "git::https://example.com/%2B.git@0123456789ab", "2b" + sum},
		{"https://example.com/" + strings.Repeat("x", 200) + ".zip", "", "https://example.com/" + strings.Repeat("x", 200) + ".zip", strings.Repeat("x", 60) + sum},
	} {
		s, err := source.Parse(c.source)
		if err != nil {
			t.Fatal(err)
		}
		m := &lock.Module{Key: s.Key(), Version: c.version, Hash: hash}
		if s.Kind == source.Git {
			m.Commit = commit
		}
		if got := module.NameOf(s, m); got != c.name {
			t.Errorf("%s is called %s, want %s", c.source, got, c.name)
		}
		dir := module.NewShelf("load", "").Vendored(m)
		if want := filepath.Join("load", "vendor", c.dir); dir != want {
			t.Errorf("%s lies in %s, want %s", c.source, dir, want)
		}
		if digits, ok := module.VendorHash(filepath.Base(dir)); !ok || digits != "e3b0c44298fc1c14" || !module.IsVendored(dir) {
			t.Errorf("%s: VendorHash gives %q, %v", dir, digits, ok)
		}
	}
	if dir := module.NewShelf("load", "").Vendored(&lock.Module{Key: "x", Hash: "h1:short"}); dir != "" {
		t.Errorf("without a hash it lies in %s", dir)
	}
}

func TestWhatIsNotVendored(t *testing.T) {
	for _, dir := range []string{"vendor", "vendor/lib", "vendor/-e3b0c44298fc1c14", "vendor/e3b0c44298fc1c14", "vendor/lib-E3B0C44298FC1C14", "vendor/lib-e3b0c44298fc1c1", "lib-e3b0c44298fc1c14", "vendor/x/lib-e3b0c44298fc1c14", ""} {
		if module.IsVendored(filepath.FromSlash(dir)) {
			t.Errorf("%q is taken for a vendored module", dir)
		}
	}
}
