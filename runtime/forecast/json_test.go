package forecast

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"throng/runtime/report"
	"throng/runtime/report/golden"
)

// schemaMaker makes a JSON Schema of the types that are encoded, with their
// comments for descriptions.
type schemaMaker struct {
	comments map[string]string // by Type.Field, and by Type
	defs     map[string]any
}

// readComments takes the comments of a package's types from its source.
func (m *schemaMaker) readComments(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			d, ok := n.(*ast.GenDecl)
			if !ok {
				return true
			}
			for _, spec := range d.Specs {
				s, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				m.comments[s.Name.Name] = prose(d.Doc)
				body, ok := s.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, field := range body.Fields.List {
					for _, name := range field.Names {
						m.comments[s.Name.Name+"."+name.Name] = strings.TrimSpace(prose(field.Doc) + " " + prose(field.Comment))
					}
				}
			}
			return false
		})
	}
}

func prose(c *ast.CommentGroup) string {
	if c == nil {
		return ""
	}
	return strings.Join(strings.Fields(c.Text()), " ")
}

func (m *schemaMaker) of(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[report.Ms](), reflect.TypeFor[report.Num]():
		return map[string]any{"type": "number"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{m.of(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": m.of(t.Elem())}
	case reflect.Struct:
		name := strings.ToLower(t.Name()[:1]) + t.Name()[1:]
		if _, known := m.defs[name]; !known {
			m.defs[name] = nil // it may hold itself
			m.defs[name] = m.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + name}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	}
	panic("no schema for " + t.String())
}

func (m *schemaMaker) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Anonymous {
				add(f.Type)
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			p := m.of(f.Type)
			if c := m.comments[t.Name()+"."+f.Name]; c != "" {
				p["description"] = c
			}
			properties[name] = p
			required = append(required, name)
		}
	}
	add(t)
	o := map[string]any{"type": "object", "additionalProperties": false, "required": required, "properties": properties}
	if c := m.comments[t.Name()]; c != "" {
		o["description"] = c
	}
	return o
}

func makeSchema(t *testing.T) []byte {
	t.Helper()
	m := &schemaMaker{comments: map[string]string{}, defs: map[string]any{}}
	m.readComments(t, "../report")
	m.readComments(t, ".")
	s := m.object(reflect.TypeFor[Forecast]())
	s["$schema"], s["title"], s["$defs"] = "https://json-schema.org/draft/2020-12/schema", "throng plan", m.defs
	s["properties"].(map[string]any)["format_version"] = map[string]any{"const": FormatVersion}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The schema in the repository is the one of the types; with -update it is
// written anew.
func TestSchemaIsOfTheTypes(t *testing.T) {
	golden.Check(t, "../plan.schema.json", string(makeSchema(t)))
}

// What is written has exactly the keys of the schema, with values of its
// types.
func TestJSONKeepsTheSchema(t *testing.T) {
	var s map[string]any
	if err := json.Unmarshal(Schema, &s); err != nil {
		t.Fatal(err)
	}
	for _, made := range plans {
		name, p := made.name, made.make()
		var b bytes.Buffer
		if err := WriteJSON(&b, New(p)); err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(b.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults(s, s, "plan", v) {
			t.Errorf("%s: %s", name, fault)
		}
		v.(map[string]any)["surprise"] = 1
		v.(map[string]any)["seed"] = 7
		delete(v.(map[string]any), "loads")
		if n := len(faults(s, s, "plan", v)); n != 3 {
			t.Errorf("%s: of three faults the schema finds %d", name, n)
		}
	}
}

// faults says what of a value does not fit the part of JSON Schema that
// makeSchema uses.
func faults(root, s map[string]any, path string, v any) (list []string) {
	if ref, ok := s["$ref"].(string); ok {
		return faults(root, root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any), path, v)
	}
	if kinds, ok := s["anyOf"].([]any); ok {
		for _, a := range kinds {
			if list = faults(root, a.(map[string]any), path, v); list == nil {
				return nil
			}
		}
		return list
	}
	if c, ok := s["const"]; ok && c != v {
		return []string{fmt.Sprintf("%s is %v, want %v", path, v, c)}
	}
	kind := s["type"]
	switch x := v.(type) {
	case map[string]any:
		properties, _ := s["properties"].(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(x)) {
			if p, ok := properties[k].(map[string]any); ok {
				list = append(list, faults(root, p, path+"."+k, x[k])...)
			} else {
				list = append(list, path+"."+k+" is not documented")
			}
		}
		for k := range properties {
			if _, ok := x[k]; !ok {
				list = append(list, path+"."+k+" is missing")
			}
		}
		return list
	case []any:
		items, ok := s["items"].(map[string]any)
		if !ok {
			return []string{path + " is a list"}
		}
		for i, item := range x {
			list = append(list, faults(root, items, fmt.Sprintf("%s[%d]", path, i), item)...)
		}
		return list
	case string:
		v = "string"
	case bool:
		v = "boolean"
	case nil:
		v = "null"
	case float64:
		v = "number"
		if x == float64(int64(x)) && kind == "integer" {
			v = "integer"
		}
	}
	if kind != nil && kind != v {
		return []string{fmt.Sprintf("%s is a %v, want %v", path, v, kind)}
	}
	return list
}
