package plan

// Measure is what of a request, or of the life of a socket or stream, is
// timed: its response time, or a part of it with a distribution of its own.
type Measure uint8

// Measures.
const (
	MeasureResponse   Measure = iota // from the intended start to the end
	MeasureService                   // from the actual start; differs in the open model only
	MeasureDNS                       // of exchanges that opened a connection
	MeasureConnect                   // likewise
	MeasureTLS                       // likewise
	MeasureFirstByte                 // from the connection to the first byte of the answer
	MeasureBody                      // from there to the last byte
	MeasureFirstEvent                // of a stream: from the start to the first event
	MeasureGap                       // of a stream: between two events
	MeasurePing                      // of a socket: from a ping to its pong
	MeasureRecovery                  // of a socket: from its loss until it stands again
	MeasureHop                       // of a request that was redirected: each of its exchanges by itself
	NumMeasures
)

var measureNames = [NumMeasures]string{
	"response", "service", "dns", "connect", "tls", "first_byte", "body", "first_event", "gap", "ping", "recovery", "hop",
}

func (m Measure) String() string { return measureNames[m] }

// MeasureNamed is the measure called name, as the language spells it.
func MeasureNamed(name string) (Measure, bool) {
	for m, n := range measureNames {
		if n == name {
			return Measure(m), true
		}
	}
	return 0, false
}

// MeasureNames are the names of all measures, in order.
func MeasureNames() []string { return measureNames[:] }

// Counter is what is counted of a socket or stream, with its series; the last
// of all requests.
type Counter uint8

// Counters.
const (
	CountIn          Counter = iota // messages or events that came
	CountOut                        // messages sent
	CountBytesIn                    // bytes of those that came, framing left out
	CountBytesOut                   // bytes of those sent
	CountAsked                      // messages sent that want a reply
	CountUnanswered                 // of those, the ones whose reply never came
	CountLate                       // replies that came after their timeout
	CountOutOfOrder                 // replies or numbered messages behind later ones
	CountDuplicated                 // replies or numbered messages that had come before
	CountLost                       // numbered messages that never came, and questions that died with their connection
	CountDisconnects                // connections that ended and were not ours to end
	CountReconnects                 // connections made again after one
	CountDecoded                    // of requests: bytes of answers after their Content-Encoding was taken off, where something read them
	NumCounters
)

var counterNames = [NumCounters]string{
	"received", "sent", "bytes_received", "bytes_sent", "asked", "unanswered", "late", "out_of_order", "duplicated",
	"lost", "disconnects", "reconnects", "bytes_decoded",
}

func (c Counter) String() string { return counterNames[c] }
