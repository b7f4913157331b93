package fetchtest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"maps"
	"slices"
)

// Zip is an archive of files, by their paths with slashes.
func Zip(files map[string]string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		must(err)
		_, err = f.Write([]byte(files[name]))
		must(err)
	}
	must(w.Close())
	return b.Bytes()
}

// TarGz is an archive of files, by their paths with slashes.
func TarGz(files map[string]string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		must(w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(files[name]))}))
		_, err := w.Write([]byte(files[name]))
		must(err)
	}
	must(w.Close())
	must(z.Close())
	return b.Bytes()
}

// must holds for writing to memory, which fails only where a test is wrong.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
