package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"throng/dsl/module/tree"
)

// TestHostileNames packs each list of names into a zip and into a tar.gz: the
// last is the hostile one, and is refused in both.
func TestHostileNames(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		names []string
		want  string
	}{
		// Ways out of the directory (traversal: CVE-2018-1002200 and its like).
		{[]string{"ok", "../canary"}, `holds ".."`},
		{[]string{"a/../../canary"}, `holds ".."`},
		{[]string{"a/.."}, `holds ".."`},
		{[]string{"./../x"}, `holds ".."`},
		{[]string{"/etc/passwd"}, "absolute path"},
		{[]string{"//host/share/x"}, "absolute path"},
		{[]string{`..\canary`}, `holds a '\\'`},
		{[]string{`a\b`}, `holds a '\\'`},
		{[]string{"C:/x"}, "holds a ':'"},
		{[]string{"file.txt:stream"}, "holds a ':'"},

		// Names that are another than they look, or none.
		{[]string{"a//b"}, "no name"},
		{[]string{"a/./b"}, "no name"},
		{[]string{"././a"}, "no name"},
		{[]string{"a\x01b"}, "cannot be seen"},
		{[]string{"a\x1b[2Jb"}, "cannot be seen"},
		{[]string{"a\nb"}, "cannot be seen"},
		{[]string{"a\u202eb"}, "cannot be seen"},
		{[]string{"a\u200db"}, "cannot be seen"},
		{[]string{"a\u0085b"}, "cannot be seen"},
		{[]string{"a\xffb"}, "not UTF-8"},
		{[]string{"a*b"}, "not every system allows"},

		// Names that Windows has for itself.
		{[]string{"nul"}, "device on Windows"},
		{[]string{"a/COM1.txt"}, "device on Windows"},
		{[]string{"Aux .hcl"}, "device on Windows"},
		{[]string{"lpt¹"}, "device on Windows"},
		{[]string{"conin$"}, "device on Windows"},
		{[]string{"a./b"}, "Windows drops"},
		{[]string{"b "}, "Windows drops"},

		// Sizes of names.
		{[]string{long}, "longer than 255"},
		{[]string{strings.Repeat(strings.Repeat("x", 200)+"/", 6) + "x"}, "longer than 1024"},
		{[]string{strings.Repeat("d/", 32) + "x"}, "32 directories deep"},

		// What belongs to git (CVE-2014-9390: .git in other letters).
		{[]string{".git/config"}, "files of git itself"},
		{[]string{"a/.GIT/hooks/post-checkout"}, "files of git itself"},
		{[]string{"GIT~1/config"}, "files of git itself"},
		{[]string{".g\u200cit/config"}, "cannot be seen"},

		// Two names that are one (CVE-2021-21300: case collision).
		{[]string{"a", "a"}, "in it twice"},
		{[]string{"Main.hcl", "main.hcl"}, "one name where case"},
		{[]string{"dir/a", "DIR/b"}, "one name where case"},
		{[]string{"stra\u00dfe", "STRASSE"}, "one name where case"},
		{[]string{"caf\u00e9", "cafe\u0301"}, "one name where case"},
		{[]string{"\u212aelvin", "kelvin"}, "one name where case"},
		{[]string{"a", "a/b"}, "both a file and a directory"},
		{[]string{"a/b", "a"}, "both a file and a directory"},
	} {
		t.Run(fmt.Sprintf("%q", c.names), func(t *testing.T) {
			if len(c.names[0]) > 300 {
				t.Log("shortened in the name")
			}
			var pairs []any
			for _, name := range c.names {
				pairs = append(pairs, name, "content")
			}
			refused(t, c.want, func(dir string) error { return Zip(zipOf(t, pairs...), dir) })
			refused(t, c.want, func(dir string) error { return TarGz(bytes.NewReader(tgz(t, pairs...)), dir) })
		})
	}
}

