package html

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"throng/runtime/report"
	"throng/runtime/results"
)

// limited is a run whose requests are all limited, in ways that have a line in
// the chart of all of them, and in ways that have none.
func limited() *results.Run {
	run := failing()
	rule := func(name, metric string, quantile, ms float64, more func(*report.SLA)) {
		s := report.SLA{Name: name, Rule: metric, Metric: "percentile", Measure: "response", Unit: "ms", Limit: report.Num(ms), Everywhere: true, Stages: []report.StageTime{}}
		if quantile > 0 {
			q := report.Num(quantile)
			s.Quantile = &q
		} else {
			s.Metric = metric
		}
		if more != nil {
			more(&s)
		}
		run.Report.SLAs = append(run.Report.SLAs, s)
	}
	rule("budget", "p50", 0.5, 100, nil)
	rule("budget", "p95", 0.95, 500, nil)
	rule("goal", "p95", 0.95, 200, func(s *report.SLA) { s.Warning = true })
	rule("loose", "p95", 0.95, 900, nil)
	rule("budget", "p99", 0.99, 600, nil)
	rule("budget", "max", 0, 20000, nil)
	rule("hold", "p95", 0.95, 400, func(s *report.SLA) {
		s.Stages = []report.StageTime{{Name: "hold", Begin: report.Ms(20 * time.Second), End: report.Ms(60 * time.Second)}}
	})
	rule("budget", "mean", 0, 150, nil)
	rule("budget", "p90", 0.9, 300, nil)
	rule("budget", "p50", 0.5, 1, func(s *report.SLA) { s.Floor = true })
	rule("budget", "p95", 0.95, 50, func(s *report.SLA) { s.Measure = "connect" })
	rule("some", "p99", 0.99, 30, func(s *report.SLA) { s.Everywhere = false })
	return run
}

// What every request owes is drawn over what all of them did: the tightest
// limit on each figure that is shown, where it holds, at its height.
func TestLimitsOfAllRequestsAreDrawn(t *testing.T) {
	page := write(t, limited())
	var got []string
	for _, l := range unpack(t, page).Total.Limits {
		got = append(got, fmt.Sprintf("%s %v", l.Text, l.Spans))
	}
	want := []string{"p50 ≤ 100 ms []", "p95 ≤ 500 ms []", "p99 ≤ 600 ms []", "max ≤ 20.0 s []", "p95 ≤ 400 ms [[20 60]]"}
	if !slices.Equal(got, want) {
		t.Errorf("drawn are %q, want %q", got, want)
	}
	var lines []string
	elements(t, page, func(n *html.Node) {
		if attribute(n, "class") == "limit" && n.Parent != nil && strings.Contains(attribute(n.Parent, "class"), "latency") {
			lines = append(lines, attribute(n, "d"))
		}
	})
	if len(lines) != len(want) {
		t.Fatalf("lines %q", lines)
	}
	var x0, y0, x1, y1 float64
	heights := make([]float64, len(lines))
	for i, d := range lines {
		if _, err := fmt.Sscanf(d, "M%f %fL%f %f", &x0, &y0, &x1, &y1); err != nil || y0 != y1 || y0 <= 0 || y0 >= drawHeight {
			t.Errorf("%q: %v", d, err)
		}
		heights[i] = y0
		whole := x0 == 0 && x1 == drawWidth
		if staged := i == 4; staged == whole {
			t.Errorf("%s is drawn from %v to %v", want[i], x0, x1)
		}
	}
	if !(heights[3] < heights[2] && heights[2] < heights[1] && heights[1] < heights[4] && heights[4] < heights[0]) {
		t.Errorf("heights %v", heights)
	}
	for _, want := range []string{"Limits on all requests: p50 ≤ 100 ms (budget), p95 ≤ 500 ms (budget)", "limits on response times are about some of the requests only"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("nothing says %q", want)
		}
	}
}

