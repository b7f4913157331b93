package dsl_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"throng/dsl"
)

func TestZBombs(t *testing.T) {
	doubling := func(first, next string, n int) string {
		s := "locals {\n a0 = " + first + "\n"
		for i := range n {
			s += fmt.Sprintf(" a%d = %s\n", i+1, strings.ReplaceAll(next, "$P", fmt.Sprintf("local.a%d", i)))
		}
		return s + "}\n"
	}
	rest := "target \"api\" {\n  base_url = \"http://127.0.0.1:8000\"\n}\nuser \"u\" {\n  get \"/\" {}\n}\nprofile \"p\" {\n  users = 1\n  duration = \"1m\"\n}\nsla \"all\" { error_rate = \"1%\" }\n"
	chain := "local.z"
	for range 60 {
		chain = "[for x in [" + "[x,x]" + "]: " + chain + "]"
	}
	_ = chain
	nest := func(n int) string {
		s := "x == x"
		for range n {
			s = "[for x in [[x,x]]: " + s + "][0]"
		}
		return "[for x in [1]: " + s + "]"
	}
	fns := ""
	for i := range 40 {
		body := "1"
		if i > 0 {
			body = fmt.Sprintf("f%d(x) + f%d(x)", i-1, i-1)
		}
		fns += fmt.Sprintf("function \"f%d\" {\n params = [x]\n result = %s\n}\n", i, body)
	}
	cases := map[string]string{
		"for3":      "locals {\n a = [for a in range(1000): [for b in range(1000): [for c in range(1000): a]]]\n}\n",
		"fordir":    "locals {\n a = \"%{for a in range(1000)}%{for b in range(1000)}%{for c in range(1000)}x%{endfor}%{endfor}%{endfor}\"\n}\n",
		"forfor":    "locals {\n a = [for a in range(1000): [" + strings.Repeat("[for b in range(1000): 1],", 3000) + "]]\n}\n",
		"many":      "locals {\n" + rep2(20000, func(i int) string { return fmt.Sprintf("a%d=[for a in range(1000):a]\n", i) }) + "}\n",
		"strdouble": doubling("\"xxxxxxxxxxxxxxxx\"", "\"${$P}${$P}\"", 40),
		"listdouble": doubling("[1,2]", "[$P,$P]", 60),
		"objdouble": doubling("{a=1}", "{a=$P,b=$P}", 60),
		"bigtmpl":   "locals {\n a = join(\"\", [for i in range(1000): \"" + strings.Repeat("y", 1000) + "\"])\n b = \"" + strings.Repeat("${local.a}", 4000) + "\"\n}\n",
		"calls":     "locals {\n a = join(\"\", [for i in range(1000): \"" + strings.Repeat("y", 1000) + "\"])\n" + rep2(30000, func(i int) string { return fmt.Sprintf("b%d=upper(local.a)\n", i) }) + "}\n",
		"fordouble": "locals {\n a = " + nest(40) + "\n}\n",
		"fns":       fns + "locals {\n a = f39(1)\n}\n",
		"try12":     "locals {\n a = " + strings.Repeat("try(", 12) + "nope.x" + strings.Repeat(",1)", 12) + "\n}\n",
		"try100":    "locals {\n a = " + strings.Repeat("try(", 100) + "1" + strings.Repeat(")", 100) + "\n}\n",
		"splats":    "locals {\n a = [[[[[[[[[[[[[1]]]]]]]]]]]]]\n b = local.a" + strings.Repeat("[*]", 12) + ".nope\n}\n",
		"splats40":  "locals {\n a = [[[[[[[[[[[[[1]]]]]]]]]]]]]\n b = local.a" + strings.Repeat("[*]", 40) + ".nope\n}\n",
		"sum":       "locals {\n a = 1" + strings.Repeat("+1", 9000) + "\n}\n",
		"numbers":   "locals {\n a0=1e300\n" + rep2(60, func(i int) string { return fmt.Sprintf("a%d=local.a%d*local.a%d\n", i+1, i, i) }) + "}\n",
		"requests":  "user \"v\" {\n" + rep2(15000, func(i int) string { return fmt.Sprintf("get \"/a%d\" {}\n", i) }) + "}\n",
		"users":     rep2(15000, func(i int) string { return fmt.Sprintf("user \"u%d\" {\nget \"/a\" {}\n}\n", i) }),
		"samereq":   "user \"v\" {\n" + rep2(15000, func(i int) string { return "get \"/a\" {}\n" }) + "}\n",
		"dupes":     rep2(15000, func(i int) string { return "user \"u\" {}\n" }),
		"slas":      rep2(15000, func(i int) string { return fmt.Sprintf("sla \"s%d\" {\n p95=\"1s\"\n}\n", i) }),
		"slasreq":   "user \"v\" {\n" + rep2(5000, func(i int) string { return fmt.Sprintf("get \"/a%d\" {}\n", i) }) + "}\n" + rep2(5000, func(i int) string { return fmt.Sprintf("sla \"s%d\" {\n match { requests = [\"*a*a*\"] }\n p95=\"1s\"\n}\n", i) }),
		"locals":    "locals {\n" + rep2(60000, func(i int) string { return fmt.Sprintf("a%d=local.b%d\n", i, i) }) + "}\n",
		"localchain": "locals {\n a0=1\n" + rep2(40000, func(i int) string { return fmt.Sprintf("a%d=local.a%d\n", i+1, i) }) + "}\n",
		"localcycle": "locals {\n" + rep2(20000, func(i int) string { return fmt.Sprintf("a%d=local.a%d\n", i, (i+1)%20000) }) + "}\n",
		"stages":    "profile \"q\" {\n stages = [for a in range(1000): { users = a, over = \"1s\" }]\n}\n",
		"stages2":   "profile \"q\" {\n stages = flatten([for a in range(1000): [for b in range(90) : { users = b, over = \"1s\" }]])\n}\n",
		"foreach":   "user \"v\" {\n for_each = { for i in range(1000): \"k${i}\" => i }\n" + rep2(500, func(i int) string { return fmt.Sprintf("get \"/a%d\" {}\n", i) }) + "}\n",
		"foreachnest": "user \"v\" {\n for_each = { for i in range(1000): \"k${i}\" => i }\n task \"t\" {\n for_each = { for i in range(1000): \"k${i}\" => i }\n get \"/\" {}\n}\n}\n",
		"dynnest":   "user \"v\" {\n dynamic \"task\" {\n for_each = range(1000)\n labels = [\"a${task.value}\"]\n content {\n dynamic \"get\" {\n for_each = range(1000)\n labels=[\"/a\"]\n content {}\n}\n}\n}\n}\n",
		"usechain":  "user \"b0\" {\n abstract = true\n get \"/x\" {}\n}\n" + rep2(3000, func(i int) string { return fmt.Sprintf("user \"b%d\" {\n use = user.b%d\n abstract = true\n get \"/a%d\" {}\n}\n", i+1, i, i) }),
		"callbomb":  "task \"t0\" {\n get \"/\" {}\n}\n" + rep2(60, func(i int) string { return fmt.Sprintf("task \"t%d\" {\n call \"t%d\" {}\n call \"t%d\" {}\n}\n", i+1, i, i) }) + "user \"w\" {\n task \"x\" {\n call \"t60\" {}\n }\n}\n",
		"regex":     "locals {\n a = regexall(\"(a*)*b\", join(\"\", [for i in range(1000): \"" + strings.Repeat("a", 1000) + "\"]))\n}\n",
	}
	only := os.Getenv("ZB")
	for name, src := range cases {
		if only != "" && only != name {
			continue
		}
		t.Chdir(t.TempDir())
		os.WriteFile("main.hcl", []byte(src+rest), 0o644)
		var peak uint64
		done, stop := make(chan bool), make(chan bool)
		runtime.GC()
		go func() {
			var ms runtime.MemStats
			for {
				select {
				case <-stop:
					close(done)
					return
				case <-time.After(10 * time.Millisecond):
					runtime.ReadMemStats(&ms)
					peak = max(peak, ms.HeapInuse+ms.StackInuse)
				}
			}
		}()
		start := time.Now()
		fin := make(chan dsl.Result, 1)
		go func() { fin <- dsl.Compile(".", dsl.Options{Seed: 1, Tool: "0.1.0", Profile: "p"}) }()
		var r dsl.Result
		select {
		case r = <-fin:
		case <-time.After(8 * time.Second):
			fmt.Printf("%-14s HANGS\n", name)
			if only != "" { panic("hang") }
			close(stop)
			<-done
			fmt.Println(peak >> 20)
			os.Exit(1)
		}
		took := time.Since(start)
		close(stop)
		<-done
		flag := ""
		if took > 700*time.Millisecond || peak > 250<<20 {
			flag = "   <<<<"
		}
		code := ""
		for _, d := range r.Diagnostics {
			if d.Severity == 0 {
				code = d.Code + ": " + d.Detail
				break
			}
		}
		fmt.Printf("%-14s %8s %5d MB %5d %.80s %s\n", name, took.Round(time.Millisecond), peak>>20, len(r.Diagnostics), code, flag)
	}
}

func rep2(n int, f func(int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}
