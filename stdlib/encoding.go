package stdlib

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"

	"throng/dsl/plan"
)

func decodeURL(s string) (string, error) {
	out, err := url.QueryUnescape(s)
	switch {
	case err != nil:
		return "", errors.New("the text has a percent sign without two hexadecimal digits after it")
	case !utf8.ValidString(out):
		return "", errNotUTF8
	}
	return out, nil
}

var (
	errNotUTF8   = errors.New("the decoded bytes are not UTF-8 text")
	errNotBase64 = errors.New("the text is not Base64 with padding")
)

func encodeGzip(s string) (string, error) {
	if len(s) > MaxText {
		return "", errText
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s) // a buffer takes everything
	_ = w.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func decodeGzip(s string) (string, error) {
	packed, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", errNotBase64
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", errors.New("the decoded bytes are not in gzip's format")
	}
	out, err := io.ReadAll(io.LimitReader(r, MaxText+1))
	switch {
	case len(out) > MaxText:
		return "", errText
	case err != nil:
		return "", errors.New("the decoded bytes are not in gzip's format: " + err.Error())
	case !utf8.Valid(out):
		return "", errNotUTF8
	}
	return string(out), nil
}

// characters finds a character encoding by IANA's name.
func characters(name string) (encoding.Encoding, error) {
	e, err := ianaindex.IANA.Encoding(name)
	if err != nil || e == nil {
		return nil, fmt.Errorf("%s is no character encoding that is known here; there are UTF-8, UTF-16LE, ISO-8859-1, windows-1252 and others of IANA's list", quoted(name))
	}
	return e, nil
}

func encodeCharset(s, name string) (plan.Value, error) {
	e, err := characters(name)
	if err != nil {
		return plan.Value{}, err
	}
	if len(s) > MaxText {
		return plan.Value{}, errText
	}
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		return plan.Value{}, fmt.Errorf("the text has characters that %s does not know", name)
	}
	return textOf(base64.StdEncoding.EncodeToString(b))
}

func decodeCharset(s, name string) (plan.Value, error) {
	e, err := characters(name)
	if err != nil {
		return plan.Value{}, err
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return plan.Value{}, errNotBase64
	}
	if len(b) > MaxText {
		return plan.Value{}, errText
	}
	out, err := e.NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) || !utf8.Valid(out) {
		return plan.Value{}, fmt.Errorf("the decoded bytes are not text in %s", name)
	}
	return textOf(string(out))
}

func base64SHA256(s string) (string, error) {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:]), nil
}

func base64SHA512(s string) (string, error) {
	sum := sha512.Sum512([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:]), nil
}

// Namespaces of version 5 UUIDs after RFC 9562, section 6.6.
var namespaces = map[string]string{
	"dns": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "url": "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
	"oid": "6ba7b812-9dad-11d1-80b4-00c04fd430c8", "x500": "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
}

func uuidV5(namespace, name string) (plan.Value, error) {
	if known, ok := namespaces[strings.ToLower(namespace)]; ok {
		namespace = known
	}
	space, err := hex.DecodeString(strings.ReplaceAll(namespace, "-", ""))
	if err != nil || len(space) != 16 || len(namespace) != 36 {
		return plan.Value{}, fmt.Errorf(`%s is no namespace: it must be "dns", "url", "oid", "x500" or a UUID`, quoted(namespace))
	}
	sum := sha1.Sum(append(space, name...))
	id := [16]byte(sum[:16])
	return plan.StringValue(string(appendUUID(nil, id, 5))), nil
}

// appendUUID writes 16 bytes as a UUID of a version after RFC 9562.
func appendUUID(dst []byte, b [16]byte, version byte) []byte {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[[...]int{0, 4, 6, 8, 10}[i]:end])
	}
	return dst
}
