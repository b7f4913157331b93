package compare

import (
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"throng/runtime/changes"
	"throng/runtime/report/text"
)

// Schema is the JSON Schema of what WriteJSON writes.
//
//go:embed comparison.schema.json
var Schema []byte

// WriteJSON writes the comparison for programs.
func WriteJSON(w io.Writer, c *Comparison) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the comparison: %w", err)
	}
	return write(w, string(data)+"\n")
}

// WriteMarkdown writes the comparison for a pull request or a step's summary.
func WriteMarkdown(w io.Writer, c *Comparison) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n\n", mark(c.Says), mark(sidesText(c)))
	for _, d := range c.Doubts {
		fmt.Fprintf(&b, "> In doubt: %s.\n\n", mark(d))
	}
	if c.Plans.Reason != "" {
		fmt.Fprintf(&b, "> Not the same plan: %s.\n\n", mark(c.Plans.Reason))
	}
	if c.Plans.Changes != nil {
		var diff strings.Builder
		_ = changes.WriteText(&diff, c.Plans.Changes, changes.Options{}) // a Builder takes everything
		fmt.Fprintf(&b, "<details><summary>What differs between the plans</summary>\n\n````text\n%s````\n\n</details>\n\n", diff.String())
	}
	b.WriteString("| request | figure | base | candidate | change | 95 % | word |\n| --- | --- | ---: | ---: | ---: | ---: | --- |\n")
	for i := range c.Requests {
		r := &c.Requests[i]
		for k := range r.Figures {
			f := &r.Figures[k]
			if !f.differs() && f.Figure != "p95" && f.Figure != "error_rate" {
				continue
			}
			bound := ""
			if f.Bounded {
				bound = "≥ "
			}
			word := string(f.Word)
			if f.differs() {
				word = "**" + word + "**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s%s | %s | %s | %s |\n", mark(r.Request), mark(f.Figure), value(f.Base, f.Unit), bound, value(f.Now, f.Unit), f.part(f.Change), f.interval(), word)
		}
	}
	if len(c.Unmade) > 0 {
		fmt.Fprintf(&b, "\n%s\n", mark(made(c.Unmade, false)))
	}
	if len(c.SLAs) > 0 {
		b.WriteString("\n| SLA | rule | was | is | change | 95 % | word |\n| --- | --- | --- | --- | ---: | ---: | --- |\n")
		for i := range c.SLAs {
			s := &c.SLAs[i]
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", mark(strings.TrimSuffix(s.SLA+": "+s.Request, ": ")), mark(s.Rule), s.Was, s.Is, s.Change.part(s.Change.Change), s.Change.interval(), s.Change.Word)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", mark(method(c)))
	return write(w, b.String())
}

var escape = strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`, "@", "&#64;", "#", `\#`)

// mark makes a text harmless in Markdown.
func mark(s string) string { return escape.Replace(text.Clean(s)) }

func write(w io.Writer, s string) error {
	if _, err := io.WriteString(w, s); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}
