package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"throng/dsl"
	"throng/dsl/diag"
	"throng/dsl/planfile"
	"throng/dsl/wholefile"
)

// planned are the flags that a plan file has settled.
var planned = []string{"profile", "users", "spawn-rate", "duration", "seed", "tags", "exclude-tags"}

// unpack makes the plan of a plan file. Only what must not be stored in one
// can be given beside it.
func (a *app) unpack(cmd *cobra.Command, f *scenarioFlags, path string) dsl.Result {
	var refused []string
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if slices.Contains(planned, flag.Name) {
			refused = append(refused, "--"+flag.Name)
		}
	})
	inputs, sources, diags := a.given(f.values)
	if len(refused) > 0 {
		d := diag.General(diag.PlanMismatch, "%s repeats what was planned, and %s would change it.", path, strings.Join(refused, ", "))
		d.Suggestion = "Give the flag to throng plan --out, or run the scenario instead of the plan file."
		diags.Append(d)
	}
	r := dsl.Result{Diagnostics: diags}
	if !diags.HasErrors() {
		o := a.settings(cmd, f)
		o.Inputs = a.environment()
		maps.Copy(o.Inputs, inputs)
		r = dsl.Unpack(path, o, f.shows)
		r.Diagnostics = append(diags, r.Diagnostics...)
	}
	return withSources(r, sources)
}

func (a *app) validatePlanFile(cmd *cobra.Command, f *scenarioFlags, path string, asJSON, reach bool) error {
	f.shows = true
	r := a.unpack(cmd, f, path)
	unreached := false
	if reach && r.Plan != nil {
		found := a.reachTargets(r.Plan)
		unreached = found.HasErrors()
		r.Diagnostics.Extend(found)
	}
	return a.validated(r, path, asJSON, !unreached)
}

// pack makes the plan of a scenario and saves what makes it again.
func (a *app) pack(cmd *cobra.Command, f *scenarioFlags, path, out string) (dsl.Result, error) {
	if planfile.Is(path) {
		return dsl.Result{}, fmt.Errorf("%s is a plan file already; copy it instead of planning it with --out", path)
	}
	o, sources, diags := a.options(cmd, f, path)
	r := dsl.Result{Diagnostics: diags}
	var file *planfile.File
	if !diags.HasErrors() {
		r, file = dsl.Pack(path, o)
		r.Diagnostics = append(diags, r.Diagnostics...)
	}
	r = withSources(r, sources)
	if err := a.found(r); err != nil {
		return r, err
	}
	if err := savePlanFile(out, file); err != nil {
		return r, fmt.Errorf("the plan file cannot be written: %w", err)
	}
	a.packed(out, file)
	return r, nil
}

// packed says what was saved, and what it needs besides.
func (a *app) packed(out string, f *planfile.File) {
	fmt.Fprintf(a.env.Stderr, "The plan is saved; this repeats it: throng run %s\n", out)
	for _, v := range f.Variables {
		if v.Ask {
			fmt.Fprintf(a.env.Stderr, "  Not in it, to be given again: var.%s, which is sensitive.\n", v.Name)
		}
	}
	for _, e := range f.Files {
		name := filepath.Join(e.Dir, filepath.FromSlash(e.Path))
		switch {
		case e.Stored:
		case e.SHA256 == "":
			fmt.Fprintf(a.env.Stderr, "  Not in it, to be there again: %s, which holds a sensitive value.\n", name)
		default:
			fmt.Fprintf(a.env.Stderr, "  Not in it, to be there unchanged: %s\n", name)
		}
	}
}

// savePlanFile writes a plan file whole or not at all.
func savePlanFile(name string, f *planfile.File) error {
	data, err := planfile.Encode(f)
	if err != nil {
		return err
	}
	if strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, ".json") {
		return fmt.Errorf("%s would be taken for a scenario; give it another ending, such as .plan", name)
	}
	return saveZip(name, "plan file", 0o600, data)
}

// saveZip writes a zip file whole or not at all. It replaces another zip file,
// and nothing else; kind is what people call it.
func saveZip(name, kind string, mode fs.FileMode, data []byte) error {
	old, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !bytes.HasPrefix(old, []byte("PK")):
		return fmt.Errorf("%s is there already, and is no %s", name, kind)
	}
	return wholefile.Write(name, data, mode)
}
