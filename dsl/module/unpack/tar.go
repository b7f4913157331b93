package unpack

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// TarGz unpacks a tar archive packed by gzip into dir, which must be there
// and empty. It reads r to its end.
func TarGz(r io.Reader, dir string) error {
	return Into(dir, func(w *Writer) error {
		packed := &counter{r: r}
		z, err := gzip.NewReader(packed)
		if err != nil {
			return fmt.Errorf("it is no gzip archive, or a damaged one: %w", err)
		}
		defer z.Close()
		w.packed = func() int64 { return packed.n }
		stream := &counter{r: z}
		if err := w.tar(tar.NewReader(stream)); err != nil {
			return err
		}
		return onlyZeros(stream)
	})
}

// counter counts what is read, and ends it at MaxArchive.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.n += int64(n); c.n > MaxArchive {
		return 0, errTooLarge
	}
	return n, err
}

func (w *Writer) tar(r *tar.Reader) error {
	for {
		h, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errTooLarge):
			return errTooLarge
		case err != nil:
			return fmt.Errorf("the archive is damaged: %w", err)
		}
		if err := w.tarred(h, r); err != nil {
			return err
		}
	}
}

func (w *Writer) tarred(h *tar.Header, r io.Reader) error {
	mode := h.FileInfo().Mode()
	name := strings.TrimPrefix(h.Name, "./") // as of a directory that packs itself
	switch h.Typeflag {
	case tar.TypeXGlobalHeader: // as git archive writes, with the commit's name
		return w.count()
	case tar.TypeDir:
		if name == "" {
			return w.count()
		}
		return w.Dir(name)
	case tar.TypeReg:
	case tar.TypeLink:
		return fmt.Errorf("%s is a hard link: a module holds regular files only", show(h.Name))
	default:
		return notRegular(h.Name, mode)
	}
	if mode&(os.ModeSetuid|os.ModeSetgid) != 0 {
		return fmt.Errorf("%s would run with another's rights (setuid)", show(h.Name))
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return fmt.Errorf("%s is a sparse file: a module holds regular files only", show(h.Name))
		}
	}
	return w.File(name, h.Size, mode&0o111 != 0, damage{r})
}

// onlyZeros reads what follows the end of a tar, which is padding.
func onlyZeros(r io.Reader) error {
	b := make([]byte, 32<<10)
	for {
		n, err := r.Read(b)
		for _, c := range b[:n] {
			if c != 0 {
				return errors.New("bytes follow the end of the archive")
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("the archive is damaged: %w", err)
		}
	}
}
