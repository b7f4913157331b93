# How much load there is, and what the service owes under it. The guide's
# sizes and budgets are those of the standard library.

module "std" {
  source = "std/profiles"
}

# Each class is judged as a whole, since the table's rare requests give too
# few samples for a p99 of their own; `throng plan` says so.
module "budgets" {
  source = "std/slas"
  judge  = "together"
}

# Profiles. Each says which SLAs judge it: a few seconds of smoke can prove a
# median, but not the p99 of every request.

profile "smoke" {
  use        = module.std.profile.smoke
  users      = 20
  spawn_rate = 20
  slas       = ["smoke"]
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
  use  = module.std.profile.overload
  slas = ["heavy", "health", "read", "write"]
}
profile "spike" {
  use  = module.std.profile.flash_crowd
  slas = ["heavy", "response_times"]
}
profile "soak" {
  use  = module.std.profile.soak
  slas = ["medium", "response_times", "health", "read", "write"]
}
profile "ramp" {
  use  = module.std.profile.ramp_up
  slas = ["heavy", "response_times"]
}

# What each size of load may cost, and the guide's table "response time
# analysis".
sla "smoke" { use = module.budgets.sla.smoke }
sla "light" { use = module.budgets.sla.light }
sla "medium" { use = module.budgets.sla.medium }
sla "heavy" { use = module.budgets.sla.heavy }
sla "response_times" { use = module.budgets.sla.response_times }

# By class of request.
sla "health" { use = module.budgets.sla.health }
sla "read" { use = module.budgets.sla.read }
sla "write" { use = module.budgets.sla.write }
