package module

import (
	"io/fs"
	"path"

	"throng/dsl/module/source"
	"throng/stdlib"
)

// origin is what a module's directory is part of: this machine's disk, the
// embedded libraries, or one fetched tree. Of the last two no relative source
// leads out.
type origin struct {
	key     string // tells origins apart; "" for this machine's disk
	open    Opener
	fetched *Fetched       // what was fetched; nil for the others
	from    *source.Source // where it was fetched from
}

// std are the embedded libraries.
var std = &origin{key: "std", open: func(dir string) fs.FS {
	files, _ := fs.Sub(stdlib.Files(), path.Join("std", dir))
	return files
}}

func (o *origin) onDisk() bool { return o.key == "" }

// shown is how a directory of it is called.
func (o *origin) shown(dir string) string {
	switch {
	case o == std:
		return path.Join("std", dir)
	case o.fetched != nil:
		return o.fetched.Folder(dir)
	}
	return dir
}
