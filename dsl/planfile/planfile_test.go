package planfile

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sample() *File {
	text := []byte("user \"u\" {}\n")
	value := "a"
	return &File{
		Manifest: Manifest{
			FormatVersion: FormatVersion, Tool: "1.2.3", Scenario: Scenario{Name: "s", Dir: "load"}, Seed: "7",
			Variables: []Variable{{Name: "x", Origin: "--var", Text: &value}, {Name: "n", Origin: "f:1", Value: json.Number("12345678901234567890.5")}, {Name: "p", Origin: "default", Ask: true}},
			Files: []Entry{
				{Dir: "load", Path: "main.hcl", SHA256: Sum(text), Size: int64(len(text)), Stored: true},
				{Dir: "load", Path: "data/a.csv", SHA256: Sum([]byte("a")), Size: 1},
				{Dir: "load", Path: "key.txt"},
			},
			Digest: Sum(nil),
		},
		Texts: map[string][]byte{Sum(text): text},
	}
}

func encode(t *testing.T, f *File) []byte {
	t.Helper()
	data, err := Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEqualContentsAreEqualBytes(t *testing.T) {
	data := encode(t, sample())
	if !bytes.Equal(data, encode(t, sample())) {
		t.Error("two encodings differ")
	}
	back, err := Decode(data, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encode(t, back), data) {
		t.Error("what was read encodes otherwise")
	}
}

// Whatever byte is changed or missing, the file is refused: nothing in it is
// without meaning.
func TestEveryDamageIsFound(t *testing.T) {
	data := encode(t, sample())
	for i := range data {
		if i%11 == 0 {
			if _, err := Decode(data[:i], "1.2.3"); err == nil {
				t.Errorf("cut off after %d of %d bytes: no error", i, len(data))
			}
		}
		broken := bytes.Clone(data)
		broken[i] ^= 0x20
		if _, err := Decode(broken, "1.2.3"); err == nil {
			t.Errorf("byte %d (%q) changed: no error", i, data[i])
		}
	}
	for _, more := range []string{"\x00", "PK", string(data)} {
		if _, err := Decode(append(bytes.Clone(data), more...), "1.2.3"); err == nil {
			t.Errorf("%d bytes more at the end: no error", len(more))
		}
		if _, err := Decode(append([]byte(more), data...), "1.2.3"); err == nil {
			t.Errorf("%d bytes more at the beginning: no error", len(more))
		}
	}
}

func TestOtherVersionIsSaid(t *testing.T) {
	_, err := Decode(encode(t, sample()), "1.2.4")
	var version *VersionError
	if !errors.As(err, &version) || !strings.Contains(err.Error(), "1.2.3") || !strings.Contains(err.Error(), "1.2.4") {
		t.Errorf("%v", err)
	}
	f := sample()
	f.FormatVersion++
	if _, err := Decode(encode(t, f), "1.2.3"); !errors.As(err, &version) {
		t.Errorf("another format: %v", err)
	}
}

// archive is a zip of entries, as something else than Encode would write it.
func archive(t *testing.T, method uint16, entries ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		f, err := w.CreateHeader(&zip.FileHeader{Name: e[0], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, e[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileFilesAreRefused(t *testing.T) {
	manifest := func(change func(*File)) string {
		f := sample()
		change(f)
		text, err := json.MarshalIndent(f.Manifest, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + "\n"
	}
	whole := manifest(func(*File) {})
	text := string(sample().Texts[sample().Files[0].SHA256])
	named := "texts/" + sample().Files[0].SHA256
	good := archive(t, zip.Store, [2]string{"manifest.json", whole}, [2]string{named, text})
	if _, err := Decode(good, "1.2.3"); err != nil {
		t.Fatalf("the well-formed one: %v", err)
	}
	escape := func(path string) []byte {
		return archive(t, zip.Store, [2]string{"manifest.json", manifest(func(f *File) { f.Files[1].Path = path })}, [2]string{named, text})
	}
	for name, data := range map[string][]byte{
		"empty":            nil,
		"text":             []byte("user \"u\" {}"),
		"no manifest":      archive(t, zip.Store, [2]string{named, text}),
		"compressed":       archive(t, zip.Deflate, [2]string{"manifest.json", whole}, [2]string{named, text}),
		"bomb":             archive(t, zip.Deflate, [2]string{"manifest.json", strings.Repeat(" ", 50<<20)}),
		"large text":       archive(t, zip.Store, [2]string{"manifest.json", whole}, [2]string{"texts/" + Sum(make([]byte, MaxText+1)), string(make([]byte, MaxText+1))}),
		"foreign entry":    archive(t, zip.Store, [2]string{"manifest.json", whole}, [2]string{named, text}, [2]string{"../../evil", "x"}),
		"unlisted text":    archive(t, zip.Store, [2]string{"manifest.json", whole}, [2]string{named, text}, [2]string{"texts/" + Sum([]byte("x")), "x"}),
		"other text":       archive(t, zip.Store, [2]string{"manifest.json", whole}, [2]string{named, "user \"v\" {}\n"}),
		"missing text":     archive(t, zip.Store, [2]string{"manifest.json", whole}),
		"twice":            archive(t, zip.Store, [2]string{"manifest.json", whole}, [2]string{named, text}, [2]string{named, text}),
		"unknown key":      archive(t, zip.Store, [2]string{"manifest.json", strings.Replace(whole, "{", `{"more": 1,`, 1)}, [2]string{named, text}),
		"upwards":          escape("../a.csv"),
		"absolute":         escape("/etc/passwd"),
		"the directory":    escape("."),
		"upwards, further": escape("a/../../b"),
	} {
		if _, err := Decode(data, "1.2.3"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTooLargeToWrite(t *testing.T) {
	f := sample()
	for i := range maxFile/MaxText + 1 {
		text := make([]byte, MaxText)
		text[0] = byte(i)
		f.Texts[Sum(text)] = text
	}
	if _, err := Encode(f); err == nil {
		t.Error("no error")
	}
}

func TestWhatIsAPlanFile(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]bool{"a.plan": true, "a": true, "a.hcl": false, "a.hcl.json": false} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if Is(path) != want {
			t.Errorf("Is(%s) is %v", name, !want)
		}
	}
	if Is(dir) || Is(filepath.Join(dir, "none")) {
		t.Error("a directory, or nothing, is a plan file")
	}
}
