package compile

import (
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// traversal lowers a name with what follows it: session.x, response.json.id.
func (l *lowering) traversal(e *hclsyntax.ScopeTraversalExpr) plan.Expr {
	t := e.Traversal
	if i := slices.Index(l.param, t.RootName()); i >= 0 {
		return l.steps(&param{i, t.RootName()}, t[1:], e.Range())
	}
	if len(t) < 2 {
		return l.whole(e)
	}
	switch rootOf(t) {
	case "data":
		return l.dataValue(e)
	case "response":
		return l.response(e)
	case "message", "sent":
		return l.message(e)
	case "event":
		return l.event(e)
	}
	if head := l.head(t.RootName(), stepName(t[1]), e.Range()); head != nil {
		return l.steps(head, t[2:], e.Range())
	}
	return unknown // reported by resolve
}

// head lowers root.name, where the name is known while a user runs; nil for
// one that is not.
func (l *lowering) head(root, name string, at hcl.Range) plan.Expr {
	switch root {
	case "session":
		return l.session(name, at)
	case "user":
		return userAttribute(name)
	case "run":
		return runAttribute(name)
	case "setup":
		return l.setup(name, at)
	case "cookies":
		return &cookie{name, l.strict, l.at(at)}
	case "input":
		return l.local(l.names.input(name))
	case "each":
		if l.row {
			return &property{"each." + name, func(f *plan.Frame) plan.Value { return plan.IntValue(f.Each) }}
		}
		return nil
	}
	return l.local(l.names.element(root, name))
}

// local notes that what the steps around have set may be sensitive.
func (l *lowering) local(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case *plan.Local:
		l.secret = l.secret || e.Secret
		l.slots[held{l.class, e.Slot}] = true
	case plan.Const:
		l.secret = l.secret || e.Secret
	}
	return e
}

// whole is a root by itself; only response reads as a value of its own.
func (l *lowering) whole(e *hclsyntax.ScopeTraversalExpr) plan.Expr {
	l.c.fail(l.block, diag.InvalidExpression, e.Range(), "%q needs a name after it, such as %s.NAME.", e.Traversal.RootName(), e.Traversal.RootName())
	return unknown
}

// stepName is the name a step gives: an attribute or a string index.
func stepName(step hcl.Traverser) string {
	switch step := step.(type) {
	case hcl.TraverseAttr:
		return step.Name
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String {
			return step.Key.AsString()
		}
		return step.Key.AsBigFloat().Text('f', -1)
	}
	return ""
}

// steps follows attributes and indexes into a value.
func (l *lowering) steps(x plan.Expr, steps hcl.Traversal, r hcl.Range) plan.Expr {
	for _, step := range steps {
		var key plan.Value
		switch step := step.(type) {
		case hcl.TraverseAttr:
			x = &attribute{x, step.Name, l.at(r)}
			continue
		case hcl.TraverseIndex:
			key = fromCty(step.Key)
		}
		x = &index{x, plan.Const{Value: key}, l.at(r)}
	}
	return x
}

// attribute is object.name.
type attribute struct {
	x    plan.Expr
	name string
	at   failing
}

func (e *attribute) Eval(f *plan.Frame) (plan.Value, error) {
	v, err := e.x.Eval(f)
	if err != nil {
		return v, err
	}
	if v.Kind() == plan.Object {
		if field := v.Field(e.name); field.Kind() != plan.Missing {
			return field, nil
		}
		return v, e.at.error("the object has no attribute " + strconv.Quote(e.name))
	}
	if v.Kind() == plan.List { // the legacy form list.0
		if i, ok := plan.ParseNumber(e.name); ok {
			return lookup(v, i, e.at)
		}
	}
	return v, e.at.error(v.TypeName() + " has no attribute " + strconv.Quote(e.name))
}

func (l *lowering) session(name string, r hcl.Range) plan.Expr {
	l.reads[name] = true
	if l.class == nil {
		l.c.fail(l.block, diag.NotAvailable, r, "There is no session here: session values belong to a user.")
		return unknown
	}
	l.class.read(l, name, r)
	l.secret = l.secret || l.class.secret[name]
	l.slots[held{l.class, l.class.slot(name)}] = true
	return &plan.Slot{Index: l.class.slot(name), Name: name, Site: l.c.site(r, l.block), Class: l.failure}
}

// setup reads what setup captured; in teardown, which its user does itself,
// that is the session.
func (l *lowering) setup(name string, at hcl.Range) plan.Expr {
	once := l.c.once
	if once == nil {
		return unknown // reported by resolve
	}
	if l.class == once {
		return l.session(name, at)
	}
	if _, captured := once.captured[name]; !captured && !once.unread {
		l.c.fail(l.block, diag.NotCaptured, at, "setup.%s is never captured: no step of setup has capture = { %s = … }.", name, name).
			DidYouMean(name, slices.Sorted(maps.Keys(once.captured)))
		return unknown
	}
	l.slots[held{once, once.slot(name)}] = true
	return &plan.SetupValue{Slot: once.slot(name), Name: name, Site: l.c.site(at, l.block)}
}

