package truth

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// measuring are the packages that time what users do, schedule it, keep it
// and judge it.
var measuring = []string{"engine", "pace", "record", "sla", "transport", "user"}

// wall are methods of a time.Time that read the wall clock, or take off the
// monotonic reading that differences are made of.
var wall = map[string]bool{
	"Unix": true, "UnixNano": true, "UnixMicro": true, "UnixMilli": true, "UTC": true, "Local": true, "In": true, "Round": true,
	"AddDate": true, "Date": true, "Clock": true, "Hour": true, "Minute": true, "Second": true, "Nanosecond": true, "YearDay": true,
}

// TestM23_NoWallClock (M23): a clock that is set, a leap second or a change of
// the time zone alter no figure, for nothing that measures reads the wall
// clock. All times are differences of readings of one base that has a
// monotonic one (transport.Clock); the wall clock names a run. What is looked
// for are calls without arguments of the methods that read it.
func TestM23_NoWallClock(t *testing.T) {
	files := 0
	for _, name := range measuring {
		err := filepath.WalkDir(filepath.Join("..", name), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "faultserver") {
				return err
			}
			files++
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				return err
			}
			for _, call := range wallCalls(f) {
				t.Errorf("%s reads the wall clock", fset.Position(call.Pos()))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 50 {
		t.Errorf("only %d files were looked at", files)
	}
}

// wallCalls are the calls of the methods in wall. time.Unix(…) and other
// functions of packages are none: they make a time or a text, and read no clock. An
// error class has a method Local, too.
func wallCalls(f *ast.File) (found []*ast.CallExpr) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		s, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !wall[s.Sel.Name] || s.Sel.Name == "Local" {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok && x.Obj == nil && (x.Name == "time" || x.Name == "math" || x.Name == "text") {
			return true
		}
		if zero := len(call.Args) == 1 && s.Sel.Name == "Round"; zero {
			lit, ok := call.Args[0].(*ast.BasicLit)
			if !ok || lit.Value != "0" {
				return true // a length of time that is rounded
			}
		}
		found = append(found, call)
		return true
	})
	return found
}

// A test that finds nothing has to be able to.
func TestM23_FindsWallClocks(t *testing.T) {
	src := "package p\nfunc f(t time.Time) { _ = t.UnixNano(); _ = time.Now().UTC(); _ = t.Round(0); _ = d.Round(5); _ = time.Unix(1, 0); _ = math.Round(x) }\n"
	f, err := parser.ParseFile(token.NewFileSet(), "f.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(wallCalls(f)); n != 3 {
		t.Errorf("%d of 3 were found", n)
	}
}

// TestM23_NoLength (M23): a run of next to no length has no time below zero
// and no figure that passes.
func TestM23_NoLength(t *testing.T) {
	for _, profile := range []string{"  users = 10\n  duration = \"1ms\"\n", "  users = 1\n  duration = \"1us\"\n", "  rate = \"1/s\"\n  max_users = 1\n  duration = \"1ms\"\n"} {
		state, why := greenCase{profile: profile, slas: "sla \"read\" { p95 = \"500ms\" }\n"}.run(t)
		if state == pass || state == failed || strings.Contains(why, "before they began") || strings.Contains(why, "books") {
			t.Errorf("%s%s: %s", profile, state, why)
		}
	}
}
