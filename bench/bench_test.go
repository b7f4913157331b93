package bench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throng/dsl"
	"throng/dsl/plan"
)

// orderBody is the realistic flow's one body, and a frame to render it in.
func orderBody(tb testing.TB) (*plan.Template, *plan.Frame) {
	tb.Helper()
	p := flow(tb, "real", "http://127.0.0.1:1")
	post := orderRequest(tb, p)
	return post.Body.Text, newFrame(p)
}

func newFrame(p *plan.Plan) *plan.Frame {
	return &plan.Frame{
		Plan: p, Rand: rand.New(rand.NewPCG(1, 2)), User: plan.UserInfo{ID: "shopper-7", Index: 7},
		Slots: make([]plan.Value, len(p.Classes[0].Slots)),
	}
}

// orderRequest is the flow's POST.
func orderRequest(tb testing.TB, p *plan.Plan) *plan.Request {
	tb.Helper()
	for i := range p.Classes[0].Tasks {
		if r, ok := p.Classes[0].Tasks[i].Steps[0].(*plan.Request); ok && r.Method == "POST" {
			return r
		}
	}
	tb.Fatal("the realistic flow has no POST")
	return nil
}

// The body of a realistic POST: a UUID, a random text, two random numbers,
// the user's index.
func BenchmarkRender(b *testing.B) {
	body, frame := orderBody(b)
	buf := make([]byte, 0, 1<<10)
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = body.Append(frame, buf[:0]); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
}

// Reading one field of an answer: that it is JSON at all, and the field.
func BenchmarkCapture(b *testing.B) {
	p := flow(b, "real", "http://127.0.0.1:1")
	value, frame := orderRequest(b, p).Captures[0].Value, newFrame(p)
	_, body, _ := strings.Cut(flowAnswers[3].answer, "\r\n\r\n")
	answer := plan.Response{Status: 201, Body: []byte(body)}
	frame.Response = &answer
	b.ReportAllocs()
	for b.Loop() {
		answer.JSON = plan.JSONUnknown
		if v, err := value.Eval(frame); err != nil || v.IsNull() {
			b.Fatal(v, err)
		}
	}
}

// One task of the realistic flow and all below it, over loopback.
func BenchmarkTask(b *testing.B) {
	for _, name := range []string{"plain", "real"} {
		b.Run(name, func(b *testing.B) {
			o := newUser(b, flow(b, name, flowServer(b)))
			b.ReportAllocs()
			for b.Loop() {
				o.iterate()
			}
		})
	}
}

// Compiling a scenario of a thousand requests, from its text.
func BenchmarkCompile(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(manyRequests(1000)), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := dsl.Compile(dir, dsl.Options{Seed: 1}); r.Plan == nil {
			b.Fatal(r.Diagnostics.Err())
		}
	}
}

func manyRequests(n int) string {
	var s strings.Builder
	s.WriteString("target \"t\" { base_url = \"http://127.0.0.1:1\" }\nuser \"u\" {\n")
	for i := range n {
		fmt.Fprintf(&s, "  post \"/things/%d/:id\" {\n    params = { id = randint(1, 9) }\n"+
			"    json   = { name = \"n-${randstring(8)}\" }\n    expect { condition = response.json.ok == true }\n  }\n", i)
	}
	s.WriteString("}\nprofile \"p\" {\n  users = 1\n  duration = \"1s\"\n}\nsla \"all\" { error_rate = \"0%\" }\n")
	return s.String()
}

// Validating a shipped scenario for all the profiles it declares.
func BenchmarkValidate(b *testing.B) {
	for b.Loop() {
		if r := dsl.Validate("../scenarios/orchestrator", dsl.Options{}); r.Diagnostics.HasErrors() {
			b.Fatal(r.Diagnostics.Err())
		}
	}
}
