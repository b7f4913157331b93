package fetch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"

	"throng/dsl/module/fetch/fetchtest"
)

// nobody lets the test's process know no login of Docker's.
func nobody(t *testing.T) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("DOCKER_CONFIG", t.TempDir())
}

func TestOCI(t *testing.T) {
	nobody(t)
	r := fetchtest.NewRegistry(t, fetchtest.RegistryOptions{})
	f := testFetcher()
	addr := r.Source("team/shop")
	one, two := map[string]string{"main.hcl": "one", "lib/x.csv": "1"}, map[string]string{"main.hcl": "two"}
	push := func(tag string, files map[string]string, annotations map[string]string) (string, error) {
		return Push(t.Context(), f.Options, parse(t, addr+"?tag="+tag), fetchtest.Zip(files), annotations)
	}
	notes := map[string]string{"org.opencontainers.image.version": "1.0.0", "org.opencontainers.image.source": "x"}
	first, err := push("1.0.0", one, notes)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := push("1.0.0", one, notes); err != nil || again != first {
		t.Errorf("published again it is %s, and was %s (%v)", again, first, err)
	}
	if _, err := push("1.0.0", two, notes); err == nil || !strings.Contains(err.Error(), "published already, as "+first) {
		t.Error(err)
	}
	for _, tag := range []string{"v1.1.0", "1.2.0_b1", "latest", "edge"} {
		if _, err := push(tag, two, nil); err != nil {
			t.Fatal(err)
		}
	}
	if found := got(t, f, addr, "1.0.0", one); found.Digest != first {
		t.Errorf("1.0.0 has the digest %s, want %s", found.Digest, first)
	}
	got(t, f, addr+"//lib?tag=1.0.0", "", one)
	got(t, f, addr+"?digest="+first, "", one)
	got(t, f, addr, first, one)
	got(t, f, addr, "1.2.0+b1", two)
	got(t, f, addr+"?tag=edge", "", two)
	got(t, f, addr, "", two)
	if v, err := f.Versions(t.Context(), parse(t, addr)); err != nil || !slices.Equal(v, []string{"1.2.0+b1", "v1.1.0", "1.0.0"}) {
		t.Errorf("versions %v: %v", v, err)
	}
	refused(t, f, addr, "9.0.0", `no tag and no digest "9.0.0"`)
	refused(t, f, r.Source("none"), "", `no tag "latest"`)
	refused(t, f, addr+"?digest=sha256:"+strings.Repeat("0", 64), "", "no tag and no digest")
	refused(t, f, addr+"//none", "1.0.0", `Directories in it: "lib"`)
	if _, err := f.Versions(t.Context(), parse(t, r.Source("none"))); err == nil || !strings.Contains(err.Error(), "no repository none") {
		t.Error(err)
	}
	refused(t, New(Options{}), addr, "1.0.0", "") // by https, which it does not speak
	for _, bad := range []string{addr, addr + "?digest=" + first, "git::https://h.example/x?ref=v1", "./x"} {
		if _, err := Push(t.Context(), f.Options, parse(t, bad), nil, nil); err == nil || !strings.Contains(err.Error(), "no place to publish to") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestOCILogin(t *testing.T) {
	nobody(t)
	ca := fetchtest.NewAuthority(t)
	r := fetchtest.NewRegistry(t, fetchtest.RegistryOptions{TLS: ca, Auth: true})
	f := New(Options{RootCAs: ca.Pool})
	s := parse(t, r.Source("shop")+"?tag=1.0.0")
	files := map[string]string{"main.hcl": "one"}
	push := func() error {
		_, err := Push(t.Context(), Options{RootCAs: ca.Pool}, s, fetchtest.Zip(files), nil)
		return err
	}
	if err := push(); err == nil || !strings.Contains(err.Error(), `"docker login `+r.Host+`"`) {
		t.Error(err)
	}
	refused(t, f, s.Text, "", `"docker login `+r.Host+`"`)
	t.Setenv("DOCKER_CONFIG", r.DockerConfig(t))
	if err := push(); err != nil {
		t.Fatal(err)
	}
	got(t, f, s.Text, "", files)
	refused(t, New(Options{}), s.Text, "", "certificate")
}

// fake is a registry that says what a test wants.
type fake struct {
	manifest  []byte
	mediaType string
	blobs     map[string][]byte // by digest
	answer    http.HandlerFunc  // in place of all, unless nil
	seen      []string          // Authorization of every request
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.seen = append(f.seen, r.Header.Get("Authorization"))
	if f.answer != nil {
		f.answer(w, r)
		return
	}
	at := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch {
	case strings.Contains(r.URL.Path, "/manifests/"):
		w.Header().Set("Content-Type", f.mediaType)
		w.Header().Set("Content-Length", strconv.Itoa(len(f.manifest)))
		_, _ = w.Write(f.manifest)
	case f.blobs[at] != nil:
		_, _ = w.Write(f.blobs[at])
	default:
		http.NotFound(w, r)
	}
}

func TestHostileRegistries(t *testing.T) {
	nobody(t)
	zip := fetchtest.Zip(map[string]string{"a": "1"})
	layer := content.NewDescriptorFromBytes(LayerType, zip)
	reg := &fake{}
	s := fetchtest.HTTP(t, reg)
	addr := "oci://" + strings.TrimPrefix(s.URL, "http://") + "/x"
	set := func(change func(m *ocispec.Manifest)) {
		m := ocispec.Manifest{
			Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, ArtifactType: ArtifactType,
			Config: ocispec.DescriptorEmptyJSON, Layers: []ocispec.Descriptor{layer},
		}
		change(&m)
		*reg = fake{mediaType: ocispec.MediaTypeImageManifest, blobs: map[string][]byte{string(layer.Digest): zip}}
		reg.manifest, _ = json.Marshal(m)
	}
	other := layer
	other.Digest = digest.FromString("other")
	with := func(change func(d *ocispec.Descriptor)) func() {
		return func() {
			set(func(m *ocispec.Manifest) { change(&m.Layers[0]) })
		}
	}
	for _, c := range []struct {
		name string
		at   string
		make func()
		want string
	}{
		{"index", "", func() { set(func(*ocispec.Manifest) {}); reg.mediaType = ocispec.MediaTypeImageIndex }, "index of several"},
		{"old manifest", "", func() {
			set(func(*ocispec.Manifest) {})
			reg.mediaType = "application/vnd.docker.distribution.manifest.v1+json"
		}, "and not to a module"},
		{"image", "", func() {
			set(func(m *ocispec.Manifest) {
				m.ArtifactType, m.Config.MediaType = "", "application/vnd.oci.image.config.v1+json"
			})
		}, `an artefact of the type "application/vnd.oci.image.config.v1+json"`},
		{"other artefact", "", func() {
			set(func(m *ocispec.Manifest) { m.ArtifactType = "application/vnd.\x1b[2Jopentofu.modulepkg" })
		}, "an artefact of the type"},
		{"no layer", "", func() { set(func(m *ocispec.Manifest) { m.Layers = nil }) }, "0 layers"},
		{"two layers", "", func() { set(func(m *ocispec.Manifest) { m.Layers = append(m.Layers, m.Layers[0]) }) }, "2 layers"},
		{"layer of another type", "", with(func(d *ocispec.Descriptor) { d.MediaType = "application/x-tar" }), `of the type "application/x-tar"`},
		{"layer too large", "", with(func(d *ocispec.Descriptor) { d.Size = 1 << 40 }), "larger than 64 MiB"},
		{"layer below zero", "", with(func(d *ocispec.Descriptor) { d.Size = -1 }), "larger than 64 MiB"},
		{"layer longer than said", "", with(func(d *ocispec.Descriptor) { d.Size-- }), ""},
		{"layer shorter than said", "", with(func(d *ocispec.Descriptor) { d.Size++ }), ""},
		{"layer of no digest", "", with(func(d *ocispec.Descriptor) { d.Digest = "sha256:../../../etc/passwd" }), "no sha256"},
		{"layer of a weak digest", "", with(func(d *ocispec.Descriptor) { d.Digest = "md5:0123456789abcdef0123456789abcdef" }), "no sha256"},
		{"layer that is not there", "", with(func(d *ocispec.Descriptor) { d.Digest = digest.FromString("nothing") }), "no digest"},
		{"other content in the layer", "", func() {
			set(func(m *ocispec.Manifest) { m.Layers[0] = other })
			reg.blobs[string(other.Digest)] = zip
		}, "the digest or the size differs"},
		{"hostile zip", "", func() {
			evil := fetchtest.Zip(map[string]string{"../canary": "evil"})
			d := content.NewDescriptorFromBytes(LayerType, evil)
			set(func(m *ocispec.Manifest) { m.Layers[0] = d })
			reg.blobs[string(d.Digest)] = evil
		}, `holds ".."`},
		{"manifest of another digest", "sha256:" + strings.Repeat("0", 64), func() { set(func(*ocispec.Manifest) {}) }, ""},
		{"manifest that is no JSON", "", func() { set(func(*ocispec.Manifest) {}); reg.manifest = []byte("{") }, "damaged"},
		{"manifest too large", "", func() {
			set(func(m *ocispec.Manifest) { m.Annotations = map[string]string{"x": strings.Repeat("x", maxManifest)} })
		}, "larger than 256 KiB"},
		{"words for a terminal", "", func() {
			set(func(*ocispec.Manifest) {})
			reg.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(`{"errors":[{"code":"DENIED","message":"\u001b[2J\u001b]0;owned\u0007 go away"}]}`))
			}
		}, "go away"},
		{"login elsewhere, without encryption", "", func() {
			set(func(*ocispec.Manifest) {})
			reg.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="http://h.example/token",service="x"`)
				w.WriteHeader(http.StatusUnauthorized)
			}
		}, "not encrypted"},
		{"login at the cloud's metadata", "", func() {
			set(func(*ocispec.Manifest) {})
			reg.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="https://169.254.169.254/token",service="x"`)
				w.WriteHeader(http.StatusUnauthorized)
			}
		}, "link-local"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.make()
			refused(t, testFetcher(), addr, c.at, c.want)
		})
	}
	set(func(*ocispec.Manifest) {})
	got(t, testFetcher(), addr, "", map[string]string{"a": "1"})
}

