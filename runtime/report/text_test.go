package report

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/text"
)

// runs are the cases every form is tried on.
var runs = []struct {
	name string
	exit int
	make func() *reporttest.Run
}{
	{"pass", 0, sync.OnceValue(reporttest.Passed)},
	{"fail", 99, sync.OnceValue(reporttest.Failed)},
	{"inconclusive", 97, sync.OnceValue(reporttest.Inconclusive)},
	{"interrupted", 130, sync.OnceValue(reporttest.Interrupted)},
	{"empty", 97, sync.OnceValue(reporttest.Empty)},
	{"unjudged", 97, sync.OnceValue(reporttest.Unjudged)},
	{"hostile", 99, sync.OnceValue(reporttest.Hostile)},
}

func build(r *reporttest.Run, exit int) *Report {
	return New(r.Plan, r.Outcome, Facts{ExitCode: exit, Files: []string{"results/" + r.Outcome.RunID + "/summary.json"}})
}

func write(t *testing.T, r *Report, o TextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteText(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var unwanted = regexp.MustCompile(`NaN|undefined|Inf|\de[+-]\d`)

// fits checks what every summary must hold, whatever the run.
func fits(t *testing.T, s string, width int, ascii bool) {
	t.Helper()
	if m := unwanted.FindString(s); m != "" {
		t.Errorf("%q is in the text", m)
	}
	if !utf8.ValidString(s) {
		t.Error("the text is not UTF-8")
	}
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		if w := text.Width(line); w > width {
			t.Errorf("%d cells in a line, at most %d fit: %q", w, width, line)
		}
		if text.Clean(line) != line {
			t.Errorf("raw bytes in %q", line)
		}
		if ascii && strings.IndexFunc(line, func(r rune) bool { return r > 0x7e }) >= 0 {
			t.Errorf("beyond ASCII: %q", line)
		}
	}
}

func TestGoldens(t *testing.T) {
	for _, run := range runs {
		r := build(run.make(), run.exit)
		for _, width := range []int{60, 80, 120, 200} {
			for _, ascii := range []bool{false, true} {
				o := TextOptions{Width: width, Style: text.Style{ASCII: ascii}}
				s := write(t, r, o)
				fits(t, s, width, ascii)
				name := fmt.Sprintf("%s-%d", run.name, width)
				if ascii {
					name += "-ascii"
				}
				golden.Check(t, name+".txt", s)
				if width != 80 {
					continue
				}
				o.All = true
				fits(t, write(t, r, o), width, ascii)
				o.Style.Color = true
				if plain := uncolour(write(t, r, o)); plain != write(t, r, TextOptions{Width: width, All: true, Style: text.Style{ASCII: ascii}}) {
					t.Errorf("%s: colours change more than colours", name)
				}
			}
		}
		golden.Check(t, run.name+"-all.txt", write(t, r, TextOptions{Width: 100, All: true}))
	}
}

func uncolour(s string) string { return regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(s, "") }

// Whatever the width asked for, lines fit; below 60 cells they are for 60.
func TestAnyWidthFits(t *testing.T) {
	r := build(reporttest.Hostile(), 99)
	for width := 1; width <= 240; width += 29 {
		fits(t, write(t, r, TextOptions{Width: width, All: true}), max(width, 60), false)
	}
	fits(t, write(t, r, TextOptions{}), 80, false)
}

func TestVerdictIsFirstAndLast(t *testing.T) {
	words := map[string]string{"pass": "PASS", "fail": "FAIL", "hostile": "FAIL"}
	for _, run := range runs {
		word := words[run.name]
		if word == "" {
			word = "INCONCLUSIVE"
		}
		s := write(t, build(run.make(), run.exit), TextOptions{})
		if !strings.HasPrefix(s, word+"  ") || !strings.HasSuffix(s, fmt.Sprintf("\n%s  exit %d\n", word, run.exit)) {
			t.Errorf("%s: want %s first and last, with exit code %d:\n%s", run.name, word, run.exit, s)
		}
		if word != "PASS" && strings.Contains(strings.SplitN(s, "\n", 2)[0], "✓") {
			t.Errorf("%s: a tick beside %s", run.name, word)
		}
	}
}

func TestOrder(t *testing.T) {
	for _, run := range runs {
		r := build(run.make(), run.exit)
		if !slices.IsSortedFunc(r.Requests, worseRequest) {
			t.Errorf("%s: requests are not in order of severity", run.name)
		}
		for i := 1; i < len(r.Requests); i++ {
			if r.Requests[i].State < r.Requests[i-1].State {
				t.Errorf("%s: %s (%s) stands below %s (%s)", run.name, r.Requests[i].Name, r.Requests[i].State, r.Requests[i-1].Name, r.Requests[i-1].State)
			}
		}
		for i := 1; i < len(r.SLAs); i++ {
			if r.SLAs[i].State < r.SLAs[i-1].State {
				t.Errorf("%s: SLA %s stands too low", run.name, r.SLAs[i].Name)
			}
		}
	}
}

// The figures of a report agree with each other.
func TestFiguresAgree(t *testing.T) {
	for _, run := range runs {
		r := build(run.make(), run.exit)
		var rows, series, classes, failed int64
		for i := range r.Requests {
			rows += r.Requests[i].Samples
			failed += r.Requests[i].Failed
		}
		for i := range r.Series {
			series += r.Series[i].Samples
		}
		for i := range r.Classes {
			classes += r.Classes[i].Samples
		}
		if rows != r.Total.Samples || series != rows || classes != rows || failed != r.Total.Failed || r.Books.Recorded != rows {
			t.Errorf("%s: total %d, rows %d, series %d, classes %d, books %d; failed %d and %d",
				run.name, r.Total.Samples, rows, series, classes, r.Books.Recorded, r.Total.Failed, failed)
		}
		v := r.Verdict
		if v.Failed+v.Inconclusive+v.Warned+v.Passed != len(r.SLAs) {
			t.Errorf("%s: %+v does not count %d SLAs", run.name, v, len(r.SLAs))
		}
	}
}

func TestSecretsAreMasked(t *testing.T) {
	r := build(reporttest.Hostile(), 99)
	var b bytes.Buffer
	if err := WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{"json": b.String(), "text": write(t, r, TextOptions{All: true, Width: 200})} {
		if strings.Contains(s, "hunter2") {
			t.Errorf("the %s shows a secret", name)
		}
		if !strings.Contains(s, "wanted ***") {
			t.Errorf("the %s has no mask in its place", name)
		}
	}
}

func TestOneMaskWithinAnother(t *testing.T) {
	if got := (&plan.Plan{Secrets: []string{"abc", "abcdef", ""}}).Mask().Replace("abcdef abc"); got != "*** ***" {
		t.Errorf("got %q", got)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"a-b/c.hcl": "a-b/c.hcl", "": "''", "x y": "'x y'", "it's": `'it'\''s'`, "$(rm)": "'$(rm)'", "k=v": "k=v", "~": "'~'", "é": "'é'",
	} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
}

// What is out of order is said, in words, with its number.
func TestTroubleIsSaid(t *testing.T) {
	run := reporttest.Passed()
	o := *run.Outcome
	o.Conditions.Books.Intended += 5
	o.Conditions.Recorded -= 3
	o.Conditions.LocalFailures = 2
	o.Conditions.Aborted = "read"
	o.Conditions.Incomplete = "the data ran out"
	o.Classes = slices.Clone(o.Classes)
	o.Classes[1].StartFailed = 4
	snap := *o.Final
	snap.Abandoned = []record.Abandoned{{Class: 1, Site: 3, Name: "id", Count: 1}}
	o.Final = &snap
	s := strings.Join(strings.Fields(write(t, New(run.Plan, &o, Facts{}), TextOptions{})), " ")
	for _, want := range []string{
		"! books do not balance: 4,054 ≠ 4,049 ok + 0 failed, 5 unaccounted for · 3 lost",
		"! 2 failures of this machine, not of the target", "ended early at 1:15 by SLA read", "incomplete: the data ran out",
		"! 4 users of writer could not start", "! 1 task of writer abandoned: session.id held nothing (orch.hcl:71)",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in\n%s", want, s)
		}
	}
	if strings.Contains(s, "generator ok") {
		t.Error("the generator is called ok")
	}
}

