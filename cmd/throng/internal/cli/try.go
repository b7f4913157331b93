package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"throng/cmd/throng/internal/trying"
	"throng/dsl/plan"
	"throng/stdlib"
)

// tryFlags are the flags of try beside the scenario's inputs.
type tryFlags struct {
	scenarioFlags
	task, user, body string
	json             bool
}

func (a *app) tryCommand() *cobra.Command {
	var f tryFlags
	cmd := &cobra.Command{
		Use:   "try [SCENARIO]",
		Short: "Do a scenario once, as one user, and show every step",
		Long: `Does a scenario once over, as one user: setup, the user's start steps, each of
its tasks in declared order, its stop steps, teardown. Every request is shown
as it was sent, with its answer, what was checked and what was captured;
secrets are masked. Nothing is measured and no SLA is judged.

Waits between tasks and pauses are skipped and told. Loops and repeats are
real; a repeat that waits for something also waits. What is parallel is done
one after another.

The SCENARIO is the current directory when left out.

  exit 0   every step succeeded
  exit 99  a request or a check failed, or a task was abandoned
  exit 1   it could not be tried`,
		Example:           "  throng try scenarios/quickstart\n  throng try --task checkout --seed 7\n  throng try --user admin --task 'GET /health' --body 64KiB\n  throng try --json | jq 'select(.event == \"capture\")'",
		Args:              oneScenario,
		ValidArgsFunction: scenarioCompletion,
		RunE: func(cmd *cobra.Command, args []string) error {
			limit, err := bodyLimit(f.body)
			if err != nil {
				return err
			}
			r, err := a.compile(cmd, &f.scenarioFlags, scenarioArg(args))
			if err != nil {
				return err
			}
			return a.try(r.Plan, &f, limit)
		},
	}
	f.inputFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.task, "task", "", "only the task `NAME`; one within another is OUTER/INNER, a request by itself \"GET /health\"")
	flags.StringVar(&f.user, "user", "", "as the user `NAME`; the first one when left out")
	flags.StringVar(&f.body, "body", "2KiB", "how much of each body is shown, such as 64KiB; 0 for none")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all randomness; the same seed makes the same requests")
	flags.BoolVar(&f.json, "json", false, "print every event as a JSON object on a line of its own")
	return cmd
}

// bodyLimit reads --body: a size, or a plain number of bytes.
func bodyLimit(s string) (int, error) {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 {
		return n, nil
	}
	n, err := stdlib.ParseSize(s)
	if err != nil {
		return 0, fmt.Errorf("--body: %w", err)
	}
	return int(n), nil
}

// shower is how a trial is shown.
type shower interface {
	trying.Show
	Begin(p *plan.Plan, class int)
	End(r *trying.Result, code int)
}

func (a *app) try(p *plan.Plan, f *tryFlags, limit int) error {
	class, err := trying.Class(p, f.user)
	if err != nil {
		return err
	}
	tasks, err := trying.Tasks(&p.Classes[class], f.task)
	if err != nil {
		return err
	}
	local, err := startExamples(p, exampleOptions{seed: p.Seed})
	if err != nil {
		return err
	}
	defer local.close()
	var show shower = &trying.JSON{W: a.env.Stdout, Body: limit}
	if !f.json {
		t := a.terminal(a.env.Stdout)
		show = &trying.Text{W: a.env.Stdout, Style: t.Style, Width: t.Width(), Body: limit}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	show.Begin(p, class)
	r, err := trying.Run(ctx, p, trying.Options{
		Turns: []trying.Turn{{Class: class, Tasks: tasks}}, Show: show,
		Factory: local.factory(p),
		Sockets: local.sockets(p),
	})
	if err != nil {
		return err
	}
	a.code = tryCode(r)
	show.End(r, a.code)
	if j, ok := show.(*trying.JSON); ok && j.Err() != nil && !errors.Is(j.Err(), syscall.EPIPE) {
		return j.Err()
	}
	return nil
}

func tryCode(r *trying.Result) int {
	switch {
	case r.Cut:
		return ExitInterrupted
	case r.OK():
		return ExitPass
	}
	return ExitFailed
}
