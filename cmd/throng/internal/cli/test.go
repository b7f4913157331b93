package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"throng/cmd/throng/internal/prove"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/testfile"
)

// testFlags are the flags of test.
type testFlags struct {
	parallel              int
	filter, junit         string
	update, verbose, json bool
}

func (a *app) testCommand() *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test [DIR|FILE...]",
		Short: "Test scenarios and libraries, as their test files say",
		Long: `Runs the tests in files called *` + testfile.Suffix + `: those of a directory and of
its folder tests, or the files named. Without an argument it is this directory.

Each run of a file compiles a scenario, sends the requests of its tasks once,
or runs it for real, against mocks that the file declares; then it holds what
it saw against the file's asserts and snapshots. Nothing is sent to a real
server: a target needs a mock. The environment's variables have no part in it.

Runs go on at the same time; those that read another's results wait for it.

  exit 0    every run passed
  exit 1    a run failed or could not be done, or there is no test
  exit 130  interrupted`,
		Example: "  throng test\n  throng test libraries/shop --filter 'buyers'\n  throng test --junit junit.xml auth profiles\n  throng test --update checkout" + testfile.Suffix,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.test(&f, args)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.parallel, "parallel", runtime.GOMAXPROCS(0), "how many runs go on at the same time: `N`")
	flags.Lookup("parallel").DefValue = "as many as there are processors" // the help is the same everywhere
	flags.StringVar(&f.filter, "filter", "", "only runs whose FILE/NAME matches `REGEX`, and those they read")
	flags.BoolVar(&f.update, "update", false, "write the snapshots in place of comparing with them")
	flags.BoolVar(&f.verbose, "verbose", false, "show what each run sent")
	flags.BoolVar(&f.json, "json", false, "print every result as a JSON object on a line of its own")
	flags.StringVar(&f.junit, "junit", "", "also write the results as JUnit XML to `FILE`, in place of what is there")
	return cmd
}

func (a *app) test(f *testFlags, args []string) error {
	o := prove.Options{Parallel: f.parallel, Update: f.update, Tool: version(), Modules: a.moduleOptions(), Serve: serveTest, ExitCode: exitCode}
	if f.parallel < 1 {
		return fmt.Errorf("--parallel %d: at least one run must go on", f.parallel)
	}
	if f.filter != "" {
		var err error
		if o.Filter, err = regexp.Compile(f.filter); err != nil {
			return fmt.Errorf("--filter is no regular expression: %w", err)
		}
	}
	files, found, sources, err := a.testFiles(args)
	if err != nil {
		return err
	}
	a.diagnose(found, sources)
	machines, junit := &prove.Events{W: a.env.Stdout}, &prove.JUnit{}
	if found.HasErrors() {
		return a.brokenTests(f, machines, junit, found, sources)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second one ends the process
	t := a.terminal(a.env.Stdout)
	people := &prove.Text{W: a.env.Stdout, Style: t.Style, Width: t.Width(), Verbose: f.verbose}
	sum := prove.Run(ctx, files, o, func(r *prove.Result) {
		junit.Run(r)
		if f.json {
			machines.Run(r)
		} else {
			people.Run(r)
		}
	})
	if sum.Ran() == 0 && sum.Filtered > 0 {
		return fmt.Errorf("--filter %s matches none of %d runs, which are called by file and name, such as %s", f.filter, sum.Filtered, firstName(files))
	}
	a.code = testCode(sum)
	if err := writeJUnit(f.junit, junit, sum); err != nil {
		fmt.Fprintf(a.env.Stderr, "throng: %s\n", err)
		a.code = worse(a.code, ExitError)
	}
	if !f.json {
		people.End(sum, a.code)
		return nil
	}
	machines.End(sum, a.code, found, sources)
	if err := machines.Err(); err != nil && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	return nil
}

// brokenTests ends where a test file is wrong, and tells the programs that
// read the results.
func (a *app) brokenTests(f *testFlags, machines *prove.Events, junit *prove.JUnit, found diag.Diagnostics, sources map[string][]byte) error {
	sum := &prove.Summary{}
	sum.Counts[prove.Errored] = 1
	junit.Broken(found, sources)
	err := writeJUnit(f.junit, junit, sum)
	if f.json {
		machines.End(sum, ExitError, found, sources)
	}
	return cmp.Or(err, error(silent{ExitError}))
}

func testCode(s *prove.Summary) int {
	switch {
	case s.Interrupted:
		return ExitInterrupted
	case s.OK():
		return ExitPass
	}
	return ExitError
}

// firstName is what a filter would be held against first.
func firstName(files []*testfile.File) string {
	for _, f := range files {
		for i := range f.Runs {
			return f.Name + "/" + f.Runs[i].Name
		}
	}
	return ""
}

// testFiles reads the test files of arguments, each once. An error says that
// there is none to read.
func (a *app) testFiles(args []string) (files []*testfile.File, diags diag.Diagnostics, sources map[string][]byte, err error) {
	if len(args) == 0 {
		args = []string{"."}
	}
	var names []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case err != nil:
			return nil, nil, nil, fmt.Errorf("there is no file or directory %q", arg)
		case !info.IsDir() && !testfile.IsTestFile(arg):
			return nil, nil, nil, fmt.Errorf("%q is no test file: these end in %s", arg, testfile.Suffix)
		case !info.IsDir():
			names = append(names, arg)
		default:
			found := testfile.Discover(arg)
			if len(found) == 0 {
				return nil, nil, nil, fmt.Errorf("there is no test file in %s: a test is a file that ends in %s, in a directory that is named or its folder tests", arg, testfile.Suffix)
			}
			names = append(names, found...)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	sources = map[string][]byte{}
	for _, name := range names {
		file, found := testfile.Read(name)
		diags.Extend(found)
		if file != nil {
			files = append(files, file)
			maps.Copy(sources, file.Sources)
		}
	}
	return files, diags, sources, nil
}

// serveTest makes what the targets of a test are reached with: mocks, and the
// examples that this process serves.
func serveTest(p *plan.Plan, mocks map[string]netip.AddrPort) (*prove.Network, error) {
	local, err := startExamples(p, exampleOptions{seed: p.Seed})
	if err != nil {
		return nil, err
	}
	maps.Copy(local.address, mocks)
	return &prove.Network{Factory: local.factory(p), Sockets: local.sockets(p), Close: local.close}, nil
}

// writeJUnit writes the results where that was asked for.
func writeJUnit(name string, j *prove.JUnit, s *prove.Summary) error {
	if name == "" {
		return nil
	}
	var b bytes.Buffer
	if err := j.Write(&b, s); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	return nil
}
