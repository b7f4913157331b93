package source

import (
	"io/fs"
	"iter"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	hostName    = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)
	numeric     = regexp.MustCompile(`(^|\.)([0-9]+|0x[0-9a-f]*)$`)
	userName    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	defaultPort = map[string]string{"https": "443", "http": "80", "ssh": "22", "git": "9418"}
)

// parts are a remote source cut at // and ?.
type parts struct {
	addr  string // SCHEME://HOST/PATH
	sub   string
	split bool // there is a //
	query string
	asked bool // there is a ?
}

func cut(text string) parts {
	var p parts
	text, p.query, p.asked = strings.Cut(text, "?")
	start := strings.Index(text, "://") + len("://")
	if strings.HasPrefix(text[start:], "//") { // file:////x
		p.addr = text
		return p
	}
	addr, sub, split := strings.Cut(text[start:], "//")
	p.addr, p.sub, p.split = text[:start]+addr, strings.TrimSuffix(sub, "/"), split
	return p
}

func (p parts) subText() string {
	if !p.split {
		return ""
	}
	return "//" + p.sub
}

// each gives the arguments after the question mark, in order.
func (p parts) each() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for arg := range strings.SplitSeq(p.query, "&") {
			name, value, _ := strings.Cut(arg, "=")
			if arg != "" && !yield(strings.ToLower(name), value) {
				return
			}
		}
	}
}

// arguments are those after the question mark, where only some are known.
func (p parts) arguments(known ...string) (map[string]string, *Error) {
	all := map[string]string{}
	for name, value := range p.each() {
		_, twice := all[name]
		switch {
		case name == "version":
			return nil, refuse("", "`version` is an argument of the module block, and no part of its source.")
		case !slices.Contains(known, name):
			return nil, refuse("", "%q cannot stand after the question mark here. There is: ?%s=.", name, strings.Join(known, "=, ?"))
		case twice:
			return nil, refuse("", "?%s= is written twice.", name)
		}
		all[name] = value
	}
	if p.asked && len(all) == 0 {
		return nil, refuse("", "Nothing stands after the question mark.")
	}
	return all, nil
}

// checkSub holds the directory after // within what is fetched.
func (p parts) checkSub() *Error {
	switch {
	case !p.split:
		return nil
	case p.sub == "":
		return refuse("", "Nothing stands after the //. A directory of what is fetched is written there; leave the // out for all of it.")
	case slices.ContainsFunc(strings.Split(p.sub, "/"), func(part string) bool { return part == ".." }):
		return refuse("", "The directory %q leads out of what is fetched: a module stays within it.", p.sub)
	case !fs.ValidPath(p.sub), p.sub == ".", slices.ContainsFunc(strings.Split(p.sub, "/"), func(part string) bool { return strings.TrimSpace(part) != part }), strings.HasPrefix(p.sub, "-"), strings.ContainsAny(p.sub, "%:*?\"<>|&"):
		return refuse("", "%q cannot be a directory of what is fetched: write its names as they are, with one slash between them.", p.sub)
	}
	return nil
}

// within puts a corrected address back among the other parts.
func (e *Error) within(prefix string, p parts) *Error {
	if e.Suggestion != "" {
		e.Suggestion = prefix + e.Suggestion + p.subText()
		if p.asked {
			e.Suggestion += "?" + p.query
		}
	}
	return e
}

