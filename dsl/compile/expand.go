package compile

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// maxInstances bounds what all for_each and dynamic blocks make together:
// within one another they multiply.
const maxInstances = 100_000

// maxCloned bounds the blocks and arguments in all instances together: an
// instance repeats all that its block holds.
const maxCloned = 200_000

// instances are what a block stands for: itself, or one for each element of
// its for_each, with what is within it grown.
// They are none, and ok, where for_each is empty.
func (c *compiler) instances(b *config.Block) (all []*config.Block, ok bool) {
	a := b.Arg("for_each")
	if a == nil || b.Type == "dynamic" {
		return []*config.Block{c.grown(b)}, true
	}
	elements, ok := c.elements(b, a, false)
	if !ok {
		return nil, false
	}
	for _, e := range elements {
		all = append(all, c.grown(b.Bind(instanceKey(e.key.AsString()), config.Binding{Name: "each", Key: e.key, Value: e.value})))
	}
	return all, true
}

// grown is a block in which for_each and dynamic blocks are replaced by what
// they stand for.
func (c *compiler) grown(b *config.Block) *config.Block {
	if c.isPlain(b) {
		return b
	}
	out := *b
	out.Blocks = nil
	for _, n := range b.Blocks {
		if n.Type == "dynamic" {
			out.Blocks = append(out.Blocks, c.dynamic(n)...)
			out.Broken = out.Broken || c.overgrown
			continue
		}
		made, ok := c.instances(n)
		out.Broken = out.Broken || !ok
		out.Blocks = append(out.Blocks, made...)
	}
	return &out
}

// isPlain reports whether nothing within a block is to be grown.
func (c *compiler) isPlain(b *config.Block) bool {
	plain, known := c.plain[b]
	if !known {
		plain = true
		for _, n := range b.Blocks {
			plain = plain && n.Type != "dynamic" && n.Arg("for_each") == nil && c.isPlain(n)
		}
		c.plain[b] = plain
	}
	return plain
}

// dynamic makes the blocks of a dynamic block.
func (c *compiler) dynamic(b *config.Block) []*config.Block {
	a := b.Arg("for_each")
	if a == nil || len(b.Blocks) != 1 {
		return nil
	}
	elements, ok := c.elements(b, a, true)
	if !ok {
		return nil
	}
	var all []*config.Block
	for _, e := range elements {
		bound := b.Bind("", config.Binding{Name: b.Iterator(), Key: e.key, Value: e.value})
		made := bound.Blocks[0]
		made.Broken = made.Broken || b.Broken
		if !c.dynamicLabels(bound, made) {
			return nil
		}
		instances, _ := c.instances(made)
		all = append(all, instances...)
	}
	return all
}

// dynamicLabels gives a made block its labels.
func (c *compiler) dynamicLabels(b, made *config.Block) bool {
	want := len(made.Schema.Labels)
	labels, given := c.stringList(b, "labels")
	a := b.Arg("labels")
	if a != nil && !given {
		return false
	}
	if len(labels) != want {
		at := b.Range
		if a != nil {
			at = a.Expr.Range()
		}
		c.fail(b, diag.BlockLabels, at, "A %s block takes %d %s, so labels must say as many: labels = [%s].", made.Type, want, labelNoun(want), strings.Join(made.Schema.Labels, ", "))
		return false
	}
	for _, text := range labels {
		made.Labels = append(made.Labels, config.Label{Text: text, Range: a.Expr.Range()})
	}
	return true
}

func labelNoun(n int) string {
	if n == 1 {
		return "label"
	}
	return "labels"
}

type element struct{ key, value cty.Value }

// elements are what a for_each goes over: a map, an object, or a list or set
// of strings; with lists also any list, whose keys are numbers.
func (c *compiler) elements(b *config.Block, a *config.Arg, lists bool) ([]element, bool) {
	return c.elementsOf(b, a, lists, b.Weight())
}

// elementsOf is elements where an instance is made of so many blocks and
// arguments.
func (c *compiler) elementsOf(b *config.Block, a *config.Arg, lists bool, weight int) ([]element, bool) {
	if c.overgrown {
		return nil, false // which is reported
	}
	v, ok := c.static(a, b)
	if !ok {
		return nil, false
	}
	if v.ContainsMarked() {
		bare, marks := v.Unmark()
		if len(marks) > 0 || !lists && hasMarkedKeys(bare) {
			c.fail(b, diag.SensitiveValue, a.Expr.Range(), "The keys of a for_each stand in names, so it must not be made of a sensitive value.")
			return nil, false
		}
		v = bare
	}
	ty := v.Type()
	isMap := ty.IsMapType() || ty.IsObjectType()
	switch {
	case v.IsNull():
		c.fail(b, diag.NullValue, a.Expr.Range(), "for_each must not be null; an empty map or list makes nothing.")
		return nil, false
	case !v.IsKnown() || !isMap && !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType():
		c.fail(b, diag.WrongType, a.Expr.Range(), "for_each goes over a map, an object or a list of strings; this is %s.", article(typeName(ty)))
		return nil, false
	}
	if c.instancesMade += v.LengthInt(); c.instancesMade > maxInstances {
		c.overgrown = true
		c.fail(b, diag.LimitExceeded, a.Expr.Range(), "All for_each and dynamic blocks together would make more than %d blocks.", maxInstances)
		return nil, false
	}
	if c.cloned += v.LengthInt() * weight; c.cloned > maxCloned {
		c.overgrown = true
		c.fail(b, diag.LimitExceeded, a.Expr.Range(), "What all for_each and dynamic blocks together make would hold more than %d blocks and arguments.", maxCloned)
		return nil, false
	}
	all, seen := make([]element, 0, v.LengthInt()), map[string]bool{}
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		switch {
		case isMap || lists && !ty.IsSetType():
		case value.Type() != cty.String || value.IsNull() || value.IsMarked():
			c.fail(b, diag.WrongType, a.Expr.Range(), "A list in for_each must hold strings, which become the keys of the instances. For other values use a map.")
			return nil, false
		default:
			key = value
		}
		if key.Type() == cty.String && seen[key.AsString()] {
			c.fail(b, diag.DuplicateKey, a.Expr.Range(), "for_each holds %s twice; each instance needs a key of its own.", diag.ValueText(key))
			return nil, false
		}
		if key.Type() == cty.String {
			seen[key.AsString()] = true
		}
		all = append(all, element{key, value})
	}
	return all, true
}

// hasMarkedKeys reports a list whose elements would become keys.
func hasMarkedKeys(v cty.Value) bool {
	return !v.IsNull() && v.IsKnown() && !v.Type().IsMapType() && !v.Type().IsObjectType()
}

// instanceKey is an element's key as it stands in the name of its instance.
func instanceKey(key string) string {
	return `["` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"]`
}
