package websocket

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"throng/runtime/transport"
)

// answer is a server's answer to the handshake, up to its body.
type answer struct {
	status int
	proto  string
	block  []byte // status line, fields and the empty line
	header []byte // field lines
	rest   []byte // what follows
}

// parseAnswer cuts the first answer off b. It is nil without an error while
// its end has not come; what cannot become an answer is an error at once.
func parseAnswer(b []byte) (*answer, error) {
	const prefix = "HTTP/1."
	if n := min(len(b), len(prefix)); string(b[:n]) != prefix[:n] {
		return nil, malformed(fmt.Sprintf("it begins with %q", b[:min(len(b), 40)]))
	}
	end := headEnd(b)
	if end < 0 {
		return nil, nil
	}
	a := &answer{block: b[:end:end], rest: b[end:]}
	line, fields, _ := bytes.Cut(a.block, []byte("\n"))
	a.header = fields[:len(fields)-len(emptyLine(fields))]
	line = bytes.TrimSuffix(line, []byte("\r"))
	if !a.statusLine(line) {
		return nil, malformed(fmt.Sprintf("it begins with %q", line[:min(len(line), 40)]))
	}
	return a, nil
}

// headEnd is where the empty line after the fields ends; -1 if it has not come.
func headEnd(b []byte) int {
	for i := 0; ; {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return -1
		}
		i += n + 1
		if rest := b[i:]; len(rest) > 0 && rest[0] == '\n' {
			return i + 1
		} else if len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n' {
			return i + 2
		}
	}
}

// emptyLine is the empty line at the end of a header block.
func emptyLine(b []byte) []byte {
	if bytes.HasSuffix(b, []byte("\r\n")) {
		return b[len(b)-2:]
	}
	return b[len(b)-1:]
}

// statusLine reads "HTTP/1.1 101 Switching Protocols".
func (a *answer) statusLine(line []byte) bool {
	if len(line) < len("HTTP/1.1 101") || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return false
	}
	if a.proto = string(line[:8]); a.proto != "HTTP/1.1" && a.proto != "HTTP/1.0" {
		return false
	}
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return false
		}
		a.status = 10*a.status + int(c-'0')
	}
	return a.status >= 100
}

// agreed is what client and server have settled on.
type agreed struct {
	protocol string
	deflate  bool
}

// fields are those of an answer that the handshake reads.
type fields struct {
	upgrade, connection, accept, protocol, extensions []string
}

// agree checks the answer as RFC 6455, section 4.1, has it.
func (a *answer) agree(key string, o *transport.Opening) (agreed, error) {
	var none agreed
	f, err := a.fields()
	if err != nil {
		return none, err
	}
	switch {
	case a.proto != "HTTP/1.1":
		return none, malformed("it switches protocols in " + a.proto)
	case len(f.upgrade) != 1 || !strings.EqualFold(f.upgrade[0], "websocket"):
		return none, malformed("its Upgrade field does not say websocket")
	case !slices.ContainsFunc(list(f.connection), func(s string) bool { return strings.EqualFold(s, "upgrade") }):
		return none, malformed("its Connection field does not say Upgrade")
	case len(f.accept) != 1 || f.accept[0] != acceptance(key):
		return none, malformed("its Sec-WebSocket-Accept does not answer our key")
	}
	var result agreed
	switch {
	case len(f.protocol) > 1:
		return none, malformed("two Sec-WebSocket-Protocol fields")
	case len(f.protocol) == 1 && !slices.Contains(o.Protocols, f.protocol[0]):
		return none, malformed(fmt.Sprintf("the subprotocol %q was not offered", f.protocol[0]))
	case len(f.protocol) == 1:
		result.protocol = f.protocol[0]
	}
	result.deflate, err = extensions(strings.Join(f.extensions, ","), o.Compress)
	return result, err
}

// acceptance is the value of Sec-WebSocket-Accept for a key.
func acceptance(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// fields collects the fields that decide.
func (a *answer) fields() (f fields, err error) {
	for line := range bytes.Lines(a.header) {
		line = bytes.TrimRight(line, "\r\n")
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !token(string(name)) || bytes.ContainsAny(value, "\x00\r") {
			return f, malformed(fmt.Sprintf("malformed header field %q", line[:min(len(line), 40)]))
		}
		text := strings.Trim(string(value), " \t")
		switch strings.ToLower(string(name)) {
		case "upgrade":
			f.upgrade = append(f.upgrade, text)
		case "connection":
			f.connection = append(f.connection, text)
		case "sec-websocket-accept":
			f.accept = append(f.accept, text)
		case "sec-websocket-protocol":
			f.protocol = append(f.protocol, text)
		case "sec-websocket-extensions":
			f.extensions = append(f.extensions, text)
		}
	}
	return f, nil
}

// list is the elements of comma-separated fields.
func list(values []string) (all []string) {
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			all = append(all, strings.Trim(part, " \t"))
		}
	}
	return all
}

// extensions reads what a server accepted: nothing, or permessage-deflate
// without context takeover, if that was offered.
func extensions(value string, offered bool) (deflate bool, err error) {
	for extension := range strings.SplitSeq(value, ",") {
		if extension = strings.Trim(extension, " \t"); extension == "" {
			continue
		}
		name, params, _ := strings.Cut(extension, ";")
		if strings.Trim(name, " \t") != "permessage-deflate" || !offered || deflate {
			return false, malformed(fmt.Sprintf("the extension %q was not offered", extension))
		}
		if err := deflateParams(params); err != nil {
			return false, err
		}
		deflate = true
	}
	return deflate, nil
}

// deflateParams checks the parameters of RFC 7692, section 7.1. What we
// offered has to come back: else a message could need the ones before it.
func deflateParams(params string) error {
	seen := map[string]bool{}
	for param := range strings.SplitSeq(params, ";") {
		if param = strings.Trim(param, " \t"); param == "" {
			continue
		}
		name, value, has := strings.Cut(param, "=")
		name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		valid := false
		switch name {
		case "server_no_context_takeover", "client_no_context_takeover":
			valid = !has
		case "server_max_window_bits":
			valid = slices.Contains([]string{"8", "9", "10", "11", "12", "13", "14", "15"}, value)
		}
		if !valid || seen[name] {
			return malformed(fmt.Sprintf("permessage-deflate with the parameter %q", param))
		}
		seen[name] = true
	}
	if !seen["server_no_context_takeover"] {
		return malformed("permessage-deflate without the server_no_context_takeover that was asked for")
	}
	return nil
}

// token reports whether s is a token (RFC 9110, section 5.6.2).
func token(s string) bool {
	const marks = "!#$%&'*+-.^_`|~"
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte(marks, c) < 0 {
			return false
		}
	}
	return s != ""
}
