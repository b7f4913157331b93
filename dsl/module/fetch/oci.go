package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"throng/dsl/module/source"
	"throng/dsl/module/unpack"
)

// The layout of a module in a registry, that of OpenTofu with another type:
// an image manifest of this artifact type with one layer, a zip archive.
const (
	ArtifactType = "application/vnd.throng.modulepkg"
	LayerType    = "archive/zip"

	maxManifest = 256 << 10
	defaultTag  = "latest"
)

// oci fetches an artefact. at is a version, a tag or a digest, or "".
func (f *fetcher) oci(ctx context.Context, s source.Source, at, dir string) (Found, error) {
	repo, err := f.registry(s)
	if err != nil {
		return Found{}, err
	}
	defer repo.done()
	ref := reference(s, at)
	manifest, found, err := repo.manifest(ctx, ref)
	if err != nil {
		return Found{}, repo.failure(err, ref)
	}
	layer, err := onlyLayer(manifest)
	if err != nil {
		return Found{}, err
	}
	body, err := content.FetchAll(ctx, repo.Blobs(), layer)
	if err != nil {
		return Found{}, repo.failure(err, string(layer.Digest))
	}
	return Found{Digest: string(found)}, unpack.Zip(body, dir)
}

// ociTags are the tags of a repository, with the "+" of versions in place of
// the "_" that tags have for it.
func (f *fetcher) ociTags(ctx context.Context, s source.Source) ([]string, error) {
	repo, err := f.registry(s)
	if err != nil {
		return nil, err
	}
	defer repo.done()
	var all []string
	err = repo.Tags(ctx, "", func(tags []string) error {
		for _, tag := range tags {
			all = append(all, strings.Replace(tag, "_", "+", 1))
		}
		return nil
	})
	if err != nil {
		return nil, repo.failure(err, "")
	}
	return all, nil
}

// reference is the tag or digest to ask a registry for.
func reference(s source.Source, at string) string {
	switch {
	case at != "":
		return strings.Replace(at, "+", "_", 1)
	case s.Ref != "":
		return s.Ref
	}
	return defaultTag
}

// ociRepo is a repository of a registry.
type ociRepo struct {
	*remote.Repository
	done func()
}

func (f *fetcher) registry(s source.Source) (*ociRepo, error) {
	ref, err := registry.ParseReference(s.Addr)
	if err != nil {
		return nil, err
	}
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
	if err != nil {
		return nil, fmt.Errorf("the credential file of Docker cannot be read: %w", err)
	}
	client := f.web(ref.Registry)
	return &ociRepo{
		Repository: &remote.Repository{
			Client: &auth.Client{
				Client: client, Cache: auth.NewCache(), Header: http.Header{"User-Agent": {userAgent}},
				Credential: credentials.Credential(store),
			},
			Reference:       registry.Reference{Registry: ref.Registry, Repository: ref.Repository},
			PlainHTTP:       f.InsecureLoopback && source.Loopback(ref.Registry),
			TagListMaxPages: 200,
		},
		done: client.CloseIdleConnections,
	}, nil
}

// manifest gets the manifest that a tag or digest leads to, and its digest.
func (r *ociRepo) manifest(ctx context.Context, ref string) (ocispec.Manifest, digest.Digest, error) {
	var m ocispec.Manifest
	desc, body, err := r.Manifests().FetchReference(ctx, ref)
	if err != nil {
		return m, "", err
	}
	defer body.Close()
	switch {
	case desc.MediaType == ocispec.MediaTypeImageIndex || strings.Contains(desc.MediaType, "manifest.list"):
		return m, "", fmt.Errorf("%s leads to an index of several artefacts, and not to a module", clean(ref))
	case desc.MediaType != ocispec.MediaTypeImageManifest:
		return m, "", fmt.Errorf("%s leads to a manifest of the type %q, and not to a module", clean(ref), clean(desc.MediaType))
	case desc.Size > maxManifest:
		return m, "", fmt.Errorf("its manifest is larger than %d KiB", maxManifest>>10)
	}
	text, err := content.ReadAll(body, desc)
	if err != nil {
		return m, "", err
	}
	sum := digest.FromBytes(text)
	if want, err := digest.Parse(ref); err == nil && want != sum {
		return m, "", fmt.Errorf("the registry gave the manifest %s for %s", sum, want)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, "", fmt.Errorf("its manifest is damaged: %w", err)
	}
	return m, sum, nil
}

// onlyLayer is the archive that a manifest holds.
func onlyLayer(m ocispec.Manifest) (ocispec.Descriptor, error) {
	kind := m.ArtifactType
	if kind == "" {
		kind = m.Config.MediaType // before version 1.1 of the specification
	}
	switch {
	case kind != ArtifactType:
		return ocispec.Descriptor{}, fmt.Errorf("it is an artefact of the type %q, and a module is %q", clean(kind), ArtifactType)
	case len(m.Layers) != 1:
		return ocispec.Descriptor{}, fmt.Errorf("it has %d layers, and a module has one", len(m.Layers))
	}
	layer := m.Layers[0]
	switch {
	case layer.MediaType != LayerType:
		return layer, fmt.Errorf("its layer is of the type %q, and a module's is %q", clean(layer.MediaType), LayerType)
	case layer.Size < 0 || layer.Size > unpack.MaxArchive:
		return layer, errLarge
	case layer.Digest.Algorithm() != digest.SHA256 || layer.Digest.Validate() != nil:
		return layer, fmt.Errorf("its layer has the digest %q, which is no sha256", clean(string(layer.Digest)))
	}
	return layer, nil
}

// failure words what a registry answered when it was asked for ref.
func (r *ociRepo) failure(err error, ref string) error {
	var answer *errcode.ErrorResponse
	host := r.Reference.Registry
	switch status := 0; {
	case errors.As(err, &answer):
		status = answer.StatusCode
		text := fmt.Sprintf("the registry answered %d %s", status, http.StatusText(status))
		if len(answer.Errors) > 0 {
			text += ": " + clean(answer.Errors.Error())
		}
		switch status {
		case http.StatusUnauthorized, http.StatusForbidden:
			text += fmt.Sprintf(". Log in by \"docker login %s\", or another program that writes Docker's credential file", host)
		case http.StatusNotFound:
			text = "the registry has no repository " + r.Reference.Repository + ", or not for everybody"
		}
		return errors.New(text)
	case errors.Is(err, errdef.ErrNotFound) && ref == defaultTag:
		return fmt.Errorf("the repository has no tag %q, which is used where the source names none: write ?tag=, or `version` beside it", ref)
	case errors.Is(err, errdef.ErrNotFound):
		return fmt.Errorf("the repository has no tag and no digest %q", ref)
	case errors.Is(err, auth.ErrBasicCredentialNotFound):
		return fmt.Errorf("the registry asks for a login. Log in by \"docker login %s\", or another program that writes Docker's credential file", host)
	case errors.Is(err, content.ErrMismatchedDigest), errors.Is(err, content.ErrTrailingData), errors.Is(err, content.ErrInvalidDescriptorSize):
		return errors.New("what the registry gave is not what its manifest says: the digest or the size differs")
	}
	return errors.New(requested.ReplaceAllString(reason(err).Error(), ""))
}

// requested is what a request's error begins with.
var requested = regexp.MustCompile(`^[A-Z]+ "[^"]*": `)
