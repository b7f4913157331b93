package lock_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"throng/dsl/diag"
	"throng/dsl/module/lock"
)

const (
	hash   = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	commit = "0123456789abcdef0123456789abcdef01234567"
	digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

func sample() *lock.File {
	return &lock.File{Modules: []lock.Module{
		{Key: "git::https://example.com/load/shop.git", Constraints: []string{">= 1.1", "~> 1.2"}, Version: "v1.2.0", Commit: commit, Hash: hash},
		{Key: "https://example.com/x.zip", Digest: digest, Hash: hash},
		{Key: "oci://example.com/load/auth", Version: "1.0.0", Digest: digest, Hash: hash},
	}}
}

const text = `# Which version of each fetched module this scenario uses, and the hash of its
# files. "throng init" maintains this file; keep it in version control.

format = 1

module "git::https://example.com/load/shop.git" {
  constraints = [">= 1.1", "~> 1.2"]
  version     = "v1.2.0"
  commit      = "0123456789abcdef0123456789abcdef01234567"
  hash        = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  checksum    = "sha256:33e634b2c4cf9fb8d593fb411aa78921ced400ad68ca63b6df3cacc361af1e68"
}

module "https://example.com/x.zip" {
  digest   = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  hash     = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  checksum = "sha256:b53c60f33523b180eb7e10a66e2acc2cd7a0c67844114fbd9d8cd0e8220565c1"
}

module "oci://example.com/load/auth" {
  version  = "1.0.0"
  digest   = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  hash     = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  checksum = "sha256:55d76c65470351e360b69c9c03fe08092ab9a9ba98ae13870baef2c3f034ab4e"
}
`

func TestThereAndBack(t *testing.T) {
	if got := string(sample().Bytes()); got != text {
		t.Errorf("written as\n%s\nwant\n%s", got, text)
	}
	f, diags := lock.Parse([]byte(text), "x")
	if diags.HasErrors() || !reflect.DeepEqual(f, sample()) {
		t.Errorf("read as %+v, %v", f, diags.Err())
	}
	mixed := sample()
	mixed.Modules[0], mixed.Modules[2] = mixed.Modules[2], mixed.Modules[0]
	mixed.Modules[2].Constraints = []string{"~> 1.2", ">= 1.1", "~> 1.2"}
	if !bytes.Equal(mixed.Bytes(), []byte(text)) {
		t.Error("another order is another text")
	}
	if empty, diags := lock.Parse((&lock.File{}).Bytes(), "x"); diags.HasErrors() || len(empty.Modules) != 0 {
		t.Errorf("an empty one: %v, %v", empty, diags.Err())
	}
}

func TestRefused(t *testing.T) {
	const head = "format = 1\n"
	entry := func(inner string) string { return head + "module \"k\" {\n" + inner + "\n}\n" }
	for name, c := range map[string]struct{ src, code, words string }{
		"empty":            {"", diag.MissingArgument, "format = 1"},
		"no format":        {"module \"k\" { hash = \"" + hash + "\" }\n", diag.MissingArgument, "format = 1"},
		"newer":            {"format = 2\nmystery {}\n", diag.UnsupportedVersion, "newer throng: its format is 2"},
		"much newer":       {"format = 1e300\n", diag.InvalidValue, "whole number"},
		"format 0":         {"format = 0\n", diag.InvalidValue, "whole number"},
		"format text":      {"format = \"1\"\n", diag.InvalidValue, "whole number"},
		"format null":      {"format = null\n", diag.InvalidValue, "whole number"},
		"format name":      {"format = x\n", diag.InvalidValue, "whole number"},
		"syntax":           {head + "module \"k\" {\n", diag.Unclosed, ""},
		"merge conflict":   {head + "<<<<<<< ours\n", diag.Syntax, ""},
		"argument":         {head + "more = 1\n", diag.UnknownArgument, "more"},
		"block":            {head + "provider \"x\" {}\n", diag.UnknownBlock, "provider"},
		"no label":         {head + "module {}\n", diag.BlockLabels, ""},
		"two labels":       {head + "module \"a\" \"b\" {}\n", diag.BlockLabels, ""},
		"twice":            {string(sample().Bytes()) + "module \"https://example.com/x.zip\" { hash = \"" + hash + "\" }\n", diag.DuplicateBlock, "locked twice"},
		"argument twice":   {entry("hash = \"" + hash + "\"\nhash = \"" + hash + "\""), diag.DuplicateArgument, ""},
		"unknown argument": {entry("hash = \"" + hash + "\"\nhashes = []"), diag.UnknownArgument, "hashes"},
		"nested block":     {entry("hash = \"" + hash + "\"\nx {}"), diag.UnknownBlock, ""},
		"no hash":          {entry("version = \"1.0.0\""), diag.MissingArgument, "needs the hash"},
		"hash of none":     {entry("hash = \"\""), diag.WrongType, "text in quotes"},
		"short hash":       {entry("hash = \"" + hash[:20] + "\""), diag.InvalidValue, "no hash"},
		"other hash":       {entry("hash = \"h2" + hash[2:] + "\""), diag.InvalidValue, "no hash"},
		"hash list":        {entry("hash = [\"" + hash + "\"]"), diag.WrongType, ""},
		"hash template":    {entry("hash = \"${\"x\"}\""), diag.WrongType, ""},
		"hash call":        {entry("hash = file(\"x\")"), diag.WrongType, ""},
		"version":          {entry("hash = \"" + hash + "\"\nversion = \"new\""), diag.InvalidValue, "semantic"},
		"commit":           {entry("hash = \"" + hash + "\"\ncommit = \"abc\""), diag.InvalidValue, "commit"},
		"digest":           {entry("hash = \"" + hash + "\"\ndigest = \"md5:abc\""), diag.InvalidValue, "digest"},
		"constraint":       {entry("hash = \"" + hash + "\"\nconstraints = [\"^1\"]"), diag.InvalidValue, "constraint"},
		"constraints text": {entry("hash = \"" + hash + "\"\nconstraints = \"1.0.0\""), diag.WrongType, "list"},
		"no checksum":      {entry("hash = \"" + hash + "\""), diag.MissingArgument, "needs the checksum"},
		"other checksum":   {entry("hash = \"" + hash + "\"\nchecksum = \"" + digest + "\""), diag.ModuleChanged, "not what \"throng init\" wrote"},
		"checksum list":    {entry("hash = \"" + hash + "\"\nchecksum = []"), diag.WrongType, "text in quotes"},
		"constraints mix":  {entry("hash = \"" + hash + "\"\nconstraints = [1]"), diag.WrongType, "list"},
		"large":            {strings.Repeat("#", 2<<20), diag.LimitExceeded, "MiB"},
		"deep":             {"format = " + strings.Repeat("(", 100_000), diag.LimitExceeded, ""},
		"bytes":            {"format = 1\n\xff\xfe", diag.InvalidCharacter, ""},
	} {
		f, diags := lock.Parse([]byte(c.src), "dir/.throng.lock.hcl")
		if f != nil || !diags.HasErrors() {
			t.Errorf("%s is taken", name)
			continue
		}
		if d := diags[0]; d.Code != c.code || !strings.Contains(d.Detail, c.words) || d.Suggestion == "" {
			t.Errorf("%s: [%s] %s %q", name, d.Code, d.Detail, d.Suggestion)
		}
	}
}

func TestChanges(t *testing.T) {
	old, now := sample(), sample()
	if c := old.Changes(now); len(c) != 0 {
		t.Errorf("of nothing: %v", c)
	}
	now.Modules[0].Version, now.Modules[0].Commit = "v1.3.0", strings.Repeat("a", 40)
	now.Modules[1] = lock.Module{Key: "git::ssh://git@example.com/a.git?ref=main", Commit: strings.Repeat("b", 40), Hash: hash}
	now.Modules[2].Constraints = []string{"1.0.0"}
	var all []string
	for _, c := range old.Changes(now) {
		all = append(all, c.String())
	}
	want := []string{
		"git::https://example.com/load/shop.git v1.2.0 → v1.3.0",
		"git::ssh://git@example.com/a.git?ref=main bbbbbbbbbbbb",
		"https://example.com/x.zip sha256:e3b0c44298fc",
		"oci://example.com/load/auth: constraints none → 1.0.0",
	}
	if !reflect.DeepEqual(all, want) {
		t.Errorf("%q", all)
	}
}

// Whatever bit of a lock file flips, and whatever byte is lost: it is an error,
// or the file says what it said.
func TestChangedBytes(t *testing.T) {
	want := &lock.File{Modules: []lock.Module{sample().Modules[0]}}
	want.Modules[0].Digest = digest
	text := string(want.Bytes())
	text = text[strings.Index(text, "format"):]
	entry, refused, taken := strings.Index(text, "module"), 0, 0
	try := func(i int, with string) {
		f, diags := lock.Parse([]byte(text[:i]+with+text[i+1:]), "x")
		switch {
		case (f == nil) != diags.HasErrors():
			t.Fatalf("%q in place of %q: a file %v, and errors %v", with, text[i], f, diags.Err())
		case f == nil:
			refused++
		case reflect.DeepEqual(f, want):
			taken++
		default:
			t.Errorf("%q in place of %q at %d is read as %+v", with, text[i], i, f)
		}
	}
	for i := range text {
		try(i, "")
		for bit := range 8 {
			if !underRace || bit == i%8 {
				try(i, string([]byte{text[i] ^ 1<<bit}))
			}
		}
	}
	each := 8
	if underRace {
		each = 1
	}
	if refused < each*(len(text)-entry) || taken == 0 { // of its spaces some may go
		t.Errorf("%d changes are refused and %d are none, of a text of %d bytes", refused, taken, len(text))
	}
}

// What Parse takes it writes and reads again, and it never panics.
func FuzzParse(f *testing.F) {
	f.Add([]byte(text))
	f.Add([]byte("format = 2"))
	f.Add([]byte("format = 1\nmodule \"a\" {\n  constraints = [\"~> 1\", ]\n}"))
	f.Add([]byte("format = 1e9999\nmodule \"${x}\" {}\n<<<<<<< a\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, diags := lock.Parse(src, "x")
		if (file == nil) != diags.HasErrors() {
			t.Fatalf("a file %v, and errors %v", file, diags.Err())
		}
		if file == nil {
			return
		}
		again, diags := lock.Parse(file.Bytes(), "x")
		if diags.HasErrors() || !reflect.DeepEqual(file, again) {
			t.Errorf("%+v is read again as %+v, %v", file, again, diags.Err())
		}
	})
}
