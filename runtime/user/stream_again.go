package user

import (
	"net/http"
	"strconv"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

const (
	longestBackoff = time.Minute
	leastBackoff   = 100 * time.Millisecond // before a second attempt, so that none is made in a tight loop
)

// goesOn reports whether the stream is asked for again after the exchange
// that came to v, and waits until it is time to. Otherwise v is what the
// stream came to, unless it has a problem of its own.
func (s *streaming) goesOn(v *verdict) bool {
	u := s.u
	answered, status := u.result.Class == plan.OK, u.result.Status
	switch {
	case s.ended() || u.env.isCut.Load():
		return false
	case answered && v.class != plan.OK:
		return false // redirected too often, or away
	case answered && isStream(status):
		if !s.finish(v) || status == http.StatusNoContent || v.class == plan.OK && s.of.Reconnect == nil {
			return false
		}
	case !s.began || answered && !isBusy(status) || !answered && !isLoss(v.class):
		return false // an ordinary answer, or none
	}
	if s.standing {
		s.standing = false
		u.writer.Count(u.sample.Series, plan.CountDisconnects, 1, u.result.End)
		if s.of.Reconnect != nil {
			s.lost, s.tried = u.result.End, 0
			s.describeLoss(v)
		}
	}
	return s.of.Reconnect != nil && s.again(v)
}

// describeLoss tells why the connection that the stream stood on ended, which
// is not why the stream fails.
func (s *streaming) describeLoss(v *verdict) {
	f := record.Failure{Series: s.u.sample.Series, Class: v.class, At: s.u.result.End, Detail: v.detail, Site: s.of.Site}
	if v.class == plan.OK {
		f.Class, f.Detail = plan.FailReset, "the server ended the stream"
	}
	s.u.describeLoss(f)
}

// finish hears the rest of an answer that ended by itself, which v becomes
// the verdict on. It reports whether the stream could go on over another
// connection.
func (s *streaming) finish(v *verdict) bool {
	s.stand()
	if !s.fits() {
		return false
	}
	s.parser.End()
	s.take(s.u.result.End)
	if text := s.missing(); text != "" && !s.ended() {
		*v = verdict{plan.FailTruncated, text, s.of.Site}
	}
	return !s.ended()
}

// missing says of a stream that ended by itself what should have come first;
// empty where it may end at any time.
func (s *streaming) missing() string {
	switch {
	case s.of.Until != nil && s.of.Text == "":
		return "the stream ended before until held"
	case s.of.Until != nil:
		return "the stream ended before " + s.of.Text + " held"
	case s.of.MaxEvents > 0:
		return "the stream ended after " + strconv.FormatInt(s.info.Events, 10) + " of " + plural(s.of.MaxEvents, "event")
	}
	return ""
}

// isStream reports whether an answer's body is heard as it comes.
func isStream(status int) bool { return status >= 200 && status <= 299 }

// isBusy reports whether a server that answers so may serve the same request
// later.
func isBusy(status int) bool { return status >= 500 || status == http.StatusTooManyRequests }

// isLoss reports whether an exchange that failed so may succeed later.
func isLoss(class plan.ErrorClass) bool {
	switch class {
	case plan.FailTooLarge, plan.FailGuard, plan.FailInternal:
		return false
	}
	return true
}

// again waits until the stream may be asked for once more, and makes the
// message ask for what comes after the last event. It goes where the stream
// stood, redirects followed.
func (s *streaming) again(v *verdict) bool {
	u, re := s.u, s.of.Reconnect
	if re.Attempts > 0 && s.tried >= re.Attempts {
		return false
	}
	pause, err := s.pause()
	if err != nil {
		s.problem = u.wrong(s.of.Site, err)
		return false
	}
	s.tried++
	if u.env.trace != nil {
		u.remark(s.of.Site, "the stream is lost: asks again in %s, attempt %d", secondsText(pause.Seconds()), s.tried)
	}
	if !s.hold(pause, v) {
		return false
	}
	s.resumed = true
	s.parser.Resume()
	if id := s.parser.LastID(); id != "" {
		u.header = append(append(append(without(u.header, "Last-Event-ID"), "Last-Event-ID: "...), id...), "\r\n"...)
		u.message.Header = u.header
	}
	return true
}

// pause is the time before the next attempt: the backoff, doubled after each
// attempt, but no less than what the server asks for.
func (s *streaming) pause() (time.Duration, error) {
	if s.tried == 0 {
		s.backoff = 0
		if s.of.Reconnect.Backoff != nil {
			seconds, err := s.u.number(s.of.Reconnect.Backoff, "a backoff")
			if err != nil {
				return 0, err
			}
			s.backoff = time.Duration(later(0, seconds))
		}
	} else {
		s.backoff = max(2*min(s.backoff, longestBackoff), leastBackoff)
	}
	s.backoff = min(s.backoff, longestBackoff)
	asked, _ := s.parser.Retry()
	return max(s.backoff, asked), nil
}

// hold waits, within the request's timeout. Unlike a sleep it keeps what the
// request is made with. It reports false when there is no time left, or the
// user was stopped.
func (s *streaming) hold(d time.Duration, v *verdict) bool {
	u := s.u
	isShort := false
	if limit := s.request.Timeout; limit > 0 {
		left := limit - time.Duration(u.env.Clock.Now()-u.sample.Start)
		if isShort = d >= left; isShort {
			d = max(left, 0)
		}
		u.message.Timeout = left - d
	}
	if !s.rest(d) {
		s.cut = true
		return false
	}
	if isShort {
		u.sample.End = u.env.Clock.Now()
		*v = verdict{plan.FailTimeout, "the stream was lost, and not back within the request's timeout", s.of.Site}
		return false
	}
	return true
}

// rest waits, and reports whether the stream is still wanted then.
func (s *streaming) rest(d time.Duration) bool {
	u := s.u
	stop := u.stop
	if !s.endless() {
		stop = nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	u.yield()
	defer u.regain()
	select {
	case <-timer.C:
		return !s.stopped() && !u.env.isCut.Load()
	case <-stop:
	case <-u.env.cut:
	}
	return false
}
