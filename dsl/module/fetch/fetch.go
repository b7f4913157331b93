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
// Their errors are for people, and begin in lower case without the source:
// "SOURCE could not be fetched: ERROR." is a sentence. What a server said
// stands in them cleaned of what a terminal would obey.
type Fetcher interface {
	// Versions are the versions a source offers: tags that are semantic
	// versions, with or without a leading v, highest first, as written.
	// Archives have none.
	Versions(ctx context.Context, s source.Source) ([]string, error)

	// Fetch writes the whole tree of a source (not only its Sub, which must be
	// in it) into the directory dir, which is there and empty, and is so again
	// after an error. at is the tag (one of
	// Versions), the commit or the digest to get; "" for what the source's
	// Ref, or its default branch, leads to.
	Fetch(ctx context.Context, s source.Source, at, dir string) (Found, error)
}
