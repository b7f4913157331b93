package html

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// svg writes a drawing. What comes from outside goes through its text method
// only.
type svg struct{ b strings.Builder }

func (g *svg) printf(format string, args ...any) { fmt.Fprintf(&g.b, format, args...) }

// open begins a drawing that says in words what it shows.
func (g *svg) open(width, height float64, class, says string) {
	g.printf(`<svg class="%s" role="img" viewBox="0 0 %s %s" width="%s" height="%s"><title>%s</title>`,
		class, f(width), f(height), f(width), f(height), template.HTMLEscapeString(says))
}

// stretch begins a drawing that fills its place, whatever its shape.
func (g *svg) stretch(width, height float64, class, says string) {
	g.printf(`<svg class="%s" role="img" viewBox="0 0 %s %s" preserveAspectRatio="none"><title>%s</title>`,
		class, f(width), f(height), template.HTMLEscapeString(says))
}

func (g *svg) close() template.HTML {
	g.b.WriteString("</svg>")
	return template.HTML(g.b.String())
}

func (g *svg) line(class string, x0, y0, x1, y1 float64) {
	g.printf(`<path class="%s" d="M%s %sL%s %s"/>`, class, f(x0), f(y0), f(x1), f(y1))
}

func (g *svg) rect(class string, x, y, w, h float64) {
	g.printf(`<rect class="%s" x="%s" y="%s" width="%s" height="%s"/>`, class, f(x), f(y), f(w), f(h))
}

// f is a coordinate with one place.
func f(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		x = 0
	}
	s := strconv.FormatFloat(x, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

// curve is a path through points; a point without a value is a gap. A point
// alone is drawn as a short dash.
func curve(n int, x func(int) float64, y func(int) (float64, bool)) string {
	var b strings.Builder
	down, alone := false, false
	end := func(i int) {
		if alone {
			b.WriteString("m-2 0h4")
		}
		down, alone = false, false
	}
	for i := range n {
		v, ok := y(i)
		if !ok {
			end(i)
			continue
		}
		op := "L"
		alone = !down
		if !down {
			op = "M"
		}
		down = true
		b.WriteString(op + f(x(i)) + " " + f(v))
	}
	end(n)
	return b.String()
}

// ticks are at most about count round numbers from 0 to at least most.
func ticks(most float64, count int) []float64 {
	if most <= 0 {
		return []float64{0, 1}
	}
	step := math.Pow(10, math.Floor(math.Log10(most/float64(count))))
	for _, m := range []float64{1, 2, 5, 10} {
		if most/(m*step) <= float64(count) {
			step *= m
			break
		}
	}
	list := []float64{0}
	for v := step; list[len(list)-1] < most; v += step {
		list = append(list, v)
	}
	return list
}
