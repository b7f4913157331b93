package dsl_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"throng/dsl"
	"throng/dsl/diag"
	"throng/dsl/testfile"
)

// The documents' HCL is input to this test. The words behind ```hcl say what
// a block is; they are not shown where the document is read.
//
//	(none)              a whole scenario: it compiles without a finding
//	scenario=NAME file=PATH
//	                    one file of a scenario of several; other languages
//	                    (csv, json) take part with the same words
//	fragment=KIND       the content of a KIND block (user, task, request, sla,
//	                    profile, …), or of the top level (top); what a
//	                    scenario needs beside it is added
//	fragment=KIND:NAME  the same, where the block needs a certain name
//	given=A,B           what a fragment reads and does not declare: var.x,
//	                    session.x, task.x, tag.x, user.x, profile.x, file.x, p95
//	values              a file for --var-file
//	testfile            a test file; testfile=mock and testfile=run the content
//	                    of such a block; given=run, run.mocked or mock.api what
//	                    it lacks
//	error=CODE          what must be found in it; error=CODE,CODE for several
//	warning=CODE        the same for warnings
//	profile=NAME        compile for this profile
type fence struct {
	doc   string
	line  int
	lang  string
	words map[string]string
	text  string
}

func (f fence) String() string { return fmt.Sprintf("%s:%d", f.doc, f.line) }

func TestDocs(t *testing.T) {
	for _, doc := range documents(t) {
		name := filepath.ToSlash(strings.TrimPrefix(doc, ".."+string(filepath.Separator)))
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			checkFences(t, fences(t, name, string(text)))
		})
	}
}

func documents(t *testing.T) []string {
	docs := []string{filepath.Join("..", "README.md"), filepath.Join("..", "CHANGELOG.md")}
	err := filepath.WalkDir(filepath.Join("..", "docs"), func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			docs = append(docs, path)
		}
		return err
	})
	if err != nil || len(docs) < 5 {
		t.Fatalf("%d documents: %v", len(docs), err)
	}
	for i, d := range docs {
		if docs[i], err = filepath.Rel(".", d); err != nil {
			t.Fatal(err)
		}
	}
	return docs
}

