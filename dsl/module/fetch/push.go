package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"

	"throng/dsl/module/source"
)

// Push publishes a zip archive as the module that an OCI source with a tag
// names, and gives the manifest's digest. The annotations are the manifest's
// (org.opencontainers.image.…); the same archive and annotations give the same
// digest. A tag that is there already with another content is an error: what
// is published does not change.
func Push(ctx context.Context, o Options, s source.Source, zip []byte, annotations map[string]string) (string, error) {
	if s.Kind != source.OCI || s.Ref == "" || s.Pinned() {
		return "", fmt.Errorf("%s is no place to publish to: that is an OCI registry with a tag, oci://HOST/REPOSITORY?tag=1.2.0", s)
	}
	f := newFetcher(o)
	ctx, cancel := f.begin(ctx)
	defer cancel()
	repo, err := f.registry(s)
	if err != nil {
		return "", err
	}
	defer repo.done()
	digest, err := repo.push(ctx, s.Ref, zip, annotations)
	if err != nil {
		return "", ended(ctx, err)
	}
	return digest, nil
}

func (r *ociRepo) push(ctx context.Context, tag string, zip []byte, annotations map[string]string) (string, error) {
	layer := content.NewDescriptorFromBytes(LayerType, zip)
	manifest, err := json.Marshal(ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageManifest, ArtifactType: ArtifactType,
		Config: ocispec.DescriptorEmptyJSON, Layers: []ocispec.Descriptor{layer},
		Annotations: annotations,
	})
	if err != nil {
		return "", err
	}
	desc := content.NewDescriptorFromBytes(ocispec.MediaTypeImageManifest, manifest)
	desc.ArtifactType = ArtifactType
	switch old, err := r.Resolve(ctx, tag); {
	case err == nil && old.Digest == desc.Digest:
		return string(desc.Digest), nil
	case err == nil:
		return "", fmt.Errorf("the tag %s is published already, as %s, and what is published does not change: choose the next version", tag, old.Digest)
	case !errors.Is(err, errdef.ErrNotFound):
		return "", r.failure(err, tag)
	}
	for _, part := range []struct {
		desc ocispec.Descriptor
		body []byte
	}{{layer, zip}, {ocispec.DescriptorEmptyJSON, ocispec.DescriptorEmptyJSON.Data}} {
		there, err := r.Blobs().Exists(ctx, part.desc)
		if err == nil && !there {
			err = r.Blobs().Push(ctx, part.desc, bytes.NewReader(part.body))
		}
		if err != nil {
			return "", r.failure(err, tag)
		}
	}
	if err := r.PushReference(ctx, desc, bytes.NewReader(manifest), tag); err != nil {
		return "", r.failure(err, tag)
	}
	return string(desc.Digest), nil
}
