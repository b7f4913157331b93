package scenarios_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/scenarios/exampleapi"
)

// Every answer is read to its end, word by word, and measured.
func checkLLM(t *testing.T, m *meal) {
	const words = 40
	asked := m.all("POST", "/v1/chat/completions")
	equal(t, "questions", len(asked), 3*8)
	for _, e := range asked {
		if !strings.HasSuffix(string(e.answer), "data: [DONE]\n\n") || strings.Count(string(e.answer), `"finish_reason":null`) != words {
			t.Errorf("the answer is %.300q", e.answer)
		}
		if in := sent[struct {
			Stream bool
			Max    int `json:"max_tokens"`
		}](t, e); !in.Stream || in.Max != words || e.header.Get("Authorization") != "Bearer sk-example" {
			t.Errorf("asked for %+v", in)
		}
	}
	for _, metric := range []string{"first_token", "time_per_token", "tokens_per_second"} {
		equal(t, metric, m.row(t, metric), len(asked))
	}
	row := m.out.Final.Total[m.series(t, "POST /v1/chat/completions")]
	equal(t, "events", int(row.Counter(plan.CountIn)), len(asked)*(words+2))
	equal(t, "first events", int(row.Of(plan.MeasureFirstEvent).Count()), len(asked))
	equal(t, "gaps", int(row.Of(plan.MeasureGap).Count()), len(asked)*(words+1))
}

// What the devices counted is what the service's own log says.
func checkPush(t *testing.T, m *meal) {
	log := m.sockets(t)
	equal(t, "connections", int(log.Connections), 4)
	equal(t, "clients", len(log.Clients), 4)
	equal(t, "closed by the devices", int(log.Ends["client 1000"]), 4)
	equal(t, "handshakes", m.row(t, "WS push"), 4)
	equal(t, "questions", m.row(t, "SEND question"), 4*60)
	row := m.out.Final.Total[m.series(t, "WS push")]
	notified, answered := 0, 0
	for _, c := range log.Clients {
		notified += int(c.Notified)
		answered += int(c.Answered)
		equal(t, "echoes to "+c.Client, int(c.Echoed), 60)
	}
	equal(t, "answers", answered, 4*(2+60))
	equal(t, "messages sent", int(row.Counter(plan.CountOut)), int(log.Received))
	// What was on its way when a device closed its socket was not read.
	if in := int(row.Counter(plan.CountIn)); in > int(log.Sent) || in < answered {
		t.Errorf("%d messages came; %d were sent, %d of them answers", in, log.Sent, answered)
	}
	if n := m.row(t, "delivery"); n > notified || n < 4 {
		t.Errorf("%d deliveries, %d notifications", n, notified)
	}
	for _, c := range []plan.Counter{plan.CountUnanswered, plan.CountLate, plan.CountOutOfOrder, plan.CountDuplicated, plan.CountLost, plan.CountDisconnects} {
		equal(t, c.String(), int(row.Counter(c)), 0)
	}
}

// series is that of a row which has one.
func (m *meal) series(t *testing.T, label string) int {
	t.Helper()
	for i := range m.plan.Series {
		if m.plan.Rows[m.plan.Series[i].Row].Label() == label {
			return i
		}
	}
	t.Fatalf("the plan has no %q", label)
	return 0
}

// A service that restarts in mid-run: what the devices missed and how often
// they were cut off is what its log says.
func TestPushRestart(t *testing.T) {
	t.Parallel()
	r := recipe{users: 4, rounds: 200}
	m := r.prepare(t, "cookbook/push")
	patient(m.plan)
	m.service = example(t, m.plan)
	restarted := make(chan struct{})
	go func() {
		defer close(restarted)
		m.restart(t, r.users)
	}()
	m.serve(t)
	<-restarted
	log := m.sockets(t)
	row := m.out.Final.Total[m.series(t, "WS push")]
	missed, losses := 0, 0
	for _, c := range log.Clients {
		missed += int(c.Missed)
		losses += int(c.Losses)
	}
	equal(t, "losses", losses, 4)
	equal(t, "disconnects", int(row.Counter(plan.CountDisconnects)), losses)
	equal(t, "reconnects", int(row.Counter(plan.CountReconnects)), losses)
	equal(t, "recoveries", int(row.Of(plan.MeasureRecovery).Count()), losses)
	equal(t, "closed with 1012", int(log.Ends["service 1012"]), losses)
	// Questions whose connection was lost. One that could not be sent any more
	// fails, but it was never under way.
	died := int(row.Counter(plan.CountAsked))
	for _, name := range []string{"SEND hello", "SEND subscribe", "SEND question"} {
		died -= int(m.out.Final.Total[m.series(t, name)].OK)
	}
	equal(t, "lost", int(row.Counter(plan.CountLost)), missed+died)
	if t.Failed() {
		t.Logf("the service's log: %+v; %d questions died", log, died)
	}
	if missed == 0 {
		t.Error("nothing was missed")
	}
}

// restart restarts the service once each device has read a notification: what
// it misses before its first it cannot know. A device has read one when two of
// its questions were answered behind it.
func (m *meal) restart(t *testing.T, devices int) {
	service := m.service.(*exampleapi.Service)
	notified := map[string]uint64{} // by device: the answers before its first notification, at most
	for deadline, ready := time.Now().Add(time.Minute), 0; ready < devices; time.Sleep(time.Millisecond) {
		ready = 0
		for _, c := range service.Sockets().Clients {
			before, ok := notified[c.Client]
			if !ok && c.Notified > 0 {
				notified[c.Client] = c.Echoed
			}
			if ok && c.Echoed >= before+2 {
				ready++
			}
		}
		if time.Now().After(deadline) {
			t.Error("the devices were not notified within a minute")
			return
		}
	}
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/__faults", strings.NewReader(`{"fault": "ws-restart:for=250ms"}`)))
	if answer.Code != http.StatusCreated {
		t.Errorf("the restart is answered by %d: %s", answer.Code, answer.Body)
	}
}

// sockets is the service's log, once it knows that all sockets have ended.
func (m *meal) sockets(t *testing.T) exampleapi.SocketLog {
	t.Helper()
	service := m.service.(*exampleapi.Service)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		log := service.Sockets()
		if log.Open == 0 {
			return log
		}
		if time.Now().After(deadline) {
			t.Fatalf("sockets are left open: %+v", log)
		}
	}
}
