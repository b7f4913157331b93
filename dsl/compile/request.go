package compile

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// requestName is what a request's row and its stand-alone task are called.
func (c *compiler) requestName(b *config.Block) string {
	return c.method(b) + " " + c.rowName(b)
}

// method is the method a request is sent with.
func (c *compiler) method(b *config.Block) string {
	switch b.Type {
	case "graphql":
		return "POST"
	case "submit":
		if word, ok := c.keyword(b, "method"); ok {
			return strings.ToUpper(word)
		}
		return "POST"
	}
	return strings.ToUpper(b.Type)
}

// rowName is the name of a request or socket, its label without one. One that
// a table could not show is refused.
func (c *compiler) rowName(b *config.Block) string {
	name, ok := c.str(b, "name")
	if !ok {
		return b.Name()
	}
	if name == "" || strings.TrimSpace(name) != name {
		c.fail(b, diag.InvalidName, b.Arg("name").Expr.Range(), "A name must not be empty or begin or end with a space.")
	}
	return name
}

// request compiles one request; nil when it has nowhere to go.
func (k *classBuilder) request(b *config.Block, s settings) plan.Step {
	c := k.c
	defer c.via(b)()
	s = k.inherit(s, b)
	target, found := k.resolveTarget(b, s)
	to := &plan.Target{} // for the checks, where the target is missing or wrong
	if found {
		to = &c.plan.Targets[target]
		s = underTarget(c, s, c.targetBlock(target))
	}
	r := &plan.Request{
		Site: c.site(b.Range, b), Target: target, Method: c.method(b),
		Timeout: s.timeout, Redirects: s.redirects, OnFailure: s.onFailure,
	}
	r.Series = k.series(seriesKey{kind: plan.RequestSeries, target: target, method: r.Method, name: c.rowName(b)}, s, b)
	switch b.Type {
	case "graphql":
		k.graphql(r, b, to)
	case "submit":
		k.submit(r, b, to)
	default:
		k.address(r, b, to)
		k.body(r, b)
	}
	if b.Type != "graphql" { // whose query is the document
		query := k.named(b.Arg("query"), b, k)
		r.Query = pairs(query)
		if r.URL == nil && r.Submit == nil {
			k.foldQuery(r, query, b)
		}
	}
	k.headers(r, b, s)
	k.streaming(r, b)
	read := k.expects(r, b)
	read = k.records(r, b, s) || read
	read = k.captures(r, b) || read
	r.ReadsBody = read
	if !found {
		return nil
	}
	if n := b.First("retry"); n != nil {
		retry := k.attempts(n)
		retry.Steps = []plan.Step{r}
		return retry
	}
	return r
}

func (k *classBuilder) resolveTarget(b *config.Block, s settings) (int, bool) {
	if b.Arg("target") != nil || s.target >= 0 {
		return s.target, s.target >= 0
	}
	return k.defaultTarget(b)
}

// underTarget completes what no block above a request said with what its
// target says, and then with the language's defaults.
func underTarget(c *compiler, s settings, target *config.Block) settings {
	if target != nil {
		defer c.via(target)()
		if a := target.Arg("headers"); a != nil {
			own := levels(a, target)
			s.headers, s.authAt = append(own, s.headers...), s.authAt+len(own)
		}
		if n := target.First("auth"); n != nil && s.auth == nil {
			s.auth = n // authAt is behind the target's own headers
		}
		if d, ok := c.duration(target, "timeout"); ok && s.timeout < 0 {
			s.timeout = d
		}
		if n, ok := c.count(target, "redirects"); ok && s.redirects < 0 {
			s.redirects = int(n)
		}
	}
	if s.timeout < 0 {
		s.timeout = defaultTimeout
	}
	if s.redirects < 0 {
		s.redirects = defaultRedirects
	}
	return s
}

// pairs are named values as the plan has them.
func pairs(values []named) []plan.Pair {
	var all []plan.Pair
	for _, n := range values {
		all = append(all, plan.Pair{Name: n.name, Value: n.value, Site: n.site, Secret: n.secret})
	}
	return all
}

