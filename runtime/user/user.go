package user

import (
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"throng/dsl/plan"
	"throng/runtime/pace"
	"throng/runtime/record"
	"throng/runtime/transport"
)

// ID says which user of a run this is.
type ID struct {
	Class   int
	Index   int64 // over the whole run, from 0
	Ordinal int64 // within its class, from 0
}

// Arrival is one iteration of an open load.
type Arrival struct {
	Due int64 // nanoseconds on the run's clock
}

// Counts is the account of one user's requests, kept apart from what is
// recorded of them. Its owner writes it; anybody may read it.
type Counts struct {
	Begun  atomic.Int64
	OK     atomic.Int64
	Failed atomic.Int64
	Cut    atomic.Int64 // cut off before their end
}

// InFlight is how many requests are under way.
func (c *Counts) InFlight() int64 {
	return c.Begun.Load() - c.OK.Load() - c.Failed.Load() - c.Cut.Load()
}

// User is one virtual user. Its methods Stop and Offer may be called from
// other goroutines; everything else belongs to the one that runs it.
type User struct {
	Counts  Counts
	ID      ID
	Missed  int64 // arrivals it was given and did not begin; read after its end
	Started bool  // its start steps are through; read after its end
	Failed  bool  // its start steps failed, and it ended; read after its end
	// Withdraw tells who offers arrivals that the idle user ends by itself. It
	// reports false when one is on its way already. Nil: nobody needs to know.
	Withdraw func() bool

	// root is the user whose line of thought this is: itself, but in a lane
	// of its parallel steps.
	root    *User
	lane    *lane  // nil but in a lane
	lanes   *lanes // of a root that has been in a parallel step
	env     *Env
	bounds  Bounds
	class   *plan.Class
	tally   *Tally
	client  transport.Client
	writer  *record.Writer
	rows    []reader
	picks   pace.Sequence
	frame   plan.Frame
	timer   *time.Timer
	stop    chan struct{}
	asked   atomic.Bool // stop is closed, or about to be
	work    chan Arrival
	leaving bool // in its stop steps: a stop does not interrupt it again

	base    int64       // when the task under way was due to start
	last    *plan.Task  // begun last, of those that hold steps: its wait follows
	due     int64       // intended start of the arrival's first request; -1: none
	served  bool        // an arrival, without waits
	brisk   bool        // a stop ends it between any two steps
	quiet   bool        // no exchange of this task has completed
	refused bool        // an exchange of this task failed in the transport
	group   *groupFrame // innermost group under way
	retry   *attempts   // innermost retry under way
	again   int         // with tryAgain: the depth of the retry that begins anew
	out     *exhausted  // the source that had no row left
	sockets *sockets    // nil but in users that have opened one
	opens   *link       // what the request at hand is the handshake of
	roused  flow        // what a socket's handler ended a wait with
	target  int         // of the request under way, or of the last one

	challenges map[*plan.Auth]*challenge // of digest authentication, of a root
	tokens     map[*plan.Auth]*tokens    // the user's own, of a root
	grant      *grant                    // the token that the request under way is for
	bearer     string                    // the token that requests are rendered with
	mayRenew   bool                      // an answer of 401 makes the request under way anew
	rejected   bool                      // it did

	veil   *mask    // made last, of these
	veiled []string // texts

	own    jar
	jar    *jar   // its own; in a lane its root's
	trail  *trail // nil but in classes whose requests go where an answer led
	*bench        // the request at hand; nil while the user rests
}

// bench is what a request is made with, lent by the run: users that wait,
// and there may be very many, hold none.
type bench struct {
	message   transport.Message
	result    transport.Result
	response  plan.Response
	sample    record.Sample
	begun     bool   // it is counted as begun
	booked    bool   // and its outcome is
	ownCookie bool   // it has a Cookie header of its own
	late      string // what its exchange after the first one is, should it take too long
	away      bool   // it goes to another host than its own: it has no credentials
	uri       []byte
	header    []byte
	body      []byte
	plain     []byte     // the answer's body, decoded
	pieces    pieces     // of a body with files in it
	measured  []float64  // what it records, once it has succeeded
	heard     *streaming // the stream of its answer
}

// settle prepares for a request after a rest.
func (u *User) settle() {
	if u.bench == nil {
		u.bench = u.env.benches.Get().(*bench)
	}
}

// unload gives back what only a request needs.
func (u *User) unload() {
	if u.bench != nil {
		u.env.benches.Put(u.bench)
		u.bench = nil
	}
	if r, ok := u.client.(transport.Rester); ok {
		r.Rest()
	}
}

