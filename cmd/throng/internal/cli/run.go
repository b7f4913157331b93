package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"throng/cmd/throng/internal/live"
	"throng/dsl"
	"throng/dsl/plan"
	"throng/dsl/planfile"
	"throng/runtime/engine"
	"throng/runtime/outcome"
	"throng/runtime/preflight"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

// runFlags are the flags of run beside those of every scenario verb.
type runFlags struct {
	anyway bool // against what the preflight says
	scenarioFlags
	out      string
	noOut    bool
	json     bool
	quiet    bool
	all      bool
	failFast bool
	pause    time.Duration
	exports  exports
	log      logFlags
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [SCENARIO]",
		Short: "Run a scenario and judge it",
		Long: `Runs a scenario under one profile, shows how it goes, and ends with a verdict:

  PASS          every SLA is met, and the figures prove it     (exit 0)
  FAIL          an SLA is broken                               (exit 99)
  INCONCLUSIVE  the run proves neither, and says why           (exit 97)

A load that this machine cannot make, for want of descriptors, ports or memory,
is refused before anything is sent.

--profile a,b runs several profiles one after another, --profile all every one
of the scenario in the order in which it declares them. Each is a run of its
own; at the end stands one table of verdicts, and the exit code is the worst.

The first Ctrl-C ends the run in order, with a report, and with it a suite;
the second cuts it at once and still reports; the third gives up.

The SCENARIO is the current directory when left out.`,
		Example: "  throng run scenarios/quickstart\n  throng run --profile baseline --var stage=test --out results/baseline\n  throng run --profile all --pause 30s --out results/all",
		Args:    oneScenario, ValidArgsFunction: scenarioCompletion,
		RunE: func(cmd *cobra.Command, args []string) error {
			names, suite, err := f.several()
			if err == nil {
				err = errors.Join(f.exports.check(suite, f.noOut), f.log.check(f.noOut))
			}
			switch {
			case err != nil:
				return err
			case suite:
				return a.suite(cmd, &f, scenarioArg(args), names)
			case f.failFast || f.pause > 0:
				return errors.New("--fail-fast and --pause are about several profiles: name them with --profile a,b, or all with --profile all")
			}
			p, file, err := a.compileToKeep(cmd, &f, scenarioArg(args))
			if err != nil {
				return err
			}
			return a.run(p, file, &f)
		},
	}
	f.inputFlags(cmd)
	f.loadFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "keep the results in `DIR`, which must be new or empty, instead of one in results/; of several profiles each in a directory of its own there")
	flags.BoolVar(&f.noOut, "no-out", false, "keep no results")
	flags.BoolVar(&f.json, "json", false, "print the summary as JSON on stdout")
	flags.BoolVar(&f.quiet, "quiet", false, "no progress, and of the summary only the verdict")
	flags.BoolVar(&f.anyway, "anyway", false, "run although this machine seems too small for the load")
	flags.BoolVar(&f.all, "all", false, "show every SLA, error and share in the summary")
	flags.BoolVar(&f.failFast, "fail-fast", false, "of several profiles: run no more after the first that does not pass")
	flags.DurationVar(&f.pause, "pause", 0, "of several profiles: wait so `LONG` between two, such as 30s")
	f.exports.flag(cmd)
	f.log.flags(cmd)
	return cmd
}

func (a *app) run(p *plan.Plan, file []byte, f *runFlags) error {
	if err := f.choose(p.Scenario, p.Profile.Name); err != nil {
		return err
	}
	out, err := openTarget(f.out)
	if err != nil {
		return err
	}
	out.plan = file
	stop := listen()
	defer stop.close()
	r, err := a.once(p, f, out, stop)
	if r == nil {
		return err
	}
	a.code = r.Verdict.ExitCode
	return a.show(r, f)
}

// once runs a plan and saves what came of it. There is no report when it
// could not be run.
func (a *app) once(p *plan.Plan, f *runFlags, out target, stop *stopper) (*report.Report, error) {
	if err := a.preflight(p, preflight.ThisMachine(), f.anyway); err != nil {
		out.discard()
		return nil, err
	}
	local, err := startExamples(p, exampleOptions{seed: p.Seed})
	if err != nil {
		out.discard()
		return nil, err
	}
	defer local.close()
	id := engine.NewRunID()
	k, err := a.begin(out, p, id)
	if err != nil {
		return nil, fmt.Errorf("the results cannot be written into %s, so nothing was run: %w", out.dir, err)
	}
	defer k.close()
	result, err := a.drive(p, f, local, stop, k, id)
	if result == nil {
		_ = k.recorder.End(nil, 0)
		return nil, err
	}
	code := exitCode(result)
	if err != nil {
		fmt.Fprintf(a.env.Stderr, "throng: %s\n", err)
		code = worse(code, ExitInconclusive)
	}
	run := k.end(p, result, code)
	a.writeExports(&f.exports, run)
	k.save(run, summaryFile())
	return run.Report, nil
}

