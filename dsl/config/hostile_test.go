package config_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"throng/dsl/config"
	"throng/dsl/diag"
)

const busy = 20 // a busy machine may take so many times a second, the goal

// TestHostileMegabyte reads files of 1 MiB, each of a shape that a reader
// could be slow at, or greedy.
func TestHostileMegabyte(t *testing.T) {
	n := 1<<20 - 64
	if testing.Short() || underRace {
		n = 1 << 15
	}
	repeat := func(s string) string { return strings.Repeat(s, n/len(s)) }
	locals := func(e string) string { return "locals {\n  x = " + e + "\n}\n" }
	chain := "1"
	for len(chain) < n-30_000 {
		chain = "(" + chain + ")" + strings.Repeat("+1", 9_000)
	}
	for name, src := range map[string]string{
		"a.hcl:lines of a heredoc": locals("<<E\n" + repeat("a\n") + "\nE"),
		"a.hcl:dollars":            locals(`"` + repeat("$") + `"`),
		"a.hcl:chains in brackets": locals(chain),
		"a.hcl:namespaces":         locals(repeat("a::") + "a()"),
		"a.hcl:exponents":          locals("[" + repeat("1e400,") + "1]"),
		"a.hcl:blocks":             repeat("locals {}\n"),
		"a.hcl:unknown":            repeat("a {}\n"),
		"a.hcl:labels":             "user " + repeat(`"a" `) + "{}",
		"a.hcl:letters":            repeat("a "),
		"a.hcl:accents":            locals(`"` + repeat("\u0301") + `"`),
		"a.hcl.json:numbers":       `{"locals":{"x":[` + repeat("1,") + "1]}}",
		"a.hcl.json:templates":     `{"locals":{"x":[` + repeat(`"\n${a}",`) + "1]}}",
		"a.hcl.json:lines":         `{"locals":{"x":"${a}` + repeat(`\n`) + `"}}`,
		"a.hcl.json:arrays":        repeat("["),
		"a.hcl.json:objects":       repeat(`{"a":`),
		"a.hcl.json:blocks":        `{"locals":[` + repeat("{},") + "{}]}",
		"a.hcl.json:accents":       `{"` + repeat("\u0301") + `":1}`,
		"a.hcl.json:one line":      `{"locals":{"x":"` + repeat("x") + `"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			file, _, _ := strings.Cut(name, ":")
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, diags := config.Parse([]byte(src), file)
			if took := time.Since(start); took > busy*time.Second {
				t.Errorf("it took %s", took)
			}
			runtime.ReadMemStats(&after)
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 1024 {
				t.Errorf("%d MiB were allocated", used)
			}
			if len(diags) > 200 {
				t.Errorf("%d findings", len(diags))
			}
		})
	}
}

// TestDoubling refuses what is evaluated twice at every level.
func TestDoubling(t *testing.T) {
	nested := func(n int) string {
		return "locals {\n  x = " + strings.Repeat("try(", n) + "1" + strings.Repeat(")", n) + "\n}\n"
	}
	if _, diags := config.Parse([]byte(nested(5)), "main.hcl"); diags.HasErrors() {
		t.Error(diags.Err())
	}
	for _, src := range []string{nested(40), "locals {\n  x = a" + strings.Repeat("[*]", 40) + "\n}\n"} {
		_, diags := config.Parse([]byte(src), "main.hcl")
		if len(diags) != 1 || diags[0].Code != diag.LimitExceeded {
			t.Errorf("%v", diags.Err())
		}
	}
}

// TestLoopsPay: loops within each other end in an error, with no meter in
// the context, and ordinary ones do not.
func TestLoopsPay(t *testing.T) {
	items := "[" + strings.Repeat("1,", 200) + "1]"
	eval := func(text string) error {
		e, ok := config.ParseExpression(text, "--var")
		if !ok {
			t.Fatalf("%.40s cannot be read", text)
		}
		_, diags := e.Value(nil)
		return diag.FromHCL(diags).Err()
	}
	loop := func(depth int) string {
		s := "1"
		for range depth {
			s = "[for x in " + items + " : " + s + "]"
		}
		return s
	}
	if err := eval(loop(2)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{loop(6), `"%{for a in ` + items + `}%{for b in ` + items + `}%{for c in ` + items + `}%{for d in ` + items + `}x%{endfor}%{endfor}%{endfor}%{endfor}"`} {
		err := eval(bad)
		if err == nil || !strings.Contains(err.Error(), diag.Summary(diag.LimitExceeded)) {
			t.Errorf("%v", err)
		}
	}
}

// TestMeteredVariables: what is wrapped still shows the names it reads.
func TestMeteredVariables(t *testing.T) {
	for text, want := range map[string]int{
		"[for x in local.a : x + local.b if local.c]":        3,
		`"` + strings.Repeat("${local.a}", 40) + `"`:         40,
		"{for k, v in {for i in local.a : i => i} : k => v}": 1,
	} {
		e, ok := config.ParseExpression(text, "--var")
		if !ok || len(e.Variables()) != want {
			t.Errorf("%.40s: %v", text, e)
		}
	}
}

// FuzzParseJSON reads any bytes as a file in JSON syntax.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"user": {"u": {"get": {"/a/:id": {"params": {"id": "${1}"}}}}}}`, `{"locals": {"a": "\u00e9\n${[for x in [1]: x]} \"%{if true}x%{endif}\""}}`,
		`{"task": {"t": {"steps": [{"get": {"/": {}}}, {"pause": {"for": "1s"}}]}}}`, `{"variable": {"x": {"type": "list(string)"}}}`, "[", `{"a":`, "\ufeff{}",
		`{"user": {"u": {"dynamic": {"get": {"content": {}}}}}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) { parseAny(t, src, "main.hcl.json") })
}

// parseAny reads bytes: diagnostics with words and a place within the text,
// never a panic, and in bounded time.
func parseAny(t *testing.T, src []byte, name string) {
	if len(src) > 1<<16 {
		t.Skip("too long for one round")
	}
	start := time.Now()
	m, diags := config.Parse(src, name)
	if took := time.Since(start); took > busy*time.Second {
		t.Errorf("it took %s", took)
	}
	if m == nil {
		t.Fatal("no module")
	}
	for _, d := range diags {
		if _, known := diag.Lookup(d.Code); !known || d.Summary == "" || d.Detail == "" {
			t.Errorf("a finding without code or words: %+v", d)
		}
		if s := d.Subject; s != nil && (s.Filename != name || s.Start.Byte < 0 || s.End.Byte > len(src) || s.Start.Line < 1) {
			t.Errorf("a place outside of the text: %v", s)
		}
	}
	if m.Broken && !diags.HasErrors() {
		t.Error("broken, and nothing is said")
	}
	var walk func(b *config.Block)
	walk = func(b *config.Block) {
		for _, a := range b.Args {
			_ = a.Expr.Variables()
			if at := a.Expr.Range(); at.Filename != name || at.End.Byte > len(src) {
				t.Errorf("%s stands outside of the text: %v", a.Name, at)
			}
		}
		for _, n := range b.Blocks {
			walk(n)
		}
	}
	walk(m.Root)
}
