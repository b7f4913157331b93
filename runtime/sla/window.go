package sla

import (
	"fmt"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// Windowed is what the windows of one rule have come to.
//
// A window holds what ended between two ticks that lie its length apart. It
// is broken when its samples break the limit, kept when they prove that it
// holds, doubtful when what is unknown could break it: missed arrivals,
// requests that were cut off, a mean with timeouts, failures of this machine.
// With too few samples it is nothing of all this, and decides nothing.
type Windowed struct {
	Whole    int64 // windows that lay wholly in what is judged, and ended
	Decided  int64 // of these: broken or kept
	Broken   int64 // of these
	Counted  int64 // of the broken: those that lasted as long as the SLA asks
	Doubtful int64 // of all
	Now      bool  // the latest is broken
	Run      State // what the run as a whole came to, judged at once
	Worst    Stretch
}

// Stretch is one window, and how it kept its rule. Times are from the first
// user.
type Stretch struct {
	From, To time.Duration
	Samples  int64
	Over     int64   // as in Judgement
	Figure   float64 // share beyond the limit or failed; the mean; the rate
	Valid    bool    // false where no window was decided
}

// DecidedShare is the part of all windows that must be decided for the rule
// to pass.
const DecidedShare = 0.9

// Windows judge the SLAs of a plan that have windows, tick by tick. Memory
// and time are in proportion to the windows' length and the rules, and
// nothing without such SLAs. It has one caller.
type Windows struct {
	plan  *plan.Plan
	tick  time.Duration
	slot  int64   // number of the last tick that was taken
	edges []int64 // ring: the slots at which a tick was taken
	lanes []*lane
}

// NewWindows is for a run of p that is looked at once a tick.
func NewWindows(p *plan.Plan, tick time.Duration) *Windows {
	w := &Windows{plan: p, tick: tick}
	_, phase := phases(p)
	longest := int64(0)
	for i := range p.SLAs {
		s := &p.SLAs[i]
		if s.Window == nil {
			continue
		}
		length := max(1, int64((s.Window.Length+tick/2)/tick))
		longest = max(longest, length)
		for g := range s.Groups {
			w.lanes = append(w.lanes, newLane(p, i, g, phase[i], length))
		}
	}
	if longest > 0 {
		w.edges = make([]int64, longest+1)
		for i := range w.edges {
			w.edges[i] = -1
		}
		w.edges[0] = 0 // the first user
	}
	return w
}

// Observe takes the snapshots of a run, one after another. until is when the
// load ended, or is planned to: a window that goes on beyond it is none of
// the run's. missed is how many arrivals were missed since the one before.
//
// A snapshot that comes more than a quarter of a tick late is the edge of no
// window; what it holds counts with the next one.
func (w *Windows) Observe(s *record.Snapshot, until time.Duration, missed int64) {
	if len(w.lanes) == 0 {
		return
	}
	for _, l := range w.lanes {
		l.take(s, missed)
	}
	slot := int64((s.At + w.tick/2) / w.tick)
	off := s.At - time.Duration(slot)*w.tick
	if slot <= w.slot || max(off, -off) > w.tick/4 {
		return
	}
	w.edges[slot%int64(len(w.edges))] = slot
	for _, l := range w.lanes {
		l.push(w.slot, slot)
		w.look(l, slot, until)
	}
	w.slot = slot
}

// look judges a lane's window that ends at a slot.
func (w *Windows) look(l *lane, slot int64, until time.Duration) {
	from, end := slot-l.length, time.Duration(slot)*w.tick
	switch {
	case from >= 0 && end <= until && w.within(l, time.Duration(from)*w.tick, end):
		if w.edges[from%int64(len(w.edges))] != from {
			l.skip(slot, false) // nobody looked when it began
			return
		}
		l.look(from, slot, w.tick)
	case end > until || !w.within(l, end-w.tick, end):
		l.skip(slot, true)
	}
}

// within reports whether a time lies in what an SLA is about.
func (w *Windows) within(l *lane, begin, end time.Duration) bool {
	if l.sla.Stages == nil {
		return begin >= w.plan.Profile.Warmup
	}
	for _, s := range l.stretches {
		if begin >= s.Begin && end <= s.End {
			return true
		}
	}
	return false
}

// Finish is called after the last snapshot. What was under way when the load
// ended counts in the last window, whenever it ended; cut are requests that
// never did, of which nobody knows how they would have.
func (w *Windows) Finish(cut int64) {
	for _, l := range w.lanes {
		if l.last == nil {
			continue
		}
		l.news.cut = cut
		if l.news != (tally{}) || l.counted() {
			l.late(&l.news, func(i int) extent {
				return extent{over: l.beyond[i].news, base: l.beyond[i].newBase, sum: l.beyond[i].newParts}
			})
			l.news = tally{}
		}
		l.last.gap = true
		l.settle(w.tick)
	}
}

// Apply adds what windows say to judgements of the same moment. Where some
// may be broken they decide alone, else beside the run as a whole.
func (w *Windows) Apply(js []Judgement) {
	if len(w.lanes) == 0 {
		return
	}
	type key struct{ sla, group int }
	at := make(map[key]*lane, len(w.lanes))
	for _, l := range w.lanes {
		at[key{l.index, l.group}] = l
	}
	for i := range js {
		if l := at[key{js[i].SLA, js[i].Group}]; l != nil {
			l.apply(&js[i])
		}
	}
}

func (l *lane) apply(j *Judgement) {
	x := &l.rules[j.Rule]
	found := x.found
	found.Run = j.State
	j.Windows = &found
	state, reason := x.verdict(l.sla.Window)
	whole, why := j.State, j.Reason
	if l.sla.Window.Tolerant() {
		whole = Pass
	}
	j.State, j.Reason = state, reason
	switch {
	case whole < state:
		j.State, j.Reason = whole, "over the whole run: "+why
	case whole == Fail:
		j.Reason = reason + "; over the whole run: " + why
	}
}

// verdict is what the windows alone say of a rule.
func (x *course) verdict(w *plan.Window) (State, string) {
	f := &x.found
	switch {
	case f.Counted > w.AllBut:
		return Fail, f.Words(*x.rule, *w)
	case f.Whole == 0:
		return Inconclusive, f.Words(*x.rule, *w)
	case f.Counted+f.Doubtful > w.AllBut, float64(f.Decided) < DecidedShare*float64(f.Whole):
		return Inconclusive, f.Words(*x.rule, *w)
	}
	return Pass, ""
}

// Words say what the windows came to, in one clause.
func (f *Windowed) Words(r plan.Rule, w plan.Window) string {
	length := text.Span(w.Length)
	if f.Whole == 0 {
		return "no whole window of " + length + " has passed"
	}
	all := count(f.Whole, "window") + " of " + length
	words := "kept in " + all
	if f.Broken > 0 {
		words = fmt.Sprintf("broken in %s of %s", text.Count(f.Broken), all)
		if w.For > 0 {
			words += fmt.Sprintf(", %s of them for %s or longer", text.Count(f.Counted), text.Span(w.For))
		}
		if w.AllBut > 0 {
			words += " (" + text.Count(w.AllBut) + " may be)"
		}
	} else if f.Decided < f.Whole {
		words = fmt.Sprintf("kept in %s of %s", text.Count(f.Decided), all)
	}
	if f.Doubtful > 0 {
		words += ", in doubt in " + text.Count(f.Doubtful) + " (missed, cut off, timed out, or failed here)"
	}
	if poor := f.Whole - f.Decided - f.Doubtful; poor > 0 {
		words += ", too few samples in " + text.Count(poor)
		if needed := Needed(r); needed > 1 {
			words += " (each needs " + text.Count(needed) + ")"
		}
	}
	if f.Worst.Valid {
		words += "; worst " + text.Clock(f.Worst.From) + "–" + text.Clock(f.Worst.To) + ": " + stretch(r, f.Worst)
	}
	return words
}

// stretch says how a window kept a rule.
func stretch(r plan.Rule, s Stretch) string {
	of, part := ofAll(s.Over, s.Samples), text.Figure(s.Figure, text.Ratio)
	switch {
	case perTime(&r):
		return figure(r, s.Figure)
	case r.Metric == plan.Tally && r.Scale == plan.Share:
		return fmt.Sprintf("%s %s (%s)", of, counterWords(r.Counter), figure(r, s.Figure))
	case r.Metric == plan.Tally:
		return text.Count(s.Over) + " " + counterWords(r.Counter)
	case r.Metric == plan.ErrorRate:
		return fmt.Sprintf("%s failed (%s)", of, figure(r, s.Figure))
	case r.Metric == plan.Mean:
		return fmt.Sprintf("mean of %s over %s", figure(r, s.Figure), text.Count(s.Samples))
	case r.AtLeast:
		return fmt.Sprintf("%s beyond %s (%s)", of, limit(r), part)
	case r.Unit != plan.UnitNone:
		return fmt.Sprintf("%s above %s (%s)", of, limit(r), part)
	}
	return fmt.Sprintf("%s took longer than %s (%s)", of, limit(r), part)
}
