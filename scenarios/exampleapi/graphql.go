package exampleapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

type graphqlInput struct {
	OperationName string         `json:"operationName"` // may be left out
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
}

// A graphqlAnswer has the status 200 even when it is an error.
type graphqlAnswer struct {
	Data   map[string]any `json:"data"` // null after an error in the query itself
	Errors []graphqlError `json:"errors,omitempty"`
}

type graphqlError struct {
	Message    string            `json:"message"`
	Path       []string          `json:"path,omitempty"`
	Extensions map[string]string `json:"extensions"` // code
}

// An operationKind is an operation that the service knows by its name. Its
// arguments come from the variables alone.
type operationKind struct {
	kind    string // "query" or "mutation"
	field   string // of the answer
	gives   string // the type of the field, of graphqlTypes
	resolve func(k *cookbook, variables map[string]any) (any, error)
}

var operations = map[string]operationKind{
	"SearchProducts": {"query", "searchProducts", "ProductList", (*cookbook).graphqlSearch},
	"Order":          {"query", "order", "Order", (*cookbook).graphqlOrder},
	"AddToCart":      {"mutation", "addToCart", "Cart", (*cookbook).graphqlAdd},
}

// graphqlTypes gives the type of each field of each type, "" for a scalar.
var graphqlTypes = map[string]map[string]string{
	"ProductList": {"total": "", "items": "Product"},
	"Product":     {"id": "", "name": "", "category": "", "description": "", "price": "", "stock": ""},
	"Order":       {"id": "", "cart": "", "state": "", "total": "", "lines": "Line"},
	"Cart":        {"id": "", "total": "", "lines": "Line"},
	"Line":        {"id": "", "product": "", "quantity": "", "price": "", "total": ""},
}

func (k *cookbook) graphqlRoutes() []route {
	return []route{
		{method: "POST", pattern: "/graphql", summary: "GraphQL: SearchProducts($q: String!, $first: Int) { searchProducts }, Order($id: ID!) { order }, " +
			"mutation AddToCart($cart: ID!, $product: ID!, $quantity: Int) { addToCart }; no fragments or directives, arguments by variables only",
			in: graphqlInput{}, out: graphqlAnswer{}, serve: k.graphql},
	}
}

func (k *cookbook) graphql(c *call) (reply, error) {
	var in graphqlInput
	if err := c.object(&in); err != nil {
		return reply{}, err
	}
	if in.Query == "" {
		return reply{}, badRequest("query can't be empty")
	}
	return asJSON(http.StatusOK, k.execute(in)), nil
}

func (k *cookbook) execute(in graphqlInput) graphqlAnswer {
	q, err := parseGraphQL(in.Query)
	if err != nil {
		return refusedGraphQL("GRAPHQL_PARSE_FAILED", err)
	}
	op, ok := operations[q.name]
	switch {
	case in.OperationName != "" && in.OperationName != q.name:
		err = fmt.Errorf("unknown operation named %q", in.OperationName)
	case !ok:
		err = fmt.Errorf("unknown operation %q; there are %s", q.name, strings.Join(slices.Sorted(maps.Keys(operations)), ", "))
	case op.kind != q.kind:
		err = fmt.Errorf("%s is a %s, not a %s", q.name, op.kind, q.kind)
	default:
		err = checkSelection("the "+op.kind+" "+q.name, map[string]string{op.field: op.gives}, q.fields)
	}
	if err != nil {
		return refusedGraphQL("GRAPHQL_VALIDATION_FAILED", err)
	}
	value, err := op.resolve(k, in.Variables)
	data := map[string]any{}
	for _, f := range q.fields {
		data[f.alias] = nil
		if err == nil {
			data[f.alias] = project(op.gives, generic(value), f.fields)
		}
	}
	answer := graphqlAnswer{Data: data}
	if err != nil {
		code := strings.ToUpper(failedOf(err).code)
		answer.Errors = []graphqlError{{err.Error(), []string{q.fields[0].alias}, map[string]string{"code": code}}}
	}
	return answer
}

