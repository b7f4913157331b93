// Package schematest holds JSON documents against their schemas. It is for tests
// only.
package schematest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Schema is the part of JSON Schema that throng's own schemas use.
type Schema struct {
	Ref        string             `json:"$ref"`
	Defs       map[string]*Schema `json:"$defs"`
	Type       any                `json:"type"`
	Const      any                `json:"const"`
	Enum       []any              `json:"enum"`
	AnyOf      []*Schema          `json:"anyOf"`
	Items      *Schema            `json:"items"`
	Properties map[string]*Schema `json:"properties"`
	Required   []string           `json:"required"`
	Additional *bool              `json:"additionalProperties"`
}

// Load reads a schema.
func Load(t *testing.T, data []byte) *Schema {
	t.Helper()
	var s Schema
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// Check says what is wrong with a document, each fault with the path to it;
// name is that of the document.
func (s *Schema) Check(t *testing.T, name string, document []byte) []string {
	t.Helper()
	return s.check(s, name, Decode(t, document))
}

// Strict fails the test where the schema lets keys through that it does not
// name, or does not require one that it names: such a schema proves nothing.
func (s *Schema) Strict(t *testing.T) {
	t.Helper()
	for name, def := range s.Defs {
		if def.Type == "object" && (def.Additional == nil || *def.Additional || len(def.Required) != len(def.Properties)) {
			t.Errorf("%s: %d of %d keys are required, others allowed", name, len(def.Required), len(def.Properties))
		}
	}
}

// Faults are those of a value that Decode gave, and may have been changed.
func (s *Schema) Faults(name string, v any) []string { return s.check(s, name, v) }

// check says what is wrong with v, with the path to it.
func (s *Schema) check(root *Schema, path string, v any) (faults []string) {
	if s.Ref != "" {
		def := root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
		if def == nil {
			return []string{path + ": no definition " + s.Ref}
		}
		return def.check(root, path, v)
	}
	if s.AnyOf != nil {
		for _, a := range s.AnyOf {
			if len(a.check(root, path, v)) == 0 {
				return nil
			}
		}
		return []string{path + ": fits none of the alternatives"}
	}
	if s.Const != nil && s.Const != v || s.Enum != nil && !slices.Contains(s.Enum, v) {
		return []string{fmt.Sprintf("%s: %v is not allowed", path, v)}
	}
	if s.Type != nil && !slices.Contains(types(s.Type), typeOf(v)) && !(typeOf(v) == "integer" && slices.Contains(types(s.Type), "number")) {
		return []string{fmt.Sprintf("%s: %s, want %v", path, typeOf(v), s.Type)}
	}
	if list, ok := v.([]any); ok && s.Items != nil {
		for i, item := range list {
			faults = append(faults, s.Items.check(root, fmt.Sprintf("%s[%d]", path, i), item)...)
		}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return faults
	}
	for _, k := range s.Required {
		if _, found := object[k]; !found {
			faults = append(faults, path+"."+k+": is missing")
		}
	}
	for k, item := range object {
		if p := s.Properties[k]; p != nil {
			faults = append(faults, p.check(root, path+"."+k, item)...)
		} else if s.Additional != nil && !*s.Additional {
			faults = append(faults, path+"."+k+": is not documented")
		}
	}
	return faults
}

func types(t any) []string {
	if s, ok := t.(string); ok {
		return []string{s}
	}
	var list []string
	for _, x := range t.([]any) {
		list = append(list, x.(string))
	}
	return list
}

func typeOf(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		if strings.Contains(x.String(), ".") {
			return "number"
		}
		return "integer"
	case []any:
		return "array"
	}
	return "object"
}

// Decode reads a document, its numbers as they are written.
func Decode(t *testing.T, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
