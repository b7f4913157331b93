package changes

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"throng/dsl/plan"
)

// node is a part of a plan: what it is, its properties, the parts within.
type node struct {
	what, name string
	key        string // what it is found by among its siblings
	named      bool   // its name is its author's choice, so that it may be renamed
	ordered    bool   // the order of its kids matters
	site       *Site
	facts      []fact
	kids       []*node
	covers     []string // of an SLA: the requests it judges
	made       string   // its body, once it was asked for
}

// fact is a property as text.
type fact struct {
	name   string
	text   string // what is compared
	show   string // what is shown, where that is more than the text
	opaque bool   // the text is never shown
	limit  bool   // of an SLA
	strict float64
}

// shown is the fact for people; plain asks for what is compared.
func (f *fact) shown(plain bool) string {
	if f.opaque || !plain && f.show != "" {
		return f.show
	}
	return f.text
}

func (n *node) fact(name string) (fact, bool) {
	for _, f := range n.facts {
		if f.name == name {
			return f, true
		}
	}
	return fact{}, false
}

// add appends a fact; a name that is taken already gets a number.
func (n *node) add(f fact) {
	base := f.name
	for i := 2; ; i++ {
		if _, taken := n.fact(f.name); !taken {
			break
		}
		f.name = fmt.Sprintf("%s (%d)", base, i)
	}
	n.facts = append(n.facts, f)
}

// take adds a part; equal ones among the parts are numbered.
func (n *node) take(k *node) {
	k.key = k.what + " " + k.name
	count := 1
	for _, other := range n.kids {
		if other.what == k.what && other.name == k.name {
			count++
		}
	}
	k.key += "#" + strconv.Itoa(count)
	n.kids = append(n.kids, k)
}

// within is the place of a node's parts.
func (n *node) within(in string) string {
	title := n.title()
	if title == "" {
		return in
	}
	if in != "" {
		title = in + ", " + title
	}
	return title
}

func (n *node) title() string {
	if n.what == "" || n.name == "" || n.what == "request" {
		return strings.TrimSpace(n.what + " " + n.name)
	}
	return n.what + " " + strconv.Quote(n.name)
}

// body is everything of a node but its name, for telling whether two are the
// same. The method is part of a request's name.
func (n *node) body() string {
	if n.made != "" {
		return n.made
	}
	var b strings.Builder
	for _, f := range n.facts {
		if f.name != "method" {
			fmt.Fprintf(&b, "%q=%q\n", f.name, f.text)
		}
	}
	for _, k := range n.kids {
		fmt.Fprintf(&b, "%q{\n%s}\n", k.key, k.body())
	}
	n.made = b.String()
	return n.made
}

// summary are the facts worth telling of something new.
func (n *node) summary() []Detail {
	var list []Detail
	for _, f := range n.facts {
		if f.limit || f.name == "weight" || f.name == "address" || f.name == "value" {
			list = append(list, detail(f.name, nil, &f))
		}
	}
	return list
}

// walker turns values of a plan into facts and nodes. Its class tells what
// the numbers of session values mean.
type walker struct {
	plan  *plan.Plan
	mask  *plan.Mask
	class *plan.Class
	now   map[string]string // what users and tasks of an old plan, by their titles, are called now
	file  bool              // the rows under way come from a file, whose hash says all of them
}

var (
	exprType  = reflect.TypeFor[plan.Expr]()
	stepsType = reflect.TypeFor[[]plan.Step]()
)

// fields adds everything that a struct holds to n.
func (w *walker) fields(n *node, v reflect.Value, prefix string) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue // nothing that a compiler could say
		}
		rule, known := rules[v.Type().Name()+"."+f.Name]
		switch {
		case !known:
			w.value(n, prefix+word(f.Name), v.Field(i))
		case rule != nil:
			rule(w, n, v, v.Field(i))
		}
	}
}

// value adds a value to n under a name. What is empty adds nothing.
func (w *walker) value(n *node, name string, v reflect.Value) {
	if v.Type() == stepsType {
		w.steps(n, name, v.Interface().([]plan.Step))
		return
	}
	if text, ok := w.text(v); ok {
		if text != "" {
			n.add(fact{name: name, text: text})
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			w.value(n, name, v.Elem())
		}
	case reflect.Struct:
		w.fields(n, v, name+" ")
	case reflect.Slice, reflect.Array:
		w.list(n, singular(name), v)
	default:
		n.add(fact{name: name, text: w.clean(fmt.Sprint(v.Interface()))})
	}
}

