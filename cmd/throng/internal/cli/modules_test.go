package cli

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"throng/dsl/module/fetch"
	"throng/dsl/module/fetch/fetchtest"
	"throng/dsl/module/source"
)

// TestModuleScripts runs the scripts of testdata/modules, which fetch modules
// from real servers on loopback: git by its own http server, Debian's OCI
// registry, archives from nginx over TLS. What a script names of SHOP, AUTH,
// REGISTRY and ARCHIVES is started for it; in its *.hcl files these stand
// between @, and are the sources to write.
//
//	publish git REPOSITORY TAG DIR     a commit on main with DIR's files, and the tag, which may be moved so; - for no tag
//	publish oci REPOSITORY TAG DIR
//	publish zip NAME DIR               at @ARCHIVES@/NAME.zip
//	server up|down|cut                 git's servers answer, or break off at once, or in the middle of what they send
//	flip BIT FILE                      one bit of the one file that the pattern matches
func TestModuleScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/modules/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			p := startPeers(t, string(text))
			testscript.Run(t, testscript.Params{
				Files: []string{script}, RequireExplicitExec: true, Setup: p.setup,
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"exits": exits, "flip": flip, "publish": p.publish, "server": p.server,
				},
			})
		})
	}
}

// peers are the servers of one script.
type peers struct {
	repos    map[string]*fetchtest.Repo
	state    atomic.Value // of git's servers: "up", "down" or "cut"
	registry *fetchtest.Registry
	archives string // directory that nginx serves
	names    map[string]string
	env      map[string]string
}

func startPeers(t *testing.T, script string) *peers {
	p := &peers{repos: map[string]*fetchtest.Repo{}, names: map[string]string{}, env: map[string]string{"THRONG_INSECURE_LOOPBACK": "1", "NO_COLOR": "1"}}
	p.state.Store("up")
	for _, name := range []string{"SHOP", "AUTH"} {
		if !strings.Contains(script, "@"+name+"@") {
			continue
		}
		repo := fetchtest.NewRepo(t, strings.ToLower(name))
		url := fetchtest.HTTP(t, p.moody(repo.Serve())).URL
		p.repos[repo.Base()], p.names[name] = repo, "git::"+url+"/"+repo.Base()
	}
	if strings.Contains(script, "@REGISTRY@") {
		p.registry = fetchtest.NewRegistry(t, fetchtest.RegistryOptions{})
		p.names["REGISTRY"] = "oci://" + p.registry.Host
	}
	if strings.Contains(script, "@ARCHIVES@") {
		ca := fetchtest.NewAuthority(t)
		p.archives = t.TempDir()
		p.names["ARCHIVES"] = startNginx(t, p.archives, ca)
		p.env["SSL_CERT_FILE"] = ca.File
	}
	return p
}

func (p *peers) setup(e *testscript.Env) error {
	for name, value := range p.env {
		e.Setenv(name, value)
	}
	for name, value := range p.names {
		e.Setenv(name, value)
	}
	e.Setenv("THRONG_CACHE_DIR", filepath.Join(e.WorkDir, "cache"))
	return filepath.WalkDir(e.WorkDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".hcl") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for name, value := range p.names {
			text = bytes.ReplaceAll(text, []byte("@"+name+"@"), []byte(value))
		}
		return os.WriteFile(path, text, 0o600)
	})
}

// moody is a server that does not always answer.
func (p *peers) moody(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p.state.Load() {
		case "down":
			panic(http.ErrAbortHandler)
		case "cut":
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
				w = &cutWriter{ResponseWriter: w, left: 100}
			}
		}
		h.ServeHTTP(w, r)
	})
}

// cutWriter breaks the connection off in the middle of an answer.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		_, _ = c.ResponseWriter.Write(b[:c.left])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}

func (p *peers) server(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || args[0] != "up" && args[0] != "down" && args[0] != "cut" {
		ts.Fatalf("usage: server up|down|cut")
	}
	p.state.Store(args[0])
}

func (p *peers) publish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: publish git|oci|zip NAME [TAG] DIR")
	}
	files := map[string]string{}
	dir := ts.MkAbs(args[len(args)-1])
	ts.Check(fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name] = ts.ReadFile(filepath.Join(dir, name))
		return nil
	}))
	switch args[0] {
	case "git":
		commit := p.repos[args[1]+".git"].Commit(files)
		if args[2] != "-" {
			p.repos[args[1]+".git"].Tag(args[2], commit)
		}
		ts.Setenv("COMMIT", commit)
	case "oci":
		s, err := source.Parse(p.registry.Source(args[1]) + "?tag=" + args[2])
		ts.Check(err)
		_, err = fetch.Push(context.Background(), fetch.Options{InsecureLoopback: true}, s, fetchtest.Zip(files), nil)
		ts.Check(err)
	case "zip":
		ts.Check(os.WriteFile(filepath.Join(p.archives, args[1]+".zip"), fetchtest.Zip(files), 0o644))
	}
}

// flip flips one bit of a file: flip BIT PATTERN.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip BIT PATTERN")
	}
	bit, err := strconv.Atoi(args[0])
	ts.Check(err)
	names, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(names) != 1 {
		ts.Fatalf("%q are the files of %s", names, args[1])
	}
	text, err := os.ReadFile(names[0])
	ts.Check(err)
	text[bit/8] ^= 1 << (bit % 8)
	ts.Check(os.Chmod(names[0], 0o600))
	ts.Check(os.WriteFile(names[0], text, 0o600))
}

const nginxArchives = `%s
daemon off;
master_process off;
pid %[2]s/pid;
error_log %[2]s/error.log;
events { worker_connections 64; }
http {
	client_body_temp_path %[2]s/body;
	proxy_temp_path %[2]s/proxy;
	fastcgi_temp_path %[2]s/fastcgi;
	uwsgi_temp_path %[2]s/uwsgi;
	scgi_temp_path %[2]s/scgi;
	access_log off;
	default_type application/octet-stream;
	server {
		listen %[3]s ssl;
		ssl_certificate %[4]s;
		ssl_certificate_key %[5]s;
		root %[6]s;
	}
}
`

// startNginx serves a directory over TLS, and gives its URL.
func startNginx(t *testing.T, root string, ca *fetchtest.Authority) string {
	t.Helper()
	program := fetchtest.Need(t, "nginx")
	addr, dir, user := "127.0.0.1:"+fetchtest.FreePort(t), t.TempDir(), ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxArchives, user, dir, addr, ca.File, ca.KeyFile, root), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-p", dir, "-c", conf, "-e", filepath.Join(dir, "error.log"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	deadline := time.Now().Add(time.Minute)
	for {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = conn.Close()
			return "https://" + addr
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Fatalf("nginx does not answer after a minute: %v\n%s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
