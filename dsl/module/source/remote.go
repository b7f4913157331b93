package source

import (
	"regexp"
	"slices"
	"strings"
)

var (
	repositoryName = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	tagName        = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	digestText     = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	secret         = regexp.MustCompile(`(?i)token|secret|passw|credential|signature|(^|[_.-])(key|apikey|sig|auth)($|[_.-])`)
	archiveEndings = []string{".zip", ".tar.gz", ".tgz"}
)

// git reads what stands after git::.
func git(rest string) (Source, *Error) {
	if m := scp.FindStringSubmatch(rest); m != nil && !scheme.MatchString(rest) {
		rest = "ssh://" + m[1] + "@" + m[2] + "/" + strings.TrimPrefix(m[3], "/") + m[4]
	}
	if !scheme.MatchString(rest) {
		return Source{}, refuse(gitPrefix+"https://"+rest, "After git:: stands the whole address of a repository.")
	}
	p := cut(rest)
	args, err := p.arguments("ref")
	if err != nil {
		return Source{}, err
	}
	ref, asked := args["ref"]
	if asked {
		if err := checkRef(ref, rest); err != nil {
			return Source{}, err
		}
	}
	addr, err := address(p.addr, "https", "ssh", "file", "http", "git")
	if err != nil {
		return Source{}, err.within(gitPrefix, p)
	}
	if err := p.checkSub(); err != nil {
		return Source{}, err
	}
	return Source{Kind: Git, Addr: addr, Sub: p.sub, Ref: ref}, nil
}

// checkRef holds a ref to what git lets one be called (git-check-ref-format),
// and to what no program can read as an option, a range or a refspec.
func checkRef(ref, text string) *Error {
	if at := strings.Index(ref, "//"); at >= 0 {
		addr, _, _ := strings.Cut(text, "?")
		return refuse(gitPrefix+addr+ref[at:]+"?ref="+ref[:at], "A directory in the repository stands before the question mark.")
	}
	switch {
	case ref == "":
		return refuse("", "?ref= names no tag, branch or commit.")
	case strings.HasPrefix(ref, "-"), strings.HasPrefix(ref, "+"):
		return refuse("", "The ref %q begins with a %q, which no tag, branch or commit does here.", ref, ref[:1])
	case len(ref) > 200, strings.ContainsAny(ref, "~^:?*[\\% \"'<>|;$`{}()!"), strings.Contains(ref, ".."), strings.Contains(ref, "@{"), ref == "@",
		strings.HasSuffix(ref, "."), strings.HasSuffix(ref, "/"), strings.HasSuffix(ref, ".lock"),
		strings.HasPrefix(ref, "/"), strings.HasPrefix(ref, "."), strings.Contains(ref, "/."), strings.Contains(ref, ".lock/"):
		return refuse("", "%q cannot be the name of a tag, a branch or a commit.", ref)
	}
	return nil
}

// archive reads a whole text that begins with https://.
func archive(text string) (Source, *Error) {
	p := cut(text)
	addr, err := address(p.addr, "https", "http")
	if err != nil {
		return Source{}, err.within("", p)
	}
	if !slices.ContainsFunc(archiveEndings, func(end string) bool { return strings.HasSuffix(addr, end) }) {
		return Source{}, refuse(repository(text), "The address of an archive ends in .zip, .tar.gz or .tgz, and that of a git repository begins with git::.")
	}
	for name := range p.each() {
		switch {
		case slices.Contains([]string{"ref", "tag", "digest", "version"}, name):
			return Source{}, refuse(p.addr+p.subText(), "An archive has one version, the one its address names, so ?%s= cannot choose another.", name)
		case name == "checksum" || name == "archive":
			return Source{}, refuse(p.addr+p.subText(), "?%s= is not needed: the lock file holds the archive's checksum, and its ending says what it is.", name)
		case secret.MatchString(name):
			return Source{}, refuse("", "?%s= looks like a credential, which does not belong in a scenario. Publish the module in a git repository or an OCI registry: those take credentials from where git and Docker keep them.", name)
		}
	}
	if strings.ContainsFunc(p.query, func(r rune) bool { return !inURL(r) }) {
		return Source{}, refuse("", "What stands after the question mark holds a character that a URL writes as %%XX.")
	}
	if err := p.checkSub(); err != nil {
		return Source{}, err
	}
	if p.query != "" {
		addr += "?" + p.query
	}
	return Source{Kind: Archive, Addr: addr, Sub: p.sub}, nil
}

// oci reads what stands after oci://.
func oci(rest string) (Source, *Error) {
	p := cut(ociPrefix + rest)
	args, err := p.arguments("tag", "digest")
	if err != nil {
		return Source{}, err
	}
	authority, name, _ := strings.Cut(strings.TrimPrefix(p.addr, ociPrefix), "/")
	if strings.Contains(authority, "@") {
		return Source{}, refuse("", "A source carries no user and no password: throng takes those of a registry from Docker's credential files and helpers.")
	}
	host, err := hostPort(authority, "443")
	if err != nil {
		return Source{}, err
	}
	name = strings.TrimRight(name, "/")
	bare := ociPrefix + host + "/"
	if before, digest, ok := strings.Cut(name, "@"); ok {
		return Source{}, refuse(bare+before+p.subText()+"?digest="+digest, "A digest is written after the directory, as ?digest=.")
	}
	if before, tag, ok := strings.Cut(name, ":"); ok {
		return Source{}, refuse(bare+before+p.subText()+"?tag="+tag, "A tag is written after the directory, as ?tag=.")
	}
	if !repositoryName.MatchString(name) {
		return Source{}, refuse(bare+strings.ToLower(name)+p.subText(), "An OCI repository is HOST/NAME/…: lower-case letters and digits, with . _ or - between them.")
	}
	if err := p.checkSub(); err != nil {
		return Source{}, err
	}
	s := Source{Kind: OCI, Addr: host + "/" + name, Sub: p.sub}
	tag, tagged := args["tag"]
	digest, pinned := args["digest"]
	switch {
	case tagged && pinned:
		return Source{}, refuse(bare+name+p.subText()+"?digest="+digest, "A digest says all that a tag could, so only one of the two is written.")
	case tagged && strings.Contains(tag, "+"):
		return Source{}, refuse(bare+name+p.subText()+"?tag="+strings.ReplaceAll(tag, "+", "_"), "A tag of an OCI registry holds no \"+\"; publishers write \"_\" for it.")
	case tagged && !tagName.MatchString(tag):
		return Source{}, refuse("", "%q cannot be a tag: it is up to 128 letters, digits and . _ -, and begins with none of . and -.", tag)
	case pinned && !digestText.MatchString(digest):
		return Source{}, refuse("", "A digest is sha256: and 64 hexadecimal digits in lower case.")
	case pinned:
		s.Ref = digest
	default:
		s.Ref = tag
	}
	return s, nil
}
