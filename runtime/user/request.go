package user

import (
	"errors"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// verdict is why a request failed, for people; its class is plan.OK when it
// did not. It is a value: a request that succeeds makes none of it.
type verdict struct {
	class  plan.ErrorClass
	detail string
	site   plan.SiteID
}

// request makes one request.
func (u *User) request(r *plan.Request) flow {
	if r.Auth != nil {
		return u.authenticated(r, func() flow { return u.attempt(r) })
	}
	return u.attempt(r)
}

// clear makes the user's sample that of a request that nothing is known of
// yet.
func (u *User) clear(r *plan.Request) {
	u.settle()
	u.sample = record.Sample{Series: int32(r.Series)}
	u.begun, u.booked = false, false
	u.target = r.Target
}

// attempt renders a request, exchanges it and what it redirects to, judges
// the answer, and books exactly one sample for all of it.
func (u *User) attempt(r *plan.Request) (f flow) {
	u.clear(r)
	defer u.rescue(r, &f)
	if err := u.render(r); err != nil {
		return u.unsent(r, err)
	}
	u.countBegun()
	v := u.exchange(r)
	heard := u.hears(r)
	if heard != nil {
		v = u.streamed(r, v)
	}
	answered := u.result.Class == plan.OK
	if !answered && u.env.isCut.Load() || heard != nil && heard.cut {
		u.booked = true
		u.root.Counts.Cut.Add(1)
		return u.slept(false)
	}
	u.quiet = u.quiet && !answered
	if v.class == plan.OK {
		if v = u.decode(r); v.class == plan.OK {
			u.remember(r)
			v = u.judge(r)
		}
	}
	return u.book(r, v, true)
}

// countBegun counts a request as begun, before anything of it can be booked.
func (u *User) countBegun() {
	u.begun = true
	u.root.Counts.Begun.Add(1)
}

// unsent is a request that could not be written. A session value that is
// missing abandons the task; anything else is a failed request.
func (u *User) unsent(r *plan.Request, err error) flow {
	var missing *plan.MissingSlot
	if u.out != nil || errors.As(err, &missing) {
		return u.broken(r.Site, err)
	}
	u.countBegun()
	u.stamp()
	return u.book(r, u.wrong(r.Site, err), false)
}

// stamp ends the sample now; one that no exchange began, it begins now too.
func (u *User) stamp() {
	s := &u.sample
	s.End = u.env.Clock.Now()
	if s.Start == 0 {
		s.Start = s.End
	}
}

// wrong is the verdict on an expression that could not be evaluated.
func (u *User) wrong(site plan.SiteID, err error) verdict {
	v := verdict{plan.FailExpression, err.Error(), site}
	var at *plan.EvalError
	var missing *plan.MissingSlot
	switch {
	case errors.As(err, &at):
		if at.Site != 0 {
			v.site = at.Site
		}
		if at.Class != plan.OK {
			v.class = at.Class
		}
	case errors.As(err, &missing) && missing.Site != 0:
		v.site = missing.Site
	}
	return v
}

// rescue turns a panic within a request into a failed one.
func (u *User) rescue(r *plan.Request, f *flow) {
	p := recover()
	if p == nil {
		return
	}
	u.frame.Response = nil
	v := verdict{plan.FailInternal, panicText(p), r.Site}
	if u.booked {
		u.env.faults.add(u.ID.Class, r.Site, u.mask().text(v.detail, false), true)
		*f = endTask
		return
	}
	// The client may have been left in the middle of an exchange.
	u.client.Close()
	u.client = u.env.Factory.Client()
	if !u.begun {
		u.countBegun()
	}
	u.stamp()
	*f = u.book(r, v, false)
}

// intended is when the request at hand should have begun.
func (u *User) intended() int64 {
	if u.due >= 0 {
		return u.due
	}
	return u.sample.Start
}

// book records a request's one sample, and what it ends.
func (u *User) book(r *plan.Request, v verdict, sent bool) flow {
	s := &u.sample
	s.Intended, u.due = u.intended(), -1
	s.Class = v.class
	again := u.retries(v.class, int(s.Status))
	renew := sent && u.renews(r, v)
	s.Retried = again != nil || renew
	u.booked = true
	if u.grant != nil {
		u.grant.why = v
	}
	if u.env.trace != nil {
		u.tellDone(r, v, s.Retried)
	}
	u.writer.Add(*s)
	if v.class == plan.OK {
		u.record(r)
		u.root.Counts.OK.Add(1)
		return goOn
	}
	u.root.Counts.Failed.Add(1)
	u.describe(r, v, sent)
	if renew {
		u.rejected = true
		return goOn
	}
	return u.failed(r.Series, r.OnFailure, v.class, again)
}

// failed is what a failure of a series ends.
func (u *User) failed(series int, reach plan.Failure, class plan.ErrorClass, again *attempts) flow {
	if again != nil {
		u.again = again.depth
		return tryAgain
	}
	if u.group != nil {
		u.group.fail(class)
	}
	switch {
	case u.out != nil:
		return u.outOfRows()
	case u.env.isCut.Load():
		return endCut
	}
	switch reach {
	case plan.FailureTask:
		return endTask
	case plan.FailureUser:
		return endUser
	case plan.FailureRun:
		row := u.env.Plan.Series[series].Row
		u.env.Halt(u.env.Plan.Rows[row].Label() + " failed (" + class.String() + "), and its on_failure is \"run\"")
		return endUser
	}
	return goOn
}

// judge decides whether the answer at hand is a success, and captures from
// it. The first rule that fails names the error.
func (u *User) judge(r *plan.Request) verdict {
	u.response = u.answer(r)
	u.frame.Response = &u.response
	v := verdict{}
	if u.env.trace != nil {
		v = u.judgeAloud(r)
	} else if v = u.expect(r); v.class == plan.OK {
		v = u.capture(r)
	}
	if u.grant != nil {
		v = u.grant.take(u, r, v)
	}
	if v.class == plan.OK && len(r.Records) > 0 {
		v = u.measure(r)
	}
	u.frame.Response = nil
	return v
}

// answer is the answer at hand as expressions see it.
func (u *User) answer(r *plan.Request) plan.Response {
	return plan.Response{
		Status: u.result.Status, Proto: u.result.Proto,
		Scheme: u.message.Route.Scheme, Host: u.message.Host, URI: u.message.URI,
		Header: u.result.Header, Body: u.result.Body, Size: u.result.BodySize,
		Elapsed: time.Duration(u.sample.End - u.sample.Start),
		Stream:  u.streamInfo(r),
	}
}

// expect holds the answer against the request's rules: a status below 400
// unless a rule speaks of the status, and every condition true.
func (u *User) expect(r *plan.Request) verdict {
	spoken := false
	for i := range r.Expects {
		spoken = spoken || r.Expects[i].Status != nil
	}
	if !spoken && u.result.Status >= 400 {
		return verdict{plan.FailStatus, statusDetail(u.result.Status, nil), r.Site}
	}
	for i := range r.Expects {
		e := &r.Expects[i]
		if e.Status != nil && !inRanges(u.result.Status, e.Status) {
			return verdict{plan.FailStatus, statusDetail(u.result.Status, e.Status), e.Site}
		}
		if e.Condition == nil {
			continue
		}
		v, err := e.Condition.Eval(&u.frame)
		switch {
		case err != nil:
			return u.wrong(e.Site, err)
		case !v.True():
			return verdict{plan.FailExpect, u.expectDetail(e, v), e.Site}
		}
	}
	return verdict{}
}

func inRanges(status int, ranges []plan.StatusRange) bool {
	for _, r := range ranges {
		if r.Min <= status && status <= r.Max {
			return true
		}
	}
	return false
}

// capture keeps values of the answer in the session. They are copied: the
// body they may point into is reused.
func (u *User) capture(r *plan.Request) verdict { return u.take(r.Captures) }

func (u *User) take(captures []plan.Capture) verdict {
	for i := range captures {
		c := &captures[i]
		v, err := c.Value.Eval(&u.frame)
		switch {
		case err != nil:
			return u.wrong(c.Site, err)
		case v.IsNull() && !c.Null:
			return verdict{plan.FailCapture, "capture " + c.Name + " found nothing", c.Site}
		}
		u.assign(c.Slot, clone(v))
	}
	return verdict{}
}
