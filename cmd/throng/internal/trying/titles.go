package trying

import (
	"strconv"

	"throng/dsl/plan"
)

// title is a step in a few words, much as its block begins.
func title(p *plan.Plan, s plan.Step) string {
	switch s := s.(type) {
	case *plan.Request:
		return p.Rows[p.Series[s.Series].Row].Label()
	case *plan.Socket:
		return p.Rows[p.Series[s.Series].Row].Label()
	case *plan.Send:
		return p.Rows[p.Series[s.Series].Row].Label()
	case *plan.Receive:
		return p.Rows[p.Series[s.Series].Row].Label()
	case *plan.Group:
		return "group " + strconv.Quote(s.Name)
	case *plan.Loop:
		return "loop " + strconv.Quote(s.Label)
	case *plan.Call:
		return "call " + strconv.Quote(s.Name)
	}
	return word(s)
}

// word is what kind of step it is.
func word(s plan.Step) string {
	switch s.(type) {
	case *plan.Request:
		return "request"
	case *plan.Group:
		return "group"
	case *plan.Pause:
		return "pause"
	case *plan.Set:
		return "set"
	case *plan.When:
		return "when"
	case *plan.Repeat:
		return "repeat"
	case *plan.Loop:
		return "loop"
	case *plan.Choose:
		return "choose"
	case *plan.Parallel:
		return "parallel"
	case *plan.Retry:
		return "retry"
	case *plan.Leave:
		return "leave"
	case *plan.Call:
		return "call"
	case *plan.Socket:
		return "websocket"
	case *plan.Send:
		return "send"
	case *plan.Receive:
		return "receive"
	case *plan.CloseSocket:
		return "close"
	}
	return "step"
}
