package compile

import (
	"maps"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/resolve"
)

// Values of modules are computed when they are first read, one by one: an
// input may be made of an output that needs other inputs. What is computed
// within what stands on a trail, so that a circle can be told as a path.

// trail is the values under evaluation within each other, outermost first.
type trail struct {
	names []string
	place map[any]int
	told  bool // that it became too long
}

// computing notes that a value is being computed: key is what it belongs to.
// False for one that is made of itself, and at the end of too long a chain;
// both are reported at a place in b. done must be called else.
func (c *compiler) computing(key any, name string, b *config.Block, at hcl.Range) (done func(), ok bool) {
	if i, under := c.trail.place[key]; under {
		c.fail(b, diag.Cycle, at, "%s depends on itself: %s.", name, strings.Join(append(c.trail.names[i:len(c.trail.names):len(c.trail.names)], name), " → "))
		return nil, false
	}
	if n := len(c.trail.names); n >= maxDeep {
		if !c.trail.told {
			c.trail.told = true
			c.fail(b, diag.LimitExceeded, at, "%s stands at the end of a chain of more than %d values, each made of the next.", name, maxDeep)
		}
		return nil, false
	}
	if c.trail.place == nil {
		c.trail.place = map[any]int{}
	}
	c.trail.place[key] = len(c.trail.names)
	c.trail.names = append(c.trail.names, name)
	return func() {
		delete(c.trail.place, key)
		c.trail.names = c.trail.names[:len(c.trail.names)-1]
	}, true
}

// called is a name as circles are told, with the library it belongs to.
func (e *environ) called(name string) string {
	if path := e.scope.Tree.Path; path != "" {
		return name + " in " + path
	}
	return name
}

// instanceWeight is what an instance of a module takes beside its blocks and
// arguments: functions of its own.
const instanceWeight = 50

// instantiate makes the instances of a module that has for_each, once.
func (c *compiler) instantiate(child *resolve.Scope) {
	if !child.Each() || child.Instantiated() {
		return
	}
	call := child.Tree.Call
	a := call.Arg("for_each")
	done, ok := c.computing(child, "for_each of "+child.Tree.Path, call, a.Range)
	if !ok {
		child.Instantiate(nil, nil, true)
		return
	}
	elements, ok := c.elementsOf(call, a, false, child.Weight()+instanceWeight)
	done()
	if child.Instantiated() {
		return // it depends on itself
	}
	var keys []string
	var bound []config.Binding
	for _, e := range elements {
		keys = append(keys, e.key.AsString())
		bound = append(bound, config.Binding{Name: "each", Key: e.key, Value: e.value})
	}
	child.Instantiate(keys, bound, !ok)
}

// variable is the value of var.NAME in a module.
func (e *environ) variable(name string) cty.Value {
	if v, known := e.vars[name]; known || e.scope.Parent == nil {
		return v
	}
	b := e.scope.Named("variable", name)
	if b == nil {
		return cty.NilVal
	}
	c, call := e.c, e.scope.Tree.Call
	given, from := input(call, name), hop{call.Range, "brought in here"}
	if given != nil {
		from = hop{given.Range, "given here"}
	}
	defer c.through(from)()
	done, ok := c.computing(b, e.called("var."+name), call, from.at)
	if !ok {
		e.vars[name] = cty.DynamicVal
		return cty.DynamicVal
	}
	v := c.input(b, given, call)
	done()
	if _, circle := e.vars[name]; circle {
		v = cty.DynamicVal
	}
	e.vars[name] = v
	if !c.validate(e, b, name) {
		e.vars[name] = cty.DynamicVal
	}
	return e.vars[name]
}

// input is what a module block gives a variable; nil for nothing.
func input(call *config.Block, name string) *config.Arg {
	if a := call.Arg(name); a != nil && a.Schema == nil {
		return a
	}
	return nil
}

// input settles the value of a library's variable.
func (c *compiler) input(b *config.Block, given *config.Arg, call *config.Block) cty.Value {
	switch {
	case given != nil:
		v, ok := c.static(given, call)
		if !ok {
			return cty.DynamicVal
		}
		return c.settle(b, v, &fromCaller{given, call})
	case b.Arg("default") == nil:
		if call.Schema.Arg(b.Name()) == nil { // which is reported
			c.fail(call, diag.MissingVariable, call.Range, "The module needs the input %q.", b.Name()).Relate("declared here", b.Range)
		}
		return cty.DynamicVal
	}
	return c.settle(b, cty.NilVal, nil)
}

// moduleInputs settles all variables of a library, and reports inputs that it
// does not have.
func (c *compiler) moduleInputs(child *resolve.Scope) {
	e, call := c.env(child.Tree.Config), child.Tree.Call
	names := child.Names("variable")
	for _, name := range names {
		e.variable(name)
	}
	for _, a := range call.Args {
		if a.Schema == nil && child.Named("variable", a.Name) == nil {
			c.fail(call, diag.UnknownArgument, a.NameRange, "The module has no input called %q.", a.Name).DidYouMean(a.Name, names)
		}
	}
}

