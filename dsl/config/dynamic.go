package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/diag"
	"throng/dsl/schema"
)

// Bind makes one instance of a block: a copy in which a name means an element
// of a for_each. What it shares with b is not changed.
func (b *Block) Bind(key string, binding Binding) *Block {
	out := (&binder{binding: binding}).block(b)
	out.Key += key
	return out
}

// Weight is how many blocks and arguments an instance of b is made of.
func (b *Block) Weight() int {
	n := 1 + len(b.Args)
	for _, inner := range b.Blocks {
		n += inner.Weight()
	}
	return n
}

// binder makes one instance. Arguments that knew the same names before share
// what they know after.
type binder struct {
	binding     Binding
	outer, last *Binding
}

func (x *binder) block(b *Block) *Block {
	out := *b
	out.Args = make([]*Arg, len(b.Args))
	args := make([]Arg, len(b.Args))
	for i, a := range b.Args {
		args[i] = x.arg(a)
		out.Args[i] = &args[i]
	}
	out.Blocks = make([]*Block, len(b.Blocks))
	for i, n := range b.Blocks {
		out.Blocks[i] = x.block(n)
	}
	return &out
}

// arg gives a one more name, nearer than those it has: what is around is
// bound before what is within.
func (x *binder) arg(a *Arg) Arg {
	out := *a
	if x.last == nil || x.outer != a.Bound {
		nearest := x.binding
		nearest.Outer = a.Bound
		x.outer, x.last = a.Bound, &nearest
	}
	out.Bound = x.last
	if a.Base != nil {
		base := x.arg(a.Base)
		out.Base = &base
	}
	return out
}

// Iterator is the name that a dynamic block's content reads its element by.
func (b *Block) Iterator() string {
	if a := b.Arg("iterator"); a != nil {
		if name := hcl.ExprAsKeyword(a.Expr); name != "" {
			return name
		}
	}
	return b.Name()
}

// decodeDynamic reads a dynamic block: its one nested block is the content,
// with the schema of what it makes.
func decodeDynamic(b *hclsyntax.Block, parent *Block) diag.Diagnostics {
	block := &Block{Schema: schema.Dynamic, Type: b.Type, Range: b.DefRange(), Parent: parent, Module: parent.Module}
	if len(b.Labels) != 1 {
		parent.Broken = true
		return diag.Diagnostics{within(parent, wrongLabels(b, schema.Dynamic))}
	}
	block.Labels = []Label{{Text: b.Labels[0], Range: b.LabelRanges[0]}}
	row := parent.Schema.Nested(b.Labels[0])
	if row == nil {
		parent.Broken = true
		d := diag.New(diag.UnknownBlock, b.LabelRanges[0], "%s has no block called %q that a dynamic block could make.", subject(parent), b.Labels[0])
		return diag.Diagnostics{within(parent, d.DidYouMean(b.Labels[0], parent.Schema.BlockNames()))}
	}
	var content []*hclsyntax.Block
	var diags diag.Diagnostics
	for _, n := range b.Body.Blocks {
		if n.Type == "content" && len(n.Labels) == 0 {
			content = append(content, n)
			continue
		}
		diags = append(diags, within(block, diag.New(diag.UnknownBlock, n.TypeRange, "A dynamic block holds one block, content { … }: what stands in each %s it makes.", row.Type)))
		block.Broken = true
	}
	parent.Blocks = append(parent.Blocks, block)
	diags = append(diags, decodeBody(&hclsyntax.Body{Attributes: b.Body.Attributes, SrcRange: b.Body.SrcRange}, block)...)
	if len(content) != 1 {
		block.Broken = true
		return append(diags, within(block, diag.New(diag.MissingBlock, block.Range, "A dynamic block holds one block, content { … }: what stands in each %s it makes.", row.Type)))
	}
	inner := &Block{Schema: row.Block, Type: row.Type, Range: content[0].DefRange(), Parent: block, Module: parent.Module}
	block.Blocks = []*Block{inner}
	return append(diags, decodeBody(content[0].Body, inner)...)
}
