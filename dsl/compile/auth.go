package compile

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/schema"
)

// authentication is what the auth block that holds for a request gives it:
// headers and query parameters, or a way that needs more than these.
type authentication struct {
	headers []plan.Pair
	query   []plan.Pair
	auth    *plan.Auth
}

// authKey tells authentications of one class apart: a block, and the target
// that is authenticated at.
type authKey struct {
	block  *config.Block
	target int
}

// checkAuth holds an auth block against its kind, once.
func (c *compiler) checkAuth(n *config.Block) bool {
	good, known := c.authGood[n]
	if !known {
		good = c.fitsKind(n)
		if c.authGood == nil {
			c.authGood = map[*config.Block]bool{}
		}
		c.authGood[n] = good
	}
	return good
}

// fitsKind reports whether an auth block has what its kind needs, and nothing
// that belongs to another one.
func (c *compiler) fitsKind(n *config.Block) bool {
	label := n.Labels[0]
	i := slices.IndexFunc(schema.AuthKinds, func(k schema.AuthKind) bool { return k.Name == label.Text })
	if i < 0 {
		var names []string
		for _, k := range schema.AuthKinds {
			names = append(names, k.Name)
		}
		c.fail(n, diag.InvalidValue, label.Range, "There is no way to authenticate called %q. There are %s.", label.Text, quoted(names)).DidYouMean(label.Text, names)
		return false
	}
	k, good := schema.AuthKinds[i], true
	for _, a := range n.Args {
		if !slices.Contains(k.Required, a.Name) && !slices.Contains(k.Optional, a.Name) {
			good = false
			c.fail(n, diag.UnknownArgument, a.NameRange, "%s takes no %s. %s", n.Title(), a.Name, takes(k))
		}
	}
	for _, name := range k.Required {
		if n.Arg(name) == nil && !n.Broken {
			good = false
			c.fail(n, diag.MissingArgument, n.Range, "%s needs %s. %s", n.Title(), name, takes(k))
		}
	}
	return c.fitsKey(n) && good
}

// takes says which arguments a kind has.
func takes(k schema.AuthKind) string {
	all := slices.Concat(k.Required, k.Optional)
	switch len(all) {
	case 0:
		return "It takes none: it switches off the target's."
	case 1:
		return "Its only argument is " + all[0] + "."
	}
	return "Its arguments are " + strings.Join(all, ", ") + "."
}

// fitsKey checks where an api_key goes.
func (c *compiler) fitsKey(n *config.Block) bool {
	if n.Name() != "api_key" {
		return true
	}
	header, query := n.Arg("header"), n.Arg("query")
	switch {
	case header == nil && query == nil && !n.Broken:
		c.fail(n, diag.MissingArgument, n.Range, "An API key goes in a header or in the query: header = \"X-API-Key\", or query = \"key\".")
		return false
	case header != nil && query != nil:
		c.fail(n, diag.ConflictingArguments, query.Range, "An API key goes in a header or in the query, not in both.").Relate("header is here", header.Range)
		return false
	case header == nil:
		return true
	}
	name, ok := c.str(n, "header")
	if !ok {
		return false
	}
	before := len(c.diags)
	(&classBuilder{c: c}).checkHeader(n, named{name: name, at: header.Expr.Range()})
	return len(c.diags) == before
}

// authentication is what the auth that holds for a request to a target gives
// it. What reads session values that are not certain here is left out, as a
// header of the same block would be.
func (k *classBuilder) authentication(s settings, target int) (none authentication) {
	n := s.auth
	if n == nil || target < 0 || !k.c.checkAuth(n) || n.Name() == "none" || !k.certainAuth(n) {
		return none
	}
	key := authKey{n, target}
	if a, ok := k.auths[key]; ok {
		return a
	}
	names := k.names
	k.names = nil // those of the steps around are not those of the block
	a := k.authOf(n, target)
	k.names = names
	if k.auths == nil {
		k.auths = map[authKey]authentication{}
	}
	k.auths[key] = a
	return a
}

