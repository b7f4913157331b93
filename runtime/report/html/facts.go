package html

import (
	"fmt"
	"slices"
	"strings"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

// about is what the charts' data say of one line of the tables: the limits on
// its response times, and what stands in no column.
func (b *builder) about(slot int) ([]limitData, [][2]string) {
	line := slices.Index(b.slots, slot)
	r := b.request(line)
	return b.limits(r.Name), b.facts(r, b.order[slot])
}

// request is a line of the tables: requests, then groups.
func (b *builder) request(line int) *report.Request {
	if line < len(b.r.Requests) {
		return &b.r.Requests[line]
	}
	return &b.r.Groups[line-len(b.r.Requests)]
}

func (b *builder) facts(r *report.Request, row int) [][2]string {
	list := [][2]string{}
	add := func(name, value string) {
		if value != "" {
			list = append(list, [2]string{name, value})
		}
	}
	figure := func(l *report.Latency, names ...string) string {
		var parts []string
		for _, n := range names {
			if s, mark := l.Figure(n); s != text.None {
				parts = append(parts, strings.Replace(n, "p999", "p99.9", 1)+"\u00a0"+strings.ReplaceAll(s, " ", "\u00a0")+mark)
			}
		}
		return strings.Join(parts, " · ")
	}
	add("Response time", figure(&r.Latency, "min", "mean", "p90", "p999"))
	if r.Service != nil {
		add("Service time", figure(r.Service, "p50", "p95", "p99"))
	}
	var parts []string
	for _, s := range r.Statuses {
		parts = append(parts, fmt.Sprintf("%d\u00a0×\u00a0%s", s.Status, text.Count(s.Count)))
	}
	add("Answers by status", strings.Join(parts, " · "))
	parts = nil
	for _, f := range r.Failures {
		parts = append(parts, (&report.Error{Class: f.Class}).What()+" × "+text.Count(f.Count))
	}
	add("Failures", strings.Join(parts, " · "))
	if r.BytesIn+r.BytesOut > 0 {
		bytes := text.Bytes(r.BytesIn) + " in, " + text.Bytes(r.BytesOut) + " out"
		if r.Decoded > 0 {
			bytes += "; " + text.Bytes(r.Decoded) + " after decoding"
		}
		add("Bytes", bytes)
	}
	if p := r.Phases; p != nil {
		add("Phases, mean", phasesText(p))
	}
	of := &b.run.Rows[row]
	add("Users", text.Clean(strings.Join(of.Users, ", ")))
	add("Tasks", text.Clean(strings.Join(of.Tasks, ", ")))
	add("Tags", text.Clean(strings.Join(of.Tags, ", ")))
	if r.Site != nil {
		add("Declared at", site(r.Site))
	}
	return list
}
