package html

import (
	"fmt"
	"slices"
	"time"

	"throng/runtime/compare"
	"throng/runtime/report/text"
)

// comparisonSection says what changed against a baseline.
type comparisonSection struct {
	Brief    string // for the first screen: "no difference in 9 of 11, 1 worse, 1 too few"
	Says     string
	Base     string
	Doubts   []string
	Plans    string // how the plans differ; "" where they do not
	Requests table
	SLAs     table
}

// against is the section of a comparison; nil where there is none.
func against(c *compare.Comparison) *comparisonSection {
	if c == nil || len(c.Base.Runs) == 0 {
		return nil
	}
	s := &comparisonSection{Brief: brief(c), Says: text.Clean(c.Says) + ".", Base: baseText(c)}
	for _, d := range c.Doubts {
		s.Doubts = append(s.Doubts, capital(text.Clean(d))+".")
	}
	if c.Plans.Reason != "" {
		s.Plans = text.Clean(c.Plans.Reason) + "."
	}
	figures := []column{{Title: "baseline", Num: true}, {Title: "now", Num: true}, {Title: "change", Num: true}, {Title: "95 % interval", Num: true, Plain: true}}
	s.Requests = table{ID: "comparison-table", Title: "Requests against the baseline", Cols: append([]column{{Title: "word"}, {Title: "request"}, {Title: "figure"}}, figures...)}
	for i := range c.Requests {
		r := &c.Requests[i]
		f := r.Telling()
		if f == nil {
			continue
		}
		name := cellView{Text: text.Clean(r.Request), Value: text.Clean(r.Request), Class: "name"}
		if r.OnlyIn != "" {
			name.Sub = "only in the " + r.OnlyIn
		}
		s.Requests.Rows = append(s.Requests.Rows, row{Slot: -1, Line: i, Cells: append([]cellView{wordCell(r.Word), name, words(f.Figure)}, changeCells(f)...)})
	}
	s.SLAs = table{ID: "comparison-slas", Title: "SLAs against the baseline", Cols: append([]column{{Title: "word"}, {Title: "SLA"}, {Title: "limit", Num: true, Plain: true}, {Title: "state"}}, figures...)}
	for i := range c.SLAs {
		l := &c.SLAs[i]
		name := cellView{Text: text.Clean(l.SLA + " " + l.Rule), Value: text.Clean(l.SLA + " " + l.Rule), Class: "name", Sub: text.Clean(l.Request)}
		s.SLAs.Rows = append(s.SLAs.Rows, row{Slot: -1, Line: i, Cells: append([]cellView{wordCell(l.Change.Word), name, {Text: l.LimitText()}, words(l.StatesText())}, changeCells(&l.Change)...)})
	}
	return s
}

var wordStates = map[compare.Word]state{
	compare.Worse:  {text.Style{}.Symbol(text.Fail), string(compare.Worse), text.Fail.String(), 0},
	compare.Better: {text.Style{}.Symbol(text.Pass), string(compare.Better), text.Pass.String(), 1},
	compare.Same:   {text.None, string(compare.Same), "none", 2},
	compare.Few:    {text.Style{}.Symbol(text.Inconclusive), string(compare.Few), text.Inconclusive.String(), 3},
	compare.Not:    {text.None, string(compare.Not), "none", 4},
}

func wordCell(w compare.Word) cellView { return stateCell(wordStates[w]) }

func changeCells(f *compare.Change) []cellView {
	base, now, change, interval := f.Texts()
	cells := []cellView{{Text: base}, {Text: now}, {Text: change}, {Text: interval}}
	for i, v := range []*compare.Num{f.Base, f.Now, f.Change} {
		if v != nil {
			cells[i].Value = value(float64(*v))
		}
	}
	return cells
}

// brief counts the words of the requests, what matters first.
func brief(c *compare.Comparison) string {
	counts := map[compare.Word]int64{}
	for i := range c.Requests {
		counts[c.Requests[i].Word]++
	}
	var parts []string
	for _, w := range []compare.Word{compare.Worse, compare.Better, compare.Same, compare.Few, compare.Not} {
		if n := counts[w]; n > 0 {
			parts = append(parts, text.Count(n)+" "+string(w))
		}
	}
	if len(parts) == 0 {
		return "nothing could be compared"
	}
	s := fmt.Sprintf("of %s %s", counted(int64(len(c.Requests)), "request"), shortList(parts, len(parts)))
	if len(c.Doubts) > 0 {
		s += "; in doubt"
	}
	return s
}

// baseText says what the baseline is.
func baseText(c *compare.Comparison) string {
	var n int64
	for _, r := range c.Base.Runs {
		n += r.Requests
	}
	s := "The baseline is " + text.Clean(c.Base.Name)
	if began, err := time.Parse(time.RFC3339, c.Base.Runs[0].Started); err == nil && len(c.Base.Runs) == 1 {
		s += ", begun on " + when(began)
	}
	s += ": " + counted(n, "request")
	if slices.ContainsFunc(c.Base.Runs, func(r compare.Run) bool { return r.Verdict == text.Fail.String() }) {
		s += "; it failed"
	}
	return s + ". A change that is smaller than chance, or than matters, is none. throng compare shows every figure, and the distributions over one another."
}
