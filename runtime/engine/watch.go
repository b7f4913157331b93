package engine

import (
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// watcher takes the snapshots of a run, one a tick, and keeps its history.
// It has one goroutine until it is stopped, and then belongs to the one who
// stopped it.
type watcher struct {
	history []outcome.Moment
	latest  *record.Snapshot
	guard   rateGuard
	missed  int64   // as of the last moment
	warm    counted // warm-up samples as of the last moment
}

type counted struct{ ok, failed int64 }

// watch starts the tick. The function it returns stops and joins it.
func (r *run) watch() (stop func()) {
	done := make(chan struct{})
	var joined sync.WaitGroup
	joined.Go(func() {
		ticker := time.NewTicker(r.o.Tick)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				r.tick()
			}
		}
	})
	return func() {
		close(done)
		joined.Wait()
	}
}

// tick looks at the books once: history, aborting SLAs, the observer.
func (r *run) tick() {
	now := r.now()
	s := r.recorder.Snapshot(now, false)
	r.remember(s)
	if why := r.watcher.guard.look(r.plan, s); why != "" {
		offer(r.halt, why)
	}
	judged := r.judge(s, r.measured(now))
	if i, broken := r.aborts.Look(judged, now); broken {
		offer(r.abort, i)
	}
	if r.o.Keep == nil {
		r.observer.tell(func() *outcome.Progress { return r.progress(s, judged, r.health.Report(r.tightest)) })
		return
	}
	p := r.progress(s, judged, r.health.Report(r.tightest))
	r.observer.tell(func() *outcome.Progress { return p })
	kept := *p
	kept.SoFar = r.soFar(p)
	r.o.Keep(&kept)
}

// soFar is what the run would have come to had it ended at a tick. What is
// under way counts as cut off.
func (r *run) soFar(p *outcome.Progress) *outcome.Outcome {
	peak, _ := r.crew.sizes()
	o := &outcome.Outcome{
		RunID: r.o.RunID, Started: r.started(), Elapsed: p.Elapsed, Measured: r.measured(p.Elapsed),
		Final: p.Snapshot, Judged: p.Judged, Health: p.Health, PeakUsers: peak,
		Classes: r.classes(), Loads: p.Loads, Leaves: leaves(r.env),
	}
	o.Conditions = r.conditions(p.Snapshot, ending{at: p.Elapsed}, o)
	o.Notes = r.notes(o)
	return o
}

// started is when the first user came, by the wall clock.
func (r *run) started() time.Time { return r.clock.Start().Add(time.Duration(r.zero)) }

// judge applies the rules to a snapshot, and to the windows that end with it.
// It has been remembered.
func (r *run) judge(s *record.Snapshot, measured time.Duration) []sla.Judgement {
	until := forever
	if d := r.plan.Profile.Duration; d > 0 && !r.plan.Profile.Floats {
		until = d
	}
	if ended := r.ended.Load(); ended > 0 {
		until = min(until, time.Duration(ended))
	}
	r.windows.Observe(s, until, r.watcher.history[len(r.watcher.history)-1].Missed)
	if s.Final {
		sum, inFlight, _ := r.crew.account()
		r.windows.Finish(sum.cut + max(0, inFlight))
	}
	judged := sla.Judge(r.plan, s, measured)
	r.windows.Apply(judged)
	return judged
}

// measured is how much of the run until t counts: not the warm-up, and
// nothing after the planned end.
func (r *run) measured(t time.Duration) time.Duration {
	if d := r.plan.Profile.Duration; d > 0 && !r.plan.Profile.Floats {
		t = min(t, d)
	}
	return max(0, t-r.plan.Profile.Warmup)
}

// remember adds a moment to the history.
func (r *run) remember(s *record.Snapshot) {
	sum, _, alive := r.crew.account()
	all := r.requests(s.Recent)
	warm := r.count(s.Warmup)
	w := &r.watcher
	w.latest = s
	m := outcome.Moment{At: s.At, Window: s.Window, Users: alive, Missed: sum.missed - w.missed,
		OK: warm.ok - w.warm.ok, Failed: warm.failed - w.warm.failed}
	if all != nil {
		m.OK += all.OK
		m.Failed += all.Failed
		m.P50, m.P95, m.P99 = all.Quantile(0.5), all.Quantile(0.95), all.Quantile(0.99)
		m.Max = all.MaxLatency()
		m.HasSample = all.Judged() > 0
	}
	w.missed, w.warm = sum.missed, warm
	w.history = append(w.history, m)
}

// requests is all request series together; nil without a sample.
func (r *run) requests(stats []*record.Stats) *record.Stats {
	list := make([]*record.Stats, 0, len(stats))
	for i, s := range stats {
		if s != nil && r.plan.Series[i].Kind == plan.RequestSeries {
			list = append(list, s)
		}
	}
	return record.Merge(list...)
}

func (r *run) count(stats []*record.Stats) (c counted) {
	for i, s := range stats {
		if s != nil && r.plan.Series[i].Kind == plan.RequestSeries {
			c.ok += s.OK
			c.failed += s.Failed
		}
	}
	return c
}

func (r *run) progress(s *record.Snapshot, judged []sla.Judgement, h health.Report) *outcome.Progress {
	sum, inFlight, alive := r.crew.account()
	p := &outcome.Progress{
		State: outcome.State(r.state.Load()), Elapsed: s.At, Planned: r.plan.Profile.Duration,
		Users: alive, InFlight: max(0, inFlight), Missed: sum.missed,
		Snapshot: s, Judged: judged, Health: h,
	}
	if len(r.loads) > 0 {
		p.Stage = r.loads[0].stage(s.At)
	}
	p.Loads = r.account(s.At)
	for _, l := range r.loads {
		p.Wanted += l.wanted(s.At)
	}
	return p
}

// account is what the profile's loads have come to, in its order. One that
// nobody makes is left zero.
func (r *run) account(at time.Duration) []outcome.Load {
	list := make([]outcome.Load, len(r.plan.Profile.Loads))
	for _, s := range r.loads {
		for i := range list {
			if s.plan == &r.plan.Profile.Loads[i] {
				list[i] = s.account(at)
			}
		}
	}
	return list
}

// observer hands progress to a function that may be slow: it holds at most
// one that has not been taken, and skips the rest.
type observer struct {
	mail chan *outcome.Progress
	done chan struct{}
}

func (o *observer) start(hear func(*outcome.Progress)) {
	if hear == nil {
		return
	}
	o.mail, o.done = make(chan *outcome.Progress, 1), make(chan struct{})
	go func() {
		defer close(o.done)
		for p := range o.mail {
			hear(p)
		}
	}()
}

func (o *observer) tell(what func() *outcome.Progress) {
	if o.mail != nil && len(o.mail) == 0 {
		offer(o.mail, what())
	}
}

// close hands over the last progress and waits for the observer, but no
// longer than the deadline: one that never returns keeps its goroutine.
func (o *observer) close(last *outcome.Progress, deadline time.Duration) {
	if o.mail == nil {
		return
	}
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	select {
	case o.mail <- last:
	case <-timer.C:
		close(o.mail)
		return
	}
	close(o.mail)
	select {
	case <-o.done:
	case <-timer.C:
	}
}
