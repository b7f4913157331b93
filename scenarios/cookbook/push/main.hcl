# Devices that keep a socket open: they say hello, subscribe, are sent
# numbered notifications, and ask questions of their own in between. A device
# that loses its connection comes back, and what it missed is counted.

scenario "push" {
  description = "Devices on a WebSocket with numbered notifications."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the service is; by default the example API."
  default     = "example://cookbook"
}

target "api" { base_url = var.base_url }

metric "delivery" { unit = "s" } # from the moment a notification was sent

user "device" {
  wait = between("50ms", "150ms")

  start {
    websocket "/push" {
      name     = "push"
      query    = { client = user.id } # by which the service knows it again
      ping     = "2s"
      sequence = message.json.seq # of notifications; null for all else
      reconnect { backoff = "100ms" }

      on_message "notification" {
        when   = message.json.type == "notification"
        record = { delivery = max(0, unixtime() - message.json.sent_at) }
      }
    }
    send "hello" {
      json = { type = "hello" }
      reply {
        when    = message.json.type == "hello"
        capture = { connection = message.json.id }
      }
    }
    send "subscribe" {
      json = { type = "subscribe", interval_ms = 100 }
      reply { when = message.json.type == "subscribed" }
    }
  }

  # A question with an id, and the answer that has the same one.
  task "ask" {
    send "question" {
      json = { id = "${user.id}/${user.iteration}", from = session.connection }
      reply {
        when    = message.json.id == sent.json.id
        timeout = "1s"
      }
    }
  }
}

profile "smoke" {
  users    = 8
  duration = "10s"
}

profile "baseline" {
  users      = 200
  spawn_rate = 20
  duration   = "10m"
}

# Few connections are made, so every one is held to the limit.
sla "connect" {
  match { requests = ["WS push", "hello", "subscribe"] }
  max        = "2s"
  error_rate = "0%"
}

sla "answers" {
  match { requests = ["SEND question"] }
  p95        = "500ms"
  error_rate = "1%"
}

sla "delivery" {
  match { metrics = ["delivery"] }
  p95 = "500ms"
}

sla "stable" {
  match { requests = ["WS push"] }
  disconnects         = 0
  lost                = 0
  out_of_order        = 0
  duplicated          = 0
  unanswered          = "1%"
  received_per_second = 20
}
