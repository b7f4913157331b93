package main

import (
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

//go:embed peers
var scripts embed.FS

// tool is a load generator and how it does an experiment.
type tool struct {
	name    string
	program string // "" for what is always there
	how     string // how it offers an open load
	run     func(b *battery, e experiment, url string) (run, error)
}

// tools are throng and its peers.
var tools = []tool{
	{name: "throng", how: "open", run: throngRun},
	{name: "blocking calls", how: "open, a thread a request", run: floorRun},
	{name: "k6", program: "k6", how: "open (constant-arrival-rate)", run: k6Run},
	{name: "hey", program: "hey", how: "50 workers, each held to its share of the rate (-q)", run: heyRun},
	{name: "Locust FastHttpUser", program: "locust", how: "50 users, constant_throughput", run: locustRun},
	{name: "wrk", program: "wrk", how: "closed, 50 connections, no rate", run: wrkRun},
}

// compared are the experiments that peers are asked to do.
var compared = []string{"gate", "queue", "stall", "mixture", "lognormal", "bias-2000"}

// cannot says why a tool does not do an experiment, or "".
func (b *battery) cannot(e experiment, t tool) string {
	switch {
	case !slices.Contains(compared, e.name):
		return "not asked"
	case t.name == "blocking calls" && (e.name == "queue" || e.name == "gate"):
		return "it would need a thousand threads"
	case t.program != "" && b.find(t.program) == "":
		return "not installed; `go run ./bench/suite compare` installs what it can"
	case t.name == "wrk" && (e.name == "queue" || e.name == "bias-2000"):
		return "it cannot hold a rate"
	}
	return ""
}

// find is where a peer is, or "".
func (b *battery) find(program string) string {
	if file := filepath.Join(b.cache, program); program != "" {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	file, err := exec.LookPath(program)
	if err != nil {
		return ""
	}
	return file
}

// script is the path of a peer's script.
func (b *battery) script(name string) (string, error) {
	text, err := scripts.ReadFile("peers/" + name)
	if err != nil {
		return "", err
	}
	file := filepath.Join(b.dir, name)
	return file, os.WriteFile(file, text, 0o644)
}

var errUnread = errors.New("its report cannot be read")

func k6Run(b *battery, e experiment, url string) (r run, err error) {
	script, err := b.script("k6.js")
	if err != nil {
		return r, err
	}
	file := filepath.Join(b.dir, "k6.json")
	out, err := b.command(&r, e, b.find("k6"), "run", "--quiet", "--no-usage-report", "--summary-export", file,
		"-e", "BASE_URL="+url, "-e", fmt.Sprintf("RATE=%d", e.load.rate), "-e", "SPAN="+e.load.span.String(),
		"-e", fmt.Sprintf("MOST=%d", e.load.most), script)
	if err != nil {
		return r, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return r, fmt.Errorf("%w: %s", errUnread, tail(out))
	}
	var s struct {
		Metrics map[string]map[string]any
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return r, fmt.Errorf("%w: %w", errUnread, err)
	}
	of := func(metric, name string) float64 { x, _ := s.Metrics[metric][name].(float64); return x }
	at := func(name string) float64 { return of("http_req_duration", name) }
	r.Tells = figures{N: int64(of("http_reqs", "count")), Mean: at("avg"), P50: at("p(50)"), P95: at("p(95)"), P99: at("p(99)"), P999: at("p(99.9)"), Max: at("max")}
	r.Missed = int64(of("dropped_iterations", "count"))
	return r, nil
}

func heyRun(b *battery, e experiment, url string) (r run, err error) {
	out, err := b.command(&r, e, b.find("hey"), "-c", "50", "-q", fmt.Sprint(float64(e.load.rate)/50), "-z", e.load.span.String(), url+"/")
	if err != nil {
		return r, err
	}
	r.Tells.P999 = -1
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		number := func(i int) float64 { x, _ := strconv.ParseFloat(f[i], 64); return x * 1e3 }
		switch {
		case f[0] == "Average:" && r.Tells.Mean == 0:
			r.Tells.Mean = number(1)
		case f[0] == "Slowest:":
			r.Tells.Max = number(1)
		case len(f) == 4 && f[1] == "in" && f[3] == "secs":
			switch strings.TrimRight(f[0], "%") {
			case "50":
				r.Tells.P50 = number(2)
			case "95":
				r.Tells.P95 = number(2)
			case "99":
				r.Tells.P99 = number(2)
			}
		case f[0] == "[200]":
			n, _ := strconv.ParseInt(f[1], 10, 64)
			r.Tells.N = n
		}
	}
	if r.Tells.N == 0 {
		return r, fmt.Errorf("%w: %s", errUnread, tail(out))
	}
	return r, nil
}

func locustRun(b *battery, e experiment, url string) (r run, err error) {
	script, err := b.script("locustfile.py")
	if err != nil {
		return r, err
	}
	prefix := filepath.Join(b.dir, "locust")
	out, err := b.command(&r, e, "env", fmt.Sprintf("RATE=%d", e.load.rate), b.find("locust"), "-f", script, "--headless", "--only-summary",
		"-u50", "-r50", "-t"+strconv.Itoa(int(e.load.span.Seconds()))+"s", "-H", url, "--stop-timeout", "20", "--csv", prefix)
	if err != nil {
		return r, err
	}
	file, err := os.Open(prefix + "_stats.csv")
	if err != nil {
		return r, fmt.Errorf("%w: %s", errUnread, tail(out))
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) < 2 {
		return r, fmt.Errorf("%w: %v", errUnread, err)
	}
	last := rows[len(rows)-1] // Aggregated
	at := func(name string) float64 {
		i := slices.Index(rows[0], name)
		if i < 0 {
			return 0
		}
		x, _ := strconv.ParseFloat(last[i], 64)
		return x
	}
	r.Tells = figures{N: int64(at("Request Count")), Mean: at("Average Response Time"), P50: at("50%"), P95: at("95%"), P99: at("99%"), P999: at("99.9%"), Max: at("100%")}
	return r, nil
}

func wrkRun(b *battery, e experiment, url string) (r run, err error) {
	script, err := b.script("wrk.lua")
	if err != nil {
		return r, err
	}
	return b.truths(e, b.find("wrk"), "-t1", "-c50", fmt.Sprintf("-d%d", int(e.load.span.Seconds())), "--timeout", "20s", "-s", script, url+"/")
}

func floorRun(b *battery, e experiment, url string) (run, error) {
	return b.truths(e, b.self[len(b.self)-2], "floor", url, strconv.Itoa(e.load.rate), e.load.span.String())
}

// truths runs a generator that prints its figures in one line.
func (b *battery) truths(e experiment, command ...string) (r run, err error) {
	out, err := b.command(&r, e, command...)
	if err != nil {
		return r, err
	}
	_, rest, ok := strings.Cut(out, "TRUTH ")
	f := &r.Tells
	if n, err := fmt.Sscan(rest, &f.N, &f.Mean, &f.P50, &f.P95, &f.P99, &f.P999, &f.Max); !ok || n < 7 {
		return r, fmt.Errorf("%w: %v %s", errUnread, err, tail(out))
	}
	return r, nil
}
