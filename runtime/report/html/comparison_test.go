package html

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"throng/runtime/compare"
	"throng/runtime/report/reporttest"
	"throng/runtime/results"
)

// comparison is of the failing run with the calm one.
func comparison(t *testing.T) (*results.Run, *compare.Comparison) {
	t.Helper()
	base, now := resultOf(reporttest.Passed(), 0), failing()
	base.Report.Generator.Saturated = []string{"Steps began late: very."}
	c, err := compare.Compare(compare.Side{Name: "results/<before>", Runs: []*results.Run{base}}, compare.Side{Name: "results/after", Runs: []*results.Run{now}}, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &c.Requests[0] // how a word is found is no matter of the page
	r.Word = compare.Worse
	for i := range r.Figures {
		if r.Figures[i].Figure == "p99" {
			r.Figures[i].Word = compare.Worse
		}
	}
	return now, c
}

// With a baseline the page says on its first screen and request by request
// what changed, in the words of the comparison.
func TestPageAgainstABaseline(t *testing.T) {
	run, c := comparison(t)
	var b strings.Builder
	if err := WriteAgainst(&b, run, c); err != nil {
		t.Fatal(err)
	}
	var first, section string
	rows := map[string][]string{}
	elements(t, []byte(b.String()), func(n *html.Node) {
		switch id := attribute(n, "id"); {
		case n.Data == "header" && id == "verdict":
			first = textOf(n)
		case id == "comparison":
			section = textOf(n)
		case n.Data == "tr" && n.Parent.Data == "tbody":
			for p := n.Parent; p != nil; p = p.Parent {
				if id := attribute(p, "id"); strings.HasPrefix(id, "comparison-") {
					rows[id] = append(rows[id], textOf(n))
				}
			}
		}
	})
	if !strings.Contains(first, brief(c)) || !strings.Contains(first, "worse") || !strings.Contains(first, "in doubt") {
		t.Errorf("the first screen says %q, and not %q", first, brief(c))
	}
	for _, want := range []string{c.Says, "The baseline is results/<before>", "In doubt: ", "was saturated"} {
		if !strings.Contains(section, want) {
			t.Errorf("%q is not in %q", want, section)
		}
	}
	if len(rows["comparison-table"]) != len(c.Requests) || len(rows["comparison-slas"]) != len(c.SLAs) || len(c.SLAs) == 0 {
		t.Fatalf("%d and %d rows of %d requests and %d SLAs", len(rows["comparison-table"]), len(rows["comparison-slas"]), len(c.Requests), len(c.SLAs))
	}
	worse := 0
	for i, r := range c.Requests {
		line := rows["comparison-table"][i]
		f := r.Telling()
		_, now, change, _ := f.Texts()
		for _, want := range []string{string(r.Word), r.Request, f.Figure, now, change} {
			if !strings.Contains(line, want) {
				t.Errorf("%q is not in %q", want, line)
			}
		}
		if f.Word != r.Word {
			t.Errorf("%s is %s, and known by a figure that is %s", r.Request, r.Word, f.Word)
		}
		if r.Word == compare.Worse {
			worse++
		}
	}
	if worse == 0 {
		t.Error("nothing is worse, so the test shows little")
	}
	if page := string(write(t, run)); strings.Contains(page, `id="comparison"`) || strings.Contains(page, "#comparison") {
		t.Error("a run without a baseline has a comparison")
	}
}

func lookComparison(t *testing.T, b *browser) {
	run, c := comparison(t)
	var page strings.Builder
	if err := WriteAgainst(&page, run, c); err != nil {
		t.Fatal(err)
	}
	for _, l := range []look{{width: 1280}, {width: 1280, dark: true}, {width: 320}} {
		b.open([]byte(page.String()), l)
		if bad := b.text(contrasts); bad != "" {
			t.Errorf("%+v: %s", l, bad)
		}
		if !b.truth(`document.documentElement.scrollWidth <= innerWidth`) {
			t.Errorf("%+v: the page is wider than its screen", l)
		}
		if c := b.complaints(); len(c) > 0 {
			t.Errorf("%+v: %v", l, c)
		}
	}
}
