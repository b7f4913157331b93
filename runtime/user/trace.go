package user

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"throng/dsl/plan"
)

// Tracer hears what a user does, as it happens. It is for one user whom a
// person watches; in a run of many there is none. All texts in events are
// without secrets and control characters. It is called by one goroutine at a
// time, and must not keep the user waiting.
type Tracer interface{ Trace(e Event) }

// EventKind says what an event tells.
type EventKind uint8

// Kinds of events, and which fields each has beside Kind, Site and Depth.
const (
	EventPart      EventKind = iota // start, a task or stop begins: Name, its path
	EventStep                       // a step begins: Step, and Text, what it will do
	EventSent                       // a request, or what it was redirected to, goes out: Sent
	EventAnswer                     // its answer, or none: Answer
	EventCheck                      // a rule was applied: Name, the rule, OK, Text
	EventCapture                    // a value was taken: Name, OK, Value or Text, Expr
	EventDone                       // a request's end: OK, Class, Text, Retried, Step
	EventSet                        // a session value was set: Name, Value
	EventNote                       // what a step decided, or left out: Text
	EventAbandoned                  // a task ended for want of a session value: Name
	EventFault                      // an expression outside a request failed: Text
	EventMessage                    // a message came over a socket: Name, the socket's, and Answer with its Body and Size
)

// Event is one thing that happened.
type Event struct {
	Kind    EventKind
	Site    plan.SiteID
	Depth   int // steps around it
	Name    string
	Text    string
	Value   string // as JSON
	Expr    plan.Expr
	OK      bool
	Class   plan.ErrorClass
	Retried bool
	Step    plan.Step
	Sent    *Sent
	Answer  *Answer
}

// Sent is a request as it goes out.
type Sent struct {
	Hop    int // redirects before it
	Method string
	URL    string
	Header string // lines
	Body   string // "" for none
	Size   int64  // bytes of the body
}

// Answer is what an exchange gave.
type Answer struct {
	Status  int // 0 for none
	Proto   string
	Header  string // lines
	Body    string // its first bytes, if it is text
	Size    int64
	Problem string // why there is no answer
	Elapsed time.Duration
	DNS     time.Duration
	Connect time.Duration
	TLS     time.Duration
	Waiting time.Duration // from the first byte that could be sent to the first of the answer
	Reused  bool
}

// tracing is the user of an env who is traced.
type tracing struct {
	to      Tracer
	depth   int
	polling int      // repeats around that wait for something
	path    []string // of the task
}

func (u *User) tell(e Event) {
	e.Depth = u.env.trace.depth
	u.env.trace.to.Trace(e)
}

// remark tells what a step decided.
func (u *User) remark(site plan.SiteID, format string, args ...any) {
	if u.env.trace != nil {
		u.tell(Event{Kind: EventNote, Site: site, Text: u.mask().text(fmt.Sprintf(format, args...), false)})
	}
}

// enter tells that a part of the user's life begins.
func (u *User) enter(name string, site plan.SiteID) {
	if u.env.trace != nil {
		u.tell(Event{Kind: EventPart, Site: site, Name: name})
	}
}

// enterTask tells that a task begins. What it returns is called at its end.
func (u *User) enterTask(t *plan.Task) (leave func()) {
	path := &u.env.trace.path
	*path = append(*path, t.Name)
	u.enter(strings.Join(*path, "/"), t.Site)
	return func() { *path = (*path)[:len(*path)-1] }
}

// traced does a step and tells of it.
func (u *User) traced(s plan.Step) flow {
	u.tell(Event{Kind: EventStep, Site: siteOf(s), Step: s})
	u.env.trace.depth++
	defer func() { u.env.trace.depth-- }()
	if r, ok := s.(*plan.Repeat); ok && r.Count == nil {
		u.env.trace.polling++
		defer func() { u.env.trace.polling-- }()
	}
	return u.step(s)
}

func siteOf(s plan.Step) plan.SiteID {
	switch s := s.(type) {
	case *plan.Request:
		return s.Site
	case *plan.Group:
		return s.Site
	case *plan.Pause:
		return s.Site
	case *plan.Set:
		return s.Site
	case *plan.When:
		return s.Site
	case *plan.Repeat:
		return s.Site
	case *plan.Loop:
		return s.Site
	case *plan.Choose:
		return s.Site
	case *plan.Parallel:
		return s.Site
	case *plan.Retry:
		return s.Site
	case *plan.Leave:
		return s.Site
	case *plan.Call:
		return s.Site
	case *plan.Socket:
		return s.Site
	case *plan.Send:
		return s.Site
	case *plan.Receive:
		return s.Site
	case *plan.CloseSocket:
		return s.Site
	}
	return 0
}

// maxTraced bounds the text of a body in an event.
const maxTraced = 1 << 20

func (u *User) tellSent(r *plan.Request, hop int) {
	m, mask := &u.message, u.maskOf(r)
	u.tell(Event{Kind: EventSent, Site: r.Site, Step: r, Sent: &Sent{
		Hop: hop, Method: m.Method,
		URL:    m.Route.Scheme + "://" + mask.text(m.Host+u.shownURI(r), false),
		Header: mask.text(string(headers(nil, m.Header, r.Headers)), true),
		Body:   mask.text(u.bodyText(r, maxTraced), true), Size: m.BodySize(),
	}})
}

