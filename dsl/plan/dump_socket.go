package plan

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

func (d *dumper) socket(s *Socket) {
	d.line("socket %d %q %s to %s, series %d%s", s.Number, s.Name, Describe(d.p, s.Path), d.p.Targets[s.Target].Name, s.Series, d.at(s.Site))
	d.in(func() {
		d.pairs("query", s.Query)
		if s.Host != nil {
			d.line("header Host: %s", Describe(d.p, s.Host))
		}
		d.pairs("header", s.Headers)
		d.auth(s.Auth)
		if len(s.Protocols) > 0 {
			d.line("protocols %s", strings.Join(s.Protocols, " "))
		}
		compress := ""
		if s.Compress {
			compress = ", compress"
		}
		d.line("timeout %s, messages of at most %d bytes%s%s, on_failure %s", s.Timeout, s.MaxMessage, compress, d.seconds(", ping every ", s.Ping), failureNames[s.OnFailure])
		if s.Sequence != nil {
			d.line("sequence %s", Describe(d.p, s.Sequence))
		}
		if s.Reconnect != nil {
			d.line("%s", d.reconnect(s.Reconnect))
		}
		for i := range s.Handlers {
			d.handler(&s.Handlers[i])
		}
		for _, b := range s.Beats {
			d.block(b.Steps, "beat %q%s%s", b.Name, d.seconds(" every ", b.Interval), d.at(b.Site))
		}
	})
}

func (d *dumper) reconnect(r *Reconnect) string {
	text := "reconnect"
	if r.Attempts > 0 {
		text += fmt.Sprintf(" with up to %d attempts", r.Attempts)
	}
	return text + d.seconds(", backoff ", r.Backoff)
}

func (d *dumper) handler(h *Handler) {
	d.line("on message %q%s%s", h.Name, d.condition(h.When), d.at(h.Site))
	d.in(func() {
		d.taken(h.Captures, h.Records)
		d.steps(h.Steps)
	})
}

func (d *dumper) condition(when Expr) string {
	if when == nil {
		return ""
	}
	return " when " + Describe(d.p, when)
}

// taken are the values kept of a message.
func (d *dumper) taken(captures []Capture, records []Record) {
	for _, c := range captures {
		null := ""
		if c.Null {
			null = " or null"
		}
		d.line("capture session.%s = %s%s%s", c.Name, Describe(d.p, c.Value), null, d.at(c.Site))
	}
	for _, r := range records {
		d.line("record series %d = %s%s", r.Series, Describe(d.p, r.Value), d.at(r.Site))
	}
}

func (d *dumper) send(s *Send) {
	kind := "text"
	if s.Binary {
		kind = "binary"
	}
	content := ""
	if s.Text != nil {
		content = Describe(d.p, s.Text)
	} else {
		content = fmt.Sprintf("%d bytes, sha256 %.6x", len(s.Bytes), sha256.Sum256(s.Bytes))
	}
	d.line("send %q over socket %d, series %d%s", s.Name, s.Socket, s.Series, d.at(s.Site))
	d.in(func() {
		d.line("%s %s", kind, content)
		d.line("timeout %s, on_failure %s", s.Timeout, failureNames[s.OnFailure])
		if r := s.Reply; r != nil {
			wait := ""
			if r.Detached {
				wait = ", not waited for"
			}
			d.line("reply within %s%s%s%s", r.Timeout, wait, d.condition(r.When), d.at(r.Site))
			d.in(func() { d.taken(r.Captures, r.Records) })
		}
	})
}

func (d *dumper) receive(r *Receive) {
	d.line("receive %q from socket %d within %s, series %d%s%s", r.Name, r.Socket, r.Timeout, r.Series, d.condition(r.When), d.at(r.Site))
	d.in(func() {
		d.line("on_failure %s", failureNames[r.OnFailure])
		d.taken(r.Captures, r.Records)
	})
}

func (d *dumper) closeSocket(c *CloseSocket) {
	reason := ""
	if c.Reason != "" {
		reason = fmt.Sprintf(" %q", c.Reason)
	}
	d.line("close socket %d with %d%s%s", c.Socket, c.Code, reason, d.at(c.Site))
}

func (d *dumper) stream(s *Stream) {
	until := ""
	if s.Until != nil {
		until = " until " + Describe(d.p, s.Until)
	}
	if s.MaxEvents > 0 {
		until += fmt.Sprintf(", at most %d events", s.MaxEvents)
	}
	d.line("stream of %s%s, idle %s%s", s.Format, until, s.Idle, d.at(s.Site))
	if s.Reconnect != nil {
		d.in(func() { d.line("%s", d.reconnect(s.Reconnect)) })
	}
}
