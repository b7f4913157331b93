// Package prove runs test files: each run with mocks of its own, many at the
// same time, and holds what it showed against what the file says. What a test
// file means is dsl/testfile's; how requests get to a server is given from
// outside. It knows neither flags nor signals.
package prove

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"runtime/debug"
	"time"

	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/plan"
	"throng/dsl/testfile"
	"throng/runtime/outcome"
	"throng/runtime/transport"
)

// Options say how test files are run. Serve and ExitCode are required.
type Options struct {
	Parallel int            // runs at the same time; at least 1
	Filter   *regexp.Regexp // of "FILE/RUN"; nil for all
	Update   bool           // snapshots are written in place of being compared
	Tool     string         // version of throng
	Modules  module.Options // where fetched modules are kept
	// Serve makes what a plan's targets are reached with; mocks are served
	// already, at the addresses given by host and port.
	Serve func(p *plan.Plan, mocks map[string]netip.AddrPort) (*Network, error)
	// ExitCode is what throng run would end with.
	ExitCode func(*outcome.Outcome) int
}

// Network is how a plan's targets are reached. Close is called once, after
// all that was made with it has been closed.
type Network struct {
	Factory func(*transport.Clock) transport.Factory
	Sockets func(*transport.Clock) transport.SocketFactory
	Close   func()
}

// State is what came of a run.
type State uint8

// States of runs.
const (
	Passed  State = iota
	Failed        // what was found is not what the file says
	Errored       // it could not be done
	Skipped       // it was not done: what it needs is missing, or it was interrupted
)

// String is the state as reports write it.
func (s State) String() string { return [...]string{"pass", "fail", "error", "skip"}[s] }

// Result is what came of a run.
type Result struct {
	File       *testfile.File
	Run        *testfile.Run
	State      State
	Took       time.Duration
	Findings   diag.Diagnostics
	Sources    map[string][]byte // for the findings' snippets
	Difference string            // of the snapshot, as a unified diff; "" for none
	Requests   string            // what was sent, as a snapshot writes it, without secrets
	Notes      []string          // what is worth knowing besides
	Written    string            // the snapshot that was written; "" for none
	Checked    bool              // it held something against what was found
}

// nameOf is what a filter is held against.
func nameOf(f *testfile.File, r *testfile.Run) string { return f.Name + "/" + r.Name }

// Summary counts what came of all runs.
type Summary struct {
	Counts      [4]int // by State
	Unchecked   int    // of the passed, those that held nothing against what was found
	Filtered    int    // runs that the filter left out
	Took        time.Duration
	Interrupted bool
}

// OK reports that everything was done and passed.
func (s *Summary) OK() bool { return s.Counts[Passed] > 0 && s.Bad() == 0 && !s.Interrupted }

// Ran is how many runs the filter did not leave out.
func (s *Summary) Ran() int { return s.Counts[Passed] + s.Bad() }

// Bad is how many runs did not pass.
func (s *Summary) Bad() int { return s.Counts[Failed] + s.Counts[Errored] + s.Counts[Skipped] }

// job is a run that is to be done.
type job struct {
	file   *testfile.File
	run    *testfile.Run
	needs  map[string]*job
	twin   *job // of another file, with the same snapshot
	wanted bool
	done   chan struct{} // closed when result and seen are final
	result *Result
	seen   testfile.Seen
}

type suite struct {
	o     Options
	slots chan struct{} // one for each run that may go on
}

// Run runs files and shows each result, in the order of the files and as soon
// as those before it are through. When ctx is done, what is under way is cut
// and the rest is skipped. It returns when nothing of the runs goes on.
func Run(ctx context.Context, files []*testfile.File, o Options, show func(*Result)) *Summary {
	began := time.Now()
	s := &suite{o: o, slots: make(chan struct{}, max(1, o.Parallel))}
	sum := &Summary{}
	jobs := s.jobs(files)
	for _, j := range jobs {
		if j.wanted {
			go s.work(ctx, j)
		}
	}
	for _, j := range jobs {
		if !j.wanted {
			sum.Filtered++
			continue
		}
		<-j.done // it ends by its own deadline
		sum.Counts[j.result.State]++
		if j.result.State == Passed && !j.result.Checked {
			sum.Unchecked++
		}
		show(j.result)
	}
	sum.Took, sum.Interrupted = time.Since(began), ctx.Err() != nil
	return sum
}

// jobs are all runs, in order. Wanted are those that the filter picks, and
// what these need.
func (s *suite) jobs(files []*testfile.File) []*job {
	var all []*job
	keepers := map[string]*job{} // by snapshot
	for _, f := range files {
		named := map[string]*job{}
		for i := range f.Runs {
			r := &f.Runs[i]
			j := &job{file: f, run: r, needs: map[string]*job{}, done: make(chan struct{})}
			for _, name := range r.Needs() {
				if other := named[name]; other != nil {
					j.needs[name] = other
				}
			}
			named[r.Name], j.twin = j, keepers[r.Snapshot]
			if r.Snapshot != "" && j.twin == nil {
				keepers[r.Snapshot] = j
			}
			all = append(all, j)
			if s.o.Filter == nil || s.o.Filter.MatchString(nameOf(f, r)) {
				j.want()
			}
		}
	}
	return all
}

func (j *job) want() {
	if j.wanted {
		return
	}
	j.wanted = true
	for _, n := range j.needs {
		n.want()
	}
}

// work does a run once those it needs are through and there is room.
func (s *suite) work(ctx context.Context, j *job) {
	defer close(j.done)
	j.result = &Result{File: j.file, Run: j.run, Sources: map[string][]byte{}}
	for _, name := range j.run.Needs() {
		n := j.needs[name]
		if n == nil {
			continue
		}
		<-n.done
		if n.result.State == Errored || n.result.State == Skipped {
			j.result.State = Skipped
			j.result.Notes = append(j.result.Notes, fmt.Sprintf("it reads run.%s, which was not done", name))
			return
		}
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		j.interrupted()
		return
	}
	s.do(ctx, j)
}

func (j *job) interrupted() {
	j.result.State = Skipped
	j.result.Notes = append(j.result.Notes, "interrupted")
}

// do does a run within its time. A defect that it runs into ends this run
// alone.
func (s *suite) do(ctx context.Context, j *job) {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, j.run.Timeout)
	defer cancel()
	t := &trial{o: &s.o, ctx: limited, job: j, result: j.result}
	defer func() {
		if defect := recover(); defect != nil {
			t.error(diag.General(diag.Internal, "%v\n  %s", defect, debug.Stack()))
		}
		switch {
		case ctx.Err() != nil:
			j.interrupted()
		case limited.Err() != nil:
			t.error(j.run.Problem("timeout", diag.TimedOut, "The run did not end within %s.", j.run.Timeout))
		}
		j.result.Took = time.Since(began)
	}()
	t.run()
}
