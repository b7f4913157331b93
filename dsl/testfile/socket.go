package testfile

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/stdlib/convert"
)

// socket is what a route opens, as it is declared.
type socket struct {
	route   *route
	sends   []*frame
	replies []*frame
}

// frame is a send or a reply.
type frame struct {
	block                     *config.Block
	stream                    uint64
	when, json, body, latency *expression
}

// messages is what the messages of a route's sockets are listed under.
func (rt *route) messages() string { return "MESSAGE " + rt.Path }

// readSocket reads what of a socket no variable changes.
func (d *decoder) readSocket(rt *route, b *config.Block) *socket {
	s := &socket{route: rt}
	for _, name := range []string{"status", "headers", "json", "body"} {
		if a := rt.block.Arg(name); a != nil {
			d.fail(rt.block, diag.ConflictingArguments, a.NameRange, "A route that opens a socket has no other answer, so it has no %s.", name).Relate("the socket is here", b.Range)
		}
	}
	if rt.Method != "" && rt.Method != "GET" {
		d.fail(rt.block, diag.InvalidRoute, rt.block.Labels[0].Range, "A socket is opened by GET, and never by %s.", rt.Method)
	}
	for i, n := range b.Of("send") {
		f := d.readFrame(rt, n, uint64(i))
		if f.json == nil && f.body == nil && n.Arg("close") == nil && !n.Broken {
			d.fail(n, diag.MissingArgument, n.Range, "There is nothing to send. Give it json, body or close.")
		}
		s.sends = append(s.sends, f)
	}
	var all *frame
	for i, n := range b.Of("reply") {
		f := d.readFrame(rt, n, uint64(len(s.sends)+i))
		if s.replies = append(s.replies, f); all != nil {
			d.report(n, diag.NewWarning(diag.Unused, n.Range, "This reply is never given: one above answers every message.").Relate("that one is here", all.block.Range))
		} else if f.when == nil {
			all = f
		}
	}
	if len(s.sends)+len(s.replies) == 0 && !b.Broken {
		d.report(b, diag.NewWarning(diag.EmptyBlock, b.Range, "This socket says nothing and answers nothing. An echo is reply { body = message.text }."))
	}
	return s
}

func (d *decoder) readFrame(rt *route, b *config.Block, number uint64) *frame {
	f := &frame{block: b, stream: rt.stream + 1 + number}
	var said *config.Arg
	for _, a := range b.Args {
		switch a.Name {
		case "when":
			f.when = newExpression(a.Expr, d.file.language)
		case "json":
			f.json = newExpression(a.Expr, d.file.language)
		case "body":
			f.body = newExpression(a.Expr, d.file.language)
		case "latency":
			f.latency = newExpression(a.Expr, d.file.language)
		}
		if !slices.Contains([]string{"json", "body", "close"}, a.Name) {
			continue
		}
		if said != nil {
			d.fail(b, diag.ConflictingArguments, a.NameRange, "What is said is one of json, body and close.").Relate("the other one is here", said.NameRange)
		}
		said = a
	}
	return f
}

// checkSocketNames holds a socket's expressions against what they may read.
func (d *decoder) checkSocketNames(rt *route, vars *variables, run *config.Block) {
	for _, f := range slices.Concat(rt.socket.sends, rt.socket.replies) {
		for _, a := range f.block.Args {
			p := place{"var": ofVariables(vars, run, "mock")}
			if slices.Contains([]string{"when", "json", "body"}, a.Name) {
				p["request"] = rt.ofRequest
				if f.block.Type == "reply" {
					p["message"] = ofMessage
				}
			}
			d.checkNames(f.block, a, p)
		}
	}
}

// messageAttributes are those of a message, as expressions read them.
var messageAttributes = []string{"binary", "count", "json", "text"}

// ofMessage is the rule of message.
func ofMessage(t hcl.Traversal) *diag.Diagnostic {
	if len(t) < 2 {
		return nil
	}
	if name := stepName(t[1]); !slices.Contains(messageAttributes, name) {
		return diag.New(diag.UnknownAttribute, t.SourceRange(), "A message has no %q. It has %s.", name, strings.Join(messageAttributes, ", ")).DidYouMean(name, messageAttributes)
	}
	return nil
}

var unknownMessage = cty.ObjectVal(map[string]cty.Value{
	"text": cty.UnknownVal(cty.String), "json": cty.DynamicVal, "binary": cty.UnknownVal(cty.Bool), "count": cty.UnknownVal(cty.Number),
})

func messageValue(m Message) cty.Value {
	document := cty.NullVal(cty.DynamicPseudoType)
	if v, ok := parseDocument(m.Data); ok && utf8.Valid(m.Data) {
		document = v
	}
	return cty.ObjectVal(map[string]cty.Value{
		"text": cty.StringVal(strings.ToValidUTF8(string(m.Data), "\uFFFD")), "json": document,
		"binary": cty.BoolVal(m.Binary), "count": cty.NumberIntVal(int64(m.Count)),
	})
}

