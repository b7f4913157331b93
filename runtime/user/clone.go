package user

import (
	"strings"

	"throng/dsl/plan"
)

// clone is a copy of v that shares no text with it: an expression's value
// may point into the answer's buffer.
func clone(v plan.Value) plan.Value {
	switch v.Kind() {
	case plan.String:
		return plan.StringValue(strings.Clone(v.Str()))
	case plan.List:
		items := make([]plan.Value, len(v.Items()))
		for i, item := range v.Items() {
			items[i] = clone(item)
		}
		return plan.ListValue(items)
	case plan.Object:
		fields := make([]plan.Field, len(v.Fields()))
		for i, f := range v.Fields() {
			fields[i] = plan.Field{Name: strings.Clone(f.Name), Value: clone(f.Value)}
		}
		return plan.ObjectValue(fields)
	}
	return v
}
