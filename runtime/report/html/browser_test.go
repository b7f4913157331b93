package html

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"throng/runtime/report/reporttest"
	"throng/runtime/report/text"
)

// TestInABrowser looks at pages as their readers do.
func TestInABrowser(t *testing.T) {
	b := newBrowser(t)
	for _, l := range []struct {
		name string
		look func(*testing.T, *browser)
	}{
		{"PagesInABrowser", lookPagesInABrowser},
		{"FirstScreen", lookFirstScreen},
		{"WithoutScript", lookWithoutScript},
		{"Contrast", lookContrast},
		{"ForcedColours", lookForcedColours},
		{"Sorting", lookSorting},
		{"Order", lookOrder},
		{"Filter", lookFilter},
		{"Zoom", lookZoom},
		{"Reading", lookReading},
		{"Keyboard", lookKeyboard},
		{"WordsBesideDrawings", lookWordsBesideDrawings},
		{"HostileNamesInABrowser", lookHostileNamesInABrowser},
		{"Print", lookPrint},
		{"Limits", lookLimits},
		{"Comparison", lookComparison},
		{"LargeRunInABrowser", lookLargeRunInABrowser},
		{"BareReport", lookBareReport},
	} {
		t.Run(l.name, func(t *testing.T) {
			b.t = t
			l.look(t, b)
		})
	}
	b.t = t
}

// No page says anything on the console, throws, asks for anything, or is
// wider than its screen.
func lookPagesInABrowser(t *testing.T, b *browser) {
	for _, r := range runs {
		page := write(t, r.make())
		widths := []int{320, 800, 1920}
		if r.name == "failed" || r.name == "hostile" || r.name == "sockets" { // the fullest pages
			widths = []int{320, 375, 800, 1280, 1920}
		}
		for _, width := range widths {
			b.open(page, look{width: width, fragment: "#open=0,1"})
			if over := b.text(`(() => {
				const w = innerWidth;
				if (document.documentElement.scrollWidth <= w) return '';
				const e = [...document.querySelectorAll('body *')].find((e) => e.getBoundingClientRect().right > w + 1 && !e.closest('.table-wrap, nav ul, .quiet, svg, pre'));
				return document.documentElement.scrollWidth + ' wide: ' + (e ? e.outerHTML.slice(0, 200) : '?');
			})()`); over != "" {
				t.Errorf("%s at %d: %s", r.name, width, over)
			}
			if cut := b.text(unseen); cut != "" {
				t.Errorf("%s at %d: what was opened goes beyond its place: %s", r.name, width, cut)
			}
			if over := b.text(overlaps); over != "" {
				t.Errorf("%s at %d: labels over one another: %s", r.name, width, over)
			}
			if c := b.complaints(); len(c) > 0 {
				t.Errorf("%s at %d: %v", r.name, width, c)
			}
		}
	}
}

// unseen is what of an opened request's charts and figures reaches beyond the
// screen.
const unseen = `(() => {
	const e = [...document.querySelectorAll('tr.detail .chart, tr.detail .facts > div')].find((e) => e.getBoundingClientRect().right > innerWidth + 1);
	return e ? e.outerHTML.slice(0, 120) : '';
})()`

// overlaps are labels of one axis that cover one another.
const overlaps = `(() => {
	for (const axis of document.querySelectorAll('.xlabels')) {
		const list = [...axis.children].filter((e) => e.textContent).map((e) => [e.textContent, e.getBoundingClientRect()]).sort((a, b) => a[1].left - b[1].left);
		for (let i = 1; i < list.length; i++) if (list[i][1].left < list[i - 1][1].right) return list[i - 1][0] + ' and ' + list[i][0];
	}
	return '';
})()`

// Where the system chooses the colours, curves, bars and keys are in them, and
// no state is told by its colour.
func lookForcedColours(t *testing.T, b *browser) {
	for _, dark := range []string{"light", "dark"} {
		b.open(write(t, failing()), look{width: 1280, fragment: "#open=0"})
		b.call("Emulation.setEmulatedMedia", args{"features": []args{{"name": "forced-colors", "value": "active"}, {"name": "prefers-color-scheme", "value": dark}}}, nil)
		if bad := b.text(`(() => {
			const light = (s) => { const [r, g, b] = s.match(/[\d.]+/g).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
			const ground = light(getComputedStyle(document.body).backgroundColor), bad = [];
			const check = (what, colour) => { const c = light(colour); if ((Math.max(c, ground) + 0.05) / (Math.min(c, ground) + 0.05) < 3) bad.push(what + ' ' + colour); };
			for (const p of document.querySelectorAll('.timeline .plot path:not(.grid, .edge, .users-area)')) {
				const s = getComputedStyle(p);
				check(p.getAttribute('class'), s.stroke !== 'none' ? s.stroke : s.fill);
			}
			for (const i of document.querySelectorAll('.keys i')) check('key ' + i.className, getComputedStyle(i).color);
			for (const e of document.querySelectorAll('.state, .word, .banner, h1')) check(e.textContent.slice(0, 20), getComputedStyle(e).color);
			return [...new Set(bad)].join('\n');
		})()`); bad != "" {
			t.Errorf("%s: %s", dark, bad)
		}
	}
}

