package cli

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"

	"github.com/spf13/cobra"

	"throng/dsl"
	"throng/dsl/diag"
	"throng/dsl/planfile"
)

// scenarioFlags are the flags of every verb that compiles a scenario.
type scenarioFlags struct {
	profile   string
	values    []value // --var and --var-file, in the order given
	users     int
	spawnRate float64
	duration  string
	seed      uint64
	tags      []string
	exclude   []string
	allow     []string
	shows     bool // nothing is sent, so a plan file's sensitive values need not be given
}

// value is one --var or --var-file.
type value struct {
	file bool
	text string
}

// valueFlag appends to one list from two flags, so that their order is kept:
// the later wins.
type valueFlag struct {
	list *[]value
	file bool
}

func (v valueFlag) String() string { return "" }

func (v valueFlag) Type() string {
	if v.file {
		return "file"
	}
	return "name=value"
}

func (v valueFlag) Set(text string) error {
	if !v.file && !strings.Contains(text, "=") {
		return fmt.Errorf("write it as NAME=VALUE")
	}
	*v.list = append(*v.list, value{v.file, text})
	return nil
}

// inputFlags are the flags that choose the scenario's inputs.
func (f *scenarioFlags) inputFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.profile, "profile", "", "the `NAME` of the load profile")
	flags.Var(valueFlag{&f.values, false}, "var", "set a variable")
	flags.Var(valueFlag{&f.values, true}, "var-file", "read variables from a file of NAME = value lines")
	flags.StringSliceVar(&f.tags, "tags", nil, "only tasks with a request that has one of these `TAGS`")
	flags.StringSliceVar(&f.exclude, "exclude-tags", nil, "no task with a request that has one of these `TAGS`")
	flags.StringSliceVar(&f.allow, "allow", nil, "lift the guard of a `TARGET`: it is production, or not among its allowed_hosts")
	_ = cmd.RegisterFlagCompletionFunc("profile", func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		return dsl.Validate(scenarioArg(args), dsl.Options{}).Profiles, cobra.ShellCompDirectiveNoFileComp
	})
}

// loadFlags are the flags that change the chosen profile.
func (f *scenarioFlags) loadFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.users, "users", 0, "users at full load, instead of the profile's")
	flags.Float64Var(&f.spawnRate, "spawn-rate", 0, "users started a second, instead of the profile's")
	flags.StringVar(&f.duration, "duration", "", "how long the load lasts, such as 2m, instead of the profile's")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all randomness; the same seed makes the same requests")
}

// options gathers what the flags, the environment and the scenario's own
// files of values say.
func (a *app) options(cmd *cobra.Command, f *scenarioFlags, path string) (dsl.Options, map[string][]byte, diag.Diagnostics) {
	o := a.settings(cmd, f)
	inputs, sources, diags := a.inputs(path, f.values)
	o.Inputs = inputs
	return o, sources, diags
}

// settings are the options without the variables' values.
func (a *app) settings(cmd *cobra.Command, f *scenarioFlags) dsl.Options {
	o := dsl.Options{Profile: f.profile, Tags: f.tags, ExcludeTags: f.exclude, Tool: version(), Seed: f.seed, Allow: f.allow, Sends: !f.shows, Modules: a.moduleOptions()}
	changed := cmd.Flags().Changed
	if changed("users") {
		o.Users = &f.users
	}
	if changed("spawn-rate") {
		o.SpawnRate = &f.spawnRate
	}
	if changed("duration") {
		o.Duration = &f.duration
	}
	if !changed("seed") {
		o.Seed = uint64(rand.Uint32()) // short enough to type again
	}
	return o
}

// inputs are the variables' values from outside, by rising precedence: the
// environment, the files of values beside the scenario, then files and flags
// in the order given.
func (a *app) inputs(path string, values []value) (map[string]dsl.Input, map[string][]byte, diag.Diagnostics) {
	inputs := a.environment()
	read, sources, diags := dsl.AutoValues(path)
	maps.Copy(inputs, read)
	given, more, ds := a.given(values)
	maps.Copy(inputs, given)
	maps.Copy(sources, more)
	diags.Extend(ds)
	return inputs, sources, diags
}

// environment are the values that THRONG_VAR_x gives.
func (a *app) environment() map[string]dsl.Input {
	const prefix = "THRONG_VAR_"
	inputs := map[string]dsl.Input{}
	for _, entry := range a.env.Environ() {
		if name, text, _ := strings.Cut(entry, "="); strings.HasPrefix(name, prefix) {
			inputs[strings.TrimPrefix(name, prefix)] = dsl.Input{Text: text, Origin: name}
		}
	}
	return inputs
}

// given are the values of --var and --var-file.
func (a *app) given(values []value) (map[string]dsl.Input, map[string][]byte, diag.Diagnostics) {
	inputs, sources := map[string]dsl.Input{}, map[string][]byte{}
	var diags diag.Diagnostics
	for _, v := range values {
		if !v.file {
			name, text, _ := strings.Cut(v.text, "=")
			inputs[strings.TrimSpace(name)] = dsl.Input{Text: text, Origin: "--var"}
			continue
		}
		read, src, ds := dsl.ReadValues(v.text)
		diags.Extend(ds)
		maps.Copy(inputs, read)
		maps.Copy(sources, src)
	}
	return inputs, sources, diags
}

// compile makes the plan of a scenario or a plan file, shows what was found,
// and ends the command when there are errors.
func (a *app) compile(cmd *cobra.Command, f *scenarioFlags, path string) (dsl.Result, error) {
	var r dsl.Result
	if planfile.Is(path) {
		r = a.unpack(cmd, f, path)
	} else {
		o, sources, diags := a.options(cmd, f, path)
		r.Diagnostics = diags
		if !diags.HasErrors() {
			r = dsl.Compile(path, o)
			r.Diagnostics = append(diags, r.Diagnostics...)
		}
		r = withSources(r, sources)
	}
	return r, a.found(r)
}

// withSources adds the texts of files of values.
func withSources(r dsl.Result, sources map[string][]byte) dsl.Result {
	if r.Sources == nil {
		r.Sources = map[string][]byte{}
	}
	maps.Copy(r.Sources, sources)
	return r
}

// found shows what a compilation found. It is an error where there is no
// plan.
func (a *app) found(r dsl.Result) error {
	a.diagnose(r.Diagnostics, r.Sources)
	if r.Plan == nil {
		return silent{ExitError}
	}
	return nil
}
