package report

import (
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

// StageTime is a stage an SLA is about, as planned. Times are from the first
// user.
type StageTime struct {
	Name  string `json:"name"` // with the user's before it where it is of that user's own load
	Begin Ms     `json:"begin_ms"`
	End   Ms     `json:"end_ms"`
}

// Window says that limits must hold in every stretch of the run.
type Window struct {
	Length Ms    `json:"length_ms"`
	AllBut int64 `json:"all_but"` // so many may be broken
	For    Ms    `json:"for_ms"`  // broken ones count where they follow on one another for so long
}

// Windows are what a judgement's windows came to.
type Windows struct {
	Whole    int64      `json:"whole"`    // that lay wholly in what is judged
	Decided  int64      `json:"decided"`  // of these: had enough samples
	Broken   int64      `json:"broken"`   // of these
	Counted  int64      `json:"counted"`  // of the broken: lasted as long as the SLA asks
	Doubtful int64      `json:"doubtful"` // that what is unknown could break: missed, cut off, timed out, failed here
	Run      text.State `json:"whole_run_state"`
	Worst    *Stretch   `json:"worst"` // null where none was decided
	Says     string     `json:"says"`
}

// Stretch is one window. Times are from the first user.
type Stretch struct {
	From    Ms     `json:"from_ms"`
	To      Ms     `json:"to_ms"`
	Samples int64  `json:"samples"`
	Over    int64  `json:"samples_over"`
	Figure  Num    `json:"figure"`
	Unit    string `json:"figure_unit"` // ratio: the share beyond the limit, or failed; of means and rates the rule's
}

// Stages are those an SLA is about.
func Stages(mask *plan.Mask, s *plan.SLA) []StageTime {
	list := []StageTime{}
	for _, t := range s.Stages {
		list = append(list, StageTime{mask.Replace(t.Name), Ms(t.Begin), Ms(t.End)})
	}
	return list
}

// WindowOf is an SLA's window; nil without.
func WindowOf(s *plan.SLA) *Window {
	if s.Window == nil {
		return nil
	}
	return &Window{Ms(s.Window.Length), s.Window.AllBut, Ms(s.Window.For)}
}

func (b *builder) windows(s *plan.SLA, r *plan.Rule, j sla.Judgement, unit string) *Windows {
	w := j.Windows
	if w == nil || s.Window == nil {
		return nil
	}
	out := &Windows{Whole: w.Whole, Decided: w.Decided, Broken: w.Broken, Counted: w.Counted, Doubtful: w.Doubtful,
		Run: stateOf(w.Run, j.Warn || r.Warn), Says: w.Words(*r, *s.Window)}
	if !w.Worst.Valid {
		return out
	}
	out.Worst = &Stretch{Ms(w.Worst.From), Ms(w.Worst.To), w.Worst.Samples, w.Worst.Over, Num(w.Worst.Figure), "ratio"}
	if r.Metric == plan.Mean || r.Metric == plan.Throughput || r.Metric == plan.Tally {
		if out.Worst.Unit = unit; unit == "ms" {
			out.Worst.Figure /= 1e6
		}
	}
	return out
}

// Title is the SLA's name for people, with the stages it is about: "read
// (spike)".
func (s *SLA) Title() string {
	if len(s.Stages) == 0 {
		return s.Name
	}
	names := make([]string, len(s.Stages))
	for i, t := range s.Stages {
		names[i] = t.Name
	}
	return s.Name + " (" + strings.Join(names, ", ") + ")"
}

// RuleText is the rule's name for people, with what it is of and how it is
// judged: "p95 of connect", "p95 in 30 s",
// "p95, 95 % sure".
func (s *SLA) RuleText() string {
	rule := s.Rule
	if s.Measure != "" && s.Measure != plan.MeasureResponse.String() {
		rule += " of " + s.Measure
	}
	if s.Confidence != nil {
		return rule + ", " + text.Limit(float64(*s.Confidence), text.Ratio) + " sure"
	}
	if s.Window == nil {
		return rule
	}
	return rule + " in " + text.Whole(time.Duration(s.Window.Length))
}
