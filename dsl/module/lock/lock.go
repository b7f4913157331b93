// Package lock is the lock file of a scenario: which version of every module
// that had to be fetched is used, and the hash of its files.
package lock

// Name is the lock file's name, in the scenario's directory.
const Name = ".throng.lock.hcl"

// File is a lock file. Its modules are sorted by their keys.
type File struct {
	Modules []Module
}

// Module is what one source is locked to. All that name the source share it,
// so a tree holds one version of a library.
type Module struct {
	Key         string   // source.Source.Key: without the directory in it
	Constraints []string // what its callers ask of the version, sorted, each once
	Version     string   // chosen among the tags; "" where the source itself says which
	Commit      string   // Git: the commit's full name
	Digest      string   // OCI: the manifest's; Archive: sha256:… of the file
	Hash        string   // h1:… of the whole tree, see package tree
}

// Of is the entry of a key, or nil.
func (f *File) Of(key string) *Module {
	for i := range f.Modules {
		if f.Modules[i].Key == key {
			return &f.Modules[i]
		}
	}
	return nil
}
