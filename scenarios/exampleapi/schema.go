package exampleapi

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// schemaOf describes a Go type in OpenAPI's schema language, by its JSON tags.
// Fields without omitempty are required in answers.
func schemaOf(t reflect.Type) map[string]any {
	if t == reflect.TypeFor[time.Time]() {
		return map[string]any{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		s := schemaOf(t.Elem())
		s["nullable"] = true
		return s
	case reflect.Struct:
		return objectSchema(t)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return map[string]any{"type": "integer"}
	}
	return map[string]any{}
}

func objectSchema(t reflect.Type) map[string]any {
	properties := map[string]any{}
	var required []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			inner := objectSchema(f.Type)
			for k, v := range inner["properties"].(map[string]any) {
				properties[k] = v
			}
			if names, ok := inner["required"].([]string); ok {
				required = append(required, names...)
			}
			continue
		case name == "-" || name == "":
			continue
		case options == "":
			required = append(required, name)
		}
		properties[name] = schemaOf(f.Type)
	}
	s := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		slices.Sort(required)
		s["required"] = required
	}
	return s
}

// withoutRequired is a schema for bodies: handlers say themselves what they
// need, and most fields have a default.
func withoutRequired(s map[string]any) map[string]any {
	delete(s, "required")
	return s
}
