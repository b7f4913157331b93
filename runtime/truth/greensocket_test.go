package truth

import (
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// mockSockets are the WebSockets of a target in memory: a handshake is
// answered as a request is, and a socket that stands says nothing.
type mockSockets struct{ mockClient }

func (m mockSockets) Open(o *transport.Opening, r *transport.Result) transport.Socket {
	m.Do(&transport.Message{Timeout: o.Timeout}, r)
	switch {
	case r.Class != plan.OK:
		return nil
	case r.Status != 200:
		r.Class = plan.FailStatus
		return nil
	}
	r.Status = 101
	return mute(m)
}

func (mockSockets) Cut()   {}
func (mockSockets) Close() {}

type mute struct{ mockClient }

func (mute) Protocol() string                    { return "" }
func (mute) Next() (transport.SocketEvent, bool) { return transport.SocketEvent{}, false }
func (mute) Close(int, string)                   {}
func (s mute) Send(_ bool, data []byte, _ time.Duration) (int64, int, error) {
	return s.clock.Now(), len(data), nil
}

const (
	pushed = "  wait = \"100ms\"\n  start {\n    websocket \"/push\" {\n      on_failure = \"continue\"\n      sequence = message.json.seq\n      ping = \"5s\"\n      reconnect {}\n    }\n  }\n  get \"/items\" {}\n"
	asking = "  wait = \"100ms\"\n  task \"t\" {\n    websocket \"/push\" {}\n    send \"hello\" {\n      body = \"hi\"\n      reply { timeout = \"1s\" }\n    }\n  }\n"
)

func ofPush(limits string) string {
	return "sla \"push\" {\n  match { requests = [\"WS /push\"] }\n" + limits + "}\n"
}

// socketCases are the part of the matrix of no false green that is about
// measures and counters.
var socketCases = []greenCase{
	{name: "a socket never opens, and nothing is cut off", user: pushed, slas: ofPush("  disconnects = 0\n"), answer: func(n int) mockAnswer {
		if n <= 10 {
			return mockAnswer{status: 403}
		}
		return mockAnswer{}
	}, want: inconclusive, says: "disconnects ≤ 0: no connection stood"},
	{name: "a socket never opens, judged beside requests that succeed", user: pushed, slas: "sla \"all\" { disconnects = 0 }\n", answer: func(n int) mockAnswer {
		if n <= 10 {
			return mockAnswer{status: 403}
		}
		return mockAnswer{}
	}, want: inconclusive, says: "disconnects ≤ 0: no connection stood"},
	{name: "a socket never opens, in windows of which some may be broken", user: pushed, slas: ofPush("  disconnects = 0\n  window = \"10s\"\n  all_but = 3\n"), answer: func(n int) mockAnswer {
		if n <= 10 {
			return mockAnswer{status: 403}
		}
		return mockAnswer{}
	}, want: inconclusive, says: "too few samples"},
	{name: "a socket that says nothing loses nothing", user: pushed, slas: ofPush("  lost = \"1%\"\n  duplicated = 0\n"), want: inconclusive, says: "lost ≤ 1 %: no message came"},
	{name: "a socket that says nothing does not receive enough", user: pushed, slas: ofPush("  received_per_second = \"1/s\"\n"), want: failed, says: "at least 1/s is wanted"},
	{name: "nobody is answered", user: asking, slas: ofPush("  unanswered = \"1%\"\n"), want: failed, says: "unanswered (100 %)"},
	{name: "pings that nobody answers", user: pushed, slas: ofPush("  measure = \"ping\"\n  p95 = \"1s\"\n"), want: inconclusive, says: "p95 of ping ≤ 1.00 s: no sample of ping"},
	{name: "a recovery that was never needed", user: pushed, slas: ofPush("  measure = \"recovery\"\n  p50 = \"1s\"\n"), want: inconclusive, says: "no sample of recovery"},
	{name: "timeouts never reach the first byte", slas: "sla \"read\" {\n  measure = \"first_byte\"\n  p99 = \"500ms\"\n}\n", user: "  wait = \"100ms\"\n  get \"/items\" { timeout = \"1s\" }\n",
		answer: each(25, mockAnswer{after: time.Minute}), want: failed, says: "p99 of first_byte ≤ 500 ms"},
	{name: "no connection is opened in what is measured", slas: "sla \"read\" {\n  measure = \"connect\"\n  p95 = \"500ms\"\n}\n", want: inconclusive, says: "no sample of connect"},
	{name: "every request fails, and the first byte is limited", slas: "sla \"read\" {\n  measure = \"first_byte\"\n  p95 = \"500ms\"\n}\n", answer: always(mockAnswer{status: 500}), want: inconclusive, says: "no sample of first_byte"},
	{name: "a measure that cannot occur", slas: "sla \"read\" {\n  measure = \"ping\"\n  p95 = \"500ms\"\n}\n", want: refused, says: "GET /items has no ping"},
	{name: "a misspelt measure", slas: "sla \"read\" {\n  measure = \"conect\"\n  p95 = \"500ms\"\n}\n", want: refused, says: "measure must be one of"},
	{name: "a counter of plain requests", slas: "sla \"read\" { unanswered = \"1%\" }\n", want: refused, says: "GET /items has nothing that unanswered could count"},
	{name: "a share written as a number", user: pushed, slas: ofPush("  lost = 0.5\n"), want: refused, says: "a share in quotes"},
}

func init() { greenCases = append(greenCases, socketCases...) }
