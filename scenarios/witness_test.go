package scenarios_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A witness stands before an example API and remembers what was asked and
// what was answered.
type witness struct {
	service http.Handler
	// hold is called before a request is served; nil for nothing.
	hold func(*http.Request)
	// alter may change an answer before it is sent; nil for nothing. It is
	// called for one exchange at a time.
	alter func(*exchange)

	mu    sync.Mutex
	clock int // counts arrivals and answers
	seen  []*exchange
}

// An exchange is one request and its answer, as the server saw them.
type exchange struct {
	at     time.Time
	conn   string // which connection it came by
	in     int    // number of the moment at which it arrived
	out    int    // and of that at which its answer was ready; 0 before
	method string
	path   string
	query  url.Values
	header http.Header
	body   []byte

	status int
	reply  http.Header
	answer []byte
}

func (w *witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	e := &exchange{at: time.Now(), conn: fmt.Sprint(r.Context().Value(connNumber{})), method: r.Method, path: r.URL.Path, query: r.URL.Query(), header: r.Header, body: body}
	w.mu.Lock()
	w.clock++
	e.in = w.clock
	w.seen = append(w.seen, e)
	w.mu.Unlock()
	if w.hold != nil {
		w.hold(r)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if r.Header.Get("Upgrade") != "" {
		w.service.ServeHTTP(out, r)
		return
	}
	kept := &relay{w: w, e: e, out: out, ResponseRecorder: httptest.NewRecorder()}
	w.service.ServeHTTP(kept, r)
	kept.pass(true)
	w.mu.Lock()
	e.answer = kept.all
	w.clock++
	e.out = w.clock
	w.mu.Unlock()
}

// A relay keeps an answer until it is whole, and one whose service flushes it
// until then.
type relay struct {
	*httptest.ResponseRecorder
	w     *witness
	e     *exchange
	out   http.ResponseWriter
	begun bool
	all   []byte
}

func (r *relay) Flush() { r.pass(false) }

// pass sends on what has come since it was last called, altered.
func (r *relay) pass(whole bool) {
	r.w.mu.Lock()
	r.e.status, r.e.reply, r.e.answer = r.Code, r.Header(), bytes.Clone(r.Body.Bytes())
	r.Body.Reset()
	if r.w.alter != nil {
		r.w.alter(r.e)
		if whole && !r.begun {
			r.e.reply.Set("Content-Length", strconv.Itoa(len(r.e.answer)))
		}
	}
	part := r.e.answer
	r.all = append(r.all, part...)
	r.w.mu.Unlock()
	if !r.begun {
		r.begun = true
		for name, values := range r.e.reply {
			r.out.Header()[name] = values
		}
		r.out.WriteHeader(r.e.status)
	}
	_, _ = r.out.Write(part) // a client that left is counted where it matters
	if !whole {
		_ = http.NewResponseController(r.out).Flush()
	}
}

// all are the exchanges of a method with a path like "/orders/*/payment", in
// the order in which they arrived.
func (w *witness) all(method, pattern string) []*exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []*exchange
	for _, e := range w.seen {
		if ok, _ := path.Match(pattern, e.path); ok && e.method == method {
			found = append(found, e)
		}
	}
	return found
}

// connections are all exchanges, one list for each connection.
func (w *witness) connections() map[string][]*exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := map[string][]*exchange{}
	for _, e := range w.seen {
		by[e.conn] = append(by[e.conn], e)
	}
	return by
}

// most is how many of some exchanges were under way at the same moment.
func most(list []*exchange) (top int) {
	for _, e := range list {
		n := 0
		for _, other := range list {
			if other.in <= e.in && e.in < other.out {
				n++
			}
		}
		top = max(top, n)
	}
	return top
}

// form is the body of a form that was posted.
func (e *exchange) form(t *testing.T) url.Values {
	t.Helper()
	values, err := url.ParseQuery(string(e.body))
	if err != nil {
		t.Fatalf("%s %s: the body is no form: %v", e.method, e.path, err)
	}
	return values
}

// said decodes the answer.
func said[T any](t *testing.T, e *exchange) (answer T) {
	t.Helper()
	if err := json.Unmarshal(e.answer, &answer); err != nil {
		t.Fatalf("%s %s answered %d %q: %v", e.method, e.path, e.status, e.answer, err)
	}
	return answer
}

// sent decodes the body.
func sent[T any](t *testing.T, e *exchange) (body T) {
	t.Helper()
	if err := json.Unmarshal(e.body, &body); err != nil {
		t.Fatalf("%s %s sent %q: %v", e.method, e.path, e.body, err)
	}
	return body
}
