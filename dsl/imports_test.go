package dsl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pkg is what go list tells of a package of this module.
type pkg struct {
	ImportPath, Dir         string
	GoFiles, IgnoredGoFiles []string
	Imports                 []string
}

const self = "throng"

// The libraries that only some packages may know.
const (
	hclPath   = "github.com/hashicorp/hcl/v2"
	ctyPath   = "github.com/zclconf/go-cty"
	cobraPath = "github.com/spf13/cobra"
	hdrPath   = "github.com/HdrHistogram/hdrhistogram-go"
	gjsonPath = "github.com/tidwall/gjson"
	yamlPath  = "github.com/oasdiff/yaml"
	orasPath  = "oras.land/oras-go/v2"
)

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,IgnoredGoFiles,Imports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestImports holds who may know whom. It looks at what a package is built
// of, not at its tests.
func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, self+"/")
		for _, path := range p.Imports {
			if why := forbidden(name, path); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, path, why)
			}
		}
	}
}

// forbidden says why a package of this module must not import path, or "".
func forbidden(name, path string) string {
	in := func(tree string) bool { return under(name, tree) }
	own, isOwn := strings.CutPrefix(path, self+"/")
	external := strings.Contains(strings.SplitN(path, "/", 2)[0], ".")
	switch {
	case name == "dsl/plan" && (isOwn || external):
		return "dsl/plan knows the standard library only"
	case in("scenarios/exampleapi") && (external || isOwn && !under(own, "scenarios/exampleapi")):
		return "the example API knows the standard library only"
	case in("runtime") && isOwn && (under(own, "dsl") && own != "dsl/plan" || under(own, "stdlib")):
		return "of the language, the runtime knows dsl/plan only"
	case (in("dsl") || in("stdlib")) && isOwn && under(own, "runtime"):
		return "the language does not know the runtime"
	case name == "runtime/mock" && (isOwn || external):
		return "a mock server knows the standard library only"
	case (in("dsl") || in("stdlib")) && !in("dsl/module/fetch") && path == "os/exec", under(path, orasPath) && !in("dsl/module/fetch"):
		return "only dsl/module/fetch fetches"
	case (in("dsl") || in("stdlib")) && !in("dsl/module/fetch") && path == "net/http" && name != "dsl/compile": // which reads cookies
		return "only dsl/module/fetch opens connections"
	case own == "dsl/module/fetch" && isOwn && !in("cmd") && name != "dsl/module/install":
		return "only init, vendor and publish fetch"
	case own == "dsl/module/fetch/fetchtest" && isOwn:
		return "its peers are for tests"
	case own == "dsl/testfile" && isOwn && !in("cmd"):
		return "only commands read test files"
	case under(path, hclPath) && (!in("dsl") || name == "dsl/plan"):
		return "only dsl knows HCL"
	case under(path, ctyPath) && (!in("dsl") && !in("stdlib") || name == "dsl/plan"):
		return "only dsl and stdlib know cty"
	case under(path, cobraPath) && !in("cmd"):
		return "only cmd knows cobra"
	case under(path, yamlPath) && name != "cmd/throng/internal/scaffold/openapi":
		return "only cmd/throng/internal/scaffold/openapi reads YAML"
	case (under(path, "github.com/antchfx") || under(path, "github.com/golang-jwt/jwt/v5") || under(path, "github.com/brianvoe/gofakeit/v7")) && name != "stdlib":
		return "documents, tokens and fake data are stdlib's"
	case under(path, hdrPath) && name != "runtime/record":
		return "only runtime/record knows HdrHistogram"
	case under(path, gjsonPath) && !in("dsl") && !in("stdlib"):
		return "only dsl and stdlib know gjson"
	case path == "os/signal" && !in("cmd") && !in("bench"):
		return "only programs handle signals"
	case isOwn && under(own, "cmd") && !in("cmd"):
		return "nobody knows cmd"
	}
	return ""
}

func under(path, tree string) bool { return path == tree || strings.HasPrefix(path, tree+"/") }

// processWide are the names of package os that belong to cmd alone.
var processWide = []string{"Args", "Exit", "Stdout", "Stderr", "Stdin"}

