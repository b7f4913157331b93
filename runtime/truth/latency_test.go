package truth

import (
	"cmp"
	"net/http"
	"slices"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/transport/http1"
)

// Against a server whose service times are known, no figure is below the
// truth: not a request's, not a quantile's, not the mean. How far above it
// they are is the machine's affair, and logged.
func TestLatency(t *testing.T) {
	service := map[string]time.Duration{"/5": 5 * ms, "/50": 50 * ms, "/500": 500 * ms}
	w := newWitness(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { serve(r, service[r.URL.Path]) }))
	b := newPlan(t, w.addr())
	b.class(plan.Wait{}, task(80, b.get("/5")), task(15, b.get("/50")), task(5, b.get("/500")))
	b.open(200, 400, 3*sec)
	tr := newTrial(b, http1.Config{}, engine.Options{})
	out := tr.completed(t)
	lines := w.stop(t)
	tr.reconcile(t, out, lines)
	if n := out.Conditions.Books.Intended; n != 600 {
		t.Errorf("200 arrivals a second for 3 s: %d were intended", n)
	}
	checkEachLatency(t, tr, lines)
	for series, s := range out.Final.Total {
		truth := service[b.Rows[b.Series[series].Row].Name]
		if s.Min() < int64(truth) || s.Failed != 0 {
			t.Errorf("%v: the fastest of %d took %v", truth, s.OK, time.Duration(s.Min()))
		}
		checkQuantiles(t, truth.String(), s, takenBy(lines, series))
	}
	all := record.Merge(out.Final.Total...)
	checkQuantiles(t, "all", all, takenBy(lines, -1))
	checkMoments(t, out)
}

// checkEachLatency: no exchange was shorter than its handler took.
func checkEachLatency(t *testing.T, tr *trial, lines []line) {
	t.Helper()
	took := map[string]time.Duration{}
	for _, l := range lines {
		took[l.id] = l.took
	}
	for _, e := range tr.tap.exchanges() {
		if got := time.Duration(e.end - e.start); got < took[e.id] {
			t.Errorf("%s took %v, of which %v in the handler", e.id, got, took[e.id])
		}
	}
}

// takenBy is what the handler took for a series, or all, in order.
func takenBy(lines []line, series int) (taken []int64) {
	for _, l := range lines {
		if _, _, s := parseID(l.id); s == series || series < 0 {
			taken = append(taken, int64(l.took))
		}
	}
	slices.Sort(taken)
	return taken
}

// checkQuantiles: the k-th shortest response cannot be shorter than the k-th
// shortest service.
func checkQuantiles(t *testing.T, name string, s *record.Stats, taken []int64) {
	t.Helper()
	if s.OK != int64(len(taken)) {
		t.Fatalf("%s: %d successes, the server served %d", name, s.OK, len(taken))
	}
	var sum int64
	for _, n := range taken {
		sum += n
	}
	if s.Sum() < sum || s.Mean() < sum/s.OK {
		t.Errorf("%s: mean %v, the server's is %v", name, time.Duration(s.Mean()), time.Duration(sum/s.OK))
	}
	for _, p := range []float64{0, 0.5, 0.75, 0.9, 0.95, 0.99, 1} {
		truth := taken[record.Rank(p, s.OK)-1]
		response, service := s.Quantile(p), s.ServiceQuantile(p)
		if !response.Valid || response.Censored || response.Ns < truth || service.Ns < truth {
			t.Errorf("%s: p%g is %+v, of service %+v, the server's is %v", name, 100*p, response, service, time.Duration(truth))
		}
		// Both err upwards by a thousandth at most, each in its own way.
		if float64(service.Ns) > 1.001*float64(response.Ns)+64 {
			t.Errorf("%s: p%g of service %v is above that of response %v", name, 100*p, time.Duration(service.Ns), time.Duration(response.Ns))
		}
		t.Logf("%s p%g: server %v, service %v, response %v", name, 100*p,
			time.Duration(truth), time.Duration(service.Ns), time.Duration(response.Ns))
	}
}

// checkMoments: the longest of the windows is the longest of all.
func checkMoments(t *testing.T, out *outcome.Outcome) {
	t.Helper()
	longest := slices.MaxFunc(out.History, func(a, b outcome.Moment) int { return cmp.Compare(a.Max.Ns, b.Max.Ns) })
	if all := record.Merge(out.Final.Total...); longest.Max.Ns != all.Max() {
		t.Errorf("the longest of all is %v, of a window %v", time.Duration(all.Max()), time.Duration(longest.Max.Ns))
	}
}
