package trace

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"time"
)

// Entry is what the server knows of one request. Times are nanoseconds on the
// server's monotonic clock, from its start.
type Entry struct {
	N       int64  `json:"n"`            // number in the order of arrival, from 0
	ID      string `json:"id,omitempty"` // the request's X-Id header
	Conn    int64  `json:"conn"`         // number of the connection, from 1
	Planned int64  `json:"planned"`      // service time the law gave it
	Arrived int64  `json:"arrived"`      // its first byte was read
	Begun   int64  `json:"begun"`        // its service began: gate and queue are passed
	Sending int64  `json:"sending"`      // just before the last bytes of the answer were written
	Ended   int64  `json:"ended"`        // they were handed to the kernel; 0 where the client had gone
}

// Took is the time from arrival to the last byte handed over.
func (e Entry) Took() time.Duration { return time.Duration(e.Ended - e.Arrived) }

// Complete are the entries that were answered in full, in the order in which
// they arrived.
func Complete(log []Entry) []Entry {
	list := make([]Entry, 0, len(log))
	for _, e := range log {
		if e.Ended > 0 {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b Entry) int { return cmp.Compare(a.N, b.N) })
	return list
}

// Times are the times complete requests took, ascending.
func Times(log []Entry) []time.Duration {
	var list []time.Duration
	for _, e := range log {
		if e.Ended > 0 {
			list = append(list, e.Took())
		}
	}
	slices.Sort(list)
	return list
}

// Percentile is the value of nearest rank ⌈p·n⌉ of an ascending list, exactly:
// p is taken as the decimal it is written as. 0 for an empty list.
func Percentile(sorted []time.Duration, p float64) time.Duration {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(p, 'g', -1, 64))
	if !ok {
		return 0
	}
	r.Mul(r, new(big.Rat).SetInt64(int64(n)))
	rank, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	k := rank.Int64()
	if rest.Sign() > 0 {
		k++
	}
	return sorted[min(max(k, 1), int64(n))-1]
}

// Mean is the mean of a list; 0 of none.
func Mean(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	var sum time.Duration
	for _, d := range list {
		sum += d
	}
	return sum / time.Duration(len(list))
}

// Lindley are the times requests spend in a queue of one server that takes
// them in the order they arrive: wait(n+1) = max(0, wait(n) + service(n) −
// gap(n)), and the time is wait plus service (D. V. Lindley, "The theory of
// queues with a single server", 1952).
func Lindley(arrivals, service []time.Duration) []time.Duration {
	times := make([]time.Duration, len(arrivals))
	var free time.Duration // when the server has done all before
	for i, at := range arrivals {
		free = max(free, at) + service[i]
		times[i] = free - at
	}
	return times
}
