package exampleapi

import (
	"encoding/json"
	"net/http"
	"time"
)

// What clients may say. Every other message is echoed.
type wsInput struct {
	Type     string          `json:"type"`
	Seq      json.RawMessage `json:"seq"`         // of a ping, sent back as it is
	Interval float64         `json:"interval_ms"` // of a subscription
	ID       json.RawMessage `json:"id"`          // of any other object, which is echoed with it
}

type wsHello struct {
	Type   string `json:"type"`
	ID     string `json:"id"`               // of the connection
	Client string `json:"client,omitempty"` // what the client calls itself
	Number uint64 `json:"number"`           // of the latest notification
}

type wsPong struct {
	Type string          `json:"type"`
	Seq  json.RawMessage `json:"seq"`
	At   float64         `json:"at"` // Unix time, seconds
}

type wsSubscribed struct {
	Type     string  `json:"type"` // "subscribed" or "unsubscribed"
	Interval float64 `json:"interval_ms"`
}

type wsNotification struct {
	Type   string  `json:"type"`
	Seq    uint64  `json:"seq"`               // 1, 2, 3 … for each client
	SentAt float64 `json:"sent_at"`           // Unix time, seconds
	Event  string  `json:"event"`             // "tick", or "content_request"
	Item   string  `json:"item_id,omitempty"` // of a content request
}

type wsEcho struct {
	Type string          `json:"type"`
	ID   json.RawMessage `json:"id,omitempty"` // of the message
	Data any             `json:"data"`
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// answer does what a message asks for.
func (k *socket) answer(op byte, message []byte) error {
	if op == opBinary {
		if err := k.send(opBinary, message); err != nil {
			return err
		}
		k.hub.sent.Add(1)
		k.who.count(func(l *ListenerLog) { l.Answered++; l.Echoed++ })
		return nil
	}
	var in wsInput
	err := json.Unmarshal(message, &in)
	isEcho := false
	switch in.Type {
	case "hello":
		err = k.message(wsHello{"hello", k.id, k.client, k.who.latestNumber()})
	case "ping":
		if in.Seq == nil {
			in.Seq = json.RawMessage("null")
		}
		err = k.message(wsPong{"pong", in.Seq, unixSeconds(k.hub.s.now())})
	case "subscribe":
		err = k.setInterval("subscribed", interval(in.Interval))
	case "unsubscribe":
		err = k.setInterval("unsubscribed", 0)
	default:
		isEcho = true
		data := any(json.RawMessage(message))
		if err != nil && !json.Valid(message) {
			data = string(message)
		}
		err = k.message(wsEcho{"echo", in.ID, data})
	}
	if err != nil {
		return err
	}
	k.who.count(func(l *ListenerLog) {
		l.Answered++
		if isEcho {
			l.Echoed++
		}
	})
	return nil
}

// interval turns what a client asked for, in milliseconds, into what it gets.
func interval(asked float64) time.Duration {
	if asked <= 0 {
		return defaultInterval
	}
	return time.Duration(min(max(asked, float64(minInterval/time.Millisecond)), 3_600_000) * float64(time.Millisecond))
}

// setInterval confirms a subscription, then begins it.
func (k *socket) setInterval(word string, every time.Duration) error {
	if err := k.message(wsSubscribed{word, float64(every) / float64(time.Millisecond)}); err != nil {
		return err
	}
	k.who.subscribe(every)
	select {
	case k.change <- struct{}{}:
	default: // the broadcaster is about to look anyway
	}
	return nil
}

// broadcast sends pings, and notifications while the client is subscribed.
func (k *socket) broadcast() {
	keepalive := time.NewTicker(socketPing)
	defer keepalive.Stop()
	beat := time.NewTimer(time.Hour)
	defer beat.Stop()
	for {
		beat.Stop()
		if next, ok := k.who.due(k); ok {
			beat.Reset(time.Until(next))
		}
		select {
		case <-k.over:
			if k.held != nil {
				k.undelivered()
			}
			return
		case <-keepalive.C:
			_ = k.send(opPing, nil) // the reader notices a broken connection
		case <-k.change:
		case item := <-k.events:
			k.notify("content_request", item)
		case <-beat.C:
			k.notify("tick", "")
		}
	}
}

// notify sends the next notification, unless a fault wants it otherwise.
func (k *socket) notify(event, item string) {
	number, ok := k.who.number(k, event == "tick")
	if !ok {
		return
	}
	faults := k.hub.s.faults
	if faults.strikesSocket(faultWSStall) || faults.strikesSocket(faultWSLose) {
		k.who.count(func(l *ListenerLog) { l.Lost++ })
		return
	}
	if faults.strikesSocket(faultWSDrop) {
		k.who.count(func(l *ListenerLog) { l.Missed++ })
		k.cut()
		return
	}
	body := asJSON(http.StatusOK, wsNotification{"notification", number, unixSeconds(k.hub.s.now()), event, item}).body
	if k.held == nil && faults.strikesSocket(faultWSReorder) {
		k.held = body
		return
	}
	k.deliver(body)
	if k.held != nil {
		k.who.count(func(l *ListenerLog) { l.Reordered++ })
		k.deliver(k.held)
		k.held = nil
	}
}

// deliver sends a notification; over a socket that is closing it goes
// nowhere.
func (k *socket) deliver(body []byte) {
	if k.text(body) != nil {
		k.undelivered()
		return
	}
	k.who.count(func(l *ListenerLog) { l.Notified++ })
}

// undelivered counts a notification that could not be sent any more. A client
// that said goodbye misses nothing.
func (k *socket) undelivered() {
	willing := k.willing()
	k.who.count(func(l *ListenerLog) {
		if willing {
			l.Unwanted++
		} else {
			l.Missed++
		}
	})
}
