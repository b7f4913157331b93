# A login whose token wears out: each user refreshes its own when it has to.

scenario "login-refresh" {
  description = "Members read their profile; their tokens last for five requests."
  profile     = "smoke"
}

variable "base_url" { default = "example://cookbook" }

variable "password" {
  sensitive = true
  default   = "throng" # the example API's; give your own with THRONG_VAR_password
}

target "api" { base_url = var.base_url }

user "member" {
  wait    = between("50ms", "150ms")
  headers = { Authorization = "Bearer ${session.token}" }

  start {
    post "/auth/login" {
      tags    = ["auth"]
      query   = { uses = 5 }
      json    = { email = "member-${user.index}@example.com", password = var.password }
      capture = { token = response.json.access_token, refresh = response.json.refresh_token }
    }
  }

  task "profile" {
    get "/me" {
      tags    = ["read"]
      capture = { left = response.json.uses_left }
    }
    when {
      condition = session.left == 0
      call "refresh" {}
    }
  }
}

# A refresh token works once, so the new one is kept with the new access token.
task "refresh" {
  post "/auth/refresh" {
    tags    = ["auth"]
    headers = { Authorization = null }
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
  p95        = "200ms"
  error_rate = "0.5%"
}

sla "auth" {
  match { tags = ["auth"] }
  judge      = "together"
  p50        = "400ms"
  error_rate = "0.5%"
}
