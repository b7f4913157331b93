package dsl

import (
	"maps"
	"slices"
	"strings"

	"throng/dsl/compile"
	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// Console evaluates expressions against a scenario. It belongs to one
// goroutine.
type Console struct {
	inner   *compile.Console
	sources map[string][]byte
}

// OpenConsole reads the scenario at path for its values and data. What is
// wrong elsewhere in it does not matter, so that a scenario can be asked while
// it is being written; Elsewhere tells of it. The console is nil when the
// files cannot be read at all. answer is what response means, nil for none.
func OpenConsole(path string, o Options, answer *plan.Response) (c *Console, found Result, elsewhere bool) {
	found = run(path, o, func(s *resolve.Scope, r *Result) {
		c = &Console{sources: r.Sources}
		var kept diag.Diagnostics
		for _, d := range r.Diagnostics {
			switch {
			case d.Severity != diag.Error:
			case concernsValues(d):
				kept.Append(d)
			default:
				elsewhere = true
			}
		}
		var diags diag.Diagnostics
		c.inner, diags = compile.NewConsole(s, o, answer)
		for _, d := range diags {
			if d.Severity == diag.Error {
				kept.Append(d)
			}
		}
		r.Diagnostics = kept
	})
	return c, found, elsewhere
}

// concernsValues reports whether a finding is about what expressions read.
func concernsValues(d *diag.Diagnostic) bool {
	word, _, _ := strings.Cut(d.Block, " ")
	return slices.Contains([]string{"variable", "locals", "data", "module", "output", "function"}, word)
}

// Eval evaluates one expression and gives its value as HCL writes it, with
// what is sensitive hidden. A note says what is worth knowing beside it, and
// is "" mostly. name is how diagnostics call the text; with errors there is no
// value.
func (c *Console) Eval(src []byte, name string) (value, note string, diags diag.Diagnostics) {
	v, diags := c.inner.Eval(src, name)
	if diags.HasErrors() {
		return "", "", diags
	}
	if v.Absent != "" {
		note = v.Absent + ": a condition reads null there, and a capture fails"
	}
	return valueText(v.Value), note, diags
}

// Sources are the texts that diagnostics of an expression may show: the
// scenario's files and the expression itself.
func (c *Console) Sources(src []byte, name string) map[string][]byte {
	all := maps.Clone(c.sources)
	all[name] = src
	return all
}

// Incomplete reports whether a text ends within brackets or a heredoc, so
// that further lines may make an expression of it.
func Incomplete(text []byte) bool { return config.Incomplete(text) }
