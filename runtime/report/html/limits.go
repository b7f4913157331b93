package html

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

// ceiling reports whether a rule limits response times from above.
func ceiling(s *report.SLA) bool {
	return s.Unit == "ms" && !s.Metrics && !s.Floor && (s.Measure == "" || s.Measure == "response")
}

// limits are the ceilings on the response times of a request, for its charts.
func (b *builder) limits(request string) []limitData {
	return b.ceilings(func(s *report.SLA) bool {
		return slices.ContainsFunc(s.All, func(j report.Judged) bool { return j.Request == request })
	})
}

// sharedLimits are those of the ceilings on the response times of every
// request, be they judged together or each by itself, that are about a figure
// the chart of all requests shows. What is said of some requests says nothing
// of a figure of all of them. Of several limits on one figure the tightest is
// drawn, and a warning only where nothing else limits the figure.
func (b *builder) sharedLimits() (list []limitData) {
	shown := func(s *report.SLA) bool {
		if s.Quantile == nil {
			return s.Metric == "max"
		}
		return slices.Contains([]report.Num{0.5, 0.95, 0.99}, *s.Quantile)
	}
	for _, l := range b.ceilings(func(s *report.SLA) bool { return s.Everywhere && shown(s) }) {
		same := func(o limitData) bool { return o.Quantile == l.Quantile && slices.Equal(o.Spans, l.Spans) }
		switch k := slices.IndexFunc(list, same); {
		case k < 0:
			list = append(list, l)
		case l.Warning == list[k].Warning && l.At < list[k].At, list[k].Warning && !l.Warning:
			list[k] = l
		}
	}
	return list
}

// ceilings are the limits of some rules, each line once: several SLAs may say
// the same.
func (b *builder) ceilings(want func(*report.SLA) bool) (list []limitData) {
	for i := range b.r.SLAs {
		s := &b.r.SLAs[i]
		if !ceiling(s) || !want(s) {
			continue
		}
		l := limitData{Text: text.Clean(s.Rule + " ≤ " + s.LimitText()), Name: text.Clean(s.Title()), At: micros(s.Limit) * 1e3, Quantile: 1, Warning: s.Warning, Spans: [][2]float64{}}
		if s.Quantile != nil {
			l.Quantile = float64(*s.Quantile)
		}
		for _, t := range s.Stages {
			l.Spans = append(l.Spans, [2]float64{time.Duration(t.Begin).Seconds(), time.Duration(t.End).Seconds()})
		}
		same := func(o limitData) bool {
			return o.Text == l.Text && o.Warning == l.Warning && slices.Equal(o.Spans, l.Spans)
		}
		if k := slices.IndexFunc(list, same); k >= 0 {
			list[k].Name += ", " + l.Name
			continue
		}
		list = append(list, l)
	}
	return list
}

// limitsSay names the limits of a chart, and says that there are others.
func (b *builder) limitsSay(list []limitData) (says, note string) {
	var parts []string
	for _, l := range list {
		parts = append(parts, l.Text+" ("+l.Name+")")
	}
	if len(parts) > 0 {
		says = " Limits on all requests: " + strings.Join(parts, ", ") + "."
	}
	others := int64(0)
	for i := range b.r.SLAs {
		if s := &b.r.SLAs[i]; ceiling(s) && !s.Everywhere {
			others++
		}
	}
	switch {
	case others == 1:
		note = "1 limit on response times is about some of the requests only, and is not drawn here."
	case others > 1:
		note = fmt.Sprintf("%s limits on response times are about some of the requests only, and are not drawn here.", text.Count(others))
	}
	return says, note
}

// The room a limit's label takes: of the width on a phone, and of the height
// on paper.
const labelWide, labelHigh = 0.3, 0.18

// limitLabels are what stands on the right end of each line, or further left
// where another label is. What finds no place is left to the chart's title.
func (b *builder) limitLabels(list []limitData, y func(float64) float64) (out []limitLabel) {
	type place struct{ right, top float64 }
	var taken []place
	for _, l := range list {
		at := place{1, y(float64(l.At)*1e3) / drawHeight}
		if n := len(l.Spans); n > 0 {
			at.right = b.t.share(time.Duration(l.Spans[n-1][1] * float64(time.Second)))
		}
		near := func(o place) bool {
			return math.Abs(o.right-at.right) < labelWide && math.Abs(o.top-at.top) < labelHigh
		}
		for slices.ContainsFunc(taken, near) {
			at.right -= labelWide
		}
		if at.right > labelWide {
			taken = append(taken, at)
			out = append(out, limitLabel{percent(1 - at.right), percent(at.top), l.Text})
		}
	}
	return out
}

// drawLimits draws the lines over the parts of the run they are about.
func (b *builder) drawLimits(g *svg, list []limitData, y func(float64) float64) {
	for _, l := range list {
		spans := l.Spans
		if len(spans) == 0 {
			spans = [][2]float64{{0, b.t.end.Seconds()}}
		}
		for _, s := range spans {
			x := func(at float64) float64 { return drawWidth * b.t.share(time.Duration(at*float64(time.Second))) }
			g.line("limit", x(s[0]), y(float64(l.At)*1e3), x(s[1]), y(float64(l.At)*1e3))
		}
	}
}
