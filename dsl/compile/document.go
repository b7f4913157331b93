package compile

import (
	"github.com/hashicorp/hcl/v2"

	"throng/dsl/plan"
)

// document is one of the JSON texts that expressions of a run read.
type document uint8

// Documents.
const (
	docAnswer  document = iota // response.json
	docMessage                 // message.json
	docSent                    // sent.json
	docEvent                   // event.json
	docLast                    // response.stream.last.json
)

var documentRoots = [...]string{"response.json", "message.json", "sent.json", "event.json", "response.stream.last.json"}

// String is how an expression names it.
func (d document) String() string { return documentRoots[d] }

// words are how failures name it.
func (d document) words() string {
	return [...]string{"the answer", "the message", "the sent message", "the event", "the last event"}[d]
}

// lenient reports whether a text that is not JSON reads as null: sockets and
// streams carry texts of several kinds, and a condition tells them apart.
func (d document) lenient() bool { return d != docAnswer }

// documentOf is the document that a traversal reads, and what follows in it.
func documentOf(t hcl.Traversal) (d document, rest hcl.Traversal, ok bool) {
	if len(t) < 2 {
		return 0, nil, false
	}
	name := stepName(t[1])
	switch t.RootName() {
	case "response":
		if name == "stream" && len(t) > 3 && stepName(t[2]) == "last" && stepName(t[3]) == "json" {
			return docLast, t[4:], true
		}
		return docAnswer, t[2:], name == "json"
	case "message":
		return docMessage, t[2:], name == "json"
	case "sent":
		return docSent, t[2:], name == "json"
	case "event":
		return docEvent, t[2:], name == "json"
	}
	return 0, nil, false
}

// text is the document in a frame, and what is known of it; nil where there
// is none.
func (d document) text(f *plan.Frame) (text []byte, state *plan.JSONState) {
	switch d {
	case docAnswer:
		if r := f.Response; r != nil {
			return r.Body, &r.JSON
		}
	case docMessage:
		if m := f.Message; m != nil {
			return m.Data, &m.JSON
		}
	case docSent:
		if m := f.Sent; m != nil {
			return m.Data, &m.JSON
		}
	case docEvent:
		if e := f.Event; e != nil {
			return e.Data, &e.JSON
		}
	case docLast:
		if r := f.Response; r != nil && r.Stream != nil {
			return r.Stream.Last.Data, &r.Stream.Last.JSON
		}
	}
	return nil, nil
}

// valid is the document in a frame where it is JSON; it looks once.
func (d document) valid(f *plan.Frame) (text []byte, ok bool) {
	text, state := d.text(f)
	return text, state != nil && validJSON(text, state)
}
