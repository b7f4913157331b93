# A job that is asked about until it is done. Each answer comes at once; what
# a client waits for is the whole, so the whole is timed and judged as a group.

scenario "jobs" {
  description = "Clients start exports, poll them, and fetch the result."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the service is; by default the example API."
  default     = "example://cookbook"
}

variable "poll_every" {
  description = "How often a client asks; yours will be patient."
  default     = "50ms"
}

target "api" { base_url = var.base_url }

user "client" {
  wait = between("50ms", "150ms")

  task "export" {
    on_failure = "task" # no job, no polls
    group "export, end to end" {
      post "/jobs" {
        json = { kind = "export", polls = randint(2, 5) } # polls: how long the example's jobs take
        expect { status = 202 }
        capture = { job = response.json.id, state = response.json.state }
      }
      repeat {
        until = contains(["done", "failed"], session.state)
        max   = 30 # a job that never ends fails the task and its group
        every = var.poll_every
        get "/jobs/:id" {
          params  = { id = session.job }
          capture = { state = response.json.state }
        }
      }
      get "/jobs/:id/result" {
        params = { id = session.job }
        expect {
          condition = response.json.rows > 0
          message   = "an export without rows"
        }
      }
    }
  }
}

profile "smoke" {
  users    = 4
  duration = "10s"
}

profile "baseline" {
  users      = 40
  spawn_rate = 4
  duration   = "10m"
}

sla "requests" {
  match { requests = ["*"] }
  p95        = "500ms"
  error_rate = "1%"
}

sla "export" {
  match { groups = ["export, end to end"] }
  p50        = "2s"
  error_rate = "1%"
}
