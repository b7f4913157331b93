package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/diag"
	"throng/dsl/schema"
)

// decodeBody cuts a body into into's arguments and blocks. It reports every
// word the schema does not know there and goes on.
func decodeBody(body *hclsyntax.Body, into *Block) diag.Diagnostics {
	var diags diag.Diagnostics
	attrs := make([]*hclsyntax.Attribute, 0, len(body.Attributes))
	for _, a := range body.Attributes {
		attrs = append(attrs, a)
	}
	slices.SortFunc(attrs, func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
	for _, a := range attrs {
		row := into.Schema.Arg(a.Name)
		if row == nil && !into.Schema.Free {
			into.Broken = true
			if into.Module.refuse() {
				diags = append(diags, unknownArgument(a, into))
			}
			continue
		}
		into.Args = append(into.Args, &Arg{Module: into.Module, Name: a.Name, Schema: row, Expr: a.Expr, Range: a.Range(), NameRange: a.NameRange})
	}
	for _, row := range into.Schema.Args {
		if row.Required && into.Arg(row.Name) == nil {
			diags = append(diags, within(into, diag.New(diag.MissingArgument, into.Range,
				"%s needs the argument %q. %s", into.Title(), row.Name, row.Doc)))
			into.Broken = true
		}
	}
	for _, b := range body.Blocks {
		diags = append(diags, decodeBlock(b, into)...)
	}
	return diags
}

func decodeBlock(b *hclsyntax.Block, parent *Block) diag.Diagnostics {
	if b.Type == schema.Dynamic.Type && parent.Parent != nil && len(parent.Schema.Blocks) > 0 && parent.table() == schema.Root {
		return decodeDynamic(b, parent)
	}
	row := parent.Schema.Nested(b.Type)
	if row == nil {
		parent.Broken = true
		if !parent.Module.refuse() {
			return nil
		}
		return diag.Diagnostics{unknownBlock(b, parent)}
	}
	if parent.Module.blocks++; parent.Module.blocks > maxBlocks {
		parent.Broken = true
		if parent.Module.blocks > maxBlocks+1 {
			return nil
		}
		return diag.Diagnostics{within(parent, diag.New(diag.LimitExceeded, b.DefRange(), "A scenario may hold at most %d blocks.", maxBlocks))}
	}
	block := &Block{Schema: row.Block, Type: b.Type, Range: b.DefRange(), Parent: parent, Module: parent.Module}
	for i, text := range b.Labels {
		block.Labels = append(block.Labels, Label{Text: text, Range: b.LabelRanges[i]})
	}
	var diags diag.Diagnostics
	if len(b.Labels) != len(row.Labels) {
		parent.Broken = true
		return append(diags, within(parent, wrongLabels(b, row.Block)))
	}
	if row.Single {
		if first := parent.First(b.Type); first != nil {
			d := diag.New(diag.DuplicateBlock, block.Range, "There can be only one %s block here.", b.Type)
			return append(diags, within(parent, d.Relate("the first one is here", first.Range)))
		}
	}
	parent.Blocks = append(parent.Blocks, block)
	return append(diags, decodeBody(b.Body, block)...)
}

// refuse counts a word that the schema does not know, and says whether to
// tell: a file of garbage is told about once, not at each of its words.
func (m *Module) refuse() bool {
	m.refused++
	return m.refused <= maxFindings
}

func within(b *Block, d *diag.Diagnostic) *diag.Diagnostic { return d.In(b.Place(*d.Subject)) }

func wrongLabels(b *hclsyntax.Block, row *schema.Block) *diag.Diagnostic {
	form := row.Type
	for _, l := range row.Labels {
		form += ` "` + strings.ToUpper(l) + `"`
	}
	count := fmt.Sprintf("%d labels", len(row.Labels))
	switch len(row.Labels) {
	case 0:
		count = "no label"
	case 1:
		count = "one label"
	}
	detail := fmt.Sprintf("%s takes %s: %s { … }.", blockOf(row.Type), count, form)
	return diag.New(diag.BlockLabels, b.DefRange(), "%s", detail)
}

func unknownArgument(a *hclsyntax.Attribute, in *Block) *diag.Diagnostic {
	d := diag.New(diag.UnknownArgument, a.NameRange, "%s has no argument called %q.", subject(in), a.Name)
	switch {
	case in.Schema.Nested(a.Name) != nil:
		d.Detail = fmt.Sprintf("%q is a block, not an argument. Write it without the equals sign: %s { … }.", a.Name, a.Name)
	case schema.IsRequest(in.Type) && standsAlone(in.Type).Arg(a.Name) != nil:
		d.Detail = fmt.Sprintf("A request has a %s only where it stands directly in a user, as a task of its own. Within a task, the task has it.", a.Name)
	case in.foreign(a.Name) != "":
		d.Suggestion = in.foreign(a.Name)
	default:
		d.Suggestion = suggest(a.Name, in.Schema.ArgNames())
		if d.Suggestion == "" {
			d.Detail += homesOf(a.Name, in)
		}
		if d.Suggestion == "" && !strings.Contains(d.Detail, "belongs") {
			d.Detail += list(" Its arguments are ", in.Schema.ArgNames())
		}
	}
	return within(in, d)
}

func unknownBlock(b *hclsyntax.Block, in *Block) *diag.Diagnostic {
	d := diag.New(diag.UnknownBlock, b.TypeRange, "%s has no block called %q.", subject(in), b.Type)
	switch {
	case in.Schema.Arg(b.Type) != nil:
		d.Detail = fmt.Sprintf("%q is an argument, not a block. Write it with an equals sign: %s = { … }.", b.Type, b.Type)
	case in.Schema.Nested("send") != nil && in.Schema.Nested("get") == nil && isStep(b.Type):
		d.Detail = fmt.Sprintf("What stands here is done while the user waits for something else, so it cannot wait itself, and %s does. It holds send, set, when, leave and close.", b.Type)
	case in.foreign(b.Type) != "":
		d.Suggestion = in.foreign(b.Type)
	default:
		d.Suggestion = suggest(b.Type, in.Schema.BlockNames())
		if d.Suggestion == "" {
			d.Detail += homesOf(b.Type, in)
		}
		if d.Suggestion == "" && !strings.Contains(d.Detail, "belongs") {
			d.Detail += list(" Its blocks are ", in.Schema.BlockNames())
		}
	}
	return within(in, d)
}

// standsAlone is the schema of a request that is a task of its own.
func standsAlone(method string) *schema.Block {
	return schema.Root.Nested("user").Nested(method).Block
}

func subject(b *Block) string {
	switch {
	case b.Parent != nil:
	case b.Schema != schema.Root:
		return "The top level of a " + b.Type
	default:
		return "The top level of a scenario"
	}
	return blockOf(b.Type)
}

// blockOf is a kind of block at the beginning of a sentence.
func blockOf(kind string) string {
	switch kind[0] {
	case 'a', 'e', 'i', 'o':
		return "An " + kind + " block"
	}
	return "A " + kind + " block"
}

func suggest(given string, names []string) string {
	if s := diag.Suggest(given, names); s != "" {
		return fmt.Sprintf("Did you mean %q?", s)
	}
	return ""
}

// homesOf says where a word that stands in the wrong place belongs: the blocks
// that could stand there first, then those of the top level.
func homesOf(word string, in *Block) string {
	homes := schema.Homes(word)
	if table := in.table(); table != schema.Root {
		homes = schema.HomesBelow(table, word)
	}
	if len(homes) == 0 {
		return ""
	}
	far := func(home string) int {
		switch {
		case in.Schema.Nested(home) != nil:
			return 0
		case in.table().Nested(home) != nil:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(homes, func(a, b string) int { return far(a) - far(b) })
	for i, h := range homes {
		if schema.IsMethod(h) || h == "request" {
			homes[i] = "a request"
		}
	}
	for i := len(homes) - 1; i > 0; i-- {
		if slices.Contains(homes[:i], homes[i]) {
			homes = slices.Delete(homes, i, i+1)
		}
	}
	if len(homes) > 4 {
		homes = homes[:4]
	}
	return fmt.Sprintf(" It belongs in %s.", strings.Join(homes, ", "))
}

func list(lead string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	if len(names) > 16 {
		names = names[:16]
		return lead + strings.Join(names, ", ") + ", …"
	}
	return lead + strings.Join(names, ", ") + "."
}
