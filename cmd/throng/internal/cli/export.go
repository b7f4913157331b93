package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"throng/runtime/export"
	"throng/runtime/results"
)

func (a *app) exportCommand() *cobra.Command {
	var format, out string
	cmd := &cobra.Command{
		Use:   "export DIR --format FORMAT",
		Short: "Write a run in a form that other programs read",
		Long: `Writes what is known of a run, from its results directory, in another form:

` + formatList() + `
One file goes to stdout, or to where -o says. The files of Locust go into DIR;
-o gives how their names begin instead, as Locust's --csv does. What is there
already is replaced.`,
		Example: "  throng export results/baseline --format junit -o junit.xml\n  throng export results/baseline --format locust -o results/baseline",
		Args:    oneDir,
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := export.Named(format)
			if err != nil {
				return err
			}
			run, err := results.Open(args[0])
			if err != nil {
				return err
			}
			if run.Broken != "" {
				fmt.Fprintf(a.env.Stderr, "throng: %s\n", run.Broken)
			}
			if out == "" && f.Several {
				out = filepath.Join(args[0], f.File)
			}
			return a.writeExport(run, f, out, a.env.Stdout)
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "write it as `FORMAT`: "+strings.Join(export.Names(), ", "))
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to `PATH` instead of stdout; of several files, how their names begin")
	_ = cmd.MarkFlagRequired("format")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(export.Names(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func formatList() string {
	var b strings.Builder
	for _, f := range export.Formats() {
		fmt.Fprintf(&b, "  %-14s %s\n", f.Name, f.About)
	}
	return b.String()
}

func oneDir(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s needs one results directory, and got %d\nSee %q", cmd.CommandPath(), len(args), cmd.CommandPath()+" --help")
	}
	return nil
}

// writeExport writes a run in one form: into files whose names begin with
// path, or to stream where there is no path.
func (a *app) writeExport(run *results.Run, f *export.Format, path string, stream io.Writer) error {
	for _, file := range f.Files(run) {
		if path == "" {
			if err := file.Write(stream); err != nil && !errors.Is(err, syscall.EPIPE) {
				return err
			}
			continue
		}
		if err := a.writeFile(path+file.Suffix, file.Write); err != nil {
			return fmt.Errorf("the export %s could not be written: %w", f.Name, err)
		}
	}
	return nil
}

// writeFile writes a file anew. The file that GitHub collects a job's
// summaries in is written on instead, as other steps have written there.
func (a *app) writeFile(name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	flag := os.O_TRUNC
	if summary, ok := a.env.Lookup("GITHUB_STEP_SUMMARY"); ok && summary != "" && name == summary {
		flag = os.O_APPEND
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|flag, 0o644)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(file)
	err = write(b)
	if err == nil {
		err = b.Flush()
	}
	return errors.Join(err, file.Close())
}

// exports are the forms that a run is to be written in when it has ended, as
// --export gives them.
type exports struct {
	given []string
	list  []exportTo
}

type exportTo struct {
	format *export.Format
	path   string // "": in the run's directory, or to the terminal
}

func (e *exports) flag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&e.given, "export", nil,
		"at the end also write `FORMAT[=PATH]`, into the run's directory or to PATH; see throng export --help; may be repeated")
}

// check finds mistakes before the run, not behind it.
func (e *exports) check(several, noOut bool) error {
	for _, given := range e.given {
		name, path, named := strings.Cut(given, "=")
		f, err := export.Named(name)
		switch {
		case err != nil:
			return fmt.Errorf("--export %s: %w", given, err)
		case !named && noOut && !f.Stream:
			return fmt.Errorf("--export %s writes into the run's directory, and --no-out keeps none; say where to, as in --export %s=PATH", name, name)
		case named && path == "":
			return fmt.Errorf("--export %s names no file behind the =", given)
		case named && several:
			return fmt.Errorf("--export %s: each of several profiles would replace what the one before wrote; leave out =%s, and each has its own in its directory", given, path)
		}
		if named {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return fmt.Errorf("--export %s: %w", given, err)
			}
		}
		e.list = append(e.list, exportTo{f, path})
	}
	return nil
}

// writeExports writes all of them, also when one cannot be written; then the
// run's exit code is no pass any more. What is for the job's log goes to
// stderr, since stdout is the summary's.
func (a *app) writeExports(e *exports, run *results.Run) {
	for _, x := range e.list {
		path := x.path
		if path == "" && !x.format.Stream {
			path = filepath.Join(run.Dir, x.format.File)
		}
		if err := a.writeExport(run, x.format, path, a.env.Stderr); err != nil {
			fmt.Fprintf(a.env.Stderr, "throng: %s\n", err)
			incomplete(run.Report, fmt.Sprintf("the export %s could not be written; the verdict stands", x.format.Name))
			continue
		}
		if path != "" {
			for _, file := range x.format.Files(run) {
				run.Report.Files = append(run.Report.Files, path+file.Suffix)
			}
		}
	}
}