// serve is the socket for one run. What is wrong with it is added to what d
// found.
func (s *socket) serve(d *decoder, vars *variables, seed uint64) *Socket {
	out := &Socket{}
	for _, f := range s.sends {
		code := f.code(d, vars)
		after, _ := d.duration(f.block, "after", vars)
		every, _ := d.duration(f.block, "every", vars)
		_, found := f.said(vars, s.route.unknownRequest(), cty.NilVal, d.meter)
		d.diags.Extend(found)
		out.Sends = append(out.Sends, Send{After: after, Every: every, Frame: func(q Request) (Frame, error) {
			text, found := f.said(vars, requestValue(q, false), cty.NilVal, config.NewMeter())
			return Frame{text, code}, found.Err()
		}})
	}
	if len(s.replies) > 0 {
		out.Reply = s.reply(d, vars, seed)
	}
	return out
}

// reply makes the function that answers messages.
func (s *socket) reply(d *decoder, vars *variables, seed uint64) func(Request, Message) (Reply, error) {
	type ready struct {
		*frame
		code    int
		latency func() time.Duration
	}
	var all []ready
	for _, f := range s.replies {
		r := ready{f, f.code(d, vars), func() time.Duration { return 0 }}
		if f.latency != nil && !f.block.Arg("latency").Bad {
			law, found := f.latency.law(vars, d.meter)
			d.diags.Extend(found)
			r.latency = law.draws(seed, f.stream)
		}
		_, found := f.answers(vars, s.route.unknownRequest(), unknownMessage, d.meter)
		d.diags.Extend(found)
		_, found = f.said(vars, s.route.unknownRequest(), unknownMessage, d.meter)
		d.diags.Extend(found)
		all = append(all, r)
	}
	return func(q Request, m Message) (Reply, error) {
		meter := config.NewMeter()
		meter.Grant(len(m.Data) * workOfByte)
		request, message := requestValue(q, false), messageValue(m)
		for _, f := range all {
			yes, found := f.answers(vars, request, message, meter)
			switch {
			case found.HasErrors():
				return Reply{}, found.Err()
			case !yes:
				continue
			}
			text, found := f.said(vars, request, message, meter)
			none := f.json == nil && f.body == nil && f.code == 0
			return Reply{Frame{text, f.code}, none, f.latency()}, found.Err()
		}
		return Reply{None: true}, nil
	}
}

// code is what a frame closes its socket with; 0 for none.
func (f *frame) code(d *decoder, vars *variables) int {
	a := f.block.Arg("close")
	n, ok := d.count(f.block, "close", 1000, vars)
	switch {
	case !ok:
		return 0
	case n > 4999 || n == 1005 || n == 1015:
		d.fail(f.block, diag.OutOfRange, a.Expr.Range(), "A socket is closed with a code from 1000 to 4999, and not with 1005 or 1015, which stand for no code at all.")
	}
	return int(n)
}

// frameRoots are what a frame's expressions read.
func frameRoots(vars *variables, request, message cty.Value) map[string]cty.Value {
	roots := vars.roots()
	roots["request"] = request
	if message != cty.NilVal {
		roots["message"] = message
	}
	return roots
}

// answers reports whether a reply is for a message. It is not where when has
// no value, such as message.json.type of a message that has no type.
func (f *frame) answers(vars *variables, request, message cty.Value, meter *config.Meter) (bool, diag.Diagnostics) {
	if f.when == nil || f.block.Arg("when").Bad {
		return f.when == nil, nil
	}
	known := message.IsWhollyKnown()
	v, found := f.when.value(frameRoots(vars, request, message), meter)
	switch {
	case found.HasErrors() && known && !meter.Spent():
		return false, nil
	case found.HasErrors():
		return false, f.placed(found)
	case v.Type() == cty.DynamicPseudoType && !v.IsKnown():
		return false, nil
	}
	b, err := convert.Convert(v, cty.Bool)
	switch {
	case err != nil:
		found.Append(diag.New(diag.WrongType, f.when.at, "when must be true or false; this is %s.", article(typeName(v.Type()))))
		return false, f.placed(found)
	case !b.IsKnown():
		return false, nil
	}
	return holdsTrue(b), nil
}

// said is what a frame says.
func (f *frame) said(vars *variables, request, message cty.Value, meter *config.Meter) ([]byte, diag.Diagnostics) {
	a := Answer{Headers: map[string]string{}}
	for _, x := range []struct {
		name string
		*expression
		take func(cty.Value) (code, problem string)
	}{{"json", f.json, a.takeJSON}, {"body", f.body, a.takeBody}} {
		if x.expression == nil || f.block.Arg(x.name).Bad {
			continue
		}
		v, found := x.value(frameRoots(vars, request, message), meter)
		if found.HasErrors() {
			return nil, f.placed(found)
		}
		if code, problem := x.take(v); problem != "" {
			return nil, f.placed(diag.Diagnostics{diag.New(code, x.at, "%s", problem)})
		}
	}
	return a.Body, nil
}

// placed gives findings the frame's place.
func (f *frame) placed(found diag.Diagnostics) diag.Diagnostics {
	for _, d := range found {
		if d.Block == "" && d.Subject != nil {
			d.In(f.block.Place(*d.Subject))
		}
	}
	return found
}
