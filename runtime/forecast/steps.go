package forecast

import (
	"fmt"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/report"
)

// steps are a list of steps, each followed by those within it, one deeper.
func (b *builder) steps(class int, list []plan.Step) []Step {
	out := []Step{}
	b.list(&out, class, list, 0)
	return out
}

func (b *builder) list(out *[]Step, class int, list []plan.Step, depth int) {
	for _, s := range list {
		one := b.step(class, s)
		one.Depth = depth
		*out = append(*out, one)
		switch s := s.(type) {
		case *plan.When:
			b.list(out, class, s.Then, depth+1)
			b.titled(out, class, "else", "", s.Else, depth)
		case *plan.Choose:
			for i := range s.Branches {
				b.titled(out, class, "branch", s.Branches[i].Name, s.Branches[i].Steps, depth+1)
			}
			b.titled(out, class, "else", "", s.Else, depth+1)
		case *plan.Socket:
			for i := range s.Handlers {
				b.titled(out, class, "on_message", s.Handlers[i].Name, s.Handlers[i].Steps, depth+1)
			}
			for i := range s.Beats {
				b.titled(out, class, "every", b.beatName(class, &s.Beats[i]), s.Beats[i].Steps, depth+1)
			}
		default:
			for _, inner := range plan.Inner(s) {
				b.list(out, class, inner, depth+1)
			}
		}
	}
}

// titled lists steps that have a title of their own.
func (b *builder) titled(out *[]Step, class int, kind, name string, steps []plan.Step, depth int) {
	if len(steps) == 0 && kind == "else" {
		return
	}
	*out = append(*out, Step{Kind: kind, Name: b.text(name), Depth: depth})
	b.list(out, class, steps, depth+1)
}

func (b *builder) step(class int, s plan.Step) Step {
	d := b.dice[class]
	named := func(kind, name string) Step { return Step{Kind: kind, Name: b.text(name)} }
	switch s := s.(type) {
	case *plan.Request:
		return named("request", b.plan.Rows[b.plan.Series[s.Series].Row].Label())
	case *plan.Group:
		return named("group", s.Name)
	case *plan.Pause:
		mean, _ := d.average(func() (float64, error) { return d.number(s.For) })
		return Step{Kind: "pause", Pause: report.Ms(mean)}
	case *plan.Repeat:
		return named("repeat", b.rounds(d, s))
	case *plan.Loop:
		return named("loop", s.Label)
	case *plan.Parallel:
		if s.Limit > 0 {
			return named("parallel", fmt.Sprintf("at most %d at once", s.Limit))
		}
		return named("parallel", "")
	case *plan.Retry:
		return named("retry", fmt.Sprintf("up to %d attempts", s.Attempts))
	case *plan.Call:
		return named("call", s.Name)
	case *plan.Socket:
		return named("websocket", s.Name)
	case *plan.Send:
		return named("send", s.Name)
	case *plan.Receive:
		return named("receive", s.Name)
	case *plan.CloseSocket:
		return named("close", "")
	case *plan.Leave:
		return named("leave", [...]string{plan.FailureTask: "task", plan.FailureUser: "user", plan.FailureRun: "run"}[s.Reach])
	}
	return named(strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", s), "*plan.")), "")
}

// beatName is a beat with its mean interval.
func (b *builder) beatName(class int, beat *plan.Beat) string {
	d := b.dice[class]
	mean, problem := d.average(func() (float64, error) { return d.number(beat.Interval) })
	if problem != "" {
		return beat.Name
	}
	return beat.Name + ", " + span(mean)
}

// rounds says how often a repeat goes round.
func (b *builder) rounds(d *dice, s *plan.Repeat) string {
	switch {
	case s.Until != nil:
		return fmt.Sprintf("until %s, at most %d times", s.Text, s.Max)
	case s.While != nil:
		return fmt.Sprintf("while %s, at most %d times", s.Text, s.Max)
	}
	n, ok := d.expect(func() (float64, error) { return d.times(s.Count) })
	if !ok {
		return ""
	}
	return number(n) + " times"
}
