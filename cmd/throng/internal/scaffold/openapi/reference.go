package openapi

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// maxHops bounds references to references, which may run in a circle.
const maxHops = 64

// object is the object that v is or refers to; false where it is none.
func (r *reader) object(v any, at *place) (node, bool) {
	return r.resolve(v, at, false)
}

// resolve follows references. With siblings, an object keeps what it has beside
// its $ref, before what it refers to.
func (r *reader) resolve(v any, at *place, siblings bool) (node, bool) {
	n, here := node{at: at}, at
	for range maxHops {
		m, ok := v.(map[string]any)
		if !ok {
			if v != nil {
				r.wrong(here, "an object", v)
			}
			return node{}, false
		}
		ref, ok := m["$ref"].(string)
		if !ok {
			if len(n.parts) == 0 {
				n.at = here
			}
			n.parts = append(n.parts, m)
			return n, true
		}
		if siblings && len(m) > 1 {
			n.parts = append(n.parts, m)
		}
		if v, here, ok = r.target(ref); !ok {
			r.fail(at, "this refers to %q, which the document does not have", ref)
			return node{}, false
		}
	}
	r.fail(at, "this refers to itself, or to too many references in a row")
	return node{}, false
}

// target is what a reference points to, and where that stands. It is a JSON
// pointer (RFC 6901) in the fragment of a URL.
func (r *reader) target(ref string) (v any, at *place, ok bool) {
	pointer, local := strings.CutPrefix(ref, "#")
	pointer, err := url.PathUnescape(pointer)
	if !local || err != nil || pointer != "" && pointer[0] != '/' {
		return nil, nil, false
	}
	v = r.root
	for pointer != "" {
		var name string
		name, pointer, _ = strings.Cut(pointer[1:], "/")
		if pointer != "" {
			pointer = "/" + pointer
		}
		name = unescape.Replace(name)
		if v, ok = child(v, name); !ok {
			return nil, nil, false
		}
		at = at.in(name)
	}
	return v, at, true
}

func child(v any, name string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		c, ok := v[name]
		return c, ok
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(v) {
			return v[i], true
		}
	}
	return nil, false
}

// check refuses a document that refers to another one or to nothing, wherever
// it does, so that what is made of it does not depend on which parts are read.
// names says that v's keys are names of the document's own, not the format's.
func (r *reader) check(v any, at *place, names bool) error {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			if err := r.check(item, at.in(strconv.Itoa(i)), false); err != nil {
				return err
			}
		}
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && !names {
			if err := r.checkReference(ref, at); err != nil {
				return err
			}
		}
		for key, c := range sorted(v) {
			if !names && literal(key, c) {
				continue
			}
			if err := r.check(c, at.in(key), !names && naming[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reader) checkReference(ref string, at *place) error {
	if ref != "" && !strings.HasPrefix(ref, "#") {
		return fmt.Errorf("the document refers to another one, and only the one that is named is read: %s refers to %q\nBundle them into one file first", at, ref)
	}
	if _, _, ok := r.target(ref); !ok {
		return fmt.Errorf("the document cannot be read: %s refers to %q, which it does not have", at, ref)
	}
	return nil
}

// naming are the keys under which an object has names for keys.
var naming = map[string]bool{
	"properties": true, "patternProperties": true, "dependentSchemas": true, "$defs": true, "definitions": true,
	"schemas": true, "parameters": true, "responses": true, "requestBodies": true, "headers": true, "examples": true,
	"securitySchemes": true, "links": true, "callbacks": true, "paths": true, "webhooks": true, "pathItems": true,
	"content": true, "encoding": true, "mediaTypes": true,
}

// literal reports whether a key holds a value of the API itself, in which
// a $ref is nothing but a name.
func literal(key string, v any) bool {
	switch key {
	case "example", "default", "enum", "const", "value":
		return true
	case "examples":
		_, list := v.([]any)
		return list
	}
	return strings.HasPrefix(key, "x-")
}
