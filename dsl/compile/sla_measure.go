package compile

import (
	"fmt"
	"math"
	"net/netip"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/stdlib"
)

// counterArgs are the limits on counters. A scale of PerSecond is read as a
// rate, one of Share as a number or a share.
var counterArgs = map[string]struct {
	counter plan.Counter
	scale   plan.Scale
}{
	"unanswered":          {plan.CountUnanswered, plan.Share},
	"late":                {plan.CountLate, plan.Share},
	"out_of_order":        {plan.CountOutOfOrder, plan.Share},
	"duplicated":          {plan.CountDuplicated, plan.Share},
	"lost":                {plan.CountLost, plan.Share},
	"disconnects":         {plan.CountDisconnects, plan.Absolute},
	"sent_per_second":     {plan.CountOut, plan.PerSecond},
	"received_per_second": {plan.CountIn, plan.PerSecond},
}

// tally reads a limit on a counter.
func (c *compiler) tally(b *config.Block, a *config.Arg, r plan.Rule) []plan.Rule {
	of := counterArgs[a.Name]
	r.Metric, r.Counter, r.Scale = plan.Tally, of.counter, of.scale
	switch of.scale {
	case plan.PerSecond:
		return c.perSecond(b, a, r)
	case plan.Absolute:
		n, ok := c.count(b, a.Name)
		if !ok {
			return nil
		}
		r.Limit = float64(n)
		return []plan.Rule{r}
	}
	limit, scale, ok := c.amount(b, a)
	if !ok {
		return nil
	}
	r.Limit, r.Scale = limit, scale
	return []plan.Rule{r}
}

// amount reads a whole number, or a share such as "1%".
func (c *compiler) amount(b *config.Block, a *config.Arg) (float64, plan.Scale, bool) {
	v, _, ok := c.known(b, a.Name, cty.DynamicPseudoType)
	if !ok {
		return 0, 0, false
	}
	if v.Type() == cty.String {
		share, err := stdlib.ParseRatio(v.AsString())
		if err != nil || share < 0 || share > 1 {
			c.fail(b, diag.InvalidRatio, a.Expr.Range(), "%s is a whole number, or a share from \"0%%\" to \"100%%\".", a.Name)
			return 0, 0, false
		}
		return share, plan.Share, true
	}
	n := math.NaN()
	if v.Type() == cty.Number {
		n, _ = v.AsBigFloat().Float64()
	}
	if n != math.Trunc(n) || n < 0 || n > maxCount {
		d := c.fail(b, diag.OutOfRange, a.Expr.Range(), "%s is a whole number from 0 to %d, or a share in quotes such as \"1%%\".", a.Name, maxCount)
		if n > 0 && n < 1 {
			d.Suggestion = fmt.Sprintf("For a share write \"%g%%\".", n*100)
		}
		return 0, 0, false
	}
	return n, plan.Absolute, true
}

// measure reads which times an SLA's limits are about.
func (c *compiler) measure(b, match *config.Block, s *plan.SLA) (ok bool) {
	word, _ := c.keyword(b, "measure")
	s.Measure, _ = plan.MeasureNamed(word)
	if s.Measure == plan.MeasureResponse {
		return true
	}
	at := b.Arg("measure")
	for _, other := range []string{"groups", "metrics"} {
		if match == nil || match.Arg(other) == nil {
			continue
		}
		c.fail(b, diag.ConflictingArguments, at.Range, "measure says which times of requests are limited, and this SLA is about %s.", other).
			Relate(other+" stands here", match.Arg(other).Range)
		return false
	}
	times := false
	for i := range s.Rules {
		switch r := &s.Rules[i]; r.Metric {
		case plan.ErrorRate, plan.Throughput:
			c.fail(b, diag.ConflictingArguments, at.Range, "%s is about requests as a whole and has no measure: give it an sla of its own.", r.Name)
			return false
		case plan.Tally:
		default:
			times = true
		}
	}
	if !times && len(s.Rules) > 0 {
		c.warn(b, diag.Unused, at.Range, "measure says which times are limited, and %s limits none in this profile.", b.Title())
		s.Measure = plan.MeasureResponse
	}
	return true
}

// occurs refuses an SLA about a measure or a counter that what it judges
// cannot have: every request judged by itself, or all of them together.
func (c *compiler) occurs(b *config.Block, s *plan.SLA) bool {
	ok := true
	if s.Measure != plan.MeasureResponse {
		ok = c.allCan(s, func(id int) string { return c.facts()[id].lacks(s.Measure) }, func(row, why string) {
			c.fail(b, diag.SLAMatchesNothing, b.Arg("measure").Expr.Range(), "%s has no %s: %s. The SLA could never be judged there.", row, s.Measure, why)
		})
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		if r.Metric != plan.Tally {
			continue
		}
		said, at := c.limitsHere(b, r)
		ok = c.allCan(s, func(id int) string { return c.facts()[id].cannotCount(r.Counter) }, func(row, why string) {
			c.fail(said, diag.SLAMatchesNothing, at, "%s has nothing that %s could count: %s. The SLA could never be judged there.", row, r.Name, why)
		}) && ok
	}
	return ok
}

// limitsHere is where a rule was said: in the SLA, its warn block, or what
// overrides it.
func (c *compiler) limitsHere(b *config.Block, r *plan.Rule) (*config.Block, hcl.Range) {
	for _, n := range append(c.overrides(b), b) {
		if r.Warn {
			n = n.First("warn")
		}
		if n != nil && n.Arg(r.Name) != nil {
			return n, n.Arg(r.Name).NameRange
		}
	}
	return b, b.Range
}

// allCan reports a judged set of series of which none has what is asked for.
func (c *compiler) allCan(s *plan.SLA, lacks func(id int) string, report func(row, why string)) bool {
	for _, g := range s.Groups {
		able := slices.IndexFunc(g.Series, func(id int) bool { return lacks(id) == "" })
		if able >= 0 {
			continue
		}
		id := g.Series[0]
		report(c.plan.Rows[c.plan.Series[id].Row].Label(), lacks(id))
		return false
	}
	return true
}

// facts are what is known of a series' exchanges.
type facts struct {
	whole   bool // a group or metric, of which only the whole is timed
	hops    bool // some of its requests follow redirects
	message bool // sent or received over a connection that stands
	stream  *plan.Stream
	socket  *plan.Socket
	target  *plan.Target
	expects bool // messages that want a reply are sent over the socket
}

// facts are those of each series. They are found out once.
func (c *compiler) facts() []facts {
	if c.able != nil {
		return c.able
	}
	list := make([]facts, len(c.plan.Series))
	for i := range list {
		row := &c.plan.Rows[c.plan.Series[i].Row]
		list[i].whole = row.Kind != plan.RequestSeries
		if row.Target >= 0 && row.Target < len(c.plan.Targets) {
			list[i].target = &c.plan.Targets[row.Target]
		}
	}
	for i := range c.plan.Classes {
		class := &c.plan.Classes[i]
		sockets := map[int]*plan.Socket{}
		class.EachStep(func(s plan.Step) {
			if socket, ok := s.(*plan.Socket); ok {
				sockets[socket.Number] = socket
				list[socket.Series].socket = socket
			}
		})
		class.EachStep(func(s plan.Step) {
			switch s := s.(type) {
			case *plan.Request:
				list[s.Series].stream = s.Stream
				list[s.Series].hops = list[s.Series].hops || s.Redirects > 0
			case *plan.Receive:
				list[s.Series].message = true
			case *plan.Send:
				list[s.Series].message = true
				if socket := sockets[s.Socket]; socket != nil && s.Reply != nil {
					list[socket.Series].expects = true
				}
			}
		})
	}
	c.able = list
	return list
}

// lacks says why a measure cannot occur; "" where it can.
func (f *facts) lacks(m plan.Measure) string {
	switch {
	case m <= plan.MeasureService:
		return ""
	case f.whole:
		return "only its whole time is known"
	case m == plan.MeasurePing && (f.socket == nil || f.socket.Ping == nil):
		return "it is no websocket with ping = \"25s\""
	case m == plan.MeasureRecovery && f.reconnect() == nil:
		return "it is no websocket or stream with a reconnect block"
	case (m == plan.MeasureFirstEvent || m == plan.MeasureGap) && f.stream == nil:
		return "it has no stream block"
	case m == plan.MeasureHop && !f.hops:
		return "it follows no redirect"
	case m > plan.MeasureBody:
		return ""
	case f.message:
		return "it goes over a connection that stands already"
	case m == plan.MeasureBody && f.socket != nil:
		return "the answer to a websocket's handshake has no body"
	case m == plan.MeasureTLS && f.target != nil && f.target.Scheme == "http":
		return "it goes to " + f.target.URL() + ", which is not encrypted"
	case m == plan.MeasureDNS && f.target != nil && f.target.HTTP.Proxy == nil && literal(f.target.Host):
		return "it goes to " + f.target.Host + ", which is an address and no name"
	}
	return ""
}

func (f *facts) reconnect() *plan.Reconnect {
	switch {
	case f.socket != nil:
		return f.socket.Reconnect
	case f.stream != nil:
		return f.stream.Reconnect
	}
	return nil
}

// cannotCount says why a counter cannot count; "" where it can.
func (f *facts) cannotCount(counter plan.Counter) string {
	switch {
	case f.message:
		return "messages are counted with the websocket they go over"
	case f.stream != nil && (counter == plan.CountIn || counter == plan.CountDisconnects):
		return ""
	case f.socket == nil:
		return "it is no websocket"
	case (counter == plan.CountUnanswered || counter == plan.CountLate) && !f.expects:
		return "no send over it has a reply block"
	case counter == plan.CountOutOfOrder || counter == plan.CountDuplicated || counter == plan.CountLost:
		if !f.expects && f.socket.Sequence == nil {
			return "its messages are not numbered (sequence), and no send over it has a reply block"
		}
	}
	return ""
}

func literal(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