func (u *User) tellAnswer(r *plan.Request, hop int) {
	res, mask := &u.result, u.maskOf(r)
	a := &Answer{
		Status: res.Status, Proto: res.Proto, Size: res.BodySize, Elapsed: time.Duration(res.End - res.Start),
		DNS: time.Duration(res.DNS), Connect: time.Duration(res.Connect), TLS: time.Duration(res.TLS), Reused: res.Reused,
	}
	if res.FirstByte > 0 {
		a.Waiting = time.Duration(res.FirstByte - res.Sent)
	}
	if res.Class != plan.OK {
		a.Problem = mask.text(u.networkDetail(hop), false)
	}
	if res.Status != 0 {
		a.Header = mask.text(string(headers(nil, res.Header, nil)), true)
	}
	if body := u.discreet(u.readable()); isText(body, res.BodySize) {
		a.Body = mask.text(mask.whole(body, maxTraced), true)
	}
	u.tell(Event{Kind: EventAnswer, Site: r.Site, Step: r, Class: res.Class, OK: res.Class == plan.OK, Answer: a})
}

// isText reports whether a body is UTF-8, but for a rune that its end cut.
func isText(body []byte, size int64) bool {
	if int64(len(body)) < size {
		for n := 0; n < utf8.UTFMax && len(body) > 0 && !utf8.Valid(body[max(0, len(body)-utf8.UTFMax):]); n++ {
			body = body[:len(body)-1]
		}
	}
	return utf8.Valid(body)
}

func (u *User) tellDone(r *plan.Request, v verdict, retried bool) {
	site := v.site
	if site == 0 {
		site = r.Site
	}
	u.tell(Event{Kind: EventDone, Site: site, Step: r, OK: v.class == plan.OK, Class: v.class,
		Text: u.mask().text(v.detail, false), Retried: retried})
}

// judgeAloud is judge for a user who is traced: all rules are applied and
// everything is captured, whatever fails, and told. The verdict is the same.
func (u *User) judgeAloud(r *plan.Request) verdict {
	first := verdict{}
	keep := func(v verdict) {
		if first.class == plan.OK {
			first = v
		}
	}
	spoken := false
	for i := range r.Expects {
		spoken = spoken || r.Expects[i].Status != nil
	}
	if !spoken {
		v := u.expect(&plan.Request{Site: r.Site})
		u.tellCheck("status below 400", r.Site, v)
		keep(v)
	}
	for i := range r.Expects {
		e := r.Expects[i]
		if e.Status != nil {
			one := plan.Expect{Site: e.Site, Status: e.Status}
			v := u.expect(&plan.Request{Site: r.Site, Expects: []plan.Expect{one}})
			u.tellCheck(statusRule(e.Status), e.Site, v)
			keep(v)
		}
		if e.Condition != nil {
			e.Status = []plan.StatusRange{{Min: 0, Max: 999}} // whatever it is
			v := u.expect(&plan.Request{Site: r.Site, Expects: []plan.Expect{e}})
			name := e.Text
			if name == "" {
				name = "the condition"
			}
			u.tellCheck(name, e.Site, v)
			keep(v)
		}
	}
	if first.class != plan.OK && len(r.Captures) > 0 {
		u.remark(r.Site, "captures nothing, since a rule failed")
		return first
	}
	keep(u.takeAloud(r.Captures))
	return first
}

// takeAloud is take, told where there is a tracer.
func (u *User) takeAloud(captures []plan.Capture) verdict {
	if u.env.trace == nil {
		return u.take(captures)
	}
	for i := range captures {
		c := &captures[i]
		v := u.take(captures[i : i+1])
		e := Event{Kind: EventCapture, Site: c.Site, Name: c.Name, Expr: c.Value, OK: v.class == plan.OK, Class: v.class}
		if e.OK {
			e.Value = u.slotText(c.Slot)
		} else {
			e.Text = u.mask().text(v.detail, false)
		}
		u.tell(e)
		if v.class != plan.OK {
			return v // what follows is not captured
		}
	}
	return verdict{}
}

// slotText is a session value as JSON, and nothing of one that authenticates.
func (u *User) slotText(slot int) string {
	if u.isSecret(slot) {
		return strconv.Quote(hidden)
	}
	return u.valueText(u.frame.Slots[slot])
}

// valueText is a value as JSON, without secrets.
func (u *User) valueText(v plan.Value) string {
	return u.mask().text(string(v.AppendJSON(nil, false)), false)
}

func (u *User) tellCheck(name string, site plan.SiteID, v verdict) {
	mask := u.mask()
	u.tell(Event{Kind: EventCheck, Site: site, Name: mask.text(name, false), OK: v.class == plan.OK, Class: v.class, Text: mask.text(v.detail, false)})
}

func statusRule(want []plan.StatusRange) string {
	text := "status"
	for i, r := range want {
		if i > 0 {
			text += " or"
		}
		text += " " + strconv.Itoa(r.Min)
		if r.Max != r.Min {
			text += " to " + strconv.Itoa(r.Max)
		}
	}
	return text
}

// secondsText is a time as people write it.
func secondsText(s float64) string {
	return strconv.FormatFloat(math.Round(s*1000)/1000, 'f', -1, 64) + " s"
}

// weights are a choice's branches with their shares.
func weights(c *plan.Choose) string {
	text := ""
	for i := range c.Branches {
		if i > 0 {
			text += ", "
		}
		text += c.Branches[i].Name + " " + strconv.FormatFloat(c.Branches[i].Weight, 'g', -1, 64)
	}
	return text
}
