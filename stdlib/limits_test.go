package stdlib_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/stdlib"
)

// TestHostile gives functions what would eat memory or time without limits.
// Each call must be an error and allocate little beyond its arguments.
func TestHostile(t *testing.T) {
	bigText := cty.StringVal(strings.Repeat("a", stdlib.MaxText))
	many := make([]cty.Value, 40_000)
	for i := range many {
		many[i] = cty.StringVal("x")
	}
	huge := make([]cty.Value, 1000)
	for i := range huge {
		huge[i] = bigText
	}
	ctx := &hcl.EvalContext{
		Functions: stdlib.CheckFunctions(stdlib.Functions(nil)),
		Variables: map[string]cty.Value{
			"big": bigText, "many": cty.ListVal(many), "huge": cty.ListVal(huge),
			"digits": cty.StringVal(strings.Repeat("9", 100_000)), "deep": cty.StringVal(strings.Repeat("[", 200_000)),
			"lines": cty.StringVal(strings.Repeat("\n", 1000)), "bomb": cty.StringVal(bomb(t)),
			"verbs": cty.StringVal(strings.Repeat("%[1]s", 10_000)),
		},
	}
	for _, src := range []string{
		`format("%999999999d", 1)`, `format("%.999999999f", 1)`, `format("%000000000099999d", 1)`, `format("%[1]99999s", "a")`,
		`format("%s", 1e600000000)`, `format(verbs, big)`, `format(verbs, many)`, `formatlist("%9999s", many)`, `formatlist("%s%s", many, big)`,
		`tostring(1e600000000)`, `upper(1e600000000)`, `upper(1e-600000000)`, `ceil(1e600000000)`, `join(",", [1e600000000])`,
		`tonumber("1e600000000")`, `tonumber("1p600000000")`, `tonumber(digits)`, `parseint(digits, 10)`, `abs("1e600000000")`, `sum(["1e600000000"])`,
		`jsondecode("1e600000000")`, `jsondecode("[1E+600000000]")`, `jsondecode(deep)`, `pow(10, 400)`, `pow(0, -1)`, `1 / 0 == 1 ? 1 : abs(1 / 0)`,
		`replace(big, "a", big)`, `replace(big, "", "bb")`, `replace(big, "/a/", "$0$0")`, `replace(big, "/(a)/", big)`,
		`join(big, many)`, `join("", huge)`, `split("", big)`, `split("a", big)`, `concat(many, many, many)`, `jsonencode(huge)`, `jsonencode([big, big])`,
		`base64encode(big)`, `urlencode(join("", ["ä", big, "x"]))`, `regexall("a", big)`, `regexall("(((((((((a)))))))))", substr(big, 0, 50000))`,
		`regex(big, "a")`, `csvdecode(replace(substr(big, 0, 120000), "a", "\n"))`, `range(0, 1e9)`, `timeadd("2026-01-01T00:00:00Z", "9999999999d")`,
		`randint(1, 1e300)`, `randstring(1e7)`, `seconds(1e300)`, `flatten([many, many, many])`, `upper(huge)`,
		`setproduct(many, many)`, `setproduct([for i in range(400) : i], [for i in range(400) : i])`, `indent(10000, lines)`, `indent(1e9, "a")`, `base64gunzip(bomb)`,
		`base64gzip(join("", [big, "a"]))`, `randhex(1e7)`, `randbytes(1e7)`, `sample(many, 1e9)`, `fake_sentence(1e9)`, `fake_paragraph(1e9)`, `hmac("sha256", 1e600000000, "a")`,
		`jwt({ a = big, b = big }, "k")`, `basicauth(big, big)`, `textencodebase64(big, "UTF-16LE")`, `gjson("[1e600000000]", "0")`, `cidrhost("10.0.0.0/8", 1e300)`,
		`cidrsubnets("10.0.0.0/8", many...)`, `regexall("(", "a")`, `css(big, big)`, `xpath(big, big)`, `poisson(1e300)`, `zipf(1, 1e300, 1)`,
	} {
		e := parse(t, src)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v, diags := e.Value(ctx)
		runtime.ReadMemStats(&after)
		if !diags.HasErrors() {
			t.Errorf("%s gives a value of type %s", src, v.Type().FriendlyName())
		}
		if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 400 {
			t.Errorf("%s allocates %d MiB", src, mib)
		}
		if diags.HasErrors() && len(diags.Error()) > 1000 {
			t.Errorf("%s: an error of %d bytes", src, len(diags.Error()))
		}
	}
}

// bomb is a small text that becomes 64 MiB.
func bomb(t *testing.T) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for range 64 {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inner := filepath.Join(dir, "scenario")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	write("outside.txt", "secret")
	write("scenario/ok.txt", "héllo")
	write("scenario/binary", "\xff\xfe")
	write("scenario/large", strings.Repeat("x", stdlib.MaxText+1))
	if err := os.Symlink("../outside.txt", filepath.Join(inner, "link.txt")); err != nil {
		t.Fatal(err)
	}
	ctx := &hcl.EvalContext{Functions: stdlib.Functions(stdlib.Dir(inner))}
	if got := eval(t, ctx, `file("./ok.txt")`).Str(); got != "héllo" {
		t.Errorf("file gives %q", got)
	}
	for path, want := range map[string]string{
		"../outside.txt": "cannot be read", filepath.Join(dir, "outside.txt"): "cannot be read", "link.txt": "cannot be read",
		"binary": "not UTF-8", "large": "larger than 1 MiB", "none.txt": "there is no file", ".": "not a regular file", "": "",
	} {
		_, err := ctx.Functions["file"].Call([]cty.Value{cty.StringVal(path)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("file(%q): %v, want %q", path, err, want)
		}
	}
}
