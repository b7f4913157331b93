package changes

import (
	"reflect"
	"strings"
	"testing"
)

const socketBase = `
target "api" { base_url = "http://127.0.0.1:8000" }
metric "delay" { unit = "s" }
metric "first" { unit = "s" }
user "device" {
  start {
    websocket "/push/:id" {
      name      = "push"
      params    = { id = user.index }
      query     = { v = user.index }
      headers   = { X-Key = "k", Host = "push.test" }
      protocols = ["a"]
      ping      = "25s"
      sequence  = message.json.seq
      reconnect {
        backoff  = "1s"
        attempts = 5
      }
      on_message "n" {
        when    = message.json.type == "n"
        record  = { delay = message.json.delay }
        capture = { seen = message.json.id }
        send "ack" { json = { id = message.json.id } }
      }
      every "beat" {
        interval = "10s"
        send "beat" { body = "beat" }
      }
    }
    websocket "/other" { name = "other" }
    send "hello" {
      on   = "push"
      json = { type = "hello" }
      reply {
        when    = message.json.id == sent.json.id
        capture = { device = try(message.json.id, null) }
      }
    }
  }
  task "t" {
    receive "r" {
      on   = "push"
      when = message.json.to == session.device
    }
    send "bytes" {
      on        = "other"
      body_size = "1KiB"
    }
    close { on = "other" }
    get "/events" {
      stream {
        until  = event.data == "[DONE]"
        events = 10
        reconnect { attempts = 2 }
      }
      record = { first = response.stream.first }
    }
  }
}
profile "p" {
  users    = 5
  duration = "1m"
}
`

func TestNothingOfSocketsIsOverlooked(t *testing.T) {
	old, now := compile(t, socketBase), compile(t, socketBase)
	w := &alter{t: t, old: old, now: now}
	w.walk(reflect.ValueOf(&now.Classes).Elem(), "Plan.Classes")
	if w.tried < 60 {
		t.Errorf("only %d alterations were tried", w.tried)
	}
}

// What changes about a socket is told in the words of the scenario.
func TestSocketChanges(t *testing.T) {
	for _, c := range []struct{ old, now, want string }{
		{`ping      = "25s"`, `ping      = "20s"`, "ping 25 20"},
		{`on        = "other"`, `on        = "push"`, "on other push"},
		{`interval = "10s"`, `interval = "5s"`, "interval 10 5"},
		{"message.json.to == session.device", "message.json.to != session.device", "when (message.json.to == session.device) (message.json.to != session.device)"},
		{`events = 10`, `events = 11`, "stream events 10 11"},
	} {
		got := Between(compile(t, socketBase), compile(t, strings.Replace(socketBase, c.old, c.now, 1)))
		if got.Count() != 1 || len(got.Groups[0].Changes[0].Details) != 1 {
			t.Errorf("%s: %+v", c.now, got.Groups)
			continue
		}
		d := got.Groups[0].Changes[0].Details[0]
		if text := strings.Join([]string{d.Name, *d.Old, *d.New}, " "); text != c.want {
			t.Errorf("%s is told as %q, want %q", c.now, text, c.want)
		}
	}
}
