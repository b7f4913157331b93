package scaffold

import (
	"math"
	"slices"
	"strings"

	"throng/cmd/throng/internal/scaffold/openapi"
)

const (
	maxNodes = 300    // values made for one schema
	maxDepth = 12     // of values within each other
	maxParts = 50_000 // schemas and properties gathered for one schema
)

// sampler makes up a value that fits a schema, as far as one can without
// solving it: it prefers what the document shows. It is bounded, since schemas
// may refer to themselves, and to each other many times.
type sampler struct {
	nodes int
	parts int
	open  []*openapi.Schema // being sampled, outermost first
}

// sample is a value for a schema.
func sample(schema *openapi.Schema) any {
	v, _ := (&sampler{}).value(schema)
	return v
}

// mediaValue is a value for a kind of content: its example, or a made-up one.
func mediaValue(m *openapi.Media) any {
	if m.Example != nil {
		return plain(m.Example)
	}
	if v, ok := firstExample(m.Examples); ok {
		return v
	}
	return sample(m.Schema)
}

func firstExample(examples map[string]any) (any, bool) {
	for _, name := range sortedKeys(examples) {
		return plain(examples[name]), true
	}
	return nil, false
}

// value is a value for a schema; false where there is no room for one.
func (s *sampler) value(schema *openapi.Schema) (any, bool) {
	if schema == nil {
		return object(nil), true
	}
	if v, ok := shown(schema); ok {
		return v, true
	}
	if s.nodes++; s.nodes > maxNodes || len(s.open) >= maxDepth || slices.Contains(s.open, schema) {
		return nil, false
	}
	s.open = append(s.open, schema)
	defer func() { s.open = s.open[:len(s.open)-1] }()
	for _, alternatives := range [][]*openapi.Schema{schema.OneOf, schema.AnyOf} {
		if len(alternatives) == 0 || len(schema.Properties) > 0 || len(schema.AllOf) > 0 {
			continue
		}
		for _, a := range alternatives {
			if v, ok := s.value(a); ok && v != nil {
				return v, true
			}
		}
	}
	switch kind(schema) {
	case "object":
		return s.object(schema), true
	case "array":
		return s.array(schema), true
	case "boolean":
		return true, true
	case "integer", "number":
		return numberFor(schema), true
	case "string":
		return stringFor(schema), true
	case "null":
		return nil, true
	}
	if len(schema.AllOf) == 1 {
		return s.value(schema.AllOf[0])
	}
	return object(nil), true
}

// shown is a value that the schema itself shows.
func shown(schema *openapi.Schema) (any, bool) {
	switch {
	case schema.Const != nil:
		return plain(schema.Const), true
	case schema.Example != nil:
		return plain(schema.Example), true
	case len(schema.Examples) > 0 && schema.Examples[0] != nil:
		return plain(schema.Examples[0]), true
	case schema.Default != nil:
		return plain(schema.Default), true
	}
	for _, v := range schema.Enum {
		if v != nil {
			return plain(v), true
		}
	}
	return nil, false
}

// kind is the type of value a schema is about.
func kind(schema *openapi.Schema) string {
	for _, t := range schema.Types {
		if t != "null" {
			return t
		}
	}
	switch {
	case len(schema.Types) > 0:
		return "null"
	case len(schema.Properties) > 0 || len(schema.Required) > 0 || schema.Extra:
		return "object"
	case schema.Items != nil:
		return "array"
	case schema.Pattern != "" || schema.MinLength > 0 || schema.MaxLength != nil || schema.Format != "":
		return "string"
	case schema.Min != nil || schema.Max != nil:
		return "number"
	case len(schema.AllOf) == 1 && schema.AllOf[0] != nil:
		return "" // what that one is
	case len(schema.AllOf) > 1:
		return "object"
	}
	return ""
}

// object has the properties that a writer gives, required ones at any depth.
func (s *sampler) object(schema *openapi.Schema) object {
	properties, required := map[string]*openapi.Schema{}, map[string]bool{}
	s.collect(schema, properties, required, 0)
	var o object
	for _, name := range sortedKeys(properties) {
		p := properties[name]
		if p != nil && p.ReadOnly {
			continue
		}
		v, ok := s.value(p)
		if !ok && !required[name] {
			continue
		}
		o = append(o, field{name, v})
	}
	return o
}

