package exampleapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestTheCookbookRefusesWhatIsNotDeclared(t *testing.T) {
	a := cook(t)
	tests := []struct {
		status                   int
		method, path, kind, body string
	}{
		{400, "GET", "/products?limit=3", "", ""},
		{400, "GET", "/products?page=1&page=2", "", ""},
		{400, "GET", "/products?page=%zz", "", ""},
		{422, "GET", "/products?page=0", "", ""},
		{422, "GET", "/products?size=101", "", ""},
		{422, "GET", "/products?size=", "", ""},
		{400, "GET", "/cheap?x=1", "", ""},
		{400, "GET", "/search", "", ""},
		{422, "GET", "/search?q=", "", ""},
		{422, "GET", "/search?q=%20", "", ""},
		{422, "GET", "/search?q=lamp&field=price", "", ""},
		{422, "GET", "/search?q=" + strings.Repeat("x", maxText+1), "", ""},
		{404, "GET", "/products/p-61", "", ""},
		{404, "GET", "/nowhere", "", ""},
		{405, "PUT", "/products", "", ""},
		{400, "DELETE", "/carts/cart-1", jsonKind, "{}"},
		{415, "POST", "/carts", "", "{}"},
		{415, "POST", "/carts", "text/plain", "{}"},
		{415, "POST", "/orders", formKind, "cart=1"},
		{400, "POST", "/orders", jsonKind, ""},
		{400, "POST", "/orders", jsonKind, "{"},
		{400, "POST", "/orders", jsonKind, `{"cart":"x"} {}`},
		{422, "POST", "/orders", jsonKind, `[]`},
		{422, "POST", "/orders", jsonKind, `{"cart":5}`},
		{422, "POST", "/orders", jsonKind, `{"cart":"cart-1","colour":"red"}`},
		{422, "POST", "/orders", jsonKind, `{"cart":"nobody"}`},
		{413, "POST", "/orders", jsonKind, strings.Repeat(" ", maxBody+1)},
		{415, "POST", "/login", jsonKind, "{}"},
		{422, "POST", "/login", formKind, "csrf=x&nickname=y"},
		{422, "POST", "/login", formKind, "csrf=x&csrf=y"},
		{400, "POST", "/login", formKind, "csrf=%zz"},
		{422, "POST", "/jobs", jsonKind, `{"polls":0}`},
		{422, "POST", "/jobs", jsonKind, `{"kind":""}`},
		{422, "POST", "/orgs", jsonKind, `{"members":1001}`},
		{422, "POST", "/orgs", jsonKind, `{"name":""}`},
	}
	for _, test := range tests {
		r := a.do(test.method, test.path, test.body, "Content-Type", test.kind)
		if r.status != test.status || r.field("detail") == "" || r.field("error") == "" {
			t.Errorf("%s %s with %.60q (%s): got %d, want %d: %s", test.method, test.path, test.body, test.kind, r.status, test.status, r.body)
		}
	}
	a.want(201, "POST", "/carts", "{}", "Content-Type", "application/json; charset=utf-8")
}

// Every route of the cookbook that has a guard refuses strangers with 401 and a challenge.
func TestGuards(t *testing.T) {
	a := cook(t)
	guarded := 0
	for _, rt := range a.service.table.routes {
		if rt.guard == nil {
			continue
		}
		guarded++
		path := strings.NewReplacer(":tenant", "oslo", ":id", "note-1").Replace(rt.pattern)
		for _, header := range [][]string{nil, {"Authorization", "Bearer cat_YQ.YQ"}, {"X-API-Key", demoKey}, {"Cookie", "session=vis_YQ.YQ"}} {
			r := a.want(401, rt.method, path, "", header...)
			if r.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: 401 without WWW-Authenticate", rt.name())
			}
		}
	}
	if guarded < 8 {
		t.Errorf("only %d routes have guards", guarded)
	}
}

// The OpenAPI document says what strict routes take.
func TestTheCookbookIsDocumented(t *testing.T) {
	a := cook(t)
	type named struct {
		Name, In string
		Required bool
		Schema   map[string]any
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters  []named
			RequestBody struct {
				Content map[string]struct{ Schema map[string]any }
			}
			Responses map[string]struct {
				Content map[string]struct{ Schema map[string]any }
			}
			Security []map[string]any
		}
		Components struct {
			SecuritySchemes map[string]any
		}
	}
	if err := json.Unmarshal([]byte(a.want(200, "GET", "/openapi.json", "").body), &doc); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range doc.Paths["/search"]["get"].Parameters {
		names = append(names, fmt.Sprint(p.In, " ", p.Name, " ", p.Required, " ", p.Schema["type"]))
	}
	if got, want := strings.Join(names, ", "), "query q true string, query field false array, query limit false integer"; got != want {
		t.Errorf("parameters of /search: %s, want %s", got, want)
	}
	if p := doc.Paths["/orders"]["post"].Parameters; len(p) != 1 || p[0].In != "header" || p[0].Name != "Idempotency-Key" {
		t.Errorf("parameters of /orders: %v", p)
	}
	for path, kind := range map[string]string{"/uploads": multipartKind, "/uploads/raw": anyKind, "/login": formKind, "/orders": jsonKind} {
		if _, ok := doc.Paths[path]["post"].RequestBody.Content[kind]; !ok {
			t.Errorf("the body of POST %s: %v", path, doc.Paths[path]["post"].RequestBody)
		}
	}
	token := doc.Paths["/oidc/token"]["post"]
	if _, ok := token.Responses["400"].Content[jsonKind].Schema["properties"].(map[string]any)["error_description"]; !ok {
		t.Errorf("errors of /oidc/token: %v", token.Responses["400"])
	}
	if _, ok := token.RequestBody.Content[formKind].Schema["properties"].(map[string]any)["code_verifier"]; !ok {
		t.Errorf("form of /oidc/token: %v", token.RequestBody)
	}
	if r := doc.Paths["/site/assets/{name}"]["get"].Responses["304"]; r.Content != nil {
		t.Errorf("304 has a body: %v", r)
	}
	for path, item := range doc.Paths {
		for method, op := range item {
			for _, needs := range op.Security {
				for scheme := range needs {
					if doc.Components.SecuritySchemes[scheme] == nil {
						t.Errorf("%s %s: no scheme %s", method, path, scheme)
					}
				}
			}
		}
	}
}