// output is the value of an output of a module that is no template.
func (c *compiler) output(child *resolve.Scope, name string) cty.Value {
	e := c.env(child.Tree.Config)
	if v, known := e.outs[name]; known {
		return v
	}
	defer c.inside(child)()
	v := cty.DynamicVal
	b := child.Named("output", name)
	if b == nil || b.Arg("value") == nil {
		return v
	}
	done, ok := c.computing(b, child.Tree.Path+"."+name, b, b.Range)
	if !ok {
		e.outs[name] = v
		return v
	}
	if value, ok := c.static(b.Arg("value"), b); ok {
		v = value
	}
	done()
	if _, circle := e.outs[name]; circle {
		return e.outs[name]
	}
	if secret, _ := c.boolean(b, "sensitive"); secret && v != cty.DynamicVal {
		v = v.Mark(sensitive)
		c.keepSecret(v)
	}
	e.outs[name] = v
	return v
}

// modules are the values that traversals read of modules, by name. whole are
// those of which all instances are read.
type modules struct {
	read  map[string]map[string]cty.Value // by output; where there is for_each by key
	whole map[string]cty.Value
}

// add adds what module.NAME… reads. Rows are known only to a run.
func (m *modules) add(c *compiler, e *environ, t hcl.Traversal) {
	name := stepName(t[1])
	child := e.scope.Children[name]
	if child == nil {
		return
	}
	if child.Each() {
		c.instantiate(child)
		if len(t) == 2 {
			if m.whole == nil {
				m.whole = map[string]cty.Value{}
			}
			m.whole[name] = c.allInstances(child)
			return
		}
	}
	if m.read == nil {
		m.read = map[string]map[string]cty.Value{}
	}
	values := m.read[name]
	if values == nil {
		values = map[string]cty.Value{}
		m.read[name] = values
	}
	if !child.Each() {
		c.readOf(child, t[2:], values)
		return
	}
	instance, rest, d := e.scope.Enter(t, diag.UnknownReference)
	key := stepName(t[2])
	switch {
	case d != nil:
		c.report(nil, d)
		fallthrough
	case instance == nil:
		values[key] = cty.DynamicVal // what is wrong is said, and nothing about its value
		return
	}
	outputs := map[string]cty.Value{}
	c.readOf(instance, rest, outputs)
	values[key] = merged(values[key], outputs)
}

// readOf adds what the rest of a traversal reads of a module.
func (c *compiler) readOf(s *resolve.Scope, rest hcl.Traversal, into map[string]cty.Value) {
	if len(rest) == 0 {
		return // reported by resolve
	}
	switch name := stepName(rest[0]); {
	case name == "data":
		into[name] = cty.DynamicVal
	case s.Named("output", name) != nil:
		into[name] = c.output(s, name)
	}
}

// allInstances is a module with for_each as a value: its instances by key,
// with all that they hand out. It is made once.
func (c *compiler) allInstances(child *resolve.Scope) cty.Value {
	if v, known := c.instanceValues[child]; known {
		return v
	}
	instances := map[string]cty.Value{}
	for _, key := range child.Keys() {
		outputs := map[string]cty.Value{}
		for _, name := range child.Exported("output") {
			outputs[name] = c.output(child.Instance(key), name)
		}
		instances[key] = cty.ObjectVal(outputs)
	}
	v := cty.ObjectVal(instances)
	if len(c.trail.names) == 0 || v.IsWhollyKnown() { // else some may be made of this value
		if c.instanceValues == nil {
			c.instanceValues = map[*resolve.Scope]cty.Value{}
		}
		c.instanceValues[child] = v
	}
	return v
}

// object is what is read of modules as the value of the name module.
func (m *modules) object() (v cty.Value, read bool) {
	all := maps.Clone(m.whole)
	if all == nil {
		all = map[string]cty.Value{}
	}
	for name, values := range m.read {
		all[name] = merged(all[name], values)
	}
	return cty.ObjectVal(all), len(all) > 0
}

// merged is an object, or none yet, with further attributes; objects on both
// sides are merged in turn.
func merged(v cty.Value, with map[string]cty.Value) cty.Value {
	if v == cty.NilVal || v == cty.DynamicVal || len(v.Type().AttributeTypes()) == 0 {
		return cty.ObjectVal(with)
	}
	all := v.AsValueMap()
	for name, added := range with {
		if have := all[name]; have != cty.NilVal && isPlainObject(have) && isPlainObject(added) && added.LengthInt() > 0 {
			added = merged(have, added.AsValueMap())
		}
		all[name] = added
	}
	return cty.ObjectVal(all)
}

func isPlainObject(v cty.Value) bool {
	return !v.IsMarked() && v.IsKnown() && !v.IsNull() && v.Type().IsObjectType()
}
