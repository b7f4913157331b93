package config_test

import (
	"bytes"
	"strings"
	"testing"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// TestGuard throws shapes at the parser that would exhaust its stack or the
// machine's memory. The process must survive and say why it refuses.
func TestGuard(t *testing.T) {
	n := 1_000_000
	if testing.Short() || underRace {
		n = 80_000
	}
	locals := func(expr string) string { return "locals {\n  x = " + expr + "\n}\n" }
	repeat := func(s string) string { return strings.Repeat(s, n/len(s)) }
	shapes := map[string]string{
		"parentheses":          locals(repeat("(")),
		"closed parentheses":   locals(strings.Repeat("(", n/2) + "1" + strings.Repeat(")", n/2)),
		"brackets":             locals(repeat("[")),
		"braces":               locals(repeat("{")),
		"objects":              locals(repeat("{a={")),
		"not":                  locals(repeat("!") + "true"),
		"minus":                locals(repeat("-") + "1"),
		"not with comments":    locals(repeat("!/**/") + "true"),
		"conditions":           locals(repeat("a?b:") + "c"),
		"conditions in lines":  locals("(" + repeat("a?b:\n") + "c)"),
		"templates":            locals(repeat(`"${`)),
		"sum":                  locals(repeat("1+") + "1"),
		"sum in lines":         locals("(" + repeat("1+\n") + "1)"),
		"comparisons":          locals(repeat("1<") + "1"),
		"dots":                 locals("a" + repeat(".b")),
		"indexes":              locals("a" + repeat("[b]")),
		"indexes in lines":     locals("(a" + repeat("[b]\n") + ")"),
		"splats":               locals("a" + repeat("[*]")),
		"attribute splats":     locals("a" + repeat(".*")),
		"directives":           locals(`"` + repeat("%{if true}") + `"`),
		"directives in a text": locals("<<E\n" + repeat("%{if true}\n") + "\nE"),
		"heredocs":             locals(repeat("<<E\n${")),
		"blocks":               repeat("user \"u\" {\n"),
		"calls":                locals(repeat("upper(")),
		"for":                  locals(repeat("[for a in ")),
		"closers":              locals(repeat(")]}")),
		"quotes":               locals(repeat(`"`)),
		"apostrophes":          locals(repeat("'")),
		"backslashes":          locals(repeat(`\`)),
		"nul":                  repeat("\x00"),
		"not utf-8":            repeat("\xff"),
		"stray brackets":       repeat("}{"),
	}
	for name, src := range shapes {
		t.Run(name, func(t *testing.T) {
			_, diags := config.Parse([]byte(src), "main.hcl")
			if !diags.HasErrors() {
				t.Error("it is accepted")
			}
			if len(diags) > 10_000 {
				t.Errorf("%d findings", len(diags))
			}
		})
	}
}

// TestGuardAllows shows that the limits are out of the way of what people
// write.
func TestGuardAllows(t *testing.T) {
	list := "[\n" + strings.Repeat("    { a = 1 + 2, b = \"x ${local.y} - z\", c = [1, -2, !true] },\n", 5_000) + "  ]"
	for name, src := range map[string]string{
		"a long list":     "locals {\n  y = 1\n  x = " + list + "\n}\n",
		"many blocks":     strings.Repeat("target \"t\" {\n  base_url = \"http://a\" # {{{ (((\n}\n", 5_000),
		"nesting":         "locals {\n  x = " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "\n}\n",
		"percent signs":   "locals {\n  x = \"/%20e700\"\n  y = \"%e700\"\n  z = <<E\n  50%e999\n  E\n}\n",
		"digits in texts": "locals {\n  x = \"" + strings.Repeat("7", 1000) + "\"\n  y = \"1e5\"\n  z = \"abc1e999999\"\n}\n",
	} {
		if _, diags := config.Parse([]byte(src), "main.hcl"); diags.HasErrors() {
			t.Errorf("%s: %v", name, diags.Err())
		}
	}
}

// TestNumbers refuses numbers whose text would fill the memory.
func TestNumbers(t *testing.T) {
	for _, bad := range []string{
		"1e600000000", "1e-600000000", "1E401", "1e99999999999999999999", strings.Repeat("9", 65), "0." + strings.Repeat("0", 70) + "1",
		`"1e600000000"`, `"-1.5E+600000000"`, `"1${""}e600000000"`, "<<E\n  1e401\nE\n", `" 1e401 "`, "{ a = \"1e401\" }",
	} {
		_, diags := config.Parse([]byte("locals {\n  x = "+bad+"\n}\n"), "main.hcl")
		if len(diags) != 1 || diags[0].Code != diag.LimitExceeded || diags[0].Subject == nil {
			t.Errorf("%.20s: %v", bad, diags.Err())
		}
		if _, ok := config.ParseExpression(bad, "--var"); ok {
			t.Errorf("%.20s is accepted from the command line", bad)
		}
	}
	if _, ok := config.ParseExpression(strings.Repeat("(", 1_000_000), "--var"); ok {
		t.Error("a million parentheses are accepted from the command line")
	}
}

func TestTooLarge(t *testing.T) {
	_, diags := config.Parse(bytes.Repeat([]byte("#"), 4<<20+1), "main.hcl")
	if len(diags) != 1 || diags[0].Code != diag.LimitExceeded {
		t.Errorf("%v", diags.Err())
	}
}

// FuzzParse reads any bytes: diagnostics, never a panic, and in bounded time.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "user \"u\" {\n  get \"/a/:id\" {\n    params = { id = 1 }\n  }\n}\n", "locals { x = <<E\n${1}\nE\n}\n",
		"sla \"a\" { p95 = \"1s\" }", "variable \"x\" {\n type = list(string)\n}\n", "a = \"${", "x {", "\xef\xbb\xbf", "get = {}", "user \"u\" { expect = 1 }",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) { parseAny(t, src, "main.hcl") })
}
