package report

import (
	"fmt"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// Once is how a setup or a teardown went. Its requests are in no other figure.
type Once struct {
	Elapsed   Ms          `json:"elapsed_ms"`
	Problem   string      `json:"problem"` // why it did not go through; "" when it did
	Requests  int64       `json:"requests"`
	Failed    int64       `json:"failed"`
	Retried   int64       `json:"retried"` // part of failed: followed by another attempt
	Errors    []Error     `json:"errors"`
	Abandoned []Abandoned `json:"abandoned"`
}

// Leave is a place at which users left early, as the scenario says.
type Leave struct {
	Class   string `json:"class"`
	Left    string `json:"left"` // task, user or run
	Message string `json:"message"`
	Site    *Site  `json:"site"`
	Count   int64  `json:"count"`
}

func (b *builder) once(o *outcome.Once) *Once {
	if o == nil {
		return nil
	}
	own := builder{plan: o.Plan, mask: b.mask}
	snap := o.Final
	if snap == nil {
		snap = &record.Snapshot{}
	}
	s := own.merge(snap.Total, func(s *plan.Series) bool { return s.Kind == plan.RequestSeries })
	out := &Once{
		Elapsed: ms(o.Elapsed), Problem: b.mask.Replace(o.Problem), Requests: s.Count(),
		Errors: own.errors(snap.Errors), Abandoned: own.abandoned(snap.Abandoned),
	}
	if s != nil {
		out.Failed, out.Retried = s.Failed, s.Retried
	}
	return out
}

var reaches = [...]string{plan.FailureTask: "task", plan.FailureUser: "user", plan.FailureRun: "run"}

func (b *builder) leaves(list []outcome.Leave) []Leave {
	out := make([]Leave, 0, len(list))
	for _, l := range list {
		out = append(out, Leave{
			Class: b.class(l.Class), Left: reaches[l.Reach], Message: b.mask.Replace(l.Message), Site: b.site(l.Site), Count: l.Count,
		})
	}
	return out
}

// notRun reports that nothing of the load was begun, as the setup failed.
func (r *Report) notRun() bool { return r.Setup != nil && r.Setup.Problem != "" }

// troubles writes what went wrong in setup and teardown, with what failed.
func (t *textWriter) troubles() {
	t.trouble("SETUP", t.r.Setup)
	t.trouble("TEARDOWN", t.r.Teardown)
}

func (t *textWriter) trouble(label string, o *Once) {
	if o == nil || o.Problem == "" {
		return
	}
	t.section(label, "! "+text.Clean(o.Problem))
	for i := range o.Errors {
		e := &o.Errors[i]
		t.section("", fmt.Sprintf("%s × %s %s", text.Count(e.Count), what(e), text.Clean(e.Request)))
		t.example(e)
	}
	for i := range o.Abandoned {
		t.section("", "session."+text.Clean(o.Abandoned[i].Value)+" held nothing"+place(o.Abandoned[i].Site))
	}
	t.line("")
}

// onces says what setup and teardown did that went through.
func (t *textWriter) onces() {
	for _, o := range []struct {
		label string
		*Once
	}{{"SETUP", t.r.Setup}, {"TEARDOWN", t.r.Teardown}} {
		if o.Once == nil || o.Problem != "" {
			continue
		}
		s := fmt.Sprintf("%s in %s, in no other figure", count(o.Requests, "request"), text.Duration(float64(o.Elapsed)))
		if o.Failed > 0 {
			s += fmt.Sprintf("; %s failed", text.Count(o.Failed))
			if o.Retried > 0 {
				s += fmt.Sprintf(", of which %s were tried again", text.Count(o.Retried))
			}
		}
		t.section(o.label, s)
	}
}

// leaves says who left early, and why.
func (t *textWriter) leaves() {
	label := "LEFT"
	for i := range t.r.Leaves {
		l := &t.r.Leaves[i]
		s := fmt.Sprintf("%s × the %s early", text.Count(l.Count), l.Left)
		if l.Message != "" {
			s += ": " + text.Clean(l.Message)
		}
		where := text.Clean(l.Class)
		if l.Site != nil {
			where += fmt.Sprintf(", %s:%d", text.Clean(l.Site.File), l.Site.Line)
		}
		t.section(label, s+" ("+where+")")
		label = ""
	}
}

func place(s *Site) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf(" (%s:%d)", text.Clean(s.File), s.Line)
}