// The verdict, the count of broken limits and the worst rule's figures are on
// the first screen.
func lookFirstScreen(t *testing.T, b *browser) {
	run := failing()
	worst := &run.Report.SLAs[0]
	for _, l := range []look{{width: 1280, height: 800}, {width: 390, height: 844}} {
		b.open(write(t, run), l)
		seen := b.text(`(() => {
			const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
			let s = '';
			for (let n; (n = walker.nextNode());) {
				if (n.parentElement.closest('.quiet, .running, script, style')) continue;
				range.selectNodeContents(n);
				const r = range.getBoundingClientRect();
				if (r.width && r.top >= 0 && r.bottom <= innerHeight) s += n.data + ' ';
			}
			return s.replace(/\s+/g, ' ');
		})()`)
		for _, want := range []string{"FAIL", "3 of 8 limits broken", worst.MeasuredText(), worst.LimitText()} {
			if !strings.Contains(seen, want) {
				t.Errorf("%d × %d shows no %q: %s", l.width, l.height, want, seen)
			}
		}
	}
}

// Without script the verdict, the rules, the timeline and the requests are
// there.
func lookWithoutScript(t *testing.T, b *browser) {
	run := failing()
	b.open(write(t, run), look{width: 1280, noJS: true})
	doc := b.text(`document.body.innerText`)
	for _, want := range []string{"FAIL", "3 of 8 limits broken", run.Report.SLAs[0].MeasuredText(), run.Report.Requests[2].Name, "Nothing was answered from 0:30 to 0:33"} {
		if !strings.Contains(doc, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if n := b.text(`String([...document.querySelectorAll('.timeline svg path.ok, .timeline svg path.p95, .timeline svg path.users')].filter((p) => p.getBBox().height > 1 && p.getBoundingClientRect().width > 500).length)`); n != "3" {
		t.Errorf("%s of 3 curves are drawn", n)
	}
}

// contrasts are the texts whose colour is too near to what is behind them.
const contrasts = `(() => {
	const parse = (s) => { const m = s.match(/[\d.]+/g).map(Number); return { rgb: m.slice(0, 3), a: m[3] ?? 1 }; };
	const light = (rgb) => { const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a === 1) return c.rgb; } return [255, 255, 255]; };
	const bad = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walker.nextNode());) {
		const e = n.parentElement;
		if (!n.data.trim() || e.closest('script, style, noscript, svg') || !e.checkVisibility()) continue;
		const style = getComputedStyle(e), a = light(parse(style.color).rgb), b = light(behind(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) bad.push(ratio.toFixed(2) + ' ' + n.data.trim().slice(0, 40));
		if (parseFloat(style.fontSize) < 12 && !e.closest('sup, sub')) bad.push(style.fontSize + ' ' + n.data.trim().slice(0, 40));
	}
	for (const p of document.querySelectorAll('svg path, svg rect')) {
		const style = getComputedStyle(p), of = style.stroke !== 'none' ? style.stroke : style.fill;
		if (of === 'none' || p.matches('.grid, .edge, .warmup, .axis, .run, .users-area, .max, [style]')) continue;
		const a = light(parse(of).rgb), b = light(behind(p.closest('div, td, li, p')));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 3) bad.push(ratio.toFixed(2) + ' a mark: ' + p.getAttribute('class'));
	}
	return [...new Set(bad)].join('\n');
})()`

func lookContrast(t *testing.T, b *browser) {
	for _, r := range runs {
		switch r.name {
		case "passed", "failed", "inconclusive", "broken", "sockets":
		default:
			continue
		}
		page := write(t, r.make())
		grounds := make(map[string]bool)
		for _, dark := range []bool{false, true} {
			b.open(page, look{width: 1280, dark: dark, fragment: "#open=0"})
			if bad := b.text(contrasts); bad != "" {
				t.Errorf("%s, dark %v: %s", r.name, dark, bad)
			}
			grounds[b.text(`getComputedStyle(document.body).backgroundColor`)] = true
		}
		if len(grounds) != 2 {
			t.Errorf("%s: light and dark have the same ground", r.name)
		}
		b.eval(`document.getElementById('theme').click()`, nil)
		if got := b.text(`getComputedStyle(document.body).backgroundColor`); got != "rgb(255, 255, 255)" {
			t.Errorf("%s: the switch leads from dark to %s", r.name, got)
		}
		b.eval(`localStorage.clear()`, nil)
	}
}

// Every sort of every column is that of the raw values, by mouse and by key;
// what has no value is last, and the total stays below.
func lookSorting(t *testing.T, b *browser) {
	b.open(write(t, failing()), look{width: 1280})
	const sorted = `(() => {
		const table = document.getElementById('request-table'), faults = [];
		[...table.tHead.rows[0].cells].forEach((th, i) => {
			const button = th.querySelector('button');
			if (!button) { if (!th.hasAttribute('data-plain')) faults.push(th.textContent + ' has no button'); return; }
			for (let press = 0; press < 2; press++) {
				button.click();
				const way = th.getAttribute('aria-sort');
				const values = [...table.tBodies[0].rows].map((r) => r.cells[i].dataset.v ?? '');
				const first = values.indexOf('');
				if (first >= 0 && values.slice(first).some((v) => v !== '')) faults.push(th.textContent + ': nothing is not last: ' + values);
				const known = values.filter((v) => v !== ''), numeric = known.every((v) => Number.isFinite(Number(v)));
				for (let k = 1; k < known.length; k++) {
					const [x, y] = numeric ? [Number(known[k - 1]), Number(known[k])] : [known[k - 1], known[k]];
					if (way === 'ascending' ? x > y : way === 'descending' ? x < y : true) faults.push(th.textContent + ' ' + way + ': ' + known);
				}
				if (document.querySelectorAll('#request-table [aria-sort]').length !== 1) faults.push('several columns sort');
			}
		});
		return faults.join('\n');
	})()`
	if faults := b.text(sorted); faults != "" {
		t.Error(faults)
	}
	b.eval(`document.querySelectorAll('#request-table th button')[2].focus()`, nil)
	before := b.text(`document.querySelectorAll('#request-table th')[2].getAttribute('aria-sort')`)
	b.key("Enter", 0)
	if after := b.text(`document.querySelectorAll('#request-table th')[2].getAttribute('aria-sort')`); after == before {
		t.Errorf("Enter leaves the order %s", before)
	}
}

// The order a table opens in is by state, worst first.
func lookOrder(t *testing.T, b *browser) {
	b.open(write(t, failing()), look{width: 1280})
	for _, table := range []string{"sla-table", "request-table"} {
		if ranks := b.text(`[...document.querySelectorAll('#` + table + ` > tbody > tr:not(.why) > td:first-child')].map((c) => c.dataset.v).join('')`); ranks != sortedRunes(ranks) || ranks == "" {
			t.Errorf("%s: states in the order %s", table, ranks)
		}
	}
}

func sortedRunes(s string) string {
	b := []byte(s)
	for i := range b {
		for k := i; k > 0 && b[k-1] > b[k]; k-- {
			b[k-1], b[k] = b[k], b[k-1]
		}
	}
	return string(b)
}

// Chips count what they show, a search finds, and a link opens the same view.
func lookFilter(t *testing.T, b *browser) {
	run := failing()
	page := write(t, run)
	b.open(page, look{width: 1280})
	const visible = `String([...document.querySelectorAll('#request-table > tbody > tr:not([hidden])')].length)`
	for _, state := range []string{"fail", "inconclusive", "pass", "none"} {
		n := 0
		for i := range run.Report.Requests {
			if run.Report.Requests[i].State.String() == state {
				n++
			}
		}
		chip := fmt.Sprintf(`document.querySelector('.chip[data-state="%s"]')`, state)
		b.eval(chip+`.click()`, nil)
		if got, said := b.text(visible), b.text(chip+`.querySelector('b').textContent`); got != fmt.Sprint(n) || said != got {
			t.Errorf("%s: the chip says %s, %s rows are shown, want %d", state, said, got, n)
		}
		b.eval(chip+`.click()`, nil)
	}
	b.eval(`(() => { const i = document.querySelector('#request-filter input'); i.value = 'WORKFLOWS'; i.dispatchEvent(new Event('input')); })()`, nil)
	got, hash := b.text(visible), b.text(`location.hash`)
	if got != "4" {
		t.Errorf("4 requests have workflows in their name, %s are shown", got)
	}
	b.open(page, look{width: 1280, fragment: hash})
	if again := b.text(visible); again != got {
		t.Errorf("with %s, %s rows are shown, want %s", hash, again, got)
	}
}

// A selection by keys zooms all charts, says what was in the range, stands in
// the address, and Escape ends it.
func lookZoom(t *testing.T, b *browser) {
	run := failing()
	b.open(write(t, run), look{width: 1280, fragment: "#t=45-50"})
	bar := b.text(`document.getElementById('zoom').innerText`)
	if !strings.Contains(bar, "0:45–0:50") || !strings.Contains(bar, "failed") {
		t.Errorf("the range says %q", bar)
	}
	b.key("Escape", 0)
	if !b.truth(`document.getElementById('zoom').hidden`) || b.text(`location.hash`) != "" && strings.Contains(b.text(`location.hash`), "t=") {
		t.Error("Escape does not show everything")
	}
	b.eval(`document.querySelector('#panel-rate .draw').focus()`, nil)
	for range 4 {
		b.key("ArrowRight", 8)
	}
	if s := b.text(`document.getElementById('live').textContent`); !strings.Contains(s, "requests/s") {
		t.Errorf("the cursor says %q", s)
	}
	b.key("Enter", 0)
	if h := b.text(`location.hash`); !regexp.MustCompile(`^#t=3\d-4\d$`).MatchString(h) {
		t.Errorf("after a selection the address is %q", h)
	}
	if b.truth(`document.querySelector('#panel-rate .xlabels, .timeline > .xlabels').textContent.includes('1:00')`) {
		t.Error("the axis does not follow")
	}
}

// The cursor reads a second's figures as the text report writes them.
func lookReading(t *testing.T, b *browser) {
	page := write(t, failing())
	d := unpack(t, page)
	b.open(page, look{width: 1280})
	b.eval(`document.getElementById('timeline-data').open = true`, nil)
	var rows [][]string
	for deadline := time.Now().Add(patience); len(rows) == 0; time.Sleep(20 * time.Millisecond) {
		if b.eval(`[...document.querySelectorAll('#timeline-data tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))`, &rows); time.Now().After(deadline) {
			t.Fatal("the table does not open")
		}
	}
	if len(rows) != len(d.Length) {
		t.Fatalf("%d rows of %d", len(rows), len(d.Length))
	}
	figure := func(us micros) string {
		switch {
		case us == 0:
			return text.None
		case us < 0:
			return text.AtLeast(float64(-us) * 1e3)
		}
		return text.Duration(float64(us) * 1e3)
	}
	for i, row := range rows {
		n := d.Total.OK[i] + d.Total.Failed[i]
		want := []string{text.Clock(time.Duration(i) * time.Second), text.Count(int64(d.Users[i])), text.Rate(float64(n)), text.Count(d.Total.Failed[i]),
			figure(d.Total.P50[i]), figure(d.Total.P95[i]), figure(d.Total.P99[i]), figure(d.Total.Max[i])}
		if strings.Join(row, "|") != strings.Join(want, "|") {
			t.Errorf("second %d reads %q, want %q", i, row, want)
		}
	}
}

// Tab reaches every control once, in the order they stand in, and each shows
// that it has the focus.
func lookKeyboard(t *testing.T, b *browser) {
	b.open(write(t, failing()), look{width: 1280})
	var want []string
	b.eval(`(() => {
		const list = [...document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]')].filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('details:not([open]) > :not(summary)'));
		list.forEach((e, i) => { e.dataset.order = i; });
		return list.map((e, i) => String(i));
	})()`, &want)
	var got []string
	for range want {
		b.key("Tab", 0)
		got = append(got, b.text(`document.activeElement.dataset.order ?? document.activeElement.outerHTML.slice(0, 80)`))
		if !b.truth(`(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1; })()`) {
			t.Errorf("%s shows no focus", b.text(`document.activeElement.outerHTML.slice(0, 80)`))
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("Tab goes\n%v, want\n%v", got, want)
	}
}

// Every drawing says in words what it shows, and every state its word.
func lookWordsBesideDrawings(t *testing.T, b *browser) {
	b.open(write(t, failing()), look{width: 1280, fragment: "#open=0,1"})
	if bad := b.text(`[...document.querySelectorAll('svg[role=img]')].filter((e) => (e.getAttribute('aria-label') || e.querySelector('title')?.textContent || '').length < 20).map((e) => e.outerHTML.slice(0, 100)).join('\n')`); bad != "" {
		t.Errorf("drawings without words: %s", bad)
	}
	if bad := b.text(`[...document.querySelectorAll('.state')].filter((e) => !/^. ?\S/.test(e.textContent)).map((e) => e.outerHTML).join('\n')`); bad != "" {
		t.Errorf("states without words: %s", bad)
	}
	if bad := b.text(`[...document.querySelectorAll('.timeline .draw path, .detail .draw path')].map((p) => p.getAttribute('d') || '').filter((d) => /NaN|undefined|Infinity|e[+-]/.test(d)).join('\n')`); bad != "" {
		t.Errorf("paths: %s", bad)
	}
	if bad := b.text(`(document.body.innerText.match(/.{0,20}(NaN|undefined|Infinity|null).{0,20}/) || [''])[0]`); bad != "" {
		t.Errorf("the page says %q", bad)
	}
}

// Names do nothing in a browser, and are searched for as text.
func lookHostileNamesInABrowser(t *testing.T, b *browser) {
	run := resultOf(reporttest.Hostile(), 99)
	b.open(write(t, run), look{width: 1280, fragment: "#open=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14&q=%3Cscript%3E"})
	if c := b.complaints(); len(c) > 0 {
		t.Error(c)
	}
	if n := b.text(`String(document.querySelectorAll('script').length) + document.querySelectorAll('tr.detail').length`); n != "215" {
		t.Errorf("scripts and details: %s", n)
	}
	for i := range run.Report.Requests {
		name := text.Clean(run.Report.Requests[i].Name)
		if got := b.text(fmt.Sprintf(`document.querySelector('tr[data-line="%d"] .open-row').textContent`, i)); got != name {
			t.Errorf("line %d shows %q, want %q", i, got, name)
		}
	}
}

var pdfPages = regexp.MustCompile(`/Type\s*/Page[^s]`)

// On paper the failing run takes few pages, in light, with the details of
// what is broken.
func lookPrint(t *testing.T, b *browser) {
	b.open(write(t, failing()), look{width: 1280, dark: true})
	for _, paper := range []struct {
		name          string
		width, height float64
	}{{"A4", 8.27, 11.69}, {"Letter", 8.5, 11}} {
		if n := len(pdfPages.FindAll(b.pdf(paper.width, paper.height), -1)); n < 2 || n > 6 {
			t.Errorf("%d pages of %s", n, paper.name)
		}
	}
	if n := b.text(`String(document.querySelectorAll('tr.detail').length)`); n != "0" {
		t.Errorf("after printing %s details stay open", n)
	}
	b.eval(`dispatchEvent(new Event('beforeprint'))`, nil)
	b.call("Emulation.setEmulatedMedia", args{"media": "print"}, nil)
	if n := b.text(`String(document.querySelectorAll('tr.detail').length)`); n == "0" {
		t.Error("no detail is printed")
	}
	if ground := b.text(`getComputedStyle(document.body).backgroundColor`); ground != "rgb(255, 255, 255)" {
		t.Errorf("paper is %s", ground)
	}
}

// A large run opens with bounded work, whatever else the machine does, and a
// bounded number of elements.
func lookLargeRunInABrowser(t *testing.T, b *browser) {
	page := write(t, large(300, 900))
	b.open(write(t, resultOf(reporttest.Passed(), 0)), look{width: 1280}) // the browser is warm
	b.open(page, look{width: 1280})
	used := b.used()
	t.Logf("%d bytes open with %s of processor time", len(page), used.Round(time.Millisecond))
	if used <= 0 || used > 10*time.Second {
		t.Errorf("it opens with %s of processor time", used)
	}
	if !b.truth(`document.querySelectorAll('*').length < 12000`) {
		t.Errorf("%s elements", b.text(`String(document.querySelectorAll('*').length)`))
	}
	if n := b.text(`String(document.querySelectorAll('#request-table > tbody > tr').length)`); n != "300" {
		t.Errorf("%s of 300 rows", n)
	}
	b.eval(`document.querySelector('tr[data-line="250"] .open-row').click()`, nil)
	if n := b.text(`String(document.querySelectorAll('tr.detail svg').length)`); n == "0" {
		t.Error("a detail draws nothing")
	}
	if c := b.complaints(); len(c) > 0 {
		t.Error(c)
	}
}

// The report of nothing at all is a page, too.
func lookBareReport(t *testing.T, b *browser) {
	b.open(write(t, runs[len(runs)-1].make()), look{width: 1280})
	if c := b.complaints(); len(c) > 0 {
		t.Error(c)
	}
	if s := b.text(`document.getElementById('timeline').innerText`); !strings.Contains(s, "Nothing is known") {
		t.Errorf("the timeline says %q", s)
	}
}
