//go:build unix

package truth

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/outcome"
	"throng/runtime/sla"
	"throng/runtime/transport/http1"
)

// mixed is a plan with everything nginx does here, and what each of the
// requests that fail must fail with.
func mixed(t *testing.T, addr string, wait plan.Wait) (builder, map[string]plan.ErrorClass) {
	t.Helper()
	b := newPlan(t, addr)
	echo := b.request("POST", "/echo")
	echo.Body = &plan.Body{ContentType: "text/plain", Text: plan.Literal(strings.Repeat("echo ", 20_000))}
	b.class(wait,
		task(12, b.get("/ok")),
		task(3, b.get("/missing")),
		task(2, accepts(b.get("/busy"), 503)),
		task(1, b.get("/broken")),
		task(2, b.get("/empty")),
		task(2, b.get("/moved")),
		task(3, b.get("/file")),
		task(2, b.get("/chunked")),
		task(2, echo),
		task(2, b.request("HEAD", "/ok")),
		task(1, b.get("/drop")),
		task(1, b.get("/cut")),
		task(1, b.get("/cut-chunked")),
	)
	return b, map[string]plan.ErrorClass{
		"GET /missing": plan.FailStatus, "GET /broken": plan.FailStatus, "GET /drop": plan.FailReset,
		"GET /cut": plan.FailTruncated, "GET /cut-chunked": plan.FailTruncated,
	}
}

// What throng reports of nginx is what nginx has in its log: every request,
// every status, every byte, every connection.
func TestNginxClosed(t *testing.T) {
	n := startNginx(t)
	b, failures := mixed(t, n.addr(), uniform(0, 0.02))
	b.iterations(8, 800)
	b.promise(0.05)
	checkNginx(t, n, b, failures)
}

func TestNginxOpen(t *testing.T) {
	n := startNginx(t)
	b, failures := mixed(t, n.addr(), plan.Wait{})
	b.open(300, 100, 2*sec)
	b.promise(0.05)
	out := checkNginx(t, n, b, failures)
	if got := out.Conditions.Books.Intended; got != 600 {
		t.Errorf("300 arrivals a second for 2 s: %d were intended", got)
	}
}

// However a run is ended, nginx has seen what throng calls finished, and
// nothing that throng does not know of.
func TestInterruptsNginx(t *testing.T) { checkInterrupts(t, startNginx(t)) }

func checkNginx(t *testing.T, n *nginx, b builder, failures map[string]plan.ErrorClass) *outcome.Outcome {
	t.Helper()
	var dials atomic.Int64
	tr := newTrial(b, http1.Config{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}, engine.Options{Health: quiet{}})
	out := tr.completed(t)
	lines := n.stop(t)
	tr.reconcile(t, out, lines)
	tr.checkBytes(t, out, lines)
	tr.checkConnections(t, out, lines, dials.Load())
	for series, s := range out.Final.Total {
		label := b.Rows[b.Series[series].Row].Label()
		class := failures[label] // OK for the others
		if s == nil || s.ByClass[class] != s.Count() {
			t.Errorf("%s should be %v: %+v", label, class, s)
		}
	}
	if out.Verdict.State != sla.Fail {
		t.Errorf("verdict %v: %q", out.Verdict.State, out.Verdict.Reasons)
	}
	return out
}

// checkBytes holds all bytes, and those of bodies, against the log.
func (tr *trial) checkBytes(t *testing.T, out *outcome.Outcome, lines []line) {
	t.Helper()
	body, sent, received := map[int]int64{}, map[int]int64{}, map[int]int64{}
	for _, l := range lines {
		_, _, series := parseID(l.id)
		body[series] += l.body
		sent[series] += l.sent
		received[series] += l.received
	}
	got, samples := map[int]int64{}, map[int]int64{}
	for _, e := range tr.tap.exchanges() {
		_, _, series := parseID(e.id)
		got[series] += e.body
		samples[series]++
	}
	for series, s := range out.Final.Total {
		label := tr.Rows[tr.Series[series].Row].Label()
		if s.BytesIn != sent[series] || s.BytesOut != received[series] {
			t.Errorf("%s: read %d and wrote %d bytes, nginx sent %d and received %d",
				label, s.BytesIn, s.BytesOut, sent[series], received[series])
		}
		want := body[series]
		switch label { // nginx counts the framing of chunks in, throng does not
		case "GET /chunked":
			want = chunks * chunk * samples[series]
		case "GET /cut-chunked":
			want = 1000 * samples[series]
		case "GET /file":
			if want != fileSize*samples[series] {
				t.Errorf("nginx sent %d bytes of %d files", want, samples[series])
			}
		}
		if got[series] != want {
			t.Errorf("%s: bodies of %d bytes, nginx sent %d", label, got[series], want)
		}
	}
}

// checkConnections: connections are kept, belong to one user each, and are
// counted as nginx counts them.
func (tr *trial) checkConnections(t *testing.T, out *outcome.Outcome, lines []line, dials int64) {
	t.Helper()
	owner, served := map[int64]string{}, map[int64]int64{}
	opened := map[int]int64{}
	var ended int64 // connections that nginx had a reason to close
	for _, l := range lines {
		_, user, series := parseID(l.id)
		if o, known := owner[l.conn]; known && o != user {
			t.Errorf("connection %d served users %s and %s", l.conn, o, user)
		}
		owner[l.conn] = user
		served[l.conn] = max(served[l.conn], l.serial)
		if l.serial == 1 {
			opened[series]++
		}
		path, _, _ := strings.Cut(l.uri, "?")
		if l.serial == keepalive || path == "/drop" || path == "/broken" || strings.HasPrefix(path, "/cut") {
			ended++
		}
	}
	if int64(len(owner)) != dials {
		t.Errorf("throng opened %d connections, nginx served %d", dials, len(owner))
	}
	users := out.Classes[0].Users
	if n := int64(len(owner)); n > users+ended || n <= users {
		t.Errorf("%d connections for %d users, of which nginx ended %d", n, users, ended)
	}
	for series, s := range out.Final.Total {
		if p := s.Phases(); s.Failed == 0 && p.Connections != opened[series] {
			t.Errorf("%s: %d connections opened, nginx has %d", tr.Rows[tr.Series[series].Row].Label(), p.Connections, opened[series])
		}
	}
	t.Logf("%d requests of %d users over %d connections: %+v", len(lines), users, len(owner), out.Conditions.Books)
}