// collect gathers the properties of a schema and of those it is composed of.
func (s *sampler) collect(schema *openapi.Schema, properties map[string]*openapi.Schema, required map[string]bool, depth int) {
	if s.parts += 1 + len(schema.Properties); s.parts > maxParts || depth > maxDepth {
		return
	}
	for _, part := range schema.AllOf {
		if part != nil {
			s.collect(part, properties, required, depth+1)
		}
	}
	for _, alternatives := range [][]*openapi.Schema{schema.OneOf, schema.AnyOf} {
		if len(alternatives) > 0 && alternatives[0] != nil {
			s.collect(alternatives[0], properties, required, depth+1)
		}
	}
	for name, p := range schema.Properties {
		properties[name] = p
	}
	for _, name := range schema.Required {
		required[name] = true
	}
}

// array has as many elements as it must, one where it may.
func (s *sampler) array(schema *openapi.Schema) []any {
	const most = 3
	count := min(max(schema.MinItems, 1), most)
	if schema.MaxItems != nil {
		count = min(count, *schema.MaxItems)
	}
	items := []any{}
	for range count {
		v, ok := s.value(schema.Items)
		if !ok {
			break
		}
		items = append(items, v)
	}
	return items
}

func numberFor(schema *openapi.Schema) any {
	low, high := 1.0, math.Inf(1)
	if schema.Max != nil {
		high = *schema.Max
	}
	if v := schema.ExclusiveMax; v != nil {
		high = min(high, *v-1)
	}
	if schema.Min != nil {
		low = *schema.Min
	}
	if v := schema.ExclusiveMin; v != nil {
		low = *v + 1
	}
	v := min(low, high)
	if m := schema.MultipleOf; m != nil && *m > 0 {
		v = math.Ceil(v / *m) * *m
	}
	if kind(schema) == "integer" {
		v = math.Ceil(v)
	}
	return v
}

// stringFor is a text of a format, as long as the schema asks for.
func stringFor(schema *openapi.Schema) any {
	switch strings.ToLower(schema.Format) {
	case "uuid", "guid":
		return expr("uuid()")
	case "date-time":
		return "2024-01-31T12:00:00Z"
	case "date":
		return "2024-01-31"
	case "time":
		return "12:00:00Z"
	case "duration":
		return "PT1M"
	case "email", "idn-email":
		return expr(`"user-${randint(1, 1000)}@example.com"`)
	case "uri", "url", "iri", "uri-reference":
		return "https://example.com/"
	case "hostname", "idn-hostname":
		return "example.com"
	case "ipv4", "ip":
		return "192.0.2.1"
	case "ipv6":
		return "2001:db8::1"
	case "byte":
		return "dGV4dA=="
	}
	text := "text"
	const most = 200
	for len(text) < min(schema.MinLength, most) {
		text += "text"
	}
	if schema.MaxLength != nil && *schema.MaxLength < len(text) {
		text = text[:*schema.MaxLength]
	} else if schema.MinLength > 0 && schema.MinLength <= most {
		text = text[:max(schema.MinLength, 4)]
	}
	return text
}

// plain is a decoded value with objects in the order of their keys, bounded
// in depth.
func plain(v any) any { return plainTo(v, maxDepth) }

func plainTo(v any, depth int) any {
	switch v := v.(type) {
	case map[string]any:
		var o object
		for _, name := range sortedKeys(v) {
			if depth > 0 {
				o = append(o, field{name, plainTo(v[name], depth-1)})
			}
		}
		return o
	case []any:
		items := []any{}
		for _, item := range v[:min(len(v), 20)] {
			if depth > 0 {
				items = append(items, plainTo(item, depth-1))
			}
		}
		return items
	case string, bool, float64, int:
		return v
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	}
	return nil
}

// jsonable is a value as encoding/json takes it. An expression, which gives
// its value only in a run, is replaced by a text.
func jsonable(v any) any {
	switch v := v.(type) {
	case object:
		m := map[string]any{}
		for _, f := range v {
			m[f.name] = jsonable(f.value)
		}
		return m
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = jsonable(item)
		}
		return items
	case expr:
		return "text"
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0
		}
	}
	return v
}
