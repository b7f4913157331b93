package testfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"throng/dsl/diag"
	"throng/dsl/testfile"
)

// FuzzParse reads texts as test files: each is refused with diagnostics that
// can be shown, or its mocks answer and its asserts are judged.
func FuzzParse(f *testing.F) {
	f.Add([]byte(shop), false)
	f.Add([]byte(`{"run": {"it": {"assert": {"condition": "${plan.a}"}}}}`), true)
	archives, _ := filepath.Glob(filepath.Join("testdata", "*", "*.txtar"))
	for _, name := range archives {
		if strings.HasPrefix(filepath.Base(name), "hostile") {
			continue // it uses all the work that is granted, and so would all that is made of it
		}
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(text).Files {
			if testfile.IsTestFile(file.Name) {
				f.Add(file.Data, filepath.Ext(file.Name) == ".json")
			}
		}
	}
	seen := testfile.Seen{
		Plan:     []byte(`{"seed": 1, "classes": [{"name": "a"}]}`),
		Requests: []byte(`{"POST /login": [{"method": "POST", "path": "/login", "body": "{\"a\": 1}"}]}`),
		Result:   []byte(`{"ok": true}`),
	}
	f.Fuzz(func(t *testing.T, src []byte, json bool) {
		name := "f" + testfile.Suffix
		if json {
			name += ".json"
		}
		file, found := testfile.Parse(src, name)
		var out bytes.Buffer
		if err := diag.WriteText(&out, found, file.Sources, diag.Options{}); err != nil {
			t.Fatal(err)
		}
		if found.HasErrors() {
			return
		}
		for i := range file.Runs {
			r := &file.Runs[i]
			for _, m := range r.Mocks() {
				for _, route := range m.Routes {
					if route.Answer == nil && (route.Fault == testfile.NoFault || route.Fault == testfile.Truncate) {
						t.Fatal("a route that neither answers nor fails")
					}
					if route.Answer != nil {
						_, _ = route.Answer(testfile.Request{Method: "GET", Path: "/", Body: `{"a": [1]}`, Count: 1})
					}
					if route.Latency != nil && route.Latency() < 0 {
						t.Fatal("a negative latency")
					}
				}
			}
			earlier := map[string]testfile.Seen{}
			for _, name := range r.Needs() {
				earlier[name] = seen
			}
			for _, v := range r.Check(seen, earlier) {
				if v.Pass != (v.Finding == nil) {
					t.Fatal("a finding and a pass, or neither")
				}
				if v.Finding != nil {
					_ = diag.WriteText(&out, diag.Diagnostics{v.Finding}, file.Sources, diag.Options{})
				}
			}
		}
	})
}
