package cli

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"throng/dsl/plan"
)

// maxAnswer bounds how much of a saved answer is read.
const maxAnswer = 64 << 20

// savedAnswer reads an answer that was saved to a file, or from stdin with
// "-"; see parseAnswer.
func (a *app) savedAnswer(path string) (*plan.Response, error) {
	in := a.env.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("the saved answer cannot be read: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the saved answer cannot be read: %w", err)
	case len(raw) > maxAnswer:
		return nil, fmt.Errorf("the saved answer %q is larger than %d MiB", path, maxAnswer>>20)
	}
	r, err := parseAnswer(raw)
	if err != nil {
		return nil, fmt.Errorf("the saved answer %q: %w", path, err)
	}
	return r, nil
}

// parseAnswer makes an answer of its text. A text that begins with "HTTP/" is
// a status line, headers, an empty line and the body, as `curl -i` writes them:
// with any line ends, the body as decoded, and, of several answers one after
// another, the last one counts. Any other text is the body of a 200, and is
// given the Content-Type it looks like.
func parseAnswer(raw []byte) (*plan.Response, error) {
	if !bytes.HasPrefix(raw, []byte("HTTP/")) {
		header := "Content-Type: " + http.DetectContentType(raw) + "\r\n"
		if t := bytes.TrimLeft(raw, " \t\r\n"); len(t) > 0 && (t[0] == '{' || t[0] == '[') {
			header = "Content-Type: application/json\r\n"
		}
		return &plan.Response{Status: http.StatusOK, Proto: "HTTP/1.1", Header: []byte(header), Body: raw, Size: int64(len(raw))}, nil
	}
	for {
		r, err := parseHead(&raw)
		if err != nil {
			return nil, err
		}
		// curl -i -L writes redirects, and interim answers, before the answer itself.
		if r.Status >= 400 || r.Status/100 == 2 || !bytes.HasPrefix(raw, []byte("HTTP/")) {
			r.Body, r.Size = raw, int64(len(raw))
			return r, nil
		}
	}
}

// parseHead takes a status line and headers, with the empty line after them,
// from the front of raw.
func parseHead(raw *[]byte) (*plan.Response, error) {
	line := nextLine(raw)
	proto, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if err != nil || status < 100 || status > 599 {
		return nil, fmt.Errorf("%q is no status line, such as HTTP/1.1 200 OK", line)
	}
	r := &plan.Response{Status: status, Proto: proto}
	for len(*raw) > 0 {
		line := nextLine(raw)
		if line == "" {
			break
		}
		if name, _, ok := strings.Cut(line, ":"); !ok || name == "" || strings.ContainsAny(name, " \t\"(){}[]<>") {
			return nil, fmt.Errorf("%q is no header; an empty line stands between headers and body", line)
		}
		r.Header = append(r.Header, line+"\r\n"...)
	}
	return r, nil
}

// nextLine takes a line from the front of raw, without its end.
func nextLine(raw *[]byte) string {
	line, rest, _ := bytes.Cut(*raw, []byte("\n"))
	*raw = rest
	return strings.TrimSuffix(string(line), "\r")
}
