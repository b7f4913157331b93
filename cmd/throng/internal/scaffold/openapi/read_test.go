package openapi

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, document string) *Document {
	t.Helper()
	doc, err := Read([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// body is the schema of the JSON body of POST /a.
func body(t *testing.T, doc *Document) *Schema {
	t.Helper()
	p := doc.Paths["/a"]
	if p == nil || p.Operations["POST"] == nil || p.Operations["POST"].Content["application/json"] == nil {
		t.Fatalf("there is no such body: %+v", doc)
	}
	return p.Operations["POST"].Content["application/json"].Schema
}

// posting is a document in which POST /a has a body of a schema.
func posting(version, schema, more string) string {
	return fmt.Sprintf(`{"openapi": %q, "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": %s}}}}}}%s}`, version, schema, more)
}

func TestReferences(t *testing.T) {
	more := `, "components": {"schemas": {
		"Pet": {"type": "object", "properties": {"of": {"$ref": "#/components/schemas/Pet"}}},
		"Again": {"$ref": "#/components/schemas/Pet"},
		"a/b~c d%": {"type": "integer"},
		"all": {"allOf": [{"type": "string"}, {"type": "boolean"}]}
	}}`
	for ref, want := range map[string]string{
		"#/components/schemas/Pet":            "object",
		"#/components/schemas/Again":          "object",
		"#/components/schemas/a~1b~0c%20d%25": "integer",
		"#/components/schemas/all/allOf/1":    "boolean",
	} {
		s := body(t, read(t, posting("3.0.3", fmt.Sprintf(`{"$ref": %q}`, ref), more)))
		if len(s.Types) != 1 || s.Types[0] != want {
			t.Errorf("%s is of %v, want %s", ref, s.Types, want)
		}
	}
	pet := body(t, read(t, posting("3.0.3", `{"$ref": "#/components/schemas/Again"}`, more)))
	if pet.Properties["of"] != pet {
		t.Error("a schema that refers to itself is not one and the same")
	}
}

// TestSiblings holds that what stands beside a $ref counts from 3.1 on.
func TestSiblings(t *testing.T) {
	more := `, "components": {"schemas": {"Name": {"type": "string", "maxLength": 5, "example": "theirs"}}}`
	for version, want := range map[string]string{"3.0.3": "theirs", "3.1.0": "own", "3.2.0": "own"} {
		s := body(t, read(t, posting(version, `{"$ref": "#/components/schemas/Name", "example": "own"}`, more+"}")))
		if s.Example != want || s.MaxLength == nil || *s.MaxLength != 5 {
			t.Errorf("%s: got %+v, want the example %q and what is referred to", version, s, want)
		}
	}
}

func TestSchema(t *testing.T) {
	number := func(f float64) *float64 { return &f }
	count := func(n int) *int { return &n }
	for in, want := range map[string]*Schema{
		`true`: nil,
		`{"type": ["string", "null"], "minLength": 2, "maxLength": 1e300}`:                  {Types: []string{"string", "null"}, MinLength: 2, MaxLength: count(1 << 30)},
		`{"minimum": 1, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false}`: {Min: number(1), ExclusiveMin: number(1), Max: number(9)},
		`{"exclusiveMaximum": 3.5, "multipleOf": 0.5}`:                                      {ExclusiveMax: number(3.5), MultipleOf: number(0.5)},
		`{"additionalProperties": {}, "required": ["a"], "properties": {"a": {"const": 1}, "b": false}}`: {Extra: true, Required: []string{"a"},
			Properties: map[string]*Schema{"a": {Const: 1.0}, "b": nil}},
		`{"additionalProperties": false, "required": true, "anyOf": [{"format": "date"}], "examples": [{"$ref": "x"}]}`: {AnyOf: []*Schema{{Format: "date"}},
			Examples: []any{map[string]any{"$ref": "x"}}},
		`{"type": "array", "minItems": -1, "maxItems": 4, "items": {"enum": ["x", null]}}`: {Types: []string{"array"}, MaxItems: count(4), Items: &Schema{Enum: []any{"x", nil}}},
	} {
		if diff := cmp.Diff(want, body(t, read(t, posting("3.1.0", in, "")))); diff != "" {
			t.Errorf("%s, -want +got:\n%s", in, diff)
		}
	}
}

// TestSwagger holds how Swagger 2.0 is turned into OpenAPI 3.
func TestSwagger(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("testdata", "swagger.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	doc := read(t, string(document))
	if diff := cmp.Diff([]Server{{URL: "http://example.com/v2"}}, doc.Servers); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]*SecurityScheme{"login": {Type: "http", Scheme: "basic"}, "key": {Type: "apiKey", Name: "k", In: "query"}}, doc.Security); diff != "" {
		t.Error(diff)
	}
	order := doc.Paths["/orders"].Operations
	for method, want := range map[string][]string{"PUT": {"application/xml"}, "POST": {"text/csv"}, "GET": {"application/x-www-form-urlencoded"}, "PATCH": {"multipart/form-data"}} {
		got := order[method].Content
		if len(got) != 1 || got[want[0]] == nil {
			t.Errorf("%s consumes %v, want %v", method, got, want)
		}
	}
	if s := order["PUT"].Content["application/xml"].Schema; s == nil || s.Properties["of"] != s {
		t.Errorf("the body is %+v, want the definition", s)
	}
	form := order["GET"].Content["application/x-www-form-urlencoded"].Schema
	if diff := cmp.Diff(&Schema{Types: []string{"object"}, Required: []string{"a"},
		Properties: map[string]*Schema{"a": {Types: []string{"integer"}, Default: 3.0}, "b": {}}}, form); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]*Parameter{{Name: "page", In: "query", Schema: &Schema{Types: []string{"string"}}}}, doc.Paths["/orders"].Parameters, ignoreEmpty); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"key", "login"}}, order["PUT"].Security); diff != "" {
		t.Error(diff)
	}
	if got := order["GET"].Security; got == nil || len(got) != 0 {
		t.Errorf("security is %v, want none, since the operation says so", got)
	}
}

