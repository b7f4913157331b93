package resolve

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/schema"
)

// Attributes of the roots that are the same in every scenario.
var attributes = map[string][]string{
	"path":     {"module", "root"},
	"user":     {"id", "index", "class", "iteration"},
	"run":      {"id", "profile"},
	"response": {"status", "headers", "cookies", "body", "json", "html", "xml", "url", "elapsed", "size", "protocol", "stream"},
	"message":  {"text", "json", "size", "binary"},
	"sent":     {"text", "json", "size", "binary"},
	"event":    {"data", "json", "name", "id"},

	"response.stream":      {"first", "total", "gap", "events", "last"},
	"response.stream.last": {"text", "json", "name", "id"},
}

// attribute holds a name of a root whose attributes are fixed, and those of
// what it names, against what there is.
func (c *checker) attribute(b *config.Block, of string, path []string, at hcl.Range) {
	fixed, known := attributes[of]
	switch {
	case !known || len(path) == 0:
	case slices.Contains(fixed, path[0]):
		c.attribute(b, of+"."+path[0], path[1:], at)
	default:
		c.report(diag.New(diag.UnknownAttribute, at, "%s has no attribute %q. It has %s.", of, path[0], joined(fixed)).
			DidYouMean(path[0], fixed), b)
	}
}

// readings are what the arguments of places of their own read.
var readings = map[schema.Phase]string{
	schema.Message: "a message", schema.Reply: "a message and the one it answers, which is sent", schema.Event: "an event",
}

// places are where what only one place knows can be read.
var places = map[schema.Phase]string{
	schema.Response: " It can be read in capture and expect; keep a value for later steps with capture = { NAME = response.… } and read session.NAME.",
	schema.Message:  " It can be read in when, capture and record of receive, reply and on_message, and in the steps within on_message; keep a value for later steps with capture = { NAME = message.… } and read session.NAME.",
	schema.Reply:    " It can be read in when, capture and record of reply.",
	schema.Event:    " It can be read in until of a stream block; capture, expect and record read response.stream.",
}

// notAvailable says why a root cannot be read in an argument that is settled
// before the root is known.
func notAvailable(word string, known, phase schema.Phase, a *config.Arg, at hcl.Range) *diag.Diagnostic {
	when := map[schema.Phase]string{
		schema.User:     "is known only while a user runs",
		schema.Response: "is known only once the answer is there",
		schema.Message:  "is known only where a message of a socket has come",
		schema.Reply:    "is known only where the reply to a message is looked for",
		schema.Event:    "is known only while a stream is read",
	}[known]
	settled := "before the run"
	if a.Schema != nil && a.Schema.Phase == schema.User {
		settled = "before the request is sent"
	}
	d := diag.New(diag.NotAvailable, at, "%q %s, but %s is settled %s.", word, when, a.Name, settled)
	switch {
	case known > schema.Response:
		d.Detail = fmt.Sprintf("%q %s, and %s is not read there.", word, when, a.Name)
	case known == schema.Response && phase > schema.Response:
		d.Detail = fmt.Sprintf("%q is the answer to a request, and %s reads %s.", word, a.Name, readings[phase])
		d.Detail += " Keep a value for it with capture = { NAME = response.… } in the request, and read session.NAME."
		return d
	}
	d.Detail += places[known]
	return d
}