// Requests that a run did not make, and classes that were not in it, take no
// lines but one; those that something was promised of do.
func TestWhatWasNotMadeIsFolded(t *testing.T) {
	run := reporttest.Passed()
	r := New(run.Plan, run.Outcome, Facts{})
	r.Requests = append(r.Requests, Request{Name: "GET /unmade", State: text.NoSLA}, Request{Name: "GET /unmade/too", State: text.NoSLA}, Request{Name: "GET /promised", State: text.Inconclusive})
	r.Classes = append(r.Classes, Class{Name: "nobody"})
	s := write(t, r, TextOptions{})
	for want, found := range map[string]bool{"/unmade": false, "GET /promised": true, "\n  2 more of the scenario, not made": true, "\nnobody": false, "\n  not in this run: nobody": true} {
		if strings.Contains(s, want) != found {
			t.Errorf("%q is there: %v, want %v, in\n%s", want, !found, found, s)
		}
	}
	s = write(t, r, TextOptions{All: true})
	if !strings.Contains(s, "\nGET /unmade/too") || !strings.Contains(s, "\nnobody") || strings.Contains(s, "not made in this run") {
		t.Errorf("--all does not list all:\n%s", s)
	}
}

// A group is timed beside its requests, so it must not be counted with them.
func TestGroupsAreNotRequests(t *testing.T) {
	run := reporttest.Passed()
	p := *run.Plan
	p.Rows, p.Series = slices.Clone(p.Rows), slices.Clone(p.Series)
	p.Rows[9].Kind, p.Rows[9].Method, p.Rows[9].Name, p.Series[9].Kind = plan.GroupSeries, "", "checkout", plan.GroupSeries
	r := New(&p, run.Outcome, Facts{})
	if len(r.Groups) != 1 || len(r.Requests) != 9 || r.Total.Samples+r.Groups[0].Samples != r.Books.Recorded {
		t.Errorf("%d groups, %d requests, %d samples in total, %d recorded", len(r.Groups), len(r.Requests), r.Total.Samples, r.Books.Recorded)
	}
	if s := write(t, r, TextOptions{}); !strings.Contains(s, "GROUPS, worst first") || !strings.Contains(s, "\ncheckout ") {
		t.Errorf("no table of groups in\n%s", s)
	}
}
