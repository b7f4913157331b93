package compile

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/schema"
)

// expects compiles a request's rules; it reports whether one reads the body.
func (k *classBuilder) expects(r *plan.Request, b *config.Block) (readsBody bool) {
	c := k.c
	readsBody = len(r.Expects) > 0 // the request's own rules read it
	for _, n := range b.Of("expect") {
		x := plan.Expect{Site: c.site(n.Range, n)}
		if a := n.Arg("status"); a != nil {
			x.Status = c.status(n, a)
		}
		if a := n.Arg("condition"); a != nil {
			if e, ok := c.syntax(a, n); ok {
				l := c.lowering(a, n, k)
				l.failure = plan.FailExpect
				if _, ok := l.check(a, cty.Bool); ok {
					if l.static(e) {
						c.warn(n, diag.InvalidValue, e.Range(), "The condition does not depend on the answer, so it proves nothing about it.")
					}
					x.Condition, x.Text = l.lower(e), sourceText(n.Module, e.Range())
					x.Site = c.site(e.Range(), n)
				}
				readsBody = readsBody || l.body
			}
		}
		if a := n.Arg("message"); a != nil {
			if e, ok := c.syntax(a, n); ok {
				l := c.lowering(a, n, k)
				if _, ok := l.check(a, cty.String); ok {
					x.Message = l.text(e, plan.EncText)
					if l.secret {
						c.fail(n, diag.SensitiveValue, e.Range(), "A failure's message stands in reports, so it must not be made of a sensitive value.")
					}
				}
				readsBody = readsBody || l.body
			}
		}
		if n.Arg("status") == nil && n.Arg("condition") == nil && !n.Broken {
			c.fail(n, diag.EmptyBlock, n.Range, "An expect block needs a status or a condition; otherwise it expects nothing.")
		}
		r.Expects = append(r.Expects, x)
	}
	return readsBody
}

// status reads a status rule: 201, "2xx", or a list of them.
func (c *compiler) status(b *config.Block, a *config.Arg) []plan.StatusRange {
	v, _, ok := c.known(b, a.Name, cty.DynamicPseudoType)
	if !ok {
		return nil
	}
	items := []cty.Value{v}
	if !v.Type().IsPrimitiveType() && v.CanIterateElements() {
		items = v.AsValueSlice()
	}
	ranges := []plan.StatusRange{}
	for _, item := range items {
		sr, ok := statusRange(item)
		if !ok {
			c.fail(b, diag.InvalidStatus, a.Expr.Range(), "A status is a number from 100 to 599, or a class such as \"2xx\"; %s is neither.", diag.ValueText(item))
			return nil
		}
		ranges = append(ranges, sr)
	}
	if len(ranges) == 0 {
		c.fail(b, diag.InvalidStatus, a.Expr.Range(), "An empty list of statuses would fail every answer.")
	}
	return ranges
}

func statusRange(v cty.Value) (plan.StatusRange, bool) {
	p := fromCty(v)
	if p.Kind() == plan.String {
		s := strings.ToLower(p.Str())
		if len(s) == 3 && s[0] >= '1' && s[0] <= '5' && s[1:] == "xx" {
			class := int(s[0]-'0') * 100
			return plan.StatusRange{Min: class, Max: class + 99}, true
		}
		p, _ = plan.ParseNumber(s)
	}
	if p.Kind() != plan.Int || p.Int64() < 100 || p.Int64() > 599 {
		return plan.StatusRange{}, false
	}
	return plan.StatusRange{Min: int(p.Int64()), Max: int(p.Int64())}, true
}

// captures compiles capture = { name = expression, … }.
func (k *classBuilder) captures(r *plan.Request, b *config.Block) (readsBody bool) {
	c := k.c
	a := b.Arg("capture")
	if a == nil || a.Bad {
		return false
	}
	object, ok := a.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		c.fail(b, diag.WrongType, a.Expr.Range(), "capture must be written out: { NAME = %s.json.…, … }.", captureRoot(a))
		return false
	}
	check := c.lowering(a, b, k)
	if _, ok := check.check(a, cty.DynamicPseudoType); !ok {
		return false
	}
	var names []string
	for _, i := range object.Items {
		name := hcl.ExprAsKeyword(i.KeyExpr)
		if name == "" {
			c.fail(b, diag.InvalidName, i.KeyExpr.Range(), "A captured value needs a plain name, read later as session.NAME.")
			continue
		}
		l := c.lowering(a, b, k)
		l.strict, l.failure = true, plan.FailCapture
		value := l.lower(i.ValueExpr)
		readsBody = readsBody || l.body
		if l.static(i.ValueExpr) {
			c.warn(b, diag.InvalidValue, i.ValueExpr.Range(), "session.%s is captured, but the value does not depend on the %s.", name, strings.Replace(captureRoot(a), "response", "answer", 1))
		}
		for _, t := range i.ValueExpr.Variables() {
			k.nameSlot(k.slot(name), stepName(t[len(t)-1]))
		}
		r.Captures = append(r.Captures, plan.Capture{
			Slot: k.slot(name), Name: name, Value: value, Site: c.site(i.ValueExpr.Range(), b), Null: isTry(i.ValueExpr),
		})
		names = append(names, name)
	}
	for _, name := range names { // a request's captures do not read one another
		k.assign(name)
	}
	return readsBody
}

// captureRoot is the root that an argument's captures are taken from.
func captureRoot(a *config.Arg) string {
	if a.Schema != nil && a.Schema.Phase > schema.Response {
		return "message"
	}
	return "response"
}

func isTry(e hclsyntax.Expression) bool {
	for {
		p, ok := e.(*hclsyntax.ParenthesesExpr)
		if !ok {
			break
		}
		e = p.Expression
	}
	call, ok := e.(*hclsyntax.FunctionCallExpr)
	return ok && call.Name == "try"
}

// waits notes a header that a request goes without, since its session values
// are not certain there.
func (k *classBuilder) waits(lv level, name string, reads []string, at hcl.Range) {
	if k.where == "start" || k.where == "stop" {
		return // a login goes without its token, as it should
	}
	if k.headerSent[lv.arg] == nil {
		k.headerSent[lv.arg] = map[string]bool{}
	}
	if _, seen := k.headerSent[lv.arg][name]; !seen {
		k.headerSent[lv.arg][name] = false
		k.headerAt[fmt.Sprint(lv.arg.Range, name)] = headerPlace{lv.block, at, name, reads}
	}
}

func (k *classBuilder) sent(lv level, name string, reads map[string]bool) {
	if len(reads) == 0 {
		return
	}
	if k.headerSent[lv.arg] == nil {
		k.headerSent[lv.arg] = map[string]bool{}
	}
	k.headerSent[lv.arg][name] = true
}
