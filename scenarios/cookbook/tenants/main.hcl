# One class of users for each tenant, made by for_each, each with its own key
# and its own promise.

scenario "tenants" {
  description = "Three tenants write and read notes; none sees another's."
  profile     = "smoke"
}

variable "base_url" { default = "example://cookbook" }

variable "tenants" {
  type = map(object({
    share = optional(number, 1)
    key   = string
    p95   = optional(string, "300ms")
  }))
  default = {
    berlin = { share = 3, key = "tenant-key-berlin" }
    lisbon = { key = "tenant-key-lisbon" }
    oslo   = { share = 2, key = "tenant-key-oslo", p95 = "250ms" }
  }
  validation {
    condition     = alltrue([for t in var.tenants : t.share > 0])
    error_message = "Every tenant needs a share above 0."
  }
}

target "api" { base_url = var.base_url }

user "tenant" {
  for_each = var.tenants
  weight   = each.value.share
  wait     = between("20ms", "80ms")
  headers  = { X-Tenant = each.key, X-API-Key = each.value.key }

  get "/t/:tenant/notes" {
    weight = 3
    params = { tenant = each.key }
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
        message   = "a note of ${response.json.tenant} was shown to ${each.key}"
      }
    }
  }
}

profile "smoke" {
  users    = 6
  duration = "10s"
}

sla "tenant" {
  for_each = var.tenants
  match { users = ["tenant[\"${each.key}\"]"] }
  judge      = "together"
  p95        = each.value.p95
  error_rate = "0.5%"
}
