package live

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"throng/runtime/outcome"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/text"
)

var unwanted = regexp.MustCompile(`NaN|undefined|Inf|\de[+-]\d`)

var (
	failed = sync.OnceValue(reporttest.Failed)
	passed = sync.OnceValue(reporttest.Passed)
)

var runs = []struct {
	name string
	make func() *reporttest.Run
}{
	{"pass", passed}, {"fail", failed}, {"inconclusive", sync.OnceValue(reporttest.Inconclusive)},
	{"interrupted", sync.OnceValue(reporttest.Interrupted)}, {"empty", sync.OnceValue(reporttest.Empty)}, {"unjudged", sync.OnceValue(reporttest.Unjudged)}, {"hostile", sync.OnceValue(reporttest.Hostile)},
}

func fits(t *testing.T, lines []string, width, height int, ascii bool) {
	t.Helper()
	if len(lines) > height-1 {
		t.Errorf("%d lines on %d rows", len(lines), height)
	}
	for _, l := range lines {
		if w := text.Width(l); w > width {
			t.Errorf("%d cells, at most %d fit: %q", w, width, l)
		}
		if m := unwanted.FindString(l); m != "" {
			t.Errorf("%q in %q", m, l)
		}
		if text.Clean(l) != l || ascii && strings.IndexFunc(l, func(r rune) bool { return r > 0x7e }) >= 0 {
			t.Errorf("characters that do not belong there: %q", l)
		}
	}
}

func TestFrameGoldens(t *testing.T) {
	for _, run := range runs {
		r := run.make()
		for _, ascii := range []bool{false, true} {
			v := &view{plan: r.Plan, st: text.Style{ASCII: ascii}, history: newHistory(r.Plan)}
			for _, p := range r.Ticks[:(len(r.Ticks)*3+3)/4] {
				v.take(p)
			}
			for _, width := range []int{60, 80, 120, 200} {
				lines := v.frame(width, 24)
				fits(t, lines, width, 24, ascii)
				name := fmt.Sprintf("%s-%d", run.name, width)
				if ascii {
					name += "-ascii"
				}
				golden.Check(t, name+".txt", strings.Join(trimmed(lines), "\n")+"\n")
			}
			for width := 1; width < 220 && (run.name == "fail" || run.name == "hostile"); width += 23 {
				for _, height := range []int{2, 10, 13, 60} {
					fits(t, v.frame(width, height), width, height, ascii)
				}
			}
		}
	}
}

func trimmed(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimRight(l, " ")
	}
	return out
}

// The terminal shows, after every paint, exactly the frame and nothing of an
// earlier one, whatever was resized or noted in between.
func TestBlockLeavesNothingBehind(t *testing.T) {
	sizes := [][2]int{{80, 30}, {120, 30}, {70, 30}, {200, 40}, {60, 16}, {50, 30}, {80, 8}, {110, 24}}
	for _, run := range runs {
		styles := []text.Style{{}, {Color: true}, {ASCII: true}}
		if run.name != "hostile" {
			styles = styles[1:2]
		}
		for _, st := range styles {
			r := run.make()
			term := newTerminal(80, 30)
			size := [2]int{80, 30}
			b := &block{screen: screen{w: term}, size: func() (int, int) { return size[0], size[1] },
				view: &view{plan: r.Plan, st: st, history: newHistory(r.Plan)}}
			var notes []string
			for i, p := range r.Ticks {
				b.take(message{progress: p})
				if i%11 == 5 {
					note := fmt.Sprintf("note %d", i)
					notes = append(notes, note)
					b.take(message{note: note, kind: aNote})
				}
				if i%7 == 6 {
					size = sizes[(i/7)%len(sizes)]
					term.resize(size[0], size[1])
				}
				b.paint()
				want := strings.Join(trimmed(plainLines(b.view.frame(size[0], size[1]))), "\n")
				if got := term.screen(); !strings.HasSuffix("\n"+got, "\n"+want) {
					t.Fatalf("%s, tick %d, %v: the screen is\n%s\nwant it to end with\n%s", run.name, i, size, got, want)
				}
			}
			b.close()
			all := strings.Join(append(term.gone, term.screen()), "\n")
			for _, n := range notes {
				if strings.Count(all, n+"\n") != 1 {
					t.Errorf("%s: %q is there %d times", run.name, n, strings.Count(all, n+"\n"))
				}
			}
			if term.hidden {
				t.Errorf("%s: the cursor stays hidden", run.name)
			}
			if len(term.faults) > 0 || term.wrapped > 0 {
				t.Errorf("%s: %d lines too wide, faults %q", run.name, term.wrapped, term.faults)
			}
		}
	}
}

