# Response-time budgets by class of request, what loads of each size may
# cost, and how satisfied users are. Tag the requests, use the class.
#
#   module "budgets" { source = "std/slas" }
#   sla "read" { use = module.budgets.sla.read }

variable "judge" {
  type        = string
  default     = null
  description = "\"together\" judges each class as a whole, for tables with rare requests; by default every request of a class is judged by itself."
}

variable "satisfied_within" {
  type        = string
  default     = "500ms"
  description = "Apdex's T: users are satisfied with an answer within this time, and put up with one within four times as much."
}

# By class of request, which its tags tell.

sla "health" {
  description = "Health checks answer at once."
  match { tags = ["health"] }
  judge = var.judge
  p95   = "500ms"
  p99   = "1s"
}

sla "read" {
  description = "Reading a page or a list."
  match { tags = ["read"] }
  judge = var.judge
  p95   = "500ms"
  p99   = "1s"
}

sla "write" {
  description = "Creating and changing things."
  match { tags = ["write"] }
  judge = var.judge
  p95   = "2s"
  p99   = "5s"
}

sla "slow" {
  description = "Audits, reports, calls of language models."
  match { tags = ["slow"] }
  judge = var.judge
  p95   = "5s"
  p99   = "10s"
}

sla "rare" {
  description = "Slow requests that are too few for a percentile: every single one keeps the p99 of slow."
  match { tags = ["slow"] }
  judge = "together"
  max   = "10s"
}

sla "websocket" {
  description = "Connecting a socket, and a round trip over it."
  match { tags = ["websocket"] }
  judge = var.judge
  p95   = "1s"
  p99   = "3s"
}

sla "message" {
  description = "Sending a message over a socket and having its answer."
  match { tags = ["message"] }
  p95        = "500ms"
  p99        = "3s"
  error_rate = "1%"
}

# Over everything, by how large the load is. Each goes with the profile of
# std/profiles that has its name.

sla "response_times" {
  description = "The response times of a healthy service, over everything."
  mean        = "200ms"
  p50         = "100ms"
  p95         = "500ms"
  p99         = "1s"
  max         = "5s"
}

sla "smoke" {
  description = "A few seconds: nothing fails, and nothing is far from its budget."
  p95         = "500ms"
  error_rate  = "0%"
}

sla "light" {
  description = "Light load: answers at once, and no errors."
  mean        = "100ms"
  error_rate  = "0%"
}

sla "medium" {
  description = "Ordinary load: hardly an error, and a warning where the p95 leaves what is healthy."
  mean        = "200ms"
  error_rate  = "0.1%"
  warn { p95 = "200ms" }
}

sla "heavy" {
  description = "Heavy load: some errors; a run that has been beyond them for half a minute is given up."
  mean        = "500ms"
  error_rate  = "1%"
  abort { after = "30s" }
}

sla "baseline" {
  description = "Errors of a baseline run."
  error_rate  = "0.5%"
}

sla "normal" {
  description = "Errors on an ordinary day."
  error_rate  = "1%"
}

sla "peak" {
  description = "Errors at the peak."
  error_rate  = "2%"
}

sla "spike" {
  description = "Errors while a crowd comes and goes."
  error_rate  = "2%"
}

sla "stress" {
  description = "Errors beyond the expected load: more of them is a service that falls over."
  error_rate  = "5%"
}

# Satisfaction after Apdex: (satisfied + tolerating / 2) / all, where an
# answer within T satisfies, one within 4T is tolerated, and a failure
# frustrates. What is judged is sufficient for the score. If at least the
# share a of the answers came within T, b within 4T, and at most e failed,
# the score is at least (a + (b - a) / 2) * (1 - e).

sla "satisfaction_excellent" {
  description = "Apdex of 0.94 or more: (95 % + 3 % / 2) × 97.5 % = 0.9409."
  p95         = seconds(var.satisfied_within)
  p98         = 4 * seconds(var.satisfied_within)
  error_rate  = "2.5%"
}

sla "satisfaction_good" {
  description = "Apdex of 0.85 or more: (90 % + 5 % / 2) × 92 % = 0.851."
  p90         = seconds(var.satisfied_within)
  p95         = 4 * seconds(var.satisfied_within)
  error_rate  = "8%"
}

sla "satisfaction_fair" {
  description = "Apdex of 0.70 or more: (75 % + 15 % / 2) × 85 % = 0.70125."
  p75         = seconds(var.satisfied_within)
  p90         = 4 * seconds(var.satisfied_within)
  error_rate  = "15%"
}

# The exact score is the mean of a metric, which each request records:
#
#   metric "dissatisfaction" { unit = "ratio" }
#   get "/" {
#     record = { dissatisfaction = module::budgets::dissatisfaction(response.elapsed) }
#   }
#   sla "apdex" {
#     match { metrics = ["dissatisfaction"] }
#     mean = "6%" # an Apdex of 0.94, of the answers that were no failures
#   }

function "dissatisfaction" {
  description = "What one answer takes from a score of 1: nothing within T, a half within 4T, all of it beyond. Its mean is 1 minus Apdex."
  params      = [elapsed]
  result      = elapsed <= seconds(var.satisfied_within) ? 0 : elapsed <= 4 * seconds(var.satisfied_within) ? 0.5 : 1
}