// cookie is a cookie in the user's jar.
type cookie struct {
	name   string
	strict bool
	at     failing
}

func (e *cookie) Eval(f *plan.Frame) (plan.Value, error) {
	if f.Cookie != nil {
		if v, ok := f.Cookie(e.name); ok {
			return plan.StringValue(v), nil
		}
	}
	if e.strict {
		return plan.Value{}, e.at.error("the user has no cookie " + strconv.Quote(e.name))
	}
	return plan.NullValue(), nil
}

// Describe is cookies.NAME.
func (e *cookie) Describe(*plan.Plan) string { return "cookies." + e.name }

// property is a value the frame holds under a fixed name.
type property struct {
	name string
	get  func(f *plan.Frame) plan.Value
}

func (r *property) Eval(f *plan.Frame) (plan.Value, error) { return r.get(f), nil }

func userAttribute(name string) plan.Expr {
	get := map[string]func(f *plan.Frame) plan.Value{
		"id":        func(f *plan.Frame) plan.Value { return plan.StringValue(f.User.ID) },
		"index":     func(f *plan.Frame) plan.Value { return plan.IntValue(f.User.Index) },
		"class":     func(f *plan.Frame) plan.Value { return plan.StringValue(f.User.Class) },
		"iteration": func(f *plan.Frame) plan.Value { return plan.IntValue(f.User.Iteration) },
	}[name]
	return &property{"user." + name, get}
}

func runAttribute(name string) plan.Expr {
	get := map[string]func(f *plan.Frame) plan.Value{
		"id":      func(f *plan.Frame) plan.Value { return plan.StringValue(f.Run.ID) },
		"profile": func(f *plan.Frame) plan.Value { return plan.StringValue(f.Run.Profile) },
	}[name]
	return &property{"run." + name, get}
}

// rootOf is what a traversal reads: the rows of a library are data, too.
func rootOf(t hcl.Traversal) string {
	if resolve.ReadsRows(t) {
		return "data"
	}
	return t.RootName()
}

// dataValue lowers data.NAME.COLUMN, or data.NAME as an object of the row.
func (l *lowering) dataValue(e *hclsyntax.ScopeTraversalExpr) plan.Expr {
	t := e.Traversal
	block, rest := l.env.scope.RowsOf(t)
	id, loaded := l.c.dataIDs[block]
	if block == nil || !loaded {
		return &failed{"the rows could not be read", l.at(e.Range())} // reported where they are declared
	}
	l.c.readData(id)
	source := &l.c.plan.Data[id]
	if len(rest) == 0 {
		l.secret = l.secret || slices.ContainsFunc(source.Columns, func(c plan.DataColumn) bool { return c.Sensitive })
		return &row{id}
	}
	if i := l.c.readColumn(id, stepName(rest[0])); i >= 0 {
		l.secret = l.secret || source.Columns[i].Sensitive
		return l.steps(&plan.Column{Data: id, Column: i}, rest[1:], e.Range())
	}
	return unknown // reported by columns
}

// row is the whole current row of a data source.
type row struct{ id int }

func (r *row) Eval(f *plan.Frame) (plan.Value, error) { return wholeRow(f, r.id) }

func wholeRow(f *plan.Frame, id int) (plan.Value, error) { return f.RowObject(id) }

// rowsRead is a row that an expression left to HCL reads, under the names it
// reads it by.
type rowsRead struct {
	id   int
	path hcl.Traversal
}

// rowValues are the names data and module as an evaluation reads them: rows,
// and of modules what was known before, with rows of theirs.
func rowValues(f *plan.Frame, reads []rowsRead, module cty.Value) (map[string]cty.Value, error) {
	vars, data := map[string]cty.Value{}, map[string]cty.Value{}
	for _, r := range reads {
		row, err := wholeRow(f, r.id)
		if err != nil {
			return nil, err
		}
		name, value := f.Plan.Data[r.id].Name, toCty(row)
		if r.path.RootName() == "data" {
			data[name] = value
			continue
		}
		path := []string{stepName(r.path[1])}
		if _, indexed := r.path[2].(hcl.TraverseIndex); indexed {
			path = append(path, stepName(r.path[2]))
		}
		module = withField(module, append(path, "data", name), value)
		vars["module"] = module
	}
	vars["data"] = cty.ObjectVal(data)
	return vars, nil
}

// withField is an object in which the field at a path has a value; what is no
// object on the way becomes one.
func withField(v cty.Value, path []string, field cty.Value) cty.Value {
	if len(path) == 0 {
		return field
	}
	fields := map[string]cty.Value{}
	if v != cty.NilVal && v.IsKnown() && v.Type().IsObjectType() {
		fields = v.AsValueMap()
	}
	if fields == nil {
		fields = map[string]cty.Value{}
	}
	fields[path[0]] = withField(fields[path[0]], path[1:], field)
	return cty.ObjectVal(fields)
}
