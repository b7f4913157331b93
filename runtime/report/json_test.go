package report

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"throng/runtime/report/reporttest"
	"throng/runtime/report/schematest"
)

func summary(t *testing.T, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSummaryHasExactlyTheDocumentedKeys(t *testing.T) {
	s := schematest.Load(t, Schema)
	for _, run := range runs {
		data := summary(t, build(run.make(), run.exit))
		for _, f := range s.Check(t, "summary", data) {
			t.Errorf("%s: %s", run.name, f)
		}
		if m := unwanted.Find(data); m != nil {
			t.Errorf("%s: %q is in the JSON", run.name, m)
		}
	}
}

// A schema that lets anything through would prove nothing.
func TestSchemaIsStrict(t *testing.T) {
	s := schematest.Load(t, Schema)
	s.Strict(t)
	v := schematest.Decode(t, summary(t, build(reporttest.Failed(), 99)))
	request := v.(map[string]any)["requests"].([]any)[0].(map[string]any)
	before := maps.Clone(request)
	for name, spoil := range map[string]func(){
		"missing": func() { delete(request, "samples") },
		"extra":   func() { request["surprise"] = true },
		"type":    func() { request["samples"] = "many" },
		"word":    func() { request["state"] = "FAIL" },
	} {
		spoil()
		if len(s.Faults("summary", v)) == 0 {
			t.Errorf("%s: is not noticed", name)
		}
		clear(request)
		maps.Copy(request, before)
	}
}

// What is written reads back as the same report: the text made of it is the
// same to the last byte.
func TestSummaryReadsBack(t *testing.T) {
	for _, run := range runs {
		r := build(run.make(), run.exit)
		data := summary(t, r)
		back, err := ReadJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if run.name == "hostile" { // JSON has no way to write bytes that are not UTF-8
			continue
		}
		if !bytes.Equal(summary(t, back), data) {
			t.Errorf("%s: the JSON changes on the way through a reader", run.name)
		}
		if o := (TextOptions{All: true}); write(t, back, o) != write(t, r, o) {
			t.Errorf("%s: the text changes on the way through JSON", run.name)
		}
	}
	if _, err := ReadJSON(strings.NewReader(`{"format_version": "9.0"}`)); err == nil || !strings.Contains(err.Error(), "9.0") {
		t.Errorf("a foreign version gives %v", err)
	}
}

func TestMilliseconds(t *testing.T) {
	for ns, want := range map[Ms]string{
		0: "0", 1: "0.000001", 1_000_000: "1", 231_400_000: "231.4", -1_500_000: "-1.5", 1<<63 - 1: "9223372036854.775807", -1 << 63: "-9223372036854.775808",
	} {
		b, err := ns.MarshalJSON()
		if err != nil || string(b) != want {
			t.Errorf("%d ns is %s (%v), want %s", int64(ns), b, err, want)
		}
		var back Ms
		if err := back.UnmarshalJSON(b); err != nil || back != ns && ns < 1<<50 && ns > -1<<50 {
			t.Errorf("%s reads back as %d (%v)", b, int64(back), err)
		}
	}
	if b, _ := Num(1e-9).MarshalJSON(); string(b) != "0.000000001" {
		t.Errorf("1e-9 is written as %s", b)
	}
}
