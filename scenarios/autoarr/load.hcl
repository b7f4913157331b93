# The guide's profiles and performance budgets, as the standard library has
# them.

module "std" {
  source = "std/profiles"
}

# A class of endpoints is judged as a whole, since some of its requests are
# rare; without judge every request is held to its budget by itself.
module "budgets" {
  source = "std/slas"
  judge  = "together"
}

profile "smoke" {
  use        = module.std.profile.smoke
  users      = 60
  spawn_rate = 30
  duration   = "20s"
  slas       = ["smoke"]
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
  use  = module.std.profile.surge
  slas = ["spike", "health", "read"]
}
profile "day_in_the_life" {
  use  = module.std.profile.day
  slas = ["normal", "health", "read", "write", "rare"]
}

# By class of endpoint. Audits and content requests come a few times a
# minute: where that is too few for the percentiles of slow, rare holds every
# single one to its p99.
sla "health" { use = module.budgets.sla.health }
sla "read" { use = module.budgets.sla.read }
sla "write" { use = module.budgets.sla.write }
sla "slow" { use = module.budgets.sla.slow }
sla "rare" { use = module.budgets.sla.rare }

# How many failures each profile may see.
sla "smoke" {
  use = module.budgets.sla.smoke
  p95 = "2s"
}
sla "baseline" { use = module.budgets.sla.baseline }
sla "normal" { use = module.budgets.sla.normal }
sla "peak" { use = module.budgets.sla.peak }
sla "stress" { use = module.budgets.sla.stress }
sla "spike" { use = module.budgets.sla.spike }
