package exampleapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
)

const (
	maxUpload = 64 << 20 // bytes of a whole body
	maxParts  = 50
	shownText = 1 << 10 // bytes of a text field that are told back
)

type uploadedPart struct {
	Name        string  `json:"name"`
	Filename    string  `json:"filename"` // empty: a text field
	ContentType string  `json:"content_type"`
	Size        int64   `json:"size"`
	SHA256      string  `json:"sha256"` // in hex
	Value       *string `json:"value"`  // of a text field, at most its first 1024 bytes; null for a file
}

type uploadAnswer struct {
	Parts []uploadedPart `json:"parts"`
	Files int            `json:"files"`
	Size  int64          `json:"size"` // of all parts
}

type rawAnswer struct {
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`
	SHA256      string `json:"sha256"` // in hex
}

func uploadRoutes() []route {
	return []route{
		{method: "POST", pattern: "/uploads", summary: "Upload files and text fields, at most 64 MiB; at least one part must be a file",
			accepts: multipartKind, streamed: true, out: uploadAnswer{}, also: []int{422}, serve: uploadParts},
		{method: "POST", pattern: "/uploads/raw", summary: "Upload one body of any kind, at most 64 MiB",
			accepts: anyKind, bodyless: true, streamed: true, out: rawAnswer{}, serve: uploadRaw},
	}
}

var errTooLarge = problem(http.StatusRequestEntityTooLarge, "too_large", "an upload has at most %d bytes", maxUpload)

// A bounded reads at most left bytes; what is longer fails with errTooLarge.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}

// upload is the body, bounded.
func (c *call) upload() (io.Reader, error) {
	if c.r.ContentLength > maxUpload {
		return nil, errTooLarge
	}
	return &bounded{c.r.Body, maxUpload}, nil
}

// unreadable is the problem behind an error that reading an upload has met.
func unreadable(err error) error {
	if errors.Is(err, errTooLarge) {
		return errTooLarge
	}
	return badRequest("the upload could not be read to its end: %v", err)
}

func uploadRaw(c *call) (reply, error) {
	body, err := c.upload()
	if err != nil {
		return reply{}, err
	}
	sum := sha256.New()
	size, err := io.Copy(sum, body)
	if err != nil {
		return reply{}, unreadable(err)
	}
	return asJSON(http.StatusOK, rawAnswer{c.r.Header.Get("Content-Type"), size, hex.EncodeToString(sum.Sum(nil))}), nil
}

func uploadParts(c *call) (reply, error) {
	body, err := c.upload()
	if err != nil {
		return reply{}, err
	}
	_, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return reply{}, badRequest("Content-Type names no boundary")
	}
	answer := uploadAnswer{Parts: []uploadedPart{}}
	for parts := multipart.NewReader(body, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return reply{}, unreadable(err)
		}
		if len(answer.Parts) == maxParts {
			return reply{}, invalid("an upload has at most %d parts", maxParts)
		}
		part, err := readPart(p)
		if err != nil {
			return reply{}, err
		}
		answer.Parts = append(answer.Parts, part)
		answer.Size += part.Size
		if part.Filename != "" {
			answer.Files++
		}
	}
	if answer.Files == 0 {
		return reply{}, invalid("none of the parts is a file: it would have a filename")
	}
	if _, err := io.Copy(io.Discard, body); err != nil { // what follows the last boundary
		return reply{}, unreadable(err)
	}
	return asJSON(http.StatusOK, answer), nil
}

func readPart(p *multipart.Part) (uploadedPart, error) {
	part := uploadedPart{Name: p.FormName(), Filename: p.FileName(), ContentType: p.Header.Get("Content-Type")}
	if part.Name == "" {
		return part, invalid("a part has no name")
	}
	sum := sha256.New()
	var head head
	var to io.Writer = sum
	if part.Filename == "" {
		to = io.MultiWriter(sum, &head)
	}
	size, err := io.Copy(to, p)
	if err != nil {
		return part, unreadable(err)
	}
	part.Size, part.SHA256 = size, hex.EncodeToString(sum.Sum(nil))
	if part.Filename == "" {
		text := string(head)
		part.Value = &text
	}
	return part, nil
}

// A head keeps the first shownText bytes written to it.
type head []byte

func (h *head) Write(p []byte) (int, error) {
	*h = append(*h, p[:min(len(p), shownText-len(*h))]...)
	return len(p), nil
}
