package truth

import (
	"net/http"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/transport/http1"
)

// A timeout is the whole request's, redirects included; a request that uses
// it up on the way is one censored sample of one kind.
func TestRedirectTimeout(t *testing.T) {
	w := newWitness(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/go" {
			serve(r, 20*ms)
			http.Redirect(w, r, "/hang", http.StatusFound)
			return
		}
		serve(r, 20*sec)
	}))
	b := newPlan(t, w.addr())
	r := within(follows(b.get("/go"), 3), impatience)
	b.class(plan.Wait{}, task(1, r))
	b.iterations(4, 12)
	tr := newTrial(b, http1.Config{}, engine.Options{})
	out := tr.completed(t)
	s := stats(out, r)
	if s.Censored != 12 || s.FailedQuantile(0).Ns < int64(impatience) {
		t.Errorf("%d of %d censored, from %v", s.Censored, s.Count(), time.Duration(s.FailedQuantile(0).Ns))
	}
	checkTexts(t, b, out)
	sent := tr.sent()[r.Series]
	eventually(t, "the server to be through", func() bool { return w.count() >= sent })
	if got := len(w.stop(t)); got != sent {
		t.Errorf("%d requests were sent, the server saw %d", sent, got)
	}
}
