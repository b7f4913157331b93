package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"throng/dsl/format"
	"throng/dsl/module"
	"throng/dsl/wholefile"
)

// formatFlags are the flags of fmt; they mean what they mean in Terraform.
type formatFlags struct {
	check, diff, list, write, recursive bool
}

func (a *app) fmtCommand() *cobra.Command {
	var f formatFlags
	cmd := &cobra.Command{
		Use:   "fmt [PATH …]",
		Short: "Lay scenario files out in canonical form",
		Long: `Rewrites *.hcl files in canonical form and prints the names of those it
changed. PATH is a file or a directory, the current one when left out; with -
it reads stdin and writes stdout. Only white space changes: comments, order
and texts stay as they are. Files in JSON syntax are left alone.`,
		Example: `  throng fmt --recursive
  throng fmt --check --diff scenarios/quickstart
  throng fmt - < main.hcl`,
		ValidArgsFunction: sourceCompletion,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			return a.format(args, f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.check, "check", false, "change nothing; exit 3 if a file is not in canonical form")
	flags.BoolVar(&f.diff, "diff", false, "show what changes, as a unified diff")
	flags.BoolVar(&f.list, "list", true, "print the names of files that are not in canonical form")
	flags.BoolVar(&f.write, "write", true, "rewrite the files; --write=false --list=false prints them instead")
	flags.BoolVar(&f.recursive, "recursive", false, "also format directories below")
	return cmd
}

// format formats every path. A file that cannot be formatted is reported, and
// the others are formatted all the same.
func (a *app) format(paths []string, f formatFlags) error {
	f.write = f.write && !f.check
	differs, failed := false, false
	each := func(changed bool, err error) error {
		differs = differs || changed
		var done silent
		if errors.As(err, &done) {
			failed = true
			return nil
		}
		return err
	}
	for _, path := range paths {
		if path == "-" {
			if err := each(a.formatStdin(f)); err != nil {
				return err
			}
			continue
		}
		files, err := sourceFiles(path, f.recursive)
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := each(a.formatFile(file, f)); err != nil {
				return err
			}
		}
	}
	switch {
	case failed:
		return silent{ExitError}
	case f.check && differs:
		return silent{ExitFormat}
	}
	return nil
}

// formatted is src in canonical form, and whether that is another text.
func (a *app) formatted(src []byte, name string) (out []byte, changed bool, err error) {
	out, diags := format.Source(src, name)
	a.diagnose(diags, map[string][]byte{name: src})
	if diags.HasErrors() {
		return nil, false, silent{ExitError}
	}
	return out, !bytes.Equal(src, out), nil
}

func (a *app) formatStdin(f formatFlags) (changed bool, err error) {
	src, err := io.ReadAll(a.env.Stdin)
	if err != nil {
		return false, err
	}
	out, changed, err := a.formatted(src, "stdin")
	switch {
	case err != nil:
		return false, err
	case f.diff:
		_, err = a.env.Stdout.Write(unified("stdin", src, out))
	case !f.check:
		_, err = a.env.Stdout.Write(out)
	}
	return changed, err
}

func (a *app) formatFile(file string, f formatFlags) (changed bool, err error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return false, fmt.Errorf("%q cannot be read: %w", file, errors.Unwrap(err))
	}
	out, changed, err := a.formatted(src, file)
	if err != nil {
		return false, err
	}
	if !f.write && !f.list && !f.diff && !f.check {
		_, err = a.env.Stdout.Write(out)
		return changed, err
	}
	if !changed {
		return false, nil
	}
	if f.list {
		fmt.Fprintln(a.env.Stdout, file)
	}
	if f.write {
		if err := replaceFile(file, out); err != nil {
			return true, err
		}
	}
	if f.diff {
		_, err = a.env.Stdout.Write(unified(file, src, out))
	}
	return true, err
}

// unified is the change of a file as a unified diff, as patch takes it.
func unified(name string, before, after []byte) []byte {
	name = filepath.ToSlash(name)
	text := diff.Diff("old/"+name, before, "new/"+name, after)
	_, hunks, _ := bytes.Cut(text, []byte("\n")) // the command that would have made it
	return hunks
}

// replaceFile gives a file that is there another content, whole or not at all.
func replaceFile(file string, content []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real // a link stays a link
	}
	return wholefile.Write(file, content, info.Mode().Perm())
}

// sourceFiles are the *.hcl files of a path.
func sourceFiles(path string, recursive bool) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q cannot be read: %w", path, errors.Unwrap(err))
	case info.IsDir():
	case strings.HasSuffix(path, ".json"):
		return nil, fmt.Errorf("%q is in JSON syntax, and fmt lays out HCL: name a *.hcl file", path)
	default:
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != path && (!recursive || strings.HasPrefix(d.Name(), ".") || module.IsVendored(p)) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(d.Name(), ".hcl") && !strings.HasPrefix(d.Name(), ".") {
			files = append(files, p)
		}
		return nil
	})
	return files, err
}

// sourceCompletion completes the names of scenario files and directories.
func sourceCompletion(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"hcl"}, cobra.ShellCompDirectiveFilterFileExt
}

// scenarioCompletion completes the one scenario a verb takes.
func scenarioCompletion(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return sourceCompletion(cmd, args, word)
}
