# Load profiles that teams write by hand again and again, by the names the
# field gives them. Use one, and override what differs.
#
#   module "std" { source = "std/profiles" }
#   profile "peak" {
#     use  = module.std.profile.peak
#     slas = ["read", "write"]
#   }

variable "scale" {
  type        = number
  default     = 1
  description = "What all numbers of users are multiplied by: 0.1 for a staging environment of a tenth of the size. Users are rounded up."
  validation {
    condition     = var.scale > 0
    error_message = "scale must be above 0."
  }
}

# Loads of one level, from the smallest to the largest.

profile "smoke" {
  description = "Does it work at all: few users, a few seconds."
  users       = ceil(5 * var.scale)
  spawn_rate  = 5 * var.scale
  duration    = "15s"
}

profile "light" {
  description = "Ten users for two minutes."
  users       = ceil(10 * var.scale)
  spawn_rate  = 5 * var.scale
  duration    = "2m"
}

profile "baseline" {
  description = "Light load to compare later runs with."
  users       = ceil(30 * var.scale)
  spawn_rate  = 5 * var.scale
  duration    = "5m"
}

profile "normal" {
  description = "The load of an ordinary day."
  users       = ceil(40 * var.scale)
  spawn_rate  = 5 * var.scale
  duration    = "10m"
}

profile "medium" {
  description = "Fifty users for ten minutes."
  users       = ceil(50 * var.scale)
  spawn_rate  = 10 * var.scale
  duration    = "10m"
}

profile "websocket" {
  description = "Fifty connections that stay for eight minutes."
  users       = ceil(50 * var.scale)
  spawn_rate  = 5 * var.scale
  duration    = "8m"
}

profile "soak" {
  description = "Moderate load for an hour: leaks and slow decay show here."
  users       = ceil(50 * var.scale)
  spawn_rate  = 10 * var.scale
  duration    = "1h"
}

profile "peak" {
  description = "The highest load that is expected."
  users       = ceil(100 * var.scale)
  spawn_rate  = 10 * var.scale
  duration    = "15m"
}

profile "heavy" {
  description = "Two hundred users for a quarter of an hour."
  users       = ceil(200 * var.scale)
  spawn_rate  = 20 * var.scale
  duration    = "15m"
}

profile "ramp_up" {
  description = "Two hundred users, ten more each second, and ten minutes in all."
  users       = ceil(200 * var.scale)
  spawn_rate  = 10 * var.scale
  duration    = "10m"
}

profile "stress" {
  description = "Beyond what is expected: what gives first?"
  users       = ceil(225 * var.scale)
  spawn_rate  = 10 * var.scale
  duration    = "20m"
}

profile "overload" {
  description = "Far beyond what is expected, within ten seconds: does it refuse in order, or fall over?"
  users       = ceil(500 * var.scale)
  spawn_rate  = 50 * var.scale
  duration    = "5m"
}

# Sudden crowds: how fast they come is what tells them apart.

profile "spike" {
  description = "A quiet service, a sudden crowd, and quiet again."
  stages = [
    { name = "before", users = ceil(10 * var.scale), over = "5s", hold = "1m" },
    { name = "spike", users = ceil(200 * var.scale), over = "30s", hold = "3m" },
    { name = "after", users = ceil(10 * var.scale), over = "10s", hold = "2m" },
  ]
}

profile "flash_crowd" {
  description = "From 10 users to 200 within two seconds: does it scale, and recover?"
  stages = [
    { name = "before", users = ceil(10 * var.scale), over = "2s", hold = "1m" },
    { name = "spike", users = ceil(200 * var.scale), over = "2s", hold = "3m" },
    { name = "after", users = ceil(10 * var.scale), over = "2s", hold = "1m" },
  ]
}

profile "surge" {
  description = "150 more users within 30 seconds, and back to five."
  stages = [
    { name = "before", users = ceil(5 * var.scale), over = "5s", hold = "1m" },
    { name = "spike", users = ceil(155 * var.scale), over = "30s", hold = "4m" },
    { name = "after", users = ceil(5 * var.scale), over = "30s", hold = "4m" },
  ]
}

# Loads that change, to see where it begins to hurt, and what comes back.

profile "ramp" {
  description = "Load that grows evenly, to see where it begins to hurt."
  stages = [
    { name = "climb", users = ceil(200 * var.scale), over = "10m" },
    { name = "top", users = ceil(200 * var.scale), hold = "2m" },
  ]
}

profile "step" {
  description = "Five steps of 40 users and three minutes each: which is the first that does not hold?"
  stages = [for n in range(1, 6) :
    { name = "step ${n}", users = ceil(40 * n * var.scale), over = "15s", hold = "2m45s" }
  ]
}

profile "wave" {
  description = "Three tides between 20 and 100 users: does it give back what it took?"
  stages = flatten([for tide in range(1, 4) : [
    { name = "flood ${tide}", users = ceil(100 * var.scale), over = "2m", hold = "1m" },
    { name = "ebb ${tide}", users = ceil(20 * var.scale), over = "2m", hold = "1m" },
  ]])
}

profile "breakpoint" {
  description = "Grows to a thousand users over half an hour. Give an SLA abort, and the run ends where the service breaks."
  stages      = [{ name = "climb", users = ceil(1000 * var.scale), over = "30m" }]
}

profile "day" {
  description = "A working day in an hour."
  stages = [
    { name = "night", users = ceil(5 * var.scale), over = "1m", hold = "7m" },
    { name = "morning", users = ceil(40 * var.scale), over = "7m", hold = "8m" },
    { name = "lunch", users = ceil(25 * var.scale), over = "2m", hold = "5m" },
    { name = "afternoon", users = ceil(60 * var.scale), over = "5m", hold = "10m" },
    { name = "evening", users = ceil(100 * var.scale), over = "3m", hold = "5m" },
    { name = "late", users = ceil(10 * var.scale), over = "5m", hold = "2m" },
  ]
}
