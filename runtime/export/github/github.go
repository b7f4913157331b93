// Package github writes what a run came to as workflow commands of GitHub
// Actions: annotations that stand beside the lines of the scenario that the
// limits are declared in.
//
// The form is that of the documentation's "Workflow commands", with the
// escapes of actions/toolkit.
package github

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// GitHub shows ten annotations of each kind for a step.
const most = 10

// Write writes an annotation for each limit that is broken (error), warns or
// is undecided (warning), for what else kept the run from passing (error),
// and the verdict (notice). Of more than GitHub shows, the last says how many
// are missing.
func Write(w io.Writer, run *results.Run) error {
	rep := run.Report
	var errs, warnings []annotation
	for _, reason := range run.Doubts() {
		errs = append(errs, annotation{kind: "error", title: "throng: " + rep.Verdict.State.String(), message: reason})
	}
	for i := range rep.SLAs {
		s := &rep.SLAs[i]
		switch s.State {
		case text.Fail:
			errs = append(errs, of(rep, "error", s))
		case text.Warn, text.Inconclusive:
			warnings = append(warnings, of(rep, "warning", s))
		}
	}
	all := append(bound(errs), bound(warnings)...)
	all = append(all, annotation{kind: "notice", title: "throng", message: headline(rep)})
	for _, a := range all {
		if _, err := io.WriteString(w, a.String()); err != nil {
			return fmt.Errorf("writing the annotations: %w", err)
		}
	}
	return nil
}

func headline(r *report.Report) string {
	v := r.Verdict
	name := r.Plan.Scenario
	if r.Plan.Profile != "" {
		name += " · " + r.Plan.Profile
	}
	return fmt.Sprintf("%s: %s. Limits: %d kept, %d broken, %d undecided, %d warnings. %s requests.",
		name, strings.ToUpper(v.State.String()), v.Passed, v.Failed, v.Inconclusive, v.Warned, text.Count(r.Total.Samples))
}

func of(r *report.Report, kind string, s *report.SLA) annotation {
	a := annotation{kind: kind, title: fmt.Sprintf("SLA %s: %s", s.Name, s.Rule)}
	if s.Site != nil {
		a.file, a.line = filepath.ToSlash(s.Site.File), s.Site.Line
	}
	about := cmp.Or(s.Request, "all of its requests")
	if s.Measured != nil {
		a.message = fmt.Sprintf("%s: %s, limit %s (%d samples)", about, s.MeasuredText(), s.LimitText(), s.Samples)
	} else {
		a.message = fmt.Sprintf("%s: nothing measured, limit %s", about, s.LimitText())
	}
	if s.State == text.Inconclusive {
		a.message = "undecided. " + a.message
	}
	if s.Reason != "" {
		a.message += ". " + s.Reason
	}
	if n := count(s); n > 1 {
		a.message += fmt.Sprintf(" (the worst of %d)", n)
	}
	return a
}

// count is how many judgements of a limit share its state.
func count(s *report.SLA) (n int) {
	for i := range s.All {
		if s.All[i].State == s.State {
			n++
		}
	}
	return n
}

func bound(list []annotation) []annotation {
	if len(list) <= most {
		return list
	}
	last := annotation{kind: list[0].kind, title: "throng", message: fmt.Sprintf("and %d more; see the report", len(list)-most+1)}
	return append(list[:most-1:most-1], last)
}

// annotation is one workflow command.
type annotation struct {
	kind, title, message string
	file                 string // "" for none
	line                 int
}

const maxMessage = 4 << 10 // bytes; a message is a sentence or two

func (a annotation) String() string {
	var b strings.Builder
	b.WriteString("::" + a.kind + " ")
	if a.file != "" {
		fmt.Fprintf(&b, "file=%s,line=%d,", property(text.Clean(a.file)), a.line)
	}
	fmt.Fprintf(&b, "title=%s::%s\n", property(text.Clean(a.title)), data(cut(text.Clean(a.message))))
	return b.String()
}

func cut(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	return strings.ToValidUTF8(s[:maxMessage], "") + " …"
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func data(s string) string     { return dataEscapes.Replace(s) }
func property(s string) string { return propertyEscapes.Replace(s) }
