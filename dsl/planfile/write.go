package planfile

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

const (
	manifestName = "manifest.json"
	textsPrefix  = "texts/"
)

// Encode is the file's bytes; equal contents give equal bytes.
func Encode(f *File) ([]byte, error) {
	manifest, err := json.MarshalIndent(f.Manifest, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the manifest: %w", err)
	}
	manifest = append(manifest, '\n')
	if len(manifest) > maxManifest {
		return nil, fmt.Errorf("the plan's options and list of files take more than %d MiB", maxManifest>>20)
	}
	if len(f.Texts) > maxTexts {
		return nil, fmt.Errorf("the plan is made of %d files; a plan file holds %d at most", len(f.Texts), maxTexts)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	if err := store(w, manifestName, manifest); err != nil {
		return nil, err
	}
	for _, sum := range slices.Sorted(maps.Keys(f.Texts)) {
		if err := store(w, textsPrefix+sum, f.Texts[sum]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encoding a plan file: %w", err)
	}
	if out.Len() > maxFile {
		return nil, fmt.Errorf("the plan file would be larger than %d MiB", maxFile>>20)
	}
	return out.Bytes(), nil
}

func store(w *zip.Writer, name string, data []byte) error {
	entry, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err == nil {
		_, err = io.Copy(entry, bytes.NewReader(data))
	}
	if err != nil {
		return fmt.Errorf("encoding %s: %w", name, err)
	}
	return nil
}
