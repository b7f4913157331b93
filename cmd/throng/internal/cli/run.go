package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"throng/cmd/throng/internal/live"
	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/outcome"
	"throng/runtime/report"
	"throng/runtime/sla"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

// runFlags are the flags of run beside those of every scenario verb.
type runFlags struct {
	scenarioFlags
	out   string
	json  bool
	quiet bool
	all   bool
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario and judge it",
		Long: `Runs a scenario under one profile, shows how it goes, and ends with a verdict:

  PASS          every SLA is met, and the figures prove it     (exit 0)
  FAIL          an SLA is broken                               (exit 99)
  INCONCLUSIVE  the run proves neither, and says why           (exit 97)

The first Ctrl-C ends the run in order, with a report; the second cuts it at
once and still reports; the third gives up.`,
		Example: "  throng run scenarios/quickstart\n  throng run --profile baseline --var base_url=http://127.0.0.1:8000 --out results/baseline .",
		Args:    oneScenario,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.compile(cmd, &f.scenarioFlags, args[0])
			if err != nil {
				return err
			}
			return a.run(r.Plan, &f)
		},
	}
	f.inputFlags(cmd)
	f.loadFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "write summary.json into `DIR`, which must be new or empty")
	flags.BoolVar(&f.json, "json", false, "print the summary as JSON on stdout")
	flags.BoolVar(&f.quiet, "quiet", false, "no progress, and of the summary only the verdict")
	flags.BoolVar(&f.all, "all", false, "show every SLA, error and share in the summary")
	return cmd
}

func (a *app) run(p *plan.Plan, f *runFlags) error {
	out, err := openResults(f.out)
	if err != nil {
		return err
	}
	local, err := startExamples(p, exampleOptions{seed: p.Seed})
	if err != nil {
		return err
	}
	defer local.close()
	result, err := a.drive(p, f, local)
	if result == nil {
		return err
	}
	code := exitCode(result)
	if err != nil {
		fmt.Fprintf(a.env.Stderr, "throng: %s\n", err)
		code = worse(code, ExitInconclusive)
	}
	facts := report.Facts{ExitCode: code, Files: out.files()}
	if err := out.save(report.New(p, result, facts)); err != nil {
		fmt.Fprintf(a.env.Stderr, "throng: the results could not be written: %s\n", err)
		facts.ExitCode, facts.Files = worse(code, ExitError), nil
	}
	a.code = facts.ExitCode
	return a.show(report.New(p, result, facts), f)
}

// drive runs the plan with a live view and the signals that end it early.
func (a *app) drive(p *plan.Plan, f *runFlags, local *examples) (*outcome.Outcome, error) {
	t := a.terminal(a.env.Stderr)
	view := live.New(a.env.Stderr, p, t.Style, live.Options{TTY: t.TTY, Width: t.Size, Quiet: f.quiet})
	defer view.Close()
	e := engine.New(p, engine.Options{
		Factory: func(clock *transport.Clock) transport.Factory {
			return http1.New(http1.Config{Clock: clock, Dial: local.dialer(), Guard: p.MayDial})
		},
		OnProgress: view.Update,
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	go interrupts(e, p, cancel, view, done)
	return e.Run(ctx)
}

// interrupts ends a run step by step: in order, at once, for good. It returns
// when done is closed.
func interrupts(e *engine.Engine, p *plan.Plan, cancel func(), view *live.Live, done <-chan struct{}) {
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	for n := 1; ; n++ {
		select {
		case <-done:
			return
		case <-signals:
		}
		switch n {
		case 1:
			view.Note(fmt.Sprintf("stopping: no new work, tasks under way get up to %s; Ctrl-C again cuts them", p.Profile.Grace))
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
