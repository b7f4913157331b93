package forecast

import (
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"io"
)

// Schema is the JSON Schema of what WriteJSON writes. A test makes it of the
// types and their comments.
//
//go:embed plan.schema.json
var Schema []byte

// WriteJSON writes the forecast for programs.
func WriteJSON(w io.Writer, f *Forecast) error {
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the forecast: %w", err)
	}
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("writing the forecast: %w", err)
	}
	return nil
}
