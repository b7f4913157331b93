package forecast

import (
	"math"
	"strings"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/report"
)

func constant(seconds float64) plan.Expr { return plan.Const{Value: plan.FloatValue(seconds)} }

func (m *maker) send(class int, task, name string, reply *plan.Reply) *plan.Send {
	return &plan.Send{Series: m.series(plan.RequestSeries, class, task, "SEND", name, nil), Name: name, Reply: reply}
}

// devices are 50 users, each with a socket from its start on that beats every
// 10 s, and a ping whose reply is waited for; on the way to the tasks there is
// a second socket, open for 20 s of pause.
func devices() *maker {
	m := newMaker("devices", "crowd")
	push := &plan.Socket{
		Series: m.series(plan.RequestSeries, 0, "start", "WS", "push", nil), Name: "push",
		Handlers: []plan.Handler{{Name: "news", Steps: []plan.Step{m.send(0, "start", "ack", nil)}}},
		Beats:    []plan.Beat{{Name: "beat", Interval: constant(10), Steps: []plan.Step{m.send(0, "start", "beat", nil)}}},
	}
	room := &plan.Socket{
		Series: m.series(plan.RequestSeries, 0, "visit", "WS", "room", nil), Name: "room", Number: 1,
		Beats: []plan.Beat{{Name: "typing", Interval: constant(4), Steps: []plan.Step{&plan.Send{Series: m.series(plan.RequestSeries, 0, "visit", "SEND", "typing", nil), Socket: 1}}}},
	}
	m.Classes = []plan.Class{{Name: "device", Weight: 1, Sockets: 2, Start: []plan.Step{push}, Tasks: []plan.Task{
		{Name: "ping", Weight: 1, Wait: waits(1, 3), Steps: []plan.Step{m.send(0, "ping", "ping", &plan.Reply{})}},
		{Name: "visit", Weight: 1, Wait: waits(1, 3), Steps: []plan.Step{room, &plan.Pause{For: constant(20)},
			&plan.Receive{Series: m.series(plan.RequestSeries, 0, "visit", "RECEIVE", "bye", nil), Socket: 1}}},
	}}}
	m.Profile.Duration = 10 * minute
	return m
}

func TestSocketsAreForecast(t *testing.T) {
	f := New(devices().load(plan.Load{Stages: []plan.Stage{{Level: 50, Hold: 10 * minute}}}))
	rows := map[string]Request{}
	for _, r := range f.Requests {
		rows[r.Name] = r
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 0.01*want {
			t.Errorf("%s: %v, want about %v", what, got, want)
		}
	}
	// Every user lives 600 s; the first 100 ms go to the handshake.
	near("handshakes", float64(rows["WS push"].Expected), 50)
	near("beats", float64(rows["SEND beat"].Expected), 50*599.9/10)
	near("acks", float64(rows["SEND ack"].Expected), 50)
	near("beats a second", float64(rows["SEND beat"].PeakExpected), 5)
	// In the visit the second socket is open for 20 s and an answer.
	near("typing", float64(rows["SEND typing"].Expected), float64(rows["WS room"].Expected)*20.1/4)
	near("pings", float64(rows["SEND ping"].Expected), float64(rows["WS room"].Expected))

	if f.PeakSockets != 100 || len(f.Sockets) != 2 {
		t.Fatalf("%d sockets at the peak, %+v", f.PeakSockets, f.Sockets)
	}
	push, room := f.Sockets[0], f.Sockets[1]
	if push.Name != "WS push" || push.Open != 50 || push.Handlers != 1 || push.Beats != 1 || room.Open != 50 {
		t.Errorf("%+v %+v", push, room)
	}
	near("sent over push", float64(push.Sent), float64(rows["SEND beat"].PeakExpected+rows["SEND ping"].PeakExpected))
	near("sent over room", float64(room.Sent), float64(rows["SEND typing"].PeakExpected))
	sum := 0.0
	for _, r := range f.Requests {
		sum += float64(r.PeakExpected)
	}
	near("requests a second", float64(f.Total.PeakExpected), sum)
	near("of the class", float64(f.Classes[0].PeakExpected), sum)
}

func TestSocketsInText(t *testing.T) {
	f := New(devices().load(plan.Load{Stages: []plan.Stage{{Level: 50, Hold: 10 * minute}}}))
	text := write(t, f, report.TextOptions{Width: 80})
	for _, line := range strings.Split(text, "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("%d cells: %s", n, line)
		}
	}
	words := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"start, once a user 1 50", "websocket push on_message news send ack every beat, 10 s send beat",
		"SOCKETS user open at most sent/s WS push device 50", "WS room device 50", "RECEIVE bye",
		"how many messages handler \"news\" will get is not known before the run",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// A socket that is closed before the next one is opened is not open beside it.
func TestSocketsAtOnce(t *testing.T) {
	open := func() plan.Step { return &plan.Socket{} }
	group := func(steps ...plan.Step) plan.Step { return &plan.Group{Steps: steps} }
	for _, c := range []struct {
		steps      []plan.Step
		left, most int
	}{
		{nil, 0, 0},
		{[]plan.Step{open(), &plan.CloseSocket{}, open()}, 1, 1},
		{[]plan.Step{open(), group(open(), open()), group(open())}, 1, 3},
		{[]plan.Step{group(open()), group(group(open(), open()))}, 0, 2},
	} {
		if left, most := nested(c.steps); left != c.left || most != c.most {
			t.Errorf("%d are left and %d open at once, want %d and %d", left, most, c.left, c.most)
		}
	}
}