type named struct {
	name   string
	value  plan.Expr
	at     hcl.Range // its name, or the whole where names are computed
	site   plan.SiteID
	reads  map[string]bool
	secret bool
	body   bool
	slots  map[held]bool
}

// named lowers the attributes of an object argument one by one, in source
// order. An object that is computed, such as merge(local.a, {…}), must have
// keys that are known before the run.
func (k *classBuilder) named(a *config.Arg, b *config.Block, class *classBuilder) []named {
	c := k.c
	if a == nil {
		return nil
	}
	e, ok := c.syntax(a, b)
	if !ok {
		return nil
	}
	l := c.lowering(a, b, class)
	v, ok := l.check(a, cty.DynamicPseudoType)
	if !ok {
		return nil
	}
	if object, ok := e.(*hclsyntax.ObjectConsExpr); ok {
		items, ok := l.unsorted(object)
		if !ok {
			c.fail(b, diag.NotConstant, e.Range(), "The names in %s must be known before the run; only their values may change.", a.Name)
			return nil
		}
		var all []named
		for _, i := range items {
			each := c.lowering(a, b, class)
			value := each.lower(i.expr)
			all = append(all, named{i.name, value, i.at, c.site(i.at, b), each.reads, each.secret, each.body, each.slots})
		}
		return all
	}
	bare, marks := v.UnmarkDeep()
	if !bare.IsKnown() || bare.IsNull() || !(bare.Type().IsObjectType() || bare.Type().IsMapType()) {
		if bare.IsKnown() && bare.IsNull() {
			return nil
		}
		c.fail(b, diag.WrongType, e.Range(), "%s must be an object: { NAME = value, … }, with names that are known before the run.", a.Name)
		return nil
	}
	whole := l.lower(e)
	var all []named
	for it := bare.ElementIterator(); it.Next(); {
		key, _ := it.Element()
		value := plan.Expr(&attribute{whole, key.AsString(), l.at(e.Range())})
		if k, ok := whole.(plan.Const); ok {
			value = plan.Const{Value: k.Value.Field(key.AsString())}
		}
		all = append(all, named{key.AsString(), value, e.Range(), c.site(e.Range(), b), l.reads, l.secret || len(marks) > 0, l.body, l.slots})
	}
	return all
}

// foldQuery writes a query that is wholly constant into the path.
func (k *classBuilder) foldQuery(r *plan.Request, query []named, b *config.Block) {
	for _, n := range query {
		if _, ok := n.value.(plan.Const); !ok {
			return
		}
	}
	var text []byte
	for _, n := range query {
		r.Path.Secret = r.Path.Secret || n.secret
		values := []plan.Value{n.value.(plan.Const).Value}
		if values[0].Kind() == plan.List {
			values = values[0].Items()
		}
		for _, v := range values {
			if v.IsNull() {
				continue
			}
			text = append(text, "?&"[min(len(text), 1)])
			text, _ = plan.AppendEncoded(text, plan.StringValue(n.name), plan.EncQuery)
			text = append(text, '=')
			var problem string
			if text, problem = plan.AppendEncoded(text, v, plan.EncQuery); problem != "" {
				k.c.fail(b, diag.WrongType, n.at, "The query parameter %q cannot be sent: %s.", n.name, problem)
			}
		}
	}
	r.Path.Add(plan.Part{Lit: string(text)})
	r.Query = nil
}

// Headers that the transport writes itself, and why they cannot be set.
var ownHeaders = map[string]string{
	"content-length":    "throng counts the body itself",
	"transfer-encoding": "throng frames the body itself",
	"connection":        "throng keeps a connection for each user",
	"upgrade":           "only sockets are upgraded",

	"sec-websocket-key":        "throng makes the handshake of a socket itself",
	"sec-websocket-version":    "throng makes the handshake of a socket itself",
	"sec-websocket-accept":     "only a server answers a handshake",
	"sec-websocket-protocol":   "a websocket block offers subprotocols with protocols",
	"sec-websocket-extensions": "a websocket block offers compression with compress",
}

