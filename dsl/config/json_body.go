package config

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/diag"
	"throng/dsl/schema"
)

// Keys with a meaning of their own in JSON syntax.
const (
	comment  = "//"    // beside arguments, blocks and labels: not read
	stepsKey = "steps" // an array of one-key objects, each a block
)

// isJSON reports whether a file of this name is in JSON syntax.
func isJSON(name string) bool { return strings.HasSuffix(name, ".json") }

// jsonReader turns a JSON text into the tree that HCL's own parser makes of
// native syntax, so that nothing behind it knows the difference. The schema
// says which keys are arguments and which are blocks.
type jsonReader struct {
	in    *jsonText
	diags diag.Diagnostics
}

// parseJSON reads a file in JSON syntax whose top level is a block of row's
// kind. docs/how-to/json-syntax.md describes the form.
func parseJSON(src []byte, name string, row *schema.Block) (*hclsyntax.Body, diag.Diagnostics) {
	if diags := guardSize(src, name); diags != nil {
		return nil, diags
	}
	text := string(src)
	v, problem := scanJSON(text)
	r := &jsonReader{in: newJSONText(text, name)}
	switch {
	case problem != nil:
		return nil, diag.Diagnostics{problem.diagnostic(r.in)}
	case v.kind != jsonObject:
		r.wrong(v, "A file in JSON syntax holds one object, whose keys are the blocks of the top level; this is %s.", v.kind)
		return nil, r.diags
	}
	body := r.body(v, row)
	slices.SortStableFunc(r.diags, func(a, b *diag.Diagnostic) int { return a.Subject.Start.Byte - b.Subject.Start.Byte })
	return body, r.diags[:min(len(r.diags), maxFindings)]
}

func (r *jsonReader) report(d *diag.Diagnostic) { r.diags.Append(d) }

func (r *jsonReader) wrong(v *jsonValue, format string, args ...any) {
	at := r.in.of(v)
	if v.kind == jsonObject || v.kind == jsonArray {
		at = r.in.between(v.start, v.start+1)
	}
	r.report(diag.New(diag.JSONSyntax, at, format, args...))
}

// body reads an object as what stands in a block.
func (r *jsonReader) body(v *jsonValue, row *schema.Block) *hclsyntax.Body {
	body := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, SrcRange: r.in.of(v), EndRange: r.in.between(v.end, v.end)}
	order := &stepOrder{ordered: isOrdered(row)}
	for _, m := range v.members {
		key := m.key.text
		nested := row.Nested(key)
		switch {
		case key == comment:
		case row.Arg(key) != nil:
			r.argument(body, m, row.Arg(key))
		case nested != nil:
			order.plain(r, m)
			body.Blocks = append(body.Blocks, r.blocks(m, nested.Block, order.of(key))...)
		case key == schema.Dynamic.Type && mayHoldDynamic(row):
			if order.ordered {
				order.list(r, m)
			}
			body.Blocks = append(body.Blocks, r.dynamic(m, row, order.ordered)...)
		case key == stepsKey && holdsSteps(row):
			order.list(r, m)
			body.Blocks = append(body.Blocks, r.steps(m.value, row)...)
		case !row.Free && diag.Suggest(key, row.ArgNames()) == "" && diag.Suggest(key, row.BlockNames()) != "":
			at := r.in.of(m.key) // a misspelled block, for decodeBody to report
			body.Blocks = append(body.Blocks, r.block(key, nil, at, &hclsyntax.Body{}))
		case row.Free && !hclsyntax.ValidIdentifier(key):
			r.report(diag.New(diag.InvalidName, r.in.of(m.key), "%q cannot be used as a name here: it must begin with a letter and hold only letters, digits, - and _.", shortened(key)))
		default:
			r.argument(body, m, nil)
		}
	}
	return body
}

