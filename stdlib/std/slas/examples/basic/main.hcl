# Budgets by class, how satisfied people are by two reckonings, and what a
# smoke run may cost.

module "budgets" {
  source           = "std/slas"
  satisfied_within = "250ms"
}

target "shop" { base_url = "example://quickstart" }

metric "dissatisfaction" { unit = "ratio" }

user "visitor" {
  wait = between("100ms", "300ms")
  get "/products" {
    tags   = ["read"]
    record = { dissatisfaction = module::budgets::dissatisfaction(response.elapsed) }
  }
}

profile "smoke" {
  users    = 10
  duration = "15s"
}

sla "smoke" { use = module.budgets.sla.smoke }
sla "read" { use = module.budgets.sla.read }

# Sufficient for an Apdex of 0.94, by percentiles that every report has.
sla "satisfaction" { use = module.budgets.sla.satisfaction_excellent }

# The score itself, of the answers that were no failures.
sla "apdex" {
  match { metrics = ["dissatisfaction"] }
  mean = "6%"
}