// address checks SCHEME://HOST/PATH and writes it in one way.
func address(text string, schemes ...string) (string, *Error) {
	if strings.ContainsFunc(text, func(r rune) bool { return !inURL(r) }) {
		return "", refuse("", "The address holds a character that a URL writes as %%XX.")
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return "", refuse("", "The address cannot be read as a URL.")
	}
	if !slices.Contains(schemes, u.Scheme) {
		return "", refuse("", "A repository is reached by https://, ssh:// or file:///, not by %q.", u.Scheme+"://")
	}
	user, err2 := userInfo(u)
	if err2 != nil {
		return "", err2
	}
	host := ""
	if u.Scheme != "file" {
		if host, err2 = hostPort(u.Host, defaultPort[u.Scheme]); err2 != nil {
			return "", err2
		}
	} else if u.Host != "" {
		return "", refuse("file://"+u.EscapedPath(), "A repository on this machine is file:/// and its path, with three slashes.")
	}
	if (u.Scheme == "http" || u.Scheme == "git") && !Loopback(host) {
		return "", refuse("https://"+host+u.EscapedPath(), "%s:// is not encrypted, so that anybody on the way could change the module.", u.Scheme)
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if err := checkPath(path); err != nil {
		return "", err
	}
	return u.Scheme + "://" + user + host + path, nil
}

// userInfo is "USER@" for ssh, and nothing elsewhere.
func userInfo(u *url.URL) (string, *Error) {
	if u.User == nil {
		return "", nil
	}
	_, password := u.User.Password()
	switch name := u.User.Username(); {
	case password:
		return "", refuse("", "A source carries no password. Git takes those of https from its credential helpers, and of ssh from the agent.")
	case u.Scheme != "ssh":
		clean := *u
		clean.User = nil
		return "", refuse(clean.String(), "A source carries no user and no token before its host. Git takes those from its credential helpers.")
	case !userName.MatchString(name):
		return "", refuse("", "%q cannot be the name of a user of ssh.", name)
	default:
		return name + "@", nil
	}
}

// hostPort checks HOST or HOST:PORT and writes it in one way: in lower case,
// and without the port that is used anyway.
func hostPort(text, usual string) (string, *Error) {
	host, port := text, ""
	if at := strings.LastIndexByte(text, ':'); at > strings.LastIndexByte(text, ']') {
		host, port = text[:at], text[at+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
			return "", refuse("", "%q is no port: those are numbers from 1 to 65535.", port)
		}
	}
	host = strings.ToLower(host)
	if err := checkHost(host); err != nil {
		return "", err
	}
	if port == "" || port == usual {
		return host, nil
	}
	return host + ":" + port, nil
}

func checkHost(host string) *Error {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if !strings.HasSuffix(inner, "]") || err != nil || !addr.Is6() || addr.Zone() != "" {
			return refuse("", "%q is no address of IPv6 in brackets.", host)
		}
		return nil
	}
	_, err := netip.ParseAddr(host)
	switch {
	case host == "":
		return refuse("", "The source names no host.")
	case strings.HasPrefix(host, "-"):
		return refuse("", "The host %q begins with a \"-\", which no host does.", host)
	case len(host) > 253 || !hostName.MatchString(host):
		return refuse("", "%q is no name of a host: those are letters, digits and - with dots between; others are written as xn--….", host)
	case numeric.MatchString(host) && err != nil:
		return refuse("", "%q is no address: those of IPv4 are four numbers from 0 to 255, without leading zeros.", host)
	}
	return nil
}

// checkPath holds a URL's path to names: no dots, hidden slashes or options.
func checkPath(path string) *Error {
	if path == "" {
		return refuse("", "The source names a host, and nothing on it.")
	}
	for i, part := range strings.Split(path[1:], "/") {
		plain, err := url.PathUnescape(part)
		switch {
		case err != nil, strings.ContainsFunc(plain, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' || r == '\\' }):
			return refuse("", "The address holds an escape that stands for a slash or for a character that cannot be seen.")
		case plain == "":
			return refuse("", "The address holds two slashes with nothing between them.")
		case plain == "." || plain == "..":
			return refuse("", "The address holds a part %q: write the path as it is.", plain)
		case i == 0 && strings.HasPrefix(plain, "-"):
			return refuse("", "The path begins with a \"-\", which a program could take for an option.")
		}
	}
	return nil
}

// inURL reports whether a URL may hold r as it is (RFC 3986, with % of escapes).
func inURL(r rune) bool {
	return r > ' ' && r < 0x7f && !strings.ContainsRune("\"<>\\^`{|}", r)
}

// Loopback reports whether HOST or HOST:PORT is this machine, by its literal
// address or as localhost.
func Loopback(host string) bool {
	if u, err := url.Parse("//" + host); err == nil {
		host = u.Hostname()
	}
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}
