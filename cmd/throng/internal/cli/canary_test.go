package cli

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"throng/dsl"
	"throng/dsl/plan"
)

// What must be found nowhere. Each secret has a core that no encoding of
// text alters, and around it characters that all of them do.
const (
	secretGiven  = `k "Kan4ryGiven77"/+<&`
	secretOther  = `k "Kan4ryOther88"/+<&`
	secretBorn   = `Kan4ryBorn55"/+<&`
	secretCard   = "Kan4ryCard66"
	secretNumber = "4815162342108"
)

// forms are the ways a secret may be written, as texts to look for.
func forms(core string) map[string]string {
	all := map[string]string{
		"plain": core, "upper case": strings.ToUpper(core), "hex": hex.EncodeToString([]byte(core)),
	}
	for lead := range 3 { // what base64 makes of it wherever it begins
		text := strings.Repeat("x", lead) + core
		encoded := base64.StdEncoding.EncodeToString([]byte(text))
		from, to := (lead*8+5)/6, len(text)*8/6
		all[fmt.Sprintf("base64 at %d", lead)] = encoded[from:to]
	}
	return all
}

// leaks are the secrets found in a text.
func leaks(text string) (found []string) {
	lower := strings.ToLower(text)
	for _, core := range []string{"Kan4ryGiven77", "Kan4ryOther88", "Kan4ryBorn55", secretCard, secretNumber} {
		for name, form := range forms(core) {
			if strings.Contains(text, form) || name == "hex" && strings.Contains(lower, form) {
				at := max(strings.Index(text, form), 0)
				found = append(found, fmt.Sprintf("%s as %s: …%.160q", core, name, text[max(0, at-80):]))
			}
		}
	}
	return found
}

func TestCanaryIsFoundInEveryForm(t *testing.T) {
	secret := secretGiven
	for _, text := range []string{
		secret, "a" + secret, fmt.Sprintf("%q", secret), strings.ToUpper(secret),
		base64.StdEncoding.EncodeToString([]byte("op:" + secret)), base64.RawURLEncoding.EncodeToString([]byte("o:" + secret)),
		base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
	} {
		if len(leaks(text)) == 0 {
			t.Errorf("not found in %q", text)
		}
	}
	if found := leaks("nothing of it"); found != nil {
		t.Errorf("found where it is not: %q", found)
	}
}

// mirror answers with everything it was sent, and notes it.
type mirror struct {
	mu   sync.Mutex
	seen strings.Builder
}

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	text := fmt.Sprintf("%s\n%s %s\n%v", body, r.Method, r.RequestURI, r.Header)
	m.mu.Lock()
	m.seen.WriteString(text + "\n")
	m.mu.Unlock()
	w.Header().Set("X-Echo", r.Header.Get("X-Plain"))
	w.Header().Set("Set-Cookie", "s="+r.Header.Get("X-Upper"))
	switch {
	case strings.HasPrefix(r.URL.Path, "/away"):
		w.Header().Set("Location", "http://other.invalid/?q="+r.URL.Query().Get("q"))
		w.WriteHeader(http.StatusFound)
	case strings.HasPrefix(r.URL.Path, "/ok"):
	default:
		w.WriteHeader(http.StatusTeapot)
	}
	fmt.Fprintf(w, `{"all": %q, "echo": %q}`, text, r.Header.Get("X-Plain"))
}

const canaryScenario = `
scenario "canary" { description = "No secret in it." }
variable "base_url" {}
variable "password" { sensitive = true }
variable "born" {
  sensitive = true
  default   = "Kan4ryBorn55\"/+<&"
}
variable "pin" {
  type      = number
  sensitive = true
}
variable "strict" {
  sensitive = true
  default   = "whatever"
  validation {
    condition     = var.strict == "whatever"
    error_message = "strict is not as it should be."
  }
}
locals {
  wrapped = "in ${var.password} between"
  upper   = upper(var.password)
  coded   = base64encode("op:${var.password}")
  deep    = { list = [{ secret = var.password }] }
}
target "api" { base_url = var.base_url }
data "csv" "cards" {
  file      = "cards.csv"
  sensitive = ["card"]
}
user "u" {
  headers = { X-Plain = var.password, X-Upper = local.upper, X-Coded = local.coded, X-Born = var.born }
  start {
    post "/ok/login" {
      json    = { password = var.password, deep = local.deep, text = "<${local.wrapped}>", pin = var.pin }
      capture = { echo = response.json.echo, all = response.json.all }
    }
  }
  get "/header" {}
  get "/query" { query = { q = var.password, w = local.wrapped, card = data.cards.card, pin = var.pin } }
  get "/path/:p/*rest" { params = { p = var.password, rest = var.born } }
  get "/away" {
    query = { q = var.password }
  }
  post "/form" { form = { password = var.password, card = data.cards.card } }
  post "/body" { body = "raw ${var.password} and ${session.echo} and ${sha256(var.password)}" }
  post "/basic" { headers = { Authorization = basicauth("op", var.password) } }
  get "/expect" {
    expect {
      condition = response.json.echo == "other" || var.password == "other"
      message   = "it was ${session.echo}, in ${session.all}"
    }
  }
  get "/ok/capture" { capture = { none = regex("nothing like ${session.echo}", response.body) } }
  post "/captured" { json = { again = session.echo, card = data.cards.card } }
}
profile "p" {
  iterations = 60
  users      = 2
  duration   = "20s"
}
sla "all" {
  error_rate = "1%"
  p95        = "1s"
}
`