func (r *jsonReader) argument(body *hclsyntax.Body, m jsonMember, row *schema.Arg) {
	read := r.expression
	if row != nil {
		switch row.Type {
		case schema.TypeExpr, schema.Reference:
			read = r.bare
		case schema.References:
			read = r.references
		case schema.Names:
			read = r.names
		}
	}
	name := r.in.of(m.key)
	body.Attributes[m.key.text] = &hclsyntax.Attribute{
		Name: m.key.text, Expr: read(m.value), SrcRange: r.in.between(m.key.start, m.value.end),
		NameRange: name, EqualsRange: hcl.Range{Filename: name.Filename, Start: name.End, End: name.End},
	}
}

// blocks reads the value of a block's key: for each label an object of what
// may stand below it, and an array wherever there are several.
func (r *jsonReader) blocks(m jsonMember, row *schema.Block, ordered bool) []*hclsyntax.Block {
	b := &blockReader{r: r, row: row, ordered: ordered, body: func(v *jsonValue, _ []*jsonValue) *hclsyntax.Body { return r.body(v, row) }}
	b.read(m.value, nil, r.in.of(m.key))
	return b.found
}

// dynamic reads dynamic blocks: the content has the schema of what it makes.
func (r *jsonReader) dynamic(m jsonMember, in *schema.Block, ordered bool) []*hclsyntax.Block {
	b := &blockReader{r: r, row: schema.Dynamic, ordered: ordered, body: func(v *jsonValue, labels []*jsonValue) *hclsyntax.Body {
		made := &schema.Block{Type: labels[0].text, Free: true} // decoding reports a kind that there is not
		if nested := in.Nested(labels[0].text); nested != nil {
			made = nested.Block
		}
		content := *made
		content.Type, content.Labels = "content", nil
		with := *schema.Dynamic
		with.Blocks = []*schema.Nested{{Block: &content}}
		return r.body(v, &with)
	}}
	b.read(m.value, nil, r.in.of(m.key))
	return b.found
}

func mayHoldDynamic(row *schema.Block) bool {
	return row != schema.Root && len(row.Blocks) > 0 && row.Nested(schema.Dynamic.Type) == nil
}

type blockReader struct {
	r       *jsonReader
	row     *schema.Block
	ordered bool // several labels in one object would leave their order open
	body    func(v *jsonValue, labels []*jsonValue) *hclsyntax.Body
	found   []*hclsyntax.Block
}

// read goes down one level: a label, or, below the last one, the block. at is
// what stands for the block's header.
func (b *blockReader) read(v *jsonValue, labels []*jsonValue, at hcl.Range) {
	switch v.kind {
	case jsonNull: // no block
	case jsonArray:
		for _, item := range v.items {
			if item.kind == jsonArray {
				b.r.wrong(item, "An array of %s blocks holds objects, and no arrays.", b.row.Type)
				continue
			}
			if item.kind == jsonObject && len(labels) == len(b.row.Labels) && len(v.items) > 1 {
				at = b.r.in.between(item.start, item.start+1)
			}
			b.read(item, labels, at)
		}
	case jsonObject:
		if len(labels) == len(b.row.Labels) {
			b.found = append(b.found, b.r.block(b.row.Type, labels, at, b.body(v, labels)))
			return
		}
		b.labels(v, labels)
	default:
		b.r.wrong(v, "%s is a block. In JSON syntax it is written %s; this is %s.", b.row.Type, form(b.row), v.kind)
	}
}

func (b *blockReader) labels(v *jsonValue, above []*jsonValue) {
	read := 0
	for _, m := range v.members {
		if m.key.text == comment {
			continue
		}
		if read++; read > 1 && b.ordered {
			b.r.report(diag.New(diag.JSONSyntax, b.r.in.of(m.key),
				"The order of steps matters, and a JSON object promises none. Write the steps as an array: \"steps\": [{\"%s\": {…}}, {\"%s\": {…}}].", b.row.Type, b.row.Type))
			return
		}
		b.read(m.value, append(slices.Clone(above), m.key), b.r.in.of(m.key))
	}
}

