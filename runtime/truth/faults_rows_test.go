package truth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
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
	"throng/runtime/transport/faultserver"
	"throng/runtime/transport/http1"
	"throng/runtime/transport/websocket"
)

// The tests TestFnn of this package are the fault matrix: ways in which a
// target goes wrong, by number. Each is a whole run, from the scenario's text
// to the report, over the transports that `throng run` uses. Each gives its
// class, balanced books and a normal end, after which no goroutine and no
// descriptor is left. How a transport finds out what went wrong is for the
// tests of that transport; here it is whether the whole says so.
//
// Number 18 would be gRPC, which the language does not have.

// scenario is the text of a run, in its parts.
type scenario struct {
	target  string            // more of the target
	user    string            // the user's body
	profile string            // "": 4 users, 12 iterations
	more    string            // other blocks
	files   map[string][]byte // beside it

	maxBody int64            // of the transport; 0: its default
	during  func(cut func()) // what happens to the run, on a goroutine of its own; it must end
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
	ctx, cut := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cut()
	var beside sync.WaitGroup
	if s.during != nil {
		beside.Go(func() { s.during(cut) })
	}
	out, err := e.Run(ctx)
	p.peak = heap()
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
		tick := time.NewTicker(20 * ms)
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

// row of the fault server's modes.
type faultMode struct {
	name    string
	path    string
	args    string // of the request
	classes []plan.ErrorClass
	says    string
	lame    bool  // what comes after the answer may hit the next request, too
	size    int64 // least bytes read of each answer
}

const impatient = "timeout = \"150ms\"\n"

func classes(c ...plan.ErrorClass) []plan.ErrorClass { return c }

var (
	late   = classes(plan.FailTimeout, plan.FailConnectTimeout)
	broken = classes(plan.FailReset)
	ended  = classes(plan.FailTruncated)
	noHTTP = classes(plan.FailProtocol)
	tooBig = classes(plan.FailTooLarge)
	fine   = classes(plan.OK)
	either = classes(plan.OK, plan.FailReset)
)

const faultMaxBody = 1 << 20

var faultModes = []faultMode{
	{name: "F03_silence", path: "/hang", args: impatient, classes: late},
	{name: "F03_silence_in_body", path: "/hang-body", args: impatient, classes: late},
	{name: "F04_drip", path: "/drip", args: impatient, classes: late},
	{name: "F04_drip_body", path: "/drip-body", args: impatient, classes: late},
	{name: "F05_reset_before", path: "/reset-before", classes: broken},
	{name: "F05_reset_in_header", path: "/reset-headers", classes: broken},
	{name: "F05_reset_in_body", path: "/reset-body", classes: broken},
	{name: "F06_end_before", path: "/close-before", classes: broken},
	{name: "F06_end_in_header", path: "/close-headers", classes: ended},
	{name: "F06_short", path: "/short", classes: ended},
	{name: "F06_short_chunk", path: "/short-chunk", classes: ended},
	{name: "F06_half_close", path: "/half-close", classes: either, lame: true},
	{name: "F08_garbage", path: "/garbage", classes: noHTTP},
	{name: "F08_terminal_escapes", path: "/garbage-status", classes: noHTTP},
	{name: "F08_no_header", path: "/http09", classes: noHTTP},
	{name: "F08_another_version", path: "/http2", classes: noHTTP},
	{name: "F08_another_protocol", path: "/switch", classes: noHTTP},
	{name: "F09_headers", path: "/headers", classes: tooBig},
	{name: "F09_line", path: "/line", classes: tooBig},
	{name: "F09_cookies", path: "/cookies", classes: tooBig},
	{name: "F09_interim_answers", path: "/1xx", classes: noHTTP},
	{name: "F10_endless", path: "/infinite", classes: tooBig, size: faultMaxBody},
	{name: "F10_endless_chunks", path: "/infinite-chunked", classes: tooBig, size: faultMaxBody},
	{name: "F10_announced", path: "/announced", classes: tooBig},
	{name: "F12_both_framings", path: "/both-framings", classes: noHTTP},
	{name: "F12_two_lengths", path: "/two-lengths", classes: noHTTP},
	{name: "F12_negative_length", path: "/negative-length", classes: noHTTP},
	{name: "F12_unknown_coding", path: "/unknown-coding", classes: noHTTP},
	{name: "F15_close_idle", path: "/close-idle", classes: either, lame: true},
	{name: "F15_close_header", path: "/close-header", classes: fine},
}

// TestFaultModes: every mode of the fault server's, each in a run of its own
// beside requests that go well, whose answers are their own.
func TestFaultModes(t *testing.T) {
	for _, m := range faultModes {
		t.Run(m.name, func(t *testing.T) {
			s := newFaultServer(t)
			p := scenario{maxBody: faultMaxBody, user: "task \"t\" {\n" + m.request() + wellTagged + "}\n"}.play(t, "http://"+s.Addr())
			const n = 12
			p.all(t, "GET "+m.path, n, m.classes...)
			next := fine
			if m.lame {
				next = classes(plan.OK, plan.FailReset, plan.FailProtocol)
			}
			p.all(t, "GET /ok", n, next...)
			p.checkMemory(t)
			if got := p.row("GET " + m.path).BytesIn; got < n*m.size || m.size > 0 && got > n*(m.size+(1<<20)) {
				t.Errorf("%d bytes of %d answers were read", got, n)
			}
			want := sla.Pass
			if b := p.Conditions.Books; 10*b.Failed > b.Intended {
				want = sla.Fail
			}
			p.judged(t, want)
			p.heldAgainst(t, s, m.path, m.lame)
		})
	}
}

// wellTagged is a request whose answer must be its own.
const wellTagged = `
  get "/ok" {
    query = { id = "${user.id}.${user.iteration}" }
    expect { condition = response.body == "id=${user.id}.${user.iteration}" }
  }
`

func (m faultMode) request() string {
	return fmt.Sprintf("get %q {\n query = { id = \"x\" }\n%s}\n", m.path, m.args)
}

// heldAgainst compares a run's counts with the server's log: it saw each
// request that is in the books, once, but for those that had no connection,
// and, where it closes connections without a word, those that came too late.
func (p *played) heldAgainst(t *testing.T, s *faultserver.Server, path string, lame bool) {
	t.Helper()
	total := int64(0)
	least := map[string]int64{}
	most := map[string]int64{}
	for _, at := range []string{path, "/ok"} {
		row := p.row("GET " + at)
		most[at] = row.Count() - row.ByClass[plan.FailConnectTimeout]
		least[at] = most[at]
		if lame {
			least[at] -= row.ByClass[plan.FailReset]
		}
		total += least[at]
	}
	eventually(t, "the server to be through", func() bool { return int64(s.Count()) >= total })
	s.Close()
	seen := map[string]int64{}
	for _, e := range s.Log() {
		u, err := url.Parse(e.Path)
		if err != nil {
			t.Fatal(err)
		}
		seen[u.Path]++
	}
	for at := range most {
		if seen[at] < least[at] || seen[at] > most[at] {
			t.Errorf("%s: the server saw %d requests, the books have %d to %d", at, seen[at], least[at], most[at])
		}
	}
}

// TestF12_Chunks: every chunked body of the table, well and ill formed, in one
// run.
func TestF12_Chunks(t *testing.T) {
	s := newFaultServer(t)
	var steps strings.Builder
	for _, c := range faultserver.Chunks {
		fmt.Fprintf(&steps, "get \"/chunk/%s\" {}\n", c.Name)
	}
	p := scenario{maxBody: faultMaxBody, user: "task \"t\" {\n" + steps.String() + wellTagged + "}\n", profile: "users = 4\n iterations = 8\n"}.play(t, "http://"+s.Addr())
	for _, c := range faultserver.Chunks {
		if c.OK {
			p.all(t, "GET /chunk/"+c.Name, 8, plan.OK)
		} else {
			p.all(t, "GET /chunk/"+c.Name, 8, plan.FailProtocol, plan.FailTruncated, plan.FailTooLarge)
		}
	}
	p.all(t, "GET /ok", 8, plan.OK)
	p.judged(t, sla.Fail)
	total := p.Conditions.Books.Intended
	eventually(t, "the server to be through", func() bool { return int64(s.Count()) >= total })
	if s.Close(); int64(s.Count()) != total {
		t.Errorf("the server saw %d requests of %d", s.Count(), total)
	}
}

// TestF07_Desync: an answer that comes with another one nobody asked for. Each
// answer says whose it is, and no request is ever given another's.
func TestF07_Desync(t *testing.T) {
	n := int64(2_000)
	if *full {
		n = 10_000
	}
	s := newFaultServer(t)
	tagged := strings.Replace(wellTagged, "/ok", "/desync", 1)
	p := scenario{user: "task \"t\" {\n" + tagged + wellTagged + "}\n", profile: fmt.Sprintf("users = 16\n iterations = %d\n", n)}.play(t, "http://"+s.Addr())
	p.all(t, "GET /desync", n, plan.OK)
	p.all(t, "GET /ok", n, plan.OK)
	p.judged(t, sla.Pass)
	p.heldAgainst(t, s, "/desync", false)
	if got := int64(s.Accepted()); got < n {
		t.Errorf("%d connections for %d answers that spoil theirs", got, n)
	}
}

// TestF15_Attempts: a server that closes connections without a word sees each
// attempt that is in the books, and no other: nothing is sent again unless the
// scenario asks for it.
func TestF15_Attempts(t *testing.T) {
	for _, retry := range []string{"", "retry {\n attempts = 3\n on = [\"reset\"]\n}\n"} {
		s := newFaultServer(t)
		p := scenario{user: "get \"/close-idle\" {\n" + retry + "}\n", profile: "users = 8\n iterations = 400\n"}.play(t, "http://"+s.Addr())
		row := p.row("GET /close-idle")
		lost := row.ByClass[plan.FailReset]
		p.all(t, "GET /close-idle", row.Count(), either...)
		if row.Count() != 400+row.Retried || retry == "" && row.Retried != 0 {
			t.Errorf("%d attempts of 400, %d of them tried again", row.Count(), row.Retried)
		}
		eventually(t, "the server to be through", func() bool { return int64(s.Count()) >= row.OK })
		if s.Close(); int64(s.Count()) < row.OK || int64(s.Count()) > row.Count() {
			t.Errorf("the server answered %d, the books have %d answers of %d attempts", s.Count(), row.OK, row.Count())
		}
		t.Logf("%d of %d attempts came too late for their connection", lost, row.Count())
	}
}
