package plan

import "fmt"

// SiteID indexes Plan.Sites. The zero ID means "no place in the source".
type SiteID int32

// Site is a place in the scenario's source.
type Site struct {
	File   string // as the user would type it, relative to the scenario
	Line   int    // 1-based
	Column int    // 1-based, in characters
	Block  string // the block it stands in, such as `sla "read"`
	Text   string // the source line, without its indentation
}

// String is "file:line".
func (s Site) String() string {
	if s.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

// EvalError is a run-time failure of an expression, at its place in the
// source.
type EvalError struct {
	Site    SiteID
	Class   ErrorClass
	Message string
}

func (e *EvalError) Error() string { return e.Message }