// headers merges the levels from the target down to the request; the nearest
// wins. A header of an outer block that reads session values is left out
// while they are not certain.
func (k *classBuilder) headers(r *plan.Request, b *config.Block, s settings) {
	type entry struct {
		pair  plan.Pair
		lower string
		auth  *plan.Auth // makes the Authorization header when it is sent
	}
	var merged []entry
	last := map[string]int{} // by lower name
	set := func(name string, p plan.Pair) {
		lower := strings.ToLower(name)
		last[lower] = len(merged)
		merged = append(merged, entry{pair: p, lower: lower})
	}
	auth := k.authentication(s, r.Target)
	authenticate := func() {
		for _, p := range auth.headers {
			set(p.Name, p)
		}
		if auth.auth != nil {
			set("Authorization", plan.Pair{})
			merged[len(merged)-1].auth = auth.auth
		}
	}
	here := k.names
	defer func() { k.names = here }()
	for i, lv := range s.headers {
		if i == s.authAt {
			authenticate()
		}
		if lv.arg.Bad {
			continue
		}
		if k.names = lv.names; lv.block == b {
			k.names = here
		}
		if lv.block != b && !k.certainAll(lv) {
			k.partly(lv, set)
			continue
		}
		for _, n := range k.level(lv) {
			k.sent(lv, n.name, n.reads)
			k.c.bearHeader(n)
			set(n.name, plan.Pair{Name: n.name, Value: n.value, Site: n.site, Secret: n.secret})
		}
	}
	if s.authAt >= len(s.headers) {
		authenticate()
	}
	for _, p := range auth.query {
		if !sendsQuery(r, p.Name) {
			r.Query = append(r.Query, p)
		}
	}
	for i, e := range merged {
		if i != last[e.lower] {
			continue // a nearer block gives another
		}
		if e.auth != nil {
			r.Auth = e.auth
			continue
		}
		if v, ok := e.pair.Value.(plan.Const); ok && v.Value.IsNull() {
			continue
		}
		if e.lower == "host" {
			r.Host = e.pair.Value
			continue
		}
		r.Headers = append(r.Headers, e.pair)
	}
	has := func(name string) bool {
		_, ok := last[name]
		return ok
	}
	k.defaultHeaders(r, has)
	if k.c.headersMade += len(r.Headers); k.c.headersMade > maxHeaders && k.c.headersMade-len(r.Headers) <= maxHeaders {
		k.c.fail(b, diag.LimitExceeded, b.Range, "All requests of the scenario together have more than %d headers, those of the blocks around them included.", maxHeaders)
	}
	if r.Body != nil && has("content-type") {
		r.Body.ContentType = "" // said by a header, be it null
	}
}

// maxHeaders bounds the headers of all requests: each repeats those of the
// blocks around it.
const maxHeaders = 300_000

// level lowers one block's headers. Requests share those that are constant.
func (k *classBuilder) level(lv level) []named {
	defer k.c.via(lv.block)()
	all, known := k.c.constantPairs[lv.arg]
	if known {
		return all
	}
	if k.c.headersMade > maxHeaders {
		return nil
	}
	all = k.named(lv.arg, lv.block, k)
	for _, n := range all {
		k.checkHeader(lv.block, n)
	}
	if e, ok := lv.arg.Expr.(hclsyntax.Expression); ok && k.c.lowering(lv.arg, lv.block, k).static(e) {
		k.c.constantPairs[lv.arg] = all
	}
	return all
}

func (k *classBuilder) defaultHeaders(r *plan.Request, has func(name string) bool) {
	add := func(name, value string) {
		if value != "" && !has(strings.ToLower(name)) {
			r.Headers = append(r.Headers, plan.Pair{Name: name, Value: plan.Const{Value: plan.StringValue(value)}})
		}
	}
	add("User-Agent", strings.TrimSuffix("throng/"+k.c.plan.Tool, "/"))
	add("Accept", "*/*")
	if r.Body != nil {
		add("Content-Type", r.Body.ContentType)
	}
}

