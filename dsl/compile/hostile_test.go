package compile

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"throng/dsl/diag"
)

// lines repeats a text n times, each with its number for {i} and the number
// before it for {before}.
func lines(n int, text string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		strings.NewReplacer("{i}", strconv.Itoa(i), "{before}", strconv.Itoa(i-1)).WriteString(&b, text+"\n")
	}
	return b.String()
}

// TestHostileScenarios compiles texts that multiply, within 1 MiB, the work
// of a compiler that does something again for each use of it. Each ends
// within a second where nothing else runs.
func TestHostileScenarios(t *testing.T) {
	const (
		busy   = 60  // a busy machine may take so many times a second
		memory = 768 // MiB allocated, most of which is free again
	)
	n := func(n int) int {
		if testing.Short() || underRace {
			return max(n/20, 1)
		}
		return n
	}
	const head = "target \"api\" { base_url = \"http://a\" }\nprofile \"p\" {\n  users    = 1\n  duration = \"1m\"\n}\nsla \"all\" { max = \"1s\" }\n"
	const user = "user \"u\" {\n  get \"/\" {}\n}\n"
	long := "locals {\n  l = [" + strings.Repeat("true, ", n(40_000)) + "]\n}\n"
	keys := func(n int) string { return fmt.Sprintf("[for i in range(%d) : tostring(i)]", n) }
	for name, c := range map[string]struct {
		src  string
		code string // an error of this code is found; "" for none at all, "?" for whatever it may be
	}{
		"calls, captures": {"task \"t0\" {\n  get \"/\" { capture = { a = response.status } }\n}\n" +
			lines(60, "task \"t{i}\" {\n  call \"t{before}\" {}\n  call \"t{before}\" {}\n}") +
			"user \"u\" {\n  task \"t\" {\n    call \"t60\" {}\n  }\n}\n", diag.LimitExceeded},
		"calls, leaves": {"task \"t0\" {\n  get \"/\" {}\n}\n" +
			lines(60, "task \"t{i}\" {\n  call \"t{before}\" {}\n  call \"t{before}\" {}\n}") +
			"user \"u\" {\n  task \"set\" {\n    task \"t\" {\n      call \"t60\" {}\n    }\n  }\n}\n", diag.LimitExceeded},
		"calls in repeats": {"task \"t0\" {\n  get \"/\" { capture = { a = response.status } }\n}\n" +
			lines(60, "task \"t{i}\" {\n  repeat {\n    count = 2\n    call \"t{before}\" {}\n    call \"t{before}\" {}\n  }\n}") +
			"user \"u\" {\n  task \"t\" {\n    call \"t60\" {}\n  }\n}\n", diag.LimitExceeded},
		"a task called by many": {"task \"t\" {\n" + lines(n(200), "  get \"/{i}\" {}") + "}\n" +
			lines(n(1000), "user \"u{i}\" {\n  task \"t\" {\n    call \"t\" {}\n  }\n}"), "?"},
		"a long chain of calls": {"task \"t0\" {\n  get \"/\" {}\n}\n" +
			lines(5000, "task \"t{i}\" {\n  call \"t{before}\" {}\n}") +
			"user \"u\" {\n  task \"t\" {\n    call \"t5000\" {}\n  }\n}\n", diag.LimitExceeded},
		"for_each within for_each": {"user \"u\" {\n  for_each = " + keys(1000) + "\n  task \"t\" {\n    for_each = " + keys(1000) + "\n    get \"/\" {}\n  }\n}\n", diag.LimitExceeded},
		"for_each over a large body": {"user \"u\" {\n  for_each = " + keys(n(1000)) + "\n" +
			lines(n(500), "  get \"/{i}\" { headers = { a = each.key } }") + "}\n", "?"},
		"dynamic within dynamic": {"user \"u\" {\n  dynamic \"task\" {\n    for_each = range(1000)\n    labels   = [\"a${task.key}\"]\n    content {\n" +
			"      dynamic \"get\" {\n        for_each = range(1000)\n        labels   = [\"/${get.key}\"]\n        content {}\n      }\n    }\n  }\n}\n", diag.LimitExceeded},
		"instances of a long dynamic": {"user \"u\" {\n  dynamic \"task\" {\n    for_each = range(1000)\n    labels   = [\"a${task.key}\"]\n    content {\n" +
			lines(n(5000), "      get \"/{i}\" {}") + "    }\n  }\n}\n", "?"},
		"a chain of use":          {user + "task \"t0\" {\n  get \"/\" {}\n}\n" + lines(3000, "task \"t{i}\" { use = task.t{before} }"), "?"},
		"a chain of used users":   {"user \"u0\" {\n  get \"/\" {}\n}\n" + lines(3000, "user \"u{i}\" { use = user.u{before} }"), diag.LimitExceeded},
		"use that doubles":        {"user \"u\" {\n  task \"t\" { use = task.t40 }\n}\ntask \"t0\" {\n  get \"/\" {}\n}\n" + lines(40, "task \"t{i}\" {\n  task \"a\" { use = task.t{before} }\n  task \"b\" { use = task.t{before} }\n}"), diag.LimitExceeded},
		"used by many":            {"task \"t\" {\n" + lines(n(100), "  get \"/{i}\" {}") + "}\n" + lines(n(2000), "user \"u{i}\" {\n  task \"t\" { use = task.t }\n}"), "?"},
		"SLAs that match nothing": {"user \"u\" {\n" + lines(n(5000), "  get \"/r{i}\" {}") + "}\n" + lines(n(5000), "sla \"s{i}\" {\n  max = \"1s\"\n  match { requests = [\"none{i}\"] }\n}"), diag.SLAMatchesNothing},
		"SLAs that match much":    {"user \"u\" {\n" + lines(n(5000), "  get \"/r{i}\" {}") + "}\n" + lines(n(3000), "sla \"s{i}\" {\n  max = \"1s\"\n  match { requests = [\"*/r*\"] }\n}"), "?"},
		"a chain of locals":       {user + "locals {\n  x0 = 1\n" + lines(40_000, "  x{i} = local.x{before}") + "  y = local.x40000\n}\n", diag.LimitExceeded},
		"a chain of locals, back": {user + "locals {\n  x40001 = 1\n" + lines(40_000, "  x{before} = local.x{i}") + "}\n", "?"},
		"a chain of functions":    {user + "locals {\n  y = f2000(1)\n}\nfunction \"f0\" {\n  params = [x]\n  result = x\n}\n" + lines(2000, "function \"f{i}\" {\n  params = [x]\n  result = f{before}(x)\n}"), "?"},
		"functions that double":   {user + "locals {\n  y = f60(1)\n}\nfunction \"f0\" {\n  params = [x]\n  result = x\n}\n" + lines(60, "function \"f{i}\" {\n  params = [x]\n  result = f{before}(x) + f{before}(x)\n}"), diag.LimitExceeded},
		"unused locals":           {user + "locals {\n" + lines(n(30_000), "  x{i} = 1") + "}\n", ""},
		"unused locals in blocks": {user + lines(n(15_000), "locals { x{i} = 1 }"), ""},
		"unknown names":           {user + "locals {\n" + lines(n(20_000), "  x{i} = local.unknown{i}") + "}\n", diag.UnknownName},
		"many users":              {lines(n(9_000), "user \"u{i}\" {\n  get \"/\" {}\n}"), ""},
		"many SLAs":               {user + lines(n(15_000), "sla \"s{i}\" { max = \"1s\" }"), ""},
		"duplicates":              {user + lines(n(12_000), "sla \"s\" { max = \"1s\" }"), diag.DuplicateName},
		"duplicate tasks":         {"user \"u\" {\n" + lines(n(15_000), "  get \"/\" {}") + "}\n", diag.DuplicateName},
		"many requests":           {"user \"u\" {\n" + lines(n(15_000), "  get \"/{i}\" {}") + "}\n", ""},
		"many headers":            {"user \"u\" {\n  headers = {\n" + lines(n(1000), "    h{i} = \"{i}\"") + "  }\n" + lines(n(1000), "  get \"/{i}\" {}") + "}\n", "?"},
		"many captures":           {"user \"u\" {\n" + lines(n(5000), "  get \"/{i}\" { capture = { a{i} = response.status } }") + "}\n", ""},
		"many reads":              {"user \"u\" {\n  task \"t\" {\n" + lines(n(4000), "    get \"/{i}\" { capture = { a{i} = response.status } }\n    get \"/x/:a\" { params = { a = session.a{i} } }") + "  }\n}\n", ""},
		"many inputs":             {"task \"t\" {\n" + lines(n(300), "  input \"i{i}\" { default = {i} }") + "  get \"/\" {}\n}\nuser \"u\" {\n  task \"t\" {\n" + lines(n(1000), "    call \"t\" {}") + "  }\n}\n", ""},
		"many targets":            {lines(n(3000), "target \"a{i}\" { base_url = \"http://a{i}\" }") + "user \"u\" {\n" + lines(n(8000), "  get \"/{i}\" { target = target.a1 }") + "}\n", ""},
		"many variables":          {lines(n(10_000), "variable \"v{i}\" { default = {i} }") + "locals {\n" + lines(n(10_000), "  x{i} = var.v{i}") + "}\n" + user, ""},
		"many uses of one local":  {"locals {\n  a = range(10000)\n}\nuser \"u\" {\n" + lines(n(8000), "  get \"/{i}\" { query = { a = local.a[{i}] } }") + "}\n", "?"},
		"many branches":           {"user \"u\" {\n  task \"t\" {\n    choose {\n" + lines(n(10_000), "      branch \"b{i}\" {\n        get \"/\" { capture = { a{i} = response.status } }\n      }") + "    }\n  }\n}\n", "?"},
		"a long set of tasks":     {"user \"u\" {\n  task \"s\" {\n    iterations = 2\n" + lines(n(5000), "    task \"t{i}\" {\n      get \"/\" { capture = { a{i} = response.status } }\n    }") + "  }\n}\n", ""},
		"a Markov table":          {"user \"u\" {\n  task \"s\" {\n    iterations = 2\n" + lines(n(3000), "    task \"t{i}\" {\n      get \"/\" {}\n    }\n    next \"t{i}\" { to = { t1 = 1 } }") + "  }\n}\n", "?"},
		"templates in loops":      {user + "locals {\n  x = [for i in range(1000) : [for j in range(1000) : templatestring(\"%%{ for a in l }%%{ for b in l }x%%{ endfor }%%{ endfor }\", { l = range(1000) })]]\n}\n", diag.LimitExceeded},
		"a template's loops":      {user + "locals {\n  x = templatestring(\"%%{ for a in l }%%{ for b in l }%%{ for c in l }%%{ endfor }%%{ endfor }%%{ endfor }\", { l = range(1000) })\n}\n", diag.LimitExceeded},
		"a long sum":              {"user \"u\" {\n  session = { a = 1 }\n  get \"/\" { query = { a = session.a" + strings.Repeat(" + 1", 3000) + " } }\n}\n", "?"},
		"long texts of a session": {"user \"u\" {\n  session = { a = 1 }\n  post \"/\" { body = \"" + strings.Repeat("a ${session.a} ", n(20_000)) + "\" }\n}\n", "?"},
		"profiles and SLAs":       {user + lines(n(6000), "profile \"p{i}\" {\n  users = 1\n  duration = \"1m\"\n}") + lines(n(6000), "sla \"s{i}\" { max = \"1s\" }"), "?"},
		"profiles and requests":   {"user \"u\" {\n" + lines(n(6000), "  get \"/{i}\" {}") + "}\n" + lines(n(6000), "profile \"p{i}\" {\n  users = 1\n  duration = \"1m\"\n}"), "?"},
		"long lists":              {user + long + "locals {\n  a = alltrue(local.l)\n  b = length(toset(local.l))\n  c = length(tolist(local.l))\n  d = length(setproduct(slice(local.l, 0, 2000), [1]))\n}\n", ""},
		"long lists of texts":     {user + long + "locals {\n  a = length(compact(local.l))\n  b = length(sort(slice(local.l, 0, 2000)))\n  c = coalesce(local.l...)\n}\n", ""},
		"long lists in a choice":  {user + long + "locals {\n" + lines(8, "  c{i} = length({i} < 5 ? local.l : [])") + "}\n", ""},
		"a long list, typed":      {user + "variable \"v\" {\n  type    = list(string)\n  default = [" + strings.Repeat("1, ", n(40_000)) + "]\n}\nlocals {\n  a = length(var.v)\n}\n", ""},
		"long objects":            {user + "locals {\n  o = { for k, v in [" + strings.Repeat("1, ", n(20_000)) + "] : \"k${k}\" => v }\n  a = length(tomap(local.o))\n  b = length(local.a > 1 ? local.o : {})\n}\n", ""},
		"metrics":                 {lines(n(5000), "metric \"m{i}\" {}") + user, "?"},
	} {
		t.Run(name, func(t *testing.T) {
			src := head + c.src
			if len(src) > 1<<20 {
				t.Fatalf("%d bytes", len(src))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			diags := validateText([]byte(src))
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			used := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%v, %d MiB, %d findings", took.Round(time.Millisecond), used, len(diags))
			if took > busy*time.Second {
				t.Errorf("it took %s", took)
			}
			if used > memory {
				t.Errorf("%d MiB were allocated", used)
			}
			found := ""
			for _, d := range diags {
				if d.Severity == diag.Error && (found == "" || d.Code == c.code) {
					found = d.Code
				}
			}
			if c.code != "?" && found != c.code {
				t.Errorf("%q is found, want %q: %v", found, c.code, diags.Err())
			}
		})
	}
}

// validateText compiles a text for every profile, as validate does.
func validateText(src []byte) diag.Diagnostics {
	scope, diags := scopeOf(src)
	if scope != nil {
		diags.Extend(Profiles(scope, Options{Seed: 1}))
	}
	return diags
}