func refusedGraphQL(code string, err error) graphqlAnswer {
	return graphqlAnswer{Errors: []graphqlError{{err.Error(), nil, map[string]string{"code": code}}}}
}

// checkSelection holds what is asked of a type against its fields.
func checkSelection(name string, fields map[string]string, asked []selection) error {
	for _, s := range asked {
		if s.name == "__typename" && graphqlTypes[name] != nil {
			continue
		}
		gives, ok := fields[s.name]
		switch {
		case !ok:
			return fmt.Errorf("cannot query field %q on type %q", s.name, name)
		case gives == "" && s.fields != nil:
			return fmt.Errorf("field %q must not have a selection: it has no subfields", s.name)
		case gives != "" && s.fields == nil:
			return fmt.Errorf("field %q of type %q must have a selection of subfields", s.name, gives)
		case gives == "":
			continue
		}
		if err := checkSelection(gives, graphqlTypes[gives], s.fields); err != nil {
			return err
		}
	}
	return nil
}

// project keeps of a value of a type what is asked for.
func project(name string, value any, asked []selection) any {
	switch v := value.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = project(name, v[i], asked)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for _, s := range asked {
			if s.name == "__typename" {
				out[s.alias] = name
				continue
			}
			out[s.alias] = project(graphqlTypes[name][s.name], v[s.name], s.fields)
		}
		return out
	}
	return value
}

// generic is a value of our own types as JSON has it.
func generic(value any) (out any) {
	d := json.NewDecoder(bytes.NewReader(asJSON(0, value).body))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		panic("exampleapi: " + err.Error()) // it has just been encoded
	}
	return out
}

// variables reads the variables into v, a pointer to a struct.
func variables(from map[string]any, v any) error {
	d := json.NewDecoder(bytes.NewReader(asJSON(0, from).body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return problem(http.StatusBadRequest, "bad_user_input", "variables: %v", jsonProblem(err))
	}
	return nil
}

type searchVariables struct {
	Q     *string `json:"q"`
	First *int    `json:"first"`
}

type productList struct {
	Total int    `json:"total"`
	Items []ware `json:"items"`
}

func (k *cookbook) graphqlSearch(from map[string]any) (any, error) {
	var in searchVariables
	if err := variables(from, &in); err != nil {
		return nil, err
	}
	first := 10
	assign(&first, in.First)
	switch {
	case in.Q == nil || strings.TrimSpace(*in.Q) == "":
		return nil, badVariable("q of type String! is missing")
	case first < 1 || first > 100:
		return nil, badVariable("first must be from 1 to 100")
	}
	hits := findWares(strings.Fields(strings.ToLower(*in.Q)), searchFields)
	list := productList{Total: len(hits), Items: []ware{}}
	for _, hit := range hits[:min(first, len(hits))] {
		w, _ := wareOf(hit.ID)
		list.Items = append(list.Items, w)
	}
	return list, nil
}

func badVariable(format string, args ...any) *failed {
	return problem(http.StatusBadRequest, "bad_user_input", "variable "+format, args...)
}

func (k *cookbook) graphqlOrder(from map[string]any) (any, error) {
	var in struct {
		ID string `json:"id"`
	}
	if err := variables(from, &in); err != nil {
		return nil, err
	}
	if in.ID == "" {
		return nil, badVariable("id of type ID! is missing")
	}
	p, ok := k.purchases.get(in.ID)
	if !ok {
		return nil, missing("order", in.ID)
	}
	return p, nil
}

func (k *cookbook) graphqlAdd(from map[string]any) (any, error) {
	in := struct {
		Cart     string `json:"cart"`
		Product  string `json:"product"`
		Quantity int    `json:"quantity"`
	}{Quantity: 1}
	if err := variables(from, &in); err != nil {
		return nil, err
	}
	if in.Cart == "" || in.Product == "" {
		return nil, badVariable("cart and product of type ID! are needed")
	}
	return k.fill(in.Cart, lineInput{in.Product, in.Quantity})
}
