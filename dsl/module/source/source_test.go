package source

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want Source
		key  string
	}{
		{"./shop", Source{Kind: Local, Addr: "./shop"}, "./shop"},
		{"./shop//sub/../lib/", Source{Kind: Local, Addr: "./shop/lib"}, "./shop/lib"},
		{"../../shop", Source{Kind: Local, Addr: "../../shop"}, "../../shop"},
		{"./..", Source{Kind: Local, Addr: ".."}, ".."},
		{".", Source{Kind: Local, Addr: "."}, "."},
		{"./weird name é", Source{Kind: Local, Addr: "./weird name é"}, "./weird name é"},
		{"std/profiles", Source{Kind: Std, Addr: "profiles"}, "std/profiles"},

		{"git::https://GitHub.com:443/x/Y.git", Source{Kind: Git, Addr: "https://github.com/x/Y.git"}, "git::https://github.com/x/Y.git"},
		{"git::https://h/x.git//a/b?ref=v1.2.0", Source{Kind: Git, Addr: "https://h/x.git", Sub: "a/b", Ref: "v1.2.0"}, "git::https://h/x.git?ref=v1.2.0"},
		{"GIT::HTTPS://h:8443/x/?ref=release/v1+meta", Source{Kind: Git, Addr: "https://h:8443/x", Ref: "release/v1+meta"}, "git::https://h:8443/x?ref=release/v1+meta"},
		{"git::https://h/~user/-/x.git", Source{Kind: Git, Addr: "https://h/~user/-/x.git"}, "git::https://h/~user/-/x.git"},
		{"git::ssh://git@h:22/x.git//sub/", Source{Kind: Git, Addr: "ssh://git@h/x.git", Sub: "sub"}, "git::ssh://git@h/x.git"},
		{"git@Host.example:team/x.git//sub?ref=main", Source{Kind: Git, Addr: "ssh://git@host.example/team/x.git", Sub: "sub", Ref: "main"}, "git::ssh://git@host.example/team/x.git?ref=main"},
		{"git::git@h:/x.git", Source{Kind: Git, Addr: "ssh://git@h/x.git"}, "git::ssh://git@h/x.git"},
		{"git::file:///srv/my%20repo.git", Source{Kind: Git, Addr: "file:///srv/my%20repo.git"}, "git::file:///srv/my%20repo.git"},
		{"git::file:///C:/repo.git", Source{Kind: Git, Addr: "file:///C:/repo.git"}, "git::file:///C:/repo.git"},
		{"git::http://127.0.0.1:3000/x.git", Source{Kind: Git, Addr: "http://127.0.0.1:3000/x.git"}, "git::http://127.0.0.1:3000/x.git"},
		{"git::git://[::1]/x.git", Source{Kind: Git, Addr: "git://[::1]/x.git"}, "git::git://[::1]/x.git"},
		{"git::https://xn--bcher-kva.example/x", Source{Kind: Git, Addr: "https://xn--bcher-kva.example/x"}, "git::https://xn--bcher-kva.example/x"},

		{"https://h/x-1.2.zip", Source{Kind: Archive, Addr: "https://h/x-1.2.zip"}, "https://h/x-1.2.zip"},
		{"https://gitlab.com/g/p/-/archive/v1/p-v1.tar.gz//p-v1/lib", Source{Kind: Archive, Addr: "https://gitlab.com/g/p/-/archive/v1/p-v1.tar.gz", Sub: "p-v1/lib"}, "https://gitlab.com/g/p/-/archive/v1/p-v1.tar.gz"},
		{"https://h/archive.tgz//d?sha=v1.0", Source{Kind: Archive, Addr: "https://h/archive.tgz?sha=v1.0", Sub: "d"}, "https://h/archive.tgz?sha=v1.0"},

		{"oci://GHCR.io/team/shop", Source{Kind: OCI, Addr: "ghcr.io/team/shop"}, "oci://ghcr.io/team/shop"},
		{"oci://h:5000/shop//sub?tag=1.2.0_b1", Source{Kind: OCI, Addr: "h:5000/shop", Sub: "sub", Ref: "1.2.0_b1"}, "oci://h:5000/shop?tag=1.2.0_b1"},
		{"oci://h/shop?digest=" + digest, Source{Kind: OCI, Addr: "h/shop", Ref: digest}, "oci://h/shop?digest=" + digest},
	} {
		got, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		c.want.Text = c.text
		if got != c.want || got.Key() != c.key {
			t.Errorf("%s:\n got %+v, key %s\nwant %+v, key %s", c.text, got, got.Key(), c.want, c.key)
		}
		again(t, got)
	}
}

