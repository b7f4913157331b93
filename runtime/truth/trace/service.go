package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Law is how service times are distributed.
type Law string

// Laws of service times.
const (
	Constant    Law = "constant"    // Times[0]
	Sequence    Law = "sequence"    // Times in order, and from the beginning again
	Mixture     Law = "mixture"     // Times[i] for the share Shares[i] of requests
	LogNormal   Law = "lognormal"   // median Times[0], the logarithm's deviation is Sigma
	Exponential Law = "exponential" // mean Times[0]
)

// Service is the time each request takes, waiting left out. Request n's time
// depends on n, the law and the seed only. The zero Service takes no time.
type Service struct {
	Law    Law
	Times  []time.Duration
	Shares []float64 // of a mixture; they need not sum to one
	Sigma  float64
	Seed   uint64
}

// Check says what is wrong with a service, if anything.
func (s Service) Check() error {
	need := 1
	switch s.Law {
	case "":
		need = 0
	case Constant, Sequence, LogNormal, Exponential:
	case Mixture:
		if need = len(s.Shares); need == 0 {
			return fmt.Errorf("trace: a mixture needs shares")
		}
	default:
		return fmt.Errorf("trace: there is no law %q", s.Law)
	}
	if len(s.Times) < need {
		return fmt.Errorf("trace: law %q needs %d times, has %d", s.Law, need, len(s.Times))
	}
	for _, d := range s.Times {
		if d < 0 {
			return fmt.Errorf("trace: a service time of %v", d)
		}
	}
	return nil
}

// At is the service time of request n, from 0.
func (s Service) At(n int64) time.Duration {
	switch s.Law {
	case Constant:
		return s.Times[0]
	case Sequence:
		return s.Times[n%int64(len(s.Times))]
	case Mixture:
		return s.Times[s.part(n)]
	case LogNormal:
		return time.Duration(float64(s.Times[0]) * math.Exp(s.Sigma*s.source(n).NormFloat64()))
	case Exponential:
		return time.Duration(float64(s.Times[0]) * s.source(n).ExpFloat64())
	}
	return 0
}

// part is which time of a mixture request n takes.
func (s Service) part(n int64) int {
	total := 0.0
	for _, x := range s.Shares {
		total += x
	}
	at := s.source(n).Float64() * total
	for i, x := range s.Shares {
		if at -= x; at < 0 {
			return i
		}
	}
	return len(s.Shares) - 1
}

// source is the randomness of request n alone.
func (s Service) source(n int64) *rand.Rand { return rand.New(rand.NewPCG(s.Seed, uint64(n))) }

// Gate shuts for Shut, first when First has passed since the first request,
// then every Every; with Every 0 once. The zero Gate never shuts.
type Gate struct {
	First, Every, Shut time.Duration
}

// Opens is how long a request that comes at t must wait for the gate to open.
// t counts from the first request.
func (g Gate) Opens(t time.Duration) time.Duration {
	t -= g.First
	if g.Shut <= 0 || t < 0 {
		return 0
	}
	if g.Every > 0 {
		t %= g.Every
	}
	return max(0, g.Shut-t)
}

// Queue is how requests share the server.
type Queue string

// Queues.
const (
	Parallel      Queue = ""           // side by side: nobody waits for another
	FirstCome     Queue = "first-come" // one at a time, in the order they came
	OneConnection Queue = "connection" // one connection is accepted at a time, and closed after its answer
)

// Drip sends the body in Pieces, Every apart. The zero Drip sends it at once.
type Drip struct {
	Pieces int
	Every  time.Duration
}

// Spec is what a server does. The zero Spec answers at once.
type Spec struct {
	Service Service
	Gate    Gate
	Queue   Queue
	Drip    Drip
}

// Check says what is wrong with a spec, if anything.
func (s Spec) Check() error {
	switch s.Queue {
	case Parallel, FirstCome, OneConnection:
	default:
		return fmt.Errorf("trace: there is no queue %q", s.Queue)
	}
	if s.Gate.Every > 0 && s.Gate.Every <= s.Gate.Shut {
		return fmt.Errorf("trace: a gate that shuts for %v every %v never opens", s.Gate.Shut, s.Gate.Every)
	}
	if s.Drip.Pieces > len(body) {
		return fmt.Errorf("trace: a body of %d bytes has no %d pieces", len(body), s.Drip.Pieces)
	}
	return s.Service.Check()
}
