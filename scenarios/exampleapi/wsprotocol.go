package exampleapi

import (
	"encoding/json"
	"time"
)

// What clients may say. Every other message is echoed.
type wsInput struct {
	Type     string          `json:"type"`
	Seq      json.RawMessage `json:"seq"`         // of a ping, sent back as it is
	Interval float64         `json:"interval_ms"` // of a subscription
}

type wsHello struct {
	Type string `json:"type"`
	ID   string `json:"id"`
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
	Seq    uint64  `json:"seq"`               // 1, 2, 3 … on each socket
	SentAt float64 `json:"sent_at"`           // Unix time, seconds
	Event  string  `json:"event"`             // "tick", or "content_request"
	Item   string  `json:"item_id,omitempty"` // of a content request
}

type wsEcho struct {
	Type string `json:"type"`
	Data any    `json:"data"`
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// answer does what a message asks for.
func (k *socket) answer(op byte, message []byte) error {
	if op == opBinary {
		if err := k.send(opBinary, message); err != nil {
			return err
		}
		k.hub.sent.Add(1)
		return nil
	}
	var in wsInput
	if err := json.Unmarshal(message, &in); err != nil && !json.Valid(message) {
		return k.message(wsEcho{"echo", string(message)})
	}
	switch in.Type {
	case "hello":
		return k.message(wsHello{"hello", k.id})
	case "ping":
		if in.Seq == nil {
			in.Seq = json.RawMessage("null")
		}
		return k.message(wsPong{"pong", in.Seq, unixSeconds(k.hub.s.now())})
	case "subscribe":
		return k.setInterval("subscribed", interval(in.Interval))
	case "unsubscribe":
		return k.setInterval("unsubscribed", 0)
	}
	return k.message(wsEcho{"echo", json.RawMessage(message)})
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
	k.subscribe <- every
	return nil
}

// broadcast sends pings, and notifications while the client is subscribed.
func (k *socket) broadcast() {
	keepalive := time.NewTicker(socketPing)
	defer keepalive.Stop()
	beat := time.NewTicker(time.Hour)
	beat.Stop()
	defer beat.Stop()
	subscribed := false
	var seq uint64
	for {
		event, item := "tick", ""
		select {
		case <-k.over:
			return
		case <-keepalive.C:
			_ = k.send(opPing, nil) // the reader notices a broken connection
			continue
		case every := <-k.subscribe:
			if subscribed = every > 0; subscribed {
				beat.Reset(every)
			} else {
				beat.Stop()
			}
			continue
		case item = <-k.events:
			event = "content_request"
		case <-beat.C:
		}
		if !subscribed || k.hub.s.faults.strikesSocket(faultWSStall) {
			continue
		}
		if k.hub.s.faults.strikesSocket(faultWSDrop) {
			k.cut()
			continue
		}
		seq++
		_ = k.message(wsNotification{"notification", seq, unixSeconds(k.hub.s.now()), event, item})
	}
}
