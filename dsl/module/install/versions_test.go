package install_test

import (
	"fmt"
	"slices"
	"testing"

	"throng/dsl/diag"
	"throng/dsl/module/install"
)

func TestNewerVersionsComeByUpgradeOnly(t *testing.T) {
	p := newPlace(t, using("shop", key, "~> 1.2"))
	p.origin.publish(shop, "v1.2.0", library("1.2"))
	p.ok(install.Options{})
	p.origin.publish(shop, "v1.4.0", library("1.4"))
	p.origin.publish(shop, "v1.5.0-rc1", library("1.5"))
	p.ok(install.Options{Fetcher: offline{t}})
	r := p.ok(install.Options{Upgrade: true})
	if len(r.Changes) != 1 || r.Changes[0].String() != key+" v1.2.0 → v1.4.0" {
		t.Errorf("changes: %v", r.Changes)
	}
	// An upgrade that finds nothing newer fetches nothing.
	p.origin.fetched = nil
	if r := p.ok(install.Options{Upgrade: true}); len(r.Changes) != 0 || len(p.origin.fetched) != 0 {
		t.Errorf("changes %v, fetched %q", r.Changes, p.origin.fetched)
	}
}

func TestConstraintChanged(t *testing.T) {
	p := newPlace(t, using("shop", key, "~> 1.2"))
	p.origin.publish(shop, "v1.2.0", library("1.2"))
	p.origin.publish(shop, "v2.1.0", library("2.1"))
	p.ok(install.Options{})
	p.write("main.hcl", using("shop", key, "~> 2.0"))
	p.loadFails(diag.LockOutdated, "holds version v1.2.0", "does not meet \"~> 2.0\"", "main.hcl line 3", "throng init")
	p.refused(install.Options{Locked: true}, diag.LockOutdated, "main.hcl line 3", "--locked")
	p.refused(install.Options{Offline: true}, diag.ModuleNotInstalled, "--offline")
	if r := p.ok(install.Options{}); r.Changes[0].String() != key+" v1.2.0 → v2.1.0" {
		t.Errorf("changes: %v", r.Changes)
	}
	p.loads()
	// Another constraint that is met changes the lock file, too.
	p.write("main.hcl", using("shop", key, "2.1.0"))
	p.loads()
	p.refused(install.Options{Locked: true}, diag.LockOutdated, "constraints ~> 2.0 → 2.1.0")
	p.ok(install.Options{Fetcher: offline{t}})
}

func TestSourceChanged(t *testing.T) {
	p := newPlace(t, using("shop", key, ""))
	p.origin.publish(shop, "", library("1"))
	p.origin.publish(auth, "", library("auth"))
	p.ok(install.Options{})
	p.write("main.hcl", using("shop", "git::"+auth, ""))
	p.loadFails(diag.LockOutdated, "no entry for git::"+auth, "throng init")
	p.refused(install.Options{Locked: true}, diag.LockOutdated, "no entry for git::"+auth)
	r := p.ok(install.Options{})
	if len(r.Changes) != 2 || r.Changes[0].Old != nil || r.Changes[1].New != nil {
		t.Errorf("changes: %v", r.Changes)
	}
	// An entry that nobody needs any more goes.
	p.write("main.hcl", "target \"api\" { base_url = \"http://127.0.0.1\" }\n")
	p.loads()
	p.refused(install.Options{Locked: true}, diag.LockOutdated, auth)
	p.ok(install.Options{Fetcher: offline{t}})
	if len(p.locked().Modules) != 0 {
		t.Errorf("still locked: %v", p.versions())
	}
}

