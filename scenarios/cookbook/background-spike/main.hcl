# A steady background, and a spike of others on top of it, each judged by its
# own promise.

scenario "background-spike" {
  description = "Cheap requests at a steady rate; a crowd asks for reports in between."
  profile     = "smoke"
}

variable "base_url" { default = "example://cookbook" }

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
  sla "reports" { p50 = "1s" }
}

profile "real" {
  user "background" {
    rate      = "500/s"
    spacing   = "poisson"
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
  p95        = "250ms"
  error_rate = "0.5%"
}

sla "reports" {
  match { users = ["crowd"] }
  p50        = "500ms"
  error_rate = "2%"
}
