package truth

import (
	"bytes"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
	"throng/runtime/transport/faultserver"
	"throng/runtime/transport/http1"
)

// impatience is the timeout of requests that are never answered.
const impatience = 150 * ms

// fault is a way to go wrong, and the classes it may show up as: one, but
// where it depends on how far the server was when the client acted.
type fault struct {
	path    string
	timeout time.Duration // 0: the default
	classes []plan.ErrorClass
}

func is(path string, classes ...plan.ErrorClass) fault { return fault{path: path, classes: classes} }

// isSilent is a fault that ends in a timeout: while connecting, on a machine
// that is busy enough.
func isSilent(path string) fault {
	return fault{path, impatience, []plan.ErrorClass{plan.FailTimeout, plan.FailConnectTimeout}}
}

// faults are the modes whose connection is in no doubt after the answer.
var faults = []fault{
	isSilent("/hang"),
	isSilent("/hang-body"),
	isSilent("/drip"),
	isSilent("/drip-body"),
	is("/reset-before", plan.FailReset),
	is("/reset-headers", plan.FailReset),
	is("/reset-body", plan.FailReset),
	is("/close-before", plan.FailReset),
	is("/close-headers", plan.FailTruncated),
	is("/short", plan.FailTruncated),
	is("/short-chunk", plan.FailTruncated),
	is("/garbage", plan.FailProtocol),
	is("/garbage-status", plan.FailProtocol),
	is("/http09", plan.FailProtocol),
	is("/http2", plan.FailProtocol),
	is("/switch", plan.FailProtocol),
	is("/1xx", plan.FailProtocol),
	is("/both-framings", plan.FailProtocol),
	is("/two-lengths", plan.FailProtocol),
	is("/negative-length", plan.FailProtocol),
	is("/unknown-coding", plan.FailProtocol),
	is("/headers", plan.FailTooLarge),
	is("/line", plan.FailTooLarge),
	is("/cookies", plan.FailTooLarge),
	is("/infinite", plan.FailTooLarge),
	is("/infinite-chunked", plan.FailTooLarge),
	is("/announced", plan.FailTooLarge),
	is("/status/500", plan.FailStatus),
	is("/status/404", plan.FailStatus),
	is("/ok", plan.OK),
	is("/desync", plan.OK),
	is("/hints", plan.OK),
	is("/until-close", plan.OK),
	is("/close-header", plan.OK),
	is("/http10", plan.OK),
	is("/http10-keep", plan.OK),
	is("/status/204", plan.OK),
}

// doubtful are the modes that close a connection without a word after an
// answer. Whether the client sees that before it sends again is a race that
// no client can win for sure; losing it is a reset. Only requests of their
// own user may suffer.
var doubtful = []fault{
	is("/close-idle", plan.OK, plan.FailReset),
	is("/half-close", plan.OK, plan.FailReset),
	is("/early", plan.FailStatus, plan.FailReset),
}

// modes is the request of a fault; where the server tags its answer it must
// be this request's own.
func (f fault) request(b builder) *plan.Request {
	r := b.get(f.path)
	if f.timeout > 0 {
		within(r, f.timeout)
	}
	r.Query = []plan.Pair{{Name: "id", Value: requestID(r.Series)}}
	switch f.path {
	case "/ok", "/desync", "/half-close":
		expects(r, "the answer is this request's", func(fr *plan.Frame) bool {
			id, _ := requestID(r.Series).Eval(fr)
			return bytes.Equal(fr.Response.Body, []byte("id="+id.Str()))
		})
	case "/early":
		r.Method = "POST"
		r.Body = &plan.Body{ContentType: "text/plain", Text: plan.Literal(strings.Repeat("x", 1<<20))}
	}
	return r
}

// config keeps what a flood may cost small.
var config = http1.Config{MaxBody: 256 << 10, KeepBody: 4 << 10}

