package fetch

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"throng/dsl/module/fetch/fetchtest"
)

// alien gives the test's processes an environment in which git knows nobody.
func alien(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(t.TempDir(), "config"))
}

func TestGitServers(t *testing.T) {
	alien(t)
	repo := fetchtest.NewRepo(t, "shop")
	one := map[string]string{"main.hcl": "one", "lib/a b/ü.csv": "x"}
	two := map[string]string{"main.hcl": "two", "attributes": "$Format:%H$", ".gitattributes": "attributes export-subst\nhidden export-ignore\n* text eol=crlf\n", "hidden": "seen\n"}
	first := repo.Commit(one, "v1.0.0")
	second := repo.Commit(two)
	repo.Annotate("v1.1.0", second)
	repo.Tag("next", second)
	repo.Git(nil, "update-ref", "refs/heads/old/branch", first)

	ca := fetchtest.NewAuthority(t)
	t.Setenv("GIT_SSL_CAINFO", ca.File)
	for name, addr := range map[string]string{
		"file": repo.Source(), "http": repo.ServeHTTP(), "https": repo.ServeHTTPS(ca), "daemon": repo.Daemon(),
	} {
		t.Run(name, func(t *testing.T) {
			f := testFetcher()
			got(t, f, addr, "v1.0.0", one)
			got(t, f, addr, first, one)
			got(t, f, addr+"?ref=old/branch", "", one)
			got(t, f, addr+"?ref=refs/heads/old/branch", "", one)
			got(t, f, addr+"?ref="+first, "", one)
			got(t, f, addr+"//lib/a b?ref=v1.0.0", "", one)
			if found := got(t, f, addr, "v1.1.0", two); found.Commit != second {
				t.Errorf("an annotated tag leads to %s, want %s", found.Commit, second)
			}
			if found := got(t, f, addr, "", two); found.Commit != second {
				t.Errorf("the default branch leads to %s, want %s", found.Commit, second)
			}
			if v, err := f.Versions(t.Context(), parse(t, addr)); err != nil || !slices.Equal(v, []string{"v1.1.0", "v1.0.0"}) {
				t.Errorf("versions %v: %v", v, err)
			}
			refused(t, f, addr, "v9.0.0", `no tag "v9.0.0"`)
			refused(t, f, addr+"?ref=none", "", `no tag and no branch "none"`)
			refused(t, f, addr+"?ref="+first[:8], "", "named in full")
			refused(t, f, addr, strings.Repeat("0", 39)+"1", "")
			refused(t, f, addr+"//none", "v1.0.0", `Directories in it: "lib"`)
		})
	}
	refused(t, testFetcher(), repo.Source()+"x", "", "git says:")
}

// TestGitWorksWhereItIsTold holds that whatever moment git is killed at, what
// it leaves lies where Temp says: there is its repository while a server
// answers, and the directory of temporary files is empty.
func TestGitWorksWhereItIsTold(t *testing.T) {
	alien(t)
	repo := fetchtest.NewRepo(t, "shop")
	first := repo.Commit(map[string]string{"main.hcl": "one"}, "v1.0.0")
	system, told := t.TempDir(), t.TempDir()
	var requests, missed atomic.Int32
	git := repo.Serve()
	s := fetchtest.HTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if heads, _ := filepath.Glob(filepath.Join(told, "git-*", "HEAD")); len(heads) != 1 {
			missed.Add(1)
		}
		git.ServeHTTP(w, r)
	}))
	t.Setenv("TMPDIR", system)
	f := New(Options{InsecureLoopback: true, Temp: func() (string, error) { return os.MkdirTemp(told, "git-") }})
	addr := "git::" + s.URL + "/shop.git"
	if _, err := f.Versions(t.Context(), parse(t, addr)); err != nil {
		t.Fatal(err)
	}
	into := t.TempDir()
	if found, err := f.Fetch(t.Context(), parse(t, addr), "v1.0.0", into); err != nil || found.Commit != first {
		t.Fatalf("%+v, %v", found, err)
	}
	if requests.Load() == 0 || missed.Load() > 0 {
		t.Errorf("at %d of %d requests there was no repository where it was told", missed.Load(), requests.Load())
	}
	for _, dir := range []string{system, told} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	}
}

