package fetchtest

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Repo is a bare git repository of a test. Its commits are the same on every
// run: authors and times are fixed.
type Repo struct {
	Dir string // …/NAME.git
	t   testing.TB
	n   int // commits made
}

// NewRepo makes an empty repository NAME.git, whose branch is main.
func NewRepo(t testing.TB, name string) *Repo {
	t.Helper()
	Need(t, "git")
	r := &Repo{Dir: filepath.Join(t.TempDir(), name+".git"), t: t}
	check(t, os.Mkdir(r.Dir, 0o755))
	r.Git(nil, "init", "--quiet", "--bare", "--initial-branch=main")
	return r
}

// Git runs git in the repository, with a standard input, and gives what it
// printed. It knows no configuration but the repository's.
func (r *Repo) Git(stdin []byte, args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = r.Dir, gitEnv(), bytes.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(out.String())
}

// Commit puts a commit on main that holds exactly these files, by their
// paths with slashes, and light tags on it. It gives the commit's full name.
func (r *Repo) Commit(files map[string]string, tags ...string) string {
	r.t.Helper()
	r.n++
	var in bytes.Buffer
	fmt.Fprintf(&in, "commit refs/heads/main\ncommitter Tester <tester@example.com> %d +0000\ndata 8\ncommit.\n\n", 1_700_000_000+r.n)
	if r.n > 1 {
		in.WriteString("from refs/heads/main^0\n")
	}
	in.WriteString("deleteall\n")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", name, len(files[name]), files[name])
	}
	r.Git(in.Bytes(), "fast-import", "--quiet", "--date-format=raw")
	commit := r.Git(nil, "rev-parse", "refs/heads/main")
	for _, tag := range tags {
		r.Tag(tag, commit)
	}
	return commit
}

// Tag makes a light tag, or moves it.
func (r *Repo) Tag(name, commit string) {
	r.t.Helper()
	r.Git(nil, "update-ref", "refs/tags/"+name, commit)
}

// Annotate makes an annotated tag, or moves it.
func (r *Repo) Annotate(name, commit string) {
	r.t.Helper()
	r.Git(nil, "tag", "--force", "--annotate", "--message=tag", name, commit)
}

// Source is the repository as a module's source: git::file://….
func (r *Repo) Source() string {
	path := filepath.ToSlash(r.Dir)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "git::file://" + path
}

// Base is the repository's name, NAME.git: its path on the servers.
func (r *Repo) Base() string { return filepath.Base(r.Dir) }

// Serve is git's own http server of the repository as a handler, at
// /NAME.git: for HTTP, and for Authority.HTTPS.
func (r *Repo) Serve() http.Handler {
	r.t.Helper()
	return &cgi.Handler{
		Path: r.helper("git-http-backend"),
		Env:  append(gitEnv(), "GIT_PROJECT_ROOT="+filepath.Dir(r.Dir), "GIT_HTTP_EXPORT_ALL=1"),
	}
}

// ServeHTTP serves the repository by http on loopback, and gives it as a
// module's source: git::http://127.0.0.1:PORT/NAME.git.
func (r *Repo) ServeHTTP() string {
	r.t.Helper()
	return "git::" + HTTP(r.t, r.Serve()).URL + "/" + r.Base()
}

// ServeHTTPS is ServeHTTP over TLS. Git trusts the authority by the
// environment variable GIT_SSL_CAINFO, which holds a.File.
func (r *Repo) ServeHTTPS(a *Authority) string {
	r.t.Helper()
	return "git::" + a.HTTPS(r.t, r.Serve()).URL + "/" + r.Base()
}

// Daemon serves the repository by git's own protocol on loopback, and gives
// it as a module's source: git::git://127.0.0.1:PORT/NAME.git.
func (r *Repo) Daemon() string {
	r.t.Helper()
	port := FreePort(r.t)
	cmd := exec.Command(r.helper("git-daemon"), "--listen=127.0.0.1", "--port="+port, "--export-all",
		"--base-path="+filepath.Dir(r.Dir), "--reuseaddr", filepath.Dir(r.Dir))
	cmd.Env = gitEnv()
	start(r.t, cmd)
	waitPort(r.t, "127.0.0.1:"+port)
	return "git::git://127.0.0.1:" + port + "/" + r.Base()
}

// helper is the path of a program that git keeps to itself.
func (r *Repo) helper(name string) string {
	r.t.Helper()
	path := filepath.Join(r.Git(nil, "--exec-path"), name)
	if _, err := os.Stat(path); err != nil {
		r.t.Skipf("this test needs %s, which is not installed", name)
	}
	return path
}

// gitEnv is an environment in which git knows nothing of this machine's user.
func gitEnv() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Tester", "GIT_AUTHOR_EMAIL=tester@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=Tester", "GIT_COMMITTER_EMAIL=tester@example.com", "GIT_COMMITTER_DATE=1700000000 +0000",
	}
}

// start runs a server of the test until its end.
func start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// FreePort is a port of loopback that nobody listens on at this moment, for a
// program that has to be told one. It lies below those that systems give out
// by themselves: no connection of another test takes it before the program.
func FreePort(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(10_000 + rand.IntN(20_000))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("there is no free port on loopback")
	return ""
}

// waitPort waits until something answers at addr.
func waitPort(t testing.TB, addr string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing answers at %s after a minute: %v", addr, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
