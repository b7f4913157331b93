package compile

import (
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

const (
	defaultMaxMessage = 1 << 20
	defaultReply      = 5 * time.Second
	maxReason         = 123 // bytes that a close frame has room for
)

// sockets is what a class's steps know of its sockets.
type sockets struct {
	open  []openSocket         // at the current step, outermost first
	made  int                  // in all
	own   *openSocket          // whose handler or beat is compiled; nil outside of them
	names map[string]hcl.Range // that any had so far, and where it was opened
	lanes int                  // parallel steps around the current one
}

// openSocket is a socket that later steps can name.
type openSocket struct {
	name   string
	number int
	target int // -1 where it has none, which is reported
	at     hcl.Range
}

// scope begins a list of steps: the sockets opened in it end with it.
func (k *classBuilder) scope() (end func()) {
	open := k.sockets.open
	k.sockets.open = slices.Clip(open)
	return func() { k.sockets.open = open }
}

// socketStep compiles a step that opens or uses a socket; nil where it is
// wrong.
func (k *classBuilder) socketStep(n *config.Block, s settings) plan.Step {
	if k.sockets.lanes > 0 {
		k.c.fail(n, diag.UnknownBlock, n.Range, "A socket's messages come one after another, so %s cannot stand within parallel. Put it before or after.", n.Title())
		return nil
	}
	switch n.Type {
	case "websocket":
		return k.websocket(n, s)
	case "send":
		return k.send(n, s)
	case "receive":
		return k.receive(n, s)
	}
	return k.closeSocket(n)
}

// websocket compiles the opening of a socket: a handshake, which is a request
// like others, and what is done while the socket is open.
func (k *classBuilder) websocket(b *config.Block, s settings) plan.Step {
	c := k.c
	outer := s
	s = k.inherit(s, b)
	target, found := k.resolveTarget(b, s)
	to, under := &plan.Target{}, s // for the checks, where the target is missing or wrong
	if found {
		to, under = &c.plan.Targets[target], underTarget(c, s, c.targetBlock(target))
	}
	r := &plan.Request{Site: c.site(b.Range, b), Target: target, Method: "GET", Path: k.path(b, to)}
	series := k.series(seriesKey{kind: plan.RequestSeries, target: target, method: "WS", name: c.rowName(b)}, s, b)
	query := k.named(b.Arg("query"), b, k)
	r.Query = pairs(query)
	k.foldQuery(r, query, b)
	k.headers(r, b, under)
	w := &plan.Socket{
		Site: r.Site, Series: series, Number: k.sockets.made, Name: c.rowName(b), Target: target,
		Path: r.Path, Query: r.Query, Headers: handshakeHeaders(r.Headers), Host: r.Host, Auth: r.Auth,
		Protocols: c.protocols(b), MaxMessage: c.maxMessage(b), Timeout: under.timeout, OnFailure: s.onFailure,
	}
	w.Compress, _ = c.boolean(b, "compress")
	w.Ping = k.interval(b, "ping")
	w.Sequence, _ = k.value(b, "sequence", cty.Number)
	if n := b.First("reconnect"); n != nil {
		w.Reconnect = k.reconnect(n)
	}
	k.sockets.made++
	own := k.opens(b, w)
	s.timeout, s.onFailure = outer.timeout, outer.meanwhile // of the handshake alone
	k.attended(b, w, own, s)
	if !found {
		return nil
	}
	return w
}

// opens notes that a socket is open from here on.
func (k *classBuilder) opens(b *config.Block, w *plan.Socket) *openSocket {
	own := openSocket{w.Name, w.Number, w.Target, b.Range}
	if i := slices.IndexFunc(k.sockets.open, func(o openSocket) bool { return o.name == w.Name }); i >= 0 {
		k.c.fail(b, diag.DuplicateName, b.Range, "A socket called %q is open here already, so later steps could not tell the two apart. Give one of them a name = \"…\".", w.Name).
			Relate("the other one is here", k.sockets.open[i].at)
		return &own
	}
	k.sockets.open = append(k.sockets.open, own)
	if k.sockets.names == nil {
		k.sockets.names = map[string]hcl.Range{}
	}
	k.sockets.names[w.Name] = b.Range
	return &own
}

// handshakeHeaders are a request's headers without what a browser does not
// send to open a socket.
func handshakeHeaders(all []plan.Pair) []plan.Pair {
	return slices.DeleteFunc(all, func(p plan.Pair) bool {
		return p.Site == 0 && p.Name == "Accept" // unless the author gives it
	})
}

func (c *compiler) protocols(b *config.Block) []string {
	list, _ := c.stringList(b, "protocols")
	for i, p := range list {
		at := itemRange(b.Arg("protocols").Expr, i)
		switch {
		case !token(p):
			c.fail(b, diag.InvalidValue, at, "%q cannot be the name of a subprotocol: letters, digits and - . _ only.", p)
		case slices.Contains(list[:i], p):
			c.fail(b, diag.DuplicateName, at, "The subprotocol %q is offered twice.", p)
		}
	}
	return list
}

func (c *compiler) maxMessage(b *config.Block) int64 {
	n, ok := c.size(b, "max_message")
	switch {
	case !ok:
		return defaultMaxMessage
	case n < 1 || n > maxBody:
		c.fail(b, diag.OutOfRange, b.Arg("max_message").Expr.Range(), "max_message must lie between 1 byte and %d MiB.", maxBody>>20)
	}
	return n
}

// interval compiles a time between two of a kind, which must be longer than 0.
func (k *classBuilder) interval(b *config.Block, name string) plan.Expr {
	a := b.Arg(name)
	if a == nil {
		return nil
	}
	e, ok := k.c.seconds(a, b, k)
	if v, known := e.(plan.Const); ok && known && v.Value.Float64() <= 0 {
		k.c.fail(b, diag.OutOfRange, a.Expr.Range(), "%s must be longer than 0.", name)
	}
	return e
}

// attended compiles a socket's handlers and beats.
func (k *classBuilder) attended(b *config.Block, w *plan.Socket, own *openSocket, s settings) {
	names := map[string]*config.Block{}
	for _, n := range slices.Concat(b.Of("on_message"), b.Of("every")) {
		if first := names[n.Title()]; first != nil {
			k.c.fail(n, diag.DuplicateName, n.Range, "This socket has two blocks %s.", n.Title()).Relate("the first one is here", first.Range)
			continue
		}
		names[n.Title()] = n
		k.meanwhile(n, own, func() {
			if n.Type == "every" {
				w.Beats = append(w.Beats, k.beat(n, s))
			} else {
				w.Handlers = append(w.Handlers, k.handler(n, s))
			}
		})
	}
}

// meanwhile compiles what is done while a user waits, now or later: all that
// its class captures can be there then. What the block itself captures can
// be there from here on.
func (k *classBuilder) meanwhile(n *config.Block, own *openSocket, compile func()) {
	flow, left, told, outer := k.flow, k.left, k.told, k.sockets.own
	k.flow, k.sockets.own = flow.clone(), own
	for name := range k.captured {
		k.pend(name)
	}
	compile()
	k.flow, k.left, k.told, k.sockets.own = flow, left, told, outer
	k.assigned(n, func(name string, _ hcl.Range) { k.pend(name) })
}

func (k *classBuilder) handler(n *config.Block, s settings) plan.Handler {
	h := plan.Handler{Site: k.c.site(n.Range, n), Name: n.Name()}
	h.When, _ = k.arriving(n, "when")
	h.Captures, h.Records = k.takes(n, s)
	h.Steps = k.steps(n.Blocks, s)
	if n.Arg("capture") == nil && n.Arg("record") == nil && len(n.Blocks) == 0 && !n.Broken {
		k.c.fail(n, diag.EmptyBlock, n.Range, "%s does nothing with its messages. Give it a step, capture or record; messages that nobody waits for are counted without it.", n.Title())
	}
	return h
}

func (k *classBuilder) beat(n *config.Block, s settings) plan.Beat {
	b := plan.Beat{Site: k.c.site(n.Range, n), Name: n.Name(), Interval: k.interval(n, "interval")}
	b.Steps = k.steps(n.Blocks, s)
	k.notEmpty(n)
	return b
}

// takes compiles what is kept of a message: captures, which are certain from
// here on, and records.
func (k *classBuilder) takes(n *config.Block, s settings) ([]plan.Capture, []plan.Record) {
	r := &plan.Request{} // of whose answer the same can be kept
	k.records(r, n, s)
	k.captures(r, n)
	return r.Captures, r.Records
}

// closeSocket compiles close. From here on the socket is not open any more.
func (k *classBuilder) closeSocket(n *config.Block) plan.Step {
	c := k.c
	step := &plan.CloseSocket{Site: c.site(n.Range, n), Code: 1000}
	if code, ok := c.count(n, "code"); ok {
		step.Code = int(code)
		if (code < 1000 || code > 1003) && (code < 1007 || code > 1014) && (code < 3000 || code > 4999) {
			c.fail(n, diag.OutOfRange, n.Arg("code").Expr.Range(), "A close code that may be sent lies in 1000 to 1003, 1007 to 1014 or 3000 to 4999. Codes of an application's own begin at 4000.")
		}
	}
	step.Reason, _ = c.str(n, "reason")
	if len(step.Reason) > maxReason {
		c.fail(n, diag.OutOfRange, n.Arg("reason").Expr.Range(), "The reason may have %d bytes at most: it travels in one small frame. This has %d.", maxReason, len(step.Reason))
	}
	own, ok := k.socketOf(n)
	if !ok {
		return nil
	}
	step.Socket = own.number
	k.sockets.open = slices.DeleteFunc(slices.Clone(k.sockets.open), func(o openSocket) bool { return o.number == own.number })
	return step
}

// socketOf is the socket that a step is about; what is wrong is reported.
func (k *classBuilder) socketOf(n *config.Block) (openSocket, bool) {
	open := k.sockets.open
	names := make([]string, len(open))
	for i, o := range open {
		names[i] = o.name
	}
	a := n.Arg("on")
	if a == nil {
		switch {
		case k.sockets.own != nil:
			return *k.sockets.own, true
		case len(open) == 1:
			return open[0], true
		case len(open) > 1:
			k.c.fail(n, diag.MissingArgument, n.Range, "Several sockets are open here, so say which one this is about: on = %s.", strings.ReplaceAll(quoted(names), ", ", " or "))
			return openSocket{}, false
		}
		d := k.c.fail(n, diag.UnknownReference, n.Range, "No socket is open here.")
		d.Suggestion = "Open one in start, or before this step in the same list of steps: websocket \"/path\" {}."
		return openSocket{}, false
	}
	name, ok := k.c.str(n, "on")
	if !ok {
		return openSocket{}, false
	}
	if i := slices.Index(names, name); i >= 0 {
		return open[i], true
	}
	d := k.c.fail(n, diag.UnknownReference, a.Expr.Range(), "No socket called %q is open here.", name)
	if at, once := k.sockets.names[name]; once {
		d.Detail += " It is closed by now: a socket lives as long as the list of steps it was opened in, or until close."
		d.Relate("it is opened here", at)
	} else {
		d.DidYouMean(name, names)
		if len(names) > 0 && d.Suggestion == "" {
			d.Detail += " Open are: " + strings.Join(names, ", ") + "."
		}
	}
	return openSocket{}, false
}
