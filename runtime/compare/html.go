package compare

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"throng/runtime/changes"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"value": value, "part": func(f Change) string { return f.part(f.Change) }, "interval": func(f Change) string { return f.interval() },
	"class": func(w Word) string { return strings.ReplaceAll(string(w), " ", "-") }, "clean": text.Clean, "limit": func(s SLA) string { return s.LimitText() }, "sides": sidesText, "made": func(list []string) string { return made(list, true) }, "method": method,
	"drawing": func(r Request) *drawing { return draw(r.base, r.now) }, "symbol": func(w Word) string { return symbols[w] },
	"plans": func(c *changes.Changes) string {
		var b strings.Builder
		_ = changes.WriteText(&b, c, changes.Options{}) // a Builder takes everything
		return b.String()
	},
}).Parse(pageSource))

var symbols = map[Word]string{Worse: "✗", Better: "✓", Same: "–", Few: "?", Not: "–"}

// WriteHTML writes the comparison as one page that needs nothing else: no
// script, no network.
func WriteHTML(w io.Writer, c *Comparison) error {
	if err := page.Execute(w, c); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

// Size of a drawing, in its own units, and the step of its distributions.
const (
	drawWidth, drawHeight, drawMargin = 640.0, 150.0, 28.0
	drawStep                          = 0.08 // 8 % on the logarithmic scale
)

// drawing is two distributions of response times over one another.
type drawing struct {
	Width, Height  float64
	Base, Now      string // points of lines
	BaseP95, Now95 float64
	Ticks          []tick
	Says           string
}

type tick struct {
	X    float64
	Text string
}

// drawn is how many answers each side has at least, to be a distribution.
const drawn = 20

// draw lays both distributions over one logarithmic axis: the height is the
// share of a side's answers in a step.
func draw(base, now *record.Stats) *drawing {
	if base == nil || now == nil || min(base.OK, now.OK) < drawn {
		return nil
	}
	low, high := min(base.Quantile(0.001).Ns, now.Quantile(0.001).Ns), max(base.Quantile(0.999).Ns, now.Quantile(0.999).Ns)
	first, last := binOf(low)-1, binOf(high)+1
	a, b := shares(base, first, last), shares(now, first, last)
	top := 0.0
	for i := range a {
		top = math.Max(top, math.Max(a[i], b[i]))
	}
	span := float64(last-first) * drawStep
	x := func(ns float64) float64 {
		at := (math.Log(math.Max(ns, 1)) - float64(first)*drawStep) / span
		return drawMargin + (drawWidth-2*drawMargin)*math.Min(1, math.Max(0, at))
	}
	line := func(list []float64) string {
		var s strings.Builder
		for i, v := range list {
			y := drawHeight - drawMargin - (drawHeight-drawMargin-8)*v/top
			left, right := x(math.Exp(float64(first+i)*drawStep)), x(math.Exp(float64(first+i+1)*drawStep))
			fmt.Fprintf(&s, "%.1f,%.1f %.1f,%.1f ", left, y, right, y)
		}
		return strings.TrimSpace(s.String())
	}
	d := &drawing{Width: drawWidth, Height: drawHeight, Base: line(a), Now: line(b), BaseP95: x(float64(base.Quantile(0.95).Ns)), Now95: x(float64(now.Quantile(0.95).Ns))}
	for _, ns := range []float64{1e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8, 2e8, 5e8, 1e9, 2e9, 5e9, 1e10, 2e10, 6e10} {
		at := x(ns)
		if n := len(d.Ticks); at > drawMargin && at < drawWidth-drawMargin && (n == 0 || at-d.Ticks[n-1].X > 48) {
			d.Ticks = append(d.Ticks, tick{at, text.Duration(ns)})
		}
	}
	d.Says = fmt.Sprintf("Distribution of response times. Base: median %s, p95 %s. Candidate: median %s, p95 %s.", at(base, 0.5), at(base, 0.95), at(now, 0.5), at(now, 0.95))
	return d
}

func at(s *record.Stats, q float64) string { return text.Duration(float64(s.Quantile(q).Ns)) }

func binOf(ns int64) int { return int(math.Floor(math.Log(float64(max(ns, 1))) / drawStep)) }

func shares(s *record.Stats, first, last int) []float64 {
	list := make([]float64, last-first+1)
	for _, b := range s.Buckets() {
		list[min(max(binOf(b.From)-first, 0), len(list)-1)] += float64(b.Count) / float64(s.OK)
	}
	return list
}
