package readme

import (
	"fmt"
	"strings"

	"throng/dsl/library"
)

// Section is the text between the markers: an example of use, and tables of
// what the library offers. It ends with a newline.
func Section(api *library.API, source, version string) string {
	p := &page{api: api, module: ident(api.Name)}
	p.line("## Use\n\n```hcl\n%s```", Usage(api, source, version))
	p.inputs()
	p.outputs()
	p.targets()
	for _, kind := range library.Kinds {
		p.exports(kind)
	}
	p.modules()
	return p.b.String()
}

type page struct {
	api    *library.API
	module string // what the examples call the library
	b      strings.Builder
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

// Usage is a module block with what every caller has to say.
func Usage(api *library.API, source, version string) string {
	p := &page{api: api, module: ident(api.Name)}
	p.usage(source, version)
	return p.b.String()
}

func (p *page) usage(source, version string) {
	if source == "" {
		source = "./" + p.module
	}
	p.line("module %q {", p.module)
	pairs := [][2]string{{"source", quoted(source)}}
	if version != "" {
		pairs = append(pairs, [2]string{"version", quoted(version)})
	}
	var needed []string
	for _, t := range p.api.Targets {
		if t.Required {
			needed = append(needed, t.Name+" = target."+t.Name)
		}
	}
	if needed != nil {
		pairs = append(pairs, [2]string{"targets", "{ " + strings.Join(needed, ", ") + " }"})
	}
	p.aligned(pairs)
	var required [][2]string
	for _, in := range p.api.Inputs {
		if in.Required {
			required = append(required, [2]string{in.Name, example(in.Type)})
		}
	}
	if required != nil {
		p.line("")
		p.aligned(required)
	}
	p.line("}")
}

func (p *page) aligned(pairs [][2]string) {
	width := 0
	for _, pair := range pairs {
		width = max(width, len(pair[0]))
	}
	for _, pair := range pairs {
		p.line("  %-*s = %s", width, pair[0], pair[1])
	}
}

// example is a value of a type.
func example(ty string) string {
	switch word, _, _ := strings.Cut(ty, "("); word {
	case "number":
		return "1"
	case "bool":
		return "true"
	case "list", "set", "tuple":
		return "[] # " + ty
	case "map", "object":
		return "{} # " + ty
	}
	return `"…"`
}

func (p *page) inputs() {
	if len(p.api.Inputs) == 0 {
		return
	}
	p.table("Inputs", "name", "type", "default", "what it is")
	for i := range p.api.Inputs {
		in := &p.api.Inputs[i]
		fallback := "required"
		if in.Default != nil {
			fallback = code(*in.Default)
		}
		p.row(code(in.Name), code(in.Type), fallback, about(in))
	}
}

// about is what an input is, and what its value has to be like.
func about(in *library.Input) string {
	var parts []string
	if in.Description != "" {
		parts = append(parts, escaped(in.Description))
	}
	if in.Sensitive {
		parts = append(parts, "Sensitive: never shown.")
	}
	if !in.Nullable {
		parts = append(parts, "Not null.")
	}
	for _, rule := range in.Validations {
		parts = append(parts, "Has to meet "+code(rule)+".")
	}
	return strings.Join(parts, " ")
}

func (p *page) targets() {
	if len(p.api.Targets) == 0 {
		return
	}
	p.table("Targets", "name", "its address", "what it is")
	for _, t := range p.api.Targets {
		address := "its own, where the caller has a target of that address, or given by " + code("targets")
		if t.Required {
			address = "given by " + code("targets")
		}
		p.row(code(t.Name), address, escaped(t.Description))
	}
}

func (p *page) outputs() {
	if len(p.api.Outputs) == 0 {
		return
	}
	p.table("Outputs", "read", "type", "what it is")
	for _, o := range p.api.Outputs {
		p.row(code("module."+p.module+"."+o.Name), code(o.Type), escaped(o.Description))
	}
}

// kinds are the headings and columns of each kind's table: what stands
// between the use and the description.
var kinds = map[string]struct {
	title, use, column string
	cell               func(*library.Export) string
}{
	"user":     {"Users", "use", "", nil},
	"task":     {"Tasks", "use", "inputs", taskInputs},
	"request":  {"Requests", "use", "", nil},
	"profile":  {"Profiles", "use", "", nil},
	"sla":      {"SLAs", "use", "matches", func(e *library.Export) string { return code(strings.Join(e.Match, ", ")) }},
	"data":     {"Data", "read", "columns", dataColumns},
	"function": {"Functions", "call", "", nil},
}

func (p *page) exports(kind string) {
	k, tabled := kinds[kind]
	if !tabled { // targets have a table of their own
		return
	}
	begun := false
	for i := range p.api.Exports {
		e := &p.api.Exports[i]
		if e.Kind != kind {
			continue
		}
		columns, cells := []string{k.use}, []string{code(e.Use(p.module))}
		if k.cell != nil {
			columns, cells = append(columns, k.column), append(cells, k.cell(e))
		}
		if !begun {
			begun = true
			p.table(k.title, append(columns, "what it is")...)
		}
		p.row(append(cells, escaped(e.Description))...)
	}
}

func taskInputs(e *library.Export) string {
	var list []string
	for _, in := range e.Inputs {
		text := code(in.Name) + " (" + code(in.Type)
		if in.Default != nil {
			text += ", default " + code(*in.Default)
		} else {
			text += ", required"
		}
		text += ")"
		if in.Description != "" {
			text += ": " + escaped(in.Description)
		}
		list = append(list, text)
	}
	return strings.Join(list, "<br>")
}

func dataColumns(e *library.Export) string {
	var list []string
	for _, c := range e.Columns {
		text := code(c)
		for _, s := range e.Sensitive {
			if s == c {
				text += " (sensitive)"
			}
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

func (p *page) modules() {
	if len(p.api.Modules) == 0 {
		return
	}
	p.table("Needs", "library", "version")
	for _, m := range p.api.Modules {
		p.row(code(m.Source), code(m.Version))
	}
}

func (p *page) table(title string, columns ...string) {
	p.line("\n## %s\n\n| %s |\n|%s", title, strings.Join(columns, " | "), strings.Repeat(" --- |", len(columns)))
}

func (p *page) row(cells ...string) {
	p.line("| %s |", strings.Join(cells, " | "))
}

// escaped is a text of the author's within a table: Markdown stays Markdown,
// but cannot end the cell or hide what follows.
func escaped(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.NewReplacer("|", `\|`, "<!--", "&lt;!--").Replace(s)
}

// code is a text in code spans, "" for none.
func code(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return ""
	}
	s = strings.ReplaceAll(s, "|", `\|`)
	ticks := "`"
	for strings.Contains(s, ticks) {
		ticks += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// quoted is a text as HCL writes it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", "$${", "%{", "%%{").Replace(s) + `"`
}

// ident is a name that a module block can have.
func ident(name string) string {
	var b strings.Builder
	for _, r := range name {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		switch {
		case letter || b.Len() > 0 && ('0' <= r && r <= '9' || r == '_'):
			b.WriteRune(r)
		case b.Len() > 0:
			b.WriteByte('_')
		}
	}
	if s := strings.Trim(b.String(), "_"); s != "" {
		return s
	}
	return "library"
}
