# Users with a socket each, and the same without one.

scenario "sockets" { profile = "message" }

variable "base_url" { type = string }
variable "users" { type = number }
variable "spawn_rate" { type = number } # users a second
variable "duration" { type = string }   # the ramp included

target "server" { base_url = var.base_url }

# Does nothing: what a user costs by itself.
user "idle" {
  weight = 0
  task "idle" {
    pause { for = "10s" }
  }
}

# Holds a socket and uses it now and then.
user "hold" {
  weight = 0
  wait   = "10s"

  start {
    websocket "/" { ping = "25s" }
  }
  task "message" {
    send "message" {
      body   = "hello"
      binary = true
      reply {}
    }
  }
}

# Sends once a second, whatever the answer takes.
user "message" {
  weight = 0
  wait   = pacing("1s")

  start {
    websocket "/" {}
  }
  task "message" {
    send "message" {
      body_size = 64
      binary    = true
      reply {}
    }
  }
}

profile "idle" {
  duration = var.duration
  user "idle" {
    users      = var.users
    spawn_rate = var.spawn_rate
  }
}
profile "hold" {
  duration = var.duration
  user "hold" {
    users      = var.users
    spawn_rate = var.spawn_rate
  }
}
profile "message" {
  duration = var.duration
  user "message" {
    users      = var.users
    spawn_rate = var.spawn_rate
  }
}

sla "all" { error_rate = "0%" }
