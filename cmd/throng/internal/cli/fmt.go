package cli

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"throng/dsl/format"
)

func (a *app) fmtCommand() *cobra.Command {
	var check, recursive bool
	cmd := &cobra.Command{
		Use:   "fmt [PATH …]",
		Short: "Lay scenario files out in canonical form",
		Long: `Rewrites *.hcl files in canonical form and prints the names of those it
changed. PATH is a file or a directory, the current one when left out; with -
it reads stdin and writes stdout. Comments, order and texts stay as they are.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			return a.format(args, check, recursive)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; exit 3 if a file is not in canonical form")
	cmd.Flags().BoolVar(&recursive, "recursive", false, "also format directories below")
	return cmd
}

func (a *app) format(paths []string, check, recursive bool) error {
	differs, failed := false, false
	for _, path := range paths {
		if path == "-" {
			src, err := io.ReadAll(a.env.Stdin)
			if err != nil {
				return err
			}
			out, ok := a.formatted(src, "stdin")
			if !ok {
				return silent{ExitError}
			}
			differs = differs || !bytes.Equal(src, out)
			if !check {
				if _, err := a.env.Stdout.Write(out); err != nil {
					return err
				}
			}
			continue
		}
		files, err := sourceFiles(path, recursive)
		if err != nil {
			return err
		}
		for _, file := range files {
			changed, ok, err := a.formatFile(file, check)
			if err != nil {
				return err
			}
			differs, failed = differs || changed, failed || !ok
		}
	}
	switch {
	case failed:
		return silent{ExitError}
	case check && differs:
		return silent{ExitFormat}
	}
	return nil
}

func (a *app) formatted(src []byte, name string) ([]byte, bool) {
	out, diags := format.Source(src, name)
	a.diagnose(diags, map[string][]byte{name: src})
	return out, !diags.HasErrors()
}

func (a *app) formatFile(file string, check bool) (changed, ok bool, err error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return false, false, err
	}
	out, ok := a.formatted(src, file)
	if !ok || bytes.Equal(src, out) {
		return false, ok, nil
	}
	fmt.Fprintln(a.env.Stdout, file)
	if check {
		return true, true, nil
	}
	return true, true, replaceFile(file, out)
}

// replaceFile writes a file beside the old one and moves it there, so that an
// interruption never leaves half a file.
func replaceFile(file string, content []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".throng-fmt-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(content)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), info.Mode().Perm())
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	return err
}

// sourceFiles are the *.hcl files of a path.
func sourceFiles(path string, recursive bool) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%q cannot be read: %w", path, err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != path && (!recursive || strings.HasPrefix(d.Name(), ".")) {
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
