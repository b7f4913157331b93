package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"throng/dsl/library"
	"throng/dsl/library/bundle"
	"throng/dsl/library/readme"
	"throng/dsl/module/fetch"
	"throng/dsl/module/source"
)

// publishFlags are the flags of module publish.
type publishFlags struct {
	checkFlags
	tag   bool
	dirty bool // what is not committed may be published
}

func (a *app) modulePublishCommand() *cobra.Command {
	var f publishFlags
	cmd := &cobra.Command{
		Use:   "publish [DIR] [oci://HOST/REPOSITORY] --version VERSION",
		Short: "Publish a version of a library",
		Long: `Checks the library in DIR (the current directory when left out) as module
check does, packs it as module package does, and pushes the package to an OCI
registry under the version as its tag. It prints the digest, and the module
block that callers paste.

What is published does not change: a version that is there already with
another content is refused. So is a library in a git repository that holds
files which are not committed as they are packed, unless --allow-dirty says
that they are meant. Credentials are those of docker login.

With --tag it also, or only, makes the annotated tag vVERSION in the local git
repository, where the library has no uncommitted change. Nothing is pushed to
a git remote.`,
		Example:           "  throng module publish shop-library oci://ghcr.io/acme/shop --version 1.2.0\n  throng module publish --tag --version 1.2.0",
		Args:              cobra.MaximumNArgs(2),
		ValidArgsFunction: directoryCompletion,
		RunE: func(_ *cobra.Command, args []string) error {
			dir, to, err := f.places(args)
			if err != nil {
				return err
			}
			return a.modulePublish(dir, to, &f)
		},
	}
	cmd.Flags().StringVar(&f.version, "version", "", "the `VERSION` to publish, such as 1.2.0")
	cmd.Flags().BoolVar(&f.tag, "tag", false, "make the tag vVERSION in the local git repository")
	cmd.Flags().BoolVar(&f.dirty, "allow-dirty", false, "push files that are not committed to git as they are")
	cmd.Flags().StringVar(&f.against, "against", "", "compare with `OTHER`, as module check does")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the digest, the hash and the source as JSON")
	return cmd
}

// places are the library's directory and, unless only a tag is made, where it
// is published.
func (f *publishFlags) places(args []string) (dir string, to *source.Source, err error) {
	dir, place := ".", ""
	for _, arg := range args {
		switch {
		case strings.Contains(arg, "://"):
			place = arg
		case dir != ".":
			return "", nil, fmt.Errorf("publish takes one library, and these are two: %q, %q", dir, arg)
		default:
			dir = arg
		}
	}
	switch {
	case f.version == "":
		return "", nil, errors.New("--version is missing: say which version this is, such as 1.2.0; throng module check says which one it has to be at least")
	case strings.Contains(f.version, "+"):
		return "", nil, fmt.Errorf("--version %s: what stands behind a + tells no versions apart: leave it out", f.version)
	case place == "" && !f.tag:
		return "", nil, errors.New("say where to publish: oci://HOST/REPOSITORY, or --tag for a tag in the local git repository")
	case place == "" && f.dirty:
		return "", nil, errors.New("--allow-dirty is about what is pushed to a registry: a tag holds what is committed")
	case place == "":
		return dir, nil, nil
	}
	s, err := source.Parse(place)
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("%q is no place to publish to: %w", place, err)
	case s.Kind != source.OCI || s.Ref != "" || s.Sub != "":
		return "", nil, fmt.Errorf("%q is no place to publish to: write oci://HOST/REPOSITORY, and the version with --version; for git make a tag with --tag and push it", place)
	}
	s.Ref = strings.TrimPrefix(f.version, "v")
	return dir, &s, nil
}

// published is what module publish did. It is also its JSON form.
type published struct {
	Version string `json:"version"`
	Source  string `json:"source"` // "" where only a tag was made
	Digest  string `json:"digest"` // of the manifest
	SHA256  string `json:"sha256"` // of the package
	Hash    string `json:"hash"`   // of the files, as a lock file records it
	Tag     string `json:"tag"`    // made in the local git repository; "" for none
}

func (a *app) modulePublish(dir string, to *source.Source, f *publishFlags) error {
	c, err := a.checkLibrary(dir, f.checkFlags)
	if err != nil {
		return err
	}
	if !c.OK {
		if err := a.showCheck(c, false); err != nil {
			return err
		}
		return silent{ExitError}
	}
	p, err := packLibrary(dir, "")
	if err != nil {
		return err
	}
	done := &published{Version: strings.TrimPrefix(f.version, "v"), SHA256: p.SHA256, Hash: p.Hash}
	var tag *versionTag
	if f.tag {
		if tag, err = newTag(dir, done.Version, c.LastVersion); err != nil {
			return fmt.Errorf("--tag: %w", err)
		}
	}
	if to != nil && !f.dirty {
		if names := uncommitted(dir, p.Files); len(names) > 0 {
			return fmt.Errorf("what would be published is not what is committed: %s. Commit it, have %s leave it out, or add --allow-dirty", few(names), bundle.IgnoreName)
		}
	}
	if to != nil {
		if done.Digest, err = a.push(*to, p, c.api); err != nil {
			return fmt.Errorf("%s cannot be published: %w", to, err)
		}
		to.Ref = ""
		done.Source = to.String()
	}
	if tag != nil {
		if err := tag.make(); err != nil {
			return fmt.Errorf("the tag cannot be made: %w", err)
		}
		done.Tag = tag.name
	}
	if f.json {
		return a.printJSON(done)
	}
	return a.showPublished(done, c)
}

// push pushes a package. Its annotations say nothing that differs between two
// who pack the same files, so that they get the same digest.
func (a *app) push(to source.Source, p *bundle.Archive, api *library.API) (digest string, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	annotations := map[string]string{
		"org.opencontainers.image.title":   api.Name,
		"org.opencontainers.image.version": to.Ref,
	}
	if api.Description != "" {
		annotations["org.opencontainers.image.description"] = api.Description
	}
	insecure, _ := a.env.Lookup("THRONG_INSECURE_LOOPBACK")
	return fetch.Push(ctx, fetch.Options{InsecureLoopback: insecure == "1"}, to, p.Zip, annotations)
}

func (a *app) showPublished(p *published, c *libraryCheck) error {
	var b strings.Builder
	if p.Source != "" {
		fmt.Fprintf(&b, "%s %s\n  digest  %s\n  hash    %s\n\n%s", p.Source, p.Version, p.Digest, p.Hash, readme.Usage(c.api, p.Source, library.Compatible(p.Version)))
	}
	if p.Tag != "" {
		fmt.Fprintf(&b, "\nThe tag %s is made. Callers see it once it is pushed: git push origin %s\n", p.Tag, p.Tag)
	}
	_, err := a.env.Stdout.Write([]byte(strings.TrimPrefix(b.String(), "\n")))
	return err
}
