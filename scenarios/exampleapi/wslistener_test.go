package exampleapi

import (
	"testing"
)

func (a *api) socketLog() SocketLog {
	a.t.Helper()
	a.want(200, "GET", socketsPath, "")
	a.want(405, "POST", socketsPath, "")
	return a.service.Sockets()
}

// clientLog is the log of the client called name.
func (a *api) clientLog(name string) ListenerLog {
	a.t.Helper()
	for _, l := range a.service.Sockets().Clients {
		if l.Client == name {
			return l
		}
	}
	a.t.Fatalf("nothing is known of %s", name)
	return ListenerLog{}
}

// number reads notifications until the next one of an event, and gives its
// number.
func (c *wsClient) number() uint64 {
	c.t.Helper()
	return uint64(c.wantJSON("notification")["seq"].(float64))
}

func (c *wsClient) subscribe(interval string) {
	c.t.Helper()
	c.say(`{"type":"subscribe","interval_ms":` + interval + `}`)
	c.wantJSON("subscribed")
}

// Numbers go on while a client is away, and the log says which it missed.
func TestListenersGoOn(t *testing.T) {
	a := cook(t)
	c := a.dialTo("/push?client=ada")
	c.subscribe("10")
	if n := c.number(); n != 1 {
		t.Fatalf("the first number is %d", n)
	}
	a.fault("ws-restart:for=1h")
	last := uint64(1)
	for closed := false; !closed; { // what was sent before the close frame comes before it
		op, payload, err := c.read()
		switch {
		case err != nil:
			t.Fatal(err)
		case op == opClose:
			closed = true
			c.write(clientFrame(0x80|opClose, payload))
		default:
			last++
		}
	}
	a.want(503, "GET", "/push", "", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", testKey)
	a.until("ticks are missed", func() bool { return a.clientLog("ada").Missed >= 3 })
	a.want(204, "DELETE", faultsPath, "")
	c = a.dialTo("/push?client=ada")
	next := c.number()
	log := a.clientLog("ada")
	if next != last+log.Missed+1 {
		t.Errorf("number %d, then %d; %d missed", last, next, log.Missed)
	}
	if log.Connections != 2 || log.Losses != 1 || log.Away <= 0 || log.LongestAway != log.Away || log.Number < next {
		t.Errorf("the log: %+v", log)
	}
	a.until("the books balance", func() bool { log := a.clientLog("ada"); return log.Notified == log.Number-log.Missed })
	if all := a.socketLog(); all.Refused != 1 || all.Ends["service 1012"] != 1 || all.Open != 1 || all.Connections != 2 {
		t.Errorf("the log: %+v", all)
	}

	c.write(clientFrame(0x80|opClose, closePayload(closeNormal, "")))
	for {
		if op, _, err := c.read(); err != nil || op == opClose {
			break
		}
	}
	a.until("it has left", func() bool { return a.service.Sockets().Ends["client 1000"] == 1 })
	number := a.clientLog("ada").Number
	c = a.dialTo("/push?client=ada")
	c.say(`{"type":"hello"}`)
	if m := c.wantJSON("hello"); m["client"] != "ada" || m["number"] != float64(number) {
		t.Errorf("after it left by itself: %v, the latest number was %d", m, number)
	}
}

// What a client is not there for is missed: a content request, too.
func TestListenersMissAnnouncements(t *testing.T) {
	a := signedIn(t, "autoarr", Options{})
	path := "/api/v1/ws?client=b&token=" + a.token
	c := a.dialTo(path)
	c.subscribe("3600000")
	a.fault("ws-drop:1")
	c.say("x")
	if _, _, err := c.read(); err == nil {
		t.Error("the socket is not cut")
	}
	a.until("it is gone", func() bool { return a.service.Sockets().Ends["cut"] == 1 })
	a.want(201, "POST", "/content/request", `{"query":"whales"}`)
	c = a.dialTo(path)
	a.until("it is back", func() bool { return a.service.Sockets().Open == 1 })
	a.want(201, "POST", "/content/request", `{"query":"wolves"}`)
	if n := c.number(); n != 2 {
		t.Errorf("the number is %d, want 2", n)
	}
	if log := a.clientLog("b"); log.Missed != 1 || log.Losses != 1 {
		t.Errorf("the log: %+v", log)
	}
}

func TestSocketMessageFaults(t *testing.T) {
	a := cook(t)
	c := a.dialTo("/push?client=c")
	c.subscribe("10")
	numbers := func(n int) (list []uint64) {
		for range n {
			list = append(list, c.number())
		}
		return list
	}
	last := numbers(1)[0]
	follows := func(what string, list []uint64, steps ...int64) {
		t.Helper()
		for i, n := range list {
			if got := int64(n) - int64(last); got != steps[i] {
				t.Fatalf("%s: number %d after %d, want %+d", what, n, last, steps[i])
			}
			last = n
		}
	}
	until := func(step int64) (list []uint64) { // and the one that follows so
		for {
			n := c.number()
			if int64(n)-int64(last) == step {
				return []uint64{n}
			}
			if n != last+1 {
				t.Fatalf("number %d after %d, want %+d", n, last, step)
			}
			last = n
		}
	}
	a.fault("ws-lose:2")
	follows("two lost", until(3), 3)
	a.fault("ws-duplicate:1")
	follows("one twice", until(0), 0)
	a.fault("ws-reorder:1")
	follows("the next one first", until(2), 2)
	follows("then it, and on", numbers(3), -1, 2, 1)
	if log := a.clientLog("c"); log.Lost != 2 || log.Duplicated != 1 || log.Reordered != 1 || log.Missed != 0 {
		t.Errorf("the log: %+v", log)
	}
	c.say(`{"type":"unsubscribe"}`)
	a.until("it has unsubscribed", func() bool { return a.clientLog("c").Answered == 2 })

	c = a.dialTo("/push?client=d")
	c.say(`{"id":17,"text":"a"}`)
	c.want(opText, `{"type":"echo","id":17,"data":{"id":17,"text":"a"}}`)
	a.fault("ws-lose:1")
	c.say(`{"id":18}`)
	c.say(`{"id":19}`)
	c.want(opText, `{"type":"echo","id":19,"data":{"id":19}}`)
	a.until("it is counted", func() bool { return a.clientLog("d").Echoed == 2 })
	if log := a.clientLog("d"); log.Received != 3 || log.Answered != 2 {
		t.Errorf("the log: %+v", log)
	}
}
