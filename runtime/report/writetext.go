package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"throng/runtime/report/text"
)

// TextOptions say how a summary is written.
type TextOptions struct {
	Style text.Style
	Width int  // cells a line may take; 0: 80, less than 60 counts as 60
	All   bool // every SLA, error and share, not only what matters
	Brief bool // the verdict and why, nothing else
}

const (
	defaultWidth = 80
	minWidth     = 60
	maxProse     = 100 // cells a sentence may take before it is broken
)

// WriteText writes the summary of a finished run: the verdict first, then
// what it rests on, then details, and the verdict again. No line is wider
// than the options allow.
func WriteText(w io.Writer, r *Report, o TextOptions) error {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	t := &textWriter{r: r, o: o, st: o.Style, width: max(o.Width, minWidth)}
	t.headline()
	if o.Brief {
		t.last()
		return t.flush(w)
	}
	t.troubles()
	if !r.notRun() {
		t.measured()
	}
	t.facts()
	t.last()
	return t.flush(w)
}

// measured writes what the load came to.
func (t *textWriter) measured() {
	t.slas()
	t.requests("REQUESTS", t.r.Requests, true)
	t.requests("GROUPS", t.r.Groups, false)
	t.messages()
	t.times()
	t.metrics()
	t.loads()
	t.users()
	t.errors()
	t.leaves()
	t.mix()
	t.onces()
	t.trust()
}