// TestEndlessTags lists the tags of a registry whose list has no end.
func TestEndlessTags(t *testing.T) {
	nobody(t)
	n := 0
	s := fetchtest.HTTP(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("Link", fmt.Sprintf(`</v2/x/tags/list?last=%d>; rel="next"`, n))
		_, _ = w.Write([]byte(`{"name":"x","tags":["1.0.0"]}`))
	}))
	_, err := testFetcher().Versions(t.Context(), parse(t, "oci://"+strings.TrimPrefix(s.URL, "http://")+"/x"))
	if err == nil || n > 200 {
		t.Errorf("after %d pages: %v", n, err)
	}
}

// TestLoginStays fetches from a registry that asks for a login, and sends to
// another server for the content.
func TestLoginStays(t *testing.T) {
	zip := fetchtest.Zip(map[string]string{"a": "1"})
	layer := content.NewDescriptorFromBytes(LayerType, zip)
	store := &fake{blobs: map[string][]byte{string(layer.Digest): zip}}
	away := fetchtest.HTTP(t, store)
	manifest, _ := json.Marshal(ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, ArtifactType: ArtifactType,
		Config: ocispec.DescriptorEmptyJSON, Layers: []ocispec.Descriptor{layer},
	})
	reg := &fake{}
	reg.answer = func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case user != fetchtest.User || password != fetchtest.Password:
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		case strings.Contains(r.URL.Path, "/blobs/"):
			http.Redirect(w, r, away.URL+r.URL.Path, http.StatusTemporaryRedirect)
		default:
			w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
			_, _ = w.Write(manifest)
		}
	}
	s := fetchtest.HTTP(t, reg)
	host := strings.TrimPrefix(s.URL, "http://")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("DOCKER_CONFIG", (&fetchtest.Registry{Host: host}).DockerConfig(t))
	got(t, testFetcher(), "oci://"+host+"/x", "", map[string]string{"a": "1"})
	if !slices.Equal(store.seen, []string{""}) {
		t.Errorf("the other server saw %q", store.seen)
	}
	if !slices.ContainsFunc(reg.seen, func(a string) bool { return strings.HasPrefix(a, "Basic ") }) {
		t.Errorf("the registry saw %q", reg.seen)
	}
}