// TestProcessIsOfCmd finds uses of os.Args, os.Exit and the standard streams
// outside of cmd and the programs that measure. Tests may use them.
func TestProcessIsOfCmd(t *testing.T) {
	for _, p := range packages(t) {
		if name := strings.TrimPrefix(p.ImportPath, self+"/"); under(name, "cmd") || under(name, "bench") {
			continue // programs
		}
		for _, file := range slices.Concat(p.GoFiles, p.IgnoredGoFiles) {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			if !imports(f, "os") {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "os" && slices.Contains(processWide, s.Sel.Name) {
					t.Errorf("%s: os.%s belongs to cmd", fset.Position(s.Pos()), s.Sel.Name)
				}
				return true
			})
		}
	}
}

func imports(f *ast.File, path string) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool {
		got, err := strconv.Unquote(i.Path.Value)
		return err == nil && got == path
	})
}

// TestRuntimeIsNoPackage holds that runtime has no Go file of its own: a
// package of that name would stand in the way of the standard one.
func TestRuntimeIsNoPackage(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", "runtime"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") {
			t.Errorf("runtime/%s: runtime holds packages, and no files", e.Name())
		}
	}
}

// TestForbidden shows that the rules bite.
func TestForbidden(t *testing.T) {
	for _, bad := range [][2]string{
		{"dsl/plan", hclPath}, {"dsl/plan", "throng/dsl/diag"}, {"dsl/plan", ctyPath + "/cty"},
		{"runtime/user", "throng/dsl/compile"}, {"runtime/user", "throng/dsl"}, {"runtime/user", "throng/stdlib"}, {"runtime/user", hclPath},
		{"runtime/user", gjsonPath}, {"runtime/sla", hdrPath}, {"runtime/sla", cobraPath}, {"runtime/sla", "os/signal"},
		{"dsl/compile", "throng/runtime/user"}, {"stdlib", "throng/runtime/pace"}, {"stdlib", hclPath + "/hclsyntax"},
		{"scenarios/exampleapi", "throng/dsl/plan"}, {"scenarios/exampleapi", hdrPath}, {"cmd/throng", hclPath}, {"runtime/user", "throng/cmd/throng"},
		{"cmd/throng/internal/scaffold", yamlPath}, {"runtime/mock", "throng/dsl/plan"}, {"runtime/mock", "throng/dsl/testfile"},
		{"dsl/testfile", "throng/runtime/mock"}, {"dsl/module", "throng/dsl/module/fetch"}, {"runtime/user", "throng/dsl/module/fetch"},
		{"dsl/module/install", "os/exec"}, {"dsl/module/install", orasPath + "/registry"}, {"dsl/library", "net/http"},
		{"dsl/module/fetch", "throng/dsl/module/fetch/fetchtest"}, {"dsl/compile", "throng/dsl/testfile"},
	} {
		if forbidden(bad[0], bad[1]) == "" {
			t.Errorf("%s may import %s", bad[0], bad[1])
		}
	}
	for _, good := range [][2]string{
		{"dsl/plan", "math/big"}, {"dsl/compile", hclPath + "/hclsyntax"}, {"stdlib", ctyPath + "/cty"}, {"runtime/user", "throng/dsl/plan"},
		{"runtime/record", hdrPath}, {"cmd/throng/internal/cli", "throng/dsl"}, {"dsl/compile", gjsonPath}, {"cmd/throng", "os/signal"},
		{"cmd/throng/internal/scaffold/openapi", yamlPath}, {"runtime/mock", "net/http"}, {"dsl/module/fetch", "net/http"},
		{"dsl/module/fetch", orasPath + "/registry/remote"}, {"dsl/module/install", "throng/dsl/module/fetch"}, {"cmd/throng/internal/cli", "throng/dsl/module/fetch"},
		{"cmd/throng/internal/prove", "throng/dsl/testfile"}, {"cmd/throng/internal/prove", "throng/runtime/mock"},
	} {
		if why := forbidden(good[0], good[1]); why != "" {
			t.Errorf("%s imports %s: %s", good[0], good[1], why)
		}
	}
}
