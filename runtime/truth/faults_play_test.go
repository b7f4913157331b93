package truth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/sla"
	"throng/runtime/transport"
	"throng/runtime/transport/anyhttp"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/http1"
	"throng/runtime/transport/websocket"
)

// scenario is the text of a run, in its parts.
type scenario struct {
	target  string            // more of the target
	user    string            // the user's body
	profile string            // "": 4 users, 12 iterations
	more    string            // other blocks
	files   map[string][]byte // beside it

	maxBody int64            // of the transport; 0: its default
	during  func(cut func()) // what happens to the run, on a goroutine of its own; it must end
	over    func()           // what its target does when it is over
}

// played is a scenario that was run.
type played struct {
	*outcome.Outcome
	plan  *plan.Plan
	asked []string // hosts and addresses that were to be connected to
	peak  int64    // bytes of the heap beyond those before the run, at most
}

func (s scenario) text(base string) string {
	profile := s.profile
	if profile == "" {
		profile = "users = 4\n iterations = 12\n"
	}
	if !strings.Contains(profile, "grace") { // the last iterations may take long on a busy machine
		profile += " grace = \"5m\"\n"
	}
	return fmt.Sprintf("target \"api\" {\n base_url = %q\n%s\n}\nuser \"u\" {\n%s\n}\nprofile \"p\" {\n%s\n}\nsla \"all\" { error_rate = \"10%%\" }\n%s\n",
		base, s.target, s.user, profile, s.more)
}

// play runs a scenario against base, and checks what must hold however it
// went.
func (s scenario) play(t *testing.T, base string) *played {
	t.Helper()
	dir := t.TempDir()
	s.files = maps.Clone(s.files)
	if s.files == nil {
		s.files = map[string][]byte{}
	}
	s.files["main.hcl"] = []byte(s.text(base))
	for name, text := range s.files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := dsl.Compile(dir, dsl.Options{Seed: 6})
	if r.Plan == nil {
		t.Fatalf("%v\n%s", r.Diagnostics.Err(), s.files["main.hcl"])
	}
	p := &played{plan: r.Plan}
	var mu sync.Mutex
	guard := func(host string, at netip.Addr) error {
		mu.Lock()
		p.asked = append(p.asked, host+" "+at.String())
		mu.Unlock()
		return r.Plan.MayDial(host, at)
	}
	e := engine.New(r.Plan, engine.Options{
		RunID: "run", Health: quiet{}, Tick: 100 * ms,
		Factory: func(clock *transport.Clock) transport.Factory {
			return anyhttp.New(http1.Config{Clock: clock, MaxBody: s.maxBody, Guard: guard})
		},
		Sockets: func(clock *transport.Clock) transport.SocketFactory {
			return websocket.New(websocket.Config{Clock: clock, Dial: dial.New(dial.Config{Clock: clock, Guard: guard})})
		},
	})
	goroutines, files, heap := runtime.NumGoroutine(), openFiles(), watchHeap()
	ctx, cut := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cut()
	var beside sync.WaitGroup
	if s.during != nil {
		beside.Go(func() { s.during(cut) })
	}
	out, err := e.Run(ctx)
	p.peak = heap()
	if s.over != nil {
		s.over()
	}
	beside.Wait()
	if err != nil {
		t.Fatal(err)
	}
	p.Outcome = out
	checkBooks(t, out)
	p.checkReport(t)
	if s.during == nil {
		if c := out.Conditions; c.Incomplete != "" || c.Aborted != "" || c.LocalFailures != 0 || c.Books.InFlight != 0 || out.Cut {
			t.Errorf("the run did not end normally: %+v", c)
		}
	}
	cut()
	eventually(t, "all goroutines to be gone", func() bool { return runtime.NumGoroutine() <= goroutines })
	eventually(t, "all descriptors to be given back", func() bool { return openFiles() <= files })
	return p
}

// openFiles is how many descriptors the process has; 0 where it cannot be
// told.
func openFiles() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}

