package reference

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Commands is the page of the command line.
func Commands(root *cobra.Command) string {
	b := page("Commands")
	b.WriteString("Data goes to stdout; progress and diagnostics go to stderr. Flags of more than one letter may\nbe written with one dash, as Terraform's are.\n")
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	writeCommand(b, root)
	for _, c := range root.Commands() {
		if c.Name() != "help" && !c.Hidden {
			writeCommand(b, c)
			if c.Name() != "completion" {
				writeCommands(b, c.Commands())
			}
		}
	}
	return b.String()
}

func writeCommands(b *strings.Builder, list []*cobra.Command) {
	for _, c := range list {
		writeCommand(b, c)
	}
}

func writeCommand(b *strings.Builder, c *cobra.Command) {
	fmt.Fprintf(b, "\n## %s\n\n", c.CommandPath())
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	fmt.Fprintf(b, "```text\n%s\n```\n", strings.TrimSpace(text))
	if !c.Runnable() {
		return
	}
	fmt.Fprintf(b, "\nUsage: %s\n", code(c.UseLine()))
	if flags := c.NonInheritedFlags().FlagUsages(); flags != "" {
		fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.TrimRight(flags, "\n"))
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", dedent(c.Example))
	}
}

func dedent(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimPrefix(l, "  ")
	}
	return strings.Join(lines, "\n")
}
