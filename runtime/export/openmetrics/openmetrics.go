// Package openmetrics writes a run as OpenMetrics text, the form of GitLab's
// metrics report (artifacts:reports:metrics), which a merge request shows
// beside those of the branch it goes to, and of whatever else takes figures in
// the form of Prometheus.
package openmetrics

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// Write writes the figures of a run: one value each, those of all requests
// together under the name "all". What was not measured is left out. Times are
// seconds.
func Write(w io.Writer, run *results.Run) error {
	p := &page{w: bufio.NewWriter(w)}
	r := run.Report
	p.family("throng_run_passed", "", "1 where the verdict is PASS, else 0")
	p.sample("throng_run_passed", truth(r.Verdict.State == text.Pass))
	p.family("throng_run_users", "", "users at most")
	p.sample("throng_run_users", float64(r.Run.PeakUsers))

	list := append([]report.Request{{Name: "all", Figures: r.Total}}, r.Requests...)
	p.family("throng_requests", "", "requests that were finished")
	for i := range list {
		p.sample("throng_requests", float64(list[i].Samples), "request", list[i].Name)
	}
	p.family("throng_requests_per_second", "", "requests finished a second")
	for i := range list {
		p.sample("throng_requests_per_second", float64(list[i].Rate), "request", list[i].Name)
	}
	p.family("throng_error_ratio", "ratio", "share of requests that failed")
	for i := range list {
		if list[i].Samples > 0 {
			p.sample("throng_error_ratio", float64(list[i].ErrorRate), "request", list[i].Name)
		}
	}
	p.family("throng_response_time_seconds", "seconds", "percentiles of the response times of successes and timeouts")
	for i := range list {
		for _, q := range []struct {
			name string
			at   *report.Ms
		}{{"0.5", list[i].Latency.P50}, {"0.95", list[i].Latency.P95}, {"0.99", list[i].Latency.P99}, {"1", list[i].Latency.Max}} {
			if q.at != nil {
				p.sample("throng_response_time_seconds", time.Duration(*q.at).Seconds(), "request", list[i].Name, "quantile", q.name)
			}
		}
	}
	p.limits(r.SLAs)
	p.printf("# EOF\n")
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("writing OpenMetrics: %w", err)
	}
	return nil
}

// limits are what became of each limit of each SLA.
func (p *page) limits(list []report.SLA) {
	if len(list) == 0 {
		return
	}
	p.family("throng_limit_kept", "", "1 where a limit is kept, 0 where it is broken or undecided")
	for i := range list {
		for k := range list[i].All {
			j := &list[i].All[k]
			p.sample("throng_limit_kept", truth(j.State == text.Pass), "sla", list[i].Name, "rule", list[i].Rule, "request", j.Request)
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

type page struct {
	w    *bufio.Writer
	seen map[string]int // how often a sample's name and labels came
}

func (p *page) printf(format string, args ...any) { fmt.Fprintf(p.w, format, args...) }

func (p *page) family(name, unit, help string) {
	p.printf("# TYPE %s gauge\n", name)
	if unit != "" {
		p.printf("# UNIT %s %s\n", name, unit)
	}
	p.printf("# HELP %s %s.\n", name, help)
	p.seen = make(map[string]int)
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// sample writes one value. Requests may have the same name; a series may not
// stand twice, so the later ones have a number.
func (p *page) sample(name string, v float64, labels ...string) {
	var b strings.Builder
	for i := 0; i+1 < len(labels); i += 2 {
		fmt.Fprintf(&b, `,%s="%s"`, labels[i], escape.Replace(text.Clean(labels[i+1])))
	}
	key := b.String()
	if p.seen[key]++; p.seen[key] > 1 {
		fmt.Fprintf(&b, `,number="%d"`, p.seen[key])
	}
	if s := b.String(); s != "" {
		name += "{" + s[1:] + "}"
	}
	p.printf("%s %s\n", name, strconv.FormatFloat(v, 'g', 12, 64))
}