// TestGitOldServer fetches a commit from a server that gives away what refs
// name, and nothing else.
func TestGitOldServer(t *testing.T) {
	alien(t)
	repo := fetchtest.NewRepo(t, "shop")
	first := repo.Commit(map[string]string{"a": "1"})
	repo.Commit(map[string]string{"a": "2"})
	git := repo.Serve()
	s := fetchtest.HTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Git-Protocol")
		git.ServeHTTP(w, r)
	}))
	addr := "git::" + s.URL + "/shop.git"
	got(t, testFetcher(), addr, first, map[string]string{"a": "1"})
	refused(t, testFetcher(), addr, strings.Repeat("0", 39)+"1", "no branch and no tag of the repository leads to")
}

func TestGitSHA256(t *testing.T) {
	alien(t)
	repo := fetchtest.NewRepo(t, "shop")
	for _, name := range []string{"objects", "refs", "HEAD", "config"} {
		if err := os.RemoveAll(filepath.Join(repo.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	repo.Git(nil, "init", "--quiet", "--bare", "--initial-branch=main", "--object-format=sha256")
	commit := repo.Commit(map[string]string{"a": "1"}, "v1.0.0")
	if len(commit) != 64 {
		t.Fatal(commit)
	}
	for _, at := range []string{"v1.0.0", commit, ""} {
		if found := got(t, testFetcher(), repo.Source(), at, map[string]string{"a": "1"}); found.Commit != commit {
			t.Error(found)
		}
	}
}

// TestGitModes shows that what may be executed stays so.
func TestGitModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	alien(t)
	repo := fetchtest.NewRepo(t, "shop")
	blob := repo.Git([]byte("x"), "hash-object", "-w", "--stdin")
	commitTree(repo, fmt.Sprintf("100755 blob %s\trun\n100644 blob %s\tread\n", blob, blob))
	dir := t.TempDir()
	if _, err := testFetcher().Fetch(t.Context(), parse(t, repo.Source()), "", dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"run": 0o755, "read": 0o644} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

// commitTree puts a commit on main whose tree has these entries, however
// strange they are.
func commitTree(repo *fetchtest.Repo, entries string) string {
	tree := repo.Git([]byte(entries), "mktree", "--missing")
	commit := repo.Git([]byte("x"), "commit-tree", tree)
	repo.Git(nil, "update-ref", "refs/heads/main", commit)
	return commit
}

func TestHostileRepositories(t *testing.T) {
	alien(t)
	repo := fetchtest.NewRepo(t, "shop")
	blob := repo.Git([]byte("content"), "hash-object", "-w", "--stdin")
	link := repo.Git([]byte("/etc/passwd"), "hash-object", "-w", "--stdin")
	file := func(name string) string { return fmt.Sprintf("100644 blob %s\t%s\n", blob, name) }
	sub := func(name, entries string) string {
		return fmt.Sprintf("040000 tree %s\t%s\n", repo.Git([]byte(entries), "mktree"), name)
	}
	f := testFetcher()
	for name, c := range map[string]struct{ tree, want string }{
		"symlink":         {fmt.Sprintf("120000 blob %s\tx\n", link), "symbolic link"},
		"symlink, nested": {sub("a", fmt.Sprintf("120000 blob %s\tx\n", link)), `"a/x" is a symbolic link`},
		"submodule":       {file("a") + "160000 commit 0000000000000000000000000000000000000001\tx\n", "is a submodule"},
		"way out":         {sub("..", file("canary")), `holds ".."`},
		"file way out":    {file(".."), `holds ".."`},
		"dot":             {sub(".", file("canary")), "no name"},
		".git":            {sub(".git", file("config")), "files of git itself"},
		".GIT":            {sub(".GIT", file("config")), "files of git itself"},
		"git~1":           {sub("git~1", file("config")), "files of git itself"},
		".git unseen":     {sub(".g\u200cit", file("config")), "cannot be seen"},
		"backslash":       {file(`a\b`), "not every system allows"},
		"drive":           {file("C:x"), "not every system allows"},
		"device":          {file("aux"), "device on Windows"},
		"escape":          {file("a\x1b[2J"), "cannot be seen"},
		"no UTF-8":        {file("a\xff"), "not UTF-8"},
		"case":            {file("Main.hcl") + file("main.hcl"), "one name where case"},
		"composition":     {file("caf\u00e9") + file("cafe\u0301"), "one name where case"},
		"twice":           {file("a") + file("a"), "in it twice"},
		"nothing":         {"", "holds no file"},
	} {
		t.Run(name, func(t *testing.T) {
			commitTree(repo, c.tree)
			refused(t, f, repo.Source(), "", c.want)
		})
	}

	t.Run("too many files", func(t *testing.T) {
		var one strings.Builder
		for i := range 101 {
			one.WriteString(file(fmt.Sprintf("f%03d", i)))
		}
		hundred := sub("d", one.String())
		var all strings.Builder
		for i := range 100 {
			all.WriteString(strings.Replace(hundred, "\td\n", fmt.Sprintf("\td%03d\n", i), 1))
		}
		commitTree(repo, all.String())
		refused(t, f, repo.Source(), "", "more than 10000 files")
	})
	t.Run("git bomb", func(t *testing.T) { // ten trees in ten trees, ten deep: 10^10 files
		entries := file("f")
		for range 10 {
			one := sub("d", entries)
			entries = ""
			for i := range 10 {
				entries += strings.Replace(one, "\td\n", fmt.Sprintf("\td%d\n", i), 1)
			}
		}
		commitTree(repo, entries)
		refused(t, f, repo.Source(), "", "more than 10000 files")
	})
	t.Run("decompression bomb", func(t *testing.T) {
		big := repo.Git(make([]byte, 64<<20), "hash-object", "-w", "--stdin")
		commitTree(repo, fmt.Sprintf("100644 blob %s\tx\n", big))
		refused(t, f, repo.Source(), "", "larger than 32 MiB")
	})
	t.Run("too large to store", func(t *testing.T) {
		small := testFetcher()
		small.maxRepository = 10
		commitTree(repo, file("a"))
		refused(t, small, repo.Source(), "", "too large")
	})
	t.Run("tag of a file", func(t *testing.T) {
		repo.Git(nil, "update-ref", "refs/tags/v3.0.0", blob)
		refused(t, f, repo.Source(), "v3.0.0", "the tag v3.0.0 leads to no commit")
	})
	t.Run("missing object", func(t *testing.T) {
		commitTree(repo, "100644 blob 0000000000000000000000000000000000000001\tx\n")
		refused(t, f, repo.Source(), "", "git says:")
	})
}

// TestGitRunsNothing fetches with traps in the environment, in the user's
// configuration and in the repository: each would leave a file.
func TestGitRunsNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the traps are shell scripts")
	}
	alien(t)
	trap := filepath.Join(t.TempDir(), "sprung")
	script := filepath.Join(t.TempDir(), "trap")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch "+trap+"\ncat >/dev/null\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	hooks := t.TempDir()
	for _, hook := range []string{"post-checkout", "reference-transaction", "pre-auto-gc", "post-merge", "post-index-change"} {
		if err := os.Symlink(script, filepath.Join(hooks, hook)); err != nil {
			t.Fatal(err)
		}
	}
	config := fmt.Sprintf("[core]\n\thooksPath = %s\n\tfsmonitor = %s\n\tpager = %s\n\taskPass = %s\n[init]\n\ttemplateDir = %s\n[filter \"x\"]\n\tsmudge = %s\n\trequired = true\n[diff]\n\texternal = %s\n[tar \"tar\"]\n\tcommand = %s\n",
		hooks, script, script, script, filepath.Dir(script), script, script, script)
	if err := os.WriteFile(os.Getenv("GIT_CONFIG_GLOBAL"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	for name, value := range map[string]string{
		"GIT_DIR": elsewhere, "GIT_WORK_TREE": elsewhere, "GIT_INDEX_FILE": filepath.Join(elsewhere, "index"), "GIT_OBJECT_DIRECTORY": elsewhere,
		"GIT_EXTERNAL_DIFF": script, "GIT_PAGER": script, "PAGER": script, "EDITOR": script, "SSH_ASKPASS": script, "GIT_EXEC_PATH": elsewhere,
		"GIT_TEMPLATE_DIR": filepath.Dir(script), "GIT_PROXY_COMMAND": script, "GIT_TRACE": trap, "GIT_ALLOW_PROTOCOL": "ext:file:fd",
	} {
		t.Setenv(name, value)
	}
	repo := fetchtest.NewRepo(t, "shop")
	want := map[string]string{"a": "1", ".gitattributes": "* filter=x diff=x\n", ".lfsconfig": "[lfs]\nurl = https://h.example\n", ".gitmodules": "[submodule \"x\"]\n\tpath = x\n\turl = ext::" + script + "\n"}
	repo.Commit(want, "v1.0.0")
	for _, addr := range []string{repo.Source(), repo.ServeHTTP(), repo.Daemon()} {
		got(t, testFetcher(), addr, "v1.0.0", want)
	}
	for _, name := range []string{trap, filepath.Join(elsewhere, "index"), filepath.Join(elsewhere, "HEAD")} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("something ran, and made %s", filepath.Base(name))
		}
	}
}

// TestGitProtocols has the user's configuration, and a server, lead an
// address to where modules are not fetched from.
func TestGitProtocols(t *testing.T) {
	alien(t)
	repo := fetchtest.NewRepo(t, "shop")
	repo.Commit(map[string]string{"a": "1"})
	target := strings.TrimPrefix(repo.Source(), "git::")
	mark := filepath.Join(t.TempDir(), "sprung")
	for name, to := range map[string]string{"ext": "ext::touch " + mark + " ", "file": target + "?", "path": repo.Dir + "?"} {
		config := fmt.Sprintf("[url %q]\n\tinsteadOf = https://localhost:1/\n[protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n[protocol \"file\"]\n\tallow = always\n", to)
		if err := os.WriteFile(os.Getenv("GIT_CONFIG_GLOBAL"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			refused(t, testFetcher(), "git::https://localhost:1/x", "", "not used for modules")
		})
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("ext:: ran")
	}
}

// TestGitSSH has a program stand in for ssh, as the user's settings can say:
// it is given the host, and runs what it is told on this machine.
func TestGitSSH(t *testing.T) {
	alien(t)
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	repo := fetchtest.NewRepo(t, "shop")
	want := map[string]string{"a": "1"}
	repo.Commit(want, "v1.0.0")
	log, ssh := filepath.Join(t.TempDir(), "log"), filepath.Join(t.TempDir(), "ssh")
	script := "#!/bin/sh\nfor a; do printf '%s\\n' \"$a\" >>" + log + "; done\nfor last; do :; done\neval \"$last\"\n"
	if err := os.WriteFile(ssh, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_SSH_COMMAND", ssh)
	t.Setenv("GIT_SSH_VARIANT", "ssh")
	for _, text := range []string{"git::ssh://git@localhost" + repo.Dir + "?ref=v1.0.0", "git@localhost:" + repo.Dir} {
		got(t, testFetcher(), text, "", want)
	}
	said, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(said), "git@localhost\ngit-upload-pack '"+repo.Dir+"'\n") {
		t.Errorf("ssh is given (%v)\n%s", err, said)
	}
}

// TestGitRedirect shows that a renamed repository is found, and that a
// redirect is not followed to http.
func TestGitRedirect(t *testing.T) {
	alien(t)
	repo := fetchtest.NewRepo(t, "shop")
	repo.Commit(map[string]string{"a": "1"})
	plain, git := fetchtest.HTTP(t, repo.Serve()), repo.Serve()
	ca := fetchtest.NewAuthority(t)
	t.Setenv("GIT_SSL_CAINFO", ca.File)
	away := ca.HTTPS(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch uri := r.URL.RequestURI(); {
		case strings.HasPrefix(uri, "/shop.git/"):
			git.ServeHTTP(w, r)
		case strings.HasPrefix(uri, "/old.git/"):
			http.Redirect(w, r, strings.Replace(uri, "old", "shop", 1), http.StatusMovedPermanently)
		default:
			http.Redirect(w, r, plain.URL+"/shop.git/info/refs?"+r.URL.RawQuery, http.StatusFound)
		}
	}))
	got(t, testFetcher(), "git::"+away.URL+"/old.git", "", map[string]string{"a": "1"})
	refused(t, testFetcher(), "git::"+away.URL+"/away.git", "", "git says:")
}

