# AutoArr's WebSocket: the part of the team's load testing guide about
# connection establishment, message throughput, stability, delivery, and
# recovery from a loss.

scenario "autoarr-websocket" {
  description = "Clients that keep a socket open to a media automation service."
  profile     = "websocket"
}

variable "base_url" {
  type        = string
  default     = "example://autoarr"
  description = "The service's address, such as http://localhost:8088."
}

variable "api_key" {
  type        = string
  default     = "throng-example-key"
  sensitive   = true
  description = "An API key of the service."
}

target "api" {
  base_url = var.base_url
  headers  = { X-API-Key = var.api_key }
}

metric "delivery" { unit = "s" } # from the moment a notification was sent

# Clients that stay, subscribe to what happens, and say something now and then.
user "websocket" {
  wait = between("1s", "3s")
  tags = ["websocket"]

  start {
    websocket "/api/v1/ws" {
      name     = "socket"
      query    = { client = user.id } # by which the service knows it again
      ping     = "20s"
      sequence = message.json.seq
      reconnect { backoff = "500ms" }

      on_message "notification" {
        when   = message.json.type == "notification"
        record = { delivery = max(0, unixtime() - message.json.sent_at) }
      }
    }
    send "subscribe" {
      json = { type = "subscribe", interval_ms = 1000 }
      reply { when = message.json.type == "subscribed" }
    }
  }

  # The round trip of a message, without the time in which nothing was asked.
  task "message" {
    send "message" {
      json = { id = "${user.id}/${user.iteration}", text = randstring(64) }
      reply { when = message.json.id == sent.json.id }
    }
  }
}

# Clients that do not wait for one answer before they send the next message:
# 50 of them send 250 a second.
user "burst" {
  wait = pacing("200ms")
  tags = ["websocket"]

  start {
    websocket "/api/v1/ws" {
      name  = "stressed socket"
      query = { client = user.id }
      reconnect { backoff = "500ms" }
    }
  }

  task "burst" {
    send "burst" {
      json = { id = "${user.id}/${user.iteration}", text = randstring(64) }
      reply {
        when = message.json.id == sent.json.id
        wait = false
      }
    }
  }
}

profile "smoke" {
  description = "A few seconds: does all of it work?"
  users       = 60
  spawn_rate  = 30
  duration    = "20s"
  slas        = ["smoke", "stability"]
}
profile "websocket" {
  description = "50 connections for eight minutes."
  user "websocket" {
    users      = 50
    spawn_rate = 5
    duration   = "8m"
  }
  slas = ["connect", "messages", "delivery", "stability"]
}
profile "stress" {
  description = "250 messages a second over 50 connections."
  user "burst" {
    users      = 50
    spawn_rate = 10
    duration   = "2m"
  }
  slas = ["connect", "bursts", "throughput", "stability"]
}
profile "recovery" {
  description = "50 connections while you restart the service."
  user "websocket" {
    users      = 50
    spawn_rate = 10
    duration   = "2m"
  }
  slas = ["recovery"]
}

# The guide's budgets. 50 connections are too few to prove a p95 by, so every
# single one is held to its limit.
sla "connect" {
  match { requests = ["socket", "stressed socket"] }
  judge      = "together"
  max        = "1s"
  error_rate = "1%"
}
sla "messages" {
  match { requests = ["SEND message"] }
  p95        = "500ms"
  p99        = "3s"
  error_rate = "1%"
}
sla "delivery" {
  match { metrics = ["delivery"] }
  p95 = "500ms"
}
sla "bursts" {
  match { requests = ["SEND burst"] }
  p95        = "1s"
  p99        = "3s"
  error_rate = "1%"
}
sla "throughput" {
  match { requests = ["stressed socket"] }
  sent_per_second     = 100
  received_per_second = 100
}
sla "stability" {
  match { requests = ["socket", "stressed socket"] }
  judge        = "together"
  disconnects  = 0
  unanswered   = "1%"
  lost         = 0
  out_of_order = 0
  duplicated   = 0
}
sla "recovery" {
  match { requests = ["socket"] }
  measure = "recovery"
  max     = "10s"
}
sla "smoke" {
  match { tags = ["websocket"] }
  judge      = "together"
  p95        = "1s"
  error_rate = "0%"
}
