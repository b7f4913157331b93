# How much load there is, and what the service owes under it.

module "std" {
  source = "../profiles"
}

module "budgets" {
  source = "../slas"
}

# Profiles. Each says which SLAs judge it: a few seconds of smoke can prove a
# median, but not the p99 of every request.

profile "smoke" {
  description = "A few seconds: does every request work?"
  users       = 20
  spawn_rate  = 20
  duration    = "15s"
  slas        = ["smoke"]
}
profile "light" {
  use  = module.std.profile.light
  slas = ["light", "response_times"]
}
profile "medium" {
  use  = module.std.profile.medium
  slas = ["medium", "response_times", "health", "read", "write"]
}
profile "heavy" {
  use  = module.std.profile.heavy
  slas = ["heavy", "response_times", "health", "read", "write"]
}
profile "peak" {
  description = "The breaking point: 500 users."
  users       = 500
  spawn_rate  = 50
  duration    = "5m"
  slas        = ["heavy", "health", "read", "write"]
}
profile "spike" {
  description = "From 10 users to 200 within two seconds: does it scale, and recover?"
  stages = [
    { name = "before", users = 10, over = "2s", hold = "1m" },
    { name = "spike", users = 200, over = "2s", hold = "3m" },
    { name = "after", users = 10, over = "2s", hold = "1m" },
  ]
  slas = ["heavy", "response_times"]
}
profile "soak" {
  use  = module.std.profile.soak
  slas = ["medium", "response_times", "health", "read", "write"]
}
profile "ramp" {
  description = "Even growth to 200 users."
  users       = 200
  spawn_rate  = 10
  duration    = "10m"
  slas        = ["heavy", "response_times"]
}

# The budgets of the guide's table "response time analysis", over everything.
sla "response_times" {
  mean = "200ms"
  p50  = "100ms"
  p95  = "500ms"
  p99  = "1s"
  max  = "5s"
}

# What each size of load may cost.
sla "smoke" {
  p95        = "500ms"
  error_rate = "0%"
}
sla "light" {
  mean       = "100ms"
  error_rate = "0%"
}
sla "medium" {
  mean       = "200ms"
  error_rate = "0.1%"
  warn { p95 = "200ms" }
}
sla "heavy" {
  mean       = "500ms"
  error_rate = "1%"
  abort { after = "30s" }
}

# By class of request. Each class is judged as a whole, since the table's rare
# requests give too few samples for a p99 of their own; `throng plan` says so.
sla "health" {
  use   = module.budgets.sla.health
  judge = "together"
}
sla "read" {
  use   = module.budgets.sla.read
  judge = "together"
}
sla "write" {
  use   = module.budgets.sla.write
  judge = "together"
}
