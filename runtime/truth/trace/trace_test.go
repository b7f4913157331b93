package trace

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// TestMain lets the test program be the server's own process.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "trace" {
		if err := Main(os.Args[2:], os.Stdin, os.Stdout, time.Minute); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func start(t *testing.T, spec Spec) *Server {
	t.Helper()
	s, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// client is a keep-alive connection that knows how long its requests took.
type client struct {
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, s *Server) *client {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * sec))
	return &client{c, bufio.NewReader(c)}
}

func (c *client) get(t *testing.T, id string) (took time.Duration) {
	t.Helper()
	from := time.Now()
	fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Id: %s\r\n\r\n", id)
	answer, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || string(text) != body {
		t.Fatalf("the body is %q, %v", text, err)
	}
	return time.Since(from)
}

// The log has every request by its id, in order; no client is faster than the
// log says, and no request is shorter than its law.
func TestLogByID(t *testing.T) {
	s := start(t, Spec{Service: Service{Law: Sequence, Times: []time.Duration{0, ms, 3 * ms}}})
	c := dial(t, s)
	var took []time.Duration
	for i := range 9 {
		took = append(took, c.get(t, fmt.Sprint("id", i)))
	}
	c.Close()
	s.Close()
	log := s.Log()
	if len(log) != 9 {
		t.Fatalf("%d entries", len(log))
	}
	for i, e := range log {
		want := []time.Duration{0, ms, 3 * ms}[i%3]
		switch {
		case e.ID != fmt.Sprint("id", i) || e.N != int64(i) || e.Conn != 1 || e.Planned != int64(want):
			t.Errorf("entry %d: %+v", i, e)
		case e.Begun < e.Arrived || e.Sending-e.Begun < int64(want) || e.Ended < e.Sending:
			t.Errorf("entry %d is out of order: %+v", i, e)
		case int64(took[i]) < e.Sending-e.Arrived:
			t.Errorf("request %d took %v at the client, %v here", i, took[i], time.Duration(e.Sending-e.Arrived))
		}
	}
}

// What comes while the gate is shut is answered when it opens.
func TestGate(t *testing.T) {
	g := Gate{First: 2 * sec, Every: 5 * sec, Shut: sec}
	for at, want := range map[time.Duration]time.Duration{
		0: 0, 2*sec - 1: 0, 2 * sec: sec, 2500 * ms: 500 * ms, 3 * sec: 0, 6 * sec: 0, 7 * sec: sec, 7999 * ms: ms, 12 * sec: sec,
	} {
		if got := g.Opens(at); got != want {
			t.Errorf("at %v the gate opens in %v, want %v", at, got, want)
		}
	}
	if got := (Gate{First: sec, Shut: sec}).Opens(7 * sec); got != 0 {
		t.Errorf("a gate that shuts once is shut again for %v", got)
	}
	if got := (Gate{}).Opens(7 * sec); got != 0 {
		t.Errorf("no gate is shut for %v", got)
	}
	s := start(t, Spec{Gate: Gate{Shut: 100 * ms}})
	c := dial(t, s)
	c.get(t, "a")
	c.get(t, "b")
	s.Close()
	log := s.Log()
	if took := log[0].Took(); took < 100*ms {
		t.Errorf("through the shut gate in %v", took)
	}
	if log[1].Begun-log[0].Arrived < int64(100*ms) {
		t.Errorf("the second began %v after the first came", time.Duration(log[1].Begun-log[0].Arrived))
	}
}

// A queue serves one after another, in the order of arrival, and its log
// agrees with Lindley's recursion on its own arrivals: never earlier.
func TestFirstComeIsLindley(t *testing.T) {
	s := start(t, Spec{Service: Service{Law: Exponential, Times: []time.Duration{2 * ms}, Seed: 5}, Queue: FirstCome})
	var wg sync.WaitGroup
	for range 4 {
		c := dial(t, s)
		wg.Go(func() {
			for i := range 10 {
				c.get(t, fmt.Sprint(i))
			}
		})
	}
	wg.Wait()
	s.Close()
	log := Complete(s.Log())
	if len(log) != 40 {
		t.Fatalf("%d entries", len(log))
	}
	var arrivals, service []time.Duration
	for _, e := range log {
		arrivals, service = append(arrivals, time.Duration(e.Arrived)), append(service, time.Duration(e.Planned))
	}
	for i, want := range Lindley(arrivals, service) {
		if got := time.Duration(log[i].Sending - log[i].Arrived); i > 0 && arrivals[i] >= arrivals[i-1] && got < want-ms/10 {
			t.Errorf("request %d took %v, the recursion says %v", i, got, want)
		}
	}
}

func TestOneConnection(t *testing.T) {
	s := start(t, Spec{Service: Service{Law: Constant, Times: []time.Duration{2 * ms}}, Queue: OneConnection})
	a, b := dial(t, s), dial(t, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.get(t, "a")
	}()
	b.get(t, "b")
	<-done
	s.Close()
	log := s.Log()
	if len(log) != 2 || log[0].Conn == log[1].Conn || log[1].Begun < log[0].Sending {
		t.Errorf("%+v", log)
	}
}

func TestDrip(t *testing.T) {
	s := start(t, Spec{Drip: Drip{Pieces: 4, Every: 10 * ms}})
	if took := dial(t, s).get(t, "x"); took < 30*ms {
		t.Errorf("four pieces 10 ms apart came in %v", took)
	}
}