// TestGitWords shows what of a server's words reaches a person.
func TestGitWords(t *testing.T) {
	alien(t)
	s := fetchtest.HTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "login") {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		const text = "ERR \x1b[2J\x1b]0;owned\x07 see https://user:hunter2@h.example/"
		_, _ = fmt.Fprintf(w, "001e# service=git-upload-pack\n0000%04x%s", len(text)+4, text)
	}))
	refused(t, testFetcher(), "git::"+s.URL+"/x.git", "", "see https://h.example/")
	refused(t, testFetcher(), "git::"+s.URL+"/login.git", "", "credential helper")
}

func TestGitProgram(t *testing.T) {
	alien(t)
	refused(t, newFetcher(Options{Git: "no-such-git"}), "git::https://h.invalid/x", "", "no-such-git is not installed")
	if runtime.GOOS == "windows" {
		t.Skip("the stand-ins are shell scripts")
	}
	for text, want := range map[string]string{"git version 2.24.1 (old)": "is 2.24, and fetching needs 2.29", "gin version 1": "when asked for its version"} {
		path := filepath.Join(t.TempDir(), "git")
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+text+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		refused(t, newFetcher(Options{Git: path}), "git::https://h.invalid/x", "", want)
	}
}

// TestGitArguments holds that what a source says stands behind the options.
func TestGitArguments(t *testing.T) {
	alien(t)
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	dir := t.TempDir()
	path, log := filepath.Join(dir, "git"), filepath.Join(dir, "log")
	script := "#!/bin/sh\nfor a; do printf '%s\\n' \"$a\"; done >>" + log + "\ncase \"$*\" in *version) echo git version 2.40.0;; *\" init \"*) ;; *) exit 1;; esac\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	f := newFetcher(Options{Git: path})
	hostile := parse(t, "git::https://127.0.0.1:1/x")
	hostile.Addr, hostile.Ref = "--upload-pack=touch x", "--output=x"
	for _, at := range []string{"", "--exec=x", strings.Repeat("a", 40)} {
		if _, err := f.Fetch(t.Context(), hostile, at, t.TempDir()); err == nil {
			t.Error("it is taken")
		}
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	seen := 0
	for i, line := range lines {
		if !strings.Contains(line, "--upload-pack=") && !strings.Contains(line, "--output=") && !strings.Contains(line, "--exec=") {
			continue
		}
		seen++
		at := slices.Index(lines[:i+1], "--end-of-options")
		start := 0
		for j := range i {
			if lines[j] == "ls-remote" || lines[j] == "fetch" {
				start = j
			}
		}
		if at < 0 || !slices.Contains(lines[start:i], "--end-of-options") {
			t.Errorf("%q stands among the options", line)
		}
	}
	if seen < 3 {
		t.Errorf("git was asked %d times only:\n%s", seen, text)
	}
}

// TestGitEnds gives a fetch up, and looks for what git had started.
func TestGitEnds(t *testing.T) {
	alien(t)
	if runtime.GOOS != "linux" {
		t.Skip("processes are looked up in /proc")
	}
	dir := t.TempDir()
	path, pid := filepath.Join(dir, "git"), filepath.Join(dir, "pid")
	script := "#!/bin/sh\ncase \"$*\" in *version) echo git version 2.40.0;; *\" init \"*) ;; *) sleep 600 & echo $! >" + pid + ".new; mv " + pid + ".new " + pid + "; wait;; esac\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan string, 1)
	go func() {
		defer cancel()
		for ctx.Err() == nil {
			if text, err := os.ReadFile(pid); err == nil {
				started <- strings.TrimSpace(string(text))
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	_, err := newFetcher(Options{Git: path}).Fetch(ctx, parse(t, "git::https://127.0.0.1:1/x"), "", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Fatal(err)
	}
	child := <-started
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + child + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return // gone, or dead and not yet collected by its new parent
		}
		if time.Now().After(deadline) {
			t.Fatalf("what git started still runs: %s", stat)
		}
	}
}