func TestHostileTars(t *testing.T) {
	ok := tarOf(t, "ok", "content")
	header := func(kind byte, name, link string) *tar.Header {
		return &tar.Header{Typeflag: kind, Name: name, Linkname: link, Mode: 0o644}
	}
	many := make([]any, 0, 2*(tree.MaxFiles+1))
	for i := range tree.MaxFiles + 1 {
		many = append(many, fmt.Sprintf("f%d", i), "")
	}
	dirs := make([]any, 0, 2*(maxEntries+2))
	for i := range maxEntries + 1 {
		dirs = append(dirs, fmt.Sprintf("d%d/", i), entryDir)
	}
	sparse := header(tar.TypeReg, "sparse", "")
	sparse.Format, sparse.PAXRecords = tar.FormatPAX, map[string]string{"XNU.sparse.major": "1"}
	noise := strings.Repeat("0123456789abcdef", tree.MaxBytes/16+1)
	for name, c := range map[string]struct {
		archive []byte
		want    string
	}{
		// Links (symlink read and write: CVE-2025-8959; hard link: CVE-2026-50163).
		"symlink":              {tgz(t, header(tar.TypeSymlink, "x", "/etc/passwd"), ""), "symbolic link"},
		"symlink, then file":   {tgz(t, header(tar.TypeSymlink, "x", ".."), "", "x/canary", "bad"), "symbolic link"},
		"harmless symlink":     {tgz(t, "ok", "", header(tar.TypeSymlink, "x", "ok"), ""), "symbolic link"},
		"hard link":            {tgz(t, header(tar.TypeLink, "x", "../../sibling/canary"), ""), "hard link"},
		"device":               {tgz(t, header(tar.TypeChar, "x", ""), ""), "a device"},
		"block device":         {tgz(t, header(tar.TypeBlock, "x", ""), ""), "a device"},
		"named pipe":           {tgz(t, header(tar.TypeFifo, "x", ""), ""), "named pipe"},
		"unknown kind":         {tgz(t, header('V', "x", ""), ""), "neither a file nor a directory"},
		"setuid":               {tgz(t, &tar.Header{Typeflag: tar.TypeReg, Name: "x", Mode: 0o4755}, ""), "setuid"},
		"setgid":               {tgz(t, &tar.Header{Typeflag: tar.TypeReg, Name: "x", Mode: 0o2755}, ""), "setuid"},
		"GNU sparse":           {gz(t, patch(ok, 156, "S")), "damaged"},
		"PAX sparse":           {gz(t, swap(tarOf(t, sparse, "0\n"), "XNU.sparse", "GNU.sparse")), "a sparse file"},
		"size below zero":      {gz(t, patch(ok, 124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")), "damaged"},
		"size of many exabyte": {gz(t, patch(ok, 124, "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff")), "damaged"},
		"no tar":               {gz(t, []byte(strings.Repeat("no tar at all ", 100))), "damaged"},
		"no gzip":              {ok, "no gzip archive"},
		"empty":                {nil, "no gzip archive"},
		"empty tar":            {tgz(t), "holds no file"},
		"directories only":     {tgz(t, "a/", entryDir, "a/b/", entryDir), "holds no file"},
		"truncated":            {cutShort(tgz(t, "x", noise[:100_000])), "damaged"},
		"wrong checksum":       {spoil(tgz(t, "x", "content")), "damaged"},
		"bytes after the tar":  {gz(t, ok, []byte("#!/bin/sh")), "bytes follow the end"},
		"second tar":           {gz(t, ok, ok), "bytes follow the end"},
		"bytes after the gzip": {append(tgz(t, "x", ""), "#!/bin/sh"...), "damaged"},
		"too many files":       {tgz(t, many...), "more than 10000 files"},
		"too many directories": {tgz(t, dirs...), "more than 20000 entries"},
		"too large":            {gzLevel(t, gzip.NoCompression, tarOf(t, "a", noise)), "larger than 32 MiB"},
		"bomb of zeros":        {tgz(t, "a", strings.Repeat("\x00", 8<<20)), "more than 100 times"},
		"bomb of many zeros":   {tgz(t, "a", strings.Repeat("\x00", 1<<20), "b", strings.Repeat("\x00", 1<<20)), "more than 100 times"},
		"bomb after the end":   {gz(t, ok, make([]byte, MaxArchive)), "larger than 32 MiB"},
		"bomb of headers":      {gz(t, bytes.Repeat(paxHeader(t), MaxArchive/(900<<10)+2)), "larger than 32 MiB"},
		"file where a dir was": {tgz(t, "a/", entryDir, "a", "x"), "both a file and a directory"},
		"hostile directory":    {tgz(t, "../x/", entryDir, "a", "x"), `holds ".."`},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, c.want, func(dir string) error { return TarGz(bytes.NewReader(c.archive), dir) })
		})
	}
}

