package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// summary is what the suite reads of throng's summary.json.
type summary struct {
	Verdict struct {
		State   string
		Reasons []string
	}
	Books struct {
		Intended, Succeeded, Failed, Missed int64
	}
	Generator struct {
		StartLagP99 float64 `json:"start_lag_p99_ms"`
		Saturated   []string
	}
}

// runThrong runs a scenario, given by its text, as users do, and reads its
// summary. vars are NAME=VALUE.
func (s *suite) runThrong(cores string, limit time.Duration, scenario string, vars ...string) (usage, summary, error) {
	var sum summary
	dir, err := s.scenario(scenario)
	if err != nil {
		return usage{}, sum, err
	}
	results := filepath.Join(dir, "results")
	command := []string{s.throng, "run", "--anyway", "--out", results}
	for _, v := range vars {
		command = append(command, "--var", v)
	}
	u, err := s.measure(cores, limit, append(command, dir)...)
	if err != nil {
		return u, sum, err
	}
	text, err := os.ReadFile(filepath.Join(results, "summary.json"))
	if err != nil {
		return u, sum, fmt.Errorf("throng left no summary (exit code %d):\n%s", u.code, tail(u.out))
	}
	return u, sum, json.Unmarshal(text, &sum)
}

// runBare is runThrong without a directory of results, so without the HTML
// report at the end.
func (s *suite) runBare(cores string, limit time.Duration, scenario string) (usage, summary, error) {
	var sum summary
	dir, err := s.scenario(scenario)
	if err != nil {
		return usage{}, sum, err
	}
	u, err := s.measure(cores, limit, s.throng, "run", "--anyway", "--no-out", "--json", dir)
	if err != nil {
		return u, sum, err
	}
	if err := json.Unmarshal([]byte(u.stdout), &sum); err != nil {
		return u, sum, fmt.Errorf("throng left no summary (exit code %d):\n%s", u.code, tail(u.out))
	}
	return u, sum, nil
}

// scenario is a new directory with a scenario.
func (s *suite) scenario(text string) (string, error) {
	dir, err := os.MkdirTemp(s.dir, "run-")
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o644)
}

// oneGet is a scenario of one GET under a profile.
func oneGet(url, profile string) string {
	return strings.NewReplacer("URL", url, "PROFILE", profile).Replace(`
target "t" { base_url = "URL" }
user "u" {
  get "/" {}
}
profile "p" {
  PROFILE
}
sla "all" { error_rate = "0%" }
`)
}