// A limit on some of the requests is no line among all of them.
func TestLimitsOfSomeRequestsAreNot(t *testing.T) {
	if l := unpack(t, write(t, failing())).Total.Limits; len(l) > 0 {
		t.Errorf("%v", l)
	}
}

// names of limits: each is within its chart, and covers no other label and no
// line but its own.
const limitNames = `(() => {
	const bad = [];
	for (const place of document.querySelectorAll('.draw')) {
		const frame = place.getBoundingClientRect(), list = [...place.querySelectorAll('.limit-label')].filter((e) => e.checkVisibility()).map((e) => [e.textContent, e.getBoundingClientRect()]);
		list.forEach(([s, r], i) => {
			if (r.left < frame.left || r.right > frame.right + 1 || r.top < frame.top - r.height || r.bottom > frame.bottom + r.height) bad.push(s + ' leaves its chart');
			for (const [o, q] of list.slice(i + 1)) if (r.left < q.right && q.left < r.right && r.top < q.bottom - 1 && q.top < r.bottom - 1) bad.push(s + ' over ' + o);
			for (const y of place.parentElement.querySelectorAll('.ylabels span')) { const q = y.getBoundingClientRect(); if (r.left < q.right && q.left < r.right && r.top < q.bottom && q.top < r.bottom) bad.push(s + ' over ' + y.textContent); }
		});
	}
	const main = document.querySelectorAll('#panel-latency .limit-label').length;
	if (main < 2) bad.push(main + ' labels in the main chart');
	return bad.join('\n');
})()`

// The lines have names that can be read, in all colours and widths, zoomed, on
// paper, and without script.
func lookLimits(t *testing.T, b *browser) {
	page := write(t, limited())
	for _, l := range []look{{width: 1280}, {width: 1280, dark: true}, {width: 360}, {width: 1280, noJS: true}, {width: 360, noJS: true}, {width: 800, fragment: "#t=20-40"}} {
		b.open(page, l)
		if bad := b.text(limitNames); bad != "" {
			t.Errorf("%+v: %s", l, bad)
		}
		if bad := b.text(contrasts); bad != "" {
			t.Errorf("%+v: %s", l, bad)
		}
	}
	b.open(page, look{width: 1280})
	b.call("Emulation.setEmulatedMedia", args{"features": []args{{"name": "forced-colors", "value": "active"}}}, nil)
	if bad := b.text(limitNames); bad != "" {
		t.Errorf("forced colours: %s", bad)
	}
	if bad := b.text(`(() => {
		const label = getComputedStyle(document.querySelector('.limit-label')), line = getComputedStyle(document.querySelector('.timeline .plot path.limit'));
		const ground = getComputedStyle(document.body).backgroundColor;
		return label.color === ground || line.stroke === ground ? label.color + ' and ' + line.stroke + ' on ' + ground : '';
	})()`); bad != "" {
		t.Errorf("forced colours: %s", bad)
	}
	b.call("Emulation.setEmulatedMedia", args{"media": "print", "features": []args{}}, nil)
	b.call("Emulation.setDeviceMetricsOverride", args{"width": 700, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
	if bad := b.text(limitNames); bad != "" {
		t.Errorf("on paper: %s", bad)
	}
	// A line that is switched off takes its name along; a linear scale keeps
	// what was measured readable.
	b.open(page, look{width: 1280})
	b.eval(`document.querySelector('#panel-latency .tool').click()`, nil)
	if s := b.text(`[...document.querySelectorAll('#panel-latency .limit-label')].map((e) => e.textContent).join()`); strings.Contains(s, "20.0 s") || !strings.Contains(s, "p95") {
		t.Errorf("on a linear scale the limits are %s", s)
	}
	b.eval(`[...document.querySelectorAll('#panel-latency .keys button')].find((e) => e.textContent === 'limit').click()`, nil)
	if n := b.text(`String(document.querySelectorAll('#panel-latency .limit-label, #panel-latency path.limit').length)`); n != "0" {
		t.Errorf("%s limits are left", n)
	}
}
