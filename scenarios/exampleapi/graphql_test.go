package exampleapi

import (
	"encoding/json"
	"strings"
	"testing"
)

// graphql posts a query. Its answer has the status 200.
func (a *api) graphql(operation, query, variables string) response {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"operationName": operation, "query": query, "variables": json.RawMessage(variables)})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.json(200, "POST", "/graphql", string(body))
}

const (
	searchQuery = `# what people look for
query SearchProducts($q: String!, $first: Int = 10) {
  searchProducts(q: $q, first: $first) { total, items { id name cost: price __typename } }
}`
	orderQuery = `query Order($id: ID!) { order(id: $id) { id state total lines { product quantity } } }`
	addQuery   = `mutation AddToCart($cart: ID!, $product: ID!, $quantity: Int) {
  added: addToCart(cart: $cart, product: $product, quantity: $quantity, note: "a \") brace") { id total lines { id } } }`
)

func TestGraphQL(t *testing.T) {
	a := cook(t)
	r := a.graphql("SearchProducts", searchQuery, `{"q":"teapot","first":2}`)
	if want := `{"data":{"searchProducts":{"items":[{"__typename":"Product","cost":9,"id":"p-10","name":"Blue Teapot"},{"__typename":"Product","cost":14,"id":"p-20","name":"Green Teapot"}],"total":6}}}`; r.body != want {
		t.Errorf("got %s, want %s", r.body, want)
	}
	if r := a.graphql("SearchProducts", searchQuery, `{"q":"zebra"}`); r.body != `{"data":{"searchProducts":{"items":[],"total":0}}}` {
		t.Errorf("got %s", r.body)
	}
	cart := a.want(201, "POST", "/carts", "").field("id").(string)
	r = a.graphql("AddToCart", addQuery, `{"cart":"`+cart+`","product":"p-3","quantity":2}`)
	r.has("data.added.total", 11.0)
	order := a.json(201, "POST", "/orders", `{"cart":"`+cart+`"}`).field("id").(string)
	r = a.graphql("Order", orderQuery, `{"id":"`+order+`"}`)
	if want := `{"data":{"order":{"id":"` + order + `","lines":[{"product":"p-3","quantity":2}],"state":"placed","total":11}}}`; r.body != want {
		t.Errorf("got %s, want %s", r.body, want)
	}
	a.json(200, "POST", "/graphql", `{"query":"query SearchProducts { searchProducts { total } }","variables":{"q":"lamp"}}`).has("data.searchProducts.total", 6.0)
}

func TestGraphQLErrors(t *testing.T) {
	a := cook(t)
	for _, test := range []struct{ operation, query, variables, code, message string }{
		{"SearchProducts", `query SearchProducts { searchProducts { total colour } }`, `{"q":"x"}`, "GRAPHQL_VALIDATION_FAILED", `"colour" on type "ProductList"`},
		{"SearchProducts", `query SearchProducts { searchProducts { items { x } } }`, `{"q":"x"}`, "GRAPHQL_VALIDATION_FAILED", `"x" on type "Product"`},
		{"SearchProducts", `query SearchProducts { order { id } }`, `{"q":"x"}`, "GRAPHQL_VALIDATION_FAILED", `"order"`},
		{"SearchProducts", `query SearchProducts { searchProducts }`, `{"q":"x"}`, "GRAPHQL_VALIDATION_FAILED", "must have a selection"},
		{"SearchProducts", `query SearchProducts { searchProducts { total { x } } }`, `{"q":"x"}`, "GRAPHQL_VALIDATION_FAILED", "no subfields"},
		{"Order", searchQuery, `{"q":"x"}`, "GRAPHQL_VALIDATION_FAILED", `operation named "Order"`},
		{"Other", `query Other { other }`, `{}`, "GRAPHQL_VALIDATION_FAILED", "AddToCart, Order, SearchProducts"},
		{"AddToCart", strings.Replace(addQuery, "mutation", "query", 1), `{}`, "GRAPHQL_VALIDATION_FAILED", "is a mutation"},
		{"SearchProducts", `query SearchProducts { searchProducts { total }`, `{}`, "GRAPHQL_PARSE_FAILED", "ends where"},
		{"SearchProducts", `query SearchProducts { }`, `{}`, "GRAPHQL_PARSE_FAILED", "empty"},
		{"SearchProducts", `query SearchProducts { ...f }`, `{}`, "GRAPHQL_PARSE_FAILED", "fragments"},
		{"SearchProducts", `query SearchProducts($q: String! { a }`, `{}`, "GRAPHQL_PARSE_FAILED", "ends where"},
		{"SearchProducts", `{ searchProducts { total } }`, `{}`, "GRAPHQL_PARSE_FAILED", "query NAME"},
		{"SearchProducts", strings.Repeat(searchQuery, 2), `{}`, "GRAPHQL_PARSE_FAILED", "one operation"},
		{"SearchProducts", "query SearchProducts " + strings.Repeat("{a", 20), `{}`, "GRAPHQL_PARSE_FAILED", "deeper"},
		{"SearchProducts", strings.Repeat(" ", maxGraphQL+1), `{}`, "GRAPHQL_PARSE_FAILED", "longer"},
		{"SearchProducts", searchQuery, `{}`, "BAD_USER_INPUT", "q of type String!"},
		{"SearchProducts", searchQuery, `{"q":5}`, "BAD_USER_INPUT", "q can't be"},
		{"SearchProducts", searchQuery, `{"q":"x","last":5}`, "BAD_USER_INPUT", "last"},
		{"SearchProducts", searchQuery, `{"q":"x","first":0}`, "BAD_USER_INPUT", "from 1 to 100"},
		{"Order", orderQuery, `{"id":"nobody"}`, "NOT_FOUND", "nobody"},
		{"Order", orderQuery, `{}`, "BAD_USER_INPUT", "id of type ID!"},
		{"AddToCart", addQuery, `{"cart":"nobody","product":"p-1"}`, "NOT_FOUND", "nobody"},
		{"AddToCart", addQuery, `{"cart":"nobody"}`, "BAD_USER_INPUT", "product"},
	} {
		r := a.graphql(test.operation, test.query, test.variables)
		var answer graphqlAnswer
		if err := json.Unmarshal([]byte(r.body), &answer); err != nil {
			t.Fatal(err)
		}
		if len(answer.Errors) != 1 || answer.Errors[0].Extensions["code"] != test.code || !strings.Contains(answer.Errors[0].Message, test.message) {
			t.Errorf("%.60s with %s: got %s, want %s: %s", test.query, test.variables, r.body, test.code, test.message)
			continue
		}
		for name, value := range answer.Data {
			if value != nil {
				t.Errorf("%.60s: %s is %v beside the error", test.query, name, value)
			}
		}
	}
	a.json(400, "POST", "/graphql", `{"query":""}`)
	a.json(422, "POST", "/graphql", `{"query":"x","extensions":{}}`)
	a.json(422, "POST", "/graphql", `{"query":"x","variables":[]}`)
}

func FuzzParseGraphQL(f *testing.F) {
	for _, q := range []string{searchQuery, orderQuery, addQuery, `query A { a(b: """x ) " """) }`, `query A{a("`, "#", `query A{a:b}`} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parseGraphQL(text)
		if err == nil && (q.name == "" || len(q.fields) == 0) {
			t.Errorf("%q: %+v", text, q)
		}
	})
}
