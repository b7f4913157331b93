package reference

import (
	"fmt"
	"slices"
	"strings"

	"throng/dsl/schema"
)

// form is one word that opens blocks, or all methods of requests together,
// with the variants of it that stand in different places.
type form struct {
	name     string
	variants []variant
}

// variant is a kind of block, and the places that allow it.
type variant struct {
	*schema.Block
	places []string
	single bool
}

// where a block's example stands, for the test that compiles it; the blocks
// of the top level need no entry.
var exampleInfo = map[string]string{
	"validation": "fragment=variable:base_url",
	"scenario":   "given=profile.smoke",
	"target":     "given=var.base_url",
	"http":       "fragment=target",
	"dns":        "fragment=http",
	"tls":        "fragment=target",
	"auth":       "fragment=target given=var.client_secret",
	"data":       "given=file.accounts.csv",
	"match":      "fragment=sla given=p95,user.operator",
	"warn":       "fragment=sla given=p95",
	"abort":      "fragment=sla given=p95",
	"sla":        "given=tag.read",
	"expect":     "fragment=request",
	"request":    "fragment=task given=session.order_id",
	"pause":      "fragment=task",
	"group":      "fragment=task",
	"task":       "fragment=user",
	"sequence":   "fragment=user given=task.edit_profile",
	"start":      "fragment=user given=var.password",
	"stop":       "fragment=user",
	"check":      "given=var.base_url",
	"teardown":   "given=setup.org",
	"set":        "fragment=task given=session.cart,session.item,session.total,session.price",
	"when":       "fragment=task given=session.total",
	"else":       "fragment=when",
	"repeat":     "fragment=task given=session.job",
	"loop":       "fragment=task given=session.items",
	"choose":     "fragment=task",
	"branch":     "fragment=choose",
	"parallel":   "fragment=task",
	"retry":      "fragment=request",
	"leave":      "fragment=task",
	"call":       "fragment=task given=input.sign_in.remember",
	"input":      "fragment=callee:sign_in",
	"next":       "fragment=set",
	"submit":     "fragment=task given=session.otp",
	"graphql":    "fragment=task given=file.search.graphql",
	"part":       "fragment=request given=file.photo.jpg",
	"dynamic":    "fragment=user given=local.pages",
	"stream":     "fragment=request",
	"reconnect":  "fragment=websocket",
	"websocket":  "fragment=task",
	"on_message": "fragment=websocket",
	"every":      "fragment=websocket",
	"send":       "fragment=socket",
	"reply":      "fragment=send",
	"receive":    "fragment=socket given=session.device",
	"close":      "fragment=socket",
}

// Blocks is the page of blocks and arguments, outer before inner.
func Blocks(root *schema.Block) string {
	b := page("Blocks")
	b.WriteString("Every block of the language, with its arguments. How they work together is told in\n[The language](../language.md).\n\n")
	b.WriteString("*May read* says what an argument's expression may depend on:\n\n" +
		"- **static**: `var`, `local`, `path`, module outputs, functions without randomness; settled before the run\n" +
		"- **user**: the same, and `session`, `user`, `data`, `run`, random functions; evaluated each time\n" +
		"- **response**: the same, and `response`; evaluated once the answer is there\n" +
		"- **message**: what *user* can, and `message`; evaluated for a message of a socket\n" +
		"- **reply**: the same, and `sent`, the message that a reply answers\n" +
		"- **event**: what *user* can, and `event`; evaluated for each event of a stream\n\n")
	forms := append(collect(root), &form{name: schema.Dynamic.Type, variants: []variant{{schema.Dynamic, []string{"every block that holds blocks"}, false}}})
	writeForms(b, forms, fragmentInfo)
	return b.String()
}

// fragmentInfo says where the example of a block of a scenario stands.
func fragmentInfo(name string) string {
	info := exampleInfo[name]
	switch {
	case info == "":
		return "fragment=top"
	case !strings.HasPrefix(info, "fragment"):
		return "fragment=top " + info
	}
	return info
}

// writeForms writes a list of blocks, and each of them. info gives the words
// behind the language of a block's example.
func writeForms(b *strings.Builder, forms []*form, info func(name string) string) {
	for _, f := range forms {
		fmt.Fprintf(b, "- [%s](#%s)\n", f.name, f.name)
	}
	for _, f := range forms {
		f.write(b, info(f.name))
	}
}

