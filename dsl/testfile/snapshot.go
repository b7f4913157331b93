package testfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"
)

// Snapshot is requests, as Seen has them, in a text to keep: one after the
// other as HTTP writes them, those of a route together and in order, with
// headers and query sorted by name and JSON laid out. What differs from one
// run to the next without a meaning is left out or replaced by a word in
// parentheses: lengths, dates, the port of a mock, boundaries, keys of
// handshakes, identifiers of traces, and throng's version. Headers, query
// parameters and JSON attributes that mask names are replaced, too; case does
// not matter. Requests that cannot be read are an empty text.
func Snapshot(requests json.RawMessage, mask ...string) string {
	sent, ok := readRequests(requests)
	if !ok {
		return ""
	}
	s := &snapshot{mask: map[string]bool{}}
	for _, name := range mask {
		s.mask[strings.ToLower(name)] = true
	}
	for _, key := range slices.Sorted(maps.Keys(sent)) {
		for i, r := range sent[key] {
			if s.text.Len() > 0 {
				s.text.WriteString("\n")
			}
			fmt.Fprintf(&s.text, "### %s, %d of %d\n\n", key, i+1, len(sent[key]))
			s.request(r)
		}
	}
	return s.text.String()
}

type snapshot struct {
	text strings.Builder
	mask map[string]bool
}

const masked = "(masked)"

// left are headers that say how a request is sent and not what it says.
var left = []string{"content-length", "connection", "transfer-encoding", "accept-encoding", "keep-alive", "te"}

// replaced are headers whose values are new each time.
var replaced = map[string]string{
	"date": "(date)", "sec-websocket-key": "(key)",
	"traceparent": "(trace)", "tracestate": "(trace)", "x-request-id": "(trace)", "x-correlation-id": "(trace)",
	"x-b3-traceid": "(trace)", "x-b3-spanid": "(trace)", "b3": "(trace)",
}

var (
	version  = regexp.MustCompile(`^throng/\S+`)
	boundary = regexp.MustCompile(`boundary=("[^"]+"|[^;\s]+)`)
)

func (s *snapshot) request(r Request) {
	steady := strings.NewReplacer(volatile(r)...)
	target := r.Path
	if len(r.Query) > 0 {
		target += "?" + s.query(r.Query)
	}
	s.text.WriteString(steady.Replace(r.Method+" "+target) + "\n")
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		if folded := strings.ToLower(name); !slices.Contains(left, folded) {
			fmt.Fprintf(&s.text, "%s: %s\n", folded, steady.Replace(s.header(folded, r.Headers[name])))
		}
	}
	if r.Body != "" {
		body := s.body(steady.Replace(r.Body))
		s.text.WriteString("\n" + strings.TrimRight(body, "\n") + "\n")
	}
}

// volatile are pairs of texts of a request that differ from run to run, and
// what stands for them: the mock's address and the boundary of a form.
func volatile(r Request) []string {
	var pairs []string
	host := r.Headers["host"]
	if _, port, err := net.SplitHostPort(host); err == nil && port != "" {
		name := strings.TrimSuffix(host, ":"+port)
		pairs = append(pairs, host, name+":(port)", url.QueryEscape(host), url.QueryEscape(name)+"%3A(port)")
	}
	if m := boundary.FindStringSubmatch(r.Headers["content-type"]); m != nil {
		pairs = append(pairs, strings.Trim(m[1], `"`), "(boundary)")
	}
	return pairs
}

func (s *snapshot) query(values map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := url.QueryEscape(values[name])
		if s.mask[strings.ToLower(name)] {
			value = masked
		}
		pairs = append(pairs, url.QueryEscape(name)+"="+value)
	}
	return strings.Join(pairs, "&")
}

func (s *snapshot) header(name, value string) string {
	switch {
	case s.mask[name]:
		return masked
	case replaced[name] != "":
		return replaced[name]
	case name == "user-agent":
		return version.ReplaceAllString(value, "throng/(version)")
	}
	return oneLine(value)
}

// oneLine keeps a value from looking like several lines.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return utf8.RuneError
		}
		return r
	}, s)
}

// body is a body as it is kept: JSON laid out, texts as they are, of anything
// else its length and hash.
func (s *snapshot) body(text string) string {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, binary) {
		return fmt.Sprintf("(%s, sha256 %x)", count(len(text), "byte"), sha256.Sum256([]byte(text)))
	}
	var value any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if !strings.ContainsAny(text[:1], "{[") || d.Decode(&value) != nil || d.More() {
		return strings.ReplaceAll(text, "\r\n", "\n")
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if e.Encode(s.hide(value)) != nil {
		return text
	}
	return out.String()
}

func binary(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

// hide replaces the attributes that are masked, at any depth.
func (s *snapshot) hide(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = s.hide(v[i])
		}
	case map[string]any:
		for name := range v {
			if v[name] = s.hide(v[name]); s.mask[strings.ToLower(name)] {
				v[name] = masked
			}
		}
	}
	return v
}

// Difference is how got differs from want, as a unified diff whose lines with
// - are missing from this run and those with + new in it; "" where they are
// the same.
func Difference(want, got string) string { return hunks(want, got) }

// hunks is a unified diff, headed by what its signs mean.
func hunks(want, got string) string {
	text := string(diff.Diff("expected", []byte(want), "this run", []byte(got)))
	_, text, _ = strings.Cut(text, "\n") // the command that would have made it
	return text
}
