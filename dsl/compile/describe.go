package compile

import (
	"fmt"
	"strconv"
	"strings"

	"throng/dsl/plan"
)

// How nodes say what they are made of; see plan.Describer.

func words(p *plan.Plan, exprs []plan.Expr) string {
	all := make([]string, len(exprs))
	for i, e := range exprs {
		all[i] = plan.Describe(p, e)
	}
	return strings.Join(all, ", ")
}

func infix(p *plan.Plan, x plan.Expr, op string, y plan.Expr) string {
	return fmt.Sprintf("(%s %s %s)", plan.Describe(p, x), op, plan.Describe(p, y))
}

// Describe shows a list.
func (t tuple) Describe(p *plan.Plan) string { return "[" + words(p, t) + "]" }

// Describe shows an object.
func (o *object) Describe(p *plan.Plan) string {
	all := make([]string, len(o.names))
	for i, name := range o.names {
		all[i] = name + " = " + plan.Describe(p, o.values[i])
	}
	return "{" + strings.Join(all, ", ") + "}"
}

// Describe shows a comparison of two values.
func (e *equality) Describe(p *plan.Plan) string {
	if e.not {
		return infix(p, e.x, "!=", e.y)
	}
	return infix(p, e.x, "==", e.y)
}

// Describe shows && and ||.
func (e *logic) Describe(p *plan.Plan) string {
	if e.or {
		return infix(p, e.x, "||", e.y)
	}
	return infix(p, e.x, "&&", e.y)
}

// Describe shows a comparison of two numbers.
func (e *comparison) Describe(p *plan.Plan) string { return infix(p, e.x, e.op, e.y) }

// Describe shows arithmetic.
func (e *arithmetic) Describe(p *plan.Plan) string { return infix(p, e.x, e.op, e.y) }

// Describe shows ! and -.
func (e *unary) Describe(p *plan.Plan) string {
	if e.not {
		return "!" + plan.Describe(p, e.x)
	}
	return "-" + plan.Describe(p, e.x)
}

// Describe shows c ? a : b.
func (e *conditional) Describe(p *plan.Plan) string {
	return fmt.Sprintf("(%s ? %s : %s)", plan.Describe(p, e.cond), plan.Describe(p, e.yes), plan.Describe(p, e.no))
}

// Describe shows collection[key].
func (e *index) Describe(p *plan.Plan) string {
	return plan.Describe(p, e.collection) + "[" + plan.Describe(p, e.key) + "]"
}

// Describe shows object.name.
func (e *attribute) Describe(p *plan.Plan) string { return plan.Describe(p, e.x) + "." + e.name }

// Describe shows try(…).
func (e *try) Describe(p *plan.Plan) string { return "try(" + words(p, e.args) + ")" }

// Describe shows can(…).
func (e can) Describe(p *plan.Plan) string { return "can(" + plan.Describe(p, e.x) + ")" }

// Describe shows that an expression always fails.
func (e *failed) Describe(*plan.Plan) string { return "failure" }

// Describe shows a duration that is drawn.
func (s *seconds) Describe(p *plan.Plan) string { return "seconds(" + plan.Describe(p, s.x) + ")" }

// Describe shows a document and a path into it.
func (j *jsonValue) Describe(*plan.Plan) string {
	text := j.doc.String()
	if j.path != "" {
		text += "<" + j.path + ">"
	}
	if j.splat {
		text += "[*]<" + j.each + ">"
	}
	if j.strict {
		text += "!"
	}
	return text
}

// Describe shows response.headers[NAME].
func (h *header) Describe(*plan.Plan) string {
	text := "response.headers[" + strconv.Quote(h.name) + "]"
	if h.strict {
		text += "!"
	}
	return text
}

// Describe shows that HCL evaluates the expression, and where it stands.
func (h *evaluated) Describe(p *plan.Plan) string { return "HCL at " + p.Sites[h.at.site].String() }

// Describe is data.NAME.
func (r *row) Describe(p *plan.Plan) string { return "data." + p.Data[r.id].Name }

// Describe is the property's name.
func (r *property) Describe(*plan.Plan) string { return r.name }
