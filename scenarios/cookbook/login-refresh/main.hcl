# Tokens that wear out: every member logs in once, uses its token until it is
# spent, and exchanges its refresh token for new ones. Two tasks share the
# token, and neither of them knows how it came about.

scenario "login-refresh" {
  description = "Members read their profile; their tokens last for five requests."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the service is; by default the example API."
  default     = "example://cookbook"
}

variable "password" {
  description = "Every member's. Give your own with THRONG_VAR_password."
  sensitive   = true
  default     = "open-sesame" # the example API's
}

target "api" { base_url = var.base_url }

user "member" {
  wait    = between("50ms", "150ms")
  headers = { Authorization = "Bearer ${session.token}" } # sent as soon as there is a token

  start {
    post "/auth/login" {
      tags    = ["auth"]
      query   = { uses = 5 } # the example API's way of making tokens short-lived
      json    = { email = "member-${user.index}@example.com", password = var.password }
      capture = { token = response.json.access_token, refresh = response.json.refresh_token }
    }
  }

  task "profile" {
    get "/me" {
      tags    = ["read"]
      capture = { uses_left = response.json.uses_left }
    }
    when {
      condition = session.uses_left == 0
      call "refresh" {}
    }
  }
}

# A refresh token works once: the answer brings both tokens of the next round.
task "refresh" {
  post "/auth/refresh" {
    tags    = ["auth"]
    headers = { Authorization = null } # the spent token stays at home
    json    = { refresh_token = session.refresh }
    capture = { token = response.json.access_token, refresh = response.json.refresh_token }
  }
}

profile "smoke" {
  users    = 5
  duration = "10s"
}

profile "baseline" {
  users      = 50
  spawn_rate = 5
  duration   = "5m"
}

sla "read" {
  match { tags = ["read"] }
  p95        = "500ms"
  error_rate = "0.5%"
}

# Logins are few: judged together with the refreshes they prove something.
sla "auth" {
  match { tags = ["auth"] }
  judge      = "together"
  p50        = "800ms"
  error_rate = "0.5%"
}
