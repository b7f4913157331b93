package user

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/stream"
)

// streaming is the stream of the request at hand: it hears of the answer's
// body as it comes. All its times are when something arrived, on the run's
// clock, and not when it was looked at.
//
// What it counts and measures is booked at once, whatever becomes of the
// request: events that came have come.
type streaming struct {
	u       *User
	request *plan.Request
	of      *plan.Stream
	parser  stream.Parser
	info    plan.StreamInfo
	event   plan.Event // the one at hand, and after the end the last
	last    []byte     // its data, copied

	start    int64 // of the request
	intended int64
	first    int64 // arrival of the first event, 0 before
	latest   int64 // of the last one
	lost     int64 // when the connection was lost that is to be made again; 0 while none is
	standing bool  // an answer is coming
	began    bool  // one has, at least once
	tried    int64 // attempts to get it back, since it was lost
	resumed  bool  // it was asked for again
	backoff  time.Duration

	whole   bool    // it went as far as the plan wants it to
	cut     bool    // the user was stopped: it says nothing about the target
	problem verdict // why it cannot go on
}

var streamFormats = [...]stream.Format{
	plan.StreamSSE: stream.SSE, plan.StreamNDJSON: stream.Lines, plan.StreamChunks: stream.Chunks,
}

// listen makes the message at hand one whose answer is heard as it comes, or
// one whose answer is not.
func (u *User) listen(r *plan.Request) {
	m := &u.message
	m.Sink, m.Idle = nil, 0
	if r.Stream == nil {
		return
	}
	s := u.heard
	if s == nil {
		s = &streaming{}
		u.heard = s
	}
	*s = streaming{u: u, request: r, of: r.Stream, parser: s.parser, last: s.last[:0]}
	if cap(s.last) > maxKeptEvent {
		s.last = nil
	}
	s.parser.Reset(streamFormats[r.Stream.Format])
	m.Sink, m.Idle = s, r.Stream.Idle
}

// maxKeptEvent is the capacity of a buffer that is kept for later streams.
const maxKeptEvent = 64 << 10

// hears is the stream of the request at hand; nil where it has none.
func (u *User) hears(r *plan.Request) *streaming {
	if r.Stream == nil {
		return nil
	}
	return u.heard
}

// Chunk implements transport.Sink.
func (s *streaming) Chunk(p []byte, at int64) bool {
	s.stand()
	if !s.fits() {
		return false
	}
	s.parser.Feed(p)
	s.take(at)
	if !s.ended() && s.stopped() {
		s.cut = true
	}
	return !s.ended()
}

// stand books that an answer is coming. The first byte of the result at hand
// is when the connection stood.
func (s *streaming) stand() {
	if s.standing {
		return
	}
	u := s.u
	s.standing = true
	if !s.began {
		s.began = true
		s.date()
	}
	if s.lost != 0 {
		u.writer.Count(u.sample.Series, plan.CountReconnects, 1, u.result.FirstByte)
		u.writer.Measure(u.sample.Series, plan.MeasureRecovery, max(0, u.result.FirstByte-s.lost), s.intended)
		s.lost = 0
	}
}

// date notes when the request began, and when it should have.
func (s *streaming) date() {
	u := s.u
	if s.start = u.sample.Start; s.start == 0 {
		s.start = u.result.Start
	}
	if s.intended = s.start; u.due >= 0 {
		s.intended = u.due
	}
}

// fits reports whether the answer is one that can be read as it comes.
func (s *streaming) fits() bool {
	if s.problem.class != plan.OK || s.u.result.Status == http.StatusNoContent {
		return s.problem.class == plan.OK
	}
	header := s.u.result.Header
	if coding, ok := line(header, "Content-Encoding"); ok && coding != "" && !strings.EqualFold(coding, "identity") {
		s.fail(plan.FailExpect, "the stream is "+begin(coding, 40)+"-encoded, and cannot be read as it comes: ask for it without Accept-Encoding")
	}
	if s.of.Format != plan.StreamSSE {
		return s.problem.class == plan.OK
	}
	kind, _ := line(header, "Content-Type")
	kind, _, _ = strings.Cut(kind, ";")
	switch kind = strings.TrimSpace(kind); {
	case strings.EqualFold(kind, "text/event-stream"):
	case kind == "":
		s.fail(plan.FailExpect, "the answer has no Content-Type, and should be text/event-stream")
	default:
		s.fail(plan.FailExpect, "the answer is "+begin(kind, 100)+", not text/event-stream")
	}
	return s.problem.class == plan.OK
}

// fail keeps the first thing that is wrong.
func (s *streaming) fail(class plan.ErrorClass, detail string) {
	if s.problem.class == plan.OK {
		s.problem = verdict{class, detail, s.of.Site}
	}
}

func (s *streaming) ended() bool { return s.whole || s.cut || s.problem.class != plan.OK }

// stopped reports whether the user is to give up a stream: when it was asked
// to stop, one that has no end of its own; any other is let finish, as all
// requests are.
func (s *streaming) stopped() bool {
	return s.endless() && s.u.stopped()
}

func (s *streaming) endless() bool {
	return s.of.Until == nil && s.of.MaxEvents == 0 && !s.u.leaving
}

