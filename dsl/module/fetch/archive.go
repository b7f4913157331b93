package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"throng/dsl/module/source"
	"throng/dsl/module/unpack"
)

// archive fetches a zip or tar.gz. at is the digest that the file is to have,
// or "".
func (f *fetcher) archive(ctx context.Context, s source.Source, at, dir string) (Found, error) {
	body, err := f.download(ctx, s.Addr)
	if err != nil {
		return Found{}, err
	}
	sum := sha256.Sum256(body)
	found := Found{Digest: "sha256:" + hex.EncodeToString(sum[:])}
	if at != "" && at != found.Digest {
		return Found{}, fmt.Errorf("the file has the digest %s, and not %s", found.Digest, at)
	}
	path, _, _ := strings.Cut(s.Addr, "?")
	if strings.HasSuffix(path, ".zip") {
		return found, unpack.Zip(body, dir)
	}
	return found, unpack.TarGz(bytes.NewReader(body), dir)
}

// download gets a file into memory.
func (f *fetcher) download(ctx context.Context, addr string) ([]byte, error) {
	u, err := url.Parse(addr)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, addr, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", userAgent)
	client := f.web(u.Host)
	defer client.CloseIdleConnections()
	resp, err := client.Do(r)
	if err != nil {
		return nil, reason(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, answered(resp.StatusCode)
	}
	if resp.ContentLength > unpack.MaxArchive {
		return nil, errLarge
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, unpack.MaxArchive+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the download broke off: %w", reason(err))
	case len(body) > unpack.MaxArchive:
		return nil, errLarge
	}
	return body, nil
}

var errLarge = fmt.Errorf("the file is larger than %d MiB, which no module is", unpack.MaxArchive>>20)

// answered words a status that is not 200.
func answered(status int) error {
	text := fmt.Sprintf("the server answered %d %s", status, http.StatusText(status))
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		text += ": archives are fetched without credentials. Publish a private module in a git repository or an OCI registry"
	case http.StatusNotFound:
		text += ": there is nothing at the address, or not for everybody"
	}
	return errors.New(strings.TrimSpace(text))
}
