package config

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"throng/dsl/diag"
)

func TestZZ(t *testing.T) {
	src := "{\n \"user\": {\"u\": {\"get\": {\"/a/:id\": {\"params\": {\"id\": \"x\\n\\t${sesion.x} é ${upper(1)}\"}}}}}, \"data\": {\"csv\": {\"a\": {\"file\":\"x\"}}}, \"task\": {\"t\": {\"steps\": [{\"get\":{\"/\":{}}}, {\"pause\":{\"for\":\"1s\"}}], \"get\": {\"/\":{}}}}\n}"
	m, d := Parse([]byte(src), "a.hcl.json")
	diag.WriteText(os.Stdout, d, m.Sources, diag.Options{})
	for _, b := range m.Root.Blocks {
		fmt.Println(b.Title(), b.Range, len(b.Blocks))
		for _, n := range b.Blocks {
			fmt.Println("  ", n.Title(), n.Range)
			for _, a := range n.Args {
				fmt.Println("    ", a.Name, a.Range)
				for _, v := range a.Expr.Variables() {
					fmt.Println("      ", v.SourceRange(), src[v.SourceRange().Start.Byte:v.SourceRange().End.Byte])
				}
			}
		}
	}
}

func TestZShapes(t *testing.T) {
	n := 1 << 20
	locals := func(e string) string { return "locals {\n  x = " + e + "\n}\n" }
	rep := func(s string) string { return strings.Repeat(s, (n-40)/len(s)) }
	deepsum := "1"
	for len(deepsum) < n-40000 {
		deepsum = "(" + deepsum + ")" + strings.Repeat("+1", 9990)
	}
	shapes := map[string]string{
		"a.hcl/list":       locals("[" + rep("1,") + "1]"),
		"a.hcl/objlist":    locals("[" + rep("{a=1},") + "1]"),
		"a.hcl/colons":     locals(rep("a::") + "a()"),
		"a.hcl/deepsum":    locals(deepsum),
		"a.hcl/blocks":     rep("locals {}\n"),
		"a.hcl/attrs":      "locals {\n" + rep("a=1\n") + "}",
		"a.hcl/strs":       locals("[" + rep("\"\",") + "1]"),
		"a.hcl/bigstr":     locals("\"" + rep("a") + "\""),
		"a.hcl/strdollar":  locals("\"" + rep("$") + "\""),
		"a.hcl/strdollar2": locals("\"" + rep("$${") + "\""),
		"a.hcl/stresc":     locals("\"" + rep("\\n") + "\""),
		"a.hcl/heredoc":    locals("<<E\n" + rep("a\n") + "\nE"),
		"a.hcl/flush":      locals("<<-E\n" + rep(" a\n") + "\nE"),
		"a.hcl/comments":   rep("#\n"),
		"a.hcl/newlines":   rep("\n"),
		"a.hcl/spaces":     locals("[" + rep(" ")),
		"a.hcl/ids":        rep("a "),
		"a.hcl/combining":  locals("\"" + rep("\u0301") + "\""),
		"a.hcl/heredocs":   locals("[" + rep("<<E\nE\n,") + "1]"),
		"a.hcl/interps":    locals("\"" + strings.Repeat("${a}", 9000) + "\""),
		"a.hcl/ifs":        locals("\"" + strings.Repeat("%{if a}", 4000) + strings.Repeat("%{endif}", 4000) + "\""),
		"a.hcl/fors":       locals("\"" + strings.Repeat("%{for a in b}", 3000) + strings.Repeat("%{endfor}", 3000) + "\""),
		"a.hcl/nums":       locals("[" + rep("1e400,") + "1]"),
		"a.hcl/labels":     "user " + rep("\"a\" ") + "{}",
		"a.hcl/unclosed":   rep("\"${"),
		"a.hcl/traverse":   locals("a" + strings.Repeat(".0", 9000)),
		"a.hcl/legacy":     locals("a" + strings.Repeat(".0.0", 4000)),
		"a.hcl/legacy2":    locals("a" + rep(".0.0")),
		"a.hcl/splat":      locals("a" + strings.Repeat("[*]", 4000)),
		"a.hcl/splat2":     locals("a" + strings.Repeat(".*", 4000)),
		"a.hcl/forbr":      locals(strings.Repeat("[for a in a:", 190) + strings.Repeat("]", 190)),
		"a.hcl/cond":       locals(strings.Repeat("a?a:", 190) + "a"),
		"j.json/list":      "{\"locals\":{\"x\":[" + rep("1,") + "1]}}",
		"j.json/strs":      "{\"locals\":{\"x\":[" + rep("\"\",") + "1]}}",
		"j.json/tmpl":      "{\"locals\":{\"x\":[" + rep("\"${a}\",") + "1]}}",
		"j.json/esc":       "{\"locals\":{\"x\":[" + rep("\"\\n${a}\",") + "1]}}",
		"j.json/bigesc":    "{\"locals\":{\"x\":\"" + strings.Repeat("\\n${a}", 3000) + rep("\\n")[100000:] + "\"}}",
		"j.json/keys":      "{\"locals\":{\"x\":[" + rep("{\"a\":1},") + "1]}}",
		"j.json/deep":      rep("["),
		"j.json/deepo":     rep("{\"a\":"),
		"j.json/blocks":    "{\"locals\":[" + rep("{},") + "{}]}",
		"j.json/combining": "{\"" + rep("\u0301") + "\":1}",
		"j.json/crlf":      rep("\r\n") + "{}",
		"j.json/unknown":   "{" + rep1(90000, func(i int) string { return fmt.Sprintf("\"a%d\":1,", i) }) + "\"z\":1}",
		"a.hcl/unknown":    rep1(90000, func(i int) string { return fmt.Sprintf("a%d=1\n", i) }),
		"a.hcl/unknownb":   rep1(90000, func(i int) string { return fmt.Sprintf("a%d {}\n", i) }),
	}
	for name, src := range shapes {
		if len(src) > n {
			src = src[:n]
		}
		done := make(chan uint64)
		stop := make(chan bool)
		runtime.GC()
		go func() {
			var peak uint64
			var ms runtime.MemStats
			for {
				select {
				case <-stop:
					done <- peak
					return
				case <-time.After(5 * time.Millisecond):
					runtime.ReadMemStats(&ms)
					peak = max(peak, ms.HeapInuse+ms.StackInuse)
				}
			}
		}()
		start := time.Now()
		_, d := Parse([]byte(src), name[:strings.Index(name, "/")])
		took := time.Since(start)
		stop <- true
		peak := <-done
		flag := ""
		if took > 500*time.Millisecond || peak > 200<<20 {
			flag = "  <<<<"
		}
		msg := ""
		if len(d) > 0 {
			msg = d[0].Code
		}
		fmt.Printf("%-20s %8s %5d MB %d %s%s\n", name, took.Round(time.Millisecond), peak>>20, len(d), msg, flag)
	}
}

func rep1(n int, f func(int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

func TestZTry(t *testing.T) {
}
