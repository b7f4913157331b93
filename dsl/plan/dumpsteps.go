package plan

import "fmt"

func (d *dumper) steps(steps []Step) {
	for _, s := range steps {
		d.step(s)
	}
}

func (d *dumper) step(s Step) {
	switch s := s.(type) {
	case *Request:
		d.request(s)
	case *Group:
		d.block(s.Steps, "group %q series %d%s", s.Name, s.Series, d.at(s.Site))
	case *Pause:
		d.line("pause %s seconds%s", Describe(d.p, s.For), d.at(s.Site))
	case *Set:
		d.line("set%s", d.at(s.Site))
		d.in(func() { d.values(s.Values) })
	case *When:
		d.block(s.Then, "when %s%s", Describe(d.p, s.Condition), d.at(s.Site))
		if s.Else != nil {
			d.block(s.Else, "else")
		}
	case *Repeat:
		d.repeat(s)
	case *Loop:
		d.block(s.Steps, "loop %q in %s%s", s.Label, Describe(d.p, s.In), d.at(s.Site))
	case *Choose:
		d.choose(s)
	case *Parallel:
		limit := ""
		if s.Limit > 0 {
			limit = fmt.Sprintf(", at most %d at once", s.Limit)
		}
		d.block(s.Steps, "parallel%s%s", limit, d.at(s.Site))
	case *Retry:
		d.block(s.Steps, "retry up to %d attempts%s%s%s", s.Attempts, d.retryOn(s.On), d.seconds(", backoff ", s.Backoff), d.at(s.Site))
	case *Leave:
		message := ""
		if s.Message != nil {
			message = ": " + Describe(d.p, s.Message)
		}
		d.line("leave the %s%s%s", failureNames[s.Reach], message, d.at(s.Site))
	case *Call:
		d.line("call %q%s", s.Name, d.at(s.Site))
		d.in(func() {
			d.values(s.Inputs)
			d.steps(s.Steps)
		})
	case *Socket:
		d.socket(s)
	case *Send:
		d.send(s)
	case *Receive:
		d.receive(s)
	case *CloseSocket:
		d.closeSocket(s)
	default:
		d.line("%T", s)
	}
}

// block writes a line and the steps beneath it.
func (d *dumper) block(steps []Step, format string, args ...any) {
	d.line(format, args...)
	d.in(func() { d.steps(steps) })
}

func (d *dumper) values(values []SlotInit) {
	for _, v := range values {
		d.line("%s = %s", d.slots[v.Slot], Describe(d.p, v.Value))
	}
}

func (d *dumper) seconds(lead string, e Expr) string {
	if e == nil {
		return ""
	}
	return lead + Describe(d.p, e) + " seconds"
}

func (d *dumper) repeat(r *Repeat) {
	how := ""
	switch {
	case r.Count != nil:
		how = Describe(d.p, r.Count) + " times"
	case r.While != nil:
		how = "while " + Describe(d.p, r.While)
	default:
		how = "until " + Describe(d.p, r.Until)
	}
	if r.Max > 0 {
		how += fmt.Sprintf(", at most %d times", r.Max)
	}
	d.block(r.Steps, "repeat %s%s%s", how, d.seconds(", every ", r.Every), d.at(r.Site))
}

func (d *dumper) choose(c *Choose) {
	on := ""
	if c.On != nil {
		on = " on " + Describe(d.p, c.On)
	}
	d.line("choose%s%s", on, d.at(c.Site))
	d.in(func() {
		for _, b := range c.Branches {
			d.block(b.Steps, "branch %q weight %s%s", b.Name, number(b.Weight), d.at(b.Site))
		}
		if c.HasElse {
			d.block(c.Else, "else")
		}
	})
}

func (d *dumper) retryOn(on []RetryOn) string {
	text := ""
	for i, r := range on {
		lead := ", "
		if i == 0 {
			lead = " on "
		}
		switch {
		case r.Class != OK:
			text += lead + r.Class.String()
		case r.Status.Min == r.Status.Max:
			text += lead + fmt.Sprint(r.Status.Min)
		default:
			text += lead + fmt.Sprintf("%d-%d", r.Status.Min, r.Status.Max)
		}
	}
	return text
}
