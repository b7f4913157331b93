// Package source reads the text that says where a module is kept.
package source

import "strings"

// Kind is how a module is had.
type Kind uint8

const (
	Local   Kind = iota // a directory beside the one that names it
	Std                 // a library embedded in throng
	Git                 // a repository, by the git of the system
	Archive             // a zip or tar.gz over https
	OCI                 // an artefact in an OCI registry
)

// Source is where a module is kept. Parse makes one; its parts are checked,
// and written in one way whatever the author wrote: schemes and hosts in
// lower case, without default ports and trailing slashes.
type Source struct {
	Kind Kind
	Text string // as written
	Addr string // Local: the path; Std: the name after std/; Git and Archive: the URL; OCI: HOST/REPOSITORY
	Sub  string // a directory in what is fetched, with slashes; "" for all of it
	Ref  string // Git: what ?ref= says; OCI: what ?tag= or ?digest= says; "" where a version chooses
}

// Remote reports whether it has to be fetched, and is locked.
func (s Source) Remote() bool { return s.Kind >= Git }

// Pinned reports whether an OCI source names a digest and no tag.
func (s Source) Pinned() bool { return s.Kind == OCI && strings.Contains(s.Ref, ":") }

// Insecure reports whether a source is fetched without encryption: http:// and
// git://, which Parse takes for hosts of loopback alone.
func (s Source) Insecure() bool {
	return s.Kind >= Git && (strings.HasPrefix(s.Addr, "http://") || strings.HasPrefix(s.Addr, "git://"))
}

// Key tells sources apart in a lock file: two with one key are one thing to
// fetch. It is the source without its Sub.
func (s Source) Key() string {
	s.Sub = ""
	return s.String()
}

// String is the source as Parse takes it, written in one way.
func (s Source) String() string {
	switch s.Kind {
	case Local:
		return s.Addr
	case Std:
		return stdPrefix + s.Addr
	case Git:
		return gitPrefix + s.Addr + s.sub() + s.query("ref")
	case Archive:
		path, query, _ := strings.Cut(s.Addr, "?")
		if query != "" {
			query = "?" + query
		}
		return path + s.sub() + query
	}
	if s.Pinned() {
		return ociPrefix + s.Addr + s.sub() + s.query("digest")
	}
	return ociPrefix + s.Addr + s.sub() + s.query("tag")
}

func (s Source) sub() string {
	if s.Sub == "" {
		return ""
	}
	return "//" + s.Sub
}

func (s Source) query(name string) string {
	if s.Ref == "" {
		return ""
	}
	return "?" + name + "=" + s.Ref
}

// NoVersion says, as a clause, why `version` cannot stand beside the source;
// "" where it can.
func (s Source) NoVersion() string {
	switch {
	case s.Kind == Local:
		return "a directory beside this one has no versions"
	case s.Kind == Std:
		return "an embedded library has the version of throng itself"
	case s.Kind == Archive:
		return "an archive has one version, the one its address names"
	case s.Kind == Git && s.Ref != "":
		return "?ref= names the one to use already"
	case s.Pinned():
		return "?digest= names the one to use already"
	case s.Ref != "":
		return "?tag= names the one to use already"
	}
	return ""
}

// Error says why a text is no source.
type Error struct {
	Text       string // as written
	Problem    string // a sentence
	Suggestion string // a source to write instead; "" where none is obvious
}

func (e *Error) Error() string {
	if e.Suggestion == "" {
		return e.Problem
	}
	return e.Problem + " Write \"" + e.Suggestion + "\"."
}
