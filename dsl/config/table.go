package config

import (
	"throng/dsl/diag"
	"throng/dsl/schema"
)

// ParseAs decodes one source text along another table than a scenario's, of
// which root is the top level. The name says whether it is in JSON syntax.
func ParseAs(src []byte, name string, root *schema.Block) (*Module, diag.Diagnostics) {
	m := &Module{Dir: ".", Sources: map[string][]byte{name: src}}
	m.Root = &Block{Schema: root, Type: root.Type, Module: m}
	body, diags := parse(src, name, root)
	if body == nil || diags.HasErrors() {
		m.Broken = true
		return m, diags
	}
	if refused := meter(body); refused != nil {
		m.Broken = true
		return m, append(diags, refused[:min(len(refused), maxFindings)]...)
	}
	return m, append(diags, decodeBody(body, m.Root)...)
}

// table is the top level of the table that b was decoded along.
func (b *Block) table() *schema.Block {
	for b.Parent != nil {
		b = b.Parent
	}
	return b.Schema
}

// foreign is how a scenario says a word of other tools; test files have no
// such words.
func (b *Block) foreign(word string) string {
	if b.table() != schema.Root {
		return ""
	}
	return schema.Foreign(word)
}

// Grant adds units of work, for expressions over large values that are there
// already: a byte of their JSON form is worth a few.
func (m *Meter) Grant(units int) { m.left += units }