var ignoreEmpty = cmp.FilterPath(func(p cmp.Path) bool {
	name := p.Last().String()
	return name == ".Examples" || name == ".Content"
}, cmp.Ignore())

func TestRefused(t *testing.T) {
	circle := `, "components": {"schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}}`
	for name, c := range map[string]struct{ document, want string }{
		"a circle":                             {posting("3.0.0", `{"$ref": "#/components/schemas/A"}`, circle), "#/paths/~1a/post/requestBody/content/application~1json/schema: this refers to itself"},
		"a name for a pointer":                 {posting("3.1.0", `{"$ref": "#pet"}`, ""), `refers to "#pet", which it does not have`},
		"a bad escape":                         {posting("3.1.0", `{"$ref": "#/%zz"}`, ""), `refers to "#/%zz", which it does not have`},
		"past a list":                          {posting("3.1.0", `{"allOf": [{"$ref": "#/paths/~1a/post/requestBody/content/application~1json/schema/allOf/1"}]}`, ""), "does not have"},
		"elsewhere in a part that is not read": {posting("3.1.0", `{}`, `, "webhooks": {"default": {"$ref": "hooks.yaml"}}`), `#/webhooks/default refers to "hooks.yaml"`},
		"a text for a number":                  {posting("3.0.0", `{"maximum": "3"}`, ""), "/schema/maximum: this is a text, where OpenAPI has a number"},
		"a place through a reference":          {posting("3.0.0", `{"$ref": "#/components/schemas/a~1"}`, `, "components": {"schemas": {"a/": {"enum": {}}}}`), "#/components/schemas/a~1/enum: this is an object, where OpenAPI has a list"},
		"a number for an object":               {`{"swagger": "2.0", "paths": {"/a": 3}}`, "#/paths/~1a: this is a number, where OpenAPI has an object"},
		"a flag for a list":                    {`{"openapi": "3.0.0", "tags": true}`, "#/tags: this is true or false, where OpenAPI has a list"},
		"a list for a text":                    {`{"openapi": "3.0.0", "info": {"title": []}}`, "#/info/title: this is a list, where OpenAPI has a text"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Read([]byte(c.document)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// TestLiteralsAreNoReferences holds that a $ref within a value is not followed,
// while a property may have any name.
func TestLiteralsAreNoReferences(t *testing.T) {
	read(t, posting("3.1.0", `{"default": {"$ref": "a.yaml"}, "examples": [{"$ref": "b.yaml"}], "properties": {"$ref": {"type": "string"}}}`,
		`, "x-own": {"$ref": "c.yaml"}`))
	_, err := Read([]byte(posting("3.1.0", `{"properties": {"default": {"$ref": "d.yaml"}}}`, "")))
	if err == nil || !strings.Contains(err.Error(), `properties/default refers to "d.yaml"`) {
		t.Errorf("got %v", err)
	}
}

// TestLongChain holds that schemas may refer to each other in long chains.
func TestLongChain(t *testing.T) {
	const length = 20_000
	schemas := map[string]any{"0": map[string]any{"type": "string"}}
	for i := range length {
		schemas[fmt.Sprint(i+1)] = map[string]any{"items": map[string]any{"$ref": fmt.Sprintf("#/components/schemas/%d", i)}}
	}
	more, err := json.Marshal(schemas)
	if err != nil {
		t.Fatal(err)
	}
	s := body(t, read(t, posting("3.0.0", fmt.Sprintf(`{"$ref": "#/components/schemas/%d"}`, length), `, "components": {"schemas": `+string(more)+`}`)))
	depth := 0
	for ; s.Items != nil; s = s.Items {
		depth++
	}
	if depth != length || len(s.Types) != 1 {
		t.Errorf("the chain is %d long and ends in %+v", depth, s)
	}
}

func TestTooManySchemas(t *testing.T) {
	many := `{"allOf": [` + strings.Repeat("{},", maxSchemas) + `{}]}`
	if _, err := Read([]byte(posting("3.0.0", many, ""))); err == nil || !strings.Contains(err.Error(), "more than 200000 schemas") {
		t.Errorf("got %v", err)
	}
}

// FuzzRead holds that whatever is read ends in a document or an error.
func FuzzRead(f *testing.F) {
	f.Add([]byte(posting("3.1.0", `{"$ref": "#/paths", "type": [1]}`, "")))
	f.Add([]byte("swagger: '2.0'\npaths: {/a: {post: {parameters: [{in: formData, name: a, type: file}]}}}"))
	f.Add([]byte("openapi: 3\npaths: &a {/a: {$ref: '#'}}\ncomponents: {securitySchemes: {a: 1}}"))
	f.Fuzz(func(t *testing.T, document []byte) {
		if doc, err := Read(document); (doc == nil) == (err == nil) {
			t.Errorf("got %v and %v", doc, err)
		}
	})
}