func (t *textWriter) flush(w io.Writer) error {
	if _, err := io.WriteString(w, t.b.String()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

// textWriter lays out one summary.
type textWriter struct {
	r     *Report
	o     TextOptions
	st    text.Style
	width int
	b     strings.Builder

	fewNoted, cutNoted bool
}

// labelWidth is the column the sections' text begins at.
const labelWidth = 10

func (t *textWriter) line(s string) {
	t.b.WriteString(strings.TrimRight(s, " "))
	t.b.WriteByte('\n')
}

// outside makes a string from outside fit to be shown.
func (t *textWriter) outside(s string) string { return t.st.Text(text.Clean(s)) }

// prose writes a sentence, broken at spaces, behind an indentation.
func (t *textWriter) prose(indent int, role text.Role, s string) {
	for _, l := range text.Wrap(t.st.Text(s), min(t.width, maxProse)-indent) {
		t.line(strings.Repeat(" ", indent) + t.st.Paint(role, l))
	}
}

// section writes a labelled sentence.
func (t *textWriter) section(label, s string) {
	for i, l := range text.Wrap(t.st.Text(s), min(t.width, maxProse)-labelWidth) {
		if i > 0 {
			label = ""
		}
		t.line(t.st.Paint(text.Bold, text.Pad(label, labelWidth, false)) + l)
	}
}

func verdictWord(s text.State) string {
	return [...]string{"FAIL", "INCONCLUSIVE", "FAIL", "PASS", "INCONCLUSIVE"}[s]
}

// verdict is the run's verdict in a word or two.
func (t *textWriter) verdict() string {
	if t.r.notRun() {
		return "NOT RUN"
	}
	return verdictWord(t.r.Verdict.State)
}

func (t *textWriter) headline() {
	r := t.r
	word := t.verdict()
	name := text.Clean(r.Plan.Scenario)
	if r.Plan.Profile != "" {
		name += " · " + text.Clean(r.Plan.Profile)
	}
	indent := len(word) + 2
	name = t.st.Cut(t.st.Text(name), t.width-indent)
	sentence := t.st.Text(t.sentence())
	first := t.st.Paint(r.Verdict.State.Role(), word) + "  " + t.st.Paint(text.Bold, name)
	if sentence == "" {
		t.line(first)
	} else if indent+text.Width(name)+3+text.Width(sentence) <= t.width {
		t.line(first + "   " + sentence)
	} else {
		t.line(first)
		t.prose(indent, text.Plain, sentence)
	}
	t.prose(indent, text.Dim, t.ran())
	for _, s := range t.early() {
		t.prose(indent, text.WarnRole, s)
	}
	passed := r.Verdict.State == text.Pass
	if !passed || t.o.All || r.Verdict.ExitCode != 0 {
		reasons := r.Verdict.Beside // the table below says the rest
		if t.o.All || t.o.Brief && !passed {
			reasons = r.Verdict.Reasons
		}
		for _, reason := range reasons {
			t.bullet(indent, text.Clean(reason))
		}
	}
	t.line("")
}

// bullet writes one of several sentences.
func (t *textWriter) bullet(indent int, s string) {
	mark := t.st.Text("· ")
	for _, l := range text.Wrap(t.st.Text(s), min(t.width, maxProse)-indent-2) {
		t.line(strings.Repeat(" ", indent) + mark + l)
		mark = "  "
	}
}

// sentence says in words how the limits of the SLAs stand.
func (t *textWriter) sentence() string {
	v := t.r.Verdict
	all := v.Failed + v.Inconclusive + v.Warned + v.Passed
	if all == 0 {
		return "" // the reasons say that nothing is promised
	}
	var parts []string
	if v.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s broken", v.Failed, plural(all, "limit")))
	}
	if v.Inconclusive > 0 {
		of := ""
		if v.Failed == 0 {
			of = " of " + plural(all, "limit")
		}
		parts = append(parts, fmt.Sprintf("%d%s %s", v.Inconclusive, of, t.undecided()))
	}
	if v.Warned > 0 {
		parts = append(parts, plural(v.Warned, "warning"))
	}
	if v.Passed == all {
		if all == 1 {
			return "the one limit is kept"
		}
		return fmt.Sprintf("all %d limits are kept", all)
	}
	if v.Failed+v.Inconclusive == 0 {
		parts = append([]string{fmt.Sprintf("%d of %s kept", v.Passed, plural(all, "limit"))}, parts...)
	}
	return strings.Join(parts, ", ")
}

// undecided says why SLAs are, when it is for one reason.
func (t *textWriter) undecided() string {
	for i := range t.r.SLAs {
		if s := &t.r.SLAs[i]; s.State == text.Inconclusive && s.Samples >= s.Needed {
			return "undecided"
		}
	}
	return "without enough samples"
}

// ran is the run in one line.
func (t *textWriter) ran() string {
	r := t.r
	parts := []string{"ran " + ranFor(time.Duration(r.Run.Elapsed))}
	parts = append(parts, plural(r.Run.PeakUsers, "user")+" at most ("+r.Plan.Model+" model)")
	parts = append(parts, count(r.Total.Samples, "request"))
	for i, target := range r.Plan.Targets {
		if i == 2 {
			parts = append(parts, fmt.Sprintf("%d more targets", len(r.Plan.Targets)-2))
			break
		}
		parts = append(parts, text.Clean(target.URL))
	}
	parts = append(parts, r.Run.Started.UTC().Format("2 Jan 2006 15:04 UTC"))
	return strings.Join(parts, " · ")
}

// early says why a run did not reach its planned end.
func (t *textWriter) early() []string {
	run := &t.r.Run
	var list []string
	if run.Interrupted {
		s := "interrupted at " + text.Clock(time.Duration(run.Elapsed))
		if d := t.r.Plan.Duration; d > 0 {
			s += " of " + text.Clock(time.Duration(d))
		}
		if run.Cut {
			s += fmt.Sprintf("; %s under way cut off", count(t.r.Books.InFlight, "request"))
		}
		list = append(list, s)
	}
	if run.Aborted != "" {
		list = append(list, fmt.Sprintf("ended early at %s by SLA %s", text.Clock(time.Duration(run.Elapsed)), text.Clean(run.Aborted)))
	}
	said := func(reason string) bool { return strings.Contains(reason, run.Incomplete) }
	if run.Incomplete != "" && !slices.ContainsFunc(t.r.Verdict.Beside, said) {
		list = append(list, "incomplete: "+text.Clean(run.Incomplete))
	}
	return list
}

func (t *textWriter) last() {
	v := t.r.Verdict
	t.line(t.st.Paint(v.State.Role(), t.verdict()) + fmt.Sprintf("  exit %d", v.ExitCode))
}

func ranFor(d time.Duration) string {
	if d < time.Minute && d%time.Second != 0 {
		return text.Duration(float64(d))
	}
	return text.Whole(d)
}

func plural(n int, noun string) string { return count(int64(n), noun) }

// count is a number with its noun in the right form.
func count(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return text.Count(n) + " " + noun
}