// certainAll reports whether every session value that a level of headers
// reads is certain here, or there is none.
func (k *classBuilder) certainAll(lv level) bool {
	for _, t := range required(lv.arg.Expr) {
		if t.RootName() == "session" && len(t) > 1 && !k.certain.has(stepName(t[1])) {
			return false
		}
	}
	return true
}

// required are the names that an expression reads outside of try and can,
// which ask whether a value is there.
func required(e hcl.Expression) []hcl.Traversal {
	node, ok := e.(hclsyntax.Node)
	if !ok {
		return e.Variables()
	}
	w := &requiredWalker{}
	_ = hclsyntax.Walk(node, w)
	return w.read
}

type requiredWalker struct {
	asking int // calls of try and can around the node
	read   []hcl.Traversal
}

func (w *requiredWalker) Enter(n hclsyntax.Node) hcl.Diagnostics {
	switch n := n.(type) {
	case *hclsyntax.FunctionCallExpr:
		if asks(n) {
			w.asking++
		}
	case *hclsyntax.ScopeTraversalExpr:
		if w.asking == 0 {
			w.read = append(w.read, n.Traversal)
		}
	}
	return nil
}

func (w *requiredWalker) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && asks(call) {
		w.asking--
	}
	return nil
}

func asks(call *hclsyntax.FunctionCallExpr) bool { return call.Name == "try" || call.Name == "can" }

// partly adds those headers of an outer level whose session values are
// certain, and notes the others.
func (k *classBuilder) partly(lv level, set func(string, plan.Pair)) {
	defer k.c.via(lv.block)()
	object, ok := lv.arg.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return // a computed object waits as a whole
	}
	if _, ok := k.c.lowering(lv.arg, lv.block, k).check(lv.arg, cty.DynamicPseudoType); !ok {
		return
	}
	for _, i := range object.Items {
		var missing []string
		certain, unknown := true, false
		for _, t := range required(i.ValueExpr) {
			if t.RootName() != "session" || len(t) < 2 {
				continue
			}
			name := stepName(t[1])
			missing = append(missing, name)
			if !k.certain.has(name) {
				certain = false
			}
			if _, captured := k.captured[name]; !captured && !k.first[name] {
				l := k.c.lowering(lv.arg, lv.block, k)
				k.read(l, name, t.SourceRange())
				unknown = true
			}
		}
		l := k.c.lowering(lv.arg, lv.block, k)
		key, ok := l.constant(i.KeyExpr)
		if !ok || unknown {
			continue
		}
		name := key.Value.Text()
		if !certain {
			k.waits(lv, name, missing, i.KeyExpr.Range())
			continue
		}
		value := l.lower(i.ValueExpr)
		at := i.KeyExpr.Range()
		n := named{name: name, value: value, at: at, site: k.c.site(at, lv.block), reads: l.reads, secret: l.secret, slots: l.slots}
		k.checkHeader(lv.block, n)
		k.sent(lv, n.name, n.reads)
		k.c.bearHeader(n)
		set(n.name, plan.Pair{Name: n.name, Value: n.value, Site: n.site, Secret: n.secret})
	}
}

func (k *classBuilder) checkHeader(b *config.Block, n named) {
	c, at := k.c, n.at
	lower := strings.ToLower(n.name)
	if why, own := ownHeaders[lower]; own {
		c.fail(b, diag.InvalidHeader, at, "The header %q cannot be set: %s.", n.name, why)
		return
	}
	if !token(n.name) {
		c.fail(b, diag.InvalidHeader, at, "%q is not a header's name: letters, digits and - only.", n.name)
		return
	}
	if v, ok := n.value.(plan.Const); ok && !v.Value.IsNull() {
		if _, problem := plan.AppendEncoded(nil, v.Value, plan.EncHeader); problem != "" {
			c.fail(b, diag.InvalidHeader, at, "The header %q cannot be sent: %s.", n.name, problem)
		}
	}
	if lower == "host" {
		c.checkHost(b, at, n.value)
	}
}

// token reports whether s is a token of RFC 9110, as header names are.
func token(s string) bool {
	for i := 0; i < len(s); i++ {
		b := s[i]
		letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(b)) {
			return false
		}
	}
	return s != ""
}
