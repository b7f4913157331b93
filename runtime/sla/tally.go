package sla

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// judgeTally applies a limit on a counter to merged figures. stood says that
// a connection stood that could have been counted of: without one nothing is
// proven by a count of 0. A share and a number need what they could have been
// of, too: replies that were wanted, messages that came.
func judgeTally(r plan.Rule, s *record.Stats, stood bool, elapsed time.Duration) Judgement {
	n := s.Counter(r.Counter)
	j := Judgement{Warn: r.Warn, Needed: 1, State: Inconclusive, Over: n, Samples: n}
	switch {
	case r.Scale == plan.PerSecond && !stood, r.Counter.Base() == r.Counter && !stood:
		j.Reason = "no connection stood"
	case r.Scale == plan.PerSecond:
		j.perSecond(r, n, counterWords(r.Counter)+" ", elapsed)
	case r.Scale == plan.Share:
		j.shareOf(r, n, s.Base(r.Counter))
	default:
		j.absolute(r, n, s)
	}
	return j
}

func (j *Judgement) shareOf(r plan.Rule, n, base int64) {
	j.Samples = base
	if base == 0 {
		j.Reason = nothingFor(r.Counter)
		return
	}
	j.Measured, j.Valid = float64(n)/float64(base), true
	if compareRatio(n, base, decimal(r.Limit)) <= 0 {
		j.State = Pass
		return
	}
	j.State = Fail
	j.Reason = fmt.Sprintf("%s %s (%s), limit %s", ofAll(n, base), counterWords(r.Counter), figure(r, j.Measured), limit(r))
}

func (j *Judgement) absolute(r plan.Rule, n int64, s *record.Stats) {
	j.Samples = max(1, n)
	if r.Counter.Base() != r.Counter {
		j.Samples = s.Base(r.Counter)
	}
	j.Measured, j.Valid = float64(n), true
	switch {
	case compareRatio(n, 1, decimal(r.Limit)) > 0:
		j.State = Fail
		j.Reason = fmt.Sprintf("%s %s, at most %s may be", text.Count(n), counterWords(r.Counter), limit(r))
	case j.Samples == 0:
		j.Valid = false
		j.Reason = nothingFor(r.Counter)
	default:
		j.State = Pass
	}
}

// counterWords are a counter's name for people: "out of order".
func counterWords(c plan.Counter) string { return strings.ReplaceAll(c.String(), "_", " ") }

// nothingFor says that nothing was there which could have been counted.
func nothingFor(c plan.Counter) string {
	if c.Base() == plan.CountAsked {
		return "no message that wants a reply was sent"
	}
	return "no message came"
}

// stood reports whether a connection of some series stood, be it opened in
// the warm-up or before the stages an SLA is about. A socket stands when its
// handshake succeeded; of a stream something has come. It is false where the
// SLA limits no counter.
func stood(p *plan.Plan, of *plan.SLA, s *record.Snapshot, series []int) bool {
	if !slices.ContainsFunc(of.Rules, func(r plan.Rule) bool { return r.Metric == plan.Tally }) {
		return false
	}
	for _, i := range series {
		socket := p.Rows[p.Series[i].Row].Method == socketMethod
		for _, all := range [][]*record.Stats{s.Total, s.Recent, s.Warmup} {
			if i < len(all) && shows(all[i], socket) {
				return true
			}
		}
	}
	return false
}

// socketMethod is what the rows of sockets' handshakes have for a method.
const socketMethod = "WS"

func shows(s *record.Stats, socket bool) bool {
	if s == nil {
		return false
	}
	for c := range plan.CountDecoded {
		if s.Counter(c) > 0 {
			return true
		}
	}
	return socket && s.OK > 0
}

// tallied are the counters whose figure requests that were cut off at the
// stop could have raised.
func tallied(c plan.Counter) bool {
	return c == plan.CountUnanswered || c == plan.CountLate || c == plan.CountLost
}

// breaks reports whether so many more would break a rule that n of base keep.
func breaks(r plan.Rule, n, base, more int64) bool {
	switch {
	case more <= 0 || r.Metric != plan.Tally || !tallied(r.Counter):
		return false
	case r.Scale == plan.Share:
		return compareRatio(n+more, max(base, n+more), decimal(r.Limit)) > 0
	case r.Scale == plan.Absolute:
		return compareRatio(n+more, 1, decimal(r.Limit)) > 0
	}
	return false
}

// perTime reports whether a rule is about how much there is in a time, and
// not about what was begun in it.
func perTime(r *plan.Rule) bool {
	return r.Metric == plan.Throughput || r.Metric == plan.Tally && r.Scale == plan.PerSecond
}