// again holds that a source's own text leads to the same source.
func again(t *testing.T, s Source) {
	t.Helper()
	same, err := Parse(s.String())
	if err != nil {
		t.Fatalf("%q became %q: %v", s.Text, s.String(), err)
	}
	same.Text = s.Text
	if same != s {
		t.Fatalf("%q became %q:\n%+v\n%+v", s.Text, s.String(), s, same)
	}
}

func TestHostileReferences(t *testing.T) {
	for _, c := range []struct{ text, problem, suggestion string }{
		// What people write elsewhere.
		{"", "empty", ""},
		{"shop", "directory that begins with ./", "./shop"},
		{"shop/lib", "directory that begins with ./", "./shop/lib"},
		{"./shop?ref=v1", "used as it stands", "./shop"},
		{"std/", "std/NAME", ""},
		{"std/../../etc", "std/NAME", ""},
		{"std/profiles//x", "std/NAME", ""},
		{"/etc", "relative", ""},
		{"~/shop", "relative", ""},
		{`C:\shop`, "written with slashes", ""},
		{"C:/shop", "relative", ""},
		{`.\shop`, "written with slashes", "./shop"},
		{"github.com/x/y", "whole address", "git::https://github.com/x/y.git"},
		{"github.com/x/y//sub?ref=v1", "whole address", "git::https://github.com/x/y.git//sub?ref=v1"},
		{"git.example.com/x/y", "says how it is fetched", "git::https://git.example.com/x/y"},
		{"https://github.com/x/y", "ends in .zip", "git::https://github.com/x/y.git"},
		{"https://h/x.git?ref=v1", "ends in .zip", "git::https://h/x.git?ref=v1"},
		{"git::github.com/x/y", "whole address", "git::https://github.com/x/y"},
		{"ssh://git@h/x.git", "git:: in front", "git::ssh://git@h/x.git"},
		{"file:///srv/x.git", "git:: in front", "git::file:///srv/x.git"},
		{"git://h/x.git", "git:: in front", "git::https://h/x.git"},
		{"hg::https://h/x", `not by "hg::"`, ""},
		{"s3::https://s3.amazonaws.com/b/k.zip", `not by "s3::"`, ""},
		{"ftp://h/x.zip", `not by "ftp://"`, ""},
		{"git::ftp://h/x.git", `not by "ftp://"`, ""},
		{" ./shop", "no spaces around", "./shop"},
		{"git::https://h/x?ref=v1//sub", "before the question mark", "git::https://h/x//sub?ref=v1"},
		{"git::https://h/x?version=1", "argument of the module block", ""},

		// Without encryption.
		{"http://h/x.zip//d", "not encrypted", "https://h/x.zip//d"},
		{"git::http://h/x.git?ref=v1", "not encrypted", "git::https://h/x.git?ref=v1"},
		{"git::git://h/x.git", "not encrypted", "git::https://h/x.git"},
		{"git::http://127.0.0.1.example.com/x.git", "not encrypted", "git::https://127.0.0.1.example.com/x.git"},

		// Options in place of names (git argument injection: CVE-2024-3817,
		// CVE-2026-4660, CVE-2017-1000117).
		{"git::--upload-pack=touch /tmp/pwned", "whole address", ""},
		{"git::https://-oProxyCommand=x/y", "begins with a \"-\"", ""},
		{"git::ssh://-oProxyCommand=x/y", "begins with a \"-\"", ""},
		{"git::ssh://git@-oProxyCommand=x/y", "begins with a \"-\"", ""},
		{"git::ssh://-lroot@h/y", "user of ssh", ""},
		{"git@h:-x/y", "could take for an option", ""},
		{"git::https://h/-x.git", "could take for an option", ""},
		{"git::https://h/%2dx.git", "could take for an option", ""},
		{"git::https://h/x.git?ref=--upload-pack=touch", `begins with a "-"`, ""},
		{"git::https://h/x.git?ref=-b", `begins with a "-"`, ""},
		{"git::https://h/x.git?ref=%2d%2dupload-pack", "cannot be the name", ""},
		{"git::https://h/x.git?ref=+refs/heads/*:refs/heads/*", `begins with a "+"`, ""},
		{"git::https://h/x.git?ref=v1:refs/x", "cannot be the name", ""},
		{"git::https://h/x.git?ref=a..b", "cannot be the name", ""},
		{"git::https://h/x.git?ref=HEAD@{1}", "cannot be the name", ""},
		{"git::https://h/x.git?ref=$(id)", "cannot be the name", ""},
		{"git::https://h/x.git?ref=", "names no tag", ""},
		{"git::https://h/x.git?ref=v1&ref=v2", "written twice", ""},
		{"git::https://h/x.git?ref=v1&sshkey=AAAA", `"sshkey" cannot stand`, ""},
		{"git::https://h/x.git?depth=1", `"depth" cannot stand`, ""},
		{"git::https://h/x.git?", "Nothing stands after the question mark", ""},
		{"git::ext::sh -c touch% /tmp/pwned", "whole address", ""},
		{"git::fd::7", "whole address", ""},
		{"git::https://h/x.git//-rf", "cannot be a directory", ""},

		// Ways out (traversal), and names that hide something.
		{"git::https://h/x.git//../../etc", "leads out", ""},
		{"git::https://h/x.git//a/../../b", "leads out", ""},
		{"git::https://h/x.git//%2e%2e/b", "cannot be a directory", ""},
		{"git::https://h/x.git//a//b", "cannot be a directory", ""},
		{"git::https://h/x.git//", "Nothing stands after the //", ""},
		{"git::file:////etc", "two slashes", ""},
		{"git::file:///srv/../etc", `part ".."`, ""},
		{"git::file:///srv/%2e%2e/etc", `part ".."`, ""},
		{"git::file:///srv%2fx", "escape that stands for a slash", ""},
		{"git::file://h/srv/x", "three slashes", "git::file:///srv/x"},
		{"https://h/a/%5c..%5cx.zip", "escape that stands for a slash", ""},
		{"https://h/a%00.zip", "cannot be seen", ""},
		{"./a\x00b", "cannot be seen", ""},
		{"./a\x1b[2J", "cannot be seen", ""},
		{"./a\nb", "cannot be seen", ""},
		{"./a\u202eb", "cannot be seen", ""},
		{"./a\xff", "not UTF-8", ""},
		{"git::https://h/x.git#main", "no fragment", ""},
		{"./" + strings.Repeat("x", maxText), "longer than", ""},

		// Hosts that are another than they look.
		{"git::https:///x.git", "names no host", ""},
		{"git::https://h", "nothing on it", ""},
		{"git::https://hösté/x.git", "writes as %XX", ""},
		{"git::https://2130706433/x.git", "four numbers", ""},
		{"git::https://0x7f.1/x.git", "four numbers", ""},
		{"git::https://127.1/x.git", "four numbers", ""},
		{"git::https://0177.0.0.1/x.git", "four numbers", ""},
		{"git::https://h../x.git", "no name of a host", ""},
		{"git::https://h:0/x.git", "no port", ""},
		{"git::https://h:99999/x.git", "no port", ""},
		{"git::https://[fe80::1%25eth0]/x.git", "in brackets", ""},

		// Secrets.
		{"git::https://user:hunter2@h/x.git", "carries no password", ""},
		{"git::ssh://git:hunter2@h/x.git", "carries no password", ""},
		{"git::https://ghp_token@h/x.git?ref=v1", "no token", "git::https://h/x.git?ref=v1"},
		{"https://user@h/x.zip", "no token", "https://h/x.zip"},
		{"oci://user:hunter2@h/x", "no password", ""},
		{"https://h/x.zip?private_token=hunter2", "credential", ""},
		{"https://h/x.zip?X-Amz-Signature=hunter2", "credential", ""},

		// Archives and registries.
		{"https://h/x.rar", "ends in .zip", "git::https://h/x.rar.git"},
		{"https://h/x.zip?ref=v1", "cannot choose another", "https://h/x.zip"},
		{"https://h/x.zip?checksum=md5:1", "is not needed", "https://h/x.zip"},
		{"oci://h", "lower-case letters", ""},
		{"oci://h/Team/Shop", "lower-case letters", "oci://h/team/shop"},
		{"oci://h/../x", "lower-case letters", ""},
		{"oci://-h/x", `begins with a "-"`, ""},
		{"oci://h/x:1.2.0", "written after", "oci://h/x?tag=1.2.0"},
		{"oci://h/x@" + digest, "written after", "oci://h/x?digest=" + digest},
		{"oci://h/x?tag=1.2.0+b1", `holds no "+"`, "oci://h/x?tag=1.2.0_b1"},
		{"oci://h/x?tag=../../v2", "cannot be a tag", ""},
		{"oci://h/x?tag=", "cannot be a tag", ""},
		{"oci://h/x?digest=sha256:abc", "64 hexadecimal digits", ""},
		{"oci://h/x?tag=1&digest=" + digest, "only one of the two", "oci://h/x?digest=" + digest},
		{"oci://h/x?ref=v1", `"ref" cannot stand`, ""},
	} {
		s, err := Parse(c.text)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q is taken: %+v", c.text, s)
			continue
		}
		if !strings.Contains(e.Problem, c.problem) || e.Suggestion != c.suggestion {
			t.Errorf("%q:\n got %q, write %q\nwant …%s…, write %q", c.text, e.Problem, e.Suggestion, c.problem, c.suggestion)
		}
		if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "ghp_") {
			t.Errorf("%q: the error shows the secret: %v", c.text, err)
		}
		if e.Text != c.text || s != (Source{}) {
			t.Errorf("%q: the error is of %q, and came with %+v", c.text, e.Text, s)
		}
	}
}

