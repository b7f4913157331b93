package scaffold

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throng/cmd/throng/internal/scaffold/openapi"
	"throng/scenarios/exampleapi"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// TestDocuments makes a valid scenario of every document in testdata, and
// holds it against the text that was reviewed.
func TestDocuments(t *testing.T) {
	documents, err := filepath.Glob(filepath.Join("testdata", "*.yaml"))
	if err != nil || len(documents) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, path := range documents {
		t.Run(filepath.Base(path), func(t *testing.T) {
			document, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files, err := FromOpenAPI(document, "")
			if err != nil {
				t.Fatal(err)
			}
			got := valid(t, files)
			golden := strings.TrimSuffix(path, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got; -update accepts it:\n%s", diff)
			}
		})
	}
}

// TestExampleAPIs makes a scenario of what each example API says of itself.
func TestExampleAPIs(t *testing.T) {
	for _, name := range []string{"quickstart", "orchestrator", "autoarr"} {
		t.Run(name, func(t *testing.T) {
			s, err := exampleapi.New(name, exampleapi.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest("GET", "/openapi.json", nil))
			files, err := FromOpenAPI(w.Body.Bytes(), name)
			if err != nil {
				t.Fatal(err)
			}
			if text := valid(t, files); !strings.Contains(text, `get "/health" {`) {
				t.Errorf("a request is missing:\n%s", text)
			}
		})
	}
}

// TestRefused holds what is said of documents that nothing can be made of.
func TestRefused(t *testing.T) {
	bomb := "openapi: 3.0.0\na: &a [x,x,x,x,x,x,x,x,x]\n"
	for i, last := 'b', "a"; i < 'k'; i++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", i, i, strings.TrimSuffix(strings.Repeat("*"+last+",", 9), ","))
		last = string(i)
	}
	for _, c := range []struct{ name, document, want string }{
		{"empty", "", "no OpenAPI document"},
		{"text", "{", "neither JSON nor YAML"},
		{"other", `{"a": 1}`, "neither openapi: 3.… nor swagger: 2.0"},
		{"no operation", `{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}`, "no operation"},
		{"wrong shape", `{"openapi": "3.0.0", "paths": []}`, "cannot be read"},
		{"another file", `{"openapi": "3.0.0", "paths": {"/a": {"$ref": "/etc/hostname"}}}`, "only the one that is named is read"},
		{"an address", `{"openapi": "3.0.0", "paths": {"/a": {"get": {"responses": {"200": {"$ref": "http://127.0.0.1:1/x"}}}}}}`, "only the one that is named is read"},
		{"Swagger and a file", `{"swagger": "2.0", "paths": {"/a": {"get": {"responses": {"200": {"description": "", "schema": {"$ref": "other.json#/a"}}}}}}}`, "only the one that is named is read"},
		{"a reference to nothing", `{"openapi": "3.0.0", "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/no"}}}}}}`, "cannot be read"},
		{"a bomb of aliases", bomb, "excessive aliasing"},
		{"too large", strings.Repeat(" ", openapi.MaxDocument+1), "larger than 16 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, err := FromOpenAPI([]byte(c.document), "x")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v and %v, want an error with %q", files, err, c.want)
			}
		})
	}
}

// TestComposedOfItself holds that a schema which is composed of itself many
// times over is bounded; without a bound this would not end.
func TestComposedOfItself(t *testing.T) {
	itself := `{"$ref": "#/components/schemas/A"}`
	parts := itself + strings.Repeat(", "+itself, 99)
	files, err := FromOpenAPI([]byte(`{"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": `+itself+`}}}}}},
		"components": {"schemas": {"A": {"type": "object", "properties": {"name": {"type": "string"}}, "allOf": [`+parts+`]}}}}`), "x")
	if err != nil {
		t.Fatal(err)
	}
	if text := valid(t, files); !strings.Contains(text, `json = { name = "text" }`) {
		t.Errorf("the body is another one:\n%s", text)
	}
}

// FuzzNames holds that whatever a document calls its things, the scenario
// made of it is valid.
func FuzzNames(f *testing.F) {
	f.Add("/pets/{id}", "id", "pets", "Rex")
	f.Add("/a/{b}:run/{c}.{d}", "c", "1st tag", "${x}")
	f.Add("/:a/*b//{", "b", "", "1e999999")
	f.Add("/a?x={y}&z#frag", "y", "null", "a\r\nb")
	f.Add("/{for}/{for}/%zz/ü", "for", "for", "\x00\u2028")
	f.Fuzz(func(t *testing.T, path, param, tag, value string) {
		if len(path)+len(param)+len(tag)+len(value) > 400 {
			return
		}
		parameter := func(in string) map[string]any {
			return map[string]any{"name": param, "in": in, "required": true, "example": value, "schema": map[string]any{"type": "string"}}
		}
		document, err := json.Marshal(map[string]any{
			"openapi": "3.0.3", "info": map[string]any{"title": tag, "version": "1"},
			"servers": []any{map[string]any{"url": value}},
			"tags":    []any{map[string]any{"name": tag, "description": value}},
			"paths": map[string]any{path: map[string]any{"post": map[string]any{
				"tags": []any{tag}, "summary": value,
				"parameters": []any{parameter("path"), parameter("query"), parameter("header"), parameter("cookie")},
				"security":   []any{map[string]any{tag: []any{}}},
				"requestBody": map[string]any{"content": map[string]any{
					"application/json": map[string]any{"example": map[string]any{param: value, value: []any{param, nil}}},
				}},
				"responses": map[string]any{"default": map[string]any{"description": value}},
			}}},
			"components": map[string]any{"securitySchemes": map[string]any{tag: map[string]any{"type": "apiKey", "in": "cookie", "name": param}}},
		})
		if err != nil {
			t.Skip()
		}
		files, err := FromOpenAPI(document, "")
		if err != nil {
			if strings.Contains(err.Error(), "defect") {
				t.Fatalf("%v\n%s", err, document)
			}
			return // not a document of the format
		}
		valid(t, files)
	})
}