// form shows how a kind of block is written.
func form(row *schema.Block) string {
	inner := "{ … }"
	for _, l := range slices.Backward(row.Labels) {
		inner = fmt.Sprintf("{%q: %s}", strings.ToUpper(l), inner)
	}
	return fmt.Sprintf("%q: %s", row.Type, inner)
}

// block makes a block of HCL's tree. Its header is its last label, or at.
func (r *jsonReader) block(word string, labels []*jsonValue, at hcl.Range, body *hclsyntax.Body) *hclsyntax.Block {
	block := &hclsyntax.Block{Type: word, Body: body, TypeRange: at, OpenBraceRange: body.SrcRange, CloseBraceRange: body.EndRange}
	for _, l := range labels {
		block.Labels = append(block.Labels, l.text)
		block.LabelRanges = append(block.LabelRanges, r.in.of(l))
	}
	return block
}

// steps reads the array of one-key objects that keeps the order of blocks.
func (r *jsonReader) steps(v *jsonValue, row *schema.Block) []*hclsyntax.Block {
	const want = "\"steps\" is an array of objects with one key each, such as [{\"get\": {\"/\": {}}}, {\"pause\": {\"for\": \"1s\"}}]"
	if v.kind != jsonArray {
		r.wrong(v, "%s; this is %s.", want, v.kind)
		return nil
	}
	var found []*hclsyntax.Block
	for _, item := range v.items {
		if item.kind != jsonObject {
			r.wrong(item, "%s; here stands %s.", want, item.kind)
			continue
		}
		step := slices.DeleteFunc(slices.Clone(item.members), func(m jsonMember) bool { return m.key.text == comment })
		if len(step) != 1 {
			r.wrong(item, "%s; this object has %d.", want, len(step))
			continue
		}
		key := step[0].key
		if nested := row.Nested(key.text); nested != nil {
			found = append(found, r.blocks(step[0], nested.Block, true)...)
			continue
		}
		if key.text == schema.Dynamic.Type {
			found = append(found, r.dynamic(step[0], row, true)...)
			continue
		}
		found = append(found, r.block(key.text, nil, r.in.of(key), &hclsyntax.Body{})) // for decodeBody to report
	}
	return found
}

// stepKinds are the blocks whose order can matter: what a group holds, the
// tasks of a sequence, and a socket's handlers, of which the first that wants
// a message gets it.
var stepKinds = sync.OnceValue(func() []string {
	group := schema.Root.Nested("user").Nested("task").Nested("group")
	return append(group.BlockNames(), "task", "on_message")
})

func isStep(word string) bool { return slices.Contains(stepKinds(), word) }

func holdsSteps(row *schema.Block) bool { return slices.ContainsFunc(row.BlockNames(), isStep) }

// isOrdered reports whether the steps in a kind of block are taken in the
// order of the text. A user picks its tasks by weight.
func isOrdered(row *schema.Block) bool {
	return row != schema.Root && row.Type != "user" && !schema.IsMethod(row.Type) && holdsSteps(row)
}

// stepOrder sees to it that the order of steps never rests on the order of
// an object's keys.
type stepOrder struct {
	ordered bool
	first   *jsonValue // the key that gave steps
}

// plain notes a key that stands for blocks.
func (o *stepOrder) plain(r *jsonReader, m jsonMember) {
	if isStep(m.key.text) {
		o.list(r, m)
	}
}

func (o *stepOrder) list(r *jsonReader, m jsonMember) {
	if !o.ordered {
		return
	}
	if o.first == nil {
		o.first = m.key
		return
	}
	r.report(diag.New(diag.JSONSyntax, r.in.of(m.key),
		"The order of steps matters, and a JSON object promises none, so %q and %q cannot both stand here. Write all steps as an array: \"steps\": [{\"%s\": {…}}, …].", o.first.text, m.key.text, strings.Replace(o.first.text, stepsKey, m.key.text, 1)).
		Relate("steps stand here, too", r.in.of(o.first)))
}

// of reports whether the labels of a kind of block must not share an object.
func (o *stepOrder) of(word string) bool { return o.ordered && isStep(word) }