// canary is a directory with the scenario, and what runs the command line in
// it.
type canary struct {
	t    *testing.T
	dir  string
	env  []string
	code int
}

func (c *canary) throng(args ...string) string {
	c.t.Helper()
	var out, errs bytes.Buffer
	lookup := func(name string) (string, bool) {
		for _, e := range c.env {
			if k, v, _ := strings.Cut(e, "="); k == name {
				return v, true
			}
		}
		return "", false
	}
	c.code = Main(args, Env{Stdin: strings.NewReader("var.password\nlocal.deep\nvar.pin\n"), Stdout: &out, Stderr: &errs, Lookup: lookup, Environ: func() []string { return c.env }})
	text := out.String() + errs.String()
	for _, leak := range leaks(text) {
		c.t.Errorf("throng %s shows %s", strings.Join(args, " "), leak)
	}
	return text
}

func (c *canary) path(name string) string { return filepath.Join(c.dir, name) }

func (c *canary) write(name, text string) {
	c.t.Helper()
	if err := os.MkdirAll(filepath.Dir(c.path(name)), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(c.path(name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// want ends the test when a command did something else than it should: a
// command that fails early proves nothing.
func (c *canary) want(code int, text, contains string) {
	c.t.Helper()
	if c.code != code || !strings.Contains(text, contains) {
		c.t.Fatalf("exit code %d, want %d and %q:\n%s", c.code, code, contains, text)
	}
}

// No byte that any command writes holds a sensitive value, in no form.
func TestCanary(t *testing.T) {
	m := &mirror{}
	server := httptest.NewServer(m)
	defer server.Close()
	c := &canary{t: t, dir: t.TempDir(), env: []string{"THRONG_VAR_password=" + secretGiven, "THRONG_VAR_pin=" + secretNumber, "THRONG_VAR_strict=whatever", "NO_COLOR=1"}}
	t.Chdir(c.dir) // where a run without --out keeps its results
	c.write("load/main.hcl", canaryScenario)
	c.write("load/cards.csv", "name,card\na,"+secretCard+"\nb,"+secretCard+"x\n")
	c.write("load/throng.vars.hcl", fmt.Sprintf("base_url = %q\n", server.URL))
	c.write("old/main.hcl", strings.NewReplacer("/header", "/headers", "raw ", "cooked ", `"in `, `"within `).Replace(canaryScenario))
	c.write("old/cards.csv", "name,card\na,"+secretCard+"\n")
	c.write("old/throng.vars.hcl", fmt.Sprintf("base_url = %q\npassword = %q\n", server.URL, secretOther))

	text := c.throng("validate", c.path("load"))
	c.want(0, text, "is valid")
	c.throng("validate", "--json", c.path("load"))
	c.throng("validate", "--reach", c.path("load"))
	text = c.throng("plan", c.path("load"))
	c.want(0, text, "(sensitive)")
	text = c.throng("plan", "--json", c.path("load"))
	c.want(0, text, `"format_version"`)
	text = c.throng("plan", "--seed", "7", "--out", c.path("p.plan"), c.path("load"))
	c.want(0, text, "var.born")
	text = c.throng("plan", "--diff", c.path("old"), c.path("load"))
	c.want(0, text, "changes from")
	c.throng("plan", "--diff", c.path("old"), "--json", c.path("load"))
	c.throng("plan", "--diff", c.path("p.plan"), c.path("old"))
	c.want(0, c.throng("plan", c.path("p.plan")), "PLAN")

	text = c.throng("run", "--all", "--out", c.path("results"), c.path("load"))
	c.want(ExitFailed, text, "FAIL")
	text = c.throng("run", "--json", c.path("load"))
	c.want(ExitFailed, text, `"errors"`)
	text = c.throng("run", "--quiet", c.path("p.plan"))
	c.want(ExitError, text, "Give it again")
	text = c.throng("run", "--out", c.path("again"), "--var", "born="+secretOther, c.path("p.plan"))
	c.want(ExitFailed, text, "FAIL")

	t.Run("mistakes", func(t *testing.T) {
		for _, args := range [][]string{
			{"--var", "strict=" + secretOther}, {"--var", "pin=" + secretOther}, {"--var", "pin=[" + secretNumber},
			{"--var", "password=" + secretOther, "--users", "-1"},
		} {
			for _, verb := range []string{"validate", "plan", "run"} {
				if verb == "validate" && args[len(args)-1] == "-1" {
					continue
				}
				text := c.throng(append(append([]string{verb}, args...), c.path("load"))...)
				c.want(ExitError, text, "Error")
			}
		}
		c.write("wrong.vars.hcl", fmt.Sprintf("pin = %q\npassword = [%q\n", secretOther, secretGiven))
		c.throng("plan", "--var-file", c.path("wrong.vars.hcl"), c.path("load"))
		c.write("bad/main.hcl", strings.Replace(canaryScenario, `{ headers = { Auth`, `{ timeout = local.wrapped }
  post "/x/${local.wrapped}" { name = local.wrapped, tags = [var.password], headers = { Auth`, 1))
		c.write("bad/cards.csv", "name,card\na,"+secretCard+"\nb,"+secretCard+",1\n")
		c.write("bad/throng.vars.hcl", fmt.Sprintf("base_url = %q\n", "http://"+secretOther))
		c.throng("validate", c.path("bad"))
		c.want(ExitError, c.throng("validate", "--json", c.path("bad")), "error")
	})
	t.Run("other verbs", func(t *testing.T) {
		for _, cmd := range Commands().Commands() {
			switch cmd.Name() {
			case "console":
				c.throng("console", c.path("load"))
				for _, e := range []string{"var.password", "local.deep", "upper(local.wrapped)", "[for x in [var.password] : x]", "data.cards", "jsonencode(local.deep)", "var.pin + 1", "base64encode(var.password)", "tonumber(var.password)"} {
					c.throng("console", "-e", e, c.path("load"))
				}
			case "graph":
				c.throng("graph", c.path("load"))
			case "try":
				c.want(ExitFailed, c.throng("try", c.path("load")), "X-Echo")
				c.want(ExitFailed, c.throng("try", "--json", "--body", "64KiB", c.path("load")), "X-Echo")
			}
		}
	})

	files := 0
	for _, dir := range []string{"results", "again", "p.plan"} {
		err := filepath.WalkDir(c.path(dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			for _, leak := range leaks(string(data)) {
				t.Errorf("%s holds %s", d.Name(), leak)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	z, err := zip.OpenReader(c.path("p.plan"))
	if err != nil || files < 3 {
		t.Fatalf("%d files, %v", files, err)
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, leak := range leaks(string(data)) {
			t.Errorf("%s in the plan file holds %s", f.Name, leak)
		}
	}
	given := map[string]dsl.Input{"password": {Text: secretGiven, Origin: "--var"}, "pin": {Text: secretNumber, Origin: "--var"}, "base_url": {Text: server.URL, Origin: "--var"}}
	if r := dsl.Compile(c.path("load"), dsl.Options{Inputs: given}); r.Plan == nil {
		t.Error("no plan to dump")
	} else {
		var dump bytes.Buffer
		if err := plan.Dump(&dump, r.Plan); err != nil {
			t.Fatal(err)
		}
		for _, leak := range leaks(dump.String()) {
			t.Errorf("the dump holds %s", leak)
		}
	}

	// The secrets were on the wire, in every form: otherwise nothing is proven.
	seen := m.seen.String()
	for name, form := range map[string]string{
		"plain": "Kan4ryGiven77", "upper": "KAN4RYGIVEN77", "card": secretCard, "born": "Kan4ryBorn55", "number": secretNumber,
		"base64": base64.StdEncoding.EncodeToString([]byte("op:" + secretGiven)), "other": "Kan4ryOther88",
	} {
		if !strings.Contains(seen, form) {
			t.Errorf("the target never saw a secret in the form %q", name)
		}
	}
}
