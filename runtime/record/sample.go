package record

import "throng/dsl/plan"

// Sample is one measured exchange, or one pass through a group. It is passed
// by value and holds no pointer. Times are nanoseconds on the run's clock.
type Sample struct {
	Series   int32
	Class    plan.ErrorClass // OK for a success
	Status   uint16          // 0 when no answer came
	Retried  bool            // a failure that another attempt follows
	Intended int64           // when it was due: arrival time in the open model, else Start
	Start    int64           // when it was actually begun
	Sent     int64           // when a connection stood and it could be written; 0 if never
	First    int64           // first byte of the answer; 0 if none
	End      int64           // last byte, or the failure
	DNS      int64           // phases of a new connection; 0 on a reused one
	Connect  int64
	TLS      int64
	BytesIn  int64
	BytesOut int64
}

// Response is the time from the intended start to the end: what somebody
// who wanted the answer then has waited.
func (s *Sample) Response() int64 { return s.End - s.Intended }

// Service is the time from the actual start to the end.
func (s *Sample) Service() int64 { return s.End - s.Start }

// Failure describes a failed sample for people. It is made only on failures.
type Failure struct {
	Series int32
	Class  plan.ErrorClass
	Status int
	At     int64       // on the run's clock
	Detail string      // one line: the expectation's message, the network's error
	Site   plan.SiteID // what failed in the source; 0 for a transport error
	Sent   string      // first lines of the request, secrets masked; "" when not kept
	Answer string      // first bytes of the answer, secrets masked
}
