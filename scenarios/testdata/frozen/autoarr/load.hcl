# The guide's profiles and performance budgets.

module "std" {
  source = "../profiles"
}

module "budgets" {
  source = "../slas"
}

profile "smoke" {
  description = "A few seconds: does every request work?"
  users       = 60
  spawn_rate  = 30
  duration    = "20s"
  slas        = ["smoke"]
}
profile "baseline" {
  use  = module.std.profile.baseline
  slas = ["baseline", "health", "read", "rare"]
}
profile "normal" {
  use  = module.std.profile.normal
  slas = ["normal", "health", "read", "rare"]
}
profile "peak" {
  use  = module.std.profile.peak
  slas = ["peak", "health", "read", "write", "rare"]
}
profile "stress" {
  use  = module.std.profile.stress
  slas = ["stress", "health", "read", "write", "slow"]
}
profile "spike" {
  description = "150 more users within 30 seconds, and back to five."
  stages = [
    { name = "before", users = 5, over = "5s", hold = "1m" },
    { name = "spike", users = 155, over = "30s", hold = "4m" },
    { name = "after", users = 5, over = "30s", hold = "4m" },
  ]
  slas = ["spike", "health", "read"]
}
profile "day_in_the_life" {
  description = "A working day in an hour."
  stages = [
    { name = "night", users = 5, over = "1m", hold = "7m" },
    { name = "morning", users = 40, over = "7m", hold = "8m" },
    { name = "lunch", users = 25, over = "2m", hold = "5m" },
    { name = "afternoon", users = 60, over = "5m", hold = "10m" },
    { name = "evening", users = 100, over = "3m", hold = "5m" },
    { name = "late", users = 10, over = "5m", hold = "2m" },
  ]
  slas = ["normal", "health", "read", "write", "rare"]
}

# Budgets by class of endpoint. A class is judged as a whole, since some of
# its requests are rare; add judge = "each" to hold every request to it.
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
sla "slow" {
  use   = module.budgets.sla.slow
  judge = "together"
}

# Audits and content requests come a few times a minute. In the smaller
# profiles that is too few for a percentile, so every single one is held to
# the budget's p99.
sla "rare" {
  match { tags = ["slow"] }
  judge = "together"
  max   = "10s"
}

# How many failures each profile may see.
sla "smoke" {
  p95        = "2s"
  error_rate = "0%"
}
sla "baseline" { error_rate = "0.5%" }
sla "normal" { error_rate = "1%" }
sla "peak" { error_rate = "2%" }
sla "stress" { error_rate = "5%" }
sla "spike" { error_rate = "2%" }
