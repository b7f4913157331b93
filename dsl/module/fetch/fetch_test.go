package fetch

import (
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"throng/dsl/module/fetch/fetchtest"
	"throng/dsl/module/source"
	"throng/dsl/module/tree"
)

func parse(t testing.TB, text string) source.Source {
	t.Helper()
	s, err := source.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// files are what lies below a directory.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		all[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// got fetches into a fresh directory, and holds that it has the files.
func got(t *testing.T, f Fetcher, text, at string, want map[string]string) Found {
	t.Helper()
	dir := t.TempDir()
	found, err := f.Fetch(t.Context(), parse(t, text), at, dir)
	if err != nil {
		t.Fatalf("%s at %q: %v", text, at, err)
	}
	have := files(t, dir)
	for name := range want {
		if have[name] != want[name] {
			t.Errorf("%s at %q: %s is %q, want %q", text, at, name, have[name], want[name])
		}
	}
	if len(have) != len(want) {
		t.Errorf("%s at %q: %v, want %v", text, at, have, want)
	}
	if _, err := tree.Hash(os.DirFS(dir)); err != nil {
		t.Error(err)
	}
	return found
}

// refused holds that a fetch fails with a message, leaves the directory
// empty, and what is beside it as it was.
func refused(t *testing.T, f Fetcher, text, at, want string) {
	t.Helper()
	outer := t.TempDir()
	dir := filepath.Join(outer, "module")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outer, "canary"), []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := f.Fetch(t.Context(), parse(t, text), at, dir)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s at %q:\n got %v\nwant …%s…", text, at, err, want)
	}
	if err != nil && strings.ContainsAny(err.Error(), "\x00\x1b\n\r") {
		t.Errorf("the error holds what a terminal would obey: %q", err)
	}
	if left := files(t, outer); len(left) != 1 || left["canary"] != "as it was" {
		t.Errorf("%s at %q left %v", text, at, left)
	}
}

// testFetcher takes loopback without encryption, as tests do.
func testFetcher() *fetcher { return newFetcher(Options{InsecureLoopback: true, Timeout: patience}) }

// patience is for a busy machine: what is refused after a minute is refused
// for something else in these tests.
const patience = 10 * time.Minute

func TestVersions(t *testing.T) {
	tags := []string{"v1.2.0", "1.10.0", "v1.9.9", "v2.0.0-rc.1", "v2.0.0-rc.2", "v1", "v1.2", "latest", "release-1.0.0", "v01.2.3", "1.10.0+b1", "shop/v9.0.0", "vv1.0.0", "v1.2.3.4", ""}
	want := []string{"v2.0.0-rc.2", "v2.0.0-rc.1", "1.10.0", "1.10.0+b1", "v1.9.9", "v1.2.0"}
	if got := versions(tags); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestNotFetched(t *testing.T) {
	f := New(Options{})
	for text, want := range map[string]string{
		"./x": "here already", "std/profiles": "here already",
		"git::http://127.0.0.1/x.git": "THRONG_INSECURE_LOOPBACK=1", "git::git://127.0.0.1/x.git": "THRONG_INSECURE_LOOPBACK=1", "http://127.0.0.1/x.zip": "THRONG_INSECURE_LOOPBACK=1",
	} {
		refused(t, f, text, "", want)
		if _, err := f.Versions(t.Context(), parse(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if v, err := f.Versions(t.Context(), parse(t, "https://h.example/x.zip")); err != nil || v != nil {
		t.Errorf("an archive has the versions %v (%v)", v, err)
	}
}

// TestNoSub shows that a directory that is not there is told with those that
// are, and leaves nothing.
func TestNoSub(t *testing.T) {
	s := fetchtest.HTTP(t, fetchtest.Files(map[string][]byte{"/x.zip": fetchtest.Zip(map[string]string{"x-1/lib/main.hcl": ""})}))
	refused(t, testFetcher(), s.URL+"/x.zip//lib", "", `Directories in it: "x-1". Write "`+s.URL+`/x.zip//x-1/lib"`)
}

// TestGivenUp ends fetches of servers that never answer.
func TestGivenUp(t *testing.T) {
	asked := make(chan struct{}, 16)
	s := fetchtest.HTTP(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	host := strings.TrimPrefix(s.URL, "http://")
	sources := []string{s.URL + "/x.zip", "oci://" + host + "/x"}
	if fetchtest.Has("git") {
		sources = append(sources, "git::"+s.URL+"/x.git")
	}
	for _, text := range sources {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-asked
			cancel()
		}()
		if _, err := testFetcher().Fetch(ctx, parse(t, text), "", t.TempDir()); err == nil || !strings.Contains(err.Error(), "canceled") {
			t.Errorf("%s: %v", text, err)
		}
		f := newFetcher(Options{InsecureLoopback: true, Timeout: 50_000_000})
		if _, err := f.Fetch(t.Context(), parse(t, text), "", t.TempDir()); err == nil || err.Error() != "it took longer than 50ms" {
			t.Errorf("%s: %v", text, err)
		}
	}
	drain(asked)
}

func drain(c chan struct{}) {
	for len(c) > 0 {
		<-c
	}
}