// certainAuth reports whether every session value that an auth block reads is
// certain here.
func (k *classBuilder) certainAuth(n *config.Block) bool {
	var missing []string
	reads, certain, unknown := map[string]bool{}, true, false
	for _, a := range n.Args {
		for _, t := range required(a.Expr) {
			if t.RootName() != "session" || len(t) < 2 {
				continue
			}
			name := stepName(t[1])
			reads[name] = true
			missing = append(missing, name)
			certain = certain && k.certain.has(name)
			if _, captured := k.captured[name]; !captured && !k.first[name] {
				k.read(k.c.lowering(a, n, k), name, t.SourceRange())
				unknown = true
			}
		}
	}
	if len(n.Args) == 0 || unknown {
		return !unknown
	}
	lv := level{arg: n.Args[0], block: n}
	if !certain {
		k.waits(lv, n.Title(), missing, n.Range)
		return false
	}
	k.sent(lv, n.Title(), reads)
	return true
}

func (k *classBuilder) authOf(n *config.Block, target int) (a authentication) {
	switch n.Name() {
	case "basic":
		user, ok := k.credential(n, "username")
		password, ok2 := k.credential(n, "password")
		if ok && ok2 {
			a.headers = k.authHeader(n, "Authorization", &basicAuth{user: user, password: password, at: k.atBlock(n)})
		}
	case "bearer":
		if token, ok := k.credential(n, "token"); ok {
			a.headers = k.authHeader(n, "Authorization", &schemeAuth{"Bearer ", token, k.atBlock(n)})
		}
	case "api_key":
		value, ok := k.credential(n, "value")
		if !ok {
			break
		}
		if name, ok := k.c.str(n, "header"); ok {
			a.headers = k.authHeader(n, name, &schemeAuth{"", value, k.atBlock(n)})
		}
		if name, ok := k.c.str(n, "query"); ok {
			a.query = k.authHeader(n, name, &schemeAuth{"", value, k.atBlock(n)})
		}
	case "digest":
		user, ok := k.credential(n, "username")
		password, ok2 := k.credential(n, "password")
		if ok && ok2 {
			a.auth = &plan.Auth{Kind: plan.AuthDigest, Site: k.c.site(n.Range, n), User: user.expr, Password: password.expr}
			a.auth.Number = k.c.authNumber(authKey{n, target})
		}
	case "oauth2":
		a.auth = k.oauth2(n, target)
	}
	return a
}

// authNumber is the number of a declaration at a target, whatever the class.
func (c *compiler) authNumber(key authKey) int {
	if n, ok := c.authNumbers[key]; ok {
		return n
	}
	if c.authNumbers == nil {
		c.authNumbers = map[authKey]int{}
	}
	n := len(c.authNumbers)
	c.authNumbers[key] = n
	return n
}

func (k *classBuilder) atBlock(n *config.Block) failing {
	return failing{k.c.site(n.Range, n), plan.FailExpression}
}

// credential is a value that authenticates.
type credential struct {
	expr   plan.Expr
	at     hcl.Range
	secret bool
	what   string
}

// credential lowers an argument of an auth block, which must have a value.
func (k *classBuilder) credential(n *config.Block, name string) (credential, bool) {
	a := n.Arg(name)
	if a == nil {
		return credential{}, false
	}
	e, ok := k.c.syntax(a, n)
	if !ok {
		return credential{}, false
	}
	l := k.c.lowering(a, n, k)
	if _, ok := l.check(a, cty.String); !ok {
		return credential{}, false
	}
	x := credential{l.lower(e), e.Range(), l.secret, name}
	if name != "username" && name != "client_id" {
		k.c.credentials.bear(l.slots)
		k.c.keepWritten(x.expr)
	}
	if v, ok := x.expr.(plan.Const); ok && v.Value.IsNull() {
		k.c.fail(n, diag.NullValue, x.at, "%s must not be null. To authenticate only sometimes, make the block with dynamic \"auth\".", name)
		return x, false
	}
	return x, true
}

