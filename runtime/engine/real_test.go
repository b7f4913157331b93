package engine

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

// against points a plan at a real server, over the real transport.
func against(t *testing.T, b builder, server *httptest.Server) Options {
	t.Helper()
	host, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b.Targets[0].Host = host
	b.Targets[0].Port, _ = strconv.Atoi(port)
	return Options{Factory: func(c *transport.Clock) transport.Factory {
		return http1.New(http1.Config{Clock: c})
	}}
}

func TestRealServer(t *testing.T) {
	var served, failed atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := served.Add(1)
		switch {
		case r.URL.Path == "/old":
			http.Redirect(w, r, "/new", http.StatusFound)
		case n%10 == 0:
			failed.Add(1)
			http.Error(w, "every tenth", http.StatusInternalServerError)
		default:
			w.Write([]byte(`{"id":17}`))
		}
	}))
	defer server.Close()
	b := newPlan()
	capture := b.get("/json", 0)
	capture.ReadsBody = true
	capture.Captures = []plan.Capture{{Slot: 0, Name: "id", Value: plan.Func(func(f *plan.Frame) (plan.Value, error) {
		return plan.StringValue(string(f.Response.Body)), nil
	})}}
	b.class("u", 1, task("a", 1, uniform(0, 0.01), capture), task("b", 1, uniform(0, 0.01), b.get("/old", 0)))
	b.Classes[0].Slots = []string{"id"}
	b.closed(700*ms, plan.Stage{Level: 20, Over: 200 * ms, Hold: 500 * ms})
	e := New(b.Plan, against(t, b, server))
	out, err := e.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkBooks(t, out)
	books := out.Conditions.Books
	if books.Failed != failed.Load() || books.Succeeded == 0 || books.InFlight != 0 {
		t.Errorf("books %+v, the server failed %d", books, failed.Load())
	}
	hops := out.Final.Total[1].Count()
	if got := books.Intended + hops; got != served.Load() {
		t.Errorf("%d requests and %d redirects, the server saw %d", books.Intended, hops, served.Load())
	}
	for _, g := range out.Final.Errors {
		if g.Class != plan.FailStatus || !contains(g.Answer, "every tenth") || !contains(g.Sent, "GET /") {
			t.Errorf("error group: %+v", g)
		}
	}
}

func TestRealArrivals(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer server.Close()
	b := arrivals(500, sec, 100)
	out, err := New(b.Plan, against(t, b, server)).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkBooks(t, out)
	if got := out.Conditions.Books; got.Intended != 500 || got.Succeeded+got.Missed != 500 {
		t.Errorf("books: %+v", got)
	}
}

func BenchmarkArrivals(b *testing.B) {
	// What the dispatcher holds: arrivals a second against a target in memory
	// that answers at once. Reports how late they began.
	for _, rate := range []float64{2000, 20_000, 50_000} {
		b.Run(strconv.Itoa(int(rate)), func(b *testing.B) {
			for b.Loop() {
				p := arrivals(rate, 2*sec, 1000)
				q := &spread{}
				f := newFake(steady(0))
				out, err := New(p.Plan, Options{Factory: f.factory, Health: q}).Run(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				c := out.Conditions.Books
				b.ReportMetric(float64(c.Missed), "missed")
				b.ReportMetric(float64(c.Succeeded)/2, "req/s")
				b.ReportMetric(q.at(0.5), "lag-p50-µs")
				b.ReportMetric(q.at(0.99), "lag-p99-µs")
			}
		})
	}
}

// spread is a monitor that keeps the distribution of lag, to 10 µs.
type spread struct {
	quiet
	n [10_000]atomic.Int64
}

func (s *spread) StartLag(due, began int64) {
	s.n[min(max(0, began-due)/10_000, int64(len(s.n)-1))].Add(1)
}

func (s *spread) at(p float64) float64 {
	total, seen := int64(0), int64(0)
	for i := range s.n {
		total += s.n[i].Load()
	}
	for i := range s.n {
		if seen += s.n[i].Load(); float64(seen) >= p*float64(total) {
			return float64(i * 10)
		}
	}
	return 0
}