func newFaultServer(t *testing.T) *faultserver.Server {
	t.Helper()
	s, err := faultserver.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Every fault by itself: the run ends as planned, every request is in its
// class and in the server's log, and nobody calls it a success.
func TestEachFault(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, f := range slices.Concat(faults, doubtful) {
		t.Run(strings.ReplaceAll(f.path[1:], "/", "-"), func(t *testing.T) {
			s := newFaultServer(t)
			b := newPlan(t, s.Addr())
			b.class(plan.Wait{}, task(1, f.request(b)))
			b.iterations(6, 6)
			b.promise(0.1)
			tr := newTrial(b, config, engine.Options{Health: quiet{}})
			out := tr.completed(t)
			checkFault(t, b, out, f, 0)
			checkVerdict(t, out, f)
			if n := out.Conditions.Books.Intended; n != 6 {
				t.Errorf("%d requests for 6 iterations", n)
			}
			sent := tr.sent()[0]
			unseen := 0 // requests that came too late for their connection
			if slices.ContainsFunc(doubtful, func(d fault) bool { return d.path == f.path }) {
				unseen = int(out.Final.Total[0].ByClass[plan.FailReset])
			}
			eventually(t, "the server to be through", func() bool { return s.Count() >= sent-unseen })
			if s.Close(); s.Count() < sent-unseen || s.Count() > sent {
				t.Errorf("%d requests were sent, %d perhaps in vain; the server saw %d", sent, unseen, s.Count())
			}
		})
	}
	eventually(t, "all goroutines to be gone", func() bool { return runtime.NumGoroutine() <= before })
}

// sent is how many requests of each series went out.
func (tr *trial) sent() map[int]int {
	n := map[int]int{}
	for _, e := range tr.tap.exchanges() {
		if e.out > 0 {
			_, _, series := parseID(e.id)
			n[series]++
		}
	}
	return n
}

// checkFault holds a series against what its fault may be.
func checkFault(t *testing.T, b builder, out *outcome.Outcome, f fault, series int) {
	t.Helper()
	s := out.Final.Total[series]
	var n int64
	for _, c := range f.classes {
		n += s.ByClass[c]
	}
	if s == nil || n != s.Count() {
		t.Errorf("%s: by class %v, want %v", f.path, s.ByClass, f.classes)
		for _, g := range out.Final.Errors {
			if b.Series[g.Series].Row == b.Series[series].Row {
				t.Logf("%d × %v: %s", g.Count, g.Class, g.Detail)
			}
		}
	}
	if f.timeout > 0 {
		if q := s.FailedQuantile(0); q.Ns < int64(f.timeout) {
			t.Errorf("%s: a timeout of %v after %v", f.path, f.timeout, time.Duration(q.Ns))
		}
		if q := s.Quantile(0.5); !q.Censored || q.Ns < int64(f.timeout) {
			t.Errorf("%s: the median is %+v, but every request timed out", f.path, q)
		}
	}
	if s.OK == 0 && (s.Sum() != 0 || s.Max() != 0) {
		t.Errorf("%s: failures are in the latency of successes", f.path)
	}
}

// checkVerdict: an error rate of nothing or all is judged as what it is.
func checkVerdict(t *testing.T, out *outcome.Outcome, f fault) {
	t.Helper()
	b, want := out.Conditions.Books, sla.Pass
	if 10*b.Failed > b.Succeeded+b.Failed {
		want = sla.Fail
	}
	if out.Verdict.State != want {
		t.Errorf("%s: verdict %v with books %+v: %q", f.path, out.Verdict.State, b, out.Verdict.Reasons)
	}
}

// All faults one after another and at the same time, over the same users'
// connections, and every chunked body. What goes wrong with one request
// changes nothing for the next one, which gets its own answer.
func TestAllFaults(t *testing.T) {
	s := newFaultServer(t)
	b := newPlan(t, s.Addr())
	var all []fault
	var steps []plan.Step
	for _, f := range slices.Concat(faults, chunkFaults()) {
		next := is("/ok", plan.OK)
		all = append(all, f, next)
		steps = append(steps, f.request(b), next.request(b))
		b.Rows[len(b.Rows)-1].Name = "/ok after " + f.path
	}
	b.class(plan.Wait{}, task(1, steps...))
	const times = 4
	b.iterations(4, times)
	b.promise(0.1)
	tr := newTrial(b, config, engine.Options{Health: quiet{}})
	out := tr.completed(t)
	for series, f := range all {
		if n := out.Final.Total[series].Count(); n != times {
			t.Errorf("%s: %d requests in %d iterations", f.path, n, times)
		}
		checkFault(t, b, out, f, series)
	}
	if out.Verdict.State != sla.Fail {
		t.Errorf("verdict %v: %q", out.Verdict.State, out.Verdict.Reasons)
	}
	sent, total := tr.sent(), 0
	for _, n := range sent {
		total += n
	}
	eventually(t, "the server to be through", func() bool { return s.Count() >= total })
	s.Close()
	if d := cmp.Diff(seenBy(t, s), sent); d != "" || s.Count() != total {
		t.Errorf("requests by series (- the server's, + throng's):\n%s", d)
	}
	checkTexts(t, b, out)
	t.Logf("%+v", out.Conditions.Books)
}

func chunkFaults() (list []fault) {
	for _, c := range faultserver.Chunks {
		if c.OK {
			list = append(list, is("/chunk/"+c.Name, plan.OK))
		} else {
			list = append(list, is("/chunk/"+c.Name, plan.FailProtocol, plan.FailTruncated, plan.FailTooLarge))
		}
	}
	return list
}

// seenBy is how many requests of each series the server has seen.
func seenBy(t *testing.T, s *faultserver.Server) map[int]int {
	t.Helper()
	n := map[int]int{}
	for _, e := range s.Log() {
		u, err := url.Parse(e.Path)
		if err != nil {
			t.Fatal(err)
		}
		_, _, series := parseID(u.Query().Get("id"))
		n[series]++
	}
	return n
}

// checkTexts: like failures have like texts, which differ by how far the
// exchange had come at most, and name no address of this end.
func checkTexts(t *testing.T, b builder, out *outcome.Outcome) {
	t.Helper()
	type kind struct {
		row   int
		class plan.ErrorClass
	}
	texts := map[kind][]string{}
	for _, g := range out.Final.Errors {
		k := kind{b.Series[g.Series].Row, g.Class}
		if !slices.Contains(texts[k], g.Detail) {
			texts[k] = append(texts[k], g.Detail)
		}
		if strings.Contains(g.Detail, "->") || strings.Contains(g.Detail, "raw-read") {
			t.Errorf("%s, %v: %q", b.Rows[k.row].Label(), k.class, g.Detail)
		}
	}
	for k, list := range texts {
		if len(list) > 3 {
			t.Errorf("%s, %v has many texts: %q", b.Rows[k.row].Label(), k.class, list)
		}
	}
}

func TestRefused(t *testing.T) {
	b := newPlan(t, faultserver.Refusing(t))
	b.class(plan.Wait{}, task(1, b.get("/")))
	b.iterations(3, 6)
	b.promise(0.1)
	tr := newTrial(b, config, engine.Options{Health: quiet{}})
	out := tr.completed(t)
	checkFault(t, b, out, is("refused", plan.FailRefused), 0)
	checkVerdict(t, out, is("refused"))
	checkTexts(t, b, out)
	for _, e := range tr.tap.exchanges() {
		if e.out != 0 || e.in != 0 {
			t.Errorf("bytes without a connection: %+v", e)
		}
	}
}

// A mean, a quantile or a maximum of the successes knows nothing of requests
// that took long to fail, and cannot be better for requests that timed out.
func TestFailuresApart(t *testing.T) {
	s := newFaultServer(t)
	b := newPlan(t, s.Addr())
	fine, failed, late := b.get("/ok"), b.get("/status/500"), within(b.get("/hang"), impatience)
	b.class(plan.Wait{}, task(6, fine), task(3, failed), task(1, late))
	b.iterations(8, 200)
	tr := newTrial(b, config, engine.Options{})
	out := tr.completed(t) // which compares sums and extremes exactly
	ok := stats(out, fine)
	if stats(out, failed).Judged() != 0 || stats(out, failed).Quantile(0.5).Valid {
		t.Error("answers that failed have a success's latency")
	}
	if n := stats(out, late).Count(); stats(out, late).Judged() != n || stats(out, late).Censored != n {
		t.Errorf("%d requests timed out: %+v", n, stats(out, late))
	}
	if ok.Failed != 0 || ok.Judged() != ok.OK {
		t.Errorf("%+v", ok)
	}
	if all := record.Merge(out.Final.Total...); all.Sum() != ok.Sum() || all.Max() != ok.Max() || all.Judged() != ok.OK+all.Censored {
		t.Errorf("together: %+v, successes: %+v", all, ok)
	}
}
