package stdlib

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// specialFunctions have a meaning that a plain function cannot have.
var specialFunctions = []Function{
	{Name: "try", Category: "special", Special: true, Signature: "try(expression...)",
		Description: "The value of the first expression that can be evaluated. In a capture it makes an absent value acceptable.",
		Example:     `try({ a = 1 }.b, "none")`, Result: `"none"`},
	{Name: "can", Category: "special", Special: true, Signature: "can(expression)",
		Description: "Whether the expression can be evaluated.", Example: `can(tonumber("x"))`, Result: `false`},
	{Name: "file", Category: "special", Special: true, Signature: "file(path)",
		Description: "The content of a text file (UTF-8, up to 1 MiB) of the scenario. Paths are relative to its directory and cannot leave it.",
		Example:     `file("greeting.txt")`, Result: `"hello\n"`},
	{Name: "pacing", Category: "wait", Phase: User, Special: true, WaitOnly: true, Signature: "pacing(duration)",
		Description: "In wait: tasks start this long after each other; a task that takes longer is followed at once.", Example: `pacing("10s")`},
	{Name: "throughput", Category: "wait", Phase: User, Special: true, WaitOnly: true, Signature: "throughput(rate)",
		Description: "In wait: each user starts so many tasks per time.", Example: `throughput("6/m")`},
}

// fileFunction reads files below dir.
func fileFunction(dir string) function.Function {
	return guarded(newFunction(cty.String, func(args []cty.Value) (cty.Value, error) {
		s, err := readFile(dir, args[0].AsString())
		return cty.StringVal(s), err
	}, cty.String), nil)
}

// readFile reads a regular text file below dir. os.Root keeps symbolic links
// and ".." from leading out of it.
func readFile(dir, name string) (string, error) {
	if dir == "" {
		return "", errors.New("files cannot be read here")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("the scenario's directory cannot be opened: %w", err)
	}
	defer root.Close()
	name = filepath.FromSlash(name)
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("there is no file %s in the scenario's directory", quoted(name))
	case err != nil:
		return "", fmt.Errorf("%s cannot be read: %w", quoted(name), err)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a regular file", quoted(name)) // opening a pipe would wait for a writer
	}
	f, err := root.Open(name)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: %w", quoted(name), err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxText+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s cannot be read: %w", quoted(name), err)
	case len(b) > MaxText:
		return "", fmt.Errorf("%s is larger than 1 MiB, the most file reads", quoted(name))
	case !utf8.Valid(b):
		return "", fmt.Errorf("%s is not UTF-8 text", quoted(name))
	}
	return string(b), nil
}