// choose settles where the results go.
func (f *runFlags) choose(scenario, profile string) error {
	switch {
	case f.noOut && f.out != "":
		return errors.New("--out and --no-out contradict each other")
	case f.noOut || f.out != "":
		return nil
	}
	if err := makeResultsFolder(); err != nil {
		return fmt.Errorf("the folder %s for results cannot be made, so name another place with --out, or keep none with --no-out: %w", resultsFolder, err)
	}
	f.out = defaultDir(scenario, profile, time.Now())
	return nil
}

// compileToKeep makes the plan of a scenario or a plan file, and the plan file
// that goes with its results.
func (a *app) compileToKeep(cmd *cobra.Command, f *runFlags, path string) (*plan.Plan, []byte, error) {
	if f.noOut || planfile.Is(path) {
		r, err := a.compile(cmd, &f.scenarioFlags, path)
		if err != nil || f.noOut {
			return r.Plan, nil, err
		}
		file, err := os.ReadFile(path)
		return r.Plan, file, err
	}
	o, sources, diags := a.options(cmd, &f.scenarioFlags, path)
	r := dsl.Result{Diagnostics: diags}
	var file *planfile.File
	if !diags.HasErrors() {
		r, file = dsl.Pack(path, o)
		r.Diagnostics = append(diags, r.Diagnostics...)
	}
	r = withSources(r, sources)
	if err := a.found(r); err != nil {
		return nil, nil, err
	}
	return r.Plan, a.planBytes(file), nil
}

// drive runs the plan with a live view and the signals that end it early.
func (a *app) drive(p *plan.Plan, f *runFlags, local *examples, stop *stopper, k *keeper, id string) (*outcome.Outcome, error) {
	t := a.terminal(a.env.Stderr)
	view := live.New(a.env.Stderr, p, t.Style, live.Options{TTY: t.TTY, Width: t.Size, Quiet: f.quiet})
	defer view.Close()
	before := k.say.say
	k.say.set(view.Note)
	defer k.say.set(before)
	requests, err := f.log.open(p, k.dir, k.say.tell)
	if err != nil {
		return nil, err
	}
	defer requests.close()
	rareCollections()
	e := engine.New(p, engine.Options{
		Factory:    local.factory(p),
		Sockets:    local.sockets(p),
		OnProgress: view.Update,
		Keep:       k.recorder.Keep,
		Requests:   requests.begin(),
		RunID:      id,
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	var heard sync.WaitGroup
	heard.Go(func() { stop.interrupts(e, p, cancel, view, done) })
	defer heard.Wait()
	defer close(done)
	return e.Run(ctx)
}

// stopper hears the signals that end runs early.
type stopper struct {
	signals chan os.Signal
	heard   atomic.Bool // one of them
}

func listen() *stopper {
	s := &stopper{signals: make(chan os.Signal, 3)}
	signal.Notify(s.signals, os.Interrupt, syscall.SIGTERM)
	return s
}

func (s *stopper) close() { signal.Stop(s.signals) }

// interrupts ends a run step by step: in order, at once, for good. It returns
// when done is closed.
func (s *stopper) interrupts(e *engine.Engine, p *plan.Plan, cancel func(), view *live.Live, done <-chan struct{}) {
	for n := 1; ; n++ {
		select {
		case <-done:
			return
		case <-s.signals:
			s.heard.Store(true)
		}
		switch n {
		case 1:
			view.Note(fmt.Sprintf("stopping: no new work, tasks under way get up to %s; Ctrl-C again cuts them", text.Span(p.Profile.Grace)))
			e.Stop()
		case 2:
			view.Note("cutting what is under way; the report follows")
			cancel()
		default:
			os.Exit(ExitInterrupted)
		}
	}
}

// exitCode is the code a finished run ends with.
func exitCode(o *outcome.Outcome) int {
	switch {
	case o.Interrupted:
		return ExitInterrupted
	case o.NotRun():
		return ExitError
	case o.Verdict.State == sla.Pass:
		return ExitPass
	case o.Verdict.State == sla.Fail:
		return ExitFailed
	}
	return ExitInconclusive
}

// worse is code, but never a pass where something went wrong besides.
func worse(code, other int) int {
	if code == ExitPass {
		return other
	}
	return code
}

func (a *app) show(r *report.Report, f *runFlags) error {
	var err error
	if f.json {
		err = report.WriteJSON(a.env.Stdout, r)
	} else {
		t := a.terminal(a.env.Stdout)
		err = report.WriteText(a.env.Stdout, r, report.TextOptions{Style: t.Style, Width: t.Width(), All: f.all, Brief: f.quiet})
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil // whoever read the output has seen enough
	}
	return err
}
