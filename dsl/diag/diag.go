package diag

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Severity says whether a diagnostic forbids a run.
type Severity uint8

// Severities. The zero value is Error, so that forgetting one is safe.
const (
	Error Severity = iota
	Warning
)

// String is the word the JSON form uses.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Diagnostic is one finding. The package comment says how its texts read.
type Diagnostic struct {
	Code       string // one of Codes
	Severity   Severity
	Summary    string     // fixed phrase of the code
	Detail     string     // full sentences; lines that begin with a space are not wrapped
	Subject    *hcl.Range // what to underline; nil if it stands nowhere in the source
	Context    *hcl.Range // lines to show around it; nil for the subject's own
	Block      string     // enclosing block, such as `user "operator"`
	Related    []Related
	Values     []Value
	Suggestion string // one sentence, or ""
	terse      bool   // nothing is to be suggested
}

// Related is a second place that matters.
type Related struct {
	Message string // such as "first declared here"
	Range   hcl.Range
}

// Value is a value an expression could see. Text reads after "is".
type Value struct{ Name, Text string }

// New makes an error of a code in the table, with the table's summary.
// The detail is formatted as by fmt.Sprintf.
func New(code string, subject hcl.Range, format string, args ...any) *Diagnostic {
	d := General(code, format, args...)
	d.Subject = &subject
	return d
}

// NewWarning is New with the severity of a warning.
func NewWarning(code string, subject hcl.Range, format string, args ...any) *Diagnostic {
	d := New(code, subject, format, args...)
	d.Severity = Warning
	return d
}

// General makes an error that belongs to no place in the source.
func General(code, format string, args ...any) *Diagnostic {
	return &Diagnostic{Code: code, Summary: Summary(code), Detail: fmt.Sprintf(format, args...)}
}

// In names the enclosing block, and returns d.
func (d *Diagnostic) In(block string) *Diagnostic {
	d.Block = block
	return d
}

// Relate adds a second place, and returns d.
func (d *Diagnostic) Relate(message string, at hcl.Range) *Diagnostic {
	d.Related = append(d.Related, Related{Message: message, Range: at})
	return d
}

// Terse keeps DidYouMean from looking for a suggestion, and returns d: of
// thousands of findings nobody reads it, and to look costs more than to find.
func (d *Diagnostic) Terse() *Diagnostic {
	d.terse = true
	return d
}

// DidYouMean suggests the candidate that given was likely meant to be, if
// there is one, and returns d.
func (d *Diagnostic) DidYouMean(given string, candidates []string) *Diagnostic {
	if d.terse {
		return d
	}
	if name := Suggest(given, candidates); name != "" {
		d.Suggestion = fmt.Sprintf("Did you mean %q?", name)
	}
	return d
}

// Diagnostics is what a pass found. A nil slice is an empty one.
type Diagnostics []*Diagnostic

// Append adds one finding; nil adds nothing.
func (ds *Diagnostics) Append(d *Diagnostic) {
	if d != nil {
		*ds = append(*ds, d)
	}
}

// Extend adds the findings of another pass.
func (ds *Diagnostics) Extend(more Diagnostics) { *ds = append(*ds, more...) }

// HasErrors reports whether any finding forbids a run.
func (ds Diagnostics) HasErrors() bool { return ds.count(Error) > 0 }

func (ds Diagnostics) count(s Severity) int {
	n := 0
	for _, d := range ds {
		if d.Severity == s {
			n++
		}
	}
	return n
}

// Failure is the error form of diagnostics that hold at least one error.
type Failure struct{ Diagnostics Diagnostics }

// Error is the first error, in one line, and how many there are beside it.
func (f *Failure) Error() string {
	n := f.Diagnostics.count(Error)
	for _, d := range f.Diagnostics {
		if d.Severity != Error {
			continue
		}
		text := d.line()
		if n > 1 {
			text += fmt.Sprintf(" (and %d more)", n-1)
		}
		return text
	}
	return "no errors"
}

// Err is nil without errors, and a *Failure with them.
func (ds Diagnostics) Err() error {
	if !ds.HasErrors() {
		return nil
	}
	return &Failure{Diagnostics: ds}
}

// line is the diagnostic in one line.
func (d *Diagnostic) line() string {
	text := d.Summary
	if d.Detail != "" {
		text += ": " + d.Detail
	}
	if d.Subject != nil {
		text = fmt.Sprintf("%s:%d:%d: %s", d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column, text)
	}
	return clean(text, false)
}

// Sort puts the findings in the order of the source: by file, line and
// column, errors and warnings mixed. Those without a place come first; equal
// ones keep their order.
func (ds Diagnostics) Sort() { slices.SortStableFunc(ds, bySource) }

func bySource(a, b *Diagnostic) int {
	switch {
	case a.Subject == nil && b.Subject == nil:
		return 0
	case a.Subject == nil:
		return -1
	case b.Subject == nil:
		return 1
	}
	return cmp.Or(
		cmp.Compare(a.Subject.Filename, b.Subject.Filename),
		cmp.Compare(a.Subject.Start.Line, b.Subject.Start.Line),
		cmp.Compare(a.Subject.Start.Column, b.Subject.Start.Column),
	)
}

// Dedupe is the findings without those that say the same of the same place.
// It does not change its receiver.
func (ds Diagnostics) Dedupe() Diagnostics {
	type key struct {
		code, detail string
		severity     Severity
		subject      hcl.Range
	}
	seen := make(map[key]bool, len(ds))
	kept := make(Diagnostics, 0, len(ds))
	for _, d := range ds {
		if d == nil {
			continue
		}
		k := key{code: d.Code, detail: d.Detail, severity: d.Severity}
		if d.Subject != nil {
			k.subject = *d.Subject
		}
		if !seen[k] {
			seen[k] = true
			kept = append(kept, d)
		}
	}
	return kept
}

// shown is the findings as both renderings list them.
func (ds Diagnostics) shown() Diagnostics {
	kept := ds.Dedupe()
	kept.Sort()
	return kept
}
