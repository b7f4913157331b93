package report

import (
	"cmp"
	"strings"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/schematest"
	"throng/runtime/report/text"
)

func TestSocketsGoldens(t *testing.T) {
	r := build(reporttest.Sockets(), 99)
	for name, o := range map[string]TextOptions{
		"sockets-60": {Width: 60}, "sockets-80": {}, "sockets-120-ascii": {Width: 120, Style: text.Style{ASCII: true}}, "sockets-all": {Width: 100, All: true},
	} {
		s := write(t, r, o)
		fits(t, s, cmp.Or(o.Width, defaultWidth), o.Style.ASCII)
		golden.Check(t, name+".txt", s)
	}
}

func TestSocketsInTheSummary(t *testing.T) {
	s := schematest.Load(t, Schema)
	r := build(reporttest.Sockets(), 99)
	data := summary(t, r)
	for _, f := range s.Check(t, "summary", data) {
		t.Error(f)
	}
	back, err := ReadJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if o := (TextOptions{All: true}); write(t, back, o) != write(t, r, o) {
		t.Error("the text changes on the way through JSON")
	}
	byName := map[string]*Request{}
	for i := range r.Requests {
		byName[r.Requests[i].Name] = &r.Requests[i]
	}
	m := byName["WS /push"].Messages
	if m == nil || m.In != 75*50 || m.OutRate != 40 || m.Asked != 75*40 || m.Disconnects != 7 || len(m.Closes) != 2 || m.Closes[1] != (CloseCount{1006, 5}) {
		t.Errorf("%+v", m)
	}
	if byName["GET /items"].Messages != nil || byName["SEND hello"].Messages != nil {
		t.Error("messages are counted twice")
	}
	var names []string
	for _, x := range byName["GET /items"].Measures {
		names = append(names, x.Measure)
		if x.Limited == (x.Measure == "connect") {
			t.Errorf("%s is limited: %v", x.Measure, x.Limited)
		}
	}
	if strings.Join(names, " ") != "connect tls first_byte" {
		t.Errorf("measures %v", names)
	}
}

// A stream that brings nothing has its line all the same.
func TestSilentStreams(t *testing.T) {
	silent := func(stream *plan.Stream) string {
		run := reporttest.Passed()
		run.Plan.Classes[0].Start = append(run.Plan.Classes[0].Start, &plan.Request{Stream: stream})
		return write(t, build(run, 0), TextOptions{})
	}
	if s := silent(&plan.Stream{}); !strings.Contains(s, "SOCKETS, STREAMS") {
		t.Error(s)
	}
	if s := silent(nil); strings.Contains(s, "SOCKETS, STREAMS") {
		t.Error(s)
	}
}

// What no SLA names changes nothing in the text of a plain HTTP run.
func TestPlainRunsShowNoTimes(t *testing.T) {
	r := build(reporttest.Passed(), 0)
	before := write(t, r, TextOptions{})
	for i := range r.Requests {
		r.Requests[i].Measures = append(r.Requests[i].Measures, Measured{Measure: "connect", Samples: 5, Latency: Latency{}})
	}
	if write(t, r, TextOptions{}) != before {
		t.Error("connections that nobody asked for are shown")
	}
}