// fences are the fenced blocks of a document.
func fences(t *testing.T, doc, text string) (all []fence) {
	var open *fence
	for i, line := range strings.Split(text, "\n") {
		mark := strings.TrimSpace(line)
		switch {
		case open == nil && strings.HasPrefix(mark, "```"):
			lang, rest, _ := strings.Cut(strings.TrimPrefix(mark, "```"), " ")
			open = &fence{doc: doc, line: i + 1, lang: lang, words: map[string]string{}}
			for _, w := range strings.Fields(rest) {
				k, v, _ := strings.Cut(w, "=")
				open.words[k] = v
			}
		case open != nil && mark == "```":
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	if open != nil {
		t.Errorf("%s: the block is never closed", open)
	}
	return all
}

func checkFences(t *testing.T, all []fence) {
	known := []string{"scenario", "file", "fragment", "given", "values", "error", "warning", "profile", "testfile"}
	done := map[string]bool{}
	for _, f := range all {
		name := f.words["scenario"]
		if f.lang != "hcl" && name == "" {
			continue
		}
		for w := range f.words {
			if !slices.Contains(known, w) {
				t.Errorf("%s: there is no word %q; there are %q", f, w, known)
			}
		}
		if _, values := f.words["values"]; values {
			checkValues(t, f)
			continue
		}
		if in, test := f.words["testfile"]; test {
			if _, diags := testfile.Parse([]byte(testText(in, f.words["given"], f.text)), filepath.Join(t.TempDir(), "doc"+testfile.Suffix)); len(diags) > 0 {
				t.Errorf("%s: %v: %v", f, diags[0].Summary, diags[0].Detail)
			}
			continue
		}
		if name == "" {
			f.check(t, writeFence(t, f))
			continue
		}
		if !done[name] {
			done[name] = true
			f.check(t, writeGroup(t, all, name))
		}
	}
}

// testText makes a test file of what is no whole one.
func testText(in, given, text string) string {
	const (
		mock = "mock \"api\" {\n  route \"/*rest\" {}\n}\n"
		run  = "run \"it\" {\n  command = \"render\"\n  targets = { api = mock.api }\n"
	)
	switch {
	case in == "mock":
		return "mock \"api\" {\n" + text + "}\n" + run + "}\n"
	case in == "run":
		return mock + run + text + "}\n"
	case given == "mock.api":
		return mock + text
	case given == "run.mocked":
		return text + run + "}\n"
	case given == "run":
		return text + "run \"it compiles\" {}\n"
	}
	return text
}

func checkValues(t *testing.T, f fence) {
	path := filepath.Join(t.TempDir(), "x.vars.hcl")
	write(t, path, f.text)
	if values, _, diags := dsl.ReadValues(path); diags.HasErrors() || len(values) == 0 {
		t.Errorf("%s: %d values, %v", f, len(values), diags)
	}
}

// writeFence makes a directory of one block.
func writeFence(t *testing.T, f fence) string {
	dir := t.TempDir()
	text := f.text
	kind, fragment := f.words["fragment"]
	if fragment {
		text = around(kind, f.words["given"], text)
		for _, b := range ordinary {
			if !regexp.MustCompile(`(?m)^` + b.word + `\s`).MatchString(text) {
				text += b.text
			}
		}
	}
	for _, g := range strings.Split(f.words["given"], ",") {
		if file, ok := strings.CutPrefix(g, "file."); ok {
			write(t, filepath.Join(dir, file), content(file))
		}
	}
	write(t, filepath.Join(dir, "main.hcl"), text)
	return dir
}

// content is what a file that a fragment is given holds.
func content(file string) string {
	if strings.HasSuffix(file, ".graphql") {
		return "query SearchProducts { search { id } }\n"
	}
	return "email,password,age\na@example.com,secret,30\n"
}

// around puts a fragment into the block it is the content of, beside what
// it is given.
func around(kind, given, text string) string {
	session, tags, limits := "", "", ""
	var outside strings.Builder
	for _, g := range strings.Split(given, ",") {
		what, name, _ := strings.Cut(g, ".")
		switch what {
		case "var":
			fmt.Fprintf(&outside, "variable %q {\n  default = \"http://127.0.0.1:8000\"\n}\n", name)
		case "session":
			session = strings.Replace(session, " }\n", fmt.Sprintf(", %s = null }\n", name), 1)
			if session == "" {
				session = fmt.Sprintf("  session = { %s = null }\n", name)
			}
		case "task":
			fmt.Fprintf(&outside, "task %q {\n  get \"/given\" {}\n}\n", name)
		case "local":
			fmt.Fprintf(&outside, "locals {\n  %s = [{ path = \"/a\", weight = 1 }]\n}\n", name)
		case "setup":
			fmt.Fprintf(&outside, "setup {\n  post \"/given\" { capture = { %s = response.json.id } }\n}\n", name)
		case "input": // a task that is called with it
			callee, input, _ := strings.Cut(name, ".")
			fmt.Fprintf(&outside, "task %q {\n  input %q {}\n  get \"/given\" { query = { q = input.%s } }\n}\n", callee, input, input)
		case "profile":
			fmt.Fprintf(&outside, "profile %q {\n  users = 1\n  duration = \"1m\"\n}\n", name)
		case "user":
			fmt.Fprintf(&outside, "user %q {\n  get \"/given\" { tags = [\"read\", \"write\", \"slow\", \"health\"] }\n}\n", name)
		case "tag":
			tags += fmt.Sprintf("user \"tagged_%s\" {\n  get \"/tagged/%s\" { tags = [%q] }\n}\n", name, name, name)
		case "p95":
			limits += "  p95 = \"1s\"\n"
		}
	}
	outside.WriteString(tags)
	kind, name, named := strings.Cut(kind, ":")
	if !named {
		name = "u"
	}
	switch kind {
	case "top":
		return text + "\n" + outside.String()
	case "user":
		text = session + text
		if !task.MatchString(steps.ReplaceAllString(text, "")) {
			text += "  get \"/given\" {}\n"
		}
	case "target":
		text = "  base_url = \"https://127.0.0.1:8443\"\n" + text
	case "http":
		text = "  base_url = \"https://127.0.0.1:8443\"\n  http {\n" + text + "}\n"
		kind = "target"
	case "variable":
		text = "  default = \"http://127.0.0.1:8000\"\n" + text
	case "task":
		text = session + "  task \"t\" {\n" + text + "}\n"
		kind = "user"
	case "websocket", "send", "socket": // a socket's content, a message's, and a task's with a socket open
		switch kind {
		case "websocket":
			text = "  websocket \"/ws\" {\n" + text + "  }\n"
		case "send":
			text = "  websocket \"/ws\" {}\n  send \"given\" {\n    body = \"x\"\n" + text + "  }\n"
		default:
			text = "  websocket \"/ws\" {}\n" + text
		}
		text = session + "  task \"t\" {\n" + text + "}\n"
		kind = "user"
	case "request":
		text = session + "  get \"/\" {\n" + text + "}\n"
		kind = "user"
	case "when", "choose":
		condition := ""
		if kind == "when" {
			condition = "    condition = user.index > 0\n    get \"/given\" {}\n"
		}
		text = session + "  task \"t\" {\n  " + kind + " {\n" + condition + text + "}\n}\n"
		kind = "user"
	case "callee":
		text += "  get \"/given\" {}\n"
		kind = "task"
	case "set":
		text = session + "  task \"t\" {\n    iterations = 3\n    task \"list\" {\n      get \"/list\" {}\n    }\n    task \"detail\" {\n      get \"/detail\" {}\n    }\n" + text + "  }\n"
		kind = "user"
	case "sla":
		text = limits + text
	}
	return fmt.Sprintf("%s %q {\n%s}\n%s", kind, name, text, outside.String())
}

// task is whatever gives a user something to do.
var task = regexp.MustCompile(`(?m)^\s*(task|sequence|dynamic|graphql|submit|get|post|put|patch|delete|head|options|use)\b`)

// steps are the bodies of start and stop.
var steps = regexp.MustCompile(`(?ms)^\s*(start|stop) \{.*?^\s*\}$`)

// writeGroup makes a directory of all files of one scenario.
func writeGroup(t *testing.T, all []fence, name string) string {
	dir := t.TempDir()
	for _, f := range all {
		if f.words["scenario"] != name {
			continue
		}
		if f.words["file"] == "" {
			t.Errorf("%s: file= is missing", f)
			continue
		}
		write(t, filepath.Join(dir, filepath.FromSlash(f.words["file"])), f.text)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// check compiles a directory and holds what is found against what the block
// says must be found.
func (f fence) check(t *testing.T, dir string) {
	r := dsl.Validate(dir, dsl.Options{Seed: 1, Tool: "0.1.0", Profile: f.words["profile"]})
	var errors, warnings []string
	for _, d := range r.Diagnostics {
		if d.Severity == diag.Error {
			errors = append(errors, d.Code)
		} else {
			warnings = append(warnings, d.Code)
		}
	}
	_, fragment := f.words["fragment"]
	_, warned := f.words["warning"]
	ok := same(errors, f.words["error"])
	if !fragment || warned {
		ok = ok && same(warnings, f.words["warning"])
	}
	if !ok {
		var out bytes.Buffer
		_ = diag.WriteText(&out, r.Diagnostics, r.Sources, diag.Options{Width: 100})
		t.Errorf("%s: errors %q, warnings %q, want error=%s warning=%s\n%s", f, errors, warnings, f.words["error"], f.words["warning"], out.String())
	}
}

func same(found []string, wanted string) bool {
	slices.Sort(found)
	found = slices.Compact(found)
	var want []string
	if wanted != "" {
		want = strings.Split(wanted, ",")
		slices.Sort(want)
	}
	return slices.Equal(found, want)
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Every link of the documents to a place in this repository leads somewhere.
func TestDocLinks(t *testing.T) {
	for _, doc := range documents(t) {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(prose(string(text)), -1) {
			to, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			path := doc
			if to != "" {
				path = filepath.Join(filepath.Dir(doc), filepath.FromSlash(to))
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: the link %s leads nowhere", doc, m[1])
				continue
			}
			if anchor != "" && strings.HasSuffix(path, ".md") && !slices.Contains(anchors(t, path), anchor) {
				t.Errorf("%s: %s has no heading for #%s", doc, path, anchor)
			}
		}
	}
}

// prose is a document without its code.
func prose(text string) string {
	var out strings.Builder
	code := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code = !code
			continue
		}
		if !code {
			out.WriteString(line)
		}
	}
	return regexp.MustCompile("`[^`\n]*`").ReplaceAllStringFunc(out.String(), func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == '(' || r == ')' || r == '[' || r == ']' {
				return ' '
			}
			return r
		}, s)
	})
}

// anchors are what the headings of a document are linked to by.
func anchors(t *testing.T, path string) (all []string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	code := false
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if code || !strings.HasPrefix(line, "#") {
			continue
		}
		title := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return r
			}
			return -1
		}, title))
	}
	return all
}
