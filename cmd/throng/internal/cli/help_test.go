package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// The help of every command fits a terminal of 80 columns, says what the
// command and each of its flags is, and shows how it is called.
func TestHelp(t *testing.T) {
	root := (&app{env: System()}).root()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	commands := 0
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if strings.HasPrefix(cmd.CommandPath(), "throng completion") || cmd.Name() == "help" {
			return // the words of cobra
		}
		commands++
		var out bytes.Buffer
		cmd.SetOut(&out)
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if line = strings.TrimRight(line, "\n"); utf8.RuneCountInString(line) > 80 || strings.ContainsRune(line, '\t') {
				t.Errorf("%s --help: this line takes %d columns, or holds a tab:\n%s", cmd.CommandPath(), utf8.RuneCountInString(line), line)
			}
		}
		if cmd.Short == "" || cmd.Long == "" {
			t.Errorf("%s says nothing of itself", cmd.CommandPath())
		}
	}
	walk(root)
	if commands < 20 {
		t.Errorf("%d commands were looked at", commands)
	}
}