func plainLines(lines []string) []string {
	return strings.Split(regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(strings.Join(lines, "\n"), ""), "\n")
}

// Without notes and resizing the block stays where it is: one block on the
// screen, nothing scrolled off.
func TestBlockStaysInPlace(t *testing.T) {
	r := failed()
	term := newTerminal(80, 40)
	b := &block{screen: screen{w: term}, size: func() (int, int) { return 80, 40 }, view: &view{plan: r.Plan, history: newHistory(r.Plan)}}
	for _, p := range r.Ticks {
		b.take(message{progress: p})
		b.paint()
		if n := strings.Count(term.screen(), "generator"); n != 1 {
			t.Fatalf("%d blocks on the screen:\n%s", n, term.screen())
		}
	}
	writes := term.writes
	b.paint()
	if term.writes != writes {
		t.Error("an unchanged frame is painted again")
	}
	b.close()
	if want := strings.Join(trimmed(b.view.head(80, 40)), "\n"); term.screen() != want {
		t.Errorf("after the end the screen is\n%s\nwant\n%s", term.screen(), want)
	}
	if len(term.gone) > 0 {
		t.Errorf("%d lines scrolled off", len(term.gone))
	}
}

func TestPaintsAreRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := failed()
		term := newTerminal(80, 40)
		l := New(term, r.Plan, text.Style{}, Options{TTY: true, Width: func() (int, int) { return 80, 40 }})
		for _, p := range r.Ticks { // 75 ticks in 7.5 seconds
			running := *p
			running.State = outcome.Running
			l.Update(&running)
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		term.mu.Lock()
		writes, hidden := term.writes, term.hidden
		term.mu.Unlock()
		if writes > 17 || writes < 10 {
			t.Errorf("%d paints in 7.5 s, want about 15", writes)
		}
		if !hidden {
			t.Error("the cursor is not hidden")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !strings.Contains(term.screen(), "1:15") {
			t.Errorf("the last tick is not shown:\n%s", term.screen())
		}
		l.Note("stopping: waits up to 30 s for 41 requests; Ctrl-C again cuts")
		synctest.Wait()
		if !strings.HasPrefix(term.screen(), "stopping: waits up to 30 s for 41 requests; Ctrl-C again cuts\norchestrator") {
			t.Errorf("the note is not above the block:\n%s", term.screen())
		}
		l.Close()
		l.Close()
		l.Note("too late")
		l.Update(r.Ticks[0])
		if term.hidden {
			t.Error("the cursor stays hidden")
		}
	})
}

func TestSuspendGivesTheCursorBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := passed()
		term := newTerminal(80, 40)
		l := New(term, r.Plan, text.Style{}, Options{TTY: true, Width: func() (int, int) { return 80, 40 }})
		defer l.Close()
		l.Update(r.Ticks[30])
		synctest.Wait()
		l.Suspend()
		synctest.Wait()
		if term.hidden {
			t.Error("the cursor stays hidden while suspended")
		}
		before := term.writes
		l.Update(r.Ticks[31])
		time.Sleep(time.Second)
		synctest.Wait()
		if term.writes != before {
			t.Error("something is painted while suspended")
		}
		l.Resume()
		synctest.Wait()
		if !term.hidden || strings.Count(term.screen(), "generator") != 2 {
			t.Errorf("after resuming, want a new block below the old one:\n%s", term.screen())
		}
	})
}