func TestNoVersion(t *testing.T) {
	for text, want := range map[string]string{
		"git::https://h/x.git": "", "oci://h/x": "",
		"./x": "no versions", "std/profiles": "of throng itself", "https://h/x.zip": "its address names",
		"git::https://h/x?ref=v1": "?ref=", "oci://h/x?tag=1": "?tag=", "oci://h/x?digest=" + digest: "?digest=",
	} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.NoVersion(); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want …%s…", text, got, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:80": true, "127.0.0.1": true, "127.9.9.9:1": true, "[::1]": true, "[::1]:80": true, "[::ffff:127.0.0.1]": true,
		"10.0.0.1": false, "localhost.example.com": false, "127.0.0.1.example.com": false, "": false, "[::2]": false,
	} {
		if Loopback(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}

// FuzzParse holds that Parse ends, that what it takes is one source however
// often it is written and read, and that it suggests nothing it refuses.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"./x", "std/profiles", "git::https://h/x.git//sub?ref=v1", "git@h:x.git", "https://h/x.zip//d?a=b", "oci://h:1/x?tag=1.0.0",
		"oci://h/x@sha256:", "github.com/x/y", `C:\x`, "git::file:///x", "http://[::1]:80/x.tgz", "git::ssh://u@h:22/x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err == nil {
			again(t, s)
			for _, word := range []string{s.Addr, s.Sub, s.Ref} {
				if strings.HasPrefix(word, "-") || s.Remote() && slices.Contains(strings.Split(word, "/"), "..") {
					t.Fatalf("%+v", s)
				}
			}
			if _, err := Parse(s.Key()); err != nil {
				t.Fatalf("the key %q: %v", s.Key(), err)
			}
			if strings.ContainsAny(s.String(), "\x00\n\r\x1b\\") {
				t.Fatalf("%q", s)
			}
			return
		}
		var e *Error
		if !errors.As(err, &e) || e.Problem == "" {
			t.Fatalf("%T %v", err, err)
		}
		if e.Suggestion != "" {
			if _, err := Parse(e.Suggestion); err != nil {
				t.Fatalf("it suggests %q: %v", e.Suggestion, err)
			}
		}
	})
}