// take hears the events that are complete.
func (s *streaming) take(at int64) {
	events, size := int64(0), int64(0)
	for !s.ended() {
		e, ok, err := s.parser.Next()
		if err != nil {
			s.fail(plan.FailTooLarge, err.Error())
		}
		if !ok {
			break
		}
		events++
		size += int64(len(e.Data))
		s.hear(&e, at)
	}
	if events > 0 {
		s.u.writer.Count(s.u.sample.Series, plan.CountIn, events, at)
		s.u.writer.Count(s.u.sample.Series, plan.CountBytesIn, size, at)
	}
}

// hear times an event, and decides whether it was the last.
func (s *streaming) hear(e *stream.Event, at int64) {
	u := s.u
	if s.info.Events == 0 {
		s.first = at
		u.writer.Measure(u.sample.Series, plan.MeasureFirstEvent, at-s.start, s.intended)
	} else {
		gap := at - s.latest
		s.info.Gap = max(s.info.Gap, time.Duration(gap))
		u.writer.Measure(u.sample.Series, plan.MeasureGap, gap, s.intended)
	}
	s.latest = at
	s.info.Events++
	s.keep(e)
	if u.env.trace != nil {
		s.tell()
	}
	if s.of.Until != nil {
		s.ask()
	}
	s.whole = s.whole || s.of.MaxEvents > 0 && s.info.Events >= s.of.MaxEvents
}

// keep copies an event. Its names seldom change, and are made anew only then.
func (s *streaming) keep(e *stream.Event) {
	s.last = append(s.last[:0], e.Data...)
	if s.last == nil {
		s.last = make([]byte, 0, 16) // an event without data is not the same as none
	}
	s.event.Data, s.event.JSON = s.last, plan.JSONUnknown
	if s.event.Name != string(e.Name) {
		s.event.Name = string(e.Name)
	}
	if s.event.ID != string(e.ID) {
		s.event.ID = string(e.ID)
	}
}

// ask evaluates the condition. Like all that a user thinks, it is done while
// its other lanes wait.
func (s *streaming) ask() {
	u := s.u
	u.regain()
	defer u.yield()
	u.frame.Event = &s.event
	v, err := s.of.Until.Eval(&u.frame)
	u.frame.Event = nil
	if err != nil {
		s.problem = u.wrong(s.of.Site, err)
		return
	}
	s.whole = v.True()
}

// streamed is what came of a request with a stream, v being what came of its
// exchange.
func (u *User) streamed(r *plan.Request, v verdict) verdict {
	s := u.heard
	for s.goesOn(&v) {
		first := u.sample.First
		v = u.exchange(r)
		u.sample.First = first // the sample's phases are those of its first answer
	}
	s.unmet(v.class)
	s.info.Total = time.Duration(u.sample.End - u.sample.Start)
	if s.first != 0 {
		s.info.First = time.Duration(s.first - u.sample.Start)
		s.info.Last = s.event
	}
	if u.env.trace != nil && s.began {
		s.tellEnd()
	}
	if s.problem.class != plan.OK {
		return s.problem
	}
	return v
}

// unmet books what the user waited for in vain: what never came because of a
// timeout, or because the stream was not to be had back.
func (s *streaming) unmet(class plan.ErrorClass) {
	u := s.u
	end := u.sample.End
	switch {
	case s.ended() || u.env.isCut.Load():
	case s.lost != 0:
		u.writer.Unmet(u.sample.Series, plan.MeasureRecovery, max(0, end-s.lost), s.intended)
	case !class.Censored():
	case s.info.Events > 0:
		u.writer.Unmet(u.sample.Series, plan.MeasureGap, max(0, end-s.latest), s.intended)
	default:
		s.date()
		u.writer.Unmet(u.sample.Series, plan.MeasureFirstEvent, end-s.start, s.intended)
	}
}

// streamInfo is what expressions see of a stream; nil where the request has
// none, or its answer was not one.
func (u *User) streamInfo(r *plan.Request) *plan.StreamInfo {
	if s := u.hears(r); s != nil && s.began {
		return &s.info
	}
	return nil
}

// tellEvents is how many events of a stream are told one by one.
const tellEvents = 5

func (s *streaming) tell() {
	if s.info.Events > tellEvents {
		return
	}
	name := ""
	if s.event.Name != "message" {
		name = " " + begin(s.event.Name, 40)
	}
	text := "(not text)"
	if isText(s.last, int64(len(s.last))) {
		text = s.u.whole(bytes.TrimSpace(s.last), 200)
	}
	s.u.remark(s.of.Site, "event %d%s, after %s: %s", s.info.Events, name, secondsText(time.Duration(s.latest-s.start).Seconds()), text)
}

func (s *streaming) tellEnd() {
	text := "no event came"
	if s.info.Events > 0 {
		text = plural(s.info.Events, "event") + " in " + secondsText(s.info.Total.Seconds()) +
			", the first after " + secondsText(s.info.First.Seconds())
	}
	if s.info.Events > 1 {
		text += ", the longest gap " + secondsText(s.info.Gap.Seconds())
	}
	s.u.remark(s.of.Site, "%s", text)
}

func plural(n int64, word string) string {
	if n != 1 {
		word += "s"
	}
	return strconv.FormatInt(n, 10) + " " + word
}

// resumes reports whether the exchange at hand goes on with a stream that was
// lost: it is part of the same sample.
func (u *User) resumes() bool {
	s := u.heard
	return u.message.Sink != nil && s.resumed
}
