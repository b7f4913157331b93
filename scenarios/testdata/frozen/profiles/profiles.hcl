# The load profiles that teams write by hand again and again. Use one by name
# and override what differs:
#
#   module "std" { source = "std/profiles" }
#   profile "peak" {
#     use   = module.std.profile.peak
#     users = 120
#   }

profile "smoke" {
  description = "Does it work at all: few users, a few seconds."
  users       = 5
  spawn_rate  = 5
  duration    = "15s"
}

profile "baseline" {
  description = "Light load to compare later runs with."
  users       = 30
  spawn_rate  = 5
  duration    = "5m"
}

profile "normal" {
  description = "The load of an ordinary day."
  users       = 40
  spawn_rate  = 5
  duration    = "10m"
}

profile "light" {
  description = "Ten users for two minutes."
  users       = 10
  spawn_rate  = 5
  duration    = "2m"
}

profile "medium" {
  description = "Fifty users for ten minutes."
  users       = 50
  spawn_rate  = 10
  duration    = "10m"
}

profile "heavy" {
  description = "Two hundred users for a quarter of an hour."
  users       = 200
  spawn_rate  = 20
  duration    = "15m"
}

profile "peak" {
  description = "The highest load that is expected."
  users       = 100
  spawn_rate  = 10
  duration    = "15m"
}

profile "stress" {
  description = "Beyond what is expected: what gives first?"
  users       = 225
  spawn_rate  = 10
  duration    = "20m"
}

profile "spike" {
  description = "A quiet service, a sudden crowd, and quiet again."
  stages = [
    { name = "before", users = 10, over = "5s", hold = "1m" },
    { name = "spike", users = 200, over = "30s", hold = "3m" },
    { name = "after", users = 10, over = "10s", hold = "2m" },
  ]
}

profile "soak" {
  description = "Moderate load for an hour: leaks and slow decay show here."
  users       = 50
  spawn_rate  = 10
  duration    = "1h"
}

profile "ramp" {
  description = "Load that grows evenly, to see where it begins to hurt."
  stages = [
    { name = "climb", users = 200, over = "10m" },
    { name = "top", users = 200, hold = "2m" },
  ]
}
