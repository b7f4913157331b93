package fetch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"throng/dsl/module/source"
	"throng/dsl/module/tree"
	"throng/dsl/module/unpack"
)

const (
	maxRefs    = 32 << 20 // bytes of a list of refs
	maxListing = 8 << 20  // bytes of a list of files
	fetched    = "refs/throng/module"
)

// The name of a commit: in full, and as people shorten it.
var (
	fullName  = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	shortName = regexp.MustCompile(`^[0-9a-f]{7,}$`)
)

// git fetches one commit, without its history, into a repository of its own
// that is removed afterwards. The files are read out of it as they are stored:
// there is no checkout, so no attribute, filter, hook or link has a part in it.
func (f *fetcher) git(ctx context.Context, s source.Source, at, dir string) (Found, error) {
	g, done, err := f.repository(ctx, s)
	if err != nil {
		return Found{}, err
	}
	defer done()
	want, err := g.choose(ctx, s, at)
	if err != nil {
		return Found{}, err
	}
	if err := g.get(ctx, want); err != nil {
		return Found{}, err
	}
	commit, err := g.output(ctx, 1<<10, "rev-parse", "--verify", "--quiet", "--end-of-options", fetched+"^{commit}")
	if err != nil {
		if ctx.Err() != nil {
			return Found{}, err
		}
		return Found{}, fmt.Errorf("%s leads to no commit", want.shown)
	}
	name := strings.TrimSpace(string(commit))
	if !fullName.MatchString(name) || want.commit != "" && name != want.commit {
		return Found{}, fmt.Errorf("%s leads to the commit %q", want.shown, clean(name))
	}
	err = unpack.Into(dir, func(w *unpack.Writer) error { return g.export(ctx, name, w) })
	return Found{Commit: name}, err
}

// gitTags are the names of a repository's tags.
func (f *fetcher) gitTags(ctx context.Context, s source.Source) ([]string, error) {
	g, done, err := f.repository(ctx, s)
	if err != nil {
		return nil, err
	}
	defer done()
	refs, err := g.refs(ctx, "refs/tags/*")
	if err != nil {
		return nil, err
	}
	var tags []string
	for name := range refs {
		if tag, ok := strings.CutPrefix(name, "refs/tags/"); ok && !strings.HasSuffix(tag, "^{}") {
			tags = append(tags, tag)
		}
	}
	return tags, nil
}

// repository makes an empty one for a source. done removes it.
func (f *fetcher) repository(ctx context.Context, s source.Source) (g *gitRepo, done func(), err error) {
	u, err := url.Parse(s.Addr)
	if err != nil {
		return nil, nil, err
	}
	if err := f.gitInstalled(ctx); err != nil {
		return nil, nil, err
	}
	if u.Host != "" {
		if proxy, _ := f.proxyOf(u); proxy == nil {
			if err := newPolicy(u.Host).resolve(ctx, u.Hostname()); err != nil {
				return nil, nil, err
			}
		}
	}
	dir, err := f.Temp()
	if err != nil {
		return nil, nil, err
	}
	return &gitRepo{fetcher: f, dir: dir, addr: s.Addr, scheme: u.Scheme}, func() { _ = os.RemoveAll(dir) }, nil
}

// gitRepo is a bare repository in dir that fetches from addr.
type gitRepo struct {
	*fetcher
	dir, addr, scheme string
}

// wanted is what to fetch: a ref by its full name, or a commit.
type wanted struct {
	shown  string // as a message names it
	ref    string
	commit string
	format string // the repository's hash function
}

// choose finds what a tag, a branch or a commit's name means there.
func (g *gitRepo) choose(ctx context.Context, s source.Source, at string) (wanted, error) {
	name := at
	if name == "" {
		name = s.Ref
	}
	if fullName.MatchString(name) {
		return wanted{shown: "the commit " + name, commit: name, format: hashOf(name)}, nil
	}
	candidates := []string{"HEAD"}
	switch {
	case at != "":
		candidates = []string{"refs/tags/" + at}
	case strings.HasPrefix(name, "refs/"):
		candidates = []string{name}
	case name != "":
		candidates = []string{"refs/tags/" + name, "refs/heads/" + name}
	}
	refs, err := g.refs(ctx, candidates...)
	if err != nil {
		return wanted{}, err
	}
	for _, ref := range candidates {
		if id, ok := refs[ref]; ok {
			return wanted{shown: shownRef(ref), ref: ref, format: hashOf(id)}, nil
		}
	}
	switch {
	case name == "":
		return wanted{}, errors.New("the repository is empty, or has no default branch: name one by ?ref=")
	case at != "":
		return wanted{}, fmt.Errorf("the repository has no tag %q", name)
	case shortName.MatchString(name):
		return wanted{}, fmt.Errorf("the repository has no tag and no branch %q. A commit is named in full, by 40 digits", name)
	}
	return wanted{}, fmt.Errorf("the repository has no tag and no branch %q", name)
}

func shownRef(ref string) string {
	for prefix, kind := range map[string]string{"refs/tags/": "the tag ", "refs/heads/": "the branch "} {
		if name, ok := strings.CutPrefix(ref, prefix); ok {
			return kind + name
		}
	}
	return ref
}

func hashOf(id string) string {
	if len(id) == 64 {
		return "sha256"
	}
	return "sha1"
}

