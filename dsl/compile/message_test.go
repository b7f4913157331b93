package compile

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/plan"
)

// Every document reads as HCL would read it: lowered, by HCL's evaluator, in
// conditions and in captures.
func TestDocuments(t *testing.T) {
	b := newBench(t)
	for _, root := range documentRoots {
		for _, path := range []string{
			".id", ".items[0].id", ".items[*].id", ".items[*].tag", `.nested["x.y"]`, ".none", ".absent", ".gone.deeper", ".nested.a.b[2][0]", "",
		} {
			if root == "sent.json" && strings.Contains(path, "[") && !strings.Contains(path, "[*]") {
				continue // it is not JSON, and HCL does not index a null
			}
			sources := []string{root + path, "try(" + root + path + ", null)", "[for x in [" + root + path + "] : x]", root + path + " == null"}
			if path != "" {
				sources = append(sources, "can("+root+path+")")
			}
			for _, source := range sources {
				for _, strict := range []bool{false, true} {
					if problem := b.compare(source, strict); problem != "" {
						t.Errorf("%s (strict: %v): %s", source, strict, problem)
					}
				}
			}
		}
	}
}

// eval gives what an expression comes to, as JSON, or its error.
func (b *bench) eval(t *testing.T, source string, strict bool) string {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(source), "e.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	lowered, _, ok := b.forms(e, strict)
	if !ok {
		t.Fatalf("%s: %v", source, b.c.diags.Err())
	}
	v, err := lowered.Eval(b.frame())
	if err != nil {
		return err.Error()
	}
	return show(v)
}

func TestMessagesAndEvents(t *testing.T) {
	b := newBench(t)
	for source, want := range map[string]string{
		"message.json.id":                         "17",
		"message.size > 100 && message.binary":    "true",
		"sent.text":                               `"no JSON"`,
		"sent.size":                               "7",
		"sent.binary":                             "false",
		"sent.json.id":                            "null", // a message that is not JSON is another kind of message
		"sent.json.items[*].id":                   "[]",
		"message.json.id == sent.json.id":         "false",
		"[for x in [sent.json.id] : x == null]":   "[true]",
		"try(sent.json.id, 5)":                    "5",
		"[for x in try(sent.json.id, [6]) : x]":   "[6]",
		"can(message.json.gone.deeper)":           "false",
		"event.data == response.stream.last.text": "true",
		"event.name":                              `"tick"`,
		"event.id":                                `"7"`,
		"response.stream.first":                   "1",
		"response.stream.total":                   "2",
		"response.stream.gap":                     "0.5",
		"response.stream.events":                  "3",
		"response.stream.last.json.items[2].tag":  `"c"`,
		"response.stream.last.id":                 `"7"`,
		"[for x in [response.stream.last.name] : [x, response.stream.first]]": `[["tick",1]]`,
	} {
		if got := b.eval(t, source, false); got != want {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
	for source, want := range map[string]string{
		"sent.json.id":                  "the sent message is not JSON",
		"[for x in [sent.json.id] : x]": "the sent message is not JSON",
		"message.json.gone":             `the message's JSON has no "gone"`,
		"event.json.gone":               `the event's JSON has no "gone"`,
		"response.stream.last.json.a.b": `the last event's JSON has no "a.b"`,
	} {
		if got := b.eval(t, source, true); !strings.Contains(got, want) {
			t.Errorf("captured, %s: %s, want %s", source, got, want)
		}
	}
}

// Where there is no message, event or stream, or nothing has come of it, its
// properties are null: a request may have failed before.
func TestNothingArrived(t *testing.T) {
	b := newBench(t)
	for _, source := range []string{
		"message.text", "message.json.a", "sent.size", "event.name", "event.json.a", "response.stream.first", "response.stream.gap",
		"response.stream.last.text", "response.stream.last.id", "response.stream.last.json.a",
		"[for x in [message.text] : x][0]", "[for x in [event.json] : x][0]", "[for x in [response.stream.last.text] : x][0]",
	} {
		e, diags := hclsyntax.ParseExpression([]byte(source), "e.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		lowered, _, ok := b.forms(e, false)
		if !ok {
			t.Fatalf("%s: %v", source, b.c.diags.Err())
		}
		f := b.frame()
		f.Message, f.Sent, f.Event = nil, nil, nil
		*f.Response.Stream = plan.StreamInfo{}
		if v, err := lowered.Eval(f); err != nil || !v.IsNull() {
			t.Errorf("%s: %s, %v", source, show(v), err)
		}
	}
}
