package prove

import (
	"bytes"
	"encoding/json"
	"io"

	"throng/dsl/diag"
)

// FormatVersion is the version of the events' form. It grows with every
// change that could break a reader.
const FormatVersion = 1

// Events writes results for machines: one JSON object a line.
type Events struct {
	W   io.Writer
	err error
}

type runEvent struct {
	Event       string          `json:"event"` // run
	Format      int             `json:"format_version"`
	File        string          `json:"file"`
	Name        string          `json:"name"`
	Command     string          `json:"command"`
	State       string          `json:"state"` // pass, fail, error, skip
	Seconds     float64         `json:"seconds"`
	Checked     bool            `json:"checked"`
	Notes       []string        `json:"notes"`
	Diagnostics json.RawMessage `json:"diagnostics"` // as validate --json has them
	Difference  string          `json:"difference"`  // of the snapshot, as a unified diff
	Written     string          `json:"written"`     // the snapshot that was written
	Requests    string          `json:"requests"`    // as a snapshot writes them
}

type endEvent struct {
	Event       string  `json:"event"` // end
	Format      int     `json:"format_version"`
	Passed      int     `json:"passed"`
	Failed      int     `json:"failed"`
	Errors      int     `json:"errors"`
	Skipped     int     `json:"skipped"`
	Unchecked   int     `json:"unchecked"`
	Filtered    int     `json:"filtered"`
	Seconds     float64 `json:"seconds"`
	Interrupted bool    `json:"interrupted"`
	ExitCode    int     `json:"exit_code"`

	Diagnostics json.RawMessage `json:"diagnostics"` // of the test files themselves; with an error among them nothing was run
}

// Run writes one result.
func (e *Events) Run(r *Result) {
	e.write(&runEvent{
		Event: "run", Format: FormatVersion, File: r.File.Name, Name: r.Run.Name, Command: string(r.Run.Command),
		State: r.State.String(), Seconds: r.Took.Seconds(), Checked: r.Checked, Notes: append([]string{}, r.Notes...),
		Diagnostics: diagnostics(r.Findings, r.Sources), Difference: r.Difference, Written: r.Written, Requests: r.Requests,
	})
}

// End writes what it all came to, with what was found in the test files.
func (e *Events) End(s *Summary, code int, found diag.Diagnostics, sources map[string][]byte) {
	e.write(&endEvent{
		Event: "end", Format: FormatVersion, Passed: s.Counts[Passed], Failed: s.Counts[Failed], Errors: s.Counts[Errored],
		Skipped: s.Counts[Skipped], Unchecked: s.Unchecked, Filtered: s.Filtered, Seconds: s.Took.Seconds(),
		Interrupted: s.Interrupted, ExitCode: code, Diagnostics: diagnostics(found, sources),
	})
}

// Err is the first error of writing.
func (e *Events) Err() error { return e.err }

func (e *Events) write(event any) {
	if e.err == nil {
		encoder := json.NewEncoder(e.W)
		encoder.SetEscapeHTML(false)
		e.err = encoder.Encode(event)
	}
}

// diagnostics are findings, a list.
func diagnostics(found diag.Diagnostics, sources map[string][]byte) json.RawMessage {
	var b bytes.Buffer
	var whole struct{ Diagnostics json.RawMessage }
	if diag.WriteJSON(&b, found, sources) != nil || json.Unmarshal(b.Bytes(), &whole) != nil || whole.Diagnostics == nil {
		return json.RawMessage("[]")
	}
	return whole.Diagnostics
}
