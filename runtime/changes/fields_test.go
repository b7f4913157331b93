package changes

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
)

// planTypes are the structs and enumerations that a plan is made of.
func planTypes() map[string]reflect.Type {
	found := map[string]reflect.Type{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.PkgPath() != reflect.TypeFor[plan.Plan]().PkgPath() || found[t.Name()] != nil {
			return
		}
		if t.Implements(exprType) || reflect.PointerTo(t).Implements(exprType) || t == reflect.TypeFor[plan.Value]() {
			return
		}
		found[t.Name()] = t
		if t.Kind() != reflect.Struct {
			return
		}
		for i := range t.NumField() {
			visit(t.Field(i).Type)
		}
	}
	visit(reflect.TypeFor[plan.Plan]())
	for _, s := range []plan.Step{
		&plan.Request{}, &plan.Group{}, &plan.Pause{}, &plan.Set{}, &plan.When{}, &plan.Repeat{}, &plan.Loop{},
		&plan.Choose{}, &plan.Parallel{}, &plan.Retry{}, &plan.Leave{}, &plan.Call{},
		&plan.Socket{}, &plan.Send{}, &plan.Receive{}, &plan.CloseSocket{},
	} {
		visit(reflect.TypeOf(s))
	}
	return found
}

// counts are the whole numbers that are what they say, and no index.
var counts = []string{
	"Target.Port", "Guard.MaxUsers", "HTTP.Connections", "Data.Rows", "Request.Redirects", "Parallel.Limit", "StatusRange.Min", "StatusRange.Max",
	"CloseSocket.Code",
}

// A number that is an index means nothing in another plan: each has a rule.
func TestEveryIndexHasARule(t *testing.T) {
	own := []string{"Plan", "Site", "Series", "Row", "Fallback", "Once", "Judged"} // read by name, not walked
	for name, typ := range planTypes() {
		if typ.Kind() != reflect.Struct || slices.Contains(own, name) {
			continue
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			elem := f.Type
			for elem.Kind() == reflect.Slice {
				elem = elem.Elem()
			}
			_, ruled := rules[name+"."+f.Name]
			if f.IsExported() && elem == reflect.TypeFor[int]() && !ruled && !slices.Contains(counts, name+"."+f.Name) {
				t.Errorf("%s.%s is a number: give it a rule if it is an index, else list it in counts", name, f.Name)
			}
		}
	}
}

func TestEveryRuleIsOfAField(t *testing.T) {
	types := planTypes()
	for key := range rules {
		name, field, _ := strings.Cut(key, ".")
		if typ := types[name]; typ == nil || typ.Kind() != reflect.Struct {
			t.Errorf("%s: there is no such type", key)
		} else if _, ok := typ.FieldByName(field); !ok {
			t.Errorf("%s: there is no such field", key)
		}
	}
	for _, name := range left {
		if _, ok := reflect.TypeFor[plan.Plan]().FieldByName(name); !ok {
			t.Errorf("Plan.%s: there is no such field", name)
		}
	}
}

func TestEveryEnumerationHasWords(t *testing.T) {
	for name, typ := range planTypes() {
		if typ.Kind() != reflect.Uint8 || name == "SeriesKind" || name == "Metric" {
			continue
		}
		if text, ok := enum(reflect.Zero(typ)); !ok || text == "" {
			t.Errorf("%s has no words", name)
		}
	}
}

// Whatever is altered in a plan, down to the last field that counts, is told.
func TestNothingIsOverlooked(t *testing.T) {
	old, now := compile(t, base), compile(t, base)
	w := &alter{t: t, old: old, now: now}
	w.walk(reflect.ValueOf(now).Elem(), "Plan")
	if w.tried < 150 {
		t.Errorf("only %d alterations were tried", w.tried)
	}
}

type alter struct {
	t        *testing.T
	old, now *plan.Plan
	tried    int
}

func (a *alter) walk(v reflect.Value, path string) {
	switch {
	case v.Type() == exprType:
		if !v.IsNil() {
			a.try(v, reflect.ValueOf(plan.Const{Value: plan.StringValue("altered")}), path)
		}
		return
	case v.Type() == reflect.TypeFor[*plan.Template]():
		if !v.IsNil() {
			a.try(v, reflect.ValueOf(plan.Literal("altered")), path)
		}
		return
	case v.Type() == reflect.TypeFor[plan.Value]():
		return
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			a.walk(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			a.walk(v.Index(i), path)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			key := v.Type().Name() + "." + f.Name
			if f.IsExported() && !overlooked(v.Type(), f, key) {
				a.walk(v.Field(i), path+" "+key)
			}
		}
	case reflect.String:
		a.try(v, reflect.ValueOf(v.String()+"altered").Convert(v.Type()), path)
	case reflect.Bool:
		a.try(v, reflect.ValueOf(!v.Bool()).Convert(v.Type()), path)
	case reflect.Float64:
		a.try(v, reflect.ValueOf(v.Float()+0.125), path)
	case reflect.Int, reflect.Int64:
		a.try(v, reflect.ValueOf(v.Int()+int64(time.Second)).Convert(v.Type()), path)
	case reflect.Uint8:
		a.try(v, reflect.ValueOf(v.Uint()^1).Convert(v.Type()), path)
	}
}

// overlooked are the fields that are meant to be left out, and those whose
// alteration alone makes no plan: indexes, and what belongs together.
func overlooked(owner reflect.Type, f reflect.StructField, key string) bool {
	if owner == reflect.TypeFor[plan.Plan]() {
		return slices.Contains(left, f.Name)
	}
	label := f.Name == "Name" || f.Name == "Label"
	if rule, known := rules[key]; known && rule == nil && !label && !slices.Contains([]string{"Class.Tasks", "Task.Weight", "Task.Sequence", "TaskSet.Tasks", "Profile.Loads", "Target.Host", "Target.Port", "Target.BasePath", "Target.Example"}, key) {
		return true
	}
	return slices.Contains([]string{
		"Request.Series", "Request.Target", "Group.Series", "Load.Classes", "Load.After", "SLA.Groups", "Record.Series", "Pair.Secret",
		"Rule.Metric", "Rule.Quantile", "Rule.Counter", // their name says them
		"Rule.Scale",             // of counters; the limit is told in it
		"Wait.Text", "Wait.Kind", // what it comes to is compared
		"Socket.Series", "Socket.Target", "Send.Series", "Send.Socket", "Receive.Series", "Receive.Socket", "CloseSocket.Socket",
		"Socket.Name", "Send.Name", "Receive.Name", // their rows say them
	}, key)
}

func (a *alter) try(v, other reflect.Value, path string) {
	a.tried++
	before := reflect.New(v.Type()).Elem()
	before.Set(v)
	v.Set(other)
	if Between(a.old, a.now).Empty() {
		a.t.Errorf("%s was altered, and nothing was told", path)
	}
	v.Set(before)
}