// refs are the repository's refs that fit one of the patterns, and what they
// lead to.
func (g *gitRepo) refs(ctx context.Context, patterns ...string) (map[string]string, error) {
	if err := g.init(ctx, "sha1"); err != nil {
		return nil, err
	}
	out, err := g.output(ctx, maxRefs, append([]string{"ls-remote", "--end-of-options", g.addr}, patterns...)...)
	if err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for line := range strings.Lines(string(out)) {
		id, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if ok && fullName.MatchString(id) {
			refs[name] = id
		}
	}
	return refs, nil
}

// init makes the repository, in place of what it was.
func (g *gitRepo) init(ctx context.Context, format string) error {
	if err := unpack.Empty(g.dir); err != nil {
		return err
	}
	_, err := g.output(ctx, 1<<10, "init", "--quiet", "--bare", "--template=", "--object-format="+format, ".")
	return err
}

// get fetches what is wanted.
func (g *gitRepo) get(ctx context.Context, want wanted) error {
	if err := g.init(ctx, want.format); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		g.watch(ctx, cancel)
	}()
	err := g.fetchOne(ctx, want)
	if err == nil {
		err = g.small()
	}
	cancel(nil)
	<-watched
	return err
}

func (g *gitRepo) fetchOne(ctx context.Context, want wanted) error {
	fetch := func(args ...string) error {
		all := []string{"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance"}
		_, err := g.output(ctx, 1<<10, append(all, args...)...)
		return err
	}
	if want.commit == "" {
		return fetch("--depth=1", "--end-of-options", g.addr, "+"+want.ref+":"+fetched)
	}
	err := fetch("--depth=1", "--end-of-options", g.addr, "+"+want.commit+":"+fetched)
	if err == nil || ctx.Err() != nil {
		return err
	}
	// Servers may give away commits by the name of a ref alone: then the
	// commit is looked for in the history of all.
	if all := fetch("--end-of-options", g.addr, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"); all != nil {
		return all
	}
	if _, bad := g.output(ctx, 1<<10, "update-ref", "--end-of-options", fetched, want.commit); bad != nil {
		return fmt.Errorf("no branch and no tag of the repository leads to %s", want.shown)
	}
	return nil
}

var errRepository = errors.New("the repository is too large")

// small holds what is stored of the repository to its limit.
func (g *gitRepo) small() error {
	total := int64(0)
	_ = filepath.WalkDir(g.dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil // files of git come and go
	})
	if total > g.maxRepository {
		return fmt.Errorf("%w: one commit of it takes more than %d MiB. Keep a library in a repository of its own", errRepository, g.maxRepository>>20)
	}
	return nil
}

// watch ends a fetch that stores too much.
func (g *gitRepo) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := g.small(); err != nil {
				cancel(err)
				return
			}
		}
	}
}

var errFiles = fmt.Errorf("it holds more than %d files. Keep a library in a repository of its own", tree.MaxFiles)

// blob is a file of a commit.
type blob struct {
	name, id   string
	size       int64
	executable bool
}

// export writes the files of a commit.
func (g *gitRepo) export(ctx context.Context, commit string, w *unpack.Writer) error {
	list, err := g.output(ctx, maxListing, "ls-tree", "-r", "-z", "-l", "--full-tree", commit)
	if errors.Is(err, errOutput) {
		return errFiles
	} else if err != nil {
		return err
	}
	var blobs []blob
	var ids strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		if line == "" {
			continue
		}
		b, err := readEntry(line)
		if err != nil {
			return err
		}
		blobs = append(blobs, b)
		ids.WriteString(b.id + "\n")
	}
	if len(blobs) > tree.MaxFiles {
		return errFiles
	}
	return g.stream(ctx, ids.String(), func(r io.Reader) error {
		in := bufio.NewReader(r)
		for _, b := range blobs {
			if err := copyBlob(w, b, in); err != nil {
				return err
			}
		}
		return nil
	}, "cat-file", "--batch")
}

// readEntry reads a line of ls-tree: MODE TYPE OBJECT SIZE, a tab, the name.
func readEntry(line string) (blob, error) {
	meta, name, _ := strings.Cut(line, "\t")
	fields := strings.Fields(meta)
	if len(fields) != 4 {
		return blob{}, fmt.Errorf("git lists a file in a way that is not known: %q", clean(line))
	}
	switch mode := fields[0]; mode {
	case "100644", "100664", "100755":
		size, err := strconv.ParseInt(fields[3], 10, 64)
		return blob{name: name, id: fields[2], size: size, executable: mode == "100755"}, err
	case "120000":
		return blob{}, fmt.Errorf("%q is a symbolic link: a module holds regular files only", clean(name))
	case "160000":
		return blob{}, fmt.Errorf("%q is a submodule, which is not fetched: bring that repository in by a module block of its own", clean(name))
	default:
		return blob{}, fmt.Errorf("%q is neither a file nor a directory (its mode is %s)", clean(name), clean(mode))
	}
}

// copyBlob writes a file as cat-file gives it: OBJECT TYPE SIZE, a newline,
// the content, a newline.
func copyBlob(w *unpack.Writer, b blob, in *bufio.Reader) error {
	head, err := in.ReadString('\n')
	if err != nil || head != fmt.Sprintf("%s blob %d\n", b.id, b.size) {
		return fmt.Errorf("git cannot give the file %q: %s", clean(b.name), clean(head))
	}
	if err := w.File(b.name, b.size, b.executable, io.LimitReader(in, b.size)); err != nil {
		return err
	}
	_, err = in.Discard(1)
	return err
}
