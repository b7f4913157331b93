package compile

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

const (
	defaultTimeout   = 30 * time.Second
	defaultRedirects = 5
)

// targets compiles the targets of the scenario; a library's own targets
// follow when something of it is used.
func (c *compiler) targets() {
	for _, name := range c.root.Names("target") {
		c.target(c.root, c.root.Named("target", name))
	}
}

// target compiles a declared target once, and gives its number; -1 when it
// cannot be compiled.
func (c *compiler) target(s *resolve.Scope, declared *config.Block) int {
	if id, known := c.targetIDs[declared]; known {
		return id
	}
	if id, is := c.given(s, declared); is {
		c.targetIDs[declared] = id
		return id
	}
	c.targetIDs[declared] = -1
	b := c.used(s, declared)
	defer c.via(b)()
	b = c.grown(b)
	t := plan.Target{Name: b.Name(), Site: c.site(b.Range, b)}
	if b.Arg("base_url") == nil {
		c.noAddress(s, b, declared)
		return -1
	}
	raw, ok := c.str(b, "base_url")
	if !ok || !c.baseURL(&t, b, raw) {
		return -1
	}
	if s == c.root {
		c.guard(&t, b)
	} else if !c.allowed(s, &t, b) {
		return -1
	}
	c.speech(&t, b)
	id := len(c.plan.Targets)
	c.plan.Targets = append(c.plan.Targets, t)
	c.targetBlocks = append(c.targetBlocks, b)
	c.targetIDs[declared] = id
	return id
}

// exampleHost is the name under which an embedded example API is reached. It
// is never looked up: connections to it are made within the process.
func exampleHost(name string) string { return name + ".example" }

func (c *compiler) baseURL(t *plan.Target, b *config.Block, raw string) bool {
	at := b.Arg("base_url").Expr.Range()
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		c.fail(b, diag.InvalidURL, at, "base_url must be an address such as \"http://127.0.0.1:8000\"; %s is none.", quoteShort(raw))
		return false
	}
	t.BasePath = strings.TrimSuffix(u.EscapedPath(), "/")
	switch {
	case u.Scheme == "example":
		t.Example, t.Scheme, t.Host, t.Port = u.Host, "http", exampleHost(u.Host), 80
		return true
	case u.Scheme != "http" && u.Scheme != "https":
		d := c.fail(b, diag.InvalidURL, at, "base_url must begin with http:// or https://; this begins with %s://.", u.Scheme)
		if u.Scheme == "ws" || u.Scheme == "wss" {
			d.Suggestion = "Give the http address; a socket's path stands where it is opened."
		}
		return false
	case u.User != nil:
		c.fail(b, diag.InvalidURL, at, "base_url must not hold a user name or password: it is shown in reports. Send an Authorization header made from a sensitive variable.")
		return false
	case u.RawQuery != "" || u.Fragment != "":
		c.fail(b, diag.InvalidURL, at, "base_url must not hold a query or a fragment; requests have query = { … }.")
		return false
	}
	t.Scheme, t.Host = u.Scheme, u.Hostname()
	t.Port = map[string]int{"http": 80, "https": 443}[u.Scheme]
	if p := u.Port(); p != "" {
		port, err := strconv.Atoi(p)
		if err != nil || port < 1 || port > 65535 {
			c.fail(b, diag.InvalidURL, at, "The port of base_url must lie between 1 and 65535; this is %s.", p)
			return false
		}
		t.Port = port
	}
	return true
}

// targetOf is the target a block asks for, or -1 when it asks for none.
func (c *compiler) targetOf(b *config.Block) (id int, asked bool) {
	a := b.Arg("target")
	if a == nil || a.Bad {
		return -1, false
	}
	ref, diags := c.root.Of(a.Module).Refer(a, "target")
	for _, d := range diags { // of names that resolve could not know
		c.report(b, d)
	}
	if ref.Block == nil {
		return -1, false
	}
	defer c.through(hop{a.Expr.Range(), "used here"})()
	return c.target(ref.Scope, ref.Block), true
}

// targetBlock is the declaration of a compiled target.
func (c *compiler) targetBlock(id int) *config.Block { return c.targetBlocks[id] }
