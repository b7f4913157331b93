package compile

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

const defaultIdle = 30 * time.Second

var streamFormats = map[string]plan.StreamFormat{
	"sse": plan.StreamSSE, "ndjson": plan.StreamNDJSON, "chunks": plan.StreamChunks,
}

// streaming compiles a request's stream block, before what reads its result.
func (k *classBuilder) streaming(r *plan.Request, b *config.Block) {
	n := b.First("stream")
	if k.streams = n != nil; n == nil {
		return
	}
	c := k.c
	s := &plan.Stream{Site: c.site(n.Range, n), Idle: defaultIdle}
	if r.Method == "HEAD" {
		c.fail(n, diag.InvalidValue, n.Range, "An answer to head has no body, so there is nothing to stream.")
	}
	format, _ := c.keyword(n, "format")
	s.Format = streamFormats[format] // server-sent events when left out
	s.Until, s.Text = k.arriving(n, "until")
	if d, ok := c.duration(n, "idle"); ok {
		if s.Idle = d; d <= 0 {
			c.fail(n, diag.OutOfRange, n.Arg("idle").Expr.Range(), "idle must be longer than 0: it is the longest silence of the server.")
		}
	}
	if most, ok := c.count(n, "events"); ok {
		if s.MaxEvents = most; most == 0 {
			c.fail(n, diag.OutOfRange, n.Arg("events").Expr.Range(), "events must be at least 1. Leave it out to read until the stream ends.")
		}
	}
	if again := n.First("reconnect"); again != nil {
		if s.Format != plan.StreamSSE {
			c.fail(again, diag.InvalidValue, again.Range, "Only server-sent events can be taken up again where they broke off: their ids say where. Leave out reconnect, or the format.")
		}
		s.Reconnect = k.reconnect(again)
	}
	r.Stream = s
}

// reconnect compiles how a lost connection is made again.
func (k *classBuilder) reconnect(n *config.Block) *plan.Reconnect {
	r := &plan.Reconnect{}
	if a := n.Arg("backoff"); a != nil {
		r.Backoff, _ = k.c.seconds(a, n, k)
	}
	if most, ok := k.c.count(n, "attempts"); ok {
		if r.Attempts = most; most == 0 {
			k.c.fail(n, diag.OutOfRange, n.Arg("attempts").Expr.Range(), "attempts must be at least 1. Without a reconnect block a lost connection stays lost; without attempts it is tried until it succeeds.")
		}
	}
	return r
}

// arriving compiles a condition on something that arrives, a message or an
// event. One that does not look at it is worth a word.
func (k *classBuilder) arriving(n *config.Block, name string) (plan.Expr, string) {
	a := n.Arg(name)
	if a == nil {
		return nil, ""
	}
	e, ok := k.c.syntax(a, n)
	if !ok {
		return nil, ""
	}
	l := k.c.lowering(a, n, k)
	if _, ok := l.check(a, cty.Bool); !ok {
		return nil, ""
	}
	if l.static(e) {
		k.c.warn(n, diag.InvalidValue, e.Range(), "The condition is the same for every message or event: it does not look at any.")
	}
	return l.lower(e), sourceText(n.Module, e.Range())
}

// stream lowers response.stream.first, response.stream.last.json.a ….
func (l *lowering) stream(e *hclsyntax.ScopeTraversalExpr) plan.Expr {
	t := e.Traversal
	if !l.streamed(t) {
		return unknown
	}
	name, rest := stepName(t[2]), t[3:]
	get := streamAttributes[name]
	if name == "last" {
		if stepName(t[3]) == "json" {
			return l.document(e)
		}
		name, rest = "last."+stepName(t[3]), t[4:]
		get = lastAttribute(stepName(t[3]))
	}
	return l.steps(&property{"response.stream." + name, func(f *plan.Frame) plan.Value {
		if r := f.Response; r != nil && r.Stream != nil && get != nil {
			return get(r.Stream)
		}
		return plan.NullValue()
	}}, rest, e.Range())
}

// streamed reports an expression that reads a stream where a request has
// none, or all of it as one value.
func (l *lowering) streamed(t hcl.Traversal) bool {
	switch {
	case stepName(t[1]) != "stream":
		return true
	case len(t) < 3 || stepName(t[2]) == "last" && len(t) < 4:
		l.c.fail(l.block, diag.InvalidExpression, t.SourceRange(), "A stream is read by what it came to, such as response.stream.first, response.stream.events or response.stream.last.text.")
		return false
	case l.class == nil || l.class.streams:
		return true
	}
	l.c.fail(l.block, diag.NotAvailable, t.SourceRange(), "This request's answer is read as a whole, so it has no response.stream. Give the request a stream block.")
	return false
}

// streamAttributes are what a stream came to. There is no time to a first
// event without one, and no gap between fewer than two.
var streamAttributes = map[string]func(s *plan.StreamInfo) plan.Value{
	"first": func(s *plan.StreamInfo) plan.Value {
		if s.Events == 0 {
			return plan.NullValue()
		}
		return plan.FloatValue(s.First.Seconds())
	},
	"gap": func(s *plan.StreamInfo) plan.Value {
		if s.Events < 2 {
			return plan.NullValue()
		}
		return plan.FloatValue(s.Gap.Seconds())
	},
	"total":  func(s *plan.StreamInfo) plan.Value { return plan.FloatValue(s.Total.Seconds()) },
	"events": func(s *plan.StreamInfo) plan.Value { return plan.IntValue(s.Events) },
}

// lastAttribute is an attribute of the last event, null without one.
func lastAttribute(name string) func(s *plan.StreamInfo) plan.Value {
	if name == "text" {
		name = "data"
	}
	get := eventAttributes[name]
	if get == nil {
		return nil
	}
	return func(s *plan.StreamInfo) plan.Value {
		if s.Last.Data == nil {
			return plan.NullValue()
		}
		return get(&s.Last)
	}
}

// streamValue is response.stream for HCL's evaluator; none where nothing
// reads it or there was no stream.
func (h *evaluated) streamValue(f *plan.Frame) (cty.Value, error) {
	read, document := false, false
	for _, t := range h.response {
		if stepName(t[1]) != "stream" {
			continue
		}
		read = true
		of, _, ok := documentOf(t)
		document = document || ok && of == docLast
	}
	if !read || f.Response.Stream == nil {
		return cty.NilVal, nil
	}
	attrs, last := map[string]cty.Value{}, map[string]cty.Value{}
	for name, get := range streamAttributes {
		attrs[name] = toCty(get(f.Response.Stream))
	}
	for _, name := range []string{"text", "name", "id"} {
		last[name] = toCty(lastAttribute(name)(f.Response.Stream))
	}
	if document {
		v, err := h.documentValue(docLast, f)
		if err != nil {
			return cty.NilVal, err
		}
		if v != cty.NilVal {
			last["json"] = v
		}
	}
	attrs["last"] = cty.ObjectVal(last)
	return cty.ObjectVal(attrs), nil
}
