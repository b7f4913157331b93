package exampleapi

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// data are the data lines of server-sent events.
func (r response) data() (all []string) {
	for line := range strings.Lines(r.body) {
		if d, ok := strings.CutPrefix(line, "data: "); ok {
			all = append(all, strings.TrimSuffix(d, "\n"))
		}
	}
	return all
}

func TestChat(t *testing.T) {
	a := cook(t)
	key := []string{"Authorization", "Bearer " + chatKey}
	ask := func(status int, body string) response {
		t.Helper()
		return a.json(status, "POST", "/v1/chat/completions", body, key...)
	}
	whole := ask(200, `{"model":"tiny","messages":[{"role":"user","content":"tell me a story"}],"max_tokens":3}`)
	whole.has("object", "chat.completion")
	whole.has("usage.prompt_tokens", 4.0)
	whole.has("usage.total_tokens", 7.0)
	text := whole.field("choices").([]any)[0].(map[string]any)["message"].(map[string]any)["content"]

	r := ask(200, `{"model":"tiny","messages":[{"role":"user","content":"go"}],"max_tokens":3,"stream":true,"stream_options":{"include_usage":true}}`)
	if got := r.header.Get("Content-Type"); got != eventKind {
		t.Errorf("a stream is %q", got)
	}
	said, finish, usage := "", "", 0.0
	lines := r.data()
	for _, d := range lines[:len(lines)-1] {
		var chunk chatAnswer
		if err := json.Unmarshal([]byte(d), &chunk); err != nil || chunk.Object != "chat.completion.chunk" {
			t.Fatalf("%v in %s", err, d)
		}
		for _, c := range chunk.Choices {
			said += c.Delta.Content
			if c.Finish != nil {
				finish = *c.Finish
			}
		}
		if chunk.Usage != nil {
			usage = float64(chunk.Usage.Completion)
		}
	}
	if said != text || finish != "length" || usage != 3 || lines[len(lines)-1] != "[DONE]" || len(lines) != 6 {
		t.Errorf("said %q (in one piece %q), finish %q, usage %v, %d events", said, text, finish, usage, len(lines))
	}

	a.json(401, "POST", "/v1/chat/completions", `{}`)
	for _, body := range []string{`{}`, `{"model":"m"}`, `{"model":"m","messages":[{"role":"x"}]}`, `{"model":"m","messages":[{"role":"user"}],"max_tokens":-1}`,
		`{"model":"m","messages":[{"role":"user"}],"stream_options":{"include_usage":true}}`} {
		ask(422, body)
	}
}

// Pieces come one by one, each after its pause, and not all at the end.
func TestFlowsComePieceByPiece(t *testing.T) {
	a := cook(t)
	body := `{"model":"tiny","messages":[{"role":"user","content":"go"}],"max_tokens":2,"stream":true}`
	req, _ := http.NewRequestWithContext(t.Context(), "POST", a.base+"/v1/chat/completions?first_ms=30&gap_ms=600000", strings.NewReader(body))
	req.Header = http.Header{"Content-Type": {jsonKind}, "Authorization": {"Bearer " + chatKey}}
	began := time.Now()
	resp, err := a.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first, err := bufio.NewReader(resp.Body).ReadString('\n')
	if err != nil || !strings.Contains(first, `"content":"once"`) {
		t.Fatalf("%q, %v", first, err)
	}
	if d := time.Since(began); d < 30*time.Millisecond {
		t.Errorf("the first token came after %v", d)
	}
	a.service.Close() // the second one is ten minutes off
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the stream ended properly, half of it")
	}
}

func TestEventsGoOn(t *testing.T) {
	a := cook(t)
	r := a.want(200, "GET", "/events?total=5&each=2&retry_ms=70", "")
	if want := "retry: 70\nid: news-1\nevent: news\ndata: {\"number\":1,\"title\":\"News 1\"}\n\nid: news-2\nevent: news\ndata: {\"number\":2,\"title\":\"News 2\"}\n\n"; r.body != want {
		t.Errorf("got %q", r.body)
	}
	r = a.want(200, "GET", "/events?total=5&each=2", "", "Last-Event-ID", "news-4")
	if want := "id: news-5\nevent: news\ndata: {\"number\":5,\"title\":\"News 5\"}\n\n"; r.body != want {
		t.Errorf("got %q", r.body)
	}
	a.want(204, "GET", "/events?total=5&each=2", "", "Last-Event-ID", "news-5")
	a.want(400, "GET", "/events", "", "Last-Event-ID", "yesterday")
	if n := len(a.want(200, "GET", "/events", "").data()); n != 20 {
		t.Errorf("%d events", n)
	}
}

func TestExport(t *testing.T) {
	a := cook(t)
	r := a.want(200, "GET", "/export?rows=61", "")
	lines := strings.SplitAfter(r.body, "\n")
	if len(lines) != 62 || lines[0] != "{\"row\":1,\"sku\":\"p-1\",\"name\":\"Blue Kettle\"}\n" || !strings.Contains(lines[60], `"row":61,"sku":"p-1"`) {
		t.Errorf("%d lines: %.200q", len(lines), r.body)
	}
	if got := r.header.Get("Content-Type"); got != linesKind {
		t.Errorf("Content-Type is %q", got)
	}
	if r := a.want(200, "HEAD", "/export", ""); r.body != "" {
		t.Errorf("HEAD answers %q", r.body)
	}
	a.fault("drop:GET /export")
	if r, err := a.send("GET", "/export?rows=10", ""); err == nil {
		t.Errorf("a flow that was cut ended properly: %q", r.body)
	}
}