func TestHostileZips(t *testing.T) {
	ok := zipOf(t, "ok", "content")
	two := zipOf(t, "one", "content 1", "two", "content 2")
	moded := func(mode fs.FileMode) *zip.FileHeader {
		h := &zip.FileHeader{Name: "x"}
		h.SetMode(mode)
		return h
	}
	asIs := func(name string) *zip.FileHeader { return &zip.FileHeader{Name: name, Method: zip.Store} }
	many := make([]any, 0, 2*(tree.MaxFiles+1))
	for i := range tree.MaxFiles + 1 {
		many = append(many, asIs(fmt.Sprintf("f%d", i)), "")
	}
	large := strings.Repeat("0123456789abcdef", tree.MaxBytes/16+1)
	for name, c := range map[string]struct {
		archive []byte
		want    string
	}{
		"symlink":                {zipOf(t, moded(fs.ModeSymlink|0o777), "/etc/passwd"), "symbolic link"},
		"symlink, then file":     {zipOf(t, moded(fs.ModeSymlink|0o777), "..", "x/canary", "bad"), "symbolic link"},
		"device":                 {zipOf(t, moded(fs.ModeDevice|0o644), ""), "a device"},
		"named pipe":             {zipOf(t, moded(fs.ModeNamedPipe|0o644), ""), "named pipe"},
		"socket":                 {zipOf(t, moded(fs.ModeSocket|0o644), ""), "a socket"},
		"setuid":                 {zipOf(t, moded(fs.ModeSetuid|0o755), ""), "setuid"},
		"directory with a name":  {zipOf(t, moded(fs.ModeDir|0o755), ""), "neither a file nor a directory"},
		"directory with content": {swap(zipOf(t, "dirx", "content"), "dirx", "dir/"), "neither a file nor a directory"},
		"NUL in a name":          {swap(ok, "ok", "o\x00"), "cannot be seen"},
		"encrypted":              {flag(ok, 1), "is encrypted"},
		"strongly encrypted":     {flag(ok, 1<<6), "is encrypted"},
		"unknown method":         {method(ok, 12), "few programs read"},
		"other name in front":    {bytes.Replace(ok, []byte("ok"), []byte("no"), 1), "another name in front"},
		"other method in front":  {patch(ok, 8, "\x00\x00"), "in front of its content"},
		"other flags in front":   {patch(ok, 6, "\x00\x00"), "in front of its content"},
		"other size in front":    {patch(stored(t, "ok", "content"), 22, "\x01\x00\x00\x00"), "in front of its content"},
		"larger than said":       {sized(stored(t, "ok", "content"), 7, 3), "damaged"},
		"smaller than said":      {sized(stored(t, "ok", "content"), 7, 90), "damaged"},
		"size of many exabytes":  {central(ok, 24, "\xfe\xff\xff\xff"), "in front of its content"},
		"overlapping entries":    {overlap(two), "overlaps another's"},
		"bytes in front":         {append([]byte("#!/bin/sh\nexit\n"), ok...), "overlaps another's, or bytes before it"},
		"bytes after":            {append(bytes.Clone(ok), "#!/bin/sh"...), "bytes follow the end"},
		"bytes in the comment":   {append(patch(ok, len(ok)-2, "\x01\x00"), "ab"...), "bytes follow the end"},
		"bytes between":          {between(ok), "belong to no entry"},
		"hidden entry":           {hidden(t), "belong to no entry"},
		"zip64 end":              {end64(ok), "zip64"},
		"wrong checksum":         {central(spoilStored(t), 0, ""), "damaged"},
		"truncated":              {cutShort(ok), "no zip archive"},
		"empty":                  {nil, "no zip archive"},
		"empty zip":              {zipOf(t), "holds no file"},
		"directories only":       {zipOf(t, "a/", "", "a/b/", ""), "holds no file"},
		"too many files":         {zipOf(t, many...), "more than 10000 files"},
		"too large":              {zipOf(t, asIs("a"), large), "larger than 32 MiB"},
		"too large together":     {zipOf(t, asIs("a"), large[:tree.MaxBytes/2], asIs("b"), large[:tree.MaxBytes/2], "c", "x"), "larger than 32 MiB"},
		"too large as it is":     {make([]byte, MaxArchive+1), "larger than 32 MiB"},
		"bomb of zeros":          {zipOf(t, "a", strings.Repeat("\x00", 8<<20)), "more than 100 times"},
		"bomb of many zeros":     {zipOf(t, "a", strings.Repeat("\x00", 1<<20), "b", strings.Repeat("\x00", 1<<20)), "more than 100 times"},
		"file where a dir was":   {zipOf(t, "a/", "", "a", "x"), "both a file and a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, c.want, func(dir string) error { return Zip(c.archive, dir) })
		})
	}
}

