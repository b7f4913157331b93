package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"throng/runtime/truth/trace"
)

// run is one experiment done once by one tool.
type run struct {
	Experiment string   `json:"experiment"`
	Tool       string   `json:"tool"`
	Round      int      `json:"round"`
	At         string   `json:"at"`
	Tells      figures  `json:"tells"`   // what the tool reports
	Service    figures  `json:"service"` // throng's service times; zero where it has no other
	Server     figures  `json:"server"`  // the server's own log
	Intended   int64    `json:"intended,omitempty"`
	Missed     int64    `json:"missed,omitempty"`
	Failed     int64    `json:"failed,omitempty"`
	StartLag   float64  `json:"start_lag_p99_ms,omitempty"`
	Saturated  []string `json:"saturated,omitempty"`
	Busy       float64  `json:"others_share"` // of the machine that others took; -1 unknown
	Skipped    string   `json:"skipped,omitempty"`

	log []trace.Entry
	cpu time.Duration
}

// latency is what summary.json says of one.
type latency struct {
	Mean float64 `json:"mean_ms"`
	P50  float64 `json:"p50_ms"`
	P95  float64 `json:"p95_ms"`
	P99  float64 `json:"p99_ms"`
	P999 float64 `json:"p999_ms"`
	Max  float64 `json:"max_ms"`
}

func (l latency) figures(n int64) figures {
	return figures{N: n, Mean: l.Mean, P50: l.P50, P95: l.P95, P99: l.P99, P999: l.P999, Max: l.Max}
}

// summary is what is read of throng's summary.json.
type summary struct {
	Total struct {
		Samples int64
		Latency latency
		Service *latency
	}
	Books struct {
		Intended, Failed, Missed int64
	}
	Generator struct {
		StartLagP99 float64 `json:"start_lag_p99_ms"`
		Saturated   []string
	}
}

// scenario is an experiment in throng's language.
func scenario(e experiment, url string) string {
	l := e.load
	profile, wait := fmt.Sprintf("users = %d", l.users), fmt.Sprintf("wait = constant(%q)", l.think)
	if l.rate > 0 {
		profile, wait = fmt.Sprintf("rate = \"%d/s\"\n  max_users = %d", l.rate, l.most), ""
	}
	if l.poisson {
		profile += "\n  spacing = \"poisson\""
	}
	data, query := "", ""
	if l.rows > 0 {
		data = "data \"csv\" \"rows\" {\n  file = \"rows.csv\"\n  per  = \"iteration\"\n}"
		query = "query = { id = data.rows.id }"
	}
	return fmt.Sprintf(`
%s
target "t" { base_url = %q }
user "u" {
  %s
  get "/" { %s }
}
profile "p" {
  %s
  duration = %q
  grace    = "20s"
}
sla "all" {
  error_rate = "0%%"
  %s
}
`, data, url, wait, query, profile, l.span, e.promise)
}

// rows are so many lines of data, and their head.
func rows(n int) []byte {
	text := []byte("id,text\n")
	for i := range n {
		text = fmt.Appendf(text, "row-%d,what is held in memory while the load is made\n", i)
	}
	return text
}

// throngRun does an experiment with throng, as a user would.
func throngRun(b *battery, e experiment, url string) (r run, err error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return r, err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(scenario(e, url)), 0o644); err != nil {
		return r, err
	}
	if err := os.WriteFile(filepath.Join(dir, "rows.csv"), rows(e.load.rows), 0o644); err != nil {
		return r, err
	}
	results := filepath.Join(dir, "results")
	out, err := b.command(&r, e, b.throng, "run", "--out", results, dir)
	if err != nil {
		return r, err
	}
	text, err := os.ReadFile(filepath.Join(results, "summary.json"))
	if err != nil {
		return r, fmt.Errorf("throng left no summary: %w\n%s", err, tail(out))
	}
	var s summary
	if err := json.Unmarshal(text, &s); err != nil {
		return r, err
	}
	r.Tells = s.Total.Latency.figures(s.Total.Samples)
	if s.Total.Service != nil {
		r.Service = s.Total.Service.figures(s.Total.Samples)
	}
	r.Intended, r.Missed, r.Failed = s.Books.Intended, s.Books.Missed, s.Books.Failed
	r.StartLag, r.Saturated = s.Generator.StartLagP99, s.Generator.Saturated
	return r, nil
}

// command runs a generator on its core to its end, whatever its exit code,
// and gives what it said. It is ended a minute after its load should be.
func (b *battery) command(r *run, e experiment, command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(b.ctx, e.load.span+time.Minute)
	defer cancel()
	command = append(b.placed(generatorCore), command...)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(os.Environ(), e.env...)
	err := b.run(ctx, e, cmd)
	if cmd.ProcessState != nil {
		r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	var code *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("it did not end in time: %w", ctx.Err())
	case err != nil && !errors.As(err, &code):
		return "", err
	}
	return out.String(), nil
}

// run runs a command, and does to it meanwhile what the experiment says.
func (b *battery) run(ctx context.Context, e experiment, cmd *exec.Cmd) error {
	if e.harm == nil {
		return cmd.Run()
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.harm(ctx, b, cmd.Process)
	}()
	err := cmd.Wait()
	cancel()
	<-done
	return err
}

func tail(s string) string { return s[max(0, len(s)-600):] }
