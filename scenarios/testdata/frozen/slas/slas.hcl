# Response-time budgets by class of endpoint. Tag the requests, use the class:
#
#   module "std" { source = "std/slas" }
#   sla "read" {
#     use = module.std.sla.read
#     match { tags = ["read"] }
#   }

sla "health" {
  description = "Health checks answer at once."
  match { tags = ["health"] }
  p95 = "500ms"
  p99 = "1s"
}

sla "read" {
  description = "Reading a page or a list."
  match { tags = ["read"] }
  p95 = "500ms"
  p99 = "1s"
}

sla "write" {
  description = "Creating and changing things."
  match { tags = ["write"] }
  p95 = "2s"
  p99 = "5s"
}

sla "slow" {
  description = "Audits, reports, calls of language models."
  match { tags = ["slow"] }
  p95 = "5s"
  p99 = "10s"
}

sla "websocket" {
  description = "Connecting a socket, and a round trip over it."
  match { tags = ["websocket"] }
  p95 = "1s"
  p99 = "3s"
}
