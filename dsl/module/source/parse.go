package source

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	stdPrefix = "std/"
	gitPrefix = "git::"
	ociPrefix = "oci://"
	maxText   = 1024
)

var (
	library = regexp.MustCompile(`^[a-z0-9]+([_-][a-z0-9]+)*$`)
	drive   = regexp.MustCompile(`^[A-Za-z]:`)
	forced  = regexp.MustCompile(`^[A-Za-z0-9_-]+::`)
	scheme  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)
	scp     = regexp.MustCompile(`^([^@:/?]+)@([^:/?]+):([^?]*)(\?.*)?$`)
)

// Parse reads a source. What it refuses it refuses with an *Error that says
// what to write instead:
//
//	./x  ../x                              a directory beside this one
//	std/NAME                               a library embedded in throng
//	git::https://HOST/PATH.git//SUB?ref=R  a repository; ssh:// and file:/// likewise
//	git@HOST:PATH.git                      git::ssh://git@HOST/PATH.git
//	https://HOST/PATH.zip//SUB             an archive; .tar.gz and .tgz likewise
//	oci://HOST/REPOSITORY//SUB?tag=T       an artefact; ?digest=sha256:… likewise
//
// SUB, and all after the question mark, may be left out. Nothing that Parse
// takes can be read as an option by a program, leads out of what is fetched,
// or carries a password.
func Parse(text string) (Source, error) {
	s, err := parse(text)
	if err != nil {
		if _, bad := parse(err.Suggestion); bad != nil {
			err.Suggestion = ""
		}
		err.Text = text
		return Source{}, err
	}
	s.Text = text
	return s, nil
}

func refuse(suggestion, format string, args ...any) *Error {
	return &Error{Problem: fmt.Sprintf(format, args...), Suggestion: suggestion}
}

func parse(text string) (Source, *Error) {
	if err := readable(text); err != nil {
		return Source{}, err
	}
	name, std := strings.CutPrefix(text, stdPrefix)
	switch {
	case isLocal(text):
		return local(text)
	case std:
		if !library.MatchString(name) {
			return Source{}, refuse("", "An embedded library is called std/NAME, as in std/profiles, and is brought in whole.")
		}
		return Source{Kind: Std, Addr: name}, nil
	case len(text) >= len(gitPrefix) && strings.EqualFold(text[:len(gitPrefix)], gitPrefix):
		return git(text[len(gitPrefix):])
	case forced.MatchString(text):
		return Source{}, refuse("", "throng fetches from git (git::https://…), https archives and OCI registries (oci://…), not by %q.", forced.FindString(text))
	case scheme.MatchString(text):
		return byScheme(text)
	case scp.MatchString(text):
		return git(text)
	}
	return Source{}, noSource(text)
}

// readable refuses what no source holds, and what a reader would not see.
func readable(text string) *Error {
	switch {
	case text == "":
		return refuse("", "The source is empty.")
	case len(text) > maxText:
		return refuse("", "The source is longer than %d bytes.", maxText)
	case !utf8.ValidString(text):
		return refuse("", "The source is not UTF-8 text.")
	case strings.TrimSpace(text) != text:
		return refuse(strings.TrimSpace(text), "A source has no spaces around it.")
	case strings.ContainsRune(text, '\\'):
		return refuse(strings.ReplaceAll(text, `\`, "/"), `A source is written with slashes, on every system: / and not \.`)
	case strings.ContainsRune(text, '#'):
		return refuse("", "A source has no fragment: nothing may stand after a #. Name a tag, a branch or a commit by ?ref=.")
	}
	for _, r := range text {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return refuse("", "The source holds the character %U, which cannot be seen.", r)
		}
	}
	return nil
}

func isLocal(text string) bool {
	return text == "." || text == ".." || strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../")
}

func local(text string) (Source, *Error) {
	if at := strings.IndexByte(text, '?'); at >= 0 {
		return Source{}, refuse(text[:at], "A directory beside this one is used as it stands, so nothing can be asked of it by a \"?\".")
	}
	clean := path.Clean(text)
	if strings.TrimSpace(clean) != clean {
		return Source{}, refuse("", "A directory whose name ends in a space cannot be named by a source.")
	}
	if clean != "." && clean != ".." && !strings.HasPrefix(clean, "../") {
		clean = "./" + clean
	}
	return Source{Kind: Local, Addr: clean}, nil
}

// byScheme reads a source that begins as a URL.
func byScheme(text string) (Source, *Error) {
	name, rest, _ := strings.Cut(text, "://")
	switch name = strings.ToLower(name); name {
	case "oci":
		return oci(rest)
	case "https", "http":
		return archive(text)
	case "ssh", "git", "file":
		if name == "git" {
			text = "https://" + rest
		}
		return Source{}, refuse(gitPrefix+text, "A git repository is written with git:: in front.")
	}
	return Source{}, refuse("", "throng fetches from git (git::https://…), https archives and OCI registries (oci://…), not by %q.", name+"://")
}

// noSource says what to write instead of a text that is none of the forms.
func noSource(text string) *Error {
	first, rest, nested := strings.Cut(text, "/")
	known := strings.EqualFold(first, "github.com") || strings.EqualFold(first, "gitlab.com") || strings.EqualFold(first, "bitbucket.org")
	switch {
	case drive.MatchString(text), strings.HasPrefix(text, "/"), strings.HasPrefix(text, "~"):
		return refuse("", "A path is relative to the directory of the file that names it, and begins with ./ or ../; a repository elsewhere on this machine is git::file:///PATH.")
	case strings.HasPrefix(text, "-"):
		return refuse("", "A source does not begin with a \"-\".")
	case nested && known:
		return refuse(repository("https://"+text), "A git repository is written with git:: and its whole address.")
	case nested && strings.Contains(first, ".") && rest != "":
		return refuse(gitPrefix+"https://"+text, "A source says how it is fetched.")
	}
	return refuse("./"+text, "A source is a directory that begins with ./ or ../, an embedded library (std/NAME), or begins with git::, https:// or oci://.")
}

// repository is the git source that a web page's address most likely means.
func repository(page string) string {
	at, query, asked := strings.Cut(page, "?")
	sep := strings.Index(at, "://") + len("://")
	addr, sub, nested := strings.Cut(at[sep:], "//")
	addr = strings.TrimSuffix(strings.TrimSuffix(addr, "/"), ".git") + ".git"
	out := gitPrefix + at[:sep] + addr
	if nested {
		out += "//" + sub
	}
	if asked {
		out += "?" + query
	}
	return out
}
