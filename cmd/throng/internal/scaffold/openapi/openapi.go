// Package openapi reads descriptions of HTTP APIs: OpenAPI 3.x
// (https://spec.openapis.org/oas/) and Swagger 2.0, in JSON or YAML. It holds
// what a starting scenario is made of and no more, so a document need not be
// valid in the parts that nobody asks for. Nothing but the document is read.
package openapi

// Document is an API. Whatever the document's version, it has the form of
// OpenAPI 3, and references stand for what they refer to. Schemas that refer to
// each other may form cycles.
type Document struct {
	Title   string
	Servers []Server
	Tags    []Tag
	Paths   map[string]*Path
	// Security holds the security schemes by name.
	Security map[string]*SecurityScheme
}

// Server is an address, with {variables} in it.
type Server struct {
	URL       string
	Variables map[string]string // their defaults
}

// Tag is a group of operations.
type Tag struct{ Name, Description string }

// Path is what can be requested of one path template.
type Path struct {
	Parameters []*Parameter          // of all its operations
	Operations map[string]*Operation // by method, in capitals
}

// Operation is one kind of request.
type Operation struct {
	Tags                 []string
	Summary, Description string
	Deprecated           bool
	Parameters           []*Parameter // its own, not those of its path
	Content              map[string]*Media
	Responses            []string // the keys: a status, a class as 2XX, or default
	// Security holds alternatives, each the names of the schemes it needs
	// together: the operation's own, or the document's where it has none.
	Security [][]string
}

// Parameter is a value in the path, the query, a header or a cookie, which is
// what In says.
type Parameter struct {
	Name, In string
	Required bool
	Example  any // nil for none
	Examples map[string]any
	Schema   *Schema
	Content  map[string]*Media // in place of a schema
}

// Media is a kind of content.
type Media struct {
	Schema   *Schema
	Example  any // nil for none
	Examples map[string]any
}

// SecurityScheme says how a client proves who it is. Name and In are those of
// an API key; Scheme is that of the type http.
type SecurityScheme struct{ Type, Scheme, Name, In string }

// Schema describes a value; a nil one says nothing. Bounds and values that the
// document does not give are nil, numbers 0 and lists empty. Values are those
// of encoding/json.
type Schema struct {
	Types                      []string // any of these
	Format, Pattern            string
	ReadOnly                   bool
	Const, Example, Default    any
	Examples, Enum             []any
	Min, Max                   *float64
	ExclusiveMin, ExclusiveMax *float64 // as bounds, also where a document has OpenAPI 3.0's flags
	MultipleOf                 *float64
	MinLength, MinItems        int
	MaxLength, MaxItems        *int
	Items                      *Schema
	Properties                 map[string]*Schema
	Required                   []string
	Extra                      bool // there is a schema of further properties
	AllOf, OneOf, AnyOf        []*Schema
}
