package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"throng/cmd/throng/internal/scaffold"
)

// newFlags are the flags of new.
type newFlags struct{ name, openapi string }

func (a *app) newCommand() *cobra.Command {
	var f newFlags
	cmd := &cobra.Command{
		Use:   "new DIR",
		Short: "Write a scenario to start from",
		Long: `Writes a small scenario into DIR, which is made where it is missing: a target,
a kind of user with two requests, two load profiles and an SLA, with comments
for who reads their first. It runs as it is, against an example API that
throng brings along. With - for DIR it is printed instead.

A directory that holds a scenario already is refused: nothing is overwritten.`,
		Example: "  throng new shop\n  throng run shop",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("new needs a directory to write to, which it makes; . is the current one\nSee \"throng new --help\"")
			}
			return a.scaffold(args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.name, "name", "", "the scenario's `NAME`, instead of the directory's")
	cmd.Long += `

With --openapi there is a request for each operation of an OpenAPI 3 or
Swagger 2 document, a user for each of its tags, and values from its examples
and schemas. Comments begin with "Decide" where it does not say enough.`
	cmd.Example += "\n  throng new --openapi openapi.yaml shop"
	cmd.Flags().StringVar(&f.openapi, "openapi", "", "make it from the OpenAPI document in `FILE`; - for stdin")
	return cmd
}

func (a *app) scaffold(dir string, f newFlags) error {
	files, err := a.startingFiles(dir, f)
	if err != nil {
		return err
	}
	if dir == "-" {
		for i, file := range files {
			if i > 0 {
				fmt.Fprintln(a.env.Stdout)
			}
			if _, err := a.env.Stdout.Write(file.Text); err != nil {
				return err
			}
		}
		return nil
	}
	if err := scaffold.Write(dir, files); err != nil {
		return err
	}
	for _, file := range files {
		fmt.Fprintln(a.env.Stdout, filepath.Join(dir, file.Name))
	}
	fmt.Fprintf(a.env.Stderr, "\nNext:\n  throng plan %s   what would happen\n  throng run %s    make it happen, and judge it\n", dir, dir)
	return nil
}

// startingFiles are what new writes.
func (a *app) startingFiles(dir string, f newFlags) ([]scaffold.File, error) {
	name := f.name
	if name == "" && dir != "-" {
		full, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		name = filepath.Base(full)
	}
	if f.openapi == "" {
		if name == "" {
			name = "scenario"
		}
		return scaffold.Starter(name)
	}
	document, err := a.document(f.openapi)
	if err != nil {
		return nil, err
	}
	files, err := scaffold.FromOpenAPI(document, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.openapi, err)
	}
	return files, nil
}

// document reads an OpenAPI document, up to a size that the reader refuses.
func (a *app) document(path string) ([]byte, error) {
	const most = 64 << 20
	in := a.env.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("the OpenAPI document cannot be read: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	document, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return nil, fmt.Errorf("the OpenAPI document cannot be read: %w", err)
	}
	return document, nil
}
