// Package fetch gets modules over the network: git by the system's git,
// archives over https, artefacts of OCI registries. What it writes stays
// within one fresh directory, whatever it is sent.
package fetch

import (
	"context"

	"throng/dsl/module/source"
)

// Found says what a fetch ended at.
type Found struct {
	Commit string // Git: the commit's full name
	Digest string // OCI: the manifest's digest; Archive: sha256:… of the file
}

// Fetcher gets modules. The methods of one may be called at the same time.
type Fetcher interface {
	// Versions are the versions a source offers: tags that are semantic
	// versions, with or without a leading v, highest first, as written.
	// Archives have none.
	Versions(ctx context.Context, s source.Source) ([]string, error)

	// Fetch writes the whole tree of a source (not only its Sub) into the
	// directory dir, which is there and empty. at is the tag (one of
	// Versions), the commit or the digest to get; "" for what the source's
	// Ref, or its default branch, leads to.
	Fetch(ctx context.Context, s source.Source, at, dir string) (Found, error)
}