// zipOf packs pairs: a name or a *zip.FileHeader, and a content. Names are
// written as they are.
func zipOf(t testing.TB, pairs ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		h, ok := pairs[i].(*zip.FileHeader)
		if !ok {
			h = &zip.FileHeader{Name: pairs[i].(string), Method: zip.Deflate}
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(pairs[i+1].(string))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// stored packs one file as it is, with its sizes in front.
func stored(t testing.TB, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateRaw(&zip.FileHeader{Name: name, CRC32: crc(content), CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func patch(b []byte, at int, with string) []byte {
	b = bytes.Clone(b)
	copy(b[at:], with)
	return b
}

func swap(b []byte, name, with string) []byte {
	return bytes.ReplaceAll(b, []byte(name), []byte(with))
}

func cutShort(b []byte) []byte { return b[:len(b)/2] }

// spoil changes a gzip's checksum.
func spoil(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)-6] ^= 1
	return b
}

func spoilStored(t testing.TB) []byte {
	return swap(stored(t, "ok", "content"), "content", "CONTENT")
}

// directory is where the directory of a zip begins.
func directory(b []byte) int { return int(binary.LittleEndian.Uint32(b[len(b)-6:])) }

// central changes a zip's first entry in the directory.
func central(b []byte, at int, with string) []byte { return patch(b, directory(b)+at, with) }

// flag and method change both places of a zip's first entry.
func flag(b []byte, bit byte) []byte {
	at := directory(b) + 8
	return patch(patch(b, 6, string([]byte{b[6] | bit})), at, string([]byte{b[at] | bit}))
}

func method(b []byte, m byte) []byte {
	return patch(central(b, 10, string([]byte{m})), 8, string([]byte{m}))
}

// sized says another size of a stored file, in both places.
func sized(b []byte, packed, unpacked byte) []byte {
	sizes := string([]byte{packed, 0, 0, 0, unpacked, 0, 0, 0})
	return patch(central(b, 20, sizes), 18, sizes)
}

// overlap lets both entries of a zip have the content of the first.
func overlap(b []byte) []byte {
	second := directory(b) + 46 + len("one")
	return patch(b, second+42, "\x00\x00\x00\x00")
}

// between puts bytes in front of the directory of a zip.
func between(b []byte) []byte {
	at := directory(b)
	out := append(append(bytes.Clone(b[:at]), "#!/bin/sh"...), b[at:]...)
	binary.LittleEndian.PutUint32(out[len(out)-6:], uint32(at+9))
	return out
}

// hidden is a zip of two files whose directory holds the first alone.
func hidden(t testing.TB) []byte {
	b := zipOf(t, "one", "content 1", "two", "content 2")
	at := directory(b)
	first := b[at : at+46+len("one")]
	out := append(bytes.Clone(b[:at]), first...)
	end := bytes.Clone(b[len(b)-22:])
	end[8], end[10] = 1, 1
	binary.LittleEndian.PutUint32(end[12:], uint32(len(first)))
	return append(out, end...)
}

// end64 says that the archive's sizes are in a record of zip64, and adds it.
func end64(b []byte) []byte {
	le := binary.LittleEndian
	at, end := directory(b), len(b)-22
	record := le.AppendUint32(nil, 0x06064b50)
	record = le.AppendUint64(record, 44)
	record = append(record, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for _, n := range []int{1, 1, end - at, at} {
		record = le.AppendUint64(record, uint64(n))
	}
	locator := le.AppendUint32(nil, 0x07064b50)
	locator = le.AppendUint32(locator, 0)
	locator = le.AppendUint64(locator, uint64(end))
	locator = le.AppendUint32(locator, 1)
	out := append(append(bytes.Clone(b[:end]), record...), locator...)
	last := bytes.Clone(b[end:])
	copy(last[8:], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")
	return append(out, last...)
}

// paxHeader is a header of 900 KiB that belongs to no file.
func paxHeader(t testing.TB) []byte {
	b := tarOf(t, &tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": strings.Repeat("x", 900<<10)}}, "")
	return b[:len(b)-1024]
}
