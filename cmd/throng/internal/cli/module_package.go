package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"throng/dsl/library/bundle"
)

func (a *app) modulePackageCommand() *cobra.Command {
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "package [DIR]",
		Short: "Pack a library into one file",
		Long: `Packs the library in DIR (the current directory when left out) into one zip
file, which can be served over https or pushed to an OCI registry. Its bytes
depend on the names and contents of the files alone: whoever packs the same
files gets the same digest.

Left out are names that begin with a dot, directories called results or
vendor, and what a file .throngignore names, one pattern a line: *.log at any
depth, /docs/drafts/ from DIR on, a slash at the end for directories only.
Links are refused.

It prints the file's SHA-256 and the hash of what is in it, which is what the
lock file of a scenario that uses it will say. In a git repository it warns of
files that are not committed as they are packed.`,
		Example:           "  throng module package -o shop-1.2.0.zip shop-library",
		Args:              oneLibrary,
		ValidArgsFunction: directoryCompletion,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.modulePackage(libraryDir(args), out, asJSON)
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "the `FILE.zip` to write")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the file's name, digests and files as JSON")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

// packed is a package as it is printed.
type packedModule struct {
	File   string   `json:"file"`
	SHA256 string   `json:"sha256"`
	Hash   string   `json:"hash"`
	Bytes  int      `json:"bytes"`
	Files  []string `json:"files"`
}

func (a *app) modulePackage(dir, out string, asJSON bool) error {
	if !strings.HasSuffix(out, ".zip") {
		return fmt.Errorf("--out %s: a package is a zip file, and whoever fetches it goes by its ending: call it %s", out, out+".zip")
	}
	if _, err := a.library(dir); err != nil {
		return err
	}
	p, err := packLibrary(dir, out)
	if err != nil {
		return err
	}
	if err := saveZip(out, "zip file", 0o644, p.Zip); err != nil {
		return fmt.Errorf("the package cannot be written: %w", err)
	}
	if names := uncommitted(dir, p.Files); len(names) > 0 {
		fmt.Fprintf(a.env.Stderr, "Warning: what is packed is not what is committed: %s.\n", few(names))
	}
	if asJSON {
		return a.printJSON(packedModule{out, p.SHA256, p.Hash, len(p.Zip), p.Files})
	}
	_, err = fmt.Fprintf(a.env.Stdout, "%s\n  files   %d\n  sha256  %s\n  hash    %s\n", out, len(p.Files), p.SHA256, p.Hash)
	return err
}

// uncommitted are the files of a package that the library's git repository
// does not hold as they are; none where there is no repository, or no git.
func uncommitted(dir string, files []string) []string {
	repo := openRepository(dir)
	if repo == nil {
		return nil
	}
	names, err := repo.uncommitted(files)
	if err != nil {
		return nil
	}
	return names
}

// few lists names for a sentence: the first of many, and how many more.
func few(names []string) string {
	const shown = 5
	text := strings.Join(names[:min(len(names), shown)], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// packLibrary packs a directory, but for the file out. Nothing outside of it is
// read, whatever stands in it.
func packLibrary(dir, out string) (*bundle.Archive, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("the library cannot be packed: %w", err)
	}
	defer root.Close()
	base, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	full, err := filepath.Abs(out)
	if err != nil {
		return nil, err
	}
	inside, _ := filepath.Rel(base, full) // on another volume it is not inside
	return bundle.Pack(root.FS(), filepath.ToSlash(inside))
}