// watchHeap looks at what of the heap is in use until the function it returns
// is called, which gives how far that grew.
func watchHeap() (stop func() int64) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, peak := int64(m.HeapAlloc), int64(0)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * ms)
		defer tick.Stop()
		for {
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, int64(m.HeapAlloc)-before)
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	}()
	return func() int64 { close(quit); <-done; return peak }
}

// modest is what a run may take of memory, whatever the target sends.
const modest = 50 << 20

func (p *played) checkMemory(t *testing.T) {
	t.Helper()
	t.Logf("the heap grew by %.1f MiB at most", float64(p.peak)/(1<<20))
	if p.peak > modest {
		t.Errorf("the heap grew by %d MiB", p.peak>>20)
	}
}

// checkReport: nothing that a target sends gets at a terminal or breaks the
// summary's form, and no text is long.
func (p *played) checkReport(t *testing.T) {
	t.Helper()
	r := report.New(p.plan, p.Outcome, report.Facts{})
	var text, form bytes.Buffer
	if err := report.WriteText(&text, r, report.TextOptions{All: true}); err != nil {
		t.Error(err)
	}
	if !utf8.Valid(text.Bytes()) {
		t.Error("the report is not UTF-8")
	}
	for _, c := range text.String() {
		if unicode.IsControl(c) && c != '\n' {
			t.Errorf("the report has a %U", c)
			break
		}
	}
	if err := report.WriteJSON(&form, r); err != nil || !json.Valid(form.Bytes()) {
		t.Errorf("the summary is no JSON: %v", err)
	}
	for _, g := range p.Final.Errors {
		if len(g.Detail) > 512 {
			t.Errorf("%v has a text of %d bytes: %.100q…", g.Class, len(g.Detail), g.Detail)
		}
	}
}

// row is what was recorded of a row.
func (p *played) row(label string) *record.Stats {
	var of []*record.Stats
	for i, s := range p.Final.Total {
		if s != nil && p.plan.Rows[p.plan.Series[i].Row].Label() == label {
			of = append(of, s)
		}
	}
	return record.Merge(of...)
}

// classes is how many samples of a row have each class.
func (p *played) classes(label string) map[plan.ErrorClass]int64 {
	m := map[plan.ErrorClass]int64{}
	s := p.row(label)
	if s.OK > 0 {
		m[plan.OK] = s.OK
	}
	for c, n := range s.ByClass {
		if n > 0 && plan.ErrorClass(c) != plan.OK {
			m[plan.ErrorClass(c)] = n
		}
	}
	return m
}

// all checks that a row has n samples, each of one of the classes.
func (p *played) all(t *testing.T, label string, n int64, classes ...plan.ErrorClass) {
	t.Helper()
	got, sum := p.classes(label), int64(0)
	for _, c := range classes {
		sum += got[c]
	}
	if s := p.row(label); sum != n || s.Count() != n {
		t.Errorf("%s: %v of %d samples, want %d of %v", label, got, s.Count(), n, classes)
		p.logErrors(t)
	}
}

// says checks that some failure's text holds a part.
func (p *played) says(t *testing.T, part string) {
	t.Helper()
	if part == "" || slices.ContainsFunc(p.Final.Errors, func(g record.ErrorGroup) bool { return strings.Contains(g.Detail, part) }) {
		return
	}
	t.Errorf("no failure says %q", part)
	p.logErrors(t)
}

func (p *played) logErrors(t *testing.T) {
	t.Helper()
	for _, g := range p.Final.Errors {
		t.Logf("%d × %s %v: %s", g.Count, p.plan.Rows[p.plan.Series[g.Series].Row].Label(), g.Class, g.Detail)
	}
}

// judged checks the verdict.
func (p *played) judged(t *testing.T, want sla.State) {
	t.Helper()
	if p.Verdict.State != want {
		t.Errorf("verdict %v, want %v: %q", p.Verdict.State, want, p.Verdict.Reasons)
	}
}
