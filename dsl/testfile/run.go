package testfile

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// assert is one condition on what a run showed.
type assert struct {
	block              *config.Block
	condition, message *expression
}

// readRuns reads the runs of a file, in order.
func (d *decoder) readRuns(root *config.Block, common *variables) {
	d.runs = map[string]*config.Block{}
	for _, b := range root.Of("run") {
		if first := d.runs[b.Name()]; first != nil {
			d.fail(b, diag.DuplicateName, b.Labels[0].Range, "There are two runs called %q.", b.Name()).Relate("the first is declared here", first.Range)
			continue
		}
		if b.Name() == "" {
			d.fail(b, diag.InvalidName, b.Labels[0].Range, "A run needs a name: run \"buyers pay\" { … }.")
		}
		d.runs[b.Name()] = b
		d.file.Runs = append(d.file.Runs, d.readRun(b, common))
	}
	if len(d.runs) == 0 && !d.file.module.Root.Broken && !d.diags.HasErrors() {
		d.diags.Append(diag.General(diag.MissingBlock, "The test file %s holds no run, so it tests nothing. Add run \"it compiles\" {}.", d.file.Name))
	}
	d.order()
	for i := range d.file.Runs {
		r := &d.file.Runs[i]
		d.checkRun(r)
	}
	d.snapshots()
}

func (d *decoder) readRun(b *config.Block, common *variables) Run {
	r := Run{Name: b.Name(), Site: siteOf(b.Range), Command: Plan, Seed: 1, Timeout: time.Minute, file: d.file, block: b}
	r.own = d.variables(b.First("variables"), common)
	r.Inputs = r.own.inputs
	for _, a := range b.Args {
		if a.Name != "targets" {
			d.checkNames(b, a, nil)
		}
	}
	if command, ok := d.keyword(b, "command", nil); ok {
		r.Command = Command(command)
	}
	r.Scenario = d.scenario(b)
	r.Profile, _ = d.text(b, "profile")
	r.Targets = d.targets(b)
	if seed, ok := d.count(b, "seed", 0, nil); ok {
		r.Seed = seed
	}
	users, _ := d.count(b, "users", 1, nil)
	r.Users = int(users)
	r.Duration, _ = d.duration(b, "duration", nil)
	if timeout, ok := d.duration(b, "timeout", nil); ok {
		r.Timeout = timeout
	}
	r.Expect = d.expected(b)
	r.Snapshot = d.localFile(b, "snapshot")
	if mask, ok := d.words(b, "mask"); ok {
		for _, w := range mask {
			r.Mask = append(r.Mask, w.text)
		}
	}
	for _, n := range b.Of("assert") {
		a := assert{block: n}
		if c := n.Arg("condition"); c != nil {
			a.condition = newExpression(c.Expr, d.file.language)
		}
		if m := n.Arg("error_message"); m != nil {
			a.message = newExpression(m.Expr, d.file.language)
		}
		r.asserts = append(r.asserts, a)
	}
	return r
}

// scenario is the path of what a run is about.
func (d *decoder) scenario(b *config.Block) string {
	path, ok := d.text(b, "scenario")
	if !ok {
		return d.besideTests()
	}
	if path == "" {
		d.fail(b, diag.InvalidValue, b.Arg("scenario").Expr.Range(), "scenario is a directory or a file, such as \"./examples/basic\"; here it is empty.")
		return ""
	}
	full := filepath.FromSlash(path)
	if !filepath.IsAbs(full) {
		full = filepath.Join(d.file.dir, full)
	}
	if !exists(full) {
		d.fail(b, diag.FileNotFound, b.Arg("scenario").Expr.Range(), "There is no file or directory %q. The path is relative to the test file's directory, %q.", path, filepath.ToSlash(d.file.dir))
	}
	return full
}

// localFile is a path below the test file's directory, "" for none.
func (d *decoder) localFile(b *config.Block, name string) string {
	path, ok := d.text(b, name)
	if !ok {
		return ""
	}
	local := filepath.FromSlash(path)
	if path == "" || !filepath.IsLocal(local) || strings.HasSuffix(path, "/") {
		d.fail(b, diag.InvalidValue, b.Arg(name).Expr.Range(), "%s is a file in or below the test file's directory, such as \"buyers.snap\".", name)
		return ""
	}
	return filepath.Join(d.file.dir, local)
}

// targets reads { api = mock.api }.
func (d *decoder) targets(b *config.Block) map[string]string {
	a := b.Arg("targets")
	if a == nil {
		return nil
	}
	object, ok := a.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		d.fail(b, diag.WrongType, a.Expr.Range(), "targets says which mock stands for which target: targets = { api = mock.api }.")
		return nil
	}
	out, keys := map[string]string{}, map[string]hcl.Range{}
	for _, item := range object.Items {
		at := item.KeyExpr.Range()
		key, found := item.KeyExpr.Value(nil)
		if found.HasErrors() || key.IsNull() || !key.IsKnown() || key.Type() != cty.String {
			d.fail(b, diag.InvalidKey, at, "The name of a target is written out: targets = { api = mock.api }.")
			continue
		}
		if first, twice := keys[key.AsString()]; twice {
			d.fail(b, diag.DuplicateKey, at, "The target %q stands twice in targets.", key.AsString()).Relate("the first is here", first)
			continue
		}
		keys[key.AsString()] = at
		if name, ok := d.mockNamed(b, item.ValueExpr); ok {
			out[key.AsString()] = name
		}
	}
	return out
}

