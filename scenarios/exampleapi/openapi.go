package exampleapi

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// openAPI describes the route table as an OpenAPI 3.0 document.
func (s *Service) openAPI() map[string]any {
	paths := map[string]any{}
	for _, res := range s.table.resources {
		item := map[string]any{}
		for _, rt := range res.routes {
			item[strings.ToLower(rt.method)] = operation(res, rt)
		}
		paths[openAPIPath(res)] = item
	}
	return map[string]any{
		"openapi": "3.0.3",
		"info":    map[string]any{"title": s.title, "version": "1.0.0", "description": "An example API to run load tests against."},
		"paths":   paths,
		"components": map[string]any{
			"schemas":         map[string]any{"Error": schemaOf(reflect.TypeFor[errorAnswer]())},
			"securitySchemes": s.securitySchemes(),
		},
	}
}

func (s *Service) securitySchemes() map[string]any {
	schemes := map[string]any{
		"bearer": map[string]any{"type": "http", "scheme": "bearer"},
		"apiKey": map[string]any{"type": "apiKey", "in": "header", "name": "X-API-Key"},
	}
	for _, rt := range s.table.routes {
		if rt.guard != nil {
			schemes[rt.guard.name] = rt.guard.scheme
		}
	}
	return schemes
}

// openAPIPath writes a pattern as OpenAPI does: /leads/{id}.
func openAPIPath(res *resource) string {
	var b strings.Builder
	for _, seg := range res.segments {
		b.WriteByte('/')
		if name, ok := strings.CutPrefix(seg, ":"); ok {
			seg = "{" + name + "}"
		}
		b.WriteString(seg)
	}
	return b.String()
}

func operation(res *resource, rt *route) map[string]any {
	op := map[string]any{
		"operationId": operationID(rt),
		"summary":     rt.summary,
		"responses":   responses(rt),
	}
	if parameters := parameters(res, rt); len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if rt.in != nil || rt.accepts != "" {
		op["requestBody"] = requestBody(rt)
	}
	switch {
	case rt.guard != nil:
		op["security"] = []any{map[string]any{rt.guard.name: []string{}}}
	case !rt.open:
		op["security"] = []any{map[string]any{"bearer": []string{}}, map[string]any{"apiKey": []string{}}}
	}
	return op
}

func requestBody(rt *route) map[string]any {
	kind, schema := jsonKind, map[string]any{"type": "string", "format": "binary"}
	if rt.accepts != "" {
		kind = rt.accepts
	}
	if rt.in != nil {
		schema = withoutRequired(schemaOf(reflect.TypeOf(rt.in)))
	}
	return map[string]any{"required": !rt.bodyless, "content": content(kind, schema)}
}

// operationID makes "get_api_leads_id" of GET /api/leads/:id.
func operationID(rt *route) string {
	id := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r == ':':
			return -1
		}
		return '_'
	}, rt.pattern)
	return strings.ToLower(rt.method) + id
}

func parameters(res *resource, rt *route) []any {
	var out []any
	for _, name := range res.names {
		out = append(out, map[string]any{"name": name, "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
	}
	if rt.paged {
		out = append(out, number("page", 1, maxPage), number("limit", defaultLimit, maxLimit))
	}
	for _, p := range rt.query {
		out = append(out, p.document())
	}
	for _, name := range rt.headers {
		out = append(out, map[string]any{"name": name, "in": "header", "schema": map[string]any{"type": "string"}})
	}
	return out
}

func number(name string, fallback, most int) map[string]any {
	return map[string]any{"name": name, "in": "query", "schema": map[string]any{
		"type": "integer", "minimum": 1, "maximum": most, "default": fallback,
	}}
}

func (r *route) success() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// failures are the statuses beside success that a route may answer without faults.
func (r *route) failures() []int {
	codes := slices.Clone(r.also)
	if !r.open {
		codes = append(codes, http.StatusUnauthorized, http.StatusServiceUnavailable)
	}
	if r.guard != nil {
		codes = append(codes, http.StatusUnauthorized)
	}
	if r.strict {
		codes = append(codes, http.StatusBadRequest)
	}
	if r.strict && r.accepts != "" {
		codes = append(codes, http.StatusRequestEntityTooLarge)
	}
	if r.strict && r.accepts != "" && r.accepts != anyKind {
		codes = append(codes, http.StatusUnsupportedMediaType)
	}
	if r.in != nil || r.paged || len(r.query) > 0 {
		codes = append(codes, http.StatusUnprocessableEntity)
	}
	if strings.Contains(r.pattern, "/:") {
		codes = append(codes, http.StatusNotFound)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func responses(rt *route) map[string]any {
	success := map[string]any{"description": http.StatusText(rt.success())}
	switch {
	case rt.out != nil:
		success["content"] = content(jsonKind, schemaOf(reflect.TypeOf(rt.out)))
	case rt.kind != "":
		success["content"] = content(rt.kind, map[string]any{"type": "string"})
	}
	out := map[string]any{strconv.Itoa(rt.success()): success}
	wrong := map[string]any{"$ref": "#/components/schemas/Error"}
	if rt.oauth {
		wrong = schemaOf(reflect.TypeFor[oauthError]())
	}
	for _, code := range rt.failures() {
		answer := map[string]any{"description": http.StatusText(code)}
		if code >= http.StatusBadRequest {
			answer["content"] = content(jsonKind, wrong)
		}
		out[strconv.Itoa(code)] = answer
	}
	return out
}

func content(kind string, schema map[string]any) map[string]any {
	return map[string]any{kind: map[string]any{"schema": schema}}
}
