package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/report"
)

// everyProfile is the name that stands for all profiles of a scenario.
const everyProfile = "all"

// several are the profiles that --profile names, when it names more than one;
// none of them for all that the scenario declares.
func (f *runFlags) several() (names []string, suite bool, err error) {
	if f.profile == everyProfile {
		return nil, true, nil
	}
	if !strings.Contains(f.profile, ",") {
		return nil, false, nil
	}
	for _, name := range strings.Split(f.profile, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
			return nil, false, fmt.Errorf("--profile %s has a comma without a name beside it", f.profile)
		case name == everyProfile:
			return nil, false, fmt.Errorf("--profile %s: all stands for every profile, so it stands alone", f.profile)
		case slices.Contains(names, name):
			return nil, false, fmt.Errorf("--profile %s names %q twice", f.profile, name)
		}
		names = append(names, name)
	}
	return names, true, nil
}

// suite runs several profiles in order, each a run of its own, and ends with
// one table of their verdicts.
func (a *app) suite(cmd *cobra.Command, f *runFlags, path string, names []string) error {
	f.profile = ""
	o, sources, diags := a.options(cmd, &f.scenarioFlags, path)
	r := dsl.Result{Diagnostics: diags}
	var plans []*plan.Plan
	if !diags.HasErrors() {
		r, plans = dsl.Suite(path, o, names)
		r.Diagnostics = append(diags, r.Diagnostics...)
	}
	if err := a.found(withSources(r, sources)); err != nil {
		return err
	}
	if err := f.choose(plans[0].Scenario, "suite"); err != nil {
		return err
	}
	dirs, err := suiteTargets(f.out, plans)
	if err != nil {
		return err
	}
	if f.out != "" {
		a.packAll(path, o, plans, dirs)
	}
	s := &report.Suite{
		FormatVersion: report.FormatVersion, Tool: report.Tool{Name: "throng", Version: version()},
		Scenario: plans[0].Scenario, Dir: path, Profiles: []report.SuiteRun{}, Files: []string{},
	}
	stop := listen()
	defer stop.close()
	a.runAll(s, plans, dirs, f, stop)
	return a.finishSuite(s, f)
}

// suiteTargets are the directories of a suite's runs, below the suite's own.
func suiteTargets(dir string, plans []*plan.Plan) ([]target, error) {
	dirs := make([]target, len(plans))
	if dir == "" {
		return dirs, nil
	}
	if _, err := openTarget(dir); err != nil {
		return nil, err
	}
	for i, p := range plans {
		var err error
		if dirs[i], err = openTarget(filepath.Join(dir, p.Profile.Name)); err != nil {
			return nil, err
		}
	}
	return dirs, nil
}

// packAll makes the plan files of a suite's runs.
func (a *app) packAll(path string, o dsl.Options, plans []*plan.Plan, dirs []target) {
	for i, p := range plans {
		o.Profile = p.Profile.Name
		if _, file := dsl.Pack(path, o); file != nil {
			dirs[i].plan = a.planBytes(file)
		}
	}
}

// runAll runs the profiles until one ends the suite.
func (a *app) runAll(s *report.Suite, plans []*plan.Plan, dirs []target, f *runFlags, stop *stopper) {
	why := "" // those that are left are not run
	for i, p := range plans {
		run := report.SuiteRun{Profile: p.Profile.Name}
		if why == "" && i > 0 && !a.pause(p, f, stop) {
			why = "the suite was interrupted before it"
			a.code = ExitInterrupted
		}
		if run.NotRun = why; why == "" {
			if !f.quiet {
				fmt.Fprintf(a.env.Stderr, "profile %d of %d: %s\n", i+1, len(plans), p.Profile.Name)
			}
			why = a.runOne(&run, p, f, dirs[i], stop)
		}
		s.Profiles = append(s.Profiles, run)
	}
}

// runOne runs a profile of a suite, and says why the others are not to be
// run; "" when they are.
func (a *app) runOne(run *report.SuiteRun, p *plan.Plan, f *runFlags, out target, stop *stopper) (why string) {
	r, err := a.once(p, f, out, stop)
	if r == nil {
		run.NotRun = "it could not be run: " + err.Error()
		a.code = worst(a.code, ExitError)
		return "the suite ended with " + p.Profile.Name
	}
	run.Summary = r
	a.code = worst(a.code, r.Verdict.ExitCode)
	if !f.json && !f.quiet {
		if err := a.show(r, f); err != nil {
			fmt.Fprintf(a.env.Stderr, "throng: %s\n", err)
		}
		fmt.Fprintln(a.env.Stdout)
	}
	switch {
	case r.Run.Interrupted:
		return "the suite was interrupted in " + p.Profile.Name
	case f.failFast && r.Verdict.ExitCode != ExitPass:
		return "--fail-fast: " + p.Profile.Name + " did not pass"
	}
	return ""
}

// pause waits between two profiles. It reports false when the suite was
// interrupted meanwhile, or before.
func (a *app) pause(next *plan.Plan, f *runFlags, stop *stopper) bool {
	if f.pause > 0 && !f.quiet {
		fmt.Fprintf(a.env.Stderr, "pausing %s before %s\n", f.pause, next.Profile.Name)
	}
	timer := time.NewTimer(f.pause)
	defer timer.Stop()
	select {
	case <-stop.signals:
		return false
	case <-timer.C:
	}
	select {
	case <-stop.signals:
		return false
	default:
		return !stop.heard.Load()
	}
}

// severity orders exit codes, the worst first.
var severity = []int{ExitInterrupted, ExitError, ExitFailed, ExitInconclusive}

// worst is the worse of two exit codes.
func worst(a, b int) int {
	for _, code := range severity {
		if a == code || b == code {
			return code
		}
	}
	return ExitPass
}

// finishSuite saves a suite and shows its table.
func (a *app) finishSuite(s *report.Suite, f *runFlags) error {
	s.Decide(a.code)
	if f.out != "" {
		name := filepath.Join(f.out, "suite.json")
		s.Files = append(s.Files, name)
		if err := saveSuite(name, s); err != nil {
			fmt.Fprintf(a.env.Stderr, "throng: the results could not be written: %s\n", err)
			a.code = worst(a.code, ExitError)
			s.Files = []string{}
			s.Decide(a.code)
		}
	}
	var err error
	if f.json {
		err = report.WriteSuiteJSON(a.env.Stdout, s)
	} else {
		t := a.terminal(a.env.Stdout)
		err = report.WriteSuiteText(a.env.Stdout, s, report.TextOptions{Style: t.Style, Width: t.Width()})
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

func saveSuite(name string, s *report.Suite) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := finish(file, func(w io.Writer) error { return report.WriteSuiteJSON(w, s) }); err != nil {
		_ = os.Remove(name)
		return err
	}
	return nil
}
