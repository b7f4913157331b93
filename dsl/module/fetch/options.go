package fetch

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"throng/dsl/module/source"
	"throng/dsl/module/unpack"
)

// Options are how modules are fetched. The zero value is fit for use.
type Options struct {
	// Timeout bounds one call of the Fetcher, and Push; 60 s where it is 0.
	Timeout time.Duration

	// InsecureLoopback lets sources of this machine's loopback addresses be
	// fetched without encryption: http://, git://, and OCI registries by http.
	InsecureLoopback bool

	// RootCAs vouch for servers of archives and OCI registries, in place of
	// the system's. Git has its own setting: GIT_SSL_CAINFO.
	RootCAs *x509.CertPool

	// Git is the git program, by name or path; "git" where it is empty.
	Git string

	// Temp makes the directories that git works in, which are removed after
	// each call; in the system's directory of temporary files where it is nil.
	Temp func() (string, error)
}

// New makes a Fetcher.
func New(o Options) Fetcher { return newFetcher(o) }

func newFetcher(o Options) *fetcher {
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	o.Git = cmp.Or(o.Git, "git")
	if o.Temp == nil {
		o.Temp = func() (string, error) { return os.MkdirTemp("", "throng-git-") }
	}
	return &fetcher{Options: o, proxy: http.ProxyFromEnvironment, maxRepository: 256 << 20}
}

type fetcher struct {
	Options
	proxy         func(*http.Request) (*url.URL, error)
	maxRepository int64 // bytes that git may store of a repository
}

func (f *fetcher) Versions(ctx context.Context, s source.Source) ([]string, error) {
	ctx, cancel := f.begin(ctx)
	defer cancel()
	var tags []string
	err := f.check(s)
	switch {
	case err != nil:
	case s.Kind == source.Git:
		tags, err = f.gitTags(ctx, s)
	case s.Kind == source.OCI:
		tags, err = f.ociTags(ctx, s)
	}
	if err != nil {
		return nil, ended(ctx, err)
	}
	return versions(tags), nil
}

func (f *fetcher) Fetch(ctx context.Context, s source.Source, at, dir string) (Found, error) {
	ctx, cancel := f.begin(ctx)
	defer cancel()
	if err := f.check(s); err != nil {
		return Found{}, err
	}
	get := f.archive
	switch s.Kind {
	case source.Git:
		get = f.git
	case source.OCI:
		get = f.oci
	}
	found, err := get(ctx, s, at, dir)
	if err != nil {
		return Found{}, ended(ctx, err)
	}
	if err := s.Find(os.DirFS(dir)); err != nil {
		_ = unpack.Empty(dir)
		return Found{}, err
	}
	return found, nil
}

// begin bounds what is done for one call.
func (f *fetcher) begin(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, f.Timeout, fmt.Errorf("it took longer than %s", f.Timeout))
}

// ended is the reason a call was given up, where it was, and else err.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// check refuses a source that is not fetched, or not in this way.
func (f *fetcher) check(s source.Source) error {
	switch {
	case !s.Remote():
		return fmt.Errorf("%s is not fetched: it is here already", s)
	case s.Insecure() && !f.InsecureLoopback:
		scheme, _, _ := strings.Cut(s.Addr, ":")
		return fmt.Errorf("%s:// is not encrypted. For a test on this machine set THRONG_INSECURE_LOOPBACK=1", scheme)
	}
	return nil
}
