package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// Describer is an Expr that can say in words what it is made of, much as its
// author would write it. Dump shows that.
type Describer interface {
	Expr
	Describe(p *Plan) string
}

// Describe is e in words. An expression that is no Describer is shown by its
// kind alone.
func Describe(p *Plan, e Expr) string {
	switch e := e.(type) {
	case nil:
		return "nothing"
	case Describer:
		return e.Describe(p)
	case Func:
		return "func"
	}
	kind := fmt.Sprintf("%T", e)
	kind = kind[strings.LastIndexByte(kind, '.')+1:]
	return strings.TrimSuffix(kind, "Node")
}

// Describe is the constant as JSON.
func (c Const) Describe(*Plan) string {
	if c.Secret {
		return sensitive
	}
	return string(c.Value.AppendJSON(nil, false))
}

// Describe is session.NAME.
func (s *Slot) Describe(*Plan) string { return "session." + s.Name }

// Describe is the name it is read by.
func (l *Local) Describe(*Plan) string { return l.Name }

// Describe is data.NAME.COLUMN.
func (c *Column) Describe(p *Plan) string {
	d := &p.Data[c.Data]
	return "data." + d.Name + "." + d.Columns[c.Column].Name
}

// Describe is the template's text with its expressions in braces.
func (t *Template) Describe(p *Plan) string {
	if t.Secret {
		return sensitive
	}
	var b strings.Builder
	for i := range t.Parts {
		part := &t.Parts[i]
		if part.Expr == nil {
			quoted := strconv.Quote(part.Lit)
			b.WriteString(strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`))
			continue
		}
		b.WriteString("{" + Describe(p, part.Expr))
		if part.Enc != EncText {
			b.WriteString(" as " + encodingNames[part.Enc])
		}
		b.WriteString("}")
	}
	return "`" + b.String() + "`"
}

var encodingNames = [...]string{"text", "json", "json text", "segment", "path", "query", "header"}

const sensitive = "(sensitive)"
