package truth

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/sla"
	"throng/runtime/transport/faultserver"
)

// The tests TestFnn of this package are the fault matrix: ways in which a
// target goes wrong, by number. Each is a whole run, from the scenario's text
// to the report, over the transports that `throng run` uses. Each gives its
// class, balanced books and a normal end, after which no goroutine and no
// descriptor is left. How a transport finds out what went wrong is for the
// tests of that transport; here it is whether the whole says so.
//
// Number 18 would be gRPC, which the language does not have.

// faultMode is a way of the fault server's to go wrong.
type faultMode struct {
	name    string
	path    string
	args    string // of the request
	classes []plan.ErrorClass
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
