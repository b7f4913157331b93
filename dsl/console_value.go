package dsl

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// hiddenValue stands for what must not be shown.
const hiddenValue = "(sensitive value)"

// lineWidth is up to where a list is written on one line.
const lineWidth = 72

// valueText is a value as HCL writes it, in canonical form: an object with an
// attribute a line, a list on one line where it fits. Marked parts are hidden.
func valueText(v cty.Value) string {
	const lead = "v = "
	var b strings.Builder
	b.WriteString(lead)
	writeValue(&b, v)
	return strings.TrimPrefix(string(hclwrite.Format([]byte(b.String()))), lead)
}

func writeValue(b *strings.Builder, v cty.Value) {
	switch {
	case v.IsMarked():
		b.WriteString(hiddenValue)
		return
	case v.IsNull():
		b.WriteString("null")
		return
	}
	ty := v.Type()
	switch {
	case ty == cty.Bool || ty == cty.String:
		b.Write(hclwrite.TokensForValue(v).Bytes())
	case ty == cty.Number:
		b.WriteString(v.AsBigFloat().Text('f', -1))
	case ty.IsObjectType() || ty.IsMapType():
		writeObject(b, v)
	default:
		writeList(b, v)
	}
}

func writeObject(b *strings.Builder, v cty.Value) {
	if v.LengthInt() == 0 {
		b.WriteString("{}")
		return
	}
	b.WriteString("{\n")
	for it := v.ElementIterator(); it.Next(); {
		name, item := it.Element()
		if key := name.AsString(); hclsyntax.ValidIdentifier(key) {
			b.WriteString(key)
		} else {
			writeValue(b, name)
		}
		b.WriteString(" = ")
		writeValue(b, item)
		b.WriteString("\n")
	}
	b.WriteString("}")
}

func writeList(b *strings.Builder, v cty.Value) {
	var items []string
	width, multi := 2, false
	for it := v.ElementIterator(); it.Next(); {
		_, item := it.Element()
		var one strings.Builder
		writeValue(&one, item)
		items = append(items, one.String())
		width += one.Len() + 2
		multi = multi || strings.Contains(one.String(), "\n")
	}
	if !multi && width <= lineWidth {
		b.WriteString("[" + strings.Join(items, ", ") + "]")
		return
	}
	b.WriteString("[\n")
	for _, item := range items {
		b.WriteString(item + ",\n")
	}
	b.WriteString("]")
}
