// Package source reads the text that says where a module is kept.
package source

// Kind is how a module is had.
type Kind uint8

const (
	Local   Kind = iota // a directory beside the one that names it
	Std                 // a library embedded in throng
	Git                 // a repository, by the git of the system
	Archive             // a zip or tar.gz over https
	OCI                 // an artefact in an OCI registry
)

// Source is where a module is kept.
type Source struct {
	Kind Kind
	Text string // as written
	Addr string // Local: the path; Std: the name after std/; Git and Archive: the URL; OCI: HOST/REPOSITORY
	Sub  string // a directory in what is fetched, with slashes; "" for all of it
	Ref  string // Git: what ?ref= says; OCI: what ?tag= or ?digest= says; "" where a version chooses
}

// Remote reports whether it has to be fetched, and is locked.
func (s Source) Remote() bool { return s.Kind >= Git }
