package exampleapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const maxFaults = 100

// A switched is a fault that was switched on. It may be outside its window.
type switched struct {
	Fault
	id     string
	since  time.Time
	stream uint64
	draws  atomic.Uint64
	hits   atomic.Uint64
	off    chan struct{} // closed when it is switched off
}

// A faultSet holds the faults of a service. Reading it costs next to nothing
// while it is empty.
type faultSet struct {
	s    *Service
	mu   sync.Mutex
	made int
	now  atomic.Pointer[[]*switched] // never nil, never changed in place
}

func newFaultSet(s *Service) *faultSet {
	fs := &faultSet{s: s}
	fs.now.Store(new([]*switched))
	return fs
}

func (fs *faultSet) all() []*switched { return *fs.now.Load() }

// add switches f on. f must make sense, and its route must exist.
func (fs *faultSet) add(f Fault) (*switched, error) {
	f, err := ParseFault(f.String())
	if err != nil {
		return nil, err
	}
	if err := fs.s.table.knows(f.Route); err != nil {
		return nil, fmt.Errorf("fault %q: %w", f, err)
	}
	if strings.HasPrefix(f.Kind, "ws-") && !slices.ContainsFunc(fs.s.table.routes, func(r *route) bool { return r.socket }) {
		return nil, fmt.Errorf("fault %q: %s has no sockets", f, fs.s.name)
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.all()) >= maxFaults {
		return nil, fmt.Errorf("fault %q: there are %d faults already", f, maxFaults)
	}
	fs.made++
	sw := &switched{
		Fault:  f,
		id:     "fault-" + strconv.Itoa(fs.made),
		since:  fs.s.now(),
		stream: streamOf(f.String()),
		off:    make(chan struct{}),
	}
	next := append(slices.Clone(fs.all()), sw)
	fs.now.Store(&next)
	if f.Kind == faultWSRestart {
		fs.s.sockets.restartFor(sw)
	}
	return sw, nil
}

// clear switches every fault off.
func (fs *faultSet) clear() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, sw := range fs.all() {
		close(sw.off)
	}
	fs.now.Store(new([]*switched))
}

// knows says what is wrong with the route of a fault.
func (t *table) knows(name string) error {
	if name == "" {
		return nil
	}
	var names []string
	for _, rt := range t.routes {
		if rt.name() == name || rt.pattern == name {
			return nil
		}
		names = append(names, rt.name())
	}
	return fmt.Errorf("there is no route %s; there are %s", name, strings.Join(names, ", "))
}

// An effect is what the active faults do to one request.
type effect struct {
	delay         time.Duration
	hang          bool
	status        int // of an error answer, 0 for none
	leak, leakMax int64
	drop          bool
}

// effect draws what happens to a request to rt at now.
func (fs *faultSet) effect(rt *route, now time.Time) effect {
	var e effect
	for _, sw := range fs.all() {
		if sw.Route != "" && sw.Route != rt.pattern && sw.Route != rt.name() {
			continue
		}
		active, ok := sw.activeAt(sw.since, now)
		if !ok {
			continue
		}
		switch sw.Kind {
		case faultSlow:
			sw.hits.Add(1)
			e.delay += sw.Delay + time.Duration(float64(sw.Drift)*active.Seconds())
		case faultBimodal:
			if sw.strikes(fs.s.seed) {
				e.delay += sw.Delay
			}
		case faultErrors:
			if sw.strikes(fs.s.seed) {
				e.status = sw.Status
			}
		case faultHang:
			e.hang = sw.strikes(fs.s.seed) || e.hang
		case faultDrop:
			e.drop = sw.strikes(fs.s.seed) || e.drop
		case faultPool:
			if !rt.open {
				sw.hits.Add(1)
			}
		case faultLeak:
			sw.hits.Add(1)
			e.leak += sw.Bytes
			e.leakMax = max(e.leakMax, sw.Max)
		}
	}
	return e
}

// strikes draws whether the fault hits this time.
func (sw *switched) strikes(seed uint64) bool {
	if sw.Percent < 100 && newDice(seed, sw.stream, sw.draws.Add(1)).Float64()*100 >= sw.Percent {
		return false
	}
	for n := sw.hits.Load(); sw.Count == 0 || n < uint64(sw.Count); n = sw.hits.Load() {
		if sw.hits.CompareAndSwap(n, n+1) {
			return true
		}
	}
	return false
}

// active returns the first fault of a kind that is active at now, or nil.
func (fs *faultSet) active(kind string, now time.Time) *switched {
	for _, sw := range fs.all() {
		if sw.Kind != kind {
			continue
		}
		if _, ok := sw.activeAt(sw.since, now); ok {
			return sw
		}
	}
	return nil
}

// poolLimits is the size of the connection pool at now, and how long to wait
// for a connection.
func (fs *faultSet) poolLimits(now time.Time) (size int, patience time.Duration) {
	if sw := fs.active(faultPool, now); sw != nil {
		return sw.Count, sw.Wait
	}
	return defaultPoolSize, defaultPoolPatience
}

const (
	breakKnee   = 0.7              // of the breaking point, where latency begins to rise
	breakSlope  = 9.0              // how many times itself the latency has risen by at the breaking point
	maxOverload = 10 * time.Second // the most that overload adds
)

// overload is by how many times itself a latency rises.
type overload float64

func (o overload) delay(usual time.Duration) time.Duration {
	return time.Duration(min(float64(o)*float64(usual), float64(maxOverload)))
}

// load says what the nth simultaneous request suffers from a breaking point,
// and whether it is one too many.
func (fs *faultSet) load(nth int64, now time.Time) (o overload, tooMany bool) {
	sw := fs.active(faultBreak, now)
	if sw == nil {
		return 0, false
	}
	part := float64(nth) / float64(sw.Count)
	if part <= breakKnee {
		return 0, false
	}
	sw.hits.Add(1)
	x := (part - breakKnee) / (1 - breakKnee)
	return overload(breakSlope * x * x), nth > int64(sw.Count)
}

// strikesSocket draws whether a fault of the given kind hits a message.
func (fs *faultSet) strikesSocket(kind string) bool {
	for _, sw := range fs.all() {
		if sw.Kind != kind {
			continue
		}
		if _, ok := sw.activeAt(sw.since, fs.s.now()); ok && sw.strikes(fs.s.seed) {
			return true
		}
	}
	return false
}
