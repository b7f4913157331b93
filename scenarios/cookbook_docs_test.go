package scenarios_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"throng/dsl"
)

// Every recipe has a page that the index names. Each line of HCL that a page
// quotes before its variations stands in the scenario, and its commands name
// scenarios and profiles that exist.
func TestCookbookPages(t *testing.T) {
	docs := filepath.Join("..", "docs", "cookbook")
	index := read(t, filepath.Join(docs, "README.md"))
	checkCommands(t, "README.md", index)
	for _, dir := range cookbook(t) {
		name := filepath.Base(dir)
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(index, "]("+name+".md)") {
				t.Errorf("the index does not name %s.md", name)
			}
			page := read(t, filepath.Join(docs, name+".md"))
			checkCommands(t, name+".md", page)
			if !strings.Contains(page, "run scenarios/cookbook/"+name+"\n") {
				t.Error("the page does not say how to run it")
			}
			quoted, _, ok := strings.Cut(page, "\n## Variations\n")
			if !ok {
				t.Error("the page has no variations")
			}
			source := lines(read(t, filepath.Join(dir, "main.hcl")))
			for _, block := range blocks(quoted, "```hcl") {
				checkQuote(t, block, source)
			}
		})
	}
}

func checkQuote(t *testing.T, quoted string, source []string) {
	t.Helper()
	for _, line := range lines(quoted) {
		if !slices.Contains(source, line) {
			t.Errorf("quoted, but not in the scenario: %s", line)
		}
	}
}

// checkCommands looks at the commands that run a scenario of the cookbook.
func checkCommands(t *testing.T, page, text string) {
	t.Helper()
	for _, block := range blocks(text, "```sh") {
		for _, line := range lines(block) {
			_, command, ok := strings.Cut(line, "go run ./cmd/throng ")
			words := strings.Fields(command)
			if !ok || len(words) < 2 || !strings.HasPrefix(words[1], "scenarios/") {
				continue
			}
			r := dsl.Validate(filepath.Join("..", filepath.FromSlash(words[1])), dsl.Options{Tool: "0.1.0"})
			if len(r.Profiles) == 0 {
				t.Errorf("%s: %s: there is no such scenario", page, line)
			}
			if i := slices.Index(words, "--profile"); i >= 0 && !slices.Contains(r.Profiles, words[i+1]) {
				t.Errorf("%s: %s: its profiles are %q", page, line, r.Profiles)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks are the fenced blocks of a document that begin like fence.
func blocks(text, fence string) (all []string) {
	for {
		_, rest, ok := strings.Cut(text, "\n"+fence)
		if !ok {
			return all
		}
		_, rest, _ = strings.Cut(rest, "\n")
		block, after, _ := strings.Cut(rest, "\n```")
		all, text = append(all, block), after
	}
}

// lines are the lines of a text that are not empty, without indentation and
// with single spaces.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			all = append(all, line)
		}
	}
	return all
}