// New makes a user. Users of a run are made one after another, in the order
// of their index.
func New(env *Env, id ID, w *record.Writer) *User {
	c := &env.Plan.Classes[id.Class]
	shared := &env.classes[id.Class]
	u := &User{
		ID: id, env: env, class: c, tally: &env.tallies[id.Class],
		client: env.Factory.Client(), writer: w,
		rows:  env.feed.enter(id.Class),
		picks: pace.NewSequence(shared.weights, shared.seed, id.Ordinal),
		stop:  make(chan struct{}), work: make(chan Arrival, 1),
		due: -1,
	}
	u.root, u.jar = u, &u.own
	u.frame = plan.Frame{
		Plan: env.Plan,
		Rand: rand.New(rand.NewPCG(env.Plan.Seed, pace.Mix(shared.seed, uint64(id.Ordinal)))),
		User: plan.UserInfo{
			ID:    shared.writes + strconv.FormatInt(id.Index, 10),
			Index: id.Index, Class: c.Name,
		},
		Run:    plan.RunInfo{ID: env.RunID, Profile: env.Plan.Profile.Name},
		Slots:  make([]plan.Value, len(c.Slots)),
		Cookie: u.cookie,
	}
	if n := len(env.Plan.Data); n > 0 {
		u.frame.Rows = make([]int, n)
		u.forget(true)
		u.frame.NextRow = u.nextRow
	}
	if n := len(env.Plan.Fallbacks); n > 0 {
		u.frame.Private = make([]any, n)
	}
	return u
}

// Stop asks the user to end: it finishes the task it is in, unless it waits
// or pauses there, does its stop steps, and is gone.
func (u *User) Stop() {
	if u.asked.CompareAndSwap(false, true) {
		close(u.stop)
	}
}

// Offer gives an idle user of an open load its next arrival. It never
// blocks: a user is idle when it has said so and was not offered one since.
func (u *User) Offer(a Arrival) { u.work <- a }

// RunClosed lives a user of a closed load: start steps, tasks and waits
// until it is stopped, stop steps.
func (u *User) RunClosed() {
	defer u.close()
	f := u.begin()
	if !u.Started {
		return
	}
	u.base = u.env.Clock.Now()
	for f < leaveUser && u.mayBegin() {
		f = u.iterate()
	}
	u.end()
}

// RunOpen lives a user of an open load, from the arrival it was made for to
// its stop. It calls idle whenever it is free for another one.
func (u *User) RunOpen(first Arrival, idle func()) {
	defer u.close()
	u.served = true
	u.env.Lag(first.Due, u.env.Clock.Now()) // its start steps are not lateness of ours
	if f := u.begin(); f >= leaveUser || !u.Started {
		u.Missed++
		if u.Started {
			u.end()
		}
		return
	}
	for a, ok := first, true; ok; a, ok = u.next() {
		if !u.serve(a) {
			break
		}
		idle()
	}
	u.end()
}

// next waits for an arrival. One that was given before the stop is served.
func (u *User) next() (Arrival, bool) {
	u.unload()
	if u.sockets != nil {
		return u.nextServing()
	}
	select {
	case a := <-u.work:
		u.env.Lag(a.Due, u.env.Clock.Now())
		return a, true
	case <-u.stop:
	case <-u.env.cut:
	}
	select {
	case a := <-u.work:
		return a, true
	default:
		return Arrival{}, false
	}
}

// serve does an arrival's iteration and reports whether the user goes on.
func (u *User) serve(a Arrival) bool {
	if u.env.isCut.Load() {
		u.Missed++
		return false
	}
	u.due, u.base = a.Due, u.env.Clock.Now()
	f := u.iterate()
	u.due = -1
	return f < leaveUser
}

func (u *User) stopped() bool { return u.root.asked.Load() || u.env.isCut.Load() }

// longRest is how long a wait is before which it is worth unloading.
const longRest = 10 * time.Millisecond

// sleep waits until a time on the clock. It reports false when the user was
// stopped, the run cut or over closed before; in the stop steps it does not
// wait at all.
func (u *User) sleep(until int64, over <-chan struct{}) bool {
	if u.leaving {
		return true
	}
	d := time.Duration(until - u.env.Clock.Now())
	if d <= 0 {
		return !u.stopped()
	}
	if u.sockets != nil {
		return u.sleepServing(until, over)
	}
	if d >= longRest {
		u.unload()
	}
	if u.timer == nil {
		u.timer = time.NewTimer(d)
	} else {
		u.timer.Reset(d)
	}
	u.env.Due(until)
	u.yield()
	defer u.regain()
	select {
	case <-u.timer.C:
		u.env.Lag(until, u.env.Clock.Now())
		return true
	case <-u.stop:
	case <-u.env.cut:
	case <-over:
	}
	u.timer.Stop()
	return false
}

// nextRow is the frame's source of rows.
func (u *User) nextRow(data int) (int, error) {
	row, err := u.env.feed.row(data, &u.rows[data])
	if err != nil {
		u.out = err.(*exhausted)
	}
	return row, err
}

// forget drops the rows that are drawn anew in each iteration, or all.
func (u *User) forget(all bool) {
	for i := range u.frame.Rows {
		if all || u.env.Plan.Data[i].Per != plan.PerUser {
			u.frame.Rows[i] = -1
		}
	}
}
