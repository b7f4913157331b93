//go:build unix

package cli

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"throng/runtime/results"
	"throng/scenarios/exampleapi"
)

// accountant is an example API that notes when it ended each request.
type accountant struct {
	service http.Handler
	first   sync.Once
	asked   chan struct{} // closed with the first request
	mu      sync.Mutex
	begun   int
	ended   []time.Time
}

func (a *accountant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.begun++
	a.mu.Unlock()
	a.first.Do(func() { close(a.asked) })
	a.service.ServeHTTP(w, r)
	a.mu.Lock()
	a.ended = append(a.ended, time.Now())
	a.mu.Unlock()
}

// books are how many requests had ended by t, and how many were ever begun.
func (a *accountant) books(t time.Time) (ended, begun int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, at := range a.ended {
		if !at.After(t) {
			ended++
		}
	}
	return ended, a.begun
}

const (
	killedUsers    = 6
	killedScenario = `
variable "base_url" {}
target "api" { base_url = var.base_url }
user "u" {
  wait = "5ms"
  get "/products" {}
  get "/nowhere" {}
}
profile "p" {
  users    = 6
  duration = "5m"
}
sla "all" {
  p95        = "20s"
  error_rate = "100%"
}
`
)

// A run that is killed at any moment leaves a journal that can be read, holds
// every request up to its last tick, and passes nothing. The server's own
// books are the witness. Every other run is killed after its first request,
// the others maybe before. THRONG_KILLS=200 does it so often:
//
//	THRONG_KILLS=200 go test ./cmd/throng/internal/cli -run TestKilledRun -v -timeout 60m
func TestKilledRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	t.Parallel()
	kills := 6
	if n, err := strconv.Atoi(os.Getenv("THRONG_KILLS")); err == nil {
		kills = n
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(killedScenario), 0o600); err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 1))
	var gaps []time.Duration
	for i := range kills {
		gap, read := killOnce(t, dir, filepath.Join(dir, fmt.Sprint("out", i)), i%2 == 1, time.Duration(rng.Int64N(int64(2500*time.Millisecond))))
		if read {
			gaps = append(gaps, gap)
		}
	}
	if len(gaps) < kills/2 {
		t.Fatalf("only %d of %d runs had begun (seed %d)", len(gaps), kills, seed)
	}
	slices.Sort(gaps)
	t.Logf("seed %d: %d kills, %d journals; time lost: median %v, at most %v", seed, kills, len(gaps), gaps[len(gaps)/2], gaps[len(gaps)-1])
}

// killOnce kills a run so long after it was started or after its first
// request, and gives how much of its time is lost; false where it was killed
// before it had begun.
func killOnce(t *testing.T, scenario, out string, asked bool, after time.Duration) (gap time.Duration, read bool) {
	t.Helper()
	service, err := exampleapi.New("quickstart", exampleapi.Options{Seed: 1, Scale: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	books := &accountant{service: service, asked: make(chan struct{})}
	server := httptest.NewServer(books)
	defer server.Close()
	cmd := exec.Command(program(t), "run", "--quiet", "--var", "base_url="+server.URL, "--out", out, scenario)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if asked {
		select {
		case <-books.asked:
		case <-time.After(time.Minute):
			t.Error("no request within a minute")
		}
	}
	time.Sleep(after) // when it dies is what is tried; nothing is awaited
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	_ = cmd.Wait()

	run, err := results.Open(out)
	if err != nil {
		if _, begun := books.books(killed); begun > 0 {
			t.Errorf("killed after %v, when %d requests had been sent: %v", after, begun, err)
		}
		return 0, false
	}
	v := &run.Report.Verdict
	if run.Broken == "" || v.State.String() == "pass" || v.ExitCode != ExitInconclusive || !strings.Contains(v.Reasons[0], "its journal ends") {
		t.Errorf("killed after %v: verdict %s, exit %d, %q", after, v.State, v.ExitCode, v.Reasons)
	}
	var recorded int64
	if err := run.Each(func(s *results.Second) error {
		recorded += s.Total(run.Rows).Count()
		return nil
	}); err != nil {
		t.Errorf("killed after %v: %v", after, err)
	}
	end := run.Report.Run.Started.Add(time.Duration(run.Report.Run.Elapsed))
	ended, begun := books.books(end)
	if n := int(recorded); n < ended-killedUsers || n > begun || recorded != run.Report.Total.Samples {
		t.Errorf("killed after %v: the journal has %d requests (%d in the report); the server ended %d by its end, and saw %d in all", after, recorded, run.Report.Total.Samples, ended, begun)
	}
	if os.Getenv("THRONG_KILLS") != "" && killed.Sub(end) > 1500*time.Millisecond {
		t.Errorf("killed after %v: the last %v are lost", after, killed.Sub(end))
	}
	return killed.Sub(end), true
}
