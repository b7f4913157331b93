package fetchtest

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The user of a registry that asks for one, the user's password, and its
// bcrypt hash.
const (
	User     = "tester"
	Password = "open-sesame"
	hashed   = "$2y$04$eOuEiWNUE7N.E7zQSWrSueMt7p631rDojoHXzAeTHmun8oG4cawRi"
)

// Registry is an OCI registry (Debian's docker-registry) on loopback.
type Registry struct {
	Host string // 127.0.0.1:PORT
	Dir  string // what it stores
}

// RegistryOptions are how a registry is to be run.
type RegistryOptions struct {
	TLS  *Authority // nil: plain http
	Auth bool       // ask for User and Password
}

// NewRegistry starts an empty registry.
func NewRegistry(t testing.TB, o RegistryOptions) *Registry {
	t.Helper()
	program := Need(t, "docker-registry")
	dir := t.TempDir()
	r := &Registry{Host: "127.0.0.1:" + FreePort(t), Dir: filepath.Join(dir, "store")}
	var b strings.Builder
	fmt.Fprintf(&b, "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: %s\nhttp:\n  addr: %s\n", r.Dir, r.Host)
	if o.TLS != nil {
		fmt.Fprintf(&b, "  tls:\n    certificate: %s\n    key: %s\n", o.TLS.File, o.TLS.KeyFile)
	}
	if o.Auth {
		users := filepath.Join(dir, "htpasswd")
		check(t, os.WriteFile(users, []byte(User+":"+hashed+"\n"), 0o600))
		fmt.Fprintf(&b, "auth:\n  htpasswd:\n    realm: tests\n    path: %s\n", users)
	}
	config := filepath.Join(dir, "config.yml")
	check(t, os.WriteFile(config, []byte(b.String()), 0o600))
	cmd := exec.Command(program, "serve", config)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "OTEL_TRACES_EXPORTER=none"}
	start(t, cmd)
	waitPort(t, r.Host)
	return r
}

// Source is a repository of the registry as a module's source:
// oci://127.0.0.1:PORT/REPOSITORY.
func (r *Registry) Source(repository string) string { return "oci://" + r.Host + "/" + repository }

// DockerConfig writes Docker's credential file for the registry's User into
// a fresh directory, which DOCKER_CONFIG is to name.
func (r *Registry) DockerConfig(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	secret := base64.StdEncoding.EncodeToString([]byte(User + ":" + Password))
	text := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, r.Host, secret)
	check(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o600))
	return dir
}
