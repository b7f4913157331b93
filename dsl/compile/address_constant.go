package compile

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// constantURL is a request's url that is known before the run. Whether it
// leads to a target is known once the libraries' targets are, too.
type constantURL struct {
	block *config.Block
	at    hcl.Range
	text  string
	of    *plan.Request
	hops  []hop
}

// url compiles a request's url. A sensitive one is looked at by nobody.
func (k *classBuilder) url(r *plan.Request, b *config.Block) {
	c, a := k.c, b.Arg("url")
	e, ok := c.syntax(a, b)
	if !ok {
		return
	}
	l := c.lowering(a, b, k)
	if _, ok := l.check(a, cty.String); !ok {
		return
	}
	r.URL = l.lower(e)
	v, constant := r.URL.(plan.Const)
	switch {
	case !constant || l.secret:
	case v.Value.IsNull():
		c.fail(b, diag.NullValue, a.Expr.Range(), "A request has to go somewhere; this is null.")
	default:
		c.urls = append(c.urls, constantURL{b, a.Expr.Range(), strings.TrimSpace(v.Value.Text()), r, slices.Clone(c.hops)})
	}
}

// constantURLs reports addresses that a run would refuse whatever happens.
func (c *compiler) constantURLs() {
	for _, id := range c.targetIDs {
		if id < 0 {
			return // where they lead is not known
		}
	}
	here := c.hops
	defer func() { c.hops = here }()
	for i := range c.urls {
		c.hops = c.urls[i].hops
		c.constantURL(&c.urls[i])
	}
}

func (c *compiler) constantURL(u *constantURL) {
	to, err := url.Parse(u.text)
	switch {
	case u.text == "" || err != nil || to.Scheme != "" && to.Host == "":
		c.fail(u.block, diag.InvalidURL, u.at, "url is a path, or an address on a declared target.")
		return
	case to.User != nil:
		d := c.fail(u.block, diag.InvalidURL, u.at, "url must hold no user name: it would not be sent.")
		d.Suggestion = "Say it with an auth block."
		return
	case to.Host == "" || u.of.Host != nil: // who names a host of its own may mean that one
		return
	}
	if to.Scheme == "" {
		to.Scheme = c.plan.Targets[u.of.Target].Scheme
	}
	if slices.ContainsFunc(c.plan.Targets, func(t plan.Target) bool { return isAt(to, &t) }) {
		return
	}
	d := c.fail(u.block, diag.InvalidURL, u.at, "url leads to %s://%s, which is no declared target, and throng sends nothing elsewhere.", to.Scheme, to.Host)
	d.Suggestion = "Declare it: target \"other\" { base_url = \"" + to.Scheme + "://" + to.Host + "\" }."
}

// isAt reports whether an address is on a target, as a run sees it.
func isAt(u *url.URL, t *plan.Target) bool {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return strings.EqualFold(u.Scheme, t.Scheme) && strings.EqualFold(u.Hostname(), t.Host) && port == strconv.Itoa(t.Port)
}
