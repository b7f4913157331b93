# One GET, as fast as 50 users can: what wrk does.

variable "base_url" { type = string }

variable "duration" {
  type    = string
  default = "5s"
}

target "shop" { base_url = var.base_url }

user "visitor" {
  get "/" {}
}

profile "full" {
  users    = 50
  duration = var.duration
}

sla "answers" { error_rate = "0%" }
