# One class of users for each tenant, made by for_each: each with its own key,
# its own share of the traffic and its own promise. One table describes them
# all, and a tenant more is a line more.

scenario "tenants" {
  description = "Three tenants write and read notes; none sees another's."
  profile     = "smoke"
}

variable "base_url" {
  description = "Where the service is; by default the example API."
  default     = "example://cookbook"
}

variable "tenants" {
  description = "The tenants by name: their share of the users, and what they were promised."
  type = map(object({
    share = optional(number, 1)
    p95   = optional(string, "600ms")
  }))
  default = {
    berlin = { share = 3 }
    lisbon = {}
    oslo   = { share = 2, p95 = "500ms" }
  }
  validation {
    condition     = alltrue([for t in var.tenants : t.share > 0])
    error_message = "Every tenant needs a share above 0."
  }
}

variable "keys" {
  description = "The tenants' API keys by name, kept apart because they are secrets."
  type        = map(string)
  sensitive   = true
  default = {
    berlin = "tenant-key-berlin"
    lisbon = "tenant-key-lisbon"
    oslo   = "tenant-key-oslo"
  }
}

target "api" { base_url = var.base_url }

user "tenant" {
  for_each = var.tenants
  weight   = each.value.share
  wait     = between("20ms", "80ms")
  headers  = { X-Tenant = each.key, X-API-Key = var.keys[each.key] }

  get "/t/:tenant/notes" {
    weight = 3
    params = { tenant = each.key }
    expect {
      condition = toset(response.json.items[*].tenant) == toset([each.key])
      message   = "${each.key} was shown notes of somebody else"
    }
  }

  task "write" {
    post "/t/:tenant/notes" {
      params = { tenant = each.key }
      json   = { text = fake_sentence(8) }
      expect { status = 201 }
      capture = { note = response.json.id }
    }
    get "/t/:tenant/notes/:id" {
      params = { tenant = each.key, id = session.note }
      expect {
        condition = response.json.tenant == each.key
        message   = "${each.key} was shown a note of ${response.json.tenant}"
      }
    }
  }
}

profile "smoke" {
  users    = 6
  duration = "10s"
}

# One SLA for each tenant; the rows of their requests are the same, so that a
# report can be read for all of them and for each.
sla "tenant" {
  for_each = var.tenants
  match { users = ["tenant[\"${each.key}\"]"] }
  judge      = "together"
  p95        = each.value.p95
  error_rate = "0.5%"
}