// text is a value that is one text; "" stands for one that says nothing.
func (w *walker) text(v reflect.Value) (string, bool) {
	if v.Type().Implements(exprType) {
		if v.Kind() == reflect.Interface && v.IsNil() || v.Kind() == reflect.Pointer && v.IsNil() {
			return "", true
		}
		return w.clean(w.expr(v.Interface().(plan.Expr))), true
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		return x.String(), true
	case plan.Value:
		return w.clean(string(x.AppendJSON(nil, false))), true
	case []byte:
		if len(x) == 0 {
			return "", true
		}
		sum := sha256.Sum256(x)
		return fmt.Sprintf("%d bytes, sha256 %.12x", len(x), sum), true
	case []string:
		return w.clean(listed(x)), true
	case plan.StatusRange:
		if x.Min == x.Max {
			return strconv.Itoa(x.Min), true
		}
		return fmt.Sprintf("%d-%d", x.Min, x.Max), true
	}
	if name, ok := enum(v); ok {
		return name, true
	}
	switch {
	case v.Kind() == reflect.Bool:
		if v.Bool() {
			return "yes", true
		}
		return "", true
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	case v.CanFloat():
		return number(v.Float()), true
	case v.Kind() == reflect.String:
		return w.clean(v.String()), true
	}
	return "", false
}

// elsewhere is how an expression that HCL evaluates describes itself: by its
// place, which says nothing about another plan.
var elsewhere = regexp.MustCompile(`HCL at (\S+:\d+)`)

// answers is how a path into an answer, a message or an event describes
// itself.
var answers = regexp.MustCompile(`\b((?:response|response\.stream\.last|message|sent|event)\.json)<([^>]*)>!?`)

// expr is an expression in words that mean the same in every plan.
func (w *walker) expr(e plan.Expr) string {
	described := answers.ReplaceAllString(plan.Describe(w.plan, e), "$1.$2")
	return elsewhere.ReplaceAllStringFunc(described, func(s string) string {
		at := elsewhere.FindStringSubmatch(s)[1]
		var texts []string
		for _, f := range w.plan.Fallbacks {
			if w.plan.Sites[f.Site].String() == at && f.Text != "" {
				texts = append(texts, f.Text)
			}
		}
		if texts == nil {
			return s
		}
		return "HCL(" + strings.Join(texts, "; ") + ")"
	})
}

// list adds the elements of a list: texts as one fact, structs as a fact
// each, structs with steps as a node each.
func (w *walker) list(n *node, name string, v reflect.Value) {
	var texts []string
	for i := range v.Len() {
		e := v.Index(i)
		if text, ok := w.text(e); ok {
			texts = append(texts, text)
			continue
		}
		k := &node{what: name, name: w.label(e)}
		for e.Kind() == reflect.Pointer {
			e = e.Elem()
		}
		k.site = w.siteOf(e)
		w.fields(k, e, "")
		if holdsSteps(e.Type()) {
			n.take(k)
			continue
		}
		n.add(fact{name: strings.TrimSpace(name + " " + k.name), text: k.line()})
	}
	if len(texts) > 0 {
		n.add(fact{name: name, text: listed(texts)})
	}
}

// line is a node without parts as one text.
func (n *node) line() string {
	if len(n.facts) == 1 {
		return n.facts[0].text
	}
	parts := make([]string, len(n.facts))
	for i, f := range n.facts {
		parts[i] = f.name + " " + f.text
	}
	return listed(parts)
}

func holdsSteps(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).Type == stepsType {
			return true
		}
	}
	return false
}

// steps adds steps: directly, where they are all that their owner does.
func (w *walker) steps(n *node, name string, steps []plan.Step) {
	if len(steps) == 0 {
		return
	}
	into := n
	if name != "steps" {
		into = &node{what: name}
		n.take(into)
	}
	into.ordered = true
	for _, s := range steps {
		into.take(w.step(s))
	}
}

// step is a step as a node.
func (w *walker) step(s plan.Step) *node {
	v := reflect.ValueOf(s).Elem()
	n := &node{what: word(v.Type().Name()), name: w.label(v), site: w.siteOf(v)}
	if series := v.FieldByName("Series"); series.IsValid() && series.CanInt() {
		n.name, n.named = w.plan.Rows[w.plan.Series[series.Int()].Row].Label(), true
	}
	w.fields(n, v, "")
	return n
}

// label is the name an element has itself.
func (w *walker) label(v reflect.Value) string {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if init, ok := v.Interface().(plan.SlotInit); ok {
		return "session." + w.slot(init.Slot)
	}
	for _, field := range []string{"Name", "Label"} {
		if f := v.FieldByName(field); f.IsValid() && f.Kind() == reflect.String {
			return w.clean(f.String())
		}
	}
	return ""
}

func (w *walker) slot(i int) string {
	if w.class == nil || i < 0 || i >= len(w.class.Slots) {
		return strconv.Itoa(i)
	}
	return w.class.Slots[i]
}

func (w *walker) siteOf(v reflect.Value) *Site {
	f := v.FieldByName("Site")
	if !f.IsValid() || f.Type() != reflect.TypeFor[plan.SiteID]() || int(f.Int()) >= len(w.plan.Sites) {
		return nil
	}
	s := w.plan.Sites[f.Int()]
	if s.File == "" {
		return nil
	}
	return &Site{File: s.File, Line: s.Line}
}

// clean hides secrets.
func (w *walker) clean(s string) string { return w.mask.Replace(s) }

// word is a field's name as words: "BasePath" is "base path".
func word(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func singular(s string) string {
	if strings.HasSuffix(s, "ches") {
		return strings.TrimSuffix(s, "es")
	}
	return strings.TrimSuffix(s, "s")
}

func listed(words []string) string { return strings.Join(words, ", ") }

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
