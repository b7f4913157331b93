package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"throng/runtime/report/reporttest"
)

// schema is the part of JSON Schema the embedded file uses.
type schema struct {
	Ref        string             `json:"$ref"`
	Defs       map[string]*schema `json:"$defs"`
	Type       any                `json:"type"`
	Const      any                `json:"const"`
	Enum       []any              `json:"enum"`
	AnyOf      []*schema          `json:"anyOf"`
	Items      *schema            `json:"items"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Additional *bool              `json:"additionalProperties"`
}

func loadSchema(t *testing.T) *schema {
	t.Helper()
	var s schema
	if err := json.Unmarshal(Schema, &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// check says what is wrong with v, with the path to it.
func (s *schema) check(root *schema, path string, v any) (faults []string) {
	if s.Ref != "" {
		def := root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
		if def == nil {
			return []string{path + ": no definition " + s.Ref}
		}
		return def.check(root, path, v)
	}
	if s.AnyOf != nil {
		for _, a := range s.AnyOf {
			if len(a.check(root, path, v)) == 0 {
				return nil
			}
		}
		return []string{path + ": fits none of the alternatives"}
	}
	if s.Const != nil && s.Const != v || s.Enum != nil && !slices.Contains(s.Enum, v) {
		return []string{fmt.Sprintf("%s: %v is not allowed", path, v)}
	}
	if s.Type != nil && !slices.Contains(types(s.Type), typeOf(v)) && !(typeOf(v) == "integer" && slices.Contains(types(s.Type), "number")) {
		return []string{fmt.Sprintf("%s: %s, want %v", path, typeOf(v), s.Type)}
	}
	if list, ok := v.([]any); ok && s.Items != nil {
		for i, item := range list {
			faults = append(faults, s.Items.check(root, fmt.Sprintf("%s[%d]", path, i), item)...)
		}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return faults
	}
	for _, k := range s.Required {
		if _, found := object[k]; !found {
			faults = append(faults, path+"."+k+": is missing")
		}
	}
	for k, item := range object {
		if p := s.Properties[k]; p != nil {
			faults = append(faults, p.check(root, path+"."+k, item)...)
		} else if s.Additional != nil && !*s.Additional {
			faults = append(faults, path+"."+k+": is not documented")
		}
	}
	return faults
}

func types(t any) []string {
	if s, ok := t.(string); ok {
		return []string{s}
	}
	var list []string
	for _, x := range t.([]any) {
		list = append(list, x.(string))
	}
	return list
}

func typeOf(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		if strings.Contains(x.String(), ".") {
			return "number"
		}
		return "integer"
	case []any:
		return "array"
	}
	return "object"
}

func decode(t *testing.T, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func summary(t *testing.T, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSummaryHasExactlyTheDocumentedKeys(t *testing.T) {
	s := loadSchema(t)
	for _, run := range runs {
		data := summary(t, build(run.make(), run.exit))
		for _, f := range s.check(s, "summary", decode(t, data)) {
			t.Errorf("%s: %s", run.name, f)
		}
		if m := unwanted.Find(data); m != nil {
			t.Errorf("%s: %q is in the JSON", run.name, m)
		}
	}
}

// A schema that lets anything through would prove nothing.
func TestSchemaIsStrict(t *testing.T) {
	s := loadSchema(t)
	for name, def := range s.Defs {
		if def.Additional == nil || *def.Additional || len(def.Required) != len(def.Properties) {
			t.Errorf("%s: %d of %d keys are required, others allowed", name, len(def.Required), len(def.Properties))
		}
	}
	v := decode(t, summary(t, build(reporttest.Failed(), 99)))
	request := v.(map[string]any)["requests"].([]any)[0].(map[string]any)
	before := maps.Clone(request)
	for name, spoil := range map[string]func(){
		"missing": func() { delete(request, "samples") },
		"extra":   func() { request["surprise"] = true },
		"type":    func() { request["samples"] = "many" },
		"word":    func() { request["state"] = "FAIL" },
	} {
		spoil()
		if len(s.check(s, "summary", v)) == 0 {
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
