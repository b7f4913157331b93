package truth

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/runtime/outcome"
)

// line is one request as the server saw it.
type line struct {
	method, uri string
	status      int
	id          string
	took        time.Duration // in the handler; Go servers only
	body        int64         // bytes of the answer's body on the wire; nginx only, as the rest
	sent        int64         // bytes of the whole answer
	received    int64         // bytes of the whole request
	conn        int64         // number of the connection
	serial      int64         // of the request on its connection, from 1
}

// witness is a Go server that keeps an account of what it served.
type witness struct {
	*httptest.Server
	read, written atomic.Int64 // bytes on its sockets

	mu    sync.Mutex
	lines []line
}

func newWitness(t *testing.T, h http.Handler) *witness {
	t.Helper()
	w := &witness{}
	w.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		from := time.Now()
		l := line{method: r.Method, uri: r.RequestURI, status: 200, id: r.Header.Get(idHeader)}
		defer func() {
			l.took = time.Since(from)
			w.mu.Lock()
			defer w.mu.Unlock()
			w.lines = append(w.lines, l)
		}()
		h.ServeHTTP(&statusWriter{ResponseWriter: rw, status: &l.status}, r)
	}))
	w.Config.Protocols = new(http.Protocols)
	w.Config.Protocols.SetHTTP1(true)
	w.Config.Protocols.SetUnencryptedHTTP2(true)
	w.Listener = countingListener{w.Listener, w}
	w.Start()
	t.Cleanup(w.Close)
	return w
}

func (w *witness) addr() string { return w.Listener.Addr().String() }

// count is how many requests it is through with.
func (w *witness) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.lines)
}

// stop waits for what is being served and gives the account.
func (w *witness) stop(*testing.T) []line {
	w.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lines
}

type statusWriter struct {
	http.ResponseWriter
	status *int
	wrote  bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.wrote, *w.status = true, status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type countingListener struct {
	net.Listener
	w *witness
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{c, l.w}, nil
}

type countingConn struct {
	net.Conn
	w *witness
}

func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.w.read.Add(int64(n))
	return n, err
}

func (c countingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.w.written.Add(int64(n))
	return n, err
}

// tally is how often a row ended with a status; 0: without one.
type tally map[cell]int64

type cell struct {
	Row    string
	Status int
}

// served is the server's tally. Of a request that was redirected the last
// answer counts.
func (b builder) served(t *testing.T, lines []line) tally {
	t.Helper()
	last := map[string]line{}
	for _, l := range lines {
		last[l.id] = l
	}
	sum := tally{}
	for id, l := range last {
		_, _, series := parseID(id)
		if series < 0 || series >= len(b.Series) {
			t.Fatalf("the server saw a request nobody sent: %+v", l)
		}
		sum[cell{b.Rows[b.Series[series].Row].Label(), l.status}]++
	}
	return sum
}

// reported is the run's tally.
func (b builder) reported(out *outcome.Outcome) tally {
	sum := tally{}
	for series, s := range out.Final.Total {
		if s == nil {
			continue
		}
		for status, n := range statuses(s) {
			sum[cell{b.Rows[b.Series[series].Row].Label(), status}] += n
		}
	}
	return sum
}

// reconcile holds a run that was not cut against the server's account: row
// by row, status by status, and each request by its id, hop by hop.
func (tr *trial) reconcile(t *testing.T, out *outcome.Outcome, lines []line) {
	t.Helper()
	if d := cmp.Diff(tr.served(t, lines), tr.reported(out)); d != "" {
		t.Errorf("tally (- the server's, + throng's):\n%s", d)
	}
	theirs, ours := map[string][]int{}, map[string][]int{}
	for _, l := range lines {
		theirs[l.id] = append(theirs[l.id], l.status)
	}
	for _, e := range tr.tap.exchanges() {
		ours[e.id] = append(ours[e.id], e.status)
	}
	if d := cmp.Diff(theirs, ours); d != "" {
		t.Errorf("requests by id (- the server's, + throng's):\n%s", d)
	}
	if b := out.Conditions.Books; int64(len(theirs)) != b.Succeeded+b.Failed {
		t.Errorf("the server saw %d requests, the books have %+v", len(theirs), b)
	}
}

// serve takes a time to serve a request, unless its client leaves.
func serve(r *http.Request, took time.Duration) {
	timer := time.NewTimer(took)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
