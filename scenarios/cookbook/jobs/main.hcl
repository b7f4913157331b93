# A job that is asked about until it is done; its whole time is a group.

scenario "jobs" {
  description = "Clients start exports, poll them, and fetch the result."
  profile     = "smoke"
}

variable "base_url" { default = "example://cookbook" }

target "api" { base_url = var.base_url }

user "client" {
  wait = between("50ms", "150ms")

  task "export" {
    group "export, end to end" {
      post "/jobs" {
        json = { kind = "export", polls = randint(2, 5) }
        expect { status = 202 }
        capture = { job = response.json.id, state = response.json.state }
      }
      repeat {
        until = contains(["done", "failed"], session.state)
        max   = 30
        every = "50ms"
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

sla "requests" {
  match { requests = ["*"] }
  p95        = "300ms"
  error_rate = "1%"
}

sla "export" {
  match { groups = ["export, end to end"] }
  p50 = "2s"
}
