package report

import (
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"io"
)

// Schema is the JSON Schema of what WriteJSON writes.
//
//go:embed summary.schema.json
var Schema []byte

// WriteJSON writes summary.json.
func WriteJSON(w io.Writer, r *Report) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the summary: %w", err)
	}
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

// maxSummary bounds what ReadJSON takes in, in bytes.
const maxSummary = 256 << 20

// ReadJSON reads what WriteJSON wrote.
func ReadJSON(in io.Reader) (*Report, error) {
	var r Report
	if err := json.NewDecoder(io.LimitReader(in, maxSummary)).Decode(&r); err != nil {
		return nil, fmt.Errorf("reading a summary: %w; is it a summary.json that throng wrote?", err)
	}
	if r.FormatVersion != FormatVersion {
		return nil, fmt.Errorf("the summary has format version %q; this throng reads %s", r.FormatVersion, FormatVersion)
	}
	return &r, nil
}
