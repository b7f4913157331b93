package forecast

import "throng/dsl/plan"

// tokens visits the requests for tokens that users of a class make, each
// once: they are no steps. How often a token is renewed only its answer says,
// so one is reckoned with.
func tokens(c *plan.Class, visit func(a *plan.Auth)) {
	seen := map[*plan.Auth]bool{}
	c.EachStep(func(s plan.Step) {
		var a *plan.Auth
		switch s := s.(type) {
		case *plan.Request:
			a = s.Auth
		case *plan.Socket:
			a = s.Auth
		}
		if a != nil && a.Token != nil && !seen[a] {
			seen[a] = true
			visit(a)
		}
	})
}

// ownTokens adds the tokens that each user fetches for itself: one before its
// first request, which in a fresh user is that of an iteration.
func (h *habit) ownTokens(c *plan.Class, fresh bool) {
	tokens(c, func(a *plan.Auth) {
		switch {
		case !a.PerUser:
		case fresh:
			h.iteration[a.Token.Series]++
			h.prompt[a.Token.Series]++
			h.requests++
		default:
			h.start[a.Token.Series]++
		}
	})
}

// sharedTokens adds those that are fetched once for all users: by whom, only
// the run shows, so they count for the first class that may.
func (b *builder) sharedTokens() {
	b.shares = map[int]bool{}
	done := map[int]bool{}
	for i := range b.plan.Classes {
		c := &b.plan.Classes[i]
		if b.run.started[i] == 0 {
			continue
		}
		tokens(c, func(a *plan.Auth) {
			if a.PerUser {
				return
			}
			b.shares[a.Token.Series] = true
			if done[a.Number] {
				return
			}
			done[a.Number] = true
			for answer := range answers {
				b.all[a.Token.Series][answer]++
			}
		})
	}
}

// insecure warns of targets whose certificates nobody verifies.
func (b *builder) insecure() {
	for i := range b.plan.Targets {
		if t := &b.plan.Targets[i]; t.TLS != nil && t.TLS.Insecure {
			b.warn("insecure_tls", b.site(t.Site), nil, "the certificate of target %s is not verified (insecure): nothing says who answers", t.Name)
		}
	}
}