// Requests that the server cannot serve end their connection, and are in no
// log.
func TestRefused(t *testing.T) {
	s := start(t, Spec{})
	for _, text := range []string{
		"\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n", "GET / HTTP/1.1\r\nHost\r\n\r\n",
		"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"GET /" + strings.Repeat("x", 20<<10) + " HTTP/1.1\r\n\r\n",
	} {
		c := dial(t, s)
		_, _ = io.WriteString(c, text)
		if got, _ := io.ReadAll(c.r); len(got) > 0 {
			t.Errorf("%.20q was answered: %q", text, got)
		}
	}
	if n := len(s.Log()); n > 0 {
		t.Errorf("%d entries", n)
	}
}

func TestCheck(t *testing.T) {
	for _, bad := range []Spec{
		{Service: Service{Law: "other"}}, {Service: Service{Law: Constant}}, {Service: Service{Law: Mixture, Times: []time.Duration{1}}},
		{Service: Service{Law: Mixture, Times: []time.Duration{1}, Shares: []float64{1, 2}}}, {Service: Service{Law: Constant, Times: []time.Duration{-1}}},
		{Queue: "other"}, {Gate: Gate{Every: sec, Shut: sec}}, {Drip: Drip{Pieces: 1000}},
	} {
		if _, err := New(bad); err == nil {
			t.Errorf("%+v is served", bad)
		}
	}
}

// Every law has its mean, and the same times for the same seed. A mean of n
// draws is within 4.5 deviations/√n of its law's but once in 10⁵.
func TestLaws(t *testing.T) {
	const n = 200_000
	for _, c := range []struct {
		s               Service
		mean, deviation float64 // ms
	}{
		{Service{Law: Constant, Times: []time.Duration{7 * ms}}, 7, 0},
		{Service{Law: Sequence, Times: []time.Duration{ms, 2 * ms, 6 * ms, 7 * ms}}, 4, 0},
		{Service{Law: Mixture, Times: []time.Duration{5 * ms, 50 * ms, 500 * ms}, Shares: []float64{89, 9.5, 1.5}, Seed: 3}, 16.7, math.Sqrt(0.89*25 + 0.095*2500 + 0.015*250000 - 16.7*16.7)},
		{Service{Law: Exponential, Times: []time.Duration{10 * ms}, Seed: 3}, 10, 10},
		{Service{Law: LogNormal, Times: []time.Duration{20 * ms}, Sigma: 1, Seed: 3}, 20 * math.Exp(0.5), 20 * math.Sqrt((math.E-1)*math.E)},
	} {
		sum := 0.0
		for i := range int64(n) {
			d := c.s.At(i)
			if d < 0 || d != c.s.At(i) {
				t.Fatalf("%+v: %v, then %v", c.s, d, c.s.At(i))
			}
			sum += float64(d) / float64(ms)
		}
		if got := sum / n; math.Abs(got-c.mean) > 4.5*c.deviation/math.Sqrt(n)+1e-6 {
			t.Errorf("%+v: the mean is %v ms, of the law %v", c.s, got, c.mean)
		}
	}
}

func TestPercentile(t *testing.T) {
	list := make([]time.Duration, 20)
	for i := range list {
		list[i] = time.Duration(i + 1)
	}
	for p, want := range map[float64]time.Duration{0: 1, 0.05: 1, 0.051: 2, 0.5: 10, 0.95: 19, 0.951: 20, 1: 20} {
		if got := Percentile(list, p); got != want {
			t.Errorf("p%v of 1 to 20 is %d, want %d", 100*p, got, want)
		}
	}
	if Percentile(nil, 0.5) != 0 || Mean(nil) != 0 {
		t.Error("something comes of nothing")
	}
}

// TestM03_LindleyIsMM1 (M3): 2·10⁵ Poisson arrivals at 70/s to one server of
// exponential service at 100/s, by Lindley's recursion. Theory of M/M/1 (for
// instance L. Kleinrock, Queueing Systems I, 1975, section 3.2): the time in
// the system is exponential with mean 1/(µ−λ) = 33.3 ms, so its p99 is
// ln(100)/(µ−λ) = 153.5 ms. Neighbours are correlated, so 5 % and 8 % are
// allowed, as the battery says; seeds are fixed.
func TestM03_LindleyIsMM1(t *testing.T) {
	const n, lambda, mu = 200_000, 70.0, 100.0
	r := rand.New(rand.NewPCG(3, 3))
	service := Service{Law: Exponential, Times: []time.Duration{10 * ms}, Seed: 9}
	arrivals, times := make([]time.Duration, n), make([]time.Duration, n)
	at := 0.0
	for i := range arrivals {
		at += r.ExpFloat64() / lambda
		arrivals[i], times[i] = time.Duration(at*1e9), service.At(int64(i))
	}
	stay := Lindley(arrivals, times)
	mean := Mean(stay).Seconds()
	slices.Sort(stay)
	p99 := Percentile(stay, 0.99).Seconds()
	if want := 1 / (mu - lambda); math.Abs(mean/want-1) > 0.05 {
		t.Errorf("the mean is %v s, by theory %v", mean, want)
	}
	if want := math.Log(100) / (mu - lambda); math.Abs(p99/want-1) > 0.08 {
		t.Errorf("p99 is %v s, by theory %v", p99, want)
	}
}

// The server in a process of its own serves, and tells its log.
func TestProcess(t *testing.T) {
	p, err := Launch(t.Context(), Spec{Service: Service{Law: Constant, Times: []time.Duration{ms}}}, os.Args[0], "trace")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	for range 3 {
		answer, err := http.Get(p.URL + "/x")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
	log, err := p.Log()
	if err != nil || len(Times(log)) != 3 {
		t.Fatalf("%d entries, %v", len(log), err)
	}
	if _, err := Launch(t.Context(), Spec{Queue: "none"}, os.Args[0], "trace"); err == nil {
		t.Error("a wrong spec is launched")
	}
}
