# A first scenario: shoppers of a small shop, and what they may expect of it.
#
#   throng plan scenarios/quickstart      what would happen
#   throng run  scenarios/quickstart      make it happen, and judge it

scenario "quickstart" {
  description = "Shoppers look around; some of them buy."
  profile     = "smoke"
}

variable "base_url" {
  type        = string
  default     = "example://quickstart" # the example API that throng brings along
  description = "The shop's address."
}

target "shop" {
  base_url = var.base_url
  timeout  = "5s"
}

user "shopper" {
  wait    = between("20ms", "60ms")
  headers = { Authorization = "Bearer ${session.token}" }

  start {
    post "/login" {
      tags    = ["login"]
      json    = { email = "shopper-${user.index}@example.com", password = "throng" }
      capture = { token = response.json.access_token }
    }
  }

  get "/products" {
    weight = 5
    tags   = ["read"]
    query  = { page = randint(1, 2) }
  }

  get "/products/:id" {
    weight = 3
    tags   = ["read"]
    params = { id = "product-${randint(1, 20)}" }
  }

  task "buy" {
    weight = 2

    post "/orders" {
      tags    = ["write"]
      json    = { product_id = "product-${randint(1, 20)}", quantity = randint(1, 3) }
      capture = { order = response.json.id }
      expect { status = 201 }
    }

    get "/orders/:id" {
      tags   = ["read"]
      params = { id = session.order }
      expect {
        condition = response.json.id == session.order
        message   = "the shop answered with another order"
      }
    }
  }
}

profile "smoke" {
  description = "Fifteen seconds: does it work, and fast enough?"
  users       = 20
  spawn_rate  = 20
  duration    = "15s"
}

profile "steady" {
  description = "Two hundred arrivals a second, however slow the answers."
  rate        = "200/s"
  duration    = "30s"
  max_users   = 200
}

sla "reading" {
  match { tags = ["read"] }
  p95        = "200ms"
  p99        = "500ms"
  error_rate = "0.5%"
}

sla "buying" {
  match { tags = ["write"] }
  p95        = "300ms"
  error_rate = "0.5%"
}

sla "all" {
  requests_per_second = { min = 50 }
  max                 = "5s"
  error_rate          = "0.5%"
}
