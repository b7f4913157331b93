package testfile_test

import (
	"fmt"
	"strings"
	"testing"

	"throng/dsl/diag"
	"throng/dsl/testfile"
)

// TestMany reads a file of three thousand routes and a thousand runs, and
// answers by the last.
func TestMany(t *testing.T) {
	var src strings.Builder
	src.WriteString("mock \"api\" {\n")
	for i := range 3_000 {
		fmt.Fprintf(&src, "route \"GET /r%d/:id\" {\njson = { id = request.params.id, n = %d }\n}\n", i, i)
	}
	src.WriteString("}\n")
	for i := range 1000 {
		fmt.Fprintf(&src, "run \"r%d\" {\ntargets = { api = mock.api }\n}\n", i)
	}
	f := parse(t, "many.throngtest.hcl", src.String())
	routes := f.Runs[999].Mocks()[0].Routes
	same(t, "last", answer(t, routes[2999], testfile.Request{Params: map[string]string{"id": "x"}}), `200 Content-Type=application/json: {"id":"x","n":2999}`)
}

// TestManyRequests judges a run of many requests with large bodies.
func TestManyRequests(t *testing.T) {
	f := parse(t, "t.throngtest.hcl", `
mock "api" {
  route "POST /" {}
}
run "it" {
  command = "run"
  targets = { api = mock.api }
  assert {
    condition = length(requests["POST /"]) == 2000
  }
  assert {
    condition = alltrue([for r in requests["POST /"] : r.json.n >= 0 && r.headers.accept == "*/*"])
  }
  assert {
    condition = length(toset([for r in requests["POST /"] : r.json.n % 10])) == 10
  }
  assert {
    condition = requests["POST /"][0].body == requests["POST /"][1].body
  }
}
`)
	var doc strings.Builder
	doc.WriteString(`{"POST /": [`)
	for i := range 2_000 {
		if i > 0 {
			doc.WriteString(",")
		}
		fmt.Fprintf(&doc, `{"method":"POST","path":"/","params":{},"query":{},"headers":{"accept":"*/*"},"body":"{\"n\": %d, \"pad\": \"%s\"}","count":%d}`, i, strings.Repeat("x", 200), i+1)
	}
	doc.WriteString("]}")
	verdicts := f.Runs[0].Check(testfile.Seen{Plan: []byte("{}"), Requests: []byte(doc.String()), Result: []byte("{}")}, nil)
	var got []bool
	for _, v := range verdicts {
		got = append(got, v.Pass)
		if v.Finding != nil && v.Finding.Code != diag.AssertionFailed {
			t.Error(rendered(t, diag.Diagnostics{v.Finding}, f))
		}
		if v.Finding != nil && len(rendered(t, diag.Diagnostics{v.Finding}, f)) > 4000 {
			t.Error("a finding of more than a screen")
		}
	}
	same(t, "verdicts", got, []bool{true, true, true, false})
}

// TestNothingSeen judges a run that showed nothing, and one whose documents
// are broken.
func TestNothingSeen(t *testing.T) {
	f := parse(t, "t.throngtest.hcl", `
run "before" {
  command = "render"
}
run "it" {
  command = "run"
  assert {
    condition = plan.seed == 1
  }
  assert {
    condition = length(requests) == 0
  }
  assert {
    condition = result.ok
  }
  assert {
    condition = run.before.plan.seed == 1
  }
}
`)
	for _, seen := range []testfile.Seen{{}, {Plan: []byte("{"), Requests: []byte("["), Result: []byte("null")}} {
		for i, v := range f.Runs[1].Check(seen, nil) {
			known := i == 1 && seen.Requests == nil // no requests at all
			if v.Pass != known || !known && v.Finding.Code != diag.NotAvailable {
				t.Errorf("assert %d of %+v: %+v", i, seen, v)
			}
		}
	}
}
