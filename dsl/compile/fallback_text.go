package compile

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// written is an expression as its author wrote it, and the settled values it
// reads. Two expressions that do the same in two plans give equal texts, and
// other values other texts.
func (l *lowering) written(e hclsyntax.Expression) string {
	r := e.Range()
	src := l.block.Module.Sources[r.Filename]
	if r.End.Byte > len(src) || r.Start.Byte > r.End.Byte {
		return ""
	}
	text := sourceText(l.block.Module, r)
	var settled []string
	ctx := l.c.context(l.env, l.bound, e.Variables())
	for _, t := range e.Variables() {
		if root := t.RootName(); len(t) < 2 || root != "var" && root != "local" && root != "module" {
			continue
		}
		v, diags := t.TraverseAbs(ctx)
		switch at := t.SourceRange(); {
		case diags.HasErrors() || at.End.Byte > len(src):
		case v.ContainsMarked():
			settled = append(settled, string(src[at.Start.Byte:at.End.Byte])+" (sensitive)")
		default:
			settled = append(settled, string(src[at.Start.Byte:at.End.Byte])+" = "+valueText(v))
		}
	}
	if len(settled) > 0 {
		slices.Sort(settled)
		text += " where " + strings.Join(slices.Compact(settled), ", ")
	}
	return text
}
