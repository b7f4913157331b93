package dsl

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

func TestIncomplete(t *testing.T) {
	for text, want := range map[string]bool{
		"":                      false,
		"1 + 1":                 false,
		"[1,":                   true,
		"{ a = [1, 2]":          true,
		"f(":                    true,
		"f()":                   false,
		"<<EOT\ntext":           true,
		"<<EOT\ntext\nEOT\n":    false,
		`"a ( b`:                false, // a quoted string ends with its line
		`"a ( b"`:               false,
		`"${f(1)}"`:             false,
		"]":                     false, // a mistake, which more lines don't mend
		"] [":                   false,
		"(1 # a ) in a comment": true,
		"/* ( */ 1":             false,
	} {
		if got := Incomplete([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestValueText(t *testing.T) {
	long := cty.StringVal("a text of some length, so that few fit")
	for _, c := range []struct {
		value cty.Value
		want  string
	}{
		{cty.NullVal(cty.String), "null"},
		{cty.True, "true"},
		{cty.MustParseNumberVal("12345678901234567890.5"), "12345678901234567890.5"},
		{cty.StringVal("a\n\"${b}\" %{c}"), `"a\n\"$${b}\" %%{c}"`},
		{cty.EmptyTupleVal, "[]"},
		{cty.EmptyObjectVal, "{}"},
		{cty.SetVal([]cty.Value{cty.NumberIntVal(2), cty.NumberIntVal(1)}), "[1, 2]"},
		{cty.MapVal(map[string]cty.Value{"b": cty.True, "a b": cty.False}), "{\n  \"a b\" = false\n  b     = true\n}"},
		{cty.TupleVal([]cty.Value{long, long}), "[\n  \"a text of some length, so that few fit\",\n  \"a text of some length, so that few fit\",\n]"},
		{cty.StringVal("x").Mark("secret"), hiddenValue},
		{cty.ObjectVal(map[string]cty.Value{"k": cty.StringVal("x").Mark("secret"), "longer": cty.True}), "{\n  k      = (sensitive value)\n  longer = true\n}"},
	} {
		if got := valueText(c.value); got != c.want {
			t.Errorf("%#v is written\n%s\nwant\n%s", c.value, got, c.want)
		}
	}
}
