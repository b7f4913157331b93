package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The oldest git with every option used here (--end-of-options came in 2.24,
// --no-auto-maintenance and --object-format in 2.29).
const gitMajor, gitMinor = 2, 29

// gitInstalled reports that there is no git to use.
func (f *fetcher) gitInstalled(ctx context.Context) error {
	if _, err := exec.LookPath(f.Git); err != nil {
		return fmt.Errorf("%s is not installed, or not in PATH: sources that begin with git:: are fetched by it, in version %d.%d or newer", f.Git, gitMajor, gitMinor)
	}
	g := &gitRepo{fetcher: f, dir: os.TempDir()}
	out, err := g.output(ctx, 1<<10, "version")
	if err != nil {
		return err
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(out), "git version %d.%d", &major, &minor); err != nil {
		return fmt.Errorf("%s says %q when asked for its version", f.Git, clean(string(out)))
	}
	if major < gitMajor || major == gitMajor && minor < gitMinor {
		return fmt.Errorf("the git that is installed is %d.%d, and fetching needs %d.%d or newer", major, minor, gitMajor, gitMinor)
	}
	return nil
}

// gitSettings stand over those of the user: nothing that the repository or a
// server says is run, and nobody is asked anything.
var gitSettings = []string{
	"core.hooksPath=" + os.DevNull, "core.fsmonitor=false", "core.askPass=", "core.bigFileThreshold=16m",
	"gc.auto=0", "maintenance.auto=false", "submodule.recurse=false", "fetch.recurseSubmodules=false",
	"filter.lfs.smudge=", "filter.lfs.process=", "filter.lfs.required=false",
	"http.followRedirects=initial", "credential.interactive=false",
}

// gitKept are the variables that git gets from the environment: where things
// are, how the network is reached, and what the user signs in with. Above all
// it gets none of those that lead it to another repository (GIT_DIR and the
// like) or have it run a program (GIT_EXTERNAL_DIFF and the like).
var gitKept = []string{
	"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TMP", "TEMP", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "KRB5CCNAME", "GNUPGHOME",
	"SSH_AUTH_SOCK", "SSH_AGENT_PID", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS",
	"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT",
	"GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)",
}

// gitEnvironment is what git runs in, of the variables of this process.
func gitEnvironment(all []string, dir, scheme string) []string {
	env := []string{
		"LC_ALL=C", "GIT_DIR=" + dir, "GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never", "GIT_LFS_SKIP_SMUDGE=1",
		"GIT_NO_REPLACE_OBJECTS=1", "GIT_ATTR_NOSYSTEM=1", "GIT_ALLOC_LIMIT=256m", "GIT_PROTOCOL_FROM_USER=0", "GIT_ALLOW_PROTOCOL=" + protocols(scheme),
	}
	for _, pair := range all {
		name, _, _ := strings.Cut(pair, "=")
		if slices.Contains(gitKept, name) || slices.Contains(gitKept, strings.ToUpper(name)) && os.PathSeparator == '\\' ||
			strings.HasPrefix(name, "GIT_CONFIG_KEY_") || strings.HasPrefix(name, "GIT_CONFIG_VALUE_") {
			env = append(env, pair)
		}
	}
	return env
}

// protocols are those that git may speak for an address; this setting goes
// over every other. A user's configuration may have git reach a host by ssh in
// place of https, and the reverse; it may never run a program (ext::) or read
// this machine's files for an address that does not say so.
func protocols(scheme string) string {
	if scheme == "https" || scheme == "ssh" {
		return "https:ssh"
	}
	return scheme
}

// proxyOf is the proxy of the environment for an address.
func (f *fetcher) proxyOf(u *url.URL) (*url.URL, error) {
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, nil
	}
	return f.proxy(&http.Request{URL: u})
}

var errOutput = errors.New("git prints more than is read of it")

// output is what git prints, which is at most limit bytes.
func (g *gitRepo) output(ctx context.Context, limit int64, args ...string) ([]byte, error) {
	var out []byte
	err := g.stream(ctx, "", func(r io.Reader) (err error) {
		if out, err = io.ReadAll(io.LimitReader(r, limit+1)); err == nil && int64(len(out)) > limit {
			err = errOutput
		}
		return err
	}, args...)
	return out, err
}

// stream runs git, and has read take what it prints. It ends when git and
// all that git has started have; an error of read ends them.
func (g *gitRepo) stream(ctx context.Context, stdin string, read func(io.Reader) error, args ...string) error {
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	var full []string
	for _, setting := range gitSettings {
		full = append(full, "-c", setting)
	}
	cmd := exec.CommandContext(run, g.Git, append(full, args...)...)
	cmd.Dir, cmd.Env = g.dir, gitEnvironment(os.Environ(), g.dir, g.scheme)
	cmd.Stdin = strings.NewReader(stdin)
	errs := &head{limit: 64 << 10}
	cmd.Stderr = errs
	cmd.WaitDelay = 5 * time.Second
	alone(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s cannot be run: %w", g.Git, err)
	}
	bad := read(out)
	if bad != nil {
		cancel()
	}
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case bad != nil:
		return bad
	case err != nil:
		return gitFailure(errs.String(), err)
	}
	return nil
}

// head keeps the beginning of what is written to it.
type head struct {
	b     bytes.Buffer
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	h.b.Write(p[:min(len(p), h.limit-h.b.Len())])
	return len(p), nil
}

func (h *head) String() string { return h.b.String() }

var (
	inURL = regexp.MustCompile(`://[^/@\s]+@`)
	// What git says, and what a person may do about it.
	gitAdvice = []struct{ says, advice string }{
		{"could not read Username", "it asks for a login, which git takes from a credential helper (git help credentials)"},
		{"could not read Password", "it asks for a password, which git takes from a credential helper (git help credentials)"},
		{"Authentication failed", "the login that git has for it is not accepted"},
		{"Host key verification failed", "ssh does not know the host's key: connect to it once by ssh, and accept the key"},
		{"Permission denied (publickey", "ssh has no key that the host accepts: see whether the agent holds it (ssh-add -l)"},
		{"not allowed", "it leads to a protocol that is not used for modules"},
		{"attempting to allocate", "it holds something too large for a module"},
	}
)

// gitFailure words what git wrote before it failed.
func gitFailure(said string, err error) error {
	var lines []string
	for line := range strings.Lines(said) {
		line = clean(inURL.ReplaceAllString(line, "://"))
		if line != "" && !strings.HasPrefix(line, "hint:") && !strings.HasPrefix(line, "warning:") {
			lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(line, "fatal: "), "error: "))
		}
	}
	if len(lines) == 0 {
		return fmt.Errorf("git failed: %w", err)
	}
	text := "git says: " + strings.Join(lines[:min(len(lines), 4)], "; ")
	for _, a := range gitAdvice {
		if strings.Contains(said, a.says) {
			return errors.New(text + " – " + a.advice)
		}
	}
	return errors.New(text)
}
