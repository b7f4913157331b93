// Package cli is the command line: its verbs and flags, the way from signals
// to an orderly stop, and the exit codes. It reads no scenario and measures
// nothing itself; it hands a plan from one to the other and shows what comes
// back. Data goes to stdout; progress and diagnostics go to stderr.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"throng/cmd/throng/internal/term"
	"throng/dsl/diag"
)

// Exit codes. They are part of the interface: scripts and CI rely on them.
const (
	ExitPass         = 0   // the run passed, or the command succeeded
	ExitError        = 1   // an error in the scenario, its inputs or the command line; a test failed
	ExitFormat       = 3   // fmt --check or module docs --check found differences
	ExitChanged      = 4   // plan --diff --detailed-exitcode found changes
	ExitInconclusive = 97  // the run proves nothing: too few samples, generator saturated, books unbalanced
	ExitFailed       = 99  // an SLA is broken, a step of try failed, or --fail-on of analyze or compare
	ExitInterrupted  = 130 // interrupted, after a clean stop
)

// Env is what the process gives the command line.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Lookup         func(string) (string, bool)
	Environ        func() []string
}

// System is the environment of this process.
func System() Env {
	return Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Lookup: os.LookupEnv, Environ: os.Environ}
}

// app is one invocation.
type app struct {
	env     Env
	noColor bool
	code    int // what a command wants to exit with, when it gives no error
}

// silent ends a command whose message has been shown already.
type silent struct{ code int }

func (s silent) Error() string { return fmt.Sprintf("exit %d", s.code) }

// Main runs the command line and returns the exit code.
func Main(args []string, env Env) int {
	a := &app{env: env}
	root := a.root()
	root.SetArgs(longFlags(args, root))
	err := root.Execute()
	var done silent
	switch {
	case errors.As(err, &done):
		return done.code
	case err != nil:
		fmt.Fprintf(env.Stderr, "throng: %s\n", err)
		return ExitError
	}
	return a.code
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "throng",
		Short: "Load tests that are declared, not programmed",
		Long: `throng runs load tests that are declared in HCL: users, weighted requests,
load profiles and SLAs. It checks a scenario before it runs, shows what would
happen, runs it, and ends with a verdict that CI can trust.

  throng validate SCENARIO     is it right?
  throng plan SCENARIO         what would happen?
  throng try SCENARIO          what does each step send and get, once?
  throng run SCENARIO          make it happen, and judge it

A SCENARIO is a directory of *.hcl files, or one such file; the current
directory when left out.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.env.Stdin)
	root.SetOut(a.env.Stdout)
	root.SetErr(a.env.Stderr)
	root.PersistentFlags().BoolVar(&a.noColor, "no-color", false, "write without colours (as NO_COLOR does)")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "Flags.FlagUsages ", "Flags.FlagUsagesWrapped 75 ")) // which takes five columns more where that saves a line
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w\nSee %q", err, cmd.CommandPath()+" --help")
	})
	root.AddCommand(a.validateCommand(), a.planCommand(), a.runCommand(), a.fmtCommand(),
		a.newCommand(), a.moduleCommand(), a.tryCommand(), a.reportCommand(), a.consoleCommand(), a.graphCommand(),
		a.exportCommand(), a.analyzeCommand(), a.compareCommand(), a.runsCommand(), a.testCommand(), a.initCommand(), a.vendorCommand(), a.exampleCommand(), a.versionCommand(), exitCodesTopic())
	return root
}

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `Exit codes of throng. They do not change between versions.

    0  the run passed, or the command succeeded
    1  an error in the scenario, its inputs or the command line; or a run of
       throng test that failed or could not be done
    3  fmt --check found files that are not in canonical form, module docs
       --check a README that is not up to date, or console could not evaluate
       an expression
    4  plan --diff --detailed-exitcode found changes
   97  inconclusive: the run proves nothing, because samples were too few,
       the generator was saturated, or the books do not balance
   99  an SLA is broken, a step of try failed, or analyze or compare found
       what --fail-on names
  130  interrupted, after a clean stop`,
	}
}

// longFlags rewrites -name and -name=value to --name for flags that have
// more than one letter, since Terraform's users type them so.
func longFlags(args []string, root *cobra.Command) []string {
	known := map[string]bool{}
	note := func(f *pflag.Flag) { known[f.Name] = true }
	all := append(root.Commands(), root)
	for _, cmd := range root.Commands() {
		all = append(all, cmd.Commands()...)
	}
	for _, cmd := range all {
		cmd.Flags().VisitAll(note)
		cmd.PersistentFlags().VisitAll(note)
	}
	out := slices.Clone(args)
	for i, arg := range out {
		if arg == "--" {
			break
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && len(name) > 1 && known[name] {
			out[i] = "-" + arg
		}
	}
	return out
}

// terminal is what can be done with one of the output streams.
func (a *app) terminal(w io.Writer) *term.Terminal {
	file, _ := w.(*os.File)
	return term.Detect(file, a.env.Lookup, a.noColor)
}

// diagnose shows diagnostics on stderr.
func (a *app) diagnose(ds diag.Diagnostics, sources map[string][]byte) {
	if len(ds) == 0 {
		return
	}
	t := a.terminal(a.env.Stderr)
	_ = diag.WriteText(a.env.Stderr, ds, sources, diag.Options{Width: t.Width(), Color: t.Style.Color, ASCII: t.Style.ASCII})
}
