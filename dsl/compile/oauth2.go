package compile

import (
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// oauth2 compiles client credentials: the request that gets a token.
func (k *classBuilder) oauth2(n *config.Block, target int) *plan.Auth {
	c := k.c
	at, path, ok := c.tokenURL(n, target)
	a := &plan.Auth{Kind: plan.AuthOAuth2, Site: c.site(n.Range, n)}
	if word, _ := c.keyword(n, "per"); word == "user" {
		a.PerUser = true
	}
	id, okID := k.credential(n, "client_id")
	secret, okSecret := k.credential(n, "client_secret")
	if !ok || !okID || !okSecret || !a.PerUser && !c.ofTheRun(n) {
		return nil
	}
	a.Number = c.authNumber(authKey{n, at})
	t := &c.plan.Targets[at]
	r := &plan.Request{
		Site: a.Site, Target: at, Method: "POST", Path: plan.Literal(path), ReadsBody: true,
		Expects: []plan.Expect{{Site: a.Site, Status: []plan.StatusRange{{Min: 200, Max: 299}}}},
		Body:    &plan.Body{Kind: plan.BodyForm, ContentType: "application/x-www-form-urlencoded"},
	}
	field := func(name string, value plan.Expr, secret bool) {
		r.Body.Form = append(r.Body.Form, plan.Pair{Name: name, Value: value, Site: a.Site, Secret: secret})
	}
	field("grant_type", plan.Const{Value: plan.StringValue("client_credentials")}, false)
	if scopes, ok := c.stringList(n, "scopes"); ok && len(scopes) > 0 {
		field("scope", plan.Const{Value: plan.StringValue(strings.Join(scopes, " "))}, false)
	}
	s := underTarget(c, settings{target: at, timeout: -1, redirects: -1, task: "auth"}, c.targetBlock(at))
	s.auth = nil
	style, _ := c.keyword(n, "style")
	if style == "body" {
		field("client_id", id.expr, id.secret)
		field("client_secret", secret.expr, true)
	}
	for _, p := range k.named(n.Arg("params"), n, k) {
		if slices.ContainsFunc(r.Body.Form, func(f plan.Pair) bool { return f.Name == p.name }) {
			c.fail(n, diag.DuplicateKey, p.at, "The token request has a field %q already.", p.name)
			continue
		}
		field(p.name, p.value, p.secret)
	}
	k.tokenHeaders(r, n, s)
	if style != "body" {
		r.Headers = append(r.Headers, k.authHeader(n, "Authorization", &basicAuth{user: id, password: secret, form: true, at: k.atBlock(n)})...)
	}
	r.Timeout = s.timeout
	route, _, _ := strings.Cut(path, "?")
	name := strings.TrimPrefix(route, t.BasePath)
	if !strings.HasPrefix(name, "/") {
		name = route
	}
	r.Series = k.series(seriesKey{kind: plan.RequestSeries, target: at, method: r.Method, name: name}, s, n)
	if row := &c.plan.Rows[c.plan.Series[r.Series].Row]; row.Pattern == n.Name() {
		row.Pattern = name
	}
	a.Token = r
	return a
}

// tokenHeaders gives a token request the headers of its target. Those that
// read the session are left out: a token is wanted before there is one.
func (k *classBuilder) tokenHeaders(r *plan.Request, n *config.Block, s settings) {
	before := k.flow
	k.flow = newFlow()
	k.headers(r, n, s)
	k.flow = before
	for i := range r.Headers {
		p := &r.Headers[i]
		if v, ok := p.Value.(plan.Const); ok && p.Name == "Accept" && v.Value.Text() == "*/*" {
			p.Value = plan.Const{Value: plan.StringValue("application/json")}
		}
	}
	r.Headers = slices.DeleteFunc(r.Headers, func(p plan.Pair) bool { return strings.EqualFold(p.Name, "Authorization") })
}

// tokenURL is where tokens are fetched: a path on the target, or an address on
// a declared one.
func (c *compiler) tokenURL(n *config.Block, target int) (at int, path string, ok bool) {
	raw, ok := c.str(n, "token_url")
	if !ok {
		return 0, "", false
	}
	where := n.Arg("token_url").Expr.Range()
	if strings.Contains(raw, "://") {
		return c.tokenAddress(n, raw, where)
	}
	route, query, _ := strings.Cut(raw, "?")
	segments, problem := parseRoute(route)
	switch {
	case problem == "" && len(segments) != 1:
		problem = "The path of token_url has no parameters."
	case problem == "" && strings.ContainsAny(query, "# \t\r\n"):
		problem = "The query of token_url holds no fragment (#…) and no spaces; write %20."
	}
	if problem != "" {
		c.fail(n, diag.InvalidURL, where, "%s", problem)
		return 0, "", false
	}
	return target, c.plan.Targets[target].BasePath + asciiPath(raw), true
}

// tokenAddress is the declared target of an absolute token_url.
func (c *compiler) tokenAddress(n *config.Block, raw string, where hcl.Range) (at int, path string, ok bool) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "":
		c.fail(n, diag.InvalidURL, where, "token_url is a path such as \"/oauth/token\", or an address on a declared target.")
		return 0, "", false
	case u.User != nil, u.Fragment != "":
		c.fail(n, diag.InvalidURL, where, "token_url must hold no user name or fragment.")
		return 0, "", false
	}
	at = slices.IndexFunc(c.plan.Targets, func(t plan.Target) bool { return leadsTo(u, &t) })
	if at < 0 {
		d := c.fail(n, diag.InvalidURL, where, "token_url leads to %s://%s, which is no declared target, and throng sends nothing elsewhere.", u.Scheme, u.Host)
		d.Suggestion = "Declare it: target \"auth\" { base_url = \"" + u.Scheme + "://" + u.Host + "\" }."
		return 0, "", false
	}
	if path = u.EscapedPath(); path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return at, asciiPath(path), true
}

// leadsTo reports whether an address is on a target.
func leadsTo(u *url.URL, t *plan.Target) bool {
	if u.Scheme == "example" {
		return t.Example != "" && t.Example == u.Host
	}
	return t.Example == "" && isAt(u, t)
}

// ofTheRun reports whether nothing that a token of the whole run is asked for
// with belongs to one user.
func (c *compiler) ofTheRun(n *config.Block) bool {
	for _, a := range n.Args {
		for _, t := range a.Expr.Variables() {
			if root := rootOf(t); slices.Contains([]string{"session", "user", "data", "cookies"}, root) {
				d := c.fail(n, diag.NotAvailable, t.SourceRange(), "All users share this token, so it cannot be asked for with %s, which each has of its own.", root)
				d.Suggestion = "Give each user a token: per = \"user\"."
				return false
			}
		}
	}
	return true
}
