# The guide's WebSocket part: connection establishment, message throughput,
# stability, delivery, and recovery from a loss. Its users have no part in the
# other profiles' loads: a weight of 0, and loads of their own in these. The one
# newcomer of main.hcl is beside them in these, too: 50 connections, 51 users.

metric "delivery" { unit = "s" } # from the moment a notification was sent

# Clients that stay, subscribe to what happens, and say something now and then.
user "websocket" {
  weight = 0
  wait   = between("1s", "3s")
  tags   = ["websocket"]

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
user "websocket_burst" {
  weight = 0
  wait   = pacing("200ms")
  tags   = ["websocket"]

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

profile "websocket_smoke" {
  description = "Twenty seconds: does every socket work?"
  duration    = "20s"
  user "websocket" {
    users      = 10
    spawn_rate = 5
  }
  user "websocket_burst" {
    users      = 10
    spawn_rate = 5
  }
  slas = ["websocket_smoke", "stability"]
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
profile "websocket_stress" {
  description = "250 messages a second over 50 connections."
  user "websocket_burst" {
    users      = 50
    spawn_rate = 10
    duration   = "2m"
  }
  slas = ["connect", "bursts", "throughput", "stability"]
}
profile "websocket_recovery" {
  description = "50 connections while you restart the service."
  user "websocket" {
    users      = 50
    spawn_rate = 10
    duration   = "2m"
  }
  slas = ["recovery"]
}

# The guide's budget is a connect p95 below 1 s. 50 connections are too few to
# prove a p95 by, which takes 59 samples, so every single one is held to it.
sla "connect" {
  match { requests = ["socket", "stressed socket"] }
  judge      = "together"
  max        = "1s"
  error_rate = "1%"
}
sla "messages" {
  use = module.budgets.sla.message
  match { requests = ["SEND message"] }
}
sla "delivery" {
  match { metrics = ["delivery"] }
  p95 = "500ms"
}
sla "bursts" {
  use = module.budgets.sla.message
  match { requests = ["SEND burst"] }
  p95 = "1s"
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
sla "websocket_smoke" {
  match { tags = ["websocket"] }
  judge      = "together"
  p95        = "1s"
  error_rate = "0%"
}