func TestTransitive(t *testing.T) {
	p := newPlace(t, using("shop", key, "")+using("auth", "git::"+auth, ">= 1.0"))
	files := library("shop", using("auth", "git::"+auth+"//sub", "~> 1.0"), using("inner", "./inner", ""))
	files["inner/main.hcl"] = using("up", "../other", "")
	files["other/main.hcl"] = using("tokens", "oci://example.com/tokens", "~> 3.0")
	p.origin.publish(shop, "", files)
	sub := library("auth")
	sub["sub/main.hcl"] = "output \"x\" { value = 1 }\n"
	p.origin.publish(auth, "v1.1.0", sub)
	p.origin.publish(auth, "v2.0.0", library("too new"))
	p.origin.publish("example.com/tokens", "3.1.0", library("tokens"))
	r := p.ok(install.Options{})
	if got, want := p.versions(), "git::"+auth+" v1.1.0\n"+key+"\noci://example.com/tokens 3.1.0"; got != want {
		t.Errorf("locked\n%s\nwant\n%s", got, want)
	}
	var paths []string
	for _, m := range r.Modules {
		paths = append(paths, m.Path)
	}
	if want := []string{"module.auth", "module.shop", "module.shop.auth", "module.shop.inner.up.tokens"}; !slices.Equal(paths, want) {
		t.Errorf("modules %q", paths)
	}
	tree := p.loads()
	if dir := tree.Calls["shop"].Calls["inner"].Calls["up"].Config.Dir; dir != key+"@"+p.locked().Of(key).Commit[:12]+"//other" {
		t.Errorf("the inner one is called %q", dir)
	}
}

func TestConflict(t *testing.T) {
	p := newPlace(t, using("shop", key, "")+using("auth", "git::"+auth, "~> 2.0"))
	p.origin.publish(shop, "", library("shop", using("auth", "git::"+auth, "~> 1.0")))
	p.origin.publish(auth, "v1.1.0", library("1"))
	p.origin.publish(auth, "v2.0.0", library("2"))
	p.refused(install.Options{}, diag.VersionConflict,
		`main.hcl line 6, in module "auth"`, `version = "~> 2.0"`,
		"main.hcl line 4, module \"auth\" asks for ~> 1.0", `version = "~> 1.0"`, key+"@", "its versions are v2.0.0, v1.1.0", "Change one of the constraints")
	p.write("main.hcl", using("auth", "git::"+auth, "~> 7.0"))
	p.refused(install.Options{}, diag.VersionConflict, "No version of git::"+auth+" is ~> 7.0: its versions are v2.0.0, v1.1.0")
	p.origin.publish(auth, "v7.1.0-rc.1", library("7"))
	p.refused(install.Options{}, diag.VersionConflict, "v7.1.0-rc.1", "A pre-release is used only where it is named exactly")
	p.write("main.hcl", using("shop", key, "1.0.0"))
	p.refused(install.Options{}, diag.VersionConflict, "no tag that is a semantic version")
}

func TestConstraintsOfAnotherVersionDoNotCount(t *testing.T) {
	p := newPlace(t, using("shop", key, ">= 1.0")+using("here", "./lib", ""))
	p.write("lib/main.hcl", using("deep", "git::https://example.com/deep.git", ""))
	p.origin.publish("https://example.com/deep.git", "", library("deep", using("shop", key, "< 2.0"), using("auth", "git::"+auth, ">= 2.0")))
	p.origin.publish(shop, "v2.0.0", library("2", using("auth", "git::"+auth, "< 2.0")))
	p.origin.publish(shop, "v1.0.0", library("1", using("auth", "git::"+auth, ">= 1.0")))
	p.origin.publish(auth, "v1.0.0", library("1"))
	p.origin.publish(auth, "v2.0.0", library("2"))
	p.ok(install.Options{})
	if got, want := p.versions(), "git::https://example.com/deep.git\ngit::"+auth+" v2.0.0\n"+key+" v1.0.0"; got != want {
		t.Errorf("locked\n%s\nwant\n%s", got, want)
	}
	if got := p.cached(); len(got) != 3 {
		t.Errorf("the cache holds what is not used: %q", got)
	}
}

func TestVersionsThatChaseEachOther(t *testing.T) {
	p := newPlace(t, using("shop", key, ">= 1.0"))
	p.origin.publish(shop, "v2.0.0", library("2", using("auth", "git::"+auth, "")))
	p.origin.publish(shop, "v1.0.0", library("1"))
	p.origin.publish(auth, "", library("auth", using("shop", key, "< 2.0")))
	p.refused(install.Options{}, diag.VersionConflict, "again and again", key)
}

