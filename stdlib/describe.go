package stdlib

import (
	"strings"

	"throng/dsl/plan"
)

// spoken is a call as its author wrote it, near enough, for those who read a
// plan.
type spoken struct {
	name string
	args []plan.Expr
}

// Describe is the call in words: "randint(1, 20)". Arguments are not cut:
// two calls that differ are told apart by it.
func (s spoken) Describe(p *plan.Plan) string {
	var b strings.Builder
	b.WriteString(s.name + "(")
	for i, a := range s.args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(plan.Describe(p, a))
	}
	b.WriteByte(')')
	return b.String()
}