// authHeader is a header or parameter that authenticates; it is always
// secret. What is constant is made now.
func (k *classBuilder) authHeader(n *config.Block, name string, value plan.Expr) []plan.Pair {
	p := plan.Pair{Name: name, Value: value, Site: k.c.site(n.Range, n), Secret: true}
	var from []credential
	switch v := value.(type) {
	case *basicAuth:
		from = []credential{v.user, v.password}
	case *schemeAuth:
		from = []credential{v.value}
	}
	secret := false
	for _, x := range from {
		if _, ok := x.expr.(plan.Const); !ok {
			return []plan.Pair{p}
		}
		secret = secret || x.secret
	}
	v, err := value.Eval(nil)
	if err != nil {
		k.c.fail(n, diag.InvalidValue, from[0].at, "%s", sentence(err))
		return nil
	}
	// What a server repeats of it is hidden, too.
	if _, text, _ := strings.Cut(v.Str(), " "); secret || len(text) > shortCredential {
		k.c.secrets.add(text)
	}
	p.Value = plan.Const{Value: v, Secret: true}
	return []plan.Pair{p}
}

// text is what a credential comes to.
func (x *credential) text(f *plan.Frame, at failing) (string, error) {
	v, err := x.expr.Eval(f)
	if err != nil {
		return "", err
	}
	if v.IsNull() {
		return "", at.error("the " + x.what + " of auth is null")
	}
	text, problem := plan.AppendEncoded(nil, v, plan.EncHeader)
	if problem != "" {
		return "", at.error("the " + x.what + " of auth cannot be sent: " + problem)
	}
	return string(text), nil
}

// basicAuth is the value of a header after RFC 7617.
type basicAuth struct {
	user, password credential
	form           bool // both are form-encoded first, as RFC 6749, section 2.3.1 asks for
	at             failing
}

// Eval makes the header's value.
func (e *basicAuth) Eval(f *plan.Frame) (plan.Value, error) {
	user, err := e.user.text(f, e.at)
	if err != nil {
		return plan.Value{}, err
	}
	password, err := e.password.text(f, e.at)
	if err != nil {
		return plan.Value{}, err
	}
	if e.form {
		user, password = url.QueryEscape(user), url.QueryEscape(password)
	} else if strings.Contains(user, ":") {
		return plan.Value{}, e.at.error("a username must not hold a colon, which ends it")
	}
	return plan.StringValue("Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))), nil
}

// Describe names the scheme alone.
func (e *basicAuth) Describe(*plan.Plan) string { return "basic authentication" }

// schemeAuth is a value behind the name of its scheme.
type schemeAuth struct {
	scheme string
	value  credential
	at     failing
}

// Eval makes the value.
func (e *schemeAuth) Eval(f *plan.Frame) (plan.Value, error) {
	text, err := e.value.text(f, e.at)
	if err != nil {
		return plan.Value{}, err
	}
	return plan.StringValue(e.scheme + text), nil
}

// Describe says nothing of what is secret.
func (e *schemeAuth) Describe(*plan.Plan) string { return "a credential" }

// sendsQuery reports whether a request has a query parameter already.
func sendsQuery(r *plan.Request, name string) bool {
	if slices.ContainsFunc(r.Query, func(p plan.Pair) bool { return p.Name == name }) {
		return true
	}
	if r.Path == nil || len(r.Path.Parts) == 0 {
		return false
	}
	_, query, _ := strings.Cut(r.Path.Parts[len(r.Path.Parts)-1].Lit, "?")
	encoded, _ := plan.AppendEncoded(nil, plan.StringValue(name), plan.EncQuery)
	return strings.Contains("&"+query, "&"+string(encoded)+"=")
}