// mockNamed reads mock.NAME.
func (d *decoder) mockNamed(b *config.Block, e hclsyntax.Expression) (string, bool) {
	t, found := hcl.AbsTraversalForExpr(e)
	at := e.Range()
	if found.HasErrors() || t.RootName() != "mock" || len(t) != 2 || stepName(t[1]) == "" {
		problem := d.fail(b, diag.InvalidValue, at, "What stands for a target is a mock of this file: mock.NAME.")
		if name := strings.Trim(d.file.module.Text(at), `"`); d.file.mocks[name] != nil {
			problem.Suggestion = "Write mock." + name + "."
		}
		return "", false
	}
	name := stepName(t[1])
	if d.file.mocks[name] != nil {
		return name, true
	}
	names := slices.Sorted(maps.Keys(d.file.mocks))
	problem := d.fail(b, diag.UnknownReference, at, "There is no mock called %q in this file.", name).DidYouMean(name, names)
	if len(names) == 0 {
		problem.Detail += " It declares none: mock \"" + name + "\" { … }."
	}
	return "", false
}

// expected are the codes of the errors that a run must end in.
func (d *decoder) expected(b *config.Block) []string {
	list, ok := d.words(b, "expect_errors")
	if !ok {
		return nil
	}
	if len(list) == 0 {
		d.fail(b, diag.InvalidValue, b.Arg("expect_errors").Expr.Range(), "expect_errors names at least one code. Leave it out where the scenario must compile.")
	}
	var codes []string
	for _, w := range list {
		if _, known := diag.Lookup(w.text); !known {
			d.fail(b, diag.InvalidValue, w.at, "No diagnostic has the code %q. A diagnostic shows its code in brackets, behind its summary.", short(w.text)).DidYouMean(w.text, allCodes())
			continue
		}
		if !slices.Contains(codes, w.text) {
			codes = append(codes, w.text)
		}
	}
	return codes
}

func allCodes() []string {
	codes := make([]string, len(diag.Codes))
	for i, c := range diag.Codes {
		codes[i] = c.ID
	}
	return codes
}

// checkRun checks what stands in a run against what it does.
func (d *decoder) checkRun(r *Run) {
	b := r.block
	if b.Arg("expect_errors") != nil {
		for _, name := range []string{"snapshot", "mask"} {
			if a := b.Arg(name); a != nil {
				d.fail(b, diag.ConflictingArguments, a.NameRange, "Nothing is sent by a run that expects errors, so it has no %s.", name)
			}
		}
		if n := b.First("assert"); n != nil {
			d.fail(n, diag.ConflictingArguments, n.Range, "A run that expects errors ends with them: there is no plan that an assert could read.")
			return
		}
	}
	if a := b.Arg("snapshot"); a != nil && !r.Wants(Render) && !b.Broken && b.Arg("expect_errors") == nil {
		d.fail(b, diag.NotAvailable, a.NameRange, "A run that only compiles sends no requests, so there is nothing to keep.").Suggestion = `Add command = "render".`
	}
	if a := b.Arg("mask"); a != nil && b.Arg("snapshot") == nil {
		d.fail(b, diag.ConflictingArguments, a.NameRange, "mask says what a snapshot leaves out, and the run has no snapshot.")
	}
	for i := range r.asserts {
		d.checkAssert(r, &r.asserts[i])
	}
}

// checkAssert checks one assert with all that a run shows unknown.
func (d *decoder) checkAssert(r *Run, a *assert) {
	b := a.block
	for _, arg := range b.Args {
		d.checkNames(b, arg, d.placeOfAssert(r))
	}
	c := b.Arg("condition")
	if c == nil || c.Bad || d.meter.Spent() {
		return
	}
	seen := r.own.roots()
	for _, root := range []string{"plan", "requests", "result", "run"} {
		seen[root] = cty.DynamicVal
	}
	v, found := a.condition.value(seen, d.meter)
	for _, f := range found {
		d.report(b, f)
	}
	switch {
	case found.HasErrors():
	case v.Type() != cty.Bool && v.Type() != cty.DynamicPseudoType:
		d.fail(b, diag.InvalidCondition, c.Expr.Range(), "A condition must be true or false; this is %s.", article(typeName(v.Type())))
	case v.IsKnown():
		d.fail(b, diag.InvalidCondition, c.Expr.Range(), "This is always %s, whatever the run does. A condition reads plan, requests or result.", diag.ValueText(v))
	}
	if m := b.Arg("error_message"); m != nil && !m.Bad {
		_, found := a.message.value(seen, d.meter)
		for _, f := range found {
			d.report(b, f)
		}
	}
}

// snapshots reports files that two runs would keep their requests in.
func (d *decoder) snapshots() {
	first := map[string]*Run{}
	for i := range d.file.Runs {
		r := &d.file.Runs[i]
		if r.Snapshot == "" {
			continue
		}
		if other := first[r.Snapshot]; other != nil {
			d.fail(r.block, diag.DuplicateName, r.block.Arg("snapshot").Expr.Range(), "The run %q keeps its requests in this file, too. Each run needs one of its own.", other.Name).
				Relate("there", other.block.Arg("snapshot").Expr.Range())
			continue
		}
		first[r.Snapshot] = r
	}
}
