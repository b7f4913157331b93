package html

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"throng/runtime/analyze"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// elements visits every element of a page.
func elements(t *testing.T, page []byte, visit func(n *html.Node)) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// shown is a page without its script, its style and its data.
func shown(page []byte) string {
	return regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`).ReplaceAllString(string(page), "")
}

// void are the elements without an end.
var void = []string{"meta", "link", "br", "input"}

// Every element that begins ends, in order, and no id stands twice.
func TestPagesAreWellFormed(t *testing.T) {
	for _, r := range runs {
		page := write(t, r.make())
		var open []string
		ids := make(map[string]bool)
		for z := html.NewTokenizer(bytes.NewReader(page)); ; {
			kind := z.Next()
			if kind == html.ErrorToken {
				if z.Err() != io.EOF {
					t.Fatal(z.Err())
				}
				break
			}
			token := z.Token()
			switch {
			case kind == html.StartTagToken && !slices.Contains(void, token.Data):
				open = append(open, token.Data)
			case kind == html.EndTagToken:
				if len(open) == 0 || open[len(open)-1] != token.Data {
					t.Fatalf("%s: </%s> ends %v", r.name, token.Data, open)
				}
				open = open[:len(open)-1]
			}
			for _, a := range token.Attr {
				if a.Key == "id" && kind != html.EndTagToken {
					if ids[a.Val] {
						t.Errorf("%s: id %q stands twice", r.name, a.Val)
					}
					ids[a.Val] = true
				}
			}
		}
		if len(open) > 0 {
			t.Errorf("%s: %v are never ended", r.name, open)
		}
	}
}

// Nothing on a page leads out of it, and its policy would forbid it.
func TestPagesNeedNothingElse(t *testing.T) {
	for _, r := range runs {
		page := write(t, r.make())
		scripts, policies := 0, 0
		elements(t, page, func(n *html.Node) {
			for _, a := range n.Attr {
				switch a.Key {
				case "src", "srcset", "action", "formaction", "data", "poster", "background", "srcdoc", "ping":
					t.Errorf("%s: <%s %s=%q>", r.name, n.Data, a.Key, a.Val)
				case "href":
					if !strings.HasPrefix(a.Val, "#") && a.Val != "data:," {
						t.Errorf("%s: a link to %q", r.name, a.Val)
					}
				}
				if strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s>", r.name, n.Data, a.Key)
				}
			}
			if n.Data == "script" && attribute(n, "type") == "" {
				scripts++
				if !strings.Contains(policy(), hashOf(n.FirstChild.Data)) {
					t.Errorf("%s: the policy does not name the script", r.name)
				}
			}
			if attribute(n, "http-equiv") == "Content-Security-Policy" {
				policies++
				if c := attribute(n, "content"); !strings.HasPrefix(c, "default-src 'none';") || strings.Contains(c, "http") {
					t.Errorf("%s: the policy is %q", r.name, c)
				}
			}
		})
		if scripts != 1 || policies != 1 {
			t.Errorf("%s: %d scripts, %d policies", r.name, scripts, policies)
		}
		if m := regexp.MustCompile(`@import|url\(|sourceMappingURL`).FindString(style + script); m != "" {
			t.Errorf("%q is in the style or the script", m)
		}
	}
}

// What a page shows without its script is kept as text, to be read.
func TestPagesRead(t *testing.T) {
	for _, name := range []string{"failed", "empty", "sockets", "broken"} {
		for _, r := range runs {
			if r.name == name {
				golden.Check(t, name+".txt", readable(t, write(t, r.make())))
			}
		}
	}
}

// readable is a page's text, a line for each of its blocks.
func readable(t *testing.T, page []byte) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(shown(page)))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(strings.Join(strings.Fields(n.Data), " "))
			return
		}
		switch n.Data {
		case "h1", "h2", "h3", "p", "tr", "li", "dt", "pre", "section", "summary", "figcaption", "footer":
			b.WriteString("\n")
		default:
			b.WriteString(" ")
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
		b.WriteString(" ")
	}
	walk(doc)
	var out []string
	for line := range strings.Lines(b.String()) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n") + "\n"
}

// Names and answers that try to do something are text, cleaned.
func TestHostileNamesAreText(t *testing.T) {
	page := write(t, resultOf(reporttest.Hostile(), 99))
	for i, r := range string(page) {
		if r != '\n' && unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control) || r == 0x2028 {
			t.Fatalf("%U stands at byte %d: %q", r, i, page[max(0, i-60):i+10])
		}
	}
	want := make(map[string]bool)
	for _, n := range reporttest.HostileNames() {
		want[text.Clean("GET "+n)] = false
	}
	tags := make(map[string]int)
	elements(t, page, func(n *html.Node) {
		tags[n.Data]++
		if _, ok := want[textOf(n)]; ok && n.Data == "span" {
			want[textOf(n)] = true
		}
	})
	for n, seen := range want {
		if !seen && !strings.Contains(n, "\u0301") && len(strings.Join(strings.Fields(n), " ")) == len(n) {
			t.Errorf("no element shows %q", n)
		}
	}
	if tags["script"] != 2 || tags["img"] != 0 || tags["iframe"] != 0 {
		t.Errorf("elements: %v", tags)
	}
	if bytes.Contains(page, []byte("hunter2")) || bytes.Contains(page, []byte("<script>alert")) {
		t.Error("a secret or a script of a name stands in the page")
	}
}

// Every rule, request, error and share of the report is on the page with the
// report's own words for its figures.
func TestPageHasTheReportsFigures(t *testing.T) {
	for _, r := range runs {
		run := r.make()
		rows := make(map[string][]string) // of cells, by table
		elements(t, write(t, run), func(n *html.Node) {
			if n.Data != "tr" || n.Parent.Data != "tbody" && n.Parent.Data != "tfoot" {
				return
			}
			table := attribute(n.Parent.Parent, "id")
			var cells []string
			for c := range n.ChildNodes() {
				if c.Type == html.ElementNode {
					cells = append(cells, textOf(c))
				}
			}
			rows[table] = append(rows[table], strings.Join(cells, " | "))
		})
		has := func(table string, parts ...string) {
			t.Helper()
			for _, row := range rows[table] {
				if !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(row, strings.Join(strings.Fields(p), " ")) }) {
					return
				}
			}
			t.Errorf("%s: no row of %s has %q:\n%s", r.name, table, parts, strings.Join(rows[table], "\n"))
		}
		for i := range run.Report.SLAs {
			s := &run.Report.SLAs[i]
			has("sla-table", text.Style{}.Symbol(s.State), text.Clean(s.Title()), text.Clean(s.RuleText()), s.MeasuredText(), s.LimitText(), s.MarginText(), text.Count(s.Samples), s.IntervalText(&s.Judged))
		}
		for i := range run.Report.Requests {
			q := &run.Report.Requests[i]
			figures := []string{text.Style{}.Symbol(q.State), text.Clean(q.Name), text.Count(q.Samples), text.Rate(float64(q.Rate)), text.Count(q.Failed)}
			for _, f := range []string{"p50", "p95", "p99", "max"} {
				s, mark := q.Latency.Figure(f)
				figures = append(figures, s+mark)
			}
			has("request-table", figures...)
		}
		for i := range run.Report.Mix {
			m := &run.Report.Mix[i]
			has("mix-table", m.Name(), text.Count(m.Count))
		}
		for i := range run.Report.Metrics {
			p95, mark := run.Report.Metrics[i].Figure("p95")
			has("metric-table", text.Clean(run.Report.Metrics[i].Name), p95+mark)
		}
	}
}

// What stands out is what throng analyze finds, in its words and order, each
// with what it means and what to look at; what it did not find is said, too.
func TestFindingsAreTheAnalysis(t *testing.T) {
	for _, r := range runs {
		run := r.make()
		if run.Each == nil {
			continue
		}
		in, err := analyze.FromRun(run)
		if err != nil {
			t.Fatal(err)
		}
		result, at := analyze.Analyze(in), 0
		var section string
		elements(t, write(t, run), func(n *html.Node) {
			if attribute(n, "id") == "findings" {
				section = textOf(n)
			}
		})
		follows := func(what string) {
			what = strings.Join(strings.Fields(text.Clean(what)), " ")
			i := strings.Index(section[at:], what)
			if i < 0 {
				t.Errorf("%s: %q is not on the page, or not in its place", r.name, what)
				return
			}
			at += i
		}
		for _, f := range result.Findings {
			follows(string(f.Severity))
			follows(strings.TrimSuffix(f.Says, "."))
			follows(f.Means)
			for _, next := range f.Next {
				follows(next)
			}
		}
		for _, c := range result.Checks {
			if c.State == analyze.Clear && !strings.Contains(section, c.Looked) {
				t.Errorf("%s: nobody says that %s were looked for", r.name, c.Looked)
			}
		}
	}
}

// A run that never ended, or proves nothing, shows no sign of a pass in its
// verdict.
func TestNoFalseGreen(t *testing.T) {
	for _, r := range runs {
		run := r.make()
		if run.Report.Verdict.State == text.Pass && run.Broken == "" {
			continue
		}
		elements(t, write(t, run), func(n *html.Node) {
			if attribute(n, "id") == "verdict" && strings.Contains(textOf(n), "✓") {
				t.Errorf("%s: the verdict has a tick: %s", r.name, textOf(n))
			}
			if n.Data == "title" && strings.Contains(textOf(n), "PASS") {
				t.Errorf("%s: %s", r.name, textOf(n))
			}
		})
	}
}

// No figure is a slip of the computer's own notation.
func TestNoFigureSlips(t *testing.T) {
	slip := regexp.MustCompile(`NaN|undefined|[^a-z]Inf|&lt;nil&gt;|%!|\d[eE][+-]\d|0x[0-9a-f]{6}`)
	for _, r := range runs {
		if r.name == "hostile" {
			continue
		}
		page := shown(write(t, r.make()))
		if at := slip.FindStringIndex(page); at != nil {
			t.Errorf("%s: %q", r.name, page[max(0, at[0]-80):at[1]+20])
		}
	}
}

func unpack(t *testing.T, page []byte) *chartData {
	t.Helper()
	var d chartData
	elements(t, page, func(n *html.Node) {
		if attribute(n, "id") != "data" {
			return
		}
		packed, err := base64.StdEncoding.DecodeString(n.FirstChild.Data)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewDecoder(flate.NewReader(bytes.NewReader(packed))).Decode(&d); err != nil {
			t.Fatal(err)
		}
	})
	return &d
}

// The charts' data add up to the report's counts, a column of a heat map to
// its successes, a histogram to all of them, and percentiles never fall.
func TestChartsAddUp(t *testing.T) {
	for _, r := range runs {
		run := r.make()
		d := unpack(t, write(t, run))
		for i := range d.Rows {
			s := &d.Rows[i]
			at := slices.IndexFunc(run.Report.Requests, func(q report.Request) bool { return text.Clean(q.Name) == s.Name })
			if at < 0 {
				t.Fatalf("%s: %q is no request", r.name, s.Name)
			}
			q := &run.Report.Requests[at]
			warm := 0
			if d.Warmup > 0 {
				warm = int(d.Warmup / d.Width)
			}
			if got := sum(s.OK[warm:]); got != q.OK {
				t.Errorf("%s: %s has %d successes over time, %d in the report", r.name, s.Name, got, q.OK)
			}
			if got := sum(s.Failed[warm:]); got != q.Failed {
				t.Errorf("%s: %s has %d failures over time, %d in the report", r.name, s.Name, got, q.Failed)
			}
			if got := counts(s.Hist); got != q.OK {
				t.Errorf("%s: the histogram of %s holds %d of %d", r.name, s.Name, got, q.OK)
			}
			if got := counts(s.HistBad); got != q.Failed {
				t.Errorf("%s: the histogram of failures of %s holds %d of %d", r.name, s.Name, got, q.Failed)
			}
			for c, column := range s.Heat {
				from := c * d.HeatStep
				if got := counts(column); got != sum(s.OK[from:min(len(s.OK), from+d.HeatStep)]) {
					t.Errorf("%s: column %d of %s holds %d", r.name, c, s.Name, got)
				}
			}
			for k := 1; k < len(s.Nines); k++ {
				if a, b := s.Nines[k-1], s.Nines[k]; b[0] <= a[0] || b[1] >= 0 && b[1] < a[1] {
					t.Errorf("%s: %s goes from %v to %v", r.name, s.Name, a, b)
				}
			}
		}
	}
}

func sum(list []int64) (n int64) {
	for _, v := range list {
		n += v
	}
	return n
}

func counts(pairs []int64) (n int64) {
	for i := 1; i < len(pairs); i += 2 {
		n += pairs[i]
	}
	return n
}

// The stall of the failing run is three seconds of nothing in every curve.
func TestStallIsDrawn(t *testing.T) {
	page := write(t, failing())
	d := unpack(t, page)
	for i := 30; i < 33; i++ {
		if d.Total.OK[i]+d.Total.Failed[i] != 0 || d.Total.P95[i] != 0 {
			t.Errorf("at %d s: %d finished, p95 %v", i, d.Total.OK[i]+d.Total.Failed[i], d.Total.P95[i])
		}
	}
	if !strings.Contains(shown(page), "Nothing was answered from 0:30 to 0:33, while 60 users waited.") {
		t.Error("the page does not say so")
	}
	var from []float64
	for _, s := range d.Stages {
		from = append(from, s.From)
	}
	if !slices.Equal(from, []float64{0, 20, 60}) {
		t.Errorf("stages begin at %v", from)
	}
}

// A point that stands for many seconds has the percentile of all their
// samples, not the mean of theirs.
func TestPointsMergeHistograms(t *testing.T) {
	run := large(2, 700)
	d := unpack(t, write(t, run))
	if d.Width != 5 || len(d.Length) != 140 {
		t.Fatalf("%d points of %v s", len(d.Length), d.Width)
	}
	var list []*record.Stats
	var highest int64
	err := run.Each(func(s *results.Second) error {
		if s.At < 5*time.Second {
			list = append(list, s.Rows[0])
			highest = max(highest, s.Rows[0].Max())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := record.Merge(list...)
	for name, c := range map[string]struct{ got, want micros }{
		"p95": {d.Rows[0].P95[0], latencyData(all.Quantile(0.95))}, "p99": {d.Rows[0].P99[0], latencyData(all.Quantile(0.99))}, "max": {d.Rows[0].Max[0], micros(highest) / 1e3},
	} {
		if diff := c.got - c.want; diff > c.want/100 || -diff > c.want/100 {
			t.Errorf("%s is %v, want %v", name, c.got, c.want)
		}
	}
}

// Sizes are what the design allows.
func TestSizes(t *testing.T) {
	if n := len(style) + len(script); n > 64<<10 {
		t.Errorf("style and script take %d bytes", n)
	}
	if n := len(write(t, large(20, 3600))); n > 600<<10 {
		t.Errorf("20 requests over an hour take %d bytes", n)
	}
	if n := len(write(t, large(300, 600))); n > 3<<20 {
		t.Errorf("300 requests take %d bytes", n)
	}
}

func TestBins(t *testing.T) {
	if binOf(0) != 0 || binOf(1) != 0 || binOf(1<<62) != bins-1 {
		t.Error("what lies beyond is in no bin at the end")
	}
	for ns := int64(binStart); ns < 60e9; ns += ns / 7 {
		if b := binOf(ns); binOf(ns*113/100) <= b || binOf(ns*111/100) > b+1 {
			t.Errorf("bin %d of %d ns is not 12 %% wide", b, ns)
		}
	}
	if got := joined([]int64{1, 2, 5, 1}, []int64{0, 3, 5, 4}); !slices.Equal(got, []int64{0, 3, 1, 2, 5, 5}) {
		t.Errorf("joined: %v", got)
	}
}

func TestWidths(t *testing.T) {
	for end, want := range map[time.Duration]time.Duration{
		0: time.Second, 300 * time.Second: time.Second, 301 * time.Second: 2 * time.Second, time.Hour: 15 * time.Second, 24 * time.Hour: 5 * time.Minute, 1000 * time.Hour: 12001 * time.Second,
	} {
		if got := widthFor(end, 0); got != want {
			t.Errorf("a run of %s has points of %s, want %s", end, got, want)
		}
	}
	if got := widthFor(time.Minute, 8*time.Second); got != 10*time.Second {
		t.Errorf("known by 8 s, points of %s", got)
	}
}

// A tick comes a little late or early; a second of the run stays a point.
func TestTicksAreNotExact(t *testing.T) {
	run := large(2, 20)
	each := run.Each
	run.Each = func(visit func(*results.Second) error) error {
		i, at := 0, time.Duration(0)
		return each(func(s *results.Second) error {
			i++
			next := time.Duration(i)*time.Second + time.Duration(i%3-1)*4*time.Millisecond
			s.At, s.Length, at = at, next-at, next
			return visit(s)
		})
	}
	d := unpack(t, write(t, run))
	if d.Width != 1 || len(d.Length) != 20 && len(d.Length) != 21 || slices.Contains(d.Length[:20], 0) {
		t.Errorf("points of %v s: %v", d.Width, d.Length)
	}
}
