package compile

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// segment is a piece of a route pattern: text, or a parameter.
type segment struct {
	text  string
	param string
	many  bool // *name: several segments
}

// String is the parameter as it stands in a route.
func (s segment) String() string {
	if s.many {
		return "*" + s.param
	}
	return ":" + s.param
}

// parseRoute cuts a route pattern. A parameter is a whole path segment that
// begins with a colon (:id) or a star (*rest); elsewhere a colon is text. It
// says in words what is wrong with a pattern.
func parseRoute(route string) (segments []segment, problem string) {
	switch {
	case route == "":
		return nil, "A route must not be empty; it begins with a slash: \"/api/orders\"."
	case strings.Contains(route, "://"):
		return nil, "A route is a path on the target, such as \"/api/orders\". The address itself stands in target: base_url."
	case route[0] != '/':
		return nil, "A route begins with a slash: \"/" + route + "\"."
	case strings.Contains(route, "?"):
		return nil, "A route must not hold a query. Write query = { … } in the request."
	case strings.ContainsAny(route, "#"):
		return nil, "A route must not hold a fragment (#…): it is never sent."
	case strings.ContainsAny(route, " \t\r\n"):
		return nil, "A route must not hold spaces; write %20."
	case strings.Contains(route, "{"):
		return nil, "A parameter of a route is written :name, as in \"/api/orders/:id\", and gets its value from params."
	}
	seen := map[string]bool{}
	text := ""
	for i, part := range strings.Split(route, "/") {
		if i > 0 {
			text += "/"
		}
		if len(part) < 2 || part[0] != ':' && part[0] != '*' {
			text += part
			continue
		}
		name := part[1:]
		if strings.ContainsAny(name, ":*.") {
			return nil, "The parameter \"" + part + "\" must be a whole segment with a plain name, such as :id."
		}
		if seen[name] {
			return nil, "The parameter \"" + part + "\" stands twice in the route; give the second another name."
		}
		seen[name] = true
		segments = append(segments, segment{text: text}, segment{param: name, many: part[0] == '*'})
		text = ""
	}
	return append(segments, segment{text: text}), ""
}

// path compiles a request's route and params to its path.
func (k *classBuilder) path(b *config.Block, target *plan.Target) *plan.Template {
	c := k.c
	t := &plan.Template{}
	t.Add(plan.Part{Lit: target.BasePath})
	label := b.Labels[0]
	segments, problem := parseRoute(label.Text)
	if problem != "" {
		c.fail(b, diag.InvalidRoute, label.Range, "%s", problem)
		return t
	}
	a := b.Arg("params")
	errors := len(c.diags)
	params := k.named(a, b, k)
	if a != nil && (a.Bad || len(c.diags) > errors || params == nil && !isEmpty(a.Expr)) {
		return t // what params lacks is not known
	}
	meant := k.unknownParams(params, segments, b)
	for _, s := range segments {
		i := slices.IndexFunc(params, func(n named) bool { return n.name == s.param })
		switch {
		case s.param == "":
			t.Add(plan.Part{Lit: asciiPath(s.text)})
		case i >= 0:
			k.addParam(t, s, params[i], b)
		case !slices.Contains(meant, s.param):
			d := c.fail(b, diag.UnboundParameter, label.Range, "The route has the parameter %s, and nothing gives it a value.", s)
			d.Suggestion = "Add params = { " + s.param + " = … } to the request."
		}
	}
	return t
}

// isEmpty reports an object that is written out and holds nothing.
func isEmpty(e hcl.Expression) bool {
	object, ok := e.(*hclsyntax.ObjectConsExpr)
	return ok && len(object.Items) == 0
}

// unknownParams reports values for parameters that the route does not have.
// It gives the parameters they were likely meant for.
func (k *classBuilder) unknownParams(params []named, segments []segment, b *config.Block) (meant []string) {
	var names, shown []string
	for _, s := range segments {
		if s.param != "" {
			names, shown = append(names, s.param), append(shown, s.String())
		}
	}
	for _, n := range params {
		if slices.Contains(names, n.name) {
			continue
		}
		has := "no parameter"
		if len(names) > 0 {
			has = strings.Join(shown, ", ")
		}
		d := k.c.fail(b, diag.UnknownParameter, n.at, "params gives a value to %q, but the route has %s.", n.name, has)
		d.DidYouMean(n.name, names)
		meant = append(meant, diag.Suggest(n.name, names))
	}
	return meant
}

func (k *classBuilder) addParam(t *plan.Template, s segment, n named, b *config.Block) {
	enc := plan.EncSegment
	if s.many {
		enc = plan.EncPath
	}
	t.Secret = t.Secret || n.secret
	v, static := n.value.(plan.Const)
	if !static {
		t.Add(plan.Part{Expr: n.value, Enc: enc, Site: n.site})
		return
	}
	text, problem := plan.AppendEncoded(nil, v.Value, enc)
	if problem != "" {
		k.c.fail(b, diag.WrongType, n.at, "The parameter %s needs a string or a number: %s.", s, problem)
		return
	}
	if len(text) == 0 {
		k.c.fail(b, diag.InvalidValue, n.at, "The parameter %s must not be empty.", s)
	}
	t.Add(plan.Part{Lit: string(text)})
}

// asciiPath percent-encodes what a literal path holds beyond ASCII.
func asciiPath(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c > 0x20 && c < 0x7f {
			b.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		b.WriteByte('%')
		b.WriteByte(hex[s[i]>>4])
		b.WriteByte(hex[s[i]&0xF])
	}
	return b.String()
}
