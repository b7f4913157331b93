package diag

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// The JSON form has the shape of Terraform's "validate -json", so that tools
// made for that can read it; code, suggestion and related are ours.
type (
	jsonOutput struct {
		FormatVersion string           `json:"format_version"`
		Valid         bool             `json:"valid"`
		ErrorCount    int              `json:"error_count"`
		WarningCount  int              `json:"warning_count"`
		Diagnostics   []jsonDiagnostic `json:"diagnostics"`
	}
	jsonDiagnostic struct {
		Severity   string        `json:"severity"`
		Code       string        `json:"code"`
		Summary    string        `json:"summary"`
		Detail     string        `json:"detail"`
		Range      *jsonRange    `json:"range,omitempty"`
		Snippet    *jsonSnippet  `json:"snippet,omitempty"`
		Suggestion string        `json:"suggestion,omitempty"`
		Related    []jsonRelated `json:"related,omitempty"`
	}
	jsonRange struct {
		Filename string  `json:"filename"`
		Start    jsonPos `json:"start"`
		End      jsonPos `json:"end"`
	}
	jsonPos struct {
		Line   int `json:"line"`
		Column int `json:"column"`
		Byte   int `json:"byte"`
	}
	jsonSnippet struct {
		Context              *string     `json:"context"`
		Code                 string      `json:"code"`
		StartLine            int         `json:"start_line"`
		HighlightStartOffset int         `json:"highlight_start_offset"` // bytes into code
		HighlightEndOffset   int         `json:"highlight_end_offset"`
		Values               []jsonValue `json:"values"`
	}
	jsonValue struct {
		Traversal string `json:"traversal"`
		Statement string `json:"statement"`
	}
	jsonRelated struct {
		Message string       `json:"message"`
		Range   jsonRange    `json:"range"`
		Snippet *jsonSnippet `json:"snippet,omitempty"`
	}
)

// maxSnippet bounds the source text repeated in one JSON snippet, in bytes.
const maxSnippet = 16 << 10

// JSON renders the diagnostics for machines, in the order of the source and
// each once, all of them. It ends with a line break.
func JSON(ds Diagnostics, sources map[string][]byte) ([]byte, error) {
	all := ds.shown()
	out := jsonOutput{
		FormatVersion: "1.0",
		Valid:         !all.HasErrors(),
		ErrorCount:    all.count(Error),
		WarningCount:  all.count(Warning),
		Diagnostics:   make([]jsonDiagnostic, 0, len(all)),
	}
	lib := newLibrary(sources)
	for _, d := range all {
		out.Diagnostics = append(out.Diagnostics, lib.json(d))
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return nil, err
	}
	return []byte(b.String()), nil
}

// WriteJSON writes what JSON renders.
func WriteJSON(w io.Writer, ds Diagnostics, sources map[string][]byte) error {
	b, err := JSON(ds, sources)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

func (l *library) json(d *Diagnostic) jsonDiagnostic {
	out := jsonDiagnostic{
		Severity: d.Severity.String(), Code: d.Code, Summary: d.Summary, Detail: d.Detail, Suggestion: d.Suggestion,
	}
	if d.Subject != nil {
		r := rangeJSON(*d.Subject)
		out.Range = &r
		out.Snippet = l.snippetJSON(d.Subject, d.Context)
	}
	if out.Snippet != nil {
		if d.Block != "" {
			out.Snippet.Context = &d.Block
		}
		for _, v := range d.Values {
			out.Snippet.Values = append(out.Snippet.Values, jsonValue{Traversal: v.Name, Statement: "is " + v.Text})
		}
	}
	for _, r := range d.Related {
		out.Related = append(out.Related, jsonRelated{Message: r.Message, Range: rangeJSON(r.Range), Snippet: l.snippetJSON(&r.Range, nil)})
	}
	return out
}

func rangeJSON(r hcl.Range) jsonRange {
	pos := func(p hcl.Pos) jsonPos { return jsonPos{Line: p.Line, Column: p.Column, Byte: p.Byte} }
	return jsonRange{Filename: r.Filename, Start: pos(r.Start), End: pos(r.End)}
}

// snippetJSON is the source a range stands in, nil if it is not known.
func (l *library) snippetJSON(subject, context *hcl.Range) *jsonSnippet {
	f := l.file(subject.Filename)
	if f == nil {
		return nil
	}
	s, ok := f.spanOf(subject, context)
	if !ok {
		return nil
	}
	first := s.first
	from, _, _ := f.bounds(first)
	if s.start-from > maxSnippet/2 {
		first = subject.Start.Line
		from, _, _ = f.bounds(first)
		from = max(from, s.start-maxSnippet/2)
	}
	_, to, _ := f.bounds(s.last)
	to = max(s.start, min(to, from+maxSnippet))
	end := max(s.start, min(s.end, to))
	before, marked, after := valid(f.text[from:s.start]), valid(f.text[s.start:end]), valid(f.text[end:to])
	return &jsonSnippet{
		Code:                 before + marked + after,
		StartLine:            first,
		HighlightStartOffset: len(before),
		HighlightEndOffset:   len(before) + len(marked),
		Values:               []jsonValue{},
	}
}

// valid is text as JSON can hold it; offsets are counted after the repair.
func valid(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }
