package readme

import (
	"strings"
	"testing"

	"throng/dsl/library"
)

func lib() *library.API {
	return &library.API{
		Name: "shop auth", Description: "Signs in | out <!-- and about.",
		Inputs:  []library.Input{{Name: "a", Type: "string", Required: true, Nullable: true, Description: "One | two <!-- three."}},
		Exports: []library.Export{{Kind: "task", Name: "login"}},
		Targets: []library.Target{{Name: "api", Required: true}},
	}
}

func TestUpdate(t *testing.T) {
	first, last := Marks("oci://h.example/lib", "~> 1.2")
	bare, _ := Marks("", "")
	section := Section(lib(), "oci://h.example/lib", "~> 1.2")
	plain := Section(lib(), "", "")
	for what, c := range map[string]struct{ text, want string }{
		"nothing":     {"", "# shop auth\n\nSigns in \\| out &lt;!-- and about.\n\n" + bare + "\n\n" + plain + "\n" + last + "\n"},
		"no markers":  {"# Mine\n\nMy words.\n\n\n", "# Mine\n\nMy words.\n\n" + bare + "\n\n" + plain + "\n" + last + "\n"},
		"markers":     {"# Mine\n" + first + "\nold\n" + last + "\nMore.\n", "# Mine\n" + first + "\n\n" + section + "\n" + last + "\nMore.\n"},
		"no newline":  {first + "\n" + last, first + "\n\n" + section + "\n" + last},
		"in a fence":  {"```\n" + first + "\n" + last + "\n```\n", "```\n" + first + "\n" + last + "\n```\n\n" + bare + "\n\n" + plain + "\n" + last + "\n"},
		"line breaks": {"# Mine\r\n" + first + "\r\n" + last + "\r\n", strings.ReplaceAll("# Mine\n"+first+"\n\n"+section+"\n"+last+"\n", "\n", "\r\n")},
	} {
		got, err := Update(c.text, lib())
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%q\nwant\n%q", what, err, got, c.want)
			continue
		}
		if again, err := Update(got, lib()); err != nil || again != got {
			t.Errorf("%s: a second time it changes: %v\n%s", what, err, again)
		}
	}
}

func TestUpdateRefuses(t *testing.T) {
	first, last := Marks("", "")
	for text, want := range map[string]string{
		"\n" + first + "\n":                           "line 2: the section begins here and never ends",
		last + "\n":                                   "line 1: the section ends here, and none has begun",
		first + "\n" + last + "\n" + last:             "line 3: the section ends here",
		first + "\n" + last + "\n" + first:            "line 3: a second section begins here; the first begins in line 1",
		"a\n```sh\n" + first + "\n":                   "line 2: a block of code begins here and never ends",
		begin + " source=\"a-->\" -->\n" + last:       "line 1: the marker reads",
		begin + " sauce=\"x\" -->\n" + last:           "line 1: the marker knows source=\"…\" and version=\"…\", and not sauce",
		begin + " source=x -->\n" + last:              "line 1: the marker reads",
		begin + " source=\"a\" --> and more\n" + last: "line 1: the marker reads",
		begin + " source=\"a\\\" -->\" -->\n" + last:  "line 1: the marker reads",
	} {
		if got, err := Update(text, lib()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q\n%s", text, err, want, got)
		}
	}
}

func TestSection(t *testing.T) {
	got := Section(lib(), "", "")
	for _, want := range []string{
		"module \"shop_auth\" {\n  source  = \"./shop_auth\"\n  targets = { api = target.api }\n\n  a = \"…\"\n}",
		"| `a` | `string` | required | One \\| two &lt;!-- three. |",
		"| `api` | given by `targets` |  |",
		"| `module.shop_auth.task.login` |  |  |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if empty := Section(&library.API{}, "", ""); !strings.HasPrefix(empty, "## Use\n\n```hcl\nmodule \"library\" {") || strings.Contains(empty, "| ") {
		t.Errorf("of nothing:\n%s", empty)
	}
}

// FuzzUpdate holds that what is outside of the markers stays, and that a
// README that was made anew is not changed again.
func FuzzUpdate(f *testing.F) {
	first, last := Marks("./x", "")
	f.Add("# A\n" + first + "\nold\n" + last + "\nB\n")
	f.Add("")
	f.Add("~~~\n" + first + "\n```\n~~~\n")
	f.Add("a\r\n" + first + "\r\n" + last)
	f.Fuzz(func(t *testing.T, text string) {
		once, err := Update(text, lib())
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("no line: %v", err)
			}
			return
		}
		twice, err := Update(once, lib())
		if err != nil || twice != once {
			t.Errorf("%q becomes\n%q and then\n%q: %v", text, once, twice, err)
		}
	})
}
