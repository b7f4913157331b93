// Package config reads the files of a scenario and cuts them into blocks and
// arguments along the schema's table. It keeps every expression and its range
// and evaluates nothing, so it can be used on a scenario whose variables are
// not known.
package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/schema"
)

// Module is a decoded directory (or file) of *.hcl.
type Module struct {
	Dir     string            // as the user named it
	Root    *Block            // its Blocks are the top level of all files, in file order
	Sources map[string][]byte // by file name, for snippets
	Broken  bool              // a file could not be read or is not HCL: what it declares is not known

	refused int // words the schema does not know
	blocks  int
}

// Text is what stands at a range, as native syntax writes it: the escapes of
// a JSON string are decoded.
func (m *Module) Text(r hcl.Range) string {
	src := m.Sources[r.Filename]
	if r.End.Byte > len(src) || r.Start.Byte > r.End.Byte || r.Start.Byte < 0 {
		return ""
	}
	text := string(src[r.Start.Byte:r.End.Byte])
	if isJSON(r.Filename) {
		if decoded, _, bad := unescape(text, false); bad < 0 {
			return decoded
		}
	}
	return text
}

// Block is one block with the arguments and blocks the schema allows in it.
type Block struct {
	Schema *schema.Block
	Type   string
	Labels []Label
	Args   []*Arg // in source order
	Blocks []*Block
	Range  hcl.Range // its header: type and labels
	Parent *Block    // nil at the top level's own block
	Module *Module   // the module it was written in
	Broken bool      // something in it was refused, so that what it seems to lack may be there
	Key    string    // ["key"] of one of several made by for_each; "" otherwise
}

// Label is one label of a block.
type Label struct {
	Text  string
	Range hcl.Range
}

// Arg is one argument. Schema is nil for a free one. Base is the argument of
// the same name that a `use` brought in, where the two are merged.
type Arg struct {
	Module    *Module // whose names its expression reads
	Name      string
	Schema    *schema.Arg
	Expr      hcl.Expression
	Range     hcl.Range
	NameRange hcl.Range
	Base      *Arg
	Bound     *Binding // what the names of for_each and dynamic mean in it; nil outside of both
	Bad       bool     // its names do not resolve: it is not to be evaluated
}

// Binding is what the name of a for_each or dynamic block means in one of its
// instances: NAME.key and NAME.value.
type Binding struct {
	Name       string // "each", or a dynamic block's iterator
	Key, Value cty.Value
	Outer      *Binding // of the blocks around
}

// Has reports whether the name is bound; the nearest wins.
func (n *Binding) Has(name string) bool {
	for ; n != nil; n = n.Outer {
		if n.Name == name {
			return true
		}
	}
	return false
}

// Instance is the block's name with the key of its for_each: shopper["berlin"].
func (b *Block) Instance() string { return b.Name() + b.Key }

// Name is the block's last label, "" without one.
func (b *Block) Name() string {
	if len(b.Labels) == 0 {
		return ""
	}
	return b.Labels[len(b.Labels)-1].Text
}

// Arg is the argument called name, or nil.
func (b *Block) Arg(name string) *Arg {
	for _, a := range b.Args {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Of are the nested blocks of one type.
func (b *Block) Of(word string) []*Block {
	var found []*Block
	for _, n := range b.Blocks {
		if n.Type == word {
			found = append(found, n)
		}
	}
	return found
}

// First is the first nested block of one type, or nil.
func (b *Block) First(word string) *Block {
	for _, n := range b.Blocks {
		if n.Type == word {
			return n
		}
	}
	return nil
}

// Place says in which blocks at stands, a place in b, outermost first:
// `user "operator", task "buy"`. A nested block is not named for its own
// header.
func (b *Block) Place(at hcl.Range) string {
	if b.Parent == nil {
		return ""
	}
	outer := b.Parent.Place(hcl.Range{})
	switch {
	case outer == "":
		return b.Title()
	case b.Range.Overlaps(at):
		return outer
	}
	return outer + ", " + b.Title()
}

// Title is how diagnostics name the block: `user "operator"`.
func (b *Block) Title() string {
	title := b.Type
	for _, l := range b.Labels {
		title += ` "` + l.Text + `"`
	}
	return title + b.Key
}
