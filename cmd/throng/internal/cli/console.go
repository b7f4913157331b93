package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"throng/dsl"
	"throng/dsl/plan"
)

// ExitExpression is the exit code of a console that could not evaluate an
// expression it was given by -e or a pipe.
const ExitExpression = 3

// consoleFlags are the flags of console beside the scenario's inputs.
type consoleFlags struct {
	scenarioFlags
	expressions []string
	response    string
}

func (a *app) consoleCommand() *cobra.Command {
	var f consoleFlags
	cmd := &cobra.Command{
		Use:   "console [SCENARIO]",
		Short: "Evaluate expressions against a scenario",
		Long: `Reads expressions from stdin, one a line or over several lines while brackets
are open, and prints their values as HCL. They can read the scenario's var,
local and module outputs, data (the first row), user and run (of a made-up
first user), and call every function. Nothing is sent.

What a user captures from answers (session) is not known here. With --response
a saved answer stands for one: expressions read its status, headers and body
as captures and conditions of a run do. The file is what "curl -i" prints, or
a body alone.

A line of exit, or Ctrl-D, leaves.

The SCENARIO is the current directory when left out.`,
		Example: `  throng console scenarios/quickstart
  throng console -e 'local.api_version' -e 'randint(1, 6)'
  curl -si http://127.0.0.1/ | throng console --response - -e response.json.id`,
		Args:              oneScenario,
		ValidArgsFunction: scenarioCompletion,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.console(cmd, &f, scenarioArg(args))
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.expressions, "expression", "e", nil, "evaluate `EXPR` instead of reading stdin; exit 3 if it cannot be")
	flags.StringVar(&f.response, "response", "", "a `FILE` with a saved answer, which response reads; - for stdin")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all randomness; the same seed draws the same values")
	f.variableFlags(cmd)
	return cmd
}

// variableFlags are the flags that set variables.
func (f *scenarioFlags) variableFlags(cmd *cobra.Command) {
	cmd.Flags().Var(valueFlag{&f.values, false}, "var", "set a variable")
	cmd.Flags().Var(valueFlag{&f.values, true}, "var-file", "read variables from a file of NAME = value lines")
}

func (a *app) console(cmd *cobra.Command, f *consoleFlags, path string) error {
	var answer *plan.Response
	if f.response != "" {
		if f.response == "-" && len(f.expressions) == 0 {
			return errors.New("--response - takes stdin for the answer, so the expressions must come from -e")
		}
		var err error
		if answer, err = a.savedAnswer(f.response); err != nil {
			return err
		}
	}
	o, sources, diags := a.options(cmd, &f.scenarioFlags, path)
	if diags.HasErrors() {
		a.diagnose(diags, sources)
		return silent{ExitError}
	}
	c, found, elsewhere := dsl.OpenConsole(path, o, answer)
	if found.Sources == nil {
		found.Sources = map[string][]byte{}
	}
	maps.Copy(found.Sources, sources)
	a.diagnose(found.Diagnostics, found.Sources)
	if c == nil {
		return silent{ExitError}
	}
	if elsewhere {
		fmt.Fprintf(a.env.Stderr, "note: the scenario has errors that do not concern its values: throng validate %s\n", path)
	}
	if len(f.expressions) > 0 {
		return a.evaluateAll(c, f.expressions)
	}
	return a.converse(c)
}

// evaluateAll evaluates the expressions of the command line.
func (a *app) evaluateAll(c *dsl.Console, expressions []string) error {
	failed := false
	for _, e := range expressions {
		failed = !a.evaluate(c, []byte(e), "-e") || failed
	}
	if failed {
		return silent{ExitExpression}
	}
	return nil
}

// converse evaluates what stdin says until its end. From a terminal a mistake
// is the author's to see; elsewhere it is told by the exit code too.
func (a *app) converse(c *dsl.Console) error {
	in := a.lines()
	failed, number := false, 0
	var text []byte
	for {
		line, err := in.next(len(text) > 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		ended := err != nil
		number++
		if len(text) == 0 {
			switch word := strings.TrimSpace(line); {
			case !ended && (word == "" || strings.HasPrefix(word, "#") || strings.HasPrefix(word, "//")):
				continue
			case word == "exit" || word == "quit" || ended && word == "":
				return exitConversation(failed && !in.interactive())
			}
			text = []byte(strings.Repeat("\n", number-1)) // so that diagnostics count the lines of stdin
		}
		text = append(append(text, line...), '\n')
		if !ended && dsl.Incomplete(text) {
			continue
		}
		if !bytes.Contains(text, []byte("<<")) { // a heredoc ends with its line
			text = bytes.TrimRight(text, "\n")
		}
		failed = !a.evaluate(c, text, "stdin") || failed
		text = nil
		if ended {
			return exitConversation(failed && !in.interactive())
		}
	}
}

func exitConversation(failed bool) error {
	if failed {
		return silent{ExitExpression}
	}
	return nil
}

// evaluate prints the value of one expression, or what is wrong with it.
func (a *app) evaluate(c *dsl.Console, src []byte, name string) bool {
	value, note, diags := c.Eval(src, name)
	a.diagnose(diags, c.Sources(src, name))
	if diags.HasErrors() {
		return false
	}
	fmt.Fprintln(a.env.Stdout, value)
	if note != "" {
		fmt.Fprintln(a.env.Stderr, "note: "+note)
	}
	return true
}

// lineReader gives the lines of stdin. The last one may come with io.EOF.
type lineReader interface {
	next(within bool) (string, error) // within: the line goes on with an expression
	interactive() bool
}

// lines reads stdin: with a prompt, editing and history from a terminal, and
// silently from anywhere else.
func (a *app) lines() lineReader {
	if file, ok := a.env.Stdin.(*os.File); ok && xterm.IsTerminal(int(file.Fd())) {
		fmt.Fprintln(a.env.Stderr, "An expression a line, such as var.NAME; exit or Ctrl-D leaves.")
		return &terminalLines{file: file, terminal: xterm.NewTerminal(struct {
			io.Reader
			io.Writer
		}{file, a.env.Stderr}, "")}
	}
	return pipedLines{bufio.NewReader(a.env.Stdin)}
}

type pipedLines struct{ in *bufio.Reader }

func (p pipedLines) next(bool) (string, error) {
	line, err := p.in.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

func (pipedLines) interactive() bool { return false }

// terminalLines reads from a terminal, which it takes over for a line and
// gives back before anything is printed.
type terminalLines struct {
	file     *os.File
	terminal *xterm.Terminal
}

func (t *terminalLines) next(within bool) (string, error) {
	fd := int(t.file.Fd())
	state, err := xterm.MakeRaw(fd)
	if err != nil {
		return "", fmt.Errorf("the terminal cannot be read: %w", err)
	}
	defer func() { _ = xterm.Restore(fd, state) }()
	if width, height, err := xterm.GetSize(fd); err == nil && width > 0 && height > 0 {
		_ = t.terminal.SetSize(width, height)
	}
	t.terminal.SetPrompt("> ")
	if within {
		t.terminal.SetPrompt("  ")
	}
	line, err := t.terminal.ReadLine()
	if errors.Is(err, xterm.ErrPasteIndicator) {
		err = nil
	}
	if errors.Is(err, io.EOF) {
		_, _ = t.terminal.Write([]byte("\n"))
	}
	return line, err
}

func (*terminalLines) interactive() bool { return true }
