package testfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

const (
	maxNesting = 500 // levels of a JSON document: reading a value recurses
	workOfByte = 8   // units of work for each byte of a document that expressions read
)

// parseDocument is a JSON text as expressions read it: objects, and lists as
// jsondecode gives them. It says false of a text that is not JSON, nests too
// deeply, or holds a number beyond all use.
func parseDocument(text []byte) (cty.Value, bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return cty.NilVal, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return cty.NilVal, false
	}
	return documentValue(v, 0)
}

func documentValue(v any, depth int) (cty.Value, bool) {
	if depth > maxNesting {
		return cty.NilVal, false
	}
	switch v := v.(type) {
	case bool:
		return cty.BoolVal(v), true
	case string:
		return cty.StringVal(v), true
	case json.Number:
		n, ok := plan.ParseNumber(v.String())
		if !ok {
			return cty.NilVal, false
		}
		return cty.NumberVal(n.Big()), true
	case []any:
		items := make([]cty.Value, len(v))
		for i, item := range v {
			var ok bool
			if items[i], ok = documentValue(item, depth+1); !ok {
				return cty.NilVal, false
			}
		}
		return cty.TupleVal(items), true
	case map[string]any:
		attrs := make(map[string]cty.Value, len(v))
		for name, item := range v {
			value, ok := documentValue(item, depth+1)
			if !ok {
				return cty.NilVal, false
			}
			attrs[name] = value
		}
		return cty.ObjectVal(attrs), true
	}
	return cty.NullVal(cty.DynamicPseudoType), true
}
