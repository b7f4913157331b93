// Package library reads what a scenario library offers its callers: inputs,
// outputs, and the blocks that others use by name. It reads source and
// evaluates only what is static; nothing is run, and no input is needed.
//
// What it reads is plain data with a versioned JSON form, so that two versions
// of a library can be compared (Compare), and a page be made of one (package
// readme).
//
// The package must know neither the compiler nor the runtime.
package library

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/resolve"
)

// FormatVersion is the version of the JSON form of an API. The first number
// changes when a reader of the old form would misread the new one.
const FormatVersion = "1.0"

// API is what a library offers. It is also the JSON form; its lists are
// sorted by name, exports by kind first.
type API struct {
	FormatVersion string   `json:"format_version"`
	Name          string   `json:"name"`        // its scenario block's, else its directory's
	Description   string   `json:"description"` // its scenario block's, else the comment at the head of main.hcl
	Inputs        []Input  `json:"inputs"`
	Outputs       []Output `json:"outputs"`
	Exports       []Export `json:"exports"`
	Targets       []Target `json:"targets"` // the systems it sends to, by its own names
	Modules       []Module `json:"modules"` // libraries it brings in itself
}

// Input is a variable of a library, or an input of a task.
type Input struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        string   `json:"type"`  // "any" where none is declared
	Typed       bool     `json:"typed"` // a type is declared
	Required    bool     `json:"required"`
	Default     *string  `json:"default"` // as HCL writes it; null where there is none
	Sensitive   bool     `json:"sensitive"`
	Nullable    bool     `json:"nullable"`
	Validations []string `json:"validations"` // the conditions, as written
	Site        Site     `json:"site"`
	kind        typing
	value       string // of Default, also where that is hidden
}

// Output is a value that a library hands out.
type Output struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Type        string `json:"type"` // "any" where it is not known before the inputs are
	Sensitive   bool   `json:"sensitive"`
	Site        Site   `json:"site"`
	kind        typing
}

// Kinds of exports, in the order they are listed in.
var Kinds = []string{"user", "task", "request", "profile", "sla", "target", "data", "function"}

// Export is a block that others use by name.
type Export struct {
	Kind        string   `json:"kind"`
	Name        string   `json:"name"`
	Description string   `json:"description"`          // its description, else the comment above it
	Inputs      []Input  `json:"inputs,omitempty"`     // task: what a call gives it
	Parameters  []string `json:"parameters,omitempty"` // function, in order
	Columns     []string `json:"columns,omitempty"`    // data, sorted; none where they are known only later
	Sensitive   []string `json:"sensitive,omitempty"`  // data: columns that are never shown
	Match       []string `json:"match,omitempty"`      // sla: what it selects by, such as `tags = ["read"]`
	Site        Site     `json:"site"`
}

// Use is how a caller names an export of the module called m.
func (e *Export) Use(m string) string {
	if e.Kind == "function" {
		return "module::" + m + "::" + e.Name + "(" + strings.Join(e.Parameters, ", ") + ")"
	}
	return "module." + m + "." + e.Kind + "." + e.Name
}

// Target is a system that a library sends to. A caller may give it one of its
// own targets: targets = { NAME = target.… }.
type Target struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Required    bool   `json:"required"` // it has no address of its own
	Site        Site   `json:"site"`
}

// Module is a library that a library brings in.
type Module struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Version string `json:"version"`
	Site    Site   `json:"site"`
}

// Site is a place in a library's source. File is relative to its directory.
type Site struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Result is a library as it was read.
type Result struct {
	API         *API // nil when there are errors
	Diagnostics diag.Diagnostics
	Sources     map[string][]byte // for snippets
}

// Read reads the library in a directory. Modules that it brings in itself
// have to be there. Errors are those that a caller would see in any case:
// what is unknown, declared twice, or not allowed where it stands.
func Read(dir string, o module.Options) Result {
	tree, diags := module.Load(dir, o)
	r := Result{Diagnostics: diags}
	if tree == nil {
		return r
	}
	r.Sources = tree.Sources()
	if !tree.Broken() && !diags.HasErrors() {
		scope, found := resolve.Build(tree)
		r.Diagnostics.Extend(found)
		r.Diagnostics.Extend(withoutWarnings(resolve.Check(scope)))
		if !r.Diagnostics.HasErrors() {
			r.API = of(scope)
		}
	}
	r.Diagnostics = r.Diagnostics.Dedupe()
	r.Diagnostics.Sort()
	return r
}

// withoutWarnings leaves out what only a scenario's author needs to hear:
// what a library declares is used by others.
func withoutWarnings(diags diag.Diagnostics) diag.Diagnostics {
	return slices.DeleteFunc(diags, func(d *diag.Diagnostic) bool { return d.Severity == diag.Warning })
}

// reader reads one library.
type reader struct {
	scope  *resolve.Scope
	static *static
}

func of(s *resolve.Scope) *API {
	r := &reader{scope: s, static: newStatic(s)}
	a := &API{
		FormatVersion: FormatVersion, Name: s.Tree.Name,
		Inputs: r.inputs(), Outputs: r.outputs(), Exports: r.exports(), Targets: r.targets(), Modules: r.modules(),
	}
	if b := s.Tree.Config.Root.First("scenario"); b != nil {
		a.Name, a.Description = b.Name(), r.text(b, "description")
	}
	if a.Description == "" {
		a.Description = r.head()
	}
	return a
}

// site is a place as the API shows it. All files of a library stand in one
// directory.
func (r *reader) site(at hcl.Range) Site {
	return Site{File: path.Base(filepath.ToSlash(at.Filename)), Line: at.Start.Line}
}

// text is an argument's constant text, "" where it has none.
func (r *reader) text(b *config.Block, name string) string {
	s, _ := r.static.text(b.Arg(name))
	return s
}

// true reports whether an argument says true.
func (r *reader) true(b *config.Block, name string) bool {
	v, ok := r.static.bool(b.Arg(name))
	return ok && v
}

func (r *reader) modules() []Module {
	list := []Module{}
	for _, name := range r.scope.Names("module") {
		b := r.scope.Named("module", name)
		list = append(list, Module{Name: name, Source: r.text(b, "source"), Version: r.text(b, "version"), Site: r.site(b.Range)})
	}
	return list
}

// targets are the targets of the library: those it hands out, and those that
// it needs.
func (r *reader) targets() []Target {
	list := []Target{}
	for _, name := range r.scope.Names("target") {
		b := r.scope.Named("target", name)
		whole, _ := resolve.Use(r.scope, b)
		t := Target{Name: name, Description: r.describe(b), Required: whole.Arg("base_url") == nil, Site: r.site(b.Range)}
		if t.Required || !resolve.IsPrivate(b) {
			list = append(list, t)
		}
	}
	return list
}
