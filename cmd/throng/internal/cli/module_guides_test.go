package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"throng/dsl/module/fetch/fetchtest"
)

// guide is a page whose commands are run: terraform blocks with file=PATH are
// written there, sh blocks are run, in the order of the page. A line that ends
// in "# exits N" has to.
var guide = regexp.MustCompile("(?ms)^```(sh|terraform file=(\\S+))\n(.*?)^```")

// TestLibraryGuides runs every command of the guides to writing, publishing
// and upgrading libraries, one after the other in one place, against a real
// repository and a real registry.
func TestLibraryGuides(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"sh", "git"} {
		fetchtest.Need(t, program)
	}
	registry := fetchtest.NewRegistry(t, fetchtest.RegistryOptions{Auth: true})
	work := t.TempDir()
	w := &walkthrough{dir: work, env: append(os.Environ(),
		"PATH="+commandDir(t)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"HOME="+work, "GIT_CONFIG_NOSYSTEM=1", "NO_COLOR=1", "CI=",
		"GIT_AUTHOR_NAME=Tester", "GIT_AUTHOR_EMAIL=tester@example.com", "GIT_COMMITTER_NAME=Tester", "GIT_COMMITTER_EMAIL=tester@example.com",
		"THRONG_CACHE_DIR="+filepath.Join(work, "cache"), "THRONG_INSECURE_LOOPBACK=1", "DOCKER_CONFIG="+registry.DockerConfig(t),
	), real: strings.NewReplacer(
		"registry.example.com", registry.Host,
		"git::https://git.example.com/libraries/shop.git", "git::file://"+filepath.ToSlash(filepath.Join(work, "shop")),
	)}
	w.follow(t, "write-a-library")
	w.follow(t, "publish-a-library")

	// The upgrade needs a version to come.
	if err := os.RemoveAll(filepath.Join(work, "load")); err != nil {
		t.Fatal(err)
	}
	w.follow(t, "upgrade-a-library")
	main := filepath.Join(work, "shop", "main.hcl")
	replaceIn(t, main, "users       = 10", "users       = 12")
	w.run(t, "a version to come", "throng module publish shop --tag --version 1.1.0 # exits 1\ngit -C shop commit --quiet -am two\nthrong module publish shop --tag --version 1.1.0")
	out := w.run(t, "an upgrade", "throng plan load --out before.plan\nthrong init load --upgrade\nthrong plan load --diff before.plan")
	if !strings.Contains(out, "users: 10 → 12") && !strings.Contains(out, "users: 10 -> 12") {
		t.Errorf("the upgrade shows\n%s", out)
	}
}

// commandDir is a directory in which this test is called throng.
func commandDir(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "throng")); err != nil {
		t.Skip("this system has no links: ", err)
	}
	return dir
}

// walkthrough is a place where pages are followed.
type walkthrough struct {
	dir  string
	env  []string
	real *strings.Replacer // addresses of the pages to those of the test
}

func (w *walkthrough) follow(t *testing.T, page string) {
	t.Helper()
	text, err := os.ReadFile("../../../../docs/how-to/" + page + ".md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := guide.FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 3 {
		t.Fatalf("%s shows %d steps", page, len(blocks))
	}
	for i, b := range blocks {
		content := w.real.Replace(b[3])
		if b[2] == "" {
			w.run(t, fmt.Sprintf("%s, step %d", page, i+1), content)
			continue
		}
		name := filepath.Join(w.dir, filepath.FromSlash(b[2]))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		w.run(t, page+", "+b[2], "throng fmt --check "+b[2])
	}
}

var exitsWith = regexp.MustCompile(`(?m)^(.*?) +# exits (\d+)$`)

// run runs lines in a shell until one fails, and gives what they wrote.
func (w *walkthrough) run(t *testing.T, step, lines string) string {
	t.Helper()
	lines = exitsWith.ReplaceAllString(lines, "code=0; $1 || code=$$?; test $$code = $2")
	cmd := exec.Command("sh", "-e", "-c", lines)
	cmd.Dir, cmd.Env = w.dir, w.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", step, err, lines, out)
	}
	return string(out)
}
