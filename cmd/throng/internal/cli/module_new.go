package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"throng/cmd/throng/internal/scaffold"
)

func (a *app) moduleNewCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new DIR",
		Short: "Write a library to start from",
		Long: `Writes a small library into DIR, which is made where it is missing: what it
offers, its inputs and outputs, an example that uses it and runs as it is
against an example API that throng brings along, a test, and a README.md with
a section that throng module docs keeps up to date.

The library is called like the directory. A directory that holds anything of
this already is refused: nothing is overwritten.`,
		Example: "  throng module new shop-library\n  throng module check shop-library",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("module new needs one directory to write to, which it makes\nSee \"throng module new --help\"")
			}
			return nil
		},
		ValidArgsFunction: directoryCompletion,
		RunE:              func(_ *cobra.Command, args []string) error { return a.moduleNew(args[0]) },
	}
}

func (a *app) moduleNew(dir string) error {
	full, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	files, err := scaffold.Library(filepath.Base(full))
	if err != nil {
		return err
	}
	if err := scaffold.WriteTree(dir, files); err != nil {
		return err
	}
	api, err := a.library(dir)
	if err != nil {
		return errors.New("what was written cannot be read, which is a defect of throng")
	}
	page, err := documented(dir, api)
	if err != nil {
		return err
	}
	if err := page.write(); err != nil {
		return err
	}
	for _, file := range files {
		fmt.Fprintln(a.env.Stdout, filepath.Join(dir, filepath.FromSlash(file.Name)))
	}
	example := filepath.Join(dir, "examples", "basic")
	fmt.Fprintf(a.env.Stderr, "\nNext:\n  throng run %s   the example, which uses the library\n  throng test %s   its test\n  throng module check %s   is it fit to be published?\n", example, dir, dir)
	return nil
}
