package exampleapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const (
	formKind      = "application/x-www-form-urlencoded"
	multipartKind = "multipart/form-data"
	anyKind       = "*/*"
)

// maxText is the longest value of a query parameter, in bytes.
const maxText = 2000

// A guard lets those through who show its kind of credentials.
type guard struct {
	name   string         // of the security scheme in OpenAPI
	words  string         // for people
	scheme map[string]any // OpenAPI's description
	check  func(*call) error
}

// strictly makes routes strict: open to everybody but for their guards, with
// JSON bodies unless they say otherwise, and fast.
func strictly(routes []route) []route {
	for i := range routes {
		r := &routes[i]
		r.strict, r.open = true, true
		if r.in != nil && r.accepts == "" {
			r.accepts = jsonKind
		}
		if r.latency == (latency{}) {
			r.latency = swift
		}
	}
	return routes
}

func badRequest(format string, args ...any) *failed {
	return problem(http.StatusBadRequest, "bad_request", format, args...)
}

func forbidden(format string, args ...any) *failed {
	return problem(http.StatusForbidden, "forbidden", format, args...)
}

func conflict(code, format string, args ...any) *failed {
	return problem(http.StatusConflict, code, format, args...)
}

// admit checks everything that stands before the body.
func (c *call) admit() error {
	if c.route.guard != nil {
		if err := c.route.guard.check(c); err != nil {
			return err
		}
	}
	if err := c.checkQuery(); err != nil {
		return err
	}
	return c.checkKind()
}

func (c *call) checkQuery() error {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return badRequest("the query is not well-formed: %v", err)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.ContainsFunc(c.route.query, func(p param) bool { return p.name == name }) {
			return badRequest("%s takes no query parameter %q", c.route.name(), name)
		}
	}
	for _, p := range c.route.query {
		if err := p.check(values[p.name]); err != nil {
			return err
		}
	}
	c.query = values
	return nil
}

// checkKind checks the media type of the body.
func (c *call) checkKind() error {
	want, given := c.route.accepts, c.r.Header.Get("Content-Type")
	if want == "" || want == anyKind || given == "" && c.route.bodyless && c.r.ContentLength == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(given)
	if err != nil || kind != want {
		return problem(http.StatusUnsupportedMediaType, "unsupported_media_type",
			"the body must be %s, and Content-Type say so; it says %q", want, given)
	}
	return nil
}

func (c *call) checkBody() error {
	switch takes := c.route.accepts != ""; {
	case !takes && len(c.body) > 0:
		return badRequest("%s takes no body", c.route.name())
	case takes && len(c.body) == 0 && !c.route.bodyless:
		return badRequest("a body is needed: %s", c.route.accepts)
	}
	return nil
}

// object reads the JSON body into v, a pointer to a struct; a field that v does
// not have is an error. It leaves v alone if there is no body.
func (c *call) object(v any) error {
	if len(c.body) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return jsonProblem(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return badRequest("the body goes on after its JSON value")
	}
	return nil
}

func jsonProblem(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return invalid("%s can't be a JSON %s", wrong.Field, wrong.Value)
	}
	if wrong != nil {
		return invalid("the body must be a JSON object, not a JSON %s", wrong.Value)
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return invalid("there is no field %s here", field)
	}
	return badRequest("the body is not JSON: %v", err)
}

// form reads the form in the body into v, a pointer to a struct of strings that
// are named by their JSON tags. A field that v does not have, or that is given
// twice, is an error.
func (c *call) form(v any) error {
	values, err := url.ParseQuery(string(c.body))
	if err != nil {
		return badRequest("the form is not well-formed: %v", err)
	}
	to := reflect.ValueOf(v).Elem()
	for i := range to.NumField() {
		name, _, _ := strings.Cut(to.Type().Field(i).Tag.Get("json"), ",")
		if len(values[name]) > 1 {
			return invalid("the form's field %q is given %d times", name, len(values[name]))
		}
		to.Field(i).SetString(values.Get(name))
		delete(values, name)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		return invalid("the form has no field %q", name)
	}
	return nil
}

// A param is a query parameter that a strict route declares: text, or a whole
// number from least to most.
type param struct {
	name     string
	required bool
	repeated bool     // may be given several times
	oneOf    []string // what the text may be; anything if empty
	number   bool
	least    int
	most     int
	fallback int // of a number that is left out
}

// whole declares a whole number.
func whole(name string, least, most, fallback int) param {
	return param{name: name, number: true, least: least, most: most, fallback: fallback}
}

func (p *param) check(values []string) error {
	switch {
	case len(values) == 0 && p.required:
		return badRequest("the query parameter %q is missing", p.name)
	case len(values) > 1 && !p.repeated:
		return badRequest("the query parameter %q is given %d times", p.name, len(values))
	}
	for _, v := range values {
		switch {
		case p.number:
			if n, err := strconv.Atoi(v); err != nil || n < p.least || n > p.most {
				return invalid("%s must be a whole number from %d to %d", p.name, p.least, p.most)
			}
		case len(v) > maxText || p.required && v == "":
			return invalid("%s must have 1 to %d characters", p.name, maxText)
		case len(p.oneOf) > 0 && !slices.Contains(p.oneOf, v):
			return invalid("%s must be one of %s", p.name, strings.Join(p.oneOf, ", "))
		}
	}
	return nil
}

// document describes the parameter for OpenAPI.
func (p *param) document() map[string]any {
	schema := map[string]any{"type": "string"}
	switch {
	case p.number:
		schema = map[string]any{"type": "integer", "minimum": p.least, "maximum": p.most, "default": p.fallback}
	case len(p.oneOf) > 0:
		schema["enum"] = p.oneOf
	}
	if p.repeated {
		schema = map[string]any{"type": "array", "items": schema}
	}
	return map[string]any{"name": p.name, "in": "query", "required": p.required, "schema": schema}
}

// number returns the value of a declared number.
func (c *call) number(name string) int {
	if n, err := strconv.Atoi(c.query.Get(name)); err == nil {
		return n
	}
	i := slices.IndexFunc(c.route.query, func(p param) bool { return p.name == name })
	return c.route.query[i].fallback
}

// origin is the scheme and host that the client has used.
func (c *call) origin() string {
	if c.r.TLS != nil {
		return "https://" + c.r.Host
	}
	return "http://" + c.r.Host
}

// cookie returns the value of a cookie, "" if it was not sent.
func (c *call) cookie(name string) string {
	if found, err := c.r.Cookie(name); err == nil {
		return found.Value
	}
	return ""
}

// setCookie is the header field that sets a cookie of this host; age is in
// seconds, 0 until the browser ends, negative to delete it.
func setCookie(name, value string, age int) []string {
	cookie := http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	return []string{"Set-Cookie", cookie.String()}
}

// redirect sends the client elsewhere, with further header fields.
func redirect(location string, header ...string) reply {
	return reply{status: http.StatusFound, kind: "text/plain; charset=utf-8", body: []byte("see " + location + "\n"),
		header: append([]string{"Location", location}, header...)}
}
