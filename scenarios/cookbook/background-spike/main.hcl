# A steady background, and a crowd that comes on top of it for a while. The
# background arrives at a rate, however slow the answers (the open model); the
# crowd is so many users, each waiting for its answers (the closed one). Each
# is judged by its own promise: the crowd may wait, the background may not.

scenario "background-spike" {
  description = "Cheap requests at a steady rate; a crowd asks for reports in between."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the service is; by default the example API."
  default     = "example://cookbook"
}

target "api" { base_url = var.base_url }

user "background" {
  get "/cheap" {}
}

user "crowd" {
  wait = between("100ms", "200ms")
  get "/report" {}
}

profile "smoke" {
  user "background" {
    rate      = "40/s"
    max_users = 40
    duration  = "10s"
  }
  user "crowd" {
    delay = "3s"
    stages = [
      { name = "rise", users = 8, over = "1s" },
      { name = "spike", users = 8, hold = "3s" },
      { name = "fall", users = 0, over = "1s" },
    ]
  }
  sla "reports" { p50 = "1s" } # instead of the 500 ms below, in this profile
}

profile "real" {
  user "background" {
    rate      = "500/s"
    spacing   = "poisson" # as strangers come
    max_users = 500
    duration  = "10m"
  }
  user "crowd" {
    delay  = "4m"
    stages = [{ name = "spike", users = 300, over = "5s", hold = "1m" }, { users = 0, over = "5s" }]
  }
}

# What the background is promised, spike or not.
sla "background" {
  match { users = ["background"] }
  p95        = "500ms"
  error_rate = "0.5%"
}

sla "reports" {
  match { users = ["crowd"] }
  p50        = "500ms"
  error_rate = "2%"
}
