package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throng/dsl/module/fetch/fetchtest"
	"throng/dsl/module/lock"
)

// throng runs the command line in this process and gives what it wrote.
func throng(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := System()
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(""), &out, &errs
	if code := Main(args, env); code != want {
		t.Fatalf("throng %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), code, want, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

func replaceIn(t *testing.T, name, old, now string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s holds no %q", name, old)
	}
	if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(text), old, now)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPublish takes a library from its first line to its callers, by way of a
// real registry that asks for credentials: made, published, used, changed,
// published again, used by who upgrades.
func TestPublish(t *testing.T) {
	registry := fetchtest.NewRegistry(t, fetchtest.RegistryOptions{Auth: true})
	t.Setenv("THRONG_INSECURE_LOOPBACK", "1")
	t.Setenv("THRONG_CACHE_DIR", filepath.Join(t.TempDir(), "cache"))
	t.Setenv("NO_COLOR", "1")
	t.Setenv("CI", "")
	to := registry.Source("libraries/shop")
	lib := filepath.Join(t.TempDir(), "shop")
	throng(t, ExitPass, "module", "new", lib)

	// Without credentials the registry refuses, and says so.
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	if _, refused := throng(t, ExitError, "module", "publish", lib, to, "--version", "1.0.0"); !strings.Contains(refused, "docker login") {
		t.Errorf("without credentials: %s", refused)
	}
	t.Setenv("DOCKER_CONFIG", registry.DockerConfig(t))

	first := publish(t, lib, to, "1.0.0")
	if again := publish(t, lib, to, "1.0.0"); again != first {
		t.Errorf("the same files a second time: %+v, then %+v", first, again)
	}
	out, _ := throng(t, ExitPass, "module", "publish", lib, to, "--version", "v1.0.0")
	for _, want := range []string{first.Digest, first.Hash, "source  = \"" + to + "\"", "version = \"~> 1.0\""} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}

	// A caller gets what was published, by the hash that was printed.
	caller := t.TempDir()
	example, err := os.ReadFile(filepath.Join(lib, "examples", "basic", "main.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	main := filepath.Join(caller, "main.hcl")
	source := "source  = \"" + to + "\"\n  version = \"~> 1.0\""
	if err := os.WriteFile(main, []byte(strings.Replace(string(example), `source = "../.."`, source, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	throng(t, ExitPass, "init", caller)
	locked := func() string {
		text, err := os.ReadFile(filepath.Join(caller, lock.Name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if text := locked(); !strings.Contains(text, first.Hash) || !strings.Contains(text, first.Digest) {
		t.Errorf("the lock file holds neither %s nor %s:\n%s", first.Hash, first.Digest, text)
	}
	throng(t, ExitPass, "validate", caller)

	// What is published does not change; the next version is another one.
	replaceIn(t, filepath.Join(lib, "main.hcl"), "users       = 10", "users       = 12")
	if _, refused := throng(t, ExitError, "module", "publish", lib, to, "--version", "1.0.0"); !strings.Contains(refused, "what is published does not change") {
		t.Errorf("another content: %s", refused)
	}
	second := publish(t, lib, to, "1.1.0")
	throng(t, ExitPass, "init", caller)
	if text := locked(); !strings.Contains(text, first.Hash) {
		t.Errorf("init moved on by itself:\n%s", text)
	}
	throng(t, ExitPass, "init", caller, "--upgrade")
	if text := locked(); !strings.Contains(text, second.Hash) || !strings.Contains(text, `"1.1.0"`) {
		t.Errorf("after the upgrade:\n%s", text)
	}
	if plan, _ := throng(t, ExitPass, "plan", caller); !strings.Contains(plan, "12 users") {
		t.Errorf("the plan after the upgrade:\n%s", plan)
	}
}

// publish publishes a version and holds what is printed against itself.
func publish(t *testing.T, lib, to, version string) published {
	t.Helper()
	out, _ := throng(t, ExitPass, "module", "publish", lib, to, "--version", version, "--json")
	var p published
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	zip := filepath.Join(t.TempDir(), "again.zip")
	text, _ := throng(t, ExitPass, "module", "package", lib, "-o", zip)
	if !strings.Contains(text, p.SHA256) || !strings.Contains(text, p.Hash) || p.Version != version || p.Source != to || !strings.HasPrefix(p.Digest, "sha256:") {
		t.Errorf("%+v, and the package is\n%s", p, text)
	}
	return p
}
