package exampleapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

const jsonKind = "application/json"

// A reply is a whole answer, not yet written.
type reply struct {
	status  int
	kind    string // media type of body
	body    []byte
	header  []string                  // further fields: name, value, name, value
	upgrade func(http.ResponseWriter) // takes over the connection instead of answering
	flow    *flow                     // instead of body
}

// A failed is the error that handlers return: an answer with a status of 400 or more.
type failed struct {
	status int
	code   string // for machines
	detail string // for people
	header []string
}

func (f *failed) Error() string { return f.detail }

func problem(status int, code, format string, args ...any) *failed {
	return &failed{status: status, code: code, detail: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *failed {
	return problem(http.StatusUnprocessableEntity, "invalid", format, args...)
}

func missing(what, id string) *failed {
	return problem(http.StatusNotFound, "not_found", "there is no %s %q", what, id)
}

type errorAnswer struct {
	Error     string `json:"error"`
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
}

// failure is the answer that says err.
func failure(c *call, err error) reply {
	if c.route != nil && c.route.oauth {
		return oauthReply(err)
	}
	return errorReply(c.id, err)
}

func errorReply(requestID string, err error) reply {
	f := failedOf(err)
	r := asJSON(f.status, errorAnswer{f.code, f.detail, requestID})
	r.header = f.header
	return r
}

func failedOf(err error) *failed {
	var f *failed
	if !errors.As(err, &f) {
		f = problem(http.StatusInternalServerError, "internal", "%v", err)
	}
	return f
}

// asJSON is an answer with v as its body. v is one of our own types, which
// always can be encoded.
func asJSON(status int, v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		panic("exampleapi: " + err.Error())
	}
	return reply{status: status, kind: jsonKind, body: body}
}

// encoded is an answer with a body that is JSON already.
func encoded(status int, body []byte) reply {
	return reply{status: status, kind: jsonKind, body: body}
}

func created(location string, body []byte) reply {
	return reply{status: http.StatusCreated, kind: jsonKind, body: body, header: []string{"Location", location}}
}

func (a *reply) setHeader(h http.Header) {
	for i := 0; i+1 < len(a.header); i += 2 {
		h.Add(a.header[i], a.header[i+1])
	}
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		return
	}
	h.Set("Content-Type", a.kind)
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
}

// write sends the answer; to a HEAD request, without its body.
func (a reply) write(w http.ResponseWriter, method string) {
	a.setHeader(w.Header())
	w.WriteHeader(a.status)
	if method != http.MethodHead && len(a.body) > 0 {
		_, _ = w.Write(a.body) // a client that left is no concern of ours
	}
}

// cutShort announces the whole answer, sends half of it and cuts the
// connection (over HTTP/2, the stream).
func (a reply) cutShort(w http.ResponseWriter) {
	a.setHeader(w.Header())
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// decode reads the JSON body into v, a pointer.
func (c *call) decode(v any) error {
	if len(c.body) == 0 {
		return invalid("a JSON body is needed")
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return invalid("%s can't be a JSON %s", wrong.Field, wrong.Value)
		}
		return invalid("the body is not the JSON that is needed: %v", err)
	}
	return nil
}

const (
	defaultLimit = 20
	maxLimit     = 100
	maxPage      = 1_000_000
)

// paging reads the query parameters page (from 1) and limit (1 to 100).
func (c *call) paging() (page, limit int, err error) {
	page, limit = 1, defaultLimit
	if c.r.URL.RawQuery == "" {
		return page, limit, nil
	}
	query := c.r.URL.Query()
	if page, err = within(query.Get("page"), "page", page, maxPage); err != nil {
		return 0, 0, err
	}
	if limit, err = within(query.Get("limit"), "limit", limit, maxLimit); err != nil {
		return 0, 0, err
	}
	return page, limit, nil
}

func within(text, name string, fallback, most int) (int, error) {
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, invalid("%s must be a whole number from 1 to %d", name, most)
	}
	return n, nil
}
