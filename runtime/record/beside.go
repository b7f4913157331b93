package record

import "throng/dsl/plan"

// Measure books a time (ns) that belongs to a series but is no sample of it:
// a stream's first event and gaps, a socket's pings and recoveries. intended
// says which period it belongs to, as a sample's does.
func (w *Writer) Measure(series int32, m plan.Measure, ns, intended int64) {
	w.beside(series, intended, func(c *cell) { c.time(m).record(ns) })
}

// Unmet books a time that was given up after so long (ns): a first event, a
// pong or a recovery that never came, a gap at whose end was a timeout. It
// counts as beyond every threshold, as a sample that timed out does.
func (w *Writer) Unmet(series int32, m plan.Measure, ns, intended int64) {
	w.beside(series, intended, func(c *cell) { c.time(m).censor(ns) })
}

// Count adds n to a counter of a series; at says which period it belongs to.
func (w *Writer) Count(series int32, counter plan.Counter, n, at int64) {
	w.beside(series, at, func(c *cell) {
		x := c.more()
		x.counts[counter] += n
	})
}

// Closed books the end of a socket's connection by its close code.
func (w *Writer) Closed(series int32, code int, at int64) {
	w.beside(series, at, func(c *cell) {
		x := c.more()
		x.closes = addStatus(x.closes, code, 1)
	})
}

// beside books something that is no sample, in each period it belongs to. It
// waits for nothing but the shard's mutex. It panics when the series is not
// one of the plan's.
func (w *Writer) beside(series int32, at int64, book func(*cell)) {
	config := &w.recorder.config
	w.shard.mu.Lock()
	defer w.shard.mu.Unlock()
	if at < config.WarmupEnd {
		book(w.shard.cell(config, warmup, series))
		return
	}
	book(w.shard.cell(config, measured, series))
	for k := range config.Phases {
		if config.Phases[k].holds(series, at) {
			book(w.shard.cell(config, firstPhase+period(k), series))
		}
	}
}

// more are the cell's extras, ready for something new.
func (c *cell) more() *extras {
	if c.extras == nil {
		c.extras = &extras{}
	}
	c.extras.news = true
	return c.extras
}

func (c *cell) time(m plan.Measure) *timing { return c.more().time(m, c.asked) }

// wants reports whether a measure was asked for.
func (c *cell) wants(m plan.Measure) bool { return beyond(c.asked, m) != nil }

// times books what a sample says beside its response time. The phases of a
// connection are known wherever it came to stand, whatever came of the
// exchange; the others are those of successes. Of a timeout, what it died in
// is known from below, and what it never reached may have been anything. Such
// times count where an SLA asks for the measure; other failures are none of a
// latency's, as with response times.
func (c *cell) times(s *Sample) {
	stood := s.Sent != 0 || s.First != 0
	if s.DNS != 0 || s.Connect != 0 || s.TLS != 0 || !stood {
		c.connection(s, stood)
	}
	switch {
	case len(c.asked) == 0:
	case s.Class == plan.OK:
		if c.wants(plan.MeasureService) {
			c.time(plan.MeasureService).record(s.Service())
		}
		if s.First != 0 {
			c.reached(s)
		}
	case s.Class.Censored():
		c.unmet(plan.MeasureService, s.Service())
		c.cutShort(s, stood)
	}
}

// connection books the phases of a connection. One that did not come to stand
// died in the last phase that took time.
func (c *cell) connection(s *Sample, stood bool) {
	phases := [...]struct {
		measure plan.Measure
		took    int64
	}{{plan.MeasureTLS, s.TLS}, {plan.MeasureConnect, s.Connect}, {plan.MeasureDNS, s.DNS}}
	ended := stood
	for _, p := range phases {
		switch {
		case ended && p.took > 0:
			c.time(p.measure).record(p.took)
		case !ended && s.Class.Censored():
			c.unmet(p.measure, p.took)
		}
		ended = ended || p.took > 0
	}
}

// reached books the times of an answer that came whole.
func (c *cell) reached(s *Sample) {
	if c.wants(plan.MeasureFirstByte) {
		c.time(plan.MeasureFirstByte).record(s.First - s.Sent)
	}
	if c.wants(plan.MeasureBody) {
		c.time(plan.MeasureBody).record(s.End - s.First)
	}
}

// cutShort books the times of an answer that did not come, or not whole.
func (c *cell) cutShort(s *Sample, stood bool) {
	if s.First != 0 {
		if c.wants(plan.MeasureFirstByte) {
			c.time(plan.MeasureFirstByte).record(s.First - s.Sent)
		}
		c.unmet(plan.MeasureBody, s.End-s.First)
		return
	}
	waited := int64(0)
	if stood {
		waited = s.End - s.Sent
	}
	c.unmet(plan.MeasureFirstByte, waited)
	c.unmet(plan.MeasureBody, 0)
}

func (c *cell) unmet(m plan.Measure, ns int64) {
	if c.wants(m) {
		c.time(m).censor(ns)
	}
}
