package user

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
)

// challenge is a target's challenge of the Digest scheme (RFC 7616), and how
// often it was answered. It belongs to one user, who has the baton while it
// is read or changed.
type challenge struct {
	realm, nonce, opaque string
	algorithm            string // as the challenge writes it; "" for none, which is MD5
	make                 func() hash.Hash
	session              bool // -sess: the hash of the password is bound to nonces
	auth                 bool // qop=auth; without it the answer is that of RFC 2069
	userhash             bool
	stale                bool
	count                uint32
	cnonce               string // the client's, the same for all answers
}

var digests = map[string]func() hash.Hash{
	"": md5.New, "md5": md5.New, "sha-256": sha256.New, "sha-512-256": sha512.New512_256,
}

// readChallenge is the first challenge in an answer that can be answered, or
// nil. A target offers the one it likes best first.
func readChallenge(header []byte) *challenge {
	for len(header) > 0 {
		var l []byte
		l, header, _ = bytes.Cut(header, []byte("\r\n"))
		name, value, ok := bytes.Cut(l, []byte(":"))
		if !ok || !strings.EqualFold(string(name), "WWW-Authenticate") {
			continue
		}
		for _, one := range splitChallenges(string(value)) {
			if c := one.digest(); c != nil {
				return c
			}
		}
	}
	return nil
}

// offer is one challenge of a header, of any scheme.
type offer struct {
	scheme string
	params map[string]string // by lower-case name
}

// splitChallenges takes a WWW-Authenticate header apart (RFC 9110, section
// 11.6.1). What follows something that is malformed is left out.
func splitChallenges(s string) (all []offer) {
	for {
		s = strings.TrimLeft(s, " \t,")
		name, rest := cutToken(s)
		if name == "" {
			return all
		}
		after := strings.TrimLeft(rest, " \t")
		if !strings.HasPrefix(after, "=") {
			all = append(all, offer{name, map[string]string{}})
			s = rest
			continue
		}
		if len(all) == 0 {
			return nil
		}
		value, rest, ok := cutValue(strings.TrimLeft(after[1:], " \t"))
		if !ok {
			return all
		}
		all[len(all)-1].params[strings.ToLower(name)] = value
		s = rest
	}
}

// cutToken cuts a token of RFC 9110 off.
func cutToken(s string) (name, rest string) {
	i := strings.IndexFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
	})
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i:]
}

// cutValue cuts a parameter's value off: a token, or a quoted text.
func cutValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		value, rest = cutToken(s)
		return value, rest, value != ""
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

// digest is the challenge, or nil where it is another scheme's, or asks for
// what is not known here.
func (o offer) digest() *challenge {
	if !strings.EqualFold(o.scheme, "Digest") || o.params["nonce"] == "" {
		return nil
	}
	c := &challenge{realm: o.params["realm"], nonce: o.params["nonce"], opaque: o.params["opaque"], algorithm: o.params["algorithm"]}
	kind, session := strings.CutSuffix(strings.ToLower(c.algorithm), "-sess")
	c.session = session
	if c.make = digests[kind]; c.make == nil {
		return nil
	}
	if qop := o.params["qop"]; qop != "" {
		ways := strings.FieldsFunc(strings.ToLower(qop), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
		if c.auth = slices.Contains(ways, "auth"); !c.auth {
			return nil
		}
	}
	c.userhash = strings.EqualFold(o.params["userhash"], "true")
	c.stale = strings.EqualFold(o.params["stale"], "true")
	c.cnonce = fmt.Sprintf("%016x", rand.Uint64()) // of no seed: nothing that a plan can see depends on it
	return c
}

// appendAnswer appends the value of an Authorization header that answers the
// challenge, and counts it.
func (c *challenge) appendAnswer(dst []byte, user, password, method, uri string) []byte {
	c.count++
	count := fmt.Sprintf("%08x", c.count)
	secret := c.hash(user + ":" + c.realm + ":" + password)
	if c.session {
		secret = c.hash(secret + ":" + c.nonce + ":" + c.cnonce)
	}
	asked := c.hash(method + ":" + uri)
	response := c.hash(secret + ":" + c.nonce + ":" + asked)
	if c.auth {
		response = c.hash(secret + ":" + c.nonce + ":" + count + ":" + c.cnonce + ":auth:" + asked)
	}
	dst = append(dst, "Digest "...)
	switch {
	case c.userhash:
		dst = appendQuoted(dst, "username", c.hash(user+":"+c.realm))
	case isASCII(user):
		dst = appendQuoted(dst, "username", user)
	default:
		dst = append(append(dst, "username*=UTF-8''"...), url.PathEscape(user)...)
	}
	for _, p := range [][2]string{{"realm", c.realm}, {"nonce", c.nonce}, {"uri", uri}, {"response", response}} {
		dst = appendQuoted(append(dst, ", "...), p[0], p[1])
	}
	if c.algorithm != "" {
		dst = append(append(dst, ", algorithm="...), c.algorithm...)
	}
	if c.opaque != "" {
		dst = appendQuoted(append(dst, ", "...), "opaque", c.opaque)
	}
	if c.auth || c.session {
		dst = appendQuoted(append(dst, ", "...), "cnonce", c.cnonce)
	}
	if c.auth {
		dst = append(append(dst, ", qop=auth, nc="...), count...)
	}
	if c.userhash {
		dst = append(dst, ", userhash=true"...)
	}
	return dst
}

func (c *challenge) hash(s string) string {
	h := c.make()
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil))
}

func appendQuoted(dst []byte, name, value string) []byte {
	dst = append(append(dst, name...), `="`...)
	for i := range len(value) {
		if value[i] == '"' || value[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, value[i])
	}
	return append(dst, '"')
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f }) < 0
}