func TestCycles(t *testing.T) {
	p := newPlace(t, using("shop", key, ""))
	p.origin.publish(shop, "", library("shop", using("auth", "git::"+auth, "")))
	p.origin.publish(auth, "", library("auth", using("shop", key, "")))
	name, other := key+"@"+commitOf(p.origin.files[shop][""])[:12], "git::"+auth+"@"+commitOf(p.origin.files[auth][""])[:12]
	p.refused(install.Options{}, diag.Cycle, fmt.Sprintf("%q → %q → %q", name, other, name))

	p = newPlace(t, using("shop", key, ""))
	p.origin.publish(shop, "", library("shop", using("a", "./a", "")))
	p.origin.files[shop][""]["a/main.hcl"] = using("up", "..", "")
	p.refused(install.Options{}, diag.Cycle, "brings itself in")

	// 17 libraries, each bringing in the next.
	p = newPlace(t, using("m", "git::https://example.com/0.git", ""))
	for i := range 20 {
		p.origin.publish(fmt.Sprintf("https://example.com/%d.git", i), "", library("x", using("m", fmt.Sprintf("git::https://example.com/%d.git", i+1), "")))
	}
	p.refused(install.Options{}, diag.LimitExceeded, "16 deep")
}

func TestFetchedModulesStayInside(t *testing.T) {
	for name, c := range map[string]struct{ block, code, words string }{
		"up":         {using("x", "../x", ""), diag.UnknownReference, "leads out of " + key},
		"up and in":  {using("x", "./../../etc", ""), diag.UnknownReference, "leads out of " + key},
		"file":       {using("x", "git::file:///srv/git/x.git", ""), diag.UnknownReference, "cannot bring in something of this machine"},
		"loopback":   {using("x", "https://127.0.0.1:8443/x.zip", ""), diag.UnknownReference, "cannot bring in something of this machine"},
		"loopback 6": {using("x", "oci://[::1]:5000/x", ""), diag.UnknownReference, "cannot bring in something of this machine"},
		"localhost":  {using("x", "git::ssh://git@localhost/x.git", ""), diag.UnknownReference, "cannot bring in something of this machine"},
		"nowhere":    {using("x", "./nowhere", ""), diag.FileNotFound, "nowhere"},
		"bad source": {using("x", "git::https://-x/y", ""), diag.UnknownReference, "no source"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, using("shop", key, ""))
			p.origin.publish(shop, "", library("shop", c.block))
			p.origin.publish("file:///srv/git/x.git", "", library("x"))
			p.refused(install.Options{}, c.code, c.words, key+"@")
		})
	}
	p := newPlace(t, using("shop", key+"//no/such", ""))
	p.origin.publish(shop, "", library("shop"))
	p.refused(install.Options{}, diag.FileNotFound, "no/such")
	p = newPlace(t, using("shop", "git::file:///srv/a.git", ""))
	p.origin.publish("file:///srv/a.git", "", library("a", using("x", "git::file:///srv/b.git", "")))
	p.origin.publish("file:///srv/b.git", "", library("b"))
	p.ok(install.Options{})
	p.loads()
}

func TestVersionsThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct{ block, code, words string }{
		"beside a ref":    {using("m", key+"?ref=v1", "1.0.0"), diag.ConflictingArguments, "?ref="},
		"of a directory":  {using("m", "./lib", "1.0.0"), diag.ConflictingArguments, "directory"},
		"of std":          {using("m", "std/slas", "1.0.0"), diag.ConflictingArguments, "embedded"},
		"of an archive":   {using("m", "https://example.com/x.zip", "1.0.0"), diag.ConflictingArguments, "archive"},
		"no constraint":   {using("m", key, "^1.0"), diag.InvalidValue, "~> 1.2"},
		"an empty one":    {"module \"m\" {\n  source = \"" + key + "\"\n  version = \"\"\n}\n", diag.InvalidValue, "constraint"},
		"not a constant":  {"module \"m\" {\n  source = \"" + key + "\"\n  version = var.x\n}\n", diag.NotConstant, "version"},
		"source, neither": {"module \"m\" {\n  source = var.x\n}\n", diag.NotConstant, "source"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, c.block)
			p.write("lib/main.hcl", "output \"x\" { value = 1 }\n")
			p.refused(install.Options{Fetcher: offline{t}}, c.code, c.words, `in module "m"`)
		})
	}
}
