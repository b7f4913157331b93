package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"time"
)

// Main is the server as a process of its own: it serves the spec that is
// args[0], as JSON, and says its address on out. It ends when in ends, or
// when the limit has passed.
func Main(args []string, in io.Reader, out io.Writer, limit time.Duration) error {
	if len(args) != 1 {
		return errors.New("trace: one argument, a Spec as JSON, is wanted")
	}
	var spec Spec
	if err := json.Unmarshal([]byte(args[0]), &spec); err != nil {
		return fmt.Errorf("trace: reading the spec: %w", err)
	}
	s, err := New(spec)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := fmt.Fprintln(out, s.Addr()); err != nil {
		return err
	}
	over := make(chan struct{})
	go func() { // ends with in, or with the process
		_, _ = io.Copy(io.Discard, in)
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(limit):
	}
	return nil
}

// Process is a server that runs Main in a process of its own.
type Process struct {
	URL  string
	cmd  *exec.Cmd
	gate io.Closer // its end is the server's
}

// Launch starts a program that calls Main with what follows its name: prefix
// are the program and its arguments, to which the spec is added. Stop must be
// called.
func Launch(ctx context.Context, spec Spec, prefix ...string) (*Process, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, prefix[0], append(prefix[1:len(prefix):len(prefix)], string(text))...)
	var errText bytes.Buffer
	cmd.Stderr = &errText
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, gate: in}
	var address string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		p.Stop()
		return nil, fmt.Errorf("the trace server did not say its address: %w\n%s", err, errText.String())
	}
	p.URL = "http://" + address
	return p, nil
}

// Log asks the server for its log.
func (p *Process) Log() ([]Entry, error) {
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(p.URL + logPath)
	if err != nil {
		return nil, fmt.Errorf("asking the trace server for its log: %w", err)
	}
	defer answer.Body.Close()
	var log []Entry
	if err := json.NewDecoder(answer.Body).Decode(&log); err != nil {
		return nil, fmt.Errorf("reading the trace server's log: %w", err)
	}
	return log, nil
}

// Stop ends the server and waits for it. It may be called again.
func (p *Process) Stop() {
	_ = p.gate.Close()
	if p.cmd.ProcessState != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		_ = p.cmd.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-done
	}
}

// CPU is the user and system time of a server that was stopped.
func (p *Process) CPU() time.Duration {
	if p.cmd.ProcessState == nil {
		return 0
	}
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}
