package forecast

import (
	"math"

	"throng/dsl/plan"
	"throng/runtime/report"
)

// socketPart is the opening of a socket. Messages that nobody has asked for
// are not known before the run: each handler counts as done once.
func (d *dice) socketPart(s *plan.Socket) stretch {
	p := stretch{deeds: []deed{{series: s.Series, request: true, times: 1}}, busy: answers, alive: 1}
	for i := range s.Handlers {
		h := &s.Handlers[i]
		if len(h.Steps)+len(h.Records) > 0 {
			d.assume(h.Site, "how many messages handler %q will get is not known before the run; it counts as one a socket", h.Name)
		}
		p.deeds = append(p.deeds, recorded(h.Records)...)
		p.deeds = append(p.deeds, d.course(h.Steps).deeds...)
	}
	return p
}

// sendPart takes as long as the answer that is waited for.
func sendPart(s *plan.Send) stretch {
	p := stretch{deeds: []deed{{series: s.Series, request: true, times: 1}}, alive: 1}
	if r := s.Reply; r != nil {
		p.deeds = append(p.deeds, recorded(r.Records)...)
		if !r.Detached {
			p.busy = answers
		}
	}
	return p
}

func receivePart(s *plan.Receive) stretch {
	return stretch{deeds: append([]deed{{series: s.Series, request: true, times: 1}}, recorded(s.Records)...), busy: answers, alive: 1}
}

// recorded are the metrics that are written if every message holds a value.
func recorded(records []plan.Record) (deeds []deed) {
	for i := range records {
		deeds = append(deeds, deed{series: records[i].Series, times: 1})
	}
	return deeds
}

// awaits reports whether a user waits for the server in a step.
func awaits(s plan.Step) bool {
	switch s := s.(type) {
	case *plan.Request, *plan.Socket, *plan.Receive:
		return true
	case *plan.Send:
		return s.Reply != nil && !s.Reply.Detached
	}
	return false
}

// beats are what a socket's beats do in a second that it is open.
func (d *dice) beats(s *plan.Socket) (deeds []deed) {
	for i := range s.Beats {
		b := &s.Beats[i]
		mean, _ := d.average(func() (float64, error) { return d.number(b.Interval) })
		if mean <= 0 {
			d.assume(b.Site, "the interval of beat %q is not known before the run; it counts as if there were none", b.Name)
			continue
		}
		for _, x := range d.course(b.Steps).deeds {
			x.times /= mean.Seconds()
			deeds = append(deeds, x)
		}
	}
	return deeds
}

// beatsOf are the beats of the sockets directly among steps.
func (d *dice) beatsOf(steps []plan.Step) (deeds []deed) {
	for _, s := range steps {
		if o, ok := s.(*plan.Socket); ok {
			deeds = append(deeds, d.beats(o)...)
		}
	}
	return deeds
}

// lasting are beats over so many seconds.
func lasting(beats []deed, seconds float64) []deed {
	list := make([]deed, 0, len(beats))
	for _, x := range beats {
		x.times *= seconds
		list = append(list, x)
	}
	return list
}

// beating notes what a user's sockets do in a second of its life.
func (h *habit) beating(beats []deed, series int) {
	h.beats = counts(beats, series)
	for _, x := range beats {
		if x.request {
			h.pulse += x.times
		}
	}
}

// beat adds what the sockets of users of a class do in so many seconds of
// life, of all of them together.
func (b *builder) beat(o *outlook, class int, seconds float64) {
	h := b.habits[class]
	if seconds = math.Max(0, seconds); h.pulse == 0 || seconds == 0 {
		return
	}
	for s, n := range h.beats {
		for a := range answers {
			o.deferred[s][a] += n * seconds
		}
	}
}

// pace is how many requests a second a class makes at the peak.
func (b *builder) pace(class, answer int) float64 {
	h := b.habits[class]
	return product(b.rates[class][answer], h.requests) + b.users[class]*h.pulse
}

// rate is how often a second a series happens at the peak.
func (b *builder) rate(series, answer int) float64 {
	class := b.plan.Series[series].Class
	h := b.habits[class]
	return product(b.rates[class][answer], h.iteration[series]) + b.users[class]*h.beats[series]
}

// sockets are what the classes open, and how much they send over it.
func (b *builder) sockets() []Socket {
	list := []Socket{}
	for i := range b.plan.Classes {
		c := &b.plan.Classes[i]
		if c.Sockets == 0 {
			continue
		}
		sent := make([]map[int]bool, c.Sockets)
		opened := make([]*plan.Socket, c.Sockets)
		c.EachStep(func(s plan.Step) {
			switch s := s.(type) {
			case *plan.Socket:
				opened[s.Number] = s
			case *plan.Send:
				if sent[s.Socket] == nil {
					sent[s.Socket] = map[int]bool{}
				}
				sent[s.Socket][s.Series] = true
			}
		})
		for number, s := range opened {
			if s == nil {
				continue // --tags left it out
			}
			out := Socket{
				Name: b.text(b.plan.Rows[b.plan.Series[s.Series].Row].Label()), User: b.text(c.Name), Site: b.site(s.Site),
				Target: b.plan.Targets[s.Target].Name, Open: int64(math.Round(b.users[i])), Beats: len(s.Beats), Handlers: len(s.Handlers),
			}
			for series := range sent[number] {
				out.Sent += report.Num(b.rate(series, assumed))
			}
			list = append(list, out)
		}
	}
	return list
}

// peakSockets is how many sockets can be open at one time, if every user is
// where it has most of them.
func (b *builder) peakSockets() (n int64) {
	for i := range b.plan.Classes {
		c := &b.plan.Classes[i]
		start, inside := nested(c.Start)
		most := max(0, nestedMost(c.Stop))
		c.EachTask(func(t *plan.Task) { most = max(most, nestedMost(t.Steps)) })
		n += int64(math.Round(b.users[i])) * int64(max(start+most, inside))
	}
	return n
}

// nested is how many sockets a list of steps has left open at its end, and
// how many are open in it at the same time at most.
func nested(steps []plan.Step) (open, most int) {
	for _, s := range steps {
		switch s.(type) {
		case *plan.Socket:
			open++
		case *plan.CloseSocket:
			open = max(0, open-1)
		}
		most = max(most, open)
		for _, inner := range plan.Inner(s) {
			most = max(most, open+nestedMost(inner))
		}
	}
	return open, most
}

func nestedMost(steps []plan.Step) int {
	_, most := nested(steps)
	return most
}