func collect(root *schema.Block) []*form {
	var forms []*form
	seen := map[*schema.Block]bool{}
	var walk func(b *schema.Block, place string)
	walk = func(b *schema.Block, place string) {
		for _, n := range b.Blocks {
			name := formName(n.Type)
			i := slices.IndexFunc(forms, func(f *form) bool { return f.name == name })
			if i < 0 {
				forms = append(forms, &form{name: name})
				i = len(forms) - 1
			}
			forms[i].add(n, place)
			if !seen[n.Block] {
				seen[n.Block] = true
				walk(n.Block, name)
			}
		}
	}
	walk(root, "")
	return forms
}

// formName is what a block is listed under: the methods are all requests, and
// what they have in common is a template of them.
func formName(word string) string {
	switch {
	case schema.IsMethod(word):
		return "request"
	case word == "request":
		return "request-template"
	}
	return word
}

func (f *form) add(n *schema.Nested, place string) {
	for i := range f.variants {
		v := &f.variants[i]
		if v.Doc == n.Doc && slices.Equal(v.ArgNames(), n.ArgNames()) {
			if !slices.Contains(v.places, place) {
				v.places = append(v.places, place)
			}
			return
		}
	}
	f.variants = append(f.variants, variant{n.Block, []string{place}, n.Single})
}

func (f *form) write(b *strings.Builder, info string) {
	fmt.Fprintf(b, "\n## %s\n\n", f.name)
	first := f.variants[0]
	if first.Type != f.name {
		words := make([]string, len(schema.Methods))
		for i, m := range schema.Methods {
			words[i] = code(m)
		}
		fmt.Fprintf(b, "Opened by %s.\n\n", strings.Join(words, ", "))
	}
	var docs []string
	for _, v := range f.variants {
		if !slices.Contains(docs, v.Doc) {
			docs = append(docs, v.Doc)
		}
	}
	if len(docs) == 1 {
		fmt.Fprintf(b, "%s\n\n", docs[0])
	}
	for _, v := range f.variants {
		fmt.Fprintf(b, "- %s, %s%s", code(header(v.Block)), inPlaces(v.places), once(v.single))
		if len(docs) > 1 {
			fmt.Fprintf(b, ": %s", v.Doc)
		}
		b.WriteString("\n")
	}
	f.arguments(b)
	f.blocks(b)
	if first.Example != "" {
		fmt.Fprintf(b, "\n```hcl %s\n%s\n```\n", info, first.Example)
	}
}

// inPlaces names the blocks that allow a block; "" is the top level.
func inPlaces(places []string) string {
	var within []string
	text := ""
	for _, p := range places {
		if p == "" {
			text = "at the top level"
			continue
		}
		within = append(within, p)
	}
	switch {
	case len(within) == 0:
		return text
	case text != "":
		text += " and "
	}
	return text + "in " + strings.Join(within, ", ")
}

func once(single bool) string {
	if single {
		return " (at most once)"
	}
	return ""
}

// header is a block's first line with its labels' names for labels.
func header(b *schema.Block) string {
	s := b.Type
	for _, l := range b.Labels {
		s += ` "` + strings.ToUpper(l) + `"`
	}
	return s + " { … }"
}

func (f *form) arguments(b *strings.Builder) {
	type row struct {
		schema.Arg
		in []string
	}
	var rows []row
	for _, v := range f.variants {
		for _, a := range v.Args {
			i := slices.IndexFunc(rows, func(r row) bool { return r.Name == a.Name })
			if i < 0 {
				rows = append(rows, row{Arg: a})
				i = len(rows) - 1
			}
			rows[i].in = append(rows[i].in, v.places...)
		}
	}
	all := 0
	for _, v := range f.variants {
		all += len(v.places)
		if v.Free {
			fmt.Fprintf(b, "\nFurther arguments, with names of your choosing: %s\n", v.FreeDoc)
		}
	}
	if len(rows) == 0 {
		return
	}
	b.WriteString("\n| argument | type | may read | default | |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range rows {
		kind, value := r.Type.String(), code(r.Default)
		if r.Type == schema.Keyword {
			quoted := make([]string, len(r.Words))
			for i, w := range r.Words {
				quoted[i] = code(`"` + w + `"`)
			}
			kind = strings.Join(quoted, ", ")
		}
		if r.Required {
			value = "required"
		}
		doc := r.Doc
		if len(r.in) < all {
			doc += " Only " + inPlaces(r.in) + "."
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", code(r.Name), kind, r.Phase, value, cell(doc))
	}
}

func (f *form) blocks(b *strings.Builder) {
	var links []string
	for _, v := range f.variants {
		for _, n := range v.Blocks {
			name := formName(n.Type)
			if link := fmt.Sprintf("[%s](#%s)", name, name); !slices.Contains(links, link) {
				links = append(links, link)
			}
		}
	}
	if len(links) > 0 {
		fmt.Fprintf(b, "\nBlocks within: %s\n", strings.Join(links, ", "))
	}
}
