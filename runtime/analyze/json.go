package analyze

import (
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"io"
)

// Schema is the JSON Schema of what WriteJSON writes.
//
//go:embed analysis.schema.json
var Schema []byte

// WriteJSON writes the result for programs.
func WriteJSON(w io.Writer, r *Result) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the analysis: %w", err)
	}
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("writing the analysis: %w", err)
	}
	return nil
}