// stuck is a terminal that takes nothing, as after Ctrl-S.
type stuck struct{ release chan struct{} }

func (s stuck) Write(p []byte) (int, error) { <-s.release; return len(p), nil }

func TestStuckTerminalHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := passed()
		s := stuck{make(chan struct{})}
		l := New(s, r.Plan, text.Style{}, Options{TTY: true})
		start := time.Now()
		for range 5 {
			for _, p := range r.Ticks {
				l.Update(p)
			}
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("Update waited %v", d)
		}
		l.Close()
		if d := time.Since(start); d > patience {
			t.Errorf("Close waited %v, want at most %v", d, patience)
		}
		close(s.release)
	})
}

func TestPlain(t *testing.T) {
	for _, run := range runs {
		r := run.make()
		for _, ascii := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var b strings.Builder
				l := New(&b, r.Plan, text.Style{ASCII: ascii}, Options{})
				for i, p := range r.Ticks {
					l.Update(p)
					if i == 4 {
						l.Note("a note with \x1b[31m in it")
					}
					synctest.Wait()
				}
				l.Close()
				fits(t, strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n"), 1000, 10000, ascii)
				name := run.name + "-plain"
				if ascii {
					name += "-ascii"
				}
				golden.Check(t, name+".txt", b.String())
			})
		}
	}
}

func TestQuiet(t *testing.T) {
	for _, tty := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := failed()
			var b strings.Builder
			l := New(&b, r.Plan, text.Style{}, Options{TTY: tty, Quiet: true})
			for _, p := range r.Ticks[:20] {
				l.Update(p)
			}
			l.Note("only this")
			l.Close()
			if b.String() != "only this\n" {
				t.Errorf("a quiet run writes %q", b.String())
			}
		})
	}
}

func TestStallIsVisible(t *testing.T) {
	r := failed()
	h := newHistory(r.Plan)
	for _, p := range r.Ticks {
		h.add(p)
	}
	if len(h.cells) != len(r.Ticks) {
		t.Fatalf("%d cells for %d seconds", len(h.cells), len(r.Ticks))
	}
	rates := []rune(text.Spark(column(h.cells, func(c *cell) float64 { return finished(c, c.rate()) }), 60))
	if got := string(rates[29:34]); strings.Count(got, " ") != 3 || rates[30] != ' ' || rates[29] == ' ' || rates[33] == ' ' {
		t.Errorf("the stall from 0:30 to 0:33 is drawn as %q", got)
	}
}

// Ticks shorter than a second share a cell, which keeps the worst p95.
func TestCellsKeepTheWorst(t *testing.T) {
	r := failed()
	h := newHistory(r.Plan)
	var worst int64
	for i := range 4 {
		p := *r.Ticks[25+i]
		snap := *p.Snapshot
		snap.Window = 250 * time.Millisecond
		p.Snapshot = &snap
		if s := h.add(&p); s != nil && i < 3 {
			worst = max(worst, s.Quantile(0.95).Ns)
		}
	}
	if len(h.cells) != 2 || h.cells[0].p95.Ns != worst {
		t.Errorf("cells %+v, want two, the first with p95 %d", h.cells, worst)
	}
}

func TestStageBar(t *testing.T) {
	r := failed()
	v := &view{plan: r.Plan, history: newHistory(r.Plan)}
	for _, tt := range []struct {
		tick int
		want string
	}{
		{0, "│─── ramp ────│"}, {52, "hold ━━━"}, {74, "━ down ━"},
	} {
		v.take(r.Ticks[tt.tick])
		if got := v.stageBar(80); !strings.Contains(got, tt.want) || text.Width(got) > 80 {
			t.Errorf("tick %d: %q, want %q in it", tt.tick, got, tt.want)
		}
	}
}
